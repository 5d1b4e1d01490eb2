//! The codec without a kernel: what is written is read, and what a kernel may answer besides.

use netlink_conn::{Attributes, Batch};

use crate::read::{self, Unreadable};
use crate::uapi::{attribute, destination, service};
use crate::{
    Change, ChangeError, Destination, DestinationEntry, DestinationKey, Family, Forwarding,
    Granularity, Persistence, Plan, Scheduler, Scope, Service, ServiceEntry, ServiceKey, Table,
    Tunnel, TunnelChecksum,
};

const TABLE: &str = "\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 1 -x 100 -y 50
-a -t 192.0.2.1:80 -r [fd00::1]:80 -i -w 0 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 192.0.2.1:80 -r 10.0.0.3:80 -i -w 65536 --tun-type gre --tun-csum
-A -u 192.0.2.1:5060 -s none -p 600 -M 255.255.240.0 --pe sip -o
-a -u 192.0.2.1:5060 -r 10.0.0.1:5060 -g -w 1
-A -t [2001:db8::]:443 -s mh -p 30 -M 64 -b mh-fallback,mh-port
-A --sctp-service 192.0.2.1:80 -s new-one
-A -f 7 -6 -s sh -b sh-port,flag-3
";
const NEWER_KERNEL: u16 = 99;

/// The payloads of the requests that make the table.
fn payloads() -> Vec<(Change, Vec<u8>)> {
    let plan = Plan::new(&Table::new(), &TABLE.parse().unwrap(), &Scope::All);
    let payload = |change: &Change| {
        let mut batch = Batch::new();
        change.encode(0, &mut batch).unwrap();
        (change.clone(), batch.octets()[16..].to_vec())
    };
    plan.changes().iter().map(payload).collect()
}

/// The same with the attributes inside `outer` as `change` makes them.
fn with(payload: &[u8], outer: u16, change: impl Fn(&mut Vec<(u16, Vec<u8>)>)) -> Vec<u8> {
    let mut batch = Batch::new();
    let mut request = batch.request(0, 0);
    request.fixed(&payload[..4]);
    for (kind, value) in Attributes::new(&payload[4..]) {
        if kind != outer {
            request.attribute(kind, value);
            continue;
        }
        let mut inner: Vec<_> =
            Attributes::new(value).map(|(kind, value)| (kind, value.to_vec())).collect();
        change(&mut inner);
        request.nested(kind, |request| {
            inner.iter().for_each(|(kind, value)| {
                request.attribute(*kind, value);
            });
        });
    }
    batch.octets()[16..].to_vec()
}

fn is_read(change: &Change, payload: &[u8]) -> bool {
    match change {
        Change::AddService(service) => {
            ServiceEntry::decode(payload).is_some_and(|entry| entry.service == *service)
        }
        Change::AddDestination(key, destination) => DestinationEntry::decode(key.family(), payload)
            .is_some_and(|entry| entry.destination == *destination),
        _ => unreachable!("an empty table is only added to"),
    }
}

fn outer(change: &Change) -> u16 {
    if matches!(change, Change::AddService(_)) { attribute::SERVICE } else { attribute::DEST }
}

#[test]
fn what_is_written_is_read() {
    let payloads = payloads();
    assert_eq!(payloads.len(), TABLE.lines().count());
    for (change, payload) in payloads {
        assert!(is_read(&change, &payload), "{change}");
    }
}

#[test]
fn attributes_come_in_any_order_and_longer_and_with_others() {
    for (change, payload) in payloads() {
        let odd = with(&payload, outer(&change), |inner| {
            inner.reverse();
            inner.insert(0, (NEWER_KERNEL, vec![1; 40]));
            for (kind, value) in inner {
                if ![service::SCHED_NAME, service::PE_NAME].contains(kind) {
                    value.extend([0; 8]);
                }
            }
        });
        assert!(is_read(&change, &odd), "{change}");
    }
}

#[test]
fn what_lacks_something_or_has_half_of_it_is_not_read() {
    for (change, payload) in payloads() {
        let needed = match &change {
            Change::AddService(service) if service.key.is_by_mark() => {
                &[service::AF, service::SCHED_NAME, service::FLAGS][..]
            }
            Change::AddService(_) => &[
                service::AF,
                service::PROTOCOL,
                service::ADDR,
                service::PORT,
                service::SCHED_NAME,
                service::FLAGS,
            ],
            _ => &[
                destination::ADDR,
                destination::PORT,
                destination::FWD_METHOD,
                destination::WEIGHT,
            ],
        };
        for needed in needed {
            let outer = outer(&change);
            let lacking = with(&payload, outer, |inner| inner.retain(|(kind, _)| kind != needed));
            let half = with(&payload, outer, |inner| {
                let cut = inner.iter_mut().filter(|(kind, _)| kind == needed);
                cut.for_each(|(_, value)| value.truncate(1));
            });
            for (payload, is_cut) in [(lacking, false), (half, true)] {
                // Half of a name is a name.
                if !is_cut || outer != attribute::SERVICE || *needed != service::SCHED_NAME {
                    assert!(is_nothing(&change, &payload), "{change}: {needed} {is_cut}");
                }
            }
        }
    }
}

