//! Our own routers on real sockets, with everything going wrong that can.
//!
//! Needs root, iproute2, setpriv and perl, and fails without.

use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lab::Frame;
use lab::namespaces::Lan;
use lab::node::{ARGUMENT, Node, NodeConfig};
use vrrp_io::fsm::{Event, Fault, State};
use vrrp_io::proto::{Centiseconds, Interval, Priority, Vrid};
use vrrp_io::{AddError, NoEvent, ReconfigureError, Router, RouterConfig, Vrrp};

const NODE: &str = env!("CARGO_BIN_EXE_lab-node");
const LONG: Duration = Duration::from_secs(10);

fn virtual_ip() -> IpAddr {
    "10.77.0.100".parse().unwrap()
}

fn config(priority: u8, addresses: &[&str]) -> RouterConfig {
    RouterConfig::builder("eth0", Vrid::new(51).unwrap())
        .priority(Priority::new(priority).unwrap())
        .interval(Interval::V3(Centiseconds::new(10).unwrap()))
        .addresses(addresses.iter().map(|text| text.parse().unwrap()))
        .build()
        .unwrap()
}

/// Starts a router inside a host.
fn add(lan: &Lan, host: u8, config: RouterConfig) -> Result<Router, AddError> {
    lan.host(host).namespace().run(|| Vrrp::start().unwrap().add(config))
}

fn wait_for(router: &Router, state: State) {
    let end = Instant::now() + LONG;
    while router.state() != state {
        assert!(Instant::now() < end, "waited for {state}, is {}", router.state());
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn holds(lan: &Lan, host: u8) -> bool {
    lan.host(host).addresses().unwrap().contains(&virtual_ip())
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < end, "waited until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn takeover_after_a_crash_comes_within_5_ms_of_the_bound() {
    let lan = Lan::new(2).unwrap();
    let capture = lan.capture().unwrap();
    let node_config = |priority| NodeConfig::v3_ipv4(priority, 10);
    let mut high = Node::start(lan.host(0), NODE.into(), &node_config(200)).unwrap();
    let mut low = Node::start(lan.host(1), NODE.into(), &node_config(100)).unwrap();
    high.wait_for("Active", LONG).unwrap();
    low.wait_for("Backup", LONG).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    high.kill().unwrap();
    lan.set_cable(0, false).unwrap();
    low.wait_for("Active", LONG).unwrap();
    let frames = capture.stop();
    let adverts: Vec<(&Frame, IpAddr)> =
        frames.iter().filter_map(|frame| Some((frame, frame.advertisement()?.0))).collect();
    let last = adverts.iter().rfind(|(_, source)| *source == lan.host(0).ipv4()).unwrap();
    let is_successor =
        |(frame, source): &&(&Frame, IpAddr)| frame.at > last.0.at && *source == lan.host(1).ipv4();
    let first = adverts.iter().find(is_successor).unwrap();
    let takeover = first.0.at - last.0.at;
    // 3 * 100 ms + (256 - 100) / 256 * 100 ms
    let bound = Duration::from_micros(360_937);
    assert!(takeover >= bound && takeover < bound + Duration::from_millis(5), "{takeover:?}");
}

#[test]
fn the_handle_says_and_does_everything() {
    let lan = Lan::new(2).unwrap();
    let high = add(&lan, 0, config(200, &["10.77.0.100/24"])).unwrap();
    let low = add(&lan, 1, config(100, &["10.77.0.100/24"])).unwrap();
    let mut events = low.events().unwrap();
    wait_for(&high, State::Active);
    wait_for(&low, State::Backup);
    assert!(holds(&lan, 0) && !holds(&lan, 1));
    let status = high.status().unwrap();
    assert_eq!(status.primary_address, Some(lan.host(0).ipv4().into()));
    assert_eq!((status.priority.get(), status.stats.became_active), (200, 1));

    // A lower priority is preempted, and won back.
    high.set_priority(Priority::new(50).unwrap()).unwrap();
    wait_for(&high, State::Backup);
    wait_for(&low, State::Active);
    let told = events.wait_timeout(LONG).unwrap().event;
    assert!(matches!(told, Event::StateChanged { to: State::Active, .. }), "{told:?}");
    wait_until("the addresses have moved", || !holds(&lan, 0) && holds(&lan, 1));
    high.set_priority(Priority::new(200).unwrap()).unwrap();
    wait_for(&high, State::Active);
    wait_for(&low, State::Backup);

    // Unfit for the role: another one serves.
    high.set_fit(false).unwrap();
    assert_eq!(high.state(), State::Fault);
    assert_eq!(high.status().unwrap().faults, [Fault::Tracking]);
    wait_for(&low, State::Active);
    high.set_fit(true).unwrap();
    wait_for(&high, State::Active);

    // Other addresses: the role stays, the addresses are exchanged.
    high.reconfigure(config(210, &["10.77.0.100/24", "10.77.0.101/24"])).unwrap();
    assert_eq!(high.state(), State::Active);
    let second: IpAddr = "10.77.0.101".parse().unwrap();
    assert!(lan.host(0).addresses().unwrap().contains(&second));
    high.reconfigure(config(210, &["10.77.0.101/24"])).unwrap();
    assert!(!holds(&lan, 0));
    let other = RouterConfig::builder("eth0", Vrid::new(52).unwrap())
        .address("10.77.0.100".parse().unwrap())
        .build()
        .unwrap();
    let refused = high.reconfigure(other).unwrap_err();
    assert!(matches!(refused, ReconfigureError::NotSameRouter), "{refused}");

    // Stopped: the addresses are gone when the call returns, and the other one takes over.
    high.stop();
    assert!(!lan.host(0).addresses().unwrap().contains(&second));
    assert!(high.status().is_err());
    wait_for(&low, State::Active);
    // Dropped: the same.
    drop(low);
    assert!(!holds(&lan, 1));
    let end = loop {
        match events.wait_timeout(LONG) {
            Ok(notice) => assert_eq!(notice.missed, 0),
            Err(end) => break end,
        }
    };
    assert_eq!(end, NoEvent::Ended);
}

#[test]
fn a_vrid_exists_once_per_interface_and_family() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let vrrp = Vrrp::start().unwrap();
        let first = vrrp.add(config(100, &["10.77.0.100"])).unwrap();
        let second = vrrp.add(config(100, &["10.77.0.101"])).unwrap_err();
        assert_eq!(second.to_string(), "VRID 51 is in use on eth0, allowed is one that is not");
        let ipv6 = vrrp.add(config(100, &["fe80::100"])).unwrap();
        drop((first, ipv6));
        vrrp.add(config(100, &["10.77.0.101"])).unwrap();
    });
}

