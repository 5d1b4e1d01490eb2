//! netlink-nft and the transactions of netlink-conn against the kernel, with `ping` as the judge and
//! `nft` as the independent reader and writer.
//!
//! Needs root, iproute2, iputils-ping and nftables, and fails without.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use lab::namespaces::Lan;
use netlink_addr::RouteTable;
use netlink_conn::{Attributes, Batch, Connection, Message, Protocol, Request, TransactionError};
use netlink_nft::{Blocked, Family, Firewall, FirewallError, Interface, Settings};

const TABLE: &str = "keepalived";
const NFT_MSG_NEWTABLE: u16 = 0x0a00;
const NFT_MSG_GETGEN: u16 = 0x0a10;
const NFNL_SUBSYS_NFTABLES: u8 = 10;

/// Host 0 has these besides its own; host 1 asks.
const VIRTUAL: [&str; 6] = [
    "10.77.0.100/24",
    "10.77.0.101/24",
    "fd77::100/64",
    "fd77::101/64",
    "fe80::100/64",
    "fe80::101/64",
];

fn lan() -> Lan {
    let lan = Lan::new(2).unwrap();
    for address in VIRTUAL {
        let mut words = vec!["ip", "address", "add", address, "dev", "eth0"];
        words.extend(address.contains(':').then_some("nodad"));
        lan.host(0).command(&words).unwrap();
    }
    for address in ["10.77.0.100", "fd77::100", "fe80::100%eth0"] {
        let end = Instant::now() + Duration::from_secs(10);
        while !answers(&lan, address) {
            assert!(Instant::now() < end, "{address} does not answer before anything is blocked");
        }
    }
    lan
}

fn open(lan: &Lan, settings: Settings) -> Result<Firewall, FirewallError> {
    lan.host(0).namespace().run(move || Firewall::open(settings))
}

fn firewall(lan: &Lan) -> Firewall {
    open(lan, Settings::new(TABLE)).unwrap()
}

/// Addresses that are blocked, the link-local ones on `interface`.
fn blocked(addresses: &[&str], interface: &str) -> Vec<Blocked> {
    let blocked = |text: &&str| Blocked::new(text.parse().unwrap(), Some(interface.into()));
    addresses.iter().map(blocked).collect()
}

/// Whether host 1 gets an answer from this address.
fn answers(lan: &Lan, address: &str) -> bool {
    lan.host(1).command(&["ping", "-n", "-c", "1", "-W", "1", address]).is_ok()
}

/// What `nft` prints on host 0.
fn nft(lan: &Lan, words: &[&str]) -> String {
    lan.host(0).command(&[&["nft"][..], words].concat()).unwrap()
}

fn ruleset(lan: &Lan) -> String {
    nft(lan, &["-a", "list", "ruleset"])
}

/// How many transactions host 0 has seen, but for a start that is the same for all.
fn generation(lan: &Lan) -> u32 {
    lan.host(0).namespace().run(|| {
        let write = |request: &mut Request<'_>| {
            request.fixed(&[0; 4]);
        };
        let read = |message: Message<'_>| {
            // NFTA_GEN_ID.
            let (_, id) =
                Attributes::new(message.payload.get(4..)?).find(|(kind, _)| *kind == 1)?;
            Some(u32::from_be_bytes(*id.first_chunk()?))
        };
        let mut connection = Connection::open(Protocol::Netfilter).unwrap();
        connection.dump(NFT_MSG_GETGEN, write, read).unwrap()[0]
    })
}

