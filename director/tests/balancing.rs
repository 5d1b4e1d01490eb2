//! `virtual_server` in a kernel with IPVS, beside a real keepalived with the same file: the same table after the same
//! events, by ipvsadm's reading.
//!
//! Needs qemu, busybox, ipvsadm, keepalived and the kernel that `cargo xtask test` fetches; fails without.

mod common;

use std::time::Duration;

use common::DIRECTOR;
use lab::vm::Machine;

const MODULES: [&str; 9] = [
    "ip_vs",
    "ip_vs_rr",
    "ip_vs_wrr",
    "ip_vs_lc",
    "ip_vs_wlc",
    "ip_vs_sh",
    "ip_vs_mh",
    "ip_vs_pe_sip",
    "nf_conntrack",
];

/// Addresses of servers are on `lo`, and each has a web server of its own.
const FUNCTIONS: &str = "
mkdir -p /www /run /var/run /tmp; echo hello >/www/index.html
for last in 1 2 3 4 5 6 7 8 9; do
    ip address add 10.0.0.$last/32 dev lo
    ip -6 address add fd00::$last/128 dev lo
done
up() { # ADDRESS
    httpd -f -p $1:80 -h /www & echo $! >/tmp/up.$1
}
down() { kill $(cat /tmp/up.$1); }
start() { # PROGRAM
    rm -f /tmp/fifo.log
    case $1 in
    director) /usr/sbin/director -n -l -G -D -f /keepalived.conf -p /run/d.pid -r /run/v.pid >/tmp/$1.log 2>&1 & ;;
    *) /usr/sbin/keepalived -n -l -G -D -C -f /keepalived.conf -p /run/d.pid -c /run/c.pid >/tmp/$1.log 2>&1 & ;;
    esac
    daemon=$1
    started=$!
}
halt() {
    kill $started || exit 1
    wait $started
}
save() { # WHEN
    ipvsadm -S -n | sed 's/ *$//' | sort >/tmp/$daemon.$1
}
compare() { # WHEN
    if ! diff /tmp/keepalived.$1 /tmp/director.$1; then
        echo \"differs: $1\"; cat /tmp/keepalived.log /tmp/director.log; exit 1
    fi
    echo \"the same, $(wc -l </tmp/director.$1) lines: $1\"
}
";

fn in_machine(configuration: &str, script: &str, expected: &[&str]) {
    let machine = Machine::new()
        .and_then(|machine| machine.program(DIRECTOR))
        .and_then(|machine| machine.program("/usr/sbin/keepalived"))
        .and_then(|machine| machine.program("/sbin/ipvsadm"))
        .and_then(|machine| machine.program("/sbin/ip"))
        .and_then(|machine| machine.modules(&MODULES))
        .expect("the machine can be put together")
        .file("keepalived.conf", configuration)
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        .file("etc/group", "root:x:0:\n");
    let script = format!("{FUNCTIONS}{script}");
    let ran = machine.run(&script, Duration::from_secs(240)).expect("the machine runs");
    assert_eq!(ran.status, Some(0), "{}", ran.output);
    for line in expected {
        assert!(ran.output.contains(line), "{line}: {}", ran.output);
    }
}

/// What stands in services: every way to name one, and every setting that IPVS gets.
const SERVICES: &str = "
global_defs {
    lvs_timeouts tcp 700 tcpfin 70 udp 7
}
virtual_server_group many {
    10.1.0.1-3 80
    10.1.1.0/30 81
    fwmark 9
}
virtual_server_group six {
    2001:db8::1-2 80
    fwmark 10 inet6
}
virtual_server 10.2.0.1 80 {
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    persistence_timeout 600
    persistence_granularity 255.255.240.0
    weight 4
    real_server 10.0.0.1 8080 { weight 3
        uthreshold 100
        lthreshold 50
    }
    real_server 10.0.0.2 8080 { }
}
virtual_server 2001:db8::9 443 {
    lb_algo mh
    mh-port
    mh-fallback
    lb_kind TUN
    protocol TCP
    persistence_timeout
    persistence_granularity 64
    real_server fd00::1 443 { weight 0 }
    real_server fd00::2 443 { lvs_method TUN type gue port 6080 csum }
    real_server fd00::3 443 { lvs_method TUN type gre }
}
virtual_server 10.2.0.2 53 {
    lvs_sched rr
    ops
    flag-1
    flag-3
    lvs_method DR
    protocol UDP
    real_server 10.0.0.1 53 { }
}
virtual_server 10.2.0.3 5060 {
    lvs_sched sh
    sh-port
    lvs_method DR
    protocol SCTP
    real_server 10.0.0.1 5060 { }
}
virtual_server 10.2.0.4 5060 {
    protocol UDP
    persistence_timeout 60
    persistence_engine sip
    real_server 10.0.0.1 5060 { }
}
virtual_server fwmark 7 {
    lvs_sched lc
    lvs_method DR
    real_server 10.0.0.1 0 { }
}
virtual_server group many {
    lvs_sched rr
    lvs_method TUN
    protocol TCP
    persistence_timeout 60
    real_server 10.0.0.1 80 { }
}
virtual_server group six {
    lvs_method NAT
    protocol TCP
    real_server fd00::1 80 { }
}
virtual_server fwmark 8 {
    ip_family inet6
    lvs_method TUN
    real_server fd00::1 0 { }
}
";