#[test]
fn an_interface_that_does_not_exist_is_an_error() {
    let lan = Lan::new(1).unwrap();
    let config = RouterConfig::builder("eth7", Vrid::new(51).unwrap())
        .address("10.77.0.100".parse().unwrap())
        .build()
        .unwrap();
    let error = add(&lan, 0, config).unwrap_err();
    assert_eq!(error.to_string(), "there is no interface eth7");
}

#[test]
fn an_interface_that_goes_and_returns_is_fault_and_recovery() {
    let lan = Lan::new(2).unwrap();
    for address in ["10.77.0.100/24", "fe80::100/64"] {
        let router = add(&lan, 0, config(200, &[address])).unwrap();
        wait_for(&router, State::Active);
        lan.set_cable(0, false).unwrap();
        wait_for(&router, State::Fault);
        assert_eq!(router.status().unwrap().faults[0], Fault::InterfaceDown);
        lan.set_cable(0, true).unwrap();
        wait_for(&router, State::Active);

        lan.unplug(0).unwrap();
        wait_for(&router, State::Fault);
        lan.plug_in(0).unwrap();
        wait_for(&router, State::Active);
        let address: IpAddr = address.split('/').next().unwrap().parse().unwrap();
        let is_there = || lan.host(0).addresses().unwrap().contains(&address);
        wait_until("the address is there", is_there);
        // It speaks on the new interface, and it hears.
        let other = add(&lan, 1, config(100, &[&format!("{address}/24")])).unwrap();
        std::thread::sleep(Duration::from_millis(600));
        assert_eq!(other.state(), State::Backup);
        drop(other);
        let better = add(&lan, 1, config(250, &[&format!("{address}/24")])).unwrap();
        wait_for(&router, State::Backup);
        wait_until("the address is gone", || !is_there());
        drop(better);
        wait_for(&router, State::Active);
        drop(router);
        assert!(!is_there());
    }
}