#[test]
fn blocked_addresses_do_not_answer_and_their_neighbours_still_find_them() {
    let lan = lan();
    lan.host(1).command(&["ip", "neighbour", "flush", "dev", "eth0"]).unwrap();
    let mut firewall = firewall(&lan);
    firewall.set_blocked(&blocked(&["10.77.0.100", "fd77::100", "fe80::100"], "eth0")).unwrap();
    for address in ["10.77.0.100", "fd77::100", "fe80::100%eth0"] {
        assert!(!answers(&lan, address), "{address} answers\n{}", ruleset(&lan));
    }
    for address in ["10.77.0.101", "10.77.0.1", "fd77::101", "fd77::1", "fe80::101%eth0"] {
        assert!(answers(&lan, address), "{address} does not answer\n{}", ruleset(&lan));
    }
    let mac = lan.host(0).mac().map(|octet| format!("{octet:02x}")).join(":");
    for address in ["10.77.0.100", "fd77::100", "fe80::100"] {
        let neighbour = lan.host(1).neighbour(address.parse().unwrap()).unwrap();
        assert_eq!(neighbour.as_deref(), Some(mac.as_str()), "{address}");
    }
    // Nor may they be used as a source.
    for (source, destination) in [("10.77.0.100", "10.77.0.2"), ("fd77::100", "fd77::2")] {
        let ping = ["ping", "-n", "-c", "1", "-W", "1", "-I", source, destination];
        assert!(lan.host(0).command(&ping).is_err(), "{source} can be used");
    }

    // Others instead.
    firewall.set_blocked(&blocked(&["10.77.0.101", "fd77::101", "fe80::101"], "eth0")).unwrap();
    assert!(answers(&lan, "10.77.0.100") && !answers(&lan, "10.77.0.101"));
    assert!(answers(&lan, "fd77::100") && !answers(&lan, "fd77::101"));
    assert!(answers(&lan, "fe80::100%eth0") && !answers(&lan, "fe80::101%eth0"));

    // Link-local ones on another interface, and on every one.
    firewall.set_blocked(&blocked(&["fe80::100"], "eth1")).unwrap();
    assert!(answers(&lan, "fe80::100%eth0") && answers(&lan, "10.77.0.101"));
    firewall.set_blocked(&[Blocked::new("fe80::100".parse().unwrap(), None)]).unwrap();
    assert!(!answers(&lan, "fe80::100%eth0"));

    for _ in 0..2 {
        firewall.remove().unwrap();
        assert_eq!(ruleset(&lan), "");
    }
    assert!(answers(&lan, "fe80::100%eth0"));
}

#[test]
fn settings_are_what_nft_shows() {
    let lan = lan();
    let index = lan.host(0).namespace().run(|| {
        let mut table = RouteTable::open().unwrap();
        table.link_by_name("eth0").unwrap().unwrap().index
    });
    let settings = Settings::new("other").priority(-150).counters(true).by_index(true);
    let mut by_index = open(&lan, settings).unwrap();
    let address: IpAddr = "fe80::100".parse().unwrap();
    by_index.set_blocked(&[Blocked::new(address, Some(index.into()))]).unwrap();
    assert!(!answers(&lan, "fe80::100%eth0") && answers(&lan, "fe80::101%eth0"));
    let shown = nft(&lan, &["list", "table", "ip6", "other"]);
    for expected in [
        "comment \"managed by netlink-nft\"",
        "type ipv6_addr . iface_index",
        "fe80::100 . \"eth0\"",
        "hook input",
        "hook output",
        "policy accept",
        "ip6 daddr . iif @link_local_vips counter packets",
        "ip6 saddr . oif @link_local_vips counter packets",
    ] {
        assert!(shown.contains(expected), "{expected} is not in\n{shown}");
    }
    // Versions of nft name some priorities.
    assert!(shown.contains("priority mangle;") || shown.contains("priority -150;"), "{shown}");
    // No IPv4 address is blocked, so there is no table for them.
    assert!(!nft(&lan, &["list", "tables"]).contains("table ip other"));

    let wrong = Blocked::new(address, Some("eth0".into()));
    let error = by_index.set_blocked(&[wrong]).unwrap_err();
    assert!(
        matches!(&error, FirewallError::Interface { interface: Interface::Name(_), .. }),
        "{error}"
    );
    assert_eq!(nft(&lan, &["-s", "list", "table", "ip6", "other"]).matches("fe80::").count(), 1);

    let mut plain = firewall(&lan);
    let all = blocked(&["10.77.0.100", "fd77::100", "fe80::100"], "eth0");
    plain.set_blocked(&all).unwrap();
    let shown = nft(&lan, &["list", "ruleset"]);
    for expected in [
        "elements = { 10.77.0.100 }",
        "ip daddr @vips drop",
        "ip saddr @vips drop",
        "elements = { fd77::100 }",
        "ip6 daddr @vips drop",
        "ip6 saddr @vips drop",
        "type ipv6_addr . ifname",
        "ip6 daddr . iifname @link_local_vips drop",
        "ip6 saddr . oifname @link_local_vips drop",
    ] {
        assert!(shown.contains(expected), "{expected} is not in\n{shown}");
    }
}

