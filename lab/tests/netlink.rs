//! netlink-conn and netlink-addr against the kernel, with `ip` as the independent reader and writer.
//!
//! Needs root and iproute2, and fails without.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use lab::namespaces::Lan;
use netlink_addr::{
    Address, AddressError, AddressFlags, Change, Lifetime, Link, Monitor, RouteTable, Scope,
};
use netlink_conn::{
    Batch, Connection, Error, Events, Protocol, Received, Request, RequestError, flags,
};

const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;

fn eth0() -> Link {
    RouteTable::open().unwrap().link_by_name("eth0").unwrap().unwrap()
}

fn address(index: u32, text: &str, prefix_length: u8) -> Address {
    Address::new(index, text.parse().unwrap(), prefix_length).unwrap()
}

fn all(outcomes: Vec<Result<(), AddressError>>) {
    outcomes.into_iter().collect::<Result<(), _>>().unwrap();
}

#[test]
fn an_address_with_everything_is_what_ip_shows() {
    let lan = Lan::new(1).unwrap();
    let host = lan.host(0);
    host.namespace().run(|| {
        let index = eth0().index;
        let v4 = address(index, "192.0.2.10", 24)
            .broadcast(Ipv4Addr::new(192, 0, 2, 255))
            .label("eth0:vip")
            .unwrap()
            .scope(Scope::LINK)
            .flags(AddressFlags::NOPREFIXROUTE)
            .lifetimes(
                Lifetime::For(Duration::from_secs(1000)),
                Lifetime::For(Duration::from_secs(500)),
            );
        let peer = address(index, "198.51.100.1", 32).peer("198.51.100.2".parse().unwrap());
        let v6 = address(index, "2001:db8::10", 128)
            .flags(AddressFlags::NODAD)
            .lifetimes(Lifetime::Forever, Lifetime::For(Duration::ZERO));
        all(RouteTable::open().unwrap().add(&[v4, peer, v6]).unwrap());
    });
    let shown = host.command(&["ip", "-d", "address", "show", "dev", "eth0"]).unwrap();
    for (address, words) in [
        ("192.0.2.10/24", "brd 192.0.2.255 scope link noprefixroute dynamic eth0:vip"),
        ("198.51.100.1 peer", "198.51.100.2/32"),
        ("2001:db8::10/128", "scope global deprecated nodad"),
    ] {
        let line = shown.lines().find(|line| line.contains(address));
        let line = line.unwrap_or_else(|| panic!("{address} is not in\n{shown}"));
        // Versions of iproute2 differ in the order of the flags.
        for word in words.split(' ') {
            assert!(line.contains(word), "{word} is not in {line}");
        }
    }
    let routes = host.command(&["ip", "route"]).unwrap();
    assert!(!routes.contains("192.0.2.0/24"), "no route to the prefix:\n{routes}");
    // And read back.
    let (v4, v6) = host.namespace().run(|| {
        let all = RouteTable::open().unwrap().addresses().unwrap();
        let find = |text: &str| {
            let wanted: IpAddr = text.parse().unwrap();
            all.iter().find(|address| address.local == wanted).unwrap().clone()
        };
        (find("192.0.2.10"), find("2001:db8::10"))
    });
    assert_eq!(v4.label.as_deref(), Some("eth0:vip"));
    assert_eq!(v4.scope, Scope::LINK);
    assert!(v4.flags.contains(AddressFlags::NOPREFIXROUTE));
    assert_eq!(v6.preferred, Lifetime::For(Duration::ZERO));
    assert_eq!(v6.valid, Lifetime::Forever);
}

#[test]
fn what_exists_is_added_and_what_is_gone_is_removed_without_an_error() {
    let lan = Lan::new(1).unwrap();
    let address = lan.host(0).namespace().run(|| {
        let address = address(eth0().index, "192.0.2.10", 32);
        let mut table = RouteTable::open().unwrap();
        for _ in 0..2 {
            all(table.add(std::slice::from_ref(&address)).unwrap());
        }
        for _ in 0..2 {
            all(table.remove(std::slice::from_ref(&address)).unwrap());
        }
        address
    });
    lan.unplug(0).unwrap();
    lan.host(0).namespace().run(move || {
        let mut table = RouteTable::open().unwrap();
        all(table.remove(std::slice::from_ref(&address)).unwrap());
        let outcome = table.add(&[address]).unwrap().remove(0);
        assert!(matches!(outcome, Err(AddressError::NoInterface { .. })), "{outcome:?}");
    });
}

#[test]
fn five_thousand_at_once_and_one_that_fails_among_them() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let index = eth0().index;
        let mut table = RouteTable::open().unwrap();
        let mut addresses: Vec<Address> = (0..5000u32)
            .map(|n| Address::new(index, Ipv4Addr::from(0x0a80_0000 + n).into(), 32).unwrap())
            .collect();
        addresses[2500].interface = 9999;
        let outcomes = table.add(&addresses).unwrap();
        for (place, outcome) in outcomes.iter().enumerate() {
            assert_eq!(outcome.is_err(), place == 2500, "{place}: {outcome:?}");
        }
        // A dump of many pieces.
        let found = table.addresses().unwrap();
        assert_eq!(found.iter().filter(|address| address.prefix_length == 32).count(), 4999);
        addresses.remove(2500);
        all(table.remove(&addresses).unwrap());
        assert!(table.addresses().unwrap().iter().all(|address| address.prefix_length != 32));
    });
}

