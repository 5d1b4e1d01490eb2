//! What is written is read back equal, by us and by ipvsadm; and the other way round.

use std::fs::File;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use ipvs_netlink::{
    Change, ChangeError, Daemon, DaemonRole, Destination, DestinationKey, Error, Family,
    Forwarding, Granularity, Ipvs, Name, Persistence, Protocol, Scheduler, Service, ServiceFlags,
    ServiceKey, Timeouts, Tunnel, TunnelChecksum,
};

use lab::namespaces::Namespace;

use crate::ipvsadm;

pub(crate) fn is_missing() {
    assert!(matches!(Ipvs::open(), Err(Error::NoIpvs)));
    assert!(matches!(Ipvs::load_module(), Err(Error::NoIpvs)));
}

pub(crate) fn module() {
    assert!(matches!(Ipvs::open(), Err(Error::NoIpvs)));
    Ipvs::load_module().unwrap();
    Ipvs::load_module().unwrap();
    let mut ipvs = open();
    // That one and no other; schedulers come when they are named.
    let is_loaded = || Path::new("/sys/module/ip_vs_wrr").exists();
    assert!(!is_loaded());
    let service = Service::new(web(), Scheduler::WeightedRoundRobin);
    change(&mut ipvs, &[Change::AddService(service)]);
    assert!(is_loaded());
}

pub(crate) fn namespaces() {
    let namespace = Namespace::new().unwrap();
    let mut other = Ipvs::open_in(namespace.file().unwrap()).unwrap();
    let mut ours = open();
    change(&mut other, &[Change::AddService(Service::new(web(), Scheduler::RoundRobin))]);
    assert!(ours.read().unwrap().is_empty());
    let inside = namespace.run(|| Ipvs::open().unwrap().read().unwrap());
    assert_eq!(inside.to_string(), "-A -t 192.0.2.1:80 -s rr\n");
    // And the thread is where it was.
    assert!(Ipvs::open().unwrap().read().unwrap().is_empty());
    let odd = Ipvs::open_in(File::open("/script").unwrap());
    let Err(Error::Netlink { source: netlink_conn::Error::Namespace(_), .. }) = odd else {
        panic!("{:?}", odd.err());
    };
}

pub(crate) fn open() -> Ipvs {
    let mut ipvs = Ipvs::open().unwrap();
    change(&mut ipvs, &[Change::Flush]);
    ipvs
}

#[track_caller]
fn change(ipvs: &mut Ipvs, changes: &[Change]) {
    for (outcome, change) in ipvs.apply(changes).unwrap().into_iter().zip(changes) {
        assert_eq!(outcome, Ok(()), "{change:?}");
    }
}

#[track_caller]
fn refused(ipvs: &mut Ipvs, change: Change) -> ChangeError {
    ipvs.apply(&[change]).unwrap().remove(0).unwrap_err()
}

fn web() -> ServiceKey {
    ServiceKey::tcp([192, 0, 2, 1], 80)
}

fn server(last: u8) -> Destination {
    Destination::new(DestinationKey::new([10, 0, 0, last], 8080), Forwarding::Masquerade)
}

