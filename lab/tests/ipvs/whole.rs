//! Whole tables: as text, there and back, and one made of another.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use fastrand::Rng;
use ipvs_netlink::{
    Change, ChangeError, Destination, DestinationKey, Family, Forwarding, Granularity, Ipvs, Name,
    Persistence, Plan, Protocol, Scheduler, Scope, Service, ServiceFlags, ServiceKey, Table,
    Tunnel, TunnelChecksum,
};

use crate::ipvsadm;
use crate::table::open;

const EVERYTHING: &str = "\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 1
-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 0
-a -t 192.0.2.1:80 -r 10.0.0.3:8080 -m -w 65535
-A -t 192.0.2.2:0 -s wlc -p 600 -M 255.255.240.0
-a -t 192.0.2.2:0 -r 10.0.0.1:0 -g -w 1
-a -t 192.0.2.2:0 -r 10.0.0.2:0 -i -w 2 --tun-type ipip
-a -t 192.0.2.2:0 -r 10.0.0.3:0 -i -w 3 --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 192.0.2.2:0 -r 10.0.0.4:0 -i -w 3 --tun-type gue --tun-port 6080 --tun-csum
-a -t 192.0.2.2:0 -r 10.0.0.5:0 -i -w 3 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 192.0.2.2:0 -r 10.0.0.6:0 -i -w 3 --tun-type gre --tun-nocsum
-a -t 192.0.2.2:0 -r 10.0.0.7:0 -i -w 3 --tun-type gre --tun-csum
-A -t [2001:db8::1]:443 -s sh -p 30 -M 64 -b sh-fallback,sh-port
-a -t [2001:db8::1]:443 -r [fd00::1]:443 -m -w 1
-A -t [2001:db8::2]:443 -s mh -b mh-fallback,mh-port
-A -t [2001:db8::3]:443 -s rr -b flag-1,flag-3
-A -u 192.0.2.1:53 -s rr -o
-A -u 192.0.2.1:5060 -s rr -p 60 --pe sip
-A --sctp-service 192.0.2.1:5060 -s lc
-A -f 7 -s none
-A -f 7 -6 -s nq
-a -f 7 -6 -r [fd00::1]:0 -g -w 5
";

/// Lines in any order.
fn lines(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

/// What `ipvsadm` says of the table that is there.
fn saved() -> BTreeSet<String> {
    ipvsadm::save().into_iter().collect()
}

/// What `ipvsadm` is to say of a table: it does not save thresholds.
fn expected(table: &Table) -> BTreeSet<String> {
    let text = table.to_string();
    let without = text.lines().map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        match words.iter().position(|word| *word == "-x") {
            Some(at) => [&words[..at], &words[at + 4..]].concat().join(" "),
            None => line.to_owned(),
        }
    });
    without.collect()
}

#[track_caller]
fn reconcile(ipvs: &mut Ipvs, wanted: &Table, scope: &Scope) -> Plan {
    let done = ipvs.reconcile(wanted, scope).unwrap();
    assert_eq!((&done.refused[..], &done.kept[..]), (&[][..], &[][..]));
    done.plan
}

pub(crate) fn texts() {
    let mut ipvs = open();
    let table: Table = EVERYTHING.parse().unwrap();
    let all = lines(EVERYTHING);
    assert_eq!(lines(&table.to_string()), all);
    // Ours to ipvsadm.
    let plan = reconcile(&mut ipvs, &table, &Scope::All);
    assert_eq!(lines(&plan.to_string()), all);
    assert_eq!(saved(), all);
    assert_eq!(ipvs.read().unwrap(), table);
    assert_eq!(ipvsadm::save().join("\n").parse(), Ok(table.clone()));
    // ipvsadm's to us, in its own words.
    ipvsadm::run(&["-C"]);
    ipvsadm::restore(&EVERYTHING.lines().collect::<Vec<_>>());
    assert_eq!(ipvs.read().unwrap(), table);
    // What is printed of us is what it takes.
    ipvsadm::run(&["-C"]);
    ipvsadm::restore(&table.to_string().lines().collect::<Vec<_>>());
    assert_eq!(saved(), all);
    assert!(reconcile(&mut ipvs, &table, &Scope::All).is_empty());
    // ipvsadm saves large marks as negative numbers.
    let table: Table = "-A -f 4294967295 -s rr\n".parse().unwrap();
    reconcile(&mut ipvs, &table, &Scope::All);
    assert_eq!(saved(), lines("-A -f -1 -s rr\n"));
    assert_eq!(ipvsadm::save().join("\n").parse(), Ok(table));
}