#[test]
fn tables_of_others_are_left_as_they_are() {
    let lan = lan();
    let families = ["ip", "ip6", "inet"];
    for family in families {
        // Of our name where that is no contradiction.
        let name = if family == "inet" { TABLE } else { "others" };
        let table = format!(
            "table {family} {name} {{ \
             set vips {{ type ipv4_addr; elements = {{ 192.0.2.1 }}; }}; \
             chain in {{ type filter hook input priority -1; policy accept; \
             meta l4proto tcp drop; }}; }}"
        );
        nft(&lan, &[&table]);
    }
    let before = ruleset(&lan);
    assert!(families.iter().all(|family| before.contains(&format!("table {family} "))), "{before}");
    let mut firewall = firewall(&lan);
    let others = |lan: &Lan| {
        let list = |family: &&str| {
            let name = if *family == "inet" { TABLE } else { "others" };
            nft(lan, &["-a", "list", "table", family, name])
        };
        families.iter().map(list).collect::<Vec<String>>()
    };
    let others_before = others(&lan);
    let steps: [&[&str]; 3] = [&["10.77.0.100", "fd77::100"], &["fe80::100"], &[]];
    for addresses in steps {
        firewall.set_blocked(&blocked(addresses, "eth0")).unwrap();
        assert_eq!(others(&lan), others_before);
    }
    firewall.remove().unwrap();
    assert_eq!(ruleset(&lan), before);
}

#[test]
fn a_table_of_our_name_that_is_not_ours_is_an_error() {
    let lan = lan();
    // One that was there at first, in either family, even with a comment.
    for (family, expected) in [("ip", Family::Ipv4), ("ip6", Family::Ipv6)] {
        let table =
            format!("table {family} {TABLE} {{ comment \"mine\"; chain in {{ accept; }}; }}");
        nft(&lan, &[&table]);
        let before = ruleset(&lan);
        let error = open(&lan, Settings::new(TABLE)).err().unwrap();
        assert!(
            matches!(&error, FirewallError::NotOurs { family, table } if *family == expected && table == TABLE),
            "{error}"
        );
        assert_eq!(ruleset(&lan), before);
        nft(&lan, &["delete", "table", family, TABLE]);
    }

    // One that came later.
    let mut firewall = firewall(&lan);
    nft(&lan, &["add", "table", "ip", TABLE]);
    let before = ruleset(&lan);
    let error = firewall.set_blocked(&blocked(&["10.77.0.100", "fd77::100"], "")).unwrap_err();
    assert!(matches!(error, FirewallError::NotOurs { family: Family::Ipv4, .. }), "{error}");
    assert_eq!(ruleset(&lan), before);
    firewall.remove().unwrap();
    assert_eq!(ruleset(&lan), before);

    // One that came in place of ours.
    nft(&lan, &["delete", "table", "ip", TABLE]);
    firewall.set_blocked(&blocked(&["10.77.0.100"], "")).unwrap();
    nft(&lan, &["delete", "table", "ip", TABLE]);
    nft(&lan, &["add", "table", "ip", TABLE]);
    let before = ruleset(&lan);
    let error = firewall.set_blocked(&blocked(&["10.77.0.100"], "")).unwrap_err();
    assert!(matches!(error, FirewallError::NotOurs { .. }), "{error}");
    firewall.remove().unwrap();
    assert_eq!(ruleset(&lan), before);
}

#[test]
fn leftovers_are_replaced() {
    let lan = lan();
    let leave = |addresses: &[&str]| {
        firewall(&lan).set_blocked(&blocked(addresses, "eth0")).unwrap();
    };
    leave(&["10.77.0.100", "fd77::100"]);
    assert!(!answers(&lan, "10.77.0.100") && !answers(&lan, "fd77::100"));
    let mut second = firewall(&lan);
    // Opening changes nothing.
    assert!(!answers(&lan, "10.77.0.100"));
    let before = generation(&lan);
    second.set_blocked(&blocked(&["10.77.0.101"], "eth0")).unwrap();
    assert_eq!(generation(&lan), before + 1);
    assert!(answers(&lan, "10.77.0.100") && !answers(&lan, "10.77.0.101"));
    assert!(answers(&lan, "fd77::100"));
    assert_eq!(nft(&lan, &["list", "tables"]).trim(), format!("table ip {TABLE}"));

    // When nothing is to be blocked they just go, and so they do when ours is removed.
    leave(&["10.77.0.100", "fd77::100"]);
    firewall(&lan).set_blocked(&[]).unwrap();
    assert_eq!(ruleset(&lan), "");
    leave(&["10.77.0.100", "fd77::100"]);
    firewall(&lan).remove().unwrap();
    assert_eq!(ruleset(&lan), "");
}