#[test]
fn without_an_address_to_send_from_a_router_waits() {
    let lan = Lan::new(1).unwrap();
    lan.ip_address(0, "del", "10.77.0.1/24").unwrap();
    let router = add(&lan, 0, config(200, &["10.77.0.100/24"])).unwrap();
    assert_eq!(router.state(), State::Fault);
    assert_eq!(router.status().unwrap().faults, [Fault::NoPrimaryAddress]);
    lan.ip_address(0, "add", "10.77.0.1/24").unwrap();
    wait_for(&router, State::Active);
    // Its own virtual address is not an address to send from.
    lan.ip_address(0, "del", "10.77.0.1/24").unwrap();
    wait_for(&router, State::Fault);
}

#[test]
fn what_somebody_else_takes_away_is_put_back() {
    let lan = Lan::new(1).unwrap();
    let router = add(&lan, 0, config(200, &["10.77.0.100/24"])).unwrap();
    let mut events = router.events().unwrap();
    wait_for(&router, State::Active);
    wait_until("the address is there", || holds(&lan, 0));
    lan.ip_address(0, "del", "10.77.0.100/24").unwrap();
    wait_until("the address is back", || holds(&lan, 0));
    let is_told = std::iter::from_fn(|| events.wait_timeout(LONG).ok())
        .any(|notice| notice.event == Event::AddressesRestored);
    assert!(is_told);
    assert_eq!(router.status().unwrap().stats.addresses_restored, 1);
    assert_eq!(router.state(), State::Active);
}

#[test]
fn what_a_crash_left_behind_is_removed_and_what_others_put_there_is_not() {
    let lan = Lan::new(1).unwrap();
    let node_config = NodeConfig::v3_ipv4(200, 10);
    let mut node = Node::start(lan.host(0), NODE.into(), &node_config).unwrap();
    node.wait_for("Active", LONG).unwrap();
    wait_until("the address is there", || holds(&lan, 0));
    node.kill().unwrap();
    assert!(holds(&lan, 0), "a killed process cannot clean up");
    let router = add(&lan, 0, config(100, &["10.77.0.100/24"])).unwrap();
    assert!(!holds(&lan, 0));
    drop(router);

    // The machine's own address, and one that an administrator gave it.
    lan.ip_address(0, "add", "10.77.0.100/24").unwrap();
    for address in ["10.77.0.1/24", "10.77.0.100/24"] {
        let refused = add(&lan, 0, config(100, &[address])).unwrap_err();
        assert!(matches!(refused, AddError::AddressInUse { .. }), "{refused}");
    }
    assert!(holds(&lan, 0));

    // Its owner may have it, and keeps it when the router stops.
    let owner = add(&lan, 0, config(255, &["10.77.0.1/24"])).unwrap();
    assert_eq!(owner.state(), State::Active);
    drop(owner);
    assert!(lan.host(0).addresses().unwrap().contains(&lan.host(0).ipv4().into()));
}

#[test]
fn a_missing_privilege_is_named() {
    let lan = Lan::new(1).unwrap();
    let config = NodeConfig::v3_ipv4(200, 10);
    let config = serde_json::to_string(&config).unwrap();
    // Somewhere that everybody may read.
    let folder = lab::Folder::new().unwrap();
    let program = folder.file("lab-node");
    std::fs::copy(NODE, &program).unwrap();
    for (capabilities, missing) in [("-all", "CAP_NET_RAW"), ("-all,+net_raw", "CAP_NET_ADMIN")] {
        let (program, config) = (program.clone(), config.clone());
        let output = lan.host(0).namespace().run(move || {
            Command::new("setpriv")
                .args(["--reuid", "65534", "--clear-groups"])
                .args(["--inh-caps", capabilities, "--ambient-caps", capabilities])
                .args([&program, ARGUMENT, &config])
                .output()
                .unwrap()
        });
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(said.contains(missing), "{missing} is not in {said}");
    }
}