/// A table of few keys, so that two of them have much in common.
fn random_table(random: &mut Rng) -> Table {
    let mut table = Table::new();
    for _ in 0..random.u8(0..8) {
        let service = random_service(random);
        let family = service.key.family();
        let server = table.insert(service);
        for _ in 0..random.u8(0..6) {
            server.insert(random_destination(random, family));
        }
    }
    table
}

fn random_service(random: &mut Rng) -> Service {
    let last = random.u8(1..4);
    let four = IpAddr::from(Ipv4Addr::new(192, 0, 2, last));
    let six = IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, last.into(), 0, 0, 0, 0, 0));
    let (address, family) = match random.bool() {
        true => (four, Family::Ipv4),
        false => (six, Family::Ipv6),
    };
    let key = match random.u8(0..4) {
        0 => ServiceKey::Address { protocol: Protocol::Tcp, address, port: 80 },
        1 => ServiceKey::Address { protocol: Protocol::Udp, address, port: 53 },
        2 => ServiceKey::Address { protocol: Protocol::Sctp, address, port: 5060 },
        _ => ServiceKey::FirewallMark { family, mark: NonZeroU32::new(last.into()).unwrap() },
    };
    let schedulers = [
        None,
        Some(Scheduler::RoundRobin),
        Some(Scheduler::WeightedRoundRobin),
        Some(Scheduler::WeightedLeastConnection),
        Some(Scheduler::SourceHashing),
        Some(Scheduler::MaglevHashing),
    ];
    let scheduler = random.choice(schedulers).unwrap();
    let is_udp = matches!(key, ServiceKey::Address { protocol: Protocol::Udp, .. });
    let mut flags = ServiceFlags::NONE;
    for (flag, is_possible) in [
        (ServiceFlags::ONE_PACKET, is_udp),
        (ServiceFlags::SCHEDULER_1, scheduler.is_some()),
        (ServiceFlags::SCHEDULER_2, scheduler.is_some()),
    ] {
        if is_possible && random.bool() {
            flags = flags | flag;
        }
    }
    let persistence = random.bool().then(|| Persistence {
        seconds: random.u32(1..4000),
        granularity: match (random.bool(), family) {
            (true, _) => Granularity::host(family),
            (false, Family::Ipv4) => Granularity::Netmask(Ipv4Addr::new(255, 255, 255, 0)),
            (false, _) => Granularity::PrefixLength(random.u8(1..128)),
        },
    });
    let has_engine = is_udp && persistence.is_some() && random.bool();
    let engine = has_engine.then(|| Name::new("sip").unwrap());
    Service { scheduler, flags, persistence, engine, ..Service::new(key, Scheduler::RoundRobin) }
}

fn random_destination(random: &mut Rng, family: Family) -> Destination {
    let last = random.u8(1..7);
    // Through a tunnel, the families may differ.
    let is_other = random.u8(0..8) == 0;
    let address = match (family == Family::Ipv6) != is_other {
        true => IpAddr::from(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last.into())),
        false => IpAddr::from(Ipv4Addr::new(10, 0, 0, last)),
    };
    let checksum =
        random.choice([TunnelChecksum::None, TunnelChecksum::Checksum, TunnelChecksum::Remote]);
    let checksum = checksum.unwrap();
    let forwarding = match random.u8(0..6) {
        0 if !is_other => Forwarding::Masquerade,
        1 if !is_other => Forwarding::DirectRouting,
        2 => Forwarding::Tunnel(Tunnel::Gue { port: random.u16(1..9000), checksum }),
        // GRE has no remote checksum.
        3 if checksum != TunnelChecksum::Remote => Forwarding::Tunnel(Tunnel::Gre { checksum }),
        _ => Forwarding::Tunnel(Tunnel::Ipip),
    };
    let upper_threshold = random.u32(0..100);
    let weights = [0, 1, 2, 65_535];
    Destination {
        forwarding,
        weight: random.choice(weights).unwrap(),
        upper_threshold,
        lower_threshold: random.u32(0..=upper_threshold),
        ..Destination::new(DestinationKey::new(address, 80), forwarding)
    }
}

