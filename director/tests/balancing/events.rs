//! Servers that come and go.

use crate::{BOTH, in_machine};

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

const EVENTS: &str = "each make
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

pub(crate) fn are_those_of_keepalived() {
    let script = format!("{BOTH}{EVENTS}");
    let expected =
        ["the same, 8 lines: all-up", "the same, 0 lines: stopped", "the same, 14 lines: told"];
    in_machine(CHECKED, &script, &expected);
}