pub(crate) fn services() {
    let round_robin = |key| Service::new(key, Scheduler::RoundRobin);
    let v6 =
        |address: &str, port| ServiceKey::tcp(address.parse::<std::net::Ipv6Addr>().unwrap(), port);
    let mark =
        |family| ServiceKey::FirewallMark { family, mark: NonZeroU32::new(0x0102_0304).unwrap() };
    let sctp = ServiceKey::Address {
        protocol: Protocol::Sctp,
        address: Ipv4Addr::new(192, 0, 2, 3).into(),
        port: 5060,
    };
    let persistent = |key, seconds, granularity| Service {
        persistence: Some(Persistence { seconds, granularity }),
        ..round_robin(key)
    };
    let flags = |scheduler, flags| Service { flags, ..Service::new(web(), scheduler) };
    let udp = ServiceKey::udp([192, 0, 2, 2], 5060);
    let mut cases = vec![
        (round_robin(web()), "-A -t 192.0.2.1:80 -s rr"),
        (round_robin(ServiceKey::udp([192, 0, 2, 2], 53)), "-A -u 192.0.2.2:53 -s rr"),
        (round_robin(sctp), "-A --sctp-service 192.0.2.3:5060 -s rr"),
        (round_robin(v6("2001:db8::1", 443)), "-A -t [2001:db8::1]:443 -s rr"),
        // Its tail is zeros, and it stays what it is.
        (round_robin(v6("2001:db8::", 443)), "-A -t [2001:db8::]:443 -s rr"),
        (round_robin(v6("c000:201::", 80)), "-A -t [c000:201::]:80 -s rr"),
        (round_robin(mark(Family::Ipv4)), "-A -f 16909060 -s rr"),
        (round_robin(mark(Family::Ipv6)), "-A -f 16909060 -6 -s rr"),
        (
            persistent(web(), 600, Granularity::host(Family::Ipv4)),
            "-A -t 192.0.2.1:80 -s rr -p 600",
        ),
        (
            persistent(web(), 600, Granularity::Netmask(Ipv4Addr::new(255, 255, 240, 0))),
            "-A -t 192.0.2.1:80 -s rr -p 600 -M 255.255.240.0",
        ),
        (
            persistent(v6("2001:db8::1", 0), 30, Granularity::PrefixLength(64)),
            "-A -t [2001:db8::1]:0 -s rr -p 30 -M 64",
        ),
        (
            Service { flags: ServiceFlags::ONE_PACKET, ..round_robin(udp) },
            "-A -u 192.0.2.2:5060 -s rr -o",
        ),
        (
            Service {
                engine: Some(Name::new("sip").unwrap()),
                ..persistent(udp, 60, Granularity::host(Family::Ipv4))
            },
            "-A -u 192.0.2.2:5060 -s rr -p 60 --pe sip",
        ),
        (
            flags(Scheduler::SourceHashing, ServiceFlags::SH_FALLBACK | ServiceFlags::SH_PORT),
            "-A -t 192.0.2.1:80 -s sh -b sh-fallback,sh-port",
        ),
        (
            flags(Scheduler::MaglevHashing, ServiceFlags::MH_FALLBACK | ServiceFlags::MH_PORT),
            "-A -t 192.0.2.1:80 -s mh -b mh-fallback,mh-port",
        ),
        (
            flags(Scheduler::WeightedRoundRobin, ServiceFlags::SCHEDULER_3),
            "-A -t 192.0.2.1:80 -s wrr -b flag-3",
        ),
        (Service { scheduler: None, ..round_robin(web()) }, "-A -t 192.0.2.1:80 -s none"),
    ];
    let names = ["wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh"];
    let lines = names.map(|name| format!("-A -t 192.0.2.1:80 -s {name}"));
    for (name, line) in names.into_iter().zip(&lines) {
        let scheduler = Scheduler::from_name(Name::new(name).unwrap()).unwrap();
        assert!(!matches!(scheduler, Scheduler::Other { .. }), "{name}");
        cases.push((Service::new(web(), scheduler), line));
    }
    let mut ipvs = open();
    for (service, line) in cases {
        change(&mut ipvs, &[Change::AddService(service.clone())]);
        let read = ipvs.services().unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].service, service, "{line}");
        assert_eq!(ipvsadm::save(), [line], "{service:?}");
        // A key is enough to delete it, and then ipvsadm writes it.
        change(&mut ipvs, &[Change::DeleteService(service.key)]);
        assert_eq!(ipvs.services().unwrap(), []);
        ipvsadm::restore(&[line]);
        assert_eq!(ipvs.services().unwrap()[0].service, service, "{line}");
        change(&mut ipvs, &[Change::Flush]);
    }
    // What is there takes other settings and stays the same otherwise.
    let before = persistent(web(), 600, Granularity::host(Family::Ipv4));
    let after = flags(Scheduler::SourceHashing, ServiceFlags::SH_PORT);
    change(&mut ipvs, &[Change::AddService(before), Change::EditService(after.clone())]);
    assert_eq!(ipvs.services().unwrap()[0].service, after);
}