pub(crate) fn one_of_another() {
    let mut ipvs = open();
    let mut most = 0;
    for seed in 0..200 {
        let mut random = Rng::with_seed(seed);
        let (before, wanted) = (random_table(&mut random), random_table(&mut random));
        reconcile(&mut ipvs, &before, &Scope::All);
        assert_eq!(saved(), expected(&before), "{seed}");
        let plan = Plan::new(&ipvs.read().unwrap(), &wanted, &Scope::All);
        // Killed after any of its steps, and started again.
        let done = random.usize(0..=plan.changes().len());
        for outcome in ipvs.apply(&plan.changes()[..done]).unwrap() {
            assert_eq!(outcome, Ok(()), "{seed}: {plan}");
        }
        let rest = reconcile(&mut ipvs, &wanted, &Scope::All);
        assert_eq!(rest.changes(), &plan.changes()[done..], "{seed}: {plan}");
        assert_eq!(saved(), expected(&wanted), "{seed}: {before} then {wanted}");
        assert_eq!(ipvs.read().unwrap(), wanted, "{seed}");
        assert!(reconcile(&mut ipvs, &wanted, &Scope::All).is_empty(), "{seed}");
        most = most.max(plan.changes().len());
    }
    assert!(most > 20, "{most} changes are too few to say much");
}

pub(crate) fn others_stay() {
    let mut ipvs = open();
    let theirs: Table = "-A -t 192.0.2.9:80 -s rr\n".parse().unwrap();
    let ours: Table = "-A -t 192.0.2.1:80 -s rr\n-A -t 192.0.2.2:80 -s rr\n".parse().unwrap();
    reconcile(&mut ipvs, &theirs, &Scope::All);
    let keys = ours.iter().map(|server| server.service().key).collect();
    let own = Scope::Own(keys);
    reconcile(&mut ipvs, &ours, &own);
    assert_eq!(saved().len(), 3);
    let fewer: Table = "-A -t 192.0.2.1:80 -s rr\n".parse().unwrap();
    let plan = reconcile(&mut ipvs, &fewer, &own);
    assert_eq!(plan.to_string(), "-D -t 192.0.2.2:80\n");
    assert_eq!(saved(), lines("-A -t 192.0.2.1:80 -s rr\n-A -t 192.0.2.9:80 -s rr\n"));
}

/// What the kernel refuses is told, and the rest is done.
pub(crate) fn refusals() {
    let mut ipvs = open();
    let text = "-A -t 192.0.2.1:80 -s nosuch\n\
                -a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1\n\
                -A -t 192.0.2.2:80 -s rr\n\
                -a -t 192.0.2.2:80 -r 10.0.0.1:80 -m -w -1\n\
                -a -t 192.0.2.2:80 -r 10.0.0.2:80 -m -w 1\n";
    let done = ipvs.reconcile(&text.parse().unwrap(), &Scope::All).unwrap();
    let mut refused = Vec::new();
    for (change, error) in &done.refused {
        refused.push((change.to_string(), error));
    }
    let [(service, no_scheduler), (unserved, no_service), (server, negative)] = &refused[..] else {
        panic!("{refused:?}");
    };
    assert_eq!(service, "-A -t 192.0.2.1:80 -s nosuch");
    assert!(matches!(no_scheduler, ChangeError::NoScheduler(_)), "{no_scheduler:?}");
    assert_eq!(unserved, "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1");
    assert!(matches!(no_service, ChangeError::NoService(_)), "{no_service:?}");
    assert_eq!(server, "-a -t 192.0.2.2:80 -r 10.0.0.1:80 -m -w -1");
    assert!(matches!(negative, ChangeError::Weight(_)), "{negative:?}");
    let there = "-A -t 192.0.2.2:80 -s rr\n-a -t 192.0.2.2:80 -r 10.0.0.2:80 -m -w 1\n";
    assert_eq!(saved(), lines(there));
    // Old servers stay when none can be had in their place, and go when one can.
    let text = "-A -t 192.0.2.2:80 -s rr\n-a -t 192.0.2.2:80 -r 10.0.0.3:80 -m -w -1\n";
    let done = ipvs.reconcile(&text.parse().unwrap(), &Scope::All).unwrap();
    assert_eq!(done.refused.len(), 1);
    let key = ServiceKey::tcp([192, 0, 2, 2], 80);
    let old = DestinationKey::new([10, 0, 0, 2], 80);
    assert_eq!(done.kept, [Change::DeleteDestination(key, old)]);
    assert_eq!(saved(), lines(there));
    let one_more = format!("{text}-a -t 192.0.2.2:80 -r 10.0.0.4:80 -m -w 1\n");
    let done = ipvs.reconcile(&one_more.parse().unwrap(), &Scope::All).unwrap();
    assert_eq!((done.refused.len(), done.kept.len()), (1, 0));
    let there = "-A -t 192.0.2.2:80 -s rr\n-a -t 192.0.2.2:80 -r 10.0.0.4:80 -m -w 1\n";
    assert_eq!(saved(), lines(there));
    // One that is refused other settings serves as it did, and keeps nobody from going.
    let odd = "-A -t 192.0.2.2:80 -s rr\n-a -t 192.0.2.2:80 -r 10.0.0.4:80 -m -w 1 -x 1 -y 2\n";
    ipvsadm::run(&["-a", "-t", "192.0.2.2:80", "-r", "10.0.0.5:80", "-m"]);
    let done = ipvs.reconcile(&odd.parse().unwrap(), &Scope::All).unwrap();
    assert_eq!((done.refused.len(), done.kept.len()), (1, 0));
    assert_eq!(saved(), lines(there));
    // Nor does one drain for another that cannot be had; what else is to go goes.
    ipvsadm::run(&["-A", "-t", "192.0.2.9:80", "-s", "rr"]);
    let drained = "-A -t 192.0.2.2:80 -s rr\n-a -t 192.0.2.2:80 -r 10.0.0.3:80 -m -w -1\n\
                   -a -t 192.0.2.2:80 -r 10.0.0.4:80 -m -w 0\n";
    let drained: Table = drained.parse().unwrap();
    let done = ipvs.reconcile(&drained, &Scope::All).unwrap();
    let wanted = drained.get(&key).unwrap().get(&DestinationKey::new([10, 0, 0, 4], 80)).unwrap();
    assert_eq!(done.kept, [Change::EditDestination(key, *wanted)]);
    assert_eq!((done.refused.len(), saved()), (1, lines(there)));
    let flush = ipvs.apply(&[Change::Flush]).unwrap();
    assert_eq!(flush, [Ok(())]);
}

