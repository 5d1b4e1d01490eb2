//! The codec without a kernel: what is written is read, and what a kernel may answer besides.

use netlink_conn::{Attributes, Batch};

use crate::uapi::{attribute, destination, service};
use crate::{Change, DestinationEntry, Family, Plan, Scope, ServiceEntry, ServiceKey, Table};

const TABLE: &str = "\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 1 -x 100 -y 50
-a -t 192.0.2.1:80 -r [fd00::1]:8080 -i -w 0 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 192.0.2.1:80 -r 10.0.0.3:8080 -i -w 65536 --tun-type gre --tun-csum
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
        change.encode(0, &mut batch);
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
fn what_lacks_an_address_or_has_half_of_one_is_not_read() {
    for (change, payload) in payloads() {
        let (outer, address) = match change {
            Change::AddService(service)
                if matches!(service.key, ServiceKey::FirewallMark { .. }) =>
            {
                continue;
            }
            Change::AddService(_) => (attribute::SERVICE, service::ADDR),
            _ => (attribute::DEST, destination::ADDR),
        };
        let family = Family::Ipv4;
        let lacking = with(&payload, outer, |inner| inner.retain(|(kind, _)| *kind != address));
        let half = with(&payload, outer, |inner| {
            inner.iter_mut().filter(|(kind, _)| *kind == address).for_each(|(_, value)| {
                value.truncate(3);
            });
        });
        for payload in [lacking, half] {
            let is_nothing = match outer {
                attribute::SERVICE => ServiceEntry::decode(&payload).is_none(),
                _ => DestinationEntry::decode(family, &payload).is_none(),
            };
            assert!(is_nothing, "{payload:?}");
        }
    }
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