#[test]
fn a_batch_can_be_sent_again_in_other_pieces() {
    const IFA_LOCAL: u16 = 2;
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let index = eth0().index;
        let mut batch = Batch::new();
        for last in 1..=250 {
            let mut request = batch.request(RTM_NEWADDR, flags::CREATE | flags::REPLACE);
            // `struct ifaddrmsg`: AF_INET, a prefix of 32 bits.
            request.fixed(&[&[2, 32, 0, 0], &index.to_ne_bytes()[..]].concat());
            request.attribute(IFA_LOCAL, &[10, 128, 0, last]);
        }
        let mut connection = Connection::open(Protocol::Route).unwrap();
        for octets in [100_000, 30_000, 1000] {
            connection.set_receive_buffer(octets).unwrap();
            let outcomes = connection.execute(&mut batch).unwrap();
            assert_eq!(outcomes, vec![Ok(()); 250], "{octets}");
        }
        let found = RouteTable::open().unwrap().addresses().unwrap();
        assert_eq!(found.iter().filter(|address| address.prefix_length == 32).count(), 250);
    });
}

#[test]
fn the_kernel_explains_itself() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let mut connection = Connection::open(Protocol::Route).unwrap();
        let mut batch = Batch::new();
        // An IPv4 address with a prefix of 33 bits.
        let index = eth0().index.to_ne_bytes();
        let message = [&[2, 33, 0, 0][..], &index].concat();
        batch
            .request(RTM_NEWADDR, flags::CREATE)
            .fixed(&message)
            .attribute(2, &[192, 0, 2, 1])
            .attribute(1, &[192, 0, 2, 1]);
        let outcome = connection.execute(&mut batch).unwrap().remove(0);
        let Err(RequestError::Refused(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.errno(), 22);
        assert_eq!(error.message(), Some("ipv4: Invalid prefix length"));

        // A dump that the kernel refuses.
        let wrong = connection.dump(
            9999,
            |request| {
                request.fixed(&[0; 8]);
            },
            |_| Some(()),
        );
        assert!(matches!(wrong, Err(Error::Dump(_))), "{wrong:?}");
        // The connection goes on.
        let write = |request: &mut Request<'_>| {
            request.fixed(&[0; 8]);
        };
        assert!(!connection.dump(RTM_GETADDR, write, |_| Some(())).unwrap().is_empty());

        let unknown = Events::open(Protocol::Route, &[5, 33]).unwrap_err();
        assert_eq!(unknown.to_string(), "multicast group is 33, allowed are 1 to 32");
    });
}

#[test]
fn changes_are_told_and_lost_ones_are_admitted() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let mut monitor = Monitor::open().unwrap();
        let mut table = RouteTable::open().unwrap();
        let added = address(eth0().index, "192.0.2.10", 32);
        all(table.add(std::slice::from_ref(&added)).unwrap());
        all(table.remove(std::slice::from_ref(&added)).unwrap());
        let changes = monitor.changes().unwrap();
        let is = |change: &Change, gone: bool| match change {
            Change::Address(address) => !gone && address.is_same(&added),
            Change::AddressGone(address) => gone && address.is_same(&added),
            _ => false,
        };
        assert!(changes.iter().any(|change| is(change, false)), "{changes:?}");
        assert!(changes.iter().any(|change| is(change, true)), "{changes:?}");

        // Nobody reads while far more happens than the buffer holds.
        let mut events = Events::open(Protocol::Route, &[5]).unwrap();
        let many: Vec<Address> = (0..5000u32)
            .map(|n| {
                Address::new(added.interface, Ipv4Addr::from(0x0a80_0000 + n).into(), 32).unwrap()
            })
            .collect();
        for _ in 0..4 {
            all(table.add(&many).unwrap());
            all(table.remove(&many).unwrap());
        }
        let mut told = 0;
        let received = events.receive(|_| told += 1).unwrap();
        assert_eq!(received, Received::Overrun);
        assert!(told < 40_000, "{told}");
        assert!(monitor.changes().unwrap().contains(&Change::Lost));
        // Afterwards it goes on.
        all(table.add(std::slice::from_ref(&added)).unwrap());
        let changes = monitor.changes().unwrap();
        let is_told =
            |change: &Change| matches!(change, Change::Address(address) if address.is_same(&added));
        assert!(changes.iter().any(is_told), "{changes:?}");
    });
}

#[test]
fn a_cable_that_is_pulled_is_told() {
    let lan = Lan::new(1).unwrap();
    let mut monitor = lan.host(0).namespace().run(|| Monitor::open().unwrap());
    for is_connected in [false, true] {
        lan.set_cable(0, is_connected).unwrap();
        let end = Instant::now() + Duration::from_secs(5);
        let mut is_told = false;
        while !is_told && Instant::now() < end {
            is_told = monitor.changes().unwrap().iter().any(|change| {
                matches!(change, Change::Link(link) if link.is_operational() == is_connected)
            });
        }
        assert!(is_told, "connected: {is_connected}");
    }
}