/// A plan for a table that somebody has changed meanwhile is made anew.
pub(crate) fn stale_plans() {
    let mut ipvs = open();
    let text = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 3\n";
    let wanted: Table = text.parse().unwrap();
    reconcile(&mut ipvs, &wanted, &Scope::All);
    // As if the table had been empty.
    let plan = Plan::new(&Table::new(), &wanted, &Scope::All);
    let done = ipvs.carry_out(plan, &Table::new()).unwrap();
    let [(_, service), (_, server)] = &done.refused[..] else { panic!("{:?}", done.refused) };
    assert!(matches!(service, ChangeError::ServiceExists(_)), "{service:?}");
    assert!(matches!(server, ChangeError::DestinationExists(_)), "{server:?}");
    assert_eq!(saved(), lines(text));
}

/// A receive buffer that holds two answers.
const TINY_BUFFER: &str = "2304";
const BUFFER: &str = "/proc/sys/net/core/rmem_default";

pub(crate) fn lost_answers() {
    let usual = fs::read_to_string(BUFFER).unwrap();
    fs::write(BUFFER, TINY_BUFFER).unwrap();
    let mut ipvs = open();
    fs::write(BUFFER, usual.trim()).unwrap();
    // Each second server is refused.
    let mut text = String::from("-A -t 192.0.2.1:80 -s rr\n");
    for last in 1..=100 {
        let weight = if last % 2 == 0 { 1 } else { -1 };
        text += &format!("-a -t 192.0.2.1:80 -r 10.0.0.{last}:80 -m -w {weight}\n");
    }
    let wanted: Table = text.parse().unwrap();
    let plan = Plan::new(&Table::new(), &wanted, &Scope::All);
    let outcomes = ipvs.apply(plan.changes()).unwrap();
    let lost = outcomes.iter().filter(|outcome| **outcome == Err(ChangeError::AnswerLost)).count();
    assert!(lost > 0, "{outcomes:?}");
    let done = ipvs.apply(&[Change::Flush]).unwrap();
    assert_eq!(done, [Ok(())]);

    let done = ipvs.reconcile(&wanted, &Scope::All).unwrap();
    // The second plan has what was refused, and nothing that was done while its answer was lost.
    assert_eq!(done.plan.changes().len(), 50);
    assert_eq!(done.refused.len(), 50);
    let is_odd = |change: &Change| change.to_string().ends_with("-w -1");
    assert!(done.refused.iter().all(|(change, _)| is_odd(change)));
    assert_eq!(saved().len(), 51);
}