fn is_nothing(change: &Change, payload: &[u8]) -> bool {
    match change {
        Change::AddService(_) => ServiceEntry::decode(payload).is_none(),
        _ => DestinationEntry::decode(Family::Ipv4, payload).is_none(),
    }
}

#[test]
fn what_there_is_no_word_for_is_not_guessed() {
    let set = |payload: &[u8], outer, kind: u16, value: &[u8]| {
        with(payload, outer, |inner| {
            for (_, old) in inner.iter_mut().filter(|(is, _)| *is == kind) {
                *old = value.to_vec();
            }
        })
    };
    let mut tunnels = 0;
    for (change, payload) in payloads() {
        match &change {
            Change::AddService(service) if !service.key.is_by_mark() => {
                let strange = set(&payload, attribute::SERVICE, service::PROTOCOL, &[50, 0]);
                assert_eq!(read::service(&strange), Err(Unreadable::Strange));
            }
            Change::AddDestination(_, destination) => {
                let method = [7, 0, 0, 0];
                let strange = set(&payload, attribute::DEST, destination::FWD_METHOD, &method);
                assert_eq!(read::destination(Family::Ipv4, &strange), Err(Unreadable::Strange));
                if matches!(destination.forwarding, Forwarding::Tunnel(_)) {
                    tunnels += 1;
                    for (kind, value) in
                        [(destination::TUN_TYPE, &[9][..]), (destination::TUN_FLAGS, &[3, 0])]
                    {
                        let strange = set(&payload, attribute::DEST, kind, value);
                        let found = read::destination(Family::Ipv4, &strange);
                        assert_eq!(found, Err(Unreadable::Strange), "{change}");
                    }
                }
            }
            _ => {}
        }
    }
    assert_eq!(tunnels, 2);
}

#[test]
fn what_the_kernel_would_take_for_something_else_is_not_sent() {
    let mut batch = Batch::new();
    let mut encode = |change: &Change| change.encode(0, &mut batch);
    for seconds in [0, 2_678_401, u32::MAX] {
        let mut service = Service::new(ServiceKey::tcp([192, 0, 2, 1], 80), Scheduler::RoundRobin);
        let granularity = Granularity::host(Family::Ipv4);
        service.persistence = Some(Persistence { seconds, granularity });
        let error = encode(&Change::AddService(service)).unwrap_err();
        assert_eq!(error, ChangeError::Persistence { seconds });
    }
    let checksum = TunnelChecksum::Remote;
    let tunnel = Forwarding::Tunnel(Tunnel::Gre { checksum });
    let destination = Destination::new(DestinationKey::new([10, 0, 0, 1], 80), tunnel);
    let add = Change::AddDestination(ServiceKey::tcp([192, 0, 2, 1], 80), destination);
    assert_eq!(encode(&add), Err(ChangeError::TunnelChecksum));
    assert!(batch.is_empty());
}

#[test]
fn what_is_cut_short_ends_nothing() {
    for (_, payload) in payloads() {
        for length in 0..payload.len() {
            // Whatever can be read of it: without panic.
            let _ = ServiceEntry::decode(&payload[..length]);
            let _ = DestinationEntry::decode(Family::Ipv6, &payload[..length]);
        }
    }
}

/// The kernel knows two.
#[test]
fn a_daemon_of_a_strange_role_is_an_error() {
    let wanted =
        crate::Daemon::new(crate::DaemonRole::Backup, crate::Name::new("eth0").unwrap(), 3);
    let mut batch = Batch::new();
    Change::StartDaemon(wanted.clone()).encode(0, &mut batch).unwrap();
    let payload = batch.octets()[16..].to_vec();
    let with_role = |role: u32| {
        let payload = with(&payload, attribute::DAEMON, |all| {
            let state = all.iter_mut().find(|(kind, _)| *kind == crate::uapi::daemon::STATE);
            state.unwrap().1 = role.to_ne_bytes().to_vec();
        });
        read::daemon(&payload)
    };
    assert!(with_role(2).is_ok_and(|read| read == wanted));
    assert!(with_role(1).is_ok_and(|read| read.role == crate::DaemonRole::Master));
    assert!(with_role(0).is_err() && with_role(3).is_err());
}
