//! `nftables_ipvs`: groups by marks.

use crate::in_machine_with;

const CONFIGURATION: &str = "
global_defs {
    nftables_ipvs
    nftables_ipvs_start_fwmark 2000
    nftables_ipvs_priority -7
}
virtual_server_group many {
    10.1.0.1-3 80
    10.1.1.7 81
}
virtual_server_group mixed {
    10.1.3.1 80
    2001:db8::1-2 80
}
virtual_server_group marked {
    10.1.4.1 80
    fwmark 9
}
virtual_server group many {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 10.0.0.1 80 { }
}
virtual_server group many {
    lvs_sched rr
    lvs_method NAT
    protocol UDP
    real_server 10.0.0.1 80 { }
}
virtual_server group mixed {
    lvs_sched rr
    lvs_method TUN
    protocol SCTP
    real_server 10.0.0.1 80 { }
}
virtual_server group marked {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 10.0.0.1 80 { }
}
virtual_server 10.2.0.1 80 {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 10.0.0.2 80 { }
}
";

/// It comes first, and all its ports are meant. IPVS changes no port of a persistent service by mark.
const ONE_MORE: &str = "
virtual_server_group all {
    10.1.2.0/29 0
}
virtual_server group all {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    persistence_timeout 60
    real_server 10.0.0.1 80 { }
}
";

pub(crate) fn stand_for_groups() {
    let script = "
        rules() { nft list ruleset | grep -v comment >/tmp/$daemon.$1; }
        for program in keepalived director; do
            start $program
            sleep 4; save running; rules table
            halt; save after; rules none
        done
        compare running; compare table; compare after; compare none

        /usr/sbin/ip netns add client
        /usr/sbin/ip link add here type veth peer name there netns client
        /usr/sbin/ip address add 10.9.0.1/24 dev here; /usr/sbin/ip link set here up
        /usr/sbin/ip -n client address add 10.9.0.2/24 dev there; /usr/sbin/ip -n client link set there up
        /usr/sbin/ip -n client route add default via 10.9.0.1
        for address in 10.1.0.2 10.1.1.7 10.1.2.3; do /usr/sbin/ip address add $address/32 dev lo; done
        up 10.0.0.1
        ask() {
            printf 'GET / HTTP/1.0\\r\\n\\r\\n' |
                /usr/sbin/ip netns exec client /bin/busybox nc -w 3 $1 $2 | grep -q hello
        }
        start director; sleep 3
        ask 10.1.0.2 80 && echo through a range
        ask 10.1.1.7 81 && echo through another port
        ask 10.1.0.2 81 || echo nowhere else
        ipvsadm -S -n | grep -e '-f 200[0-9]' | sort >/tmp/before
        cat /more.conf /keepalived.conf >/tmp/both; cp /tmp/both /keepalived.conf; kill -HUP $started; sleep 2
        ipvsadm -S -n | grep -e '-f 200[0-9]' | sort >/tmp/now
        test -s /tmp/before && test $(wc -l </tmp/now) = $(($(wc -l </tmp/before) + 2)) || {
            cat /tmp/before /tmp/now; exit 1; }
        while read line; do grep -qxF -e \"$line\" /tmp/now || echo \"gone: $line\"; done </tmp/before
        ask 10.1.2.3 80 && echo through all ports
        ask 10.1.0.2 80 && echo and as before
        nft flush ruleset || exit 1; test -z \"$(nft list ruleset)\" || exit 1; kill -HUP $started; sleep 2
        ask 10.1.0.2 80 && echo what others took is there again
        sed -i 's/ nftables_ipvs$//' /keepalived.conf; kill -HUP $started; sleep 2
        ask 10.1.0.2 80 && echo without marks as well
        echo rules $(nft list ruleset | wc -l), marks $(ipvsadm -S -n | grep -c -e '-f 200')
        halt; cat /tmp/director.log
    ";
    let more = |machine: lab::vm::Machine| {
        let machine = machine.program("/usr/sbin/nft")?.modules(&["nf_tables"])?;
        Ok(machine.file("more.conf", ONE_MORE))
    };
    let expected = [
        "the same, 14 lines: running",
        "the same, 40 lines: table",
        "the same, 0 lines: after",
        "the same, 0 lines: none",
        "through a range",
        "through another port",
        "nowhere else",
        "through all ports",
        "and as before",
        "what others took is there again",
        "without marks as well",
        "rules 0, marks 0",
    ];
    let output = in_machine_with(more, CONFIGURATION, script, &expected);
    assert!(!output.contains("gone: "), "{output}");
}