#[test]
fn a_thousand_addresses_are_one_transaction_and_so_are_differences() {
    let lan = lan();
    let mut firewall = firewall(&lan);
    let start = generation(&lan);
    let all: Vec<Blocked> = (1..=1000u32)
        .flat_map(|n| {
            let v4 = Ipv4Addr::from(0x0a80_0000 + n).into();
            let v6 = |start: u128| IpAddr::from(Ipv6Addr::from((start << 112) + u128::from(n)));
            [
                Blocked::new(v4, None),
                Blocked::new(v6(0x2001), None),
                Blocked::new(v6(0xfe80), Some("eth0".into())),
            ]
        })
        .collect();
    let count = |lan: &Lan| {
        let shown = nft(lan, &["list", "ruleset"]);
        ["10.128.", "2001::", "fe80::"].map(|address| shown.matches(address).count())
    };
    firewall.set_blocked(&all).unwrap();
    assert_eq!(generation(&lan), start + 1);
    assert_eq!(count(&lan), [1000; 3]);
    // The same again is none.
    firewall.set_blocked(&all).unwrap();
    assert_eq!(generation(&lan), start + 1);
    // Half of them go; the table stays.
    let handle = |lan: &Lan| ruleset(lan).lines().next().map(ToOwned::to_owned);
    let before = handle(&lan);
    firewall.set_blocked(&all[..1500]).unwrap();
    assert_eq!(generation(&lan), start + 2);
    assert_eq!(count(&lan), [500; 3]);
    firewall.set_blocked(&[]).unwrap();
    assert_eq!(count(&lan), [0; 3]);
    assert_eq!(handle(&lan), before);
    firewall.set_blocked(&blocked(&["10.77.0.100"], "")).unwrap();
    assert!(!answers(&lan, "10.77.0.100"));
}

#[test]
fn what_somebody_else_took_away_is_made_again() {
    let lan = lan();
    let mut firewall = firewall(&lan);
    let wanted = blocked(&["10.77.0.100", "fd77::100"], "");
    let is_blocked = |lan: &Lan| !answers(lan, "10.77.0.100") && !answers(lan, "fd77::100");
    firewall.set_blocked(&wanted).unwrap();
    assert!(is_blocked(&lan));
    nft(&lan, &["flush", "ruleset"]);
    assert!(!is_blocked(&lan));
    firewall.set_blocked(&wanted).unwrap();
    assert!(is_blocked(&lan));
    // An address that is to go has gone already.
    nft(&lan, &["delete", "element", "ip", TABLE, "vips", "{ 10.77.0.100 }"]);
    firewall.set_blocked(&wanted[1..]).unwrap();
    assert!(answers(&lan, "10.77.0.100") && !answers(&lan, "fd77::100"));
    // The set that is to get one has gone.
    firewall.set_blocked(&wanted).unwrap();
    nft(&lan, &["flush", "table", "ip", TABLE]);
    nft(&lan, &["delete", "set", "ip", TABLE, "vips"]);
    firewall.set_blocked(&blocked(&["10.77.0.100", "10.77.0.101", "fd77::100"], "")).unwrap();
    assert!(is_blocked(&lan) && !answers(&lan, "10.77.0.101"));
}

#[test]
fn a_transaction_is_carried_out_whole_or_not_at_all() {
    let lan = Lan::new(1).unwrap();
    let outcome = lan.host(0).namespace().run(|| {
        let mut connection = Connection::open(Protocol::Netfilter).unwrap();
        let mut batch = Batch::new();
        for name in [b"one\0", b"one\0", b"two\0"] {
            let flags = netlink_conn::flags::CREATE | netlink_conn::flags::EXCL;
            batch.request(NFT_MSG_NEWTABLE, flags).fixed(&[2, 0, 0, 0]).attribute(1, name);
        }
        let outcome = connection.transact(NFNL_SUBSYS_NFTABLES, &batch);
        // The connection goes on.
        let mut good = Batch::new();
        let create = netlink_conn::flags::CREATE;
        good.request(NFT_MSG_NEWTABLE, create).fixed(&[2, 0, 0, 0]).attribute(1, b"third\0");
        connection.transact(NFNL_SUBSYS_NFTABLES, &good).unwrap();
        connection.transact(NFNL_SUBSYS_NFTABLES, &Batch::new()).unwrap();
        let unknown = connection.transact(99, &good).unwrap_err();
        assert!(matches!(unknown, TransactionError::Refused(_)), "{unknown}");
        outcome
    });
    let Err(TransactionError::RequestRefused { request: 1, source }) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(source.errno(), 17);
    assert_eq!(nft(&lan, &["list", "tables"]).trim(), "table ip third");
}
