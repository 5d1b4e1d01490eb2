//! A whole file as tutorials show it, a brace glued to a port included: both halves, the same as with keepalived.

use crate::{BOTH, in_machine_with};

/// keepalived 2.2.7 hears no greeting from the small SMTP server, so its line is looked at on our side alone.
const EVENTS: &str = "each make
for name in keepalived director; do
    /usr/sbin/ip -n $name link add eth0 type veth peer name other
    /usr/sbin/ip -n $name link set eth0 up; /usr/sbin/ip -n $name link set other up
    /usr/sbin/ip -n $name address add 192.168.200.1/24 dev eth0
    /usr/sbin/ip netns exec $name /usr/sbin/servers serve smtp 10.0.0.3:25 /tmp/bad.smtp &
done
echo hello >/www/index.html; touch /tmp/fit
for last in 1 2 9; do up $last; done
inside keepalived /usr/sbin/keepalived -n -l -G -D -f /keepalived.conf -p /run/k.pid -c /run/c.pid -r /run/kv.pid >/tmp/keepalived.log 2>&1 &
inside director /usr/sbin/director -n -l -G -D -f /keepalived.conf -p /run/d.pid -r /run/v.pid >/tmp/director.log 2>&1 &
mail() { inside director /usr/sbin/ipvsadm -S -n | grep -q '10.10.10.3:1358 -r 10.0.0.3:25'; }
keep() { # WHEN NAME
    inside $2 /usr/sbin/ipvsadm -S -n | sed 's/ *$//' | grep -v 10.0.0.3:25 | sort >/tmp/$2.$1
    /usr/sbin/ip -n $2 -o -4 address show dev eth0 | sed 's/.*inet/eth0/; s/ valid.*//' | sort >>/tmp/$2.$1
}
after 9 all-up
mail || exit 1
down 1; down 2; echo 7 >/tmp/status; touch /tmp/bad.smtp; after 6 sorry
mail && exit 1
grep -q '10.10.10.2:1358 -r 10.0.0.9:80 -m -w 1' /tmp/director.sorry || exit 1
grep -q '10.10.10.3:1358 -r 10.0.0.4:80 -m -w 5' /tmp/director.sorry || exit 1
up 1; up 2; echo 1 >/tmp/status; rm /tmp/bad.smtp; after 6 misc-down
mail || exit 1
advertised() { inside director /usr/sbin/director status --socket /run/d.sock 2>&1 | grep -q \"VI_1.*$1\"; }
advertised 120 || { inside director /usr/sbin/director status --socket /run/d.sock; exit 1; }
rm /tmp/fit; sleep 3
advertised 100 || exit 1
kill $(cat /run/k.pid) $(cat /run/d.pid); after 4 stopped
";

pub(crate) fn runs_unmodified() {
    let more = |machine: lab::vm::Machine| machine.program_as(std::env::current_exe()?, "servers");
    let expected = ["the same, 7 lines: all-up", "the same, 1 lines: stopped"];
    in_machine_with(more, include_str!("tutorial.conf"), &format!("{BOTH}{EVENTS}"), &expected);
}