#[test]
fn a_virtual_router_runs_once_whoever_starts_it() {
    let lan = Lan::new(1).unwrap();
    let first = add(&lan, 0, config(200, &["10.77.0.100/24"])).unwrap();
    wait_for(&first, State::Active);
    wait_until("the address is there", || holds(&lan, 0));
    // Another thread, as another process would be.
    let second = add(&lan, 0, config(250, &["10.77.0.100/24"])).unwrap_err();
    assert!(matches!(second, AddError::VridInUse { .. }), "{second}");
    assert!(holds(&lan, 0), "the live router keeps its address");
    first.stop();
    drop(add(&lan, 0, config(250, &["10.77.0.100/24"])).unwrap());

    // Somebody who cannot run a router cannot keep others from it by taking the name.
    let mut squatter = lan.host(0).namespace().run(|| {
        let script = "use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); \
                      bind(S, sockaddr_un(\"\\0vrrp-io/eth0/ipv4/51\")) or die; listen(S, 5); \
                      $| = 1; print \"taken\\n\"; <STDIN>;";
        Command::new("setpriv")
            .args(["--reuid", "65534", "--clear-groups", "--inh-caps", "-all"])
            .args(["/usr/bin/perl", "-e", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    });
    let mut said = String::new();
    BufReader::new(squatter.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "taken\n");
    let router = add(&lan, 0, config(250, &["10.77.0.100/24"]));
    // Ends it.
    drop(squatter.stdin.take());
    squatter.wait().unwrap();
    wait_for(&router.unwrap(), State::Active);
}

#[test]
fn two_routers_on_an_interface_have_different_addresses() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        let other = |address: &str| {
            RouterConfig::builder("eth0", Vrid::new(52).unwrap())
                .address(address.parse().unwrap())
                .build()
                .unwrap()
        };
        let vrrp = Vrrp::start().unwrap();
        let first = vrrp.add(config(200, &["10.77.0.100/24"])).unwrap();
        let refused = vrrp.add(other("10.77.0.100/24")).unwrap_err();
        assert!(matches!(refused, AddError::AddressInUse { .. }), "{refused}");
        let second = vrrp.add(other("10.77.0.101/24")).unwrap();
        let refused = first.reconfigure(config(200, &["10.77.0.101/24"])).unwrap_err();
        assert!(matches!(refused, ReconfigureError::Refused(_)), "{refused}");
        drop((first, second));
    });
}

#[test]
fn an_owner_and_a_backup_share_an_interface() {
    let lan = Lan::new(1).unwrap();
    // RFC 9568 section 4.2: each router owns one address and backs up the other's.
    let (owner, backup) = lan.host(0).namespace().run(|| {
        let vrrp = Vrrp::start().unwrap();
        let owner = vrrp.add(config(255, &["10.77.0.1/24"])).unwrap();
        let backup = RouterConfig::builder("eth0", Vrid::new(52).unwrap())
            .address("10.77.0.2/24".parse().unwrap())
            .build()
            .unwrap();
        (owner, vrrp.add(backup).unwrap())
    });
    assert_eq!(owner.state(), State::Active);
    assert_eq!(backup.state(), State::Backup);
    assert_eq!(backup.status().unwrap().primary_address, Some(lan.host(0).ipv4().into()));
}

