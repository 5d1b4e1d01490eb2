//! What the kernel of the test machines does not have, in a virtual machine that has it.
//!
//! Needs qemu, busybox and the kernel that `cargo xtask test` fetches; fails without.

mod common;

use std::time::Duration;

use common::{DIRECTOR, named_instance};
use lab::vm::Machine;

/// Waits for a condition, and shows everything when it does not come.
const FUNCTIONS: &str = "
await() {
    turns=0
    while ! eval \"$1\"; do
        turns=$((turns + 1))
        if [ $turns -gt 200 ]; then
            echo \"waited in vain: $1\"; cat /tmp/*.log; ip -d link; ip -o address; exit 1
        fi
        sleep 0.1
    done
}
start() { # NAMESPACE FILE
    ip netns exec $1 director -n -l -G -f /$2 -p /run/$2.pid -r /run/$2.vrrp >/tmp/$2.log 2>&1 &
}
halt() { # FILE
    kill $(cat /run/$1.pid)
    await \"[ ! -e /run/$1.pid ]\"
}
has() { # NAMESPACE ADDRESS INTERFACE
    ip netns exec $1 ip -o address show dev $3 2>/dev/null | grep -q \" $2/\"
}
lacks() {
    if has \"$@\"; then echo \"has all the same: $*\"; cat /tmp/*.log; exit 1; fi
}
set -e
for name in a b; do ip netns add $name; done
ip link add eth0 netns a type veth peer name eth0 netns b
for name in a b; do ip -n $name link set eth0 up; ip -n $name link set lo up; done
ip -n b address add 10.77.0.2/24 dev eth0
";

fn in_machine(files: &[(&str, String)], script: &str) {
    let machine = Machine::new().unwrap();
    let machine = machine.program(DIRECTOR).unwrap().program("/sbin/ip").unwrap();
    let machine = machine.modules(&["veth", "ipvlan", "vrf"]).unwrap();
    let machine = files.iter().fold(machine, |machine, (name, text)| machine.file(name, text));
    let ran = machine.run(&format!("{FUNCTIONS}{script}"), Duration::from_secs(180)).unwrap();
    assert_eq!(ran.status, Some(0), "{}", ran.output);
}

/// Half a second: the machine is slow.
fn slow(text: &str) -> String {
    text.replace("advert_int 0.1", "advert_int 0.5")
}

#[test]
fn an_ipvlan_carries_the_addresses() {
    let conf = |priority: u8, more: &str| {
        slow(&named_instance("V", 51, "eth0", "10.77.0.100", priority, more))
    };
    let files = [("a.conf", conf(200, "use_ipvlan ipv.51 bridge")), ("b.conf", conf(100, ""))];
    let script = "
ip -n a address add 10.77.0.1/24 dev eth0
start a a.conf
await 'has a 10.77.0.100 ipv.51'
ip -n a -d link show ipv.51 | grep -q 'ipvlan.* bridge'
start b b.conf
sleep 2.5
has a 10.77.0.100 ipv.51
lacks b 10.77.0.100 eth0
ip netns exec b ping -c 1 -W 2 10.77.0.100
halt a.conf
await 'has b 10.77.0.100 eth0'
lacks a 10.77.0.100 ipv.51
if ip -n a link show ipv.51 2>/dev/null; then exit 1; fi
";
    in_machine(&files, script);
}

#[test]
fn a_unicast_router_works_in_a_vrf() {
    let unicast = |own: u8| {
        let peer = 3 - own;
        format!("unicast_src_ip 10.77.0.{own}\n unicast_peer {{\n 10.77.0.{peer}\n }}")
    };
    let a = named_instance("V", 51, "eth0", "10.77.0.100", 200, &unicast(1));
    let a = a.replace(" interface eth0\n", " vrf red\n").replace("/24\n", "/24 dev eth0\n");
    let b = named_instance("V", 51, "eth0", "10.77.0.100", 100, &unicast(2));
    let files = [("a.conf", slow(&a)), ("b.conf", slow(&b))];
    let script = "
ip -n a link add red type vrf table 10
ip -n a link set red up
ip -n a link set eth0 master red
ip -n a address add 10.77.0.1/24 dev eth0
start b b.conf
await 'has b 10.77.0.100 eth0'
start a a.conf
await 'has a 10.77.0.100 eth0'
await '! has b 10.77.0.100 eth0'
sleep 2.5
has a 10.77.0.100 eth0
lacks b 10.77.0.100 eth0
halt a.conf
await 'has b 10.77.0.100 eth0'
lacks a 10.77.0.100 eth0
";
    in_machine(&files, script);
}
