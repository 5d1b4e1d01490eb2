//! What values are called, and what a table does with them.

use std::net::IpAddr;

use ipvs_netlink::{
    Change, Daemon, DaemonRole, Destination, DestinationKey, Forwarding, Name, Protocol, Scheduler,
    Service, ServiceKey, Table, Timeouts,
};

fn key(last: u8) -> ServiceKey {
    ServiceKey::tcp([192, 0, 2, last], 80)
}

fn destination() -> Destination {
    Destination::new(DestinationKey::new([10, 0, 0, 1], 80), Forwarding::Masquerade)
}

#[test]
fn values_are_called_as_ipvsadm_calls_them() {
    let protocols = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp].map(|p| p.to_string());
    assert_eq!(protocols, ["TCP", "UDP", "SCTP"]);
    assert_eq!(Scheduler::from_name(Name::new("wrr").unwrap()).unwrap().to_string(), "wrr");
    assert_eq!("eth0".parse::<Name>(), Name::new("eth0"));
    assert!("a name that is too long".parse::<Name>().is_err());
}

#[test]
fn changes_are_told_as_lines_of_ipvsadm() {
    let daemon = Daemon::new(DaemonRole::Backup, Name::new("eth0").unwrap(), 7);
    let mut local = destination();
    local.forwarding = Forwarding::Local;
    let mut bypass = destination();
    bypass.forwarding = Forwarding::Bypass;
    let timeouts = Timeouts { tcp: 900, tcp_fin: 120, udp: 300 };
    for (change, line) in [
        (Change::StartDaemon(daemon), "--start-daemon backup --mcast-interface eth0 --syncid 7"),
        (Change::StopDaemon(DaemonRole::Master), "--stop-daemon master"),
        (Change::SetTimeouts(timeouts), "--set 900 120 300"),
        (Change::Zero(Some(key(1))), "-Z -t 192.0.2.1:80"),
        (Change::Zero(None), "-Z"),
        (Change::Flush, "-C"),
        (Change::AddDestination(key(1), local), "-a -t 192.0.2.1:80 -r 10.0.0.1:80 --local -w 1"),
        (Change::AddDestination(key(1), bypass), "-a -t 192.0.2.1:80 -r 10.0.0.1:80 --bypass -w 1"),
    ] {
        assert_eq!(change.to_string(), line);
    }
}

#[test]
fn a_table_holds_each_service_and_server_once() {
    let mut table = Table::new();
    let server = table.insert(Service::new(key(1), Scheduler::WeightedRoundRobin));
    assert_eq!(server.insert(destination()), None);
    assert_eq!(server.insert(destination().weight(7)), Some(destination()));
    // Other settings of the service leave its servers alone.
    let server = table.insert(Service::new(key(1), Scheduler::RoundRobin));
    assert_eq!(server.service().scheduler, Some(Scheduler::RoundRobin));
    assert_eq!(server.remove(&destination().key), Some(destination().weight(7)));
    assert_eq!(server.remove(&destination().key), None);
    let mut more = Table::new();
    for last in [1, 2, 3] {
        more.insert(Service::new(key(last), Scheduler::WeightedRoundRobin));
    }
    table.extend(more.iter().cloned());
    assert_eq!(table, more);
    assert_eq!((table.len(), table.is_empty()), (3, false));
    assert!(table.remove(&key(2)).is_some() && table.remove(&key(2)).is_none());
    assert_eq!(table.len(), 2);
    let address = IpAddr::from([192, 0, 2, 9]);
    let udp = ServiceKey::Address { protocol: Protocol::Udp, address, port: 53 };
    assert_eq!(ServiceKey::udp(address, 53), udp);
}

#[test]
fn a_server_that_is_named_twice_is_an_error() {
    let service = "-A -t 192.0.2.1:80 -s rr\n";
    let server = "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1\n";
    let twice = format!("{service}{server}{server}").parse::<Table>().unwrap_err();
    assert!(twice.to_string().contains('3'), "{twice}");
    let twice = format!("{service}{service}").parse::<Table>().unwrap_err();
    assert!(twice.to_string().contains('2'), "{twice}");
}