pub(crate) fn destinations() {
    let key = DestinationKey::new([10, 0, 0, 1], 80);
    let direct = Destination::new(key, Forwarding::DirectRouting);
    let tunnel = |tunnel| Destination::new(key, Forwarding::Tunnel(tunnel));
    let gue = |checksum| tunnel(Tunnel::Gue { port: 6080, checksum });
    let six = DestinationKey::new("fd00::1".parse::<std::net::Ipv6Addr>().unwrap(), 80);
    let cases = [
        (server(1), "-r 10.0.0.1:8080 -m -w 1"),
        (direct, "-r 10.0.0.1:80 -g -w 1"),
        (direct.weight(0), "-r 10.0.0.1:80 -g -w 0"),
        (direct.weight(70_000), "-r 10.0.0.1:80 -g -w 70000"),
        (tunnel(Tunnel::Ipip), "-r 10.0.0.1:80 -i -w 1 --tun-type ipip"),
        (
            gue(TunnelChecksum::None),
            "-r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum",
        ),
        (
            gue(TunnelChecksum::Checksum),
            "-r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum",
        ),
        (
            gue(TunnelChecksum::Remote),
            "-r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum",
        ),
        (
            tunnel(Tunnel::Gre { checksum: TunnelChecksum::None }),
            "-r 10.0.0.1:80 -i -w 1 --tun-type gre --tun-nocsum",
        ),
        (
            tunnel(Tunnel::Gre { checksum: TunnelChecksum::Checksum }),
            "-r 10.0.0.1:80 -i -w 1 --tun-type gre --tun-csum",
        ),
        // A service of IPv4 by a server of IPv6.
        (
            Destination::new(six, Forwarding::Tunnel(Tunnel::Ipip)),
            "-r [fd00::1]:80 -i -w 1 --tun-type ipip",
        ),
    ];
    let mut ipvs = open();
    let service = Service::new(web(), Scheduler::RoundRobin);
    for (destination, line) in cases {
        let lines = ["-A -t 192.0.2.1:80 -s rr".to_owned(), format!("-a -t 192.0.2.1:80 {line}")];
        let add = Change::AddDestination(web(), destination);
        change(&mut ipvs, &[Change::AddService(service.clone()), add]);
        let read = ipvs.destinations(&web()).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].destination, destination, "{line}");
        assert_eq!((read[0].active_connections, read[0].inactive_connections), (0, 0));
        assert_eq!(ipvsadm::save(), lines, "{destination:?}");
        change(&mut ipvs, &[Change::DeleteDestination(web(), destination.key)]);
        assert_eq!(ipvs.destinations(&web()).unwrap(), []);
        ipvsadm::restore(&[&lines[1]]);
        assert_eq!(ipvs.destinations(&web()).unwrap()[0].destination, destination, "{line}");
        change(&mut ipvs, &[Change::Flush]);
    }
    // Thresholds, which ipvsadm does not save.
    let limited = Destination { upper_threshold: 100, lower_threshold: 50, ..direct };
    let add = Change::AddDestination(web(), limited);
    change(&mut ipvs, &[Change::AddService(service.clone()), add]);
    assert_eq!(ipvs.destinations(&web()).unwrap()[0].destination, limited);
    let shown = ipvsadm::run(&["-L", "-n", "--thresholds"]);
    let line = shown.lines().find(|line| line.contains("10.0.0.1:80")).unwrap().to_owned();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert!(words.contains(&"100") && words.contains(&"50"), "{line}");
    change(&mut ipvs, &[Change::DeleteDestination(web(), key)]);
    ipvsadm::restore(&["-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1 -x 100 -y 50"]);
    assert_eq!(ipvs.destinations(&web()).unwrap()[0].destination, limited);
    change(&mut ipvs, &[Change::Flush]);
    // What ipvsadm cannot say: the kernel keeps it all the same.
    for forwarding in [Forwarding::Local, Forwarding::Bypass] {
        let destination = Destination::new(key, forwarding);
        let add = Change::AddDestination(web(), destination);
        change(&mut ipvs, &[Change::AddService(service.clone()), add]);
        assert_eq!(ipvs.destinations(&web()).unwrap()[0].destination, destination);
        change(&mut ipvs, &[Change::Flush]);
    }
    // Other settings for one that is there.
    let (before, after) = (server(1), Destination { upper_threshold: 9, ..server(1).weight(7) });
    let changes = [
        Change::AddService(service),
        Change::AddDestination(web(), before),
        Change::EditDestination(web(), after),
    ];
    change(&mut ipvs, &changes);
    assert_eq!(ipvs.destinations(&web()).unwrap()[0].destination, after);
    assert!(ipvsadm::run(&["-L", "-n"]).contains("10.0.0.1:8080"));
}

