//! Services with everything that IPVS gets.

use crate::in_machine;

/// What stands in services: every way to name one, and every setting that IPVS gets.
const SERVICES: &str = "
global_defs {
    lvs_timeouts tcp 700 tcpfin 70 udp 7
    lvs_flush_onstop VS
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
    flag-2
    flag-3
    lvs_method DR
    protocol UDP
    real_server 10.0.0.1 53 { }
}
virtual_server 10.2.0.3 5060 {
    lvs_sched sh
    sh-port
    sh-fallback
    lvs_method DR
    protocol SCTP
    real_server 10.0.0.1 5060 { }
}
virtual_server 10.2.0.4 5060 {
    protocol UDP
    persistence_timeout 60
    persistence_engine sip
    real_server 10.0.0.1 5060 { }
    sorry_server 10.0.0.9 5060
    sorry_server_lvs_method DR
    sorry_server_inhibit
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

pub(crate) fn are_those_of_keepalived() {
    let script = "
        for program in keepalived director; do
            start $program
            sleep 4; save running; ipvsadm -L --timeout >/tmp/$program.timeouts
            ipvsadm -L -n --thresholds | sort >/tmp/$program.thresholds
            halt; save after
        done
        compare running; compare timeouts; compare thresholds; compare after
    ";
    in_machine(SERVICES, script, &["the same, 40 lines: running", "the same, 0 lines: after"]);
}
