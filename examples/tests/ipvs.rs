//! `ipvs` and `reconcile` beside `ipvsadm`, in a kernel that has IPVS.

use std::time::Duration;

use lab::vm::Machine;

const TABLE: &str = "\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 1
-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 0
-A -t 192.0.2.2:0 -s wlc -p 600 -M 255.255.240.0
-a -t 192.0.2.2:0 -r 10.0.0.1:0 -g -w 1
-a -t 192.0.2.2:0 -r 10.0.0.2:0 -i -w 2 --tun-type ipip
-A -t [2001:db8::1]:443 -s rr -p 30 -M 64 -b flag-1,flag-3
-a -t [2001:db8::1]:443 -r [fd00::1]:443 -m -w 1
-A -u 192.0.2.1:53 -s rr -o
-A --sctp-service 192.0.2.1:5060 -s none
-A -f 7 -s rr
-A -f 7 -6 -s rr
-a -f 7 -6 -r [fd00::1]:0 -g -w 5
";

const SCRIPT: &str = "
set -e
compare() {
    ipvs $1 | sed 's/ *$//' | sort >/tmp/ours
    ipvsadm $1 $2 | sed 's/ *$//' | sort >/tmp/theirs
    diff /tmp/theirs /tmp/ours
}
ipvs -R </table
compare -Ln; compare -S -n
ipvsadm -C; ipvsadm -R </table
compare -Ln; compare -S -n
ipvs -R </table && exit 1
ipvsadm -D -f 7; ipvsadm -A -f 9; ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 9
reconcile /table
reconcile /table
compare -S -n
sort /table | diff - /tmp/ours
ipvsadm -C
reconcile /table 1 >/tmp/log &
loop=$!
sleep 2; ipvsadm -D -f 7; sleep 3; kill $loop
compare -S -n
sort /table | diff - /tmp/ours
echo everything holds
";

#[test]
fn ipvs_and_reconcile_speak_as_ipvsadm() {
    let machine = Machine::new()
        .and_then(|machine| machine.program(env!("CARGO_BIN_EXE_ipvs")))
        .and_then(|machine| machine.program(env!("CARGO_BIN_EXE_reconcile")))
        .and_then(|machine| machine.program("/sbin/ipvsadm"))
        .and_then(|machine| machine.modules(&["ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_wlc"]))
        .expect("the machine can be put together")
        .file("table", TABLE);
    let ran = machine.run(SCRIPT, Duration::from_secs(120)).expect("the machine runs");
    assert_eq!(ran.status, Some(0), "{}", ran.output);
    let output = &ran.output;
    assert!(output.contains("everything holds"), "{output}");
    let plan = "-e -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 1\n-A -f 7 -s rr\n-D -f 9\n";
    assert_eq!(output.matches(plan).count(), 1, "{output}");
    assert!(output.contains("there is such a service already"), "{output}");
}