#[test]
fn prefix_lengths_are_followed_and_leftovers_of_another_one_are_removed() {
    let lan = Lan::new(1).unwrap();
    let shown = || lan.host(0).command(&["ip", "address", "show", "dev", "eth0"]).unwrap();
    let mut node = Node::start(lan.host(0), NODE.into(), &NodeConfig::v3_ipv4(200, 10)).unwrap();
    node.wait_for("Active", LONG).unwrap();
    wait_until("the address is there", || holds(&lan, 0));
    node.kill().unwrap();
    assert!(shown().contains("10.77.0.100/24"));
    let router = add(&lan, 0, config(200, &["10.77.0.100"])).unwrap();
    assert!(!holds(&lan, 0), "the leftover had another prefix length");
    wait_for(&router, State::Active);
    wait_until("the address is there", || shown().contains("10.77.0.100/32"));
    router.reconfigure(config(200, &["10.77.0.100/24"])).unwrap();
    let now = shown();
    assert!(now.contains("10.77.0.100/24") && !now.contains("10.77.0.100/32"), "{now}");
    assert_eq!(router.state(), State::Active);
    drop(router);
    assert!(!holds(&lan, 0));
}

#[test]
fn a_renamed_interface_is_left_and_found_again() {
    let lan = Lan::new(1).unwrap();
    let rename = |from: &str, to: &str| {
        // Linux before 6.2 renames only what is down.
        for words in [
            &["ip", "link", "set", from, "down"][..],
            &["ip", "link", "set", from, "name", to],
            &["ip", "link", "set", to, "up"],
        ] {
            lan.host(0).command(words).unwrap();
        }
    };
    let router = add(&lan, 0, config(200, &["10.77.0.100/24"])).unwrap();
    wait_for(&router, State::Active);
    wait_until("the address is there", || holds(&lan, 0));
    rename("eth0", "other");
    wait_for(&router, State::Fault);
    let shown = || lan.host(0).command(&["ip", "address"]).unwrap();
    wait_until("the address is gone", || !shown().contains("10.77.0.100"));
    rename("other", "eth0");
    wait_for(&router, State::Active);
    wait_until("the address is back", || shown().contains("10.77.0.100"));
    drop(router);
    assert!(!shown().contains("10.77.0.100"));
}

#[test]
fn an_address_of_the_machine_is_not_taken_for_a_leftover_where_ipv6_is_off() {
    let lan = Lan::new(1).unwrap();
    lan.host(0).namespace().run(|| {
        std::fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1").unwrap();
    });
    let refused = add(&lan, 0, config(100, &["10.77.0.1/24"])).unwrap_err();
    assert!(matches!(refused, AddError::AddressInUse { .. }), "{refused}");
    assert!(lan.host(0).addresses().unwrap().contains(&lan.host(0).ipv4().into()));
}

#[test]
fn a_hundred_routers_run_in_one_thread() {
    let lan = Lan::new(2).unwrap();
    let start = |host: u8, priority: u8| {
        lan.host(host).namespace().run(move || {
            let vrrp = Vrrp::start().unwrap();
            let add = |vrid: u8| {
                let config = RouterConfig::builder("eth0", Vrid::new(vrid).unwrap())
                    .priority(Priority::new(priority).unwrap())
                    .interval(Interval::V3(Centiseconds::new(10).unwrap()))
                    .address(IpAddr::from([10, 77, 1, vrid]).into())
                    .build()
                    .unwrap();
                vrrp.add(config).unwrap()
            };
            (1..=100).map(add).collect::<Vec<Router>>()
        })
    };
    let high = start(0, 200);
    let low = start(1, 100);
    let all =
        |routers: &[Router], state: State| routers.iter().all(|router| router.state() == state);
    wait_until("all are elected", || all(&high, State::Active) && all(&low, State::Backup));
    let count = |host: u8| lan.host(host).addresses().unwrap().len();
    wait_until("the addresses are there", || count(0) >= 100);
    let left = count(1);
    lan.set_cable(0, false).unwrap();
    wait_until("all have taken over", || all(&low, State::Active) && count(1) == left + 100);
    assert!(low.iter().all(|router| router.status().unwrap().stats.became_active == 1));
    lan.set_cable(0, true).unwrap();
    wait_until("all have preempted", || all(&high, State::Active) && all(&low, State::Backup));
    drop(low);
    drop(high);
    assert_eq!(count(1), left);
}
