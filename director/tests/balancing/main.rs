//! `virtual_server` in a kernel with IPVS, beside a real keepalived with the same file: the same table after the same
//! events, by ipvsadm's reading.
//!
//! Needs qemu, busybox, ipvsadm, keepalived, nginx and the kernel that `cargo xtask test` fetches; fails without.
#![expect(clippy::print_stdout, reason = "it is its own test harness")]

mod client;
mod events;
mod marks;
mod pair;
mod probes;
mod roles;
mod servers;
mod services;
mod tutorial;

use std::env;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lab::vm::Machine;

const DIRECTOR: &str = env!("CARGO_BIN_EXE_director");

/// It has the whole computer to itself.
const MEASURES: &str = "a_pair_of_directors_loses_little";

const TESTS: [(&str, fn()); 7] = [
    ("marks_of_nftables_stand_for_groups", marks::stand_for_groups),
    ("services_are_those_of_keepalived", services::are_those_of_keepalived),
    ("servers_come_and_go_as_with_keepalived", events::are_those_of_keepalived),
    ("every_kind_of_check_finds_what_keepalived_finds", probes::find_what_keepalived_finds),
    ("a_file_of_tutorials_runs_unmodified", tutorial::runs_unmodified),
    (MEASURES, pair::loses_little),
    ("the_sync_daemon_follows_a_role", roles::are_followed),
];

/// In the machine it is the small servers, and the client.
fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "serve") {
        return match servers::serve(&words[1..]) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                println!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    if words.first().is_some_and(|word| word == "ask") {
        return match client::ask(&words[1..]) {
            Ok(seen) => {
                println!("{seen}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                println!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let filter = words.iter().find(|word| !word.starts_with('-'));
    let is_wanted = |name: &str| filter.is_none_or(|filter| name.contains(filter.as_str()));
    let wanted = TESTS.iter().filter(|(name, _)| is_wanted(name));
    let (alone, together): (Vec<_>, Vec<_>) = wanted.partition(|(name, _)| *name == MEASURES);
    let count = alone.len() + together.len();
    println!("\nrunning {count} tests");
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let perform = |(name, test): &(&str, fn())| {
        let is_fine = catch_unwind(test).is_ok();
        println!("test {name} ... {}", if is_fine { "ok" } else { "FAILED" });
        failed.fetch_add(usize::from(!is_fine), Ordering::Relaxed);
    };
    let work = || {
        while let Some(test) = together.get(next.fetch_add(1, Ordering::Relaxed)) {
            perform(test);
        }
    };
    // Most machines wait most of the time: two at once.
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    for test in &alone {
        perform(test);
    }
    let failed = failed.into_inner();
    let (passed, left_out) = (count - failed, TESTS.len() - count);
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {left_out} filtered out\n"
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const MODULES: [&str; 11] = [
    "ip_vs",
    "ip_vs_rr",
    "ip_vs_wrr",
    "ip_vs_lc",
    "ip_vs_wlc",
    "ip_vs_sh",
    "ip_vs_mh",
    "ip_vs_pe_sip",
    "nf_conntrack",
    "veth",
    "bridge",
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

/// Each daemon has a network namespace of its own, and both live through the same at the same time.
pub(crate) const BOTH: &str = "
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
";

pub(crate) fn in_machine(configuration: &str, script: &str, expected: &[&str]) {
    in_machine_with(Ok, configuration, script, expected);
}

pub(crate) fn in_machine_with(
    more: impl FnOnce(Machine) -> std::io::Result<Machine>,
    configuration: &str,
    script: &str,
    expected: &[&str],
) -> String {
    let machine = Machine::new()
        .and_then(|machine| machine.program(DIRECTOR))
        .and_then(|machine| machine.program("/usr/sbin/keepalived"))
        .and_then(|machine| machine.program("/sbin/ipvsadm"))
        .and_then(|machine| machine.program("/sbin/ip"))
        .and_then(|machine| machine.modules(&MODULES))
        .and_then(more)
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
    ran.output
}