#[test]
fn services_are_those_of_keepalived() {
    let script = "
        for program in keepalived director; do
            start $program
            sleep 4; save running; ipvsadm -L --timeout >/tmp/$program.timeouts
            ipvsadm -L -n --thresholds | sort >/tmp/$program.thresholds
            halt; save after
        done
        compare running; compare timeouts; compare thresholds; compare after
    ";
    in_machine(SERVICES, script, &["the same, 39 lines: running", "the same, 0 lines: after"]);
}

/// Servers that are checked in different ways, a quorum with its hysteresis, and a sorry server.
const CHECKED: &str = "
global_defs {
    script_user root
    lvs_notify_fifo /tmp/fifo
}
virtual_server 10.2.0.1 80 {
    delay_loop 1
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    quorum 3
    hysteresis 1
    sorry_server 10.0.0.9 80
    quorum_up \"/bin/touch /tmp/quorum_up\"
    quorum_down \"/bin/touch /tmp/quorum_down\"
    connect_timeout 1
    retry 1
    delay_before_retry 1
    warmup 0
    real_server 10.0.0.1 80 {
        weight 2
        HTTP_GET {
            url {
                path /
                digest b1946ac92492d2347c6235b4d2611184
                status_code 200
            }
        }
    }
    real_server 10.0.0.2 80 {
        notify_down \"/bin/touch /tmp/notify_down\"
        notify_up \"/bin/touch /tmp/notify_up\"
        TCP_CHECK { }
    }
    real_server 10.0.0.3 80 {
        inhibit_on_failure
        TCP_CHECK { connect_ip 10.0.0.3
            connect_port 80
            bindto 10.0.0.7
        }
    }
    real_server 10.0.0.4 80 {
        weight 5
        alpha
        MISC_CHECK {
            misc_path \"/misc.sh\"
            misc_timeout 5
            misc_dynamic
        }
    }
}
virtual_server 10.2.0.2 80 {
    delay_loop 1
    lvs_sched rr
    lvs_method DR
    protocol TCP
    sorry_server 10.0.0.9 80
    sorry_server_inhibit
    connect_timeout 1
    delay_before_retry 1
    warmup 0
    real_server 10.0.0.2 80 {
        TCP_CHECK { }
        PING_CHECK { retry 0 }
    }
}
";

/// Each daemon has a network namespace of its own, and both live through the same at the same time.
const EVENTS: &str = "
mkdir -p /www
printf '#!/bin/sh\\nexit $(cat /tmp/status)\\n' >/misc.sh; chmod 755 /misc.sh; echo 0 >/tmp/status
each() { for name in keepalived director; do \"$@\" $name; done; }
inside() { /usr/sbin/ip netns exec \"$@\"; }
make() {
    /usr/sbin/ip netns add $1; /usr/sbin/ip -n $1 link set lo up
    for last in 1 2 3 4 5 6 7 8 9; do /usr/sbin/ip -n $1 address add 10.0.0.$last/32 dev lo; done
}
serve() { # LAST NAME
    /usr/sbin/ip netns exec $2 /bin/busybox httpd -f -p 10.0.0.$1:80 -h /www & echo $! >/tmp/up.$2.$1
}
up() { for name in keepalived director; do serve $1 $name; done; }
down() { for name in keepalived director; do kill $(cat /tmp/up.$name.$1); done; }
keep() { # WHEN NAME
    inside $2 /usr/sbin/ipvsadm -S -n | sed 's/ *$//' | sort >/tmp/$2.$1
}
after() { # SECONDS WHEN
    sleep $1
    keep $2 keepalived; keep $2 director; compare $2
}
each make
echo hello >/www/index.html
for last in 1 2 3 9; do up $last; done
inside keepalived /usr/sbin/keepalived -n -l -G -D -C -f /keepalived.conf -p /run/k.pid -c /run/c.pid >/tmp/keepalived.log 2>&1 &
sleep 1
sed 's:/tmp/fifo:/tmp/fifo.director:; s:/tmp/\\(quorum\\|notify\\):/tmp/director.\\1:' /keepalived.conf >/director.conf
inside director /usr/sbin/director -n -l -G -D -f /director.conf -p /run/d.pid -r /run/v.pid >/tmp/director.log 2>&1 &
sleep 2
cat /tmp/fifo.director >/tmp/director.fifo & cat /tmp/fifo | tr -d '\\0' >/tmp/keepalived.fifo &
after 5 all-up
down 2; after 5 one-down
down 3; after 5 inhibited
echo 12 >/tmp/status; after 4 weight-10
echo 1 >/tmp/status; after 4 misc-down
down 1; after 6 sorry
grep -q '10.2.0.1:80 -r 10.0.0.9:80 -m -w 1' /tmp/director.sorry || exit 1
up 1; after 5 within-hysteresis
up 2; up 3; after 5 regained
echo other >/www/index.html; after 6 digest-wrong
echo hello >/www/index.html; after 6 digest-right
echo 0 >/tmp/status; after 5 misc-up
kill $(cat /run/k.pid) $(cat /run/d.pid); after 4 stopped
for file in quorum_up quorum_down notify_up notify_down; do
    [ -e /tmp/$file ] && [ -e /tmp/director.$file ] || { echo no $file; ls /tmp; exit 1; }
done
for name in keepalived director; do sort /tmp/$name.fifo | uniq -c >/tmp/$name.told; done
compare told
";

#[test]
fn servers_come_and_go_as_with_keepalived() {
    in_machine(CHECKED, EVENTS, &["the same, 8 lines: all-up", "the same, 0 lines: stopped"]);
}