pub(crate) fn errors() {
    let mut ipvs = open();
    let service = || Service::new(web(), Scheduler::RoundRobin);
    let add = || Change::AddService(service());
    let is = |error: &ChangeError, wanted: &str| {
        let text = format!("{error:?}");
        assert!(text.starts_with(wanted), "{text}: {wanted}");
    };
    is(&refused(&mut ipvs, Change::DeleteService(web())), "NoService");
    is(&refused(&mut ipvs, Change::EditService(service())), "NoService");
    is(&refused(&mut ipvs, Change::AddDestination(web(), server(1))), "NoService");
    assert_eq!(ipvs.destinations(&web()).unwrap(), []);
    change(&mut ipvs, &[add()]);
    is(&refused(&mut ipvs, add()), "ServiceExists");
    is(&refused(&mut ipvs, Change::DeleteDestination(web(), server(1).key)), "NoDestination");
    is(&refused(&mut ipvs, Change::EditDestination(web(), server(1))), "NoDestination");
    change(&mut ipvs, &[Change::AddDestination(web(), server(1))]);
    is(&refused(&mut ipvs, Change::AddDestination(web(), server(1))), "DestinationExists");
    let unknown = Scheduler::from_name(Name::new("nosuch").unwrap()).unwrap();
    let other = ServiceKey::tcp([192, 0, 2, 9], 80);
    is(&refused(&mut ipvs, Change::AddService(Service::new(other, unknown))), "NoScheduler");
    is(&refused(&mut ipvs, Change::StopDaemon(DaemonRole::Master)), "NoDaemon");
    let daemon = Daemon::new(DaemonRole::Master, Name::new("nosuch0").unwrap(), 1);
    is(&refused(&mut ipvs, Change::StartDaemon(daemon)), "NoInterface");
    let six = DestinationKey::new("fd00::1".parse::<std::net::Ipv6Addr>().unwrap(), 80);
    let mixed = Destination::new(six, Forwarding::Masquerade);
    is(&refused(&mut ipvs, Change::AddDestination(web(), mixed)), "Invalid");
    // What is not sent has an answer of its own, and so have those beside it.
    let persistence = Persistence { seconds: 60, granularity: Granularity::PrefixLength(24) };
    let odd = Service { persistence: Some(persistence), ..service() };
    let last = Change::DeleteService(web());
    let outcomes = ipvs.apply(&[add(), Change::EditService(odd), last]).unwrap();
    let [Err(there), Err(odd), Ok(())] = &outcomes[..] else { panic!("{outcomes:?}") };
    is(there, "ServiceExists");
    assert_eq!(
        odd.to_string(),
        "granularity of an Ipv4 service is PrefixLength(24), allowed is the other kind"
    );
}

pub(crate) fn daemons() {
    let mut ipvs = open();
    let lo = || Name::new("lo").unwrap();
    let master = Daemon {
        longest: Some(1400),
        group: Some([224, 0, 0, 99].into()),
        port: Some(9000),
        ttl: Some(3),
        ..Daemon::new(DaemonRole::Master, lo(), 7)
    };
    let backup = Daemon::new(DaemonRole::Backup, lo(), 8);
    change(&mut ipvs, &[Change::StartDaemon(master.clone()), Change::StartDaemon(backup.clone())]);
    let read = ipvs.daemons().unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0], master);
    assert_eq!((read[1].role, read[1].id, read[1].port), (DaemonRole::Backup, 8, Some(8848)));
    let shown = ipvsadm::run(&["-L", "--daemon"]);
    for part in [
        "master sync daemon (mcast=lo, syncid=7, maxlen=1400, group=224.0.0.99, port=9000, ttl=3)",
        "backup sync daemon",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let again = refused(&mut ipvs, Change::StartDaemon(master.clone()));
    assert!(matches!(again, ChangeError::DaemonExists(_)), "{again:?}");
    let stop = [Change::StopDaemon(DaemonRole::Master), Change::StopDaemon(DaemonRole::Backup)];
    change(&mut ipvs, &stop);
    assert_eq!(ipvs.daemons().unwrap(), []);
    // And what ipvsadm starts, in its own words.
    let script = "/usr/sbin/ip link add v0 type veth peer name v1
                  echo 0 >/proc/sys/net/ipv6/conf/v0/accept_dad
                  /usr/sbin/ip link set v1 up; /usr/sbin/ip link set v0 up";
    assert!(Command::new("sh").args(["-c", script]).status().unwrap().success());
    let six = Daemon {
        interface: Name::new("v0").unwrap(),
        group: Some("ff02::99".parse().unwrap()),
        ..master.clone()
    };
    for daemon in [master, six, Daemon { role: DaemonRole::Backup, ttl: Some(1), ..backup }] {
        let line = Change::StartDaemon(daemon.clone()).to_string();
        ipvsadm::run(&line.split(' ').collect::<Vec<_>>());
        let [read] = &ipvs.daemons().unwrap()[..] else { panic!("one runs") };
        let usual =
            Daemon { longest: read.longest, group: read.group, port: read.port, ..daemon.clone() };
        assert_eq!(*read, if daemon.group.is_some() { daemon.clone() } else { usual }, "{line}");
        let stop = Change::StopDaemon(read.role);
        // The same by ourselves.
        let read = read.clone();
        change(&mut ipvs, &[stop.clone(), Change::StartDaemon(daemon)]);
        assert_eq!(ipvs.daemons().unwrap(), [read]);
        change(&mut ipvs, &[stop]);
    }
}

/// This program again, without rights.
pub(crate) fn as_nobody() {
    const NOBODY: u32 = 65_534;
    let this = std::env::current_exe().unwrap();
    let mut again = Command::new(this);
    again.env("LAB_PART", "nobody").uid(NOBODY).gid(NOBODY);
    assert!(again.status().unwrap().success());
}

pub(crate) fn is_forbidden() {
    let mut ipvs = Ipvs::open().unwrap();
    let refused = ipvs.read().unwrap_err();
    assert!(matches!(refused, Error::Permission { .. }), "{refused:?}");
    let refused = self::refused(&mut ipvs, Change::Flush);
    assert!(matches!(refused, ChangeError::Permission(_)), "{refused:?}");
}

/// One that ends before its thread has run is not answered by the kernel.
pub(crate) fn short_daemons() {
    let mut ipvs = open();
    let daemon = || Daemon::new(DaemonRole::Backup, Name::new("lo").unwrap(), 3);
    for _ in 0..50 {
        let changes = [Change::StartDaemon(daemon()), Change::StopDaemon(DaemonRole::Backup)];
        change(&mut ipvs, &changes);
        assert_eq!(ipvs.daemons().unwrap(), []);
    }
}

pub(crate) fn timeouts() {
    let mut ipvs = open();
    let info = ipvs.info().unwrap();
    assert_eq!(info.version.0, 1);
    assert!(info.connection_table_size >= 256);
    change(&mut ipvs, &[Change::SetTimeouts(Timeouts { tcp: 700, tcp_fin: 70, udp: 7 })]);
    assert!(ipvsadm::run(&["-L", "--timeout"]).contains("700 70 7"));
    // 0 leaves one as it is.
    change(&mut ipvs, &[Change::SetTimeouts(Timeouts { udp: 8, ..Timeouts::default() })]);
    assert_eq!(ipvs.timeouts().unwrap(), Timeouts { tcp: 700, tcp_fin: 70, udp: 8 });
    ipvsadm::run(&["--set", "900", "120", "300"]);
    assert_eq!(ipvs.timeouts().unwrap(), Timeouts { tcp: 900, tcp_fin: 120, udp: 300 });
}

pub(crate) fn thousands() {
    let mut ipvs = open();
    let key = |number: u16| {
        let [high, low] = number.to_be_bytes();
        ServiceKey::tcp([10, 1, high, low], 80)
    };
    let mut changes = Vec::new();
    for number in 0..600 {
        changes.push(Change::AddService(Service::new(key(number), Scheduler::RoundRobin)));
        changes.extend((1..=5).map(|last| Change::AddDestination(key(number), server(last))));
        // Those that fail are told apart from those beside them.
        if number % 100 == 0 {
            changes.push(Change::AddDestination(key(number), server(1)));
        }
    }
    let outcomes = ipvs.apply(&changes).unwrap();
    for (number, (outcome, change)) in outcomes.iter().zip(&changes).enumerate() {
        let is_double = matches!(change, Change::AddDestination(_, d) if *d == server(1))
            && matches!(&changes[number - 1], Change::AddDestination(..));
        let is_refused = matches!(outcome, Err(ChangeError::DestinationExists(_)));
        assert!(
            is_refused == is_double && (is_refused || outcome.is_ok()),
            "{number}: {outcome:?}"
        );
    }
    // A list of many pages.
    assert_eq!(ipvs.services().unwrap().len(), 600);
    assert_eq!(ipvs.destinations(&key(599)).unwrap().len(), 5);
    assert_eq!(ipvsadm::save().len(), 600 * 6);
    change(&mut ipvs, &[Change::Flush]);
}

pub(crate) fn weights() {
    let mut ipvs = open();
    change(&mut ipvs, &[Change::AddService(Service::new(web(), Scheduler::RoundRobin))]);
    let negative = refused(&mut ipvs, Change::AddDestination(web(), server(1).weight(-1)));
    assert!(matches!(negative, ChangeError::Weight(_)), "{negative:?}");
    let thresholds = Destination { upper_threshold: 5, lower_threshold: 6, ..server(1) };
    let thresholds = refused(&mut ipvs, Change::AddDestination(web(), thresholds));
    assert!(matches!(thresholds, ChangeError::Weight(_)), "{thresholds:?}");
    assert_eq!(ipvs.destinations(&web()).unwrap(), []);
    let most = server(1).weight(i32::MAX);
    change(&mut ipvs, &[Change::AddDestination(web(), most)]);
    assert_eq!(ipvs.destinations(&web()).unwrap()[0].destination, most);
}

pub(crate) fn zero_and_flush() {
    let mut ipvs = open();
    let service = Change::AddService(Service::new(web(), Scheduler::RoundRobin));
    change(&mut ipvs, &[service, Change::AddDestination(web(), server(1))]);
    change(&mut ipvs, &[Change::Zero(Some(web())), Change::Zero(None)]);
    assert_eq!(ipvs.services().unwrap()[0].stats, ipvs_netlink::Stats::default());
    let missing = refused(&mut ipvs, Change::Zero(Some(ServiceKey::tcp([192, 0, 2, 99], 1))));
    assert!(matches!(missing, ChangeError::NoService(_)), "{missing:?}");
    change(&mut ipvs, &[Change::Flush]);
    assert_eq!(ipvsadm::save(), [""; 0]);
}
