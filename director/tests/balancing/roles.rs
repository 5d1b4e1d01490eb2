//! What follows a role of VRRP, and a table that is elsewhere.

use crate::in_machine;

const ROLES: &str = "
global_defs {
    lvs_sync_daemon eth0 inst V id 7 maxlen 1400 port 9000 ttl 3 group 224.0.0.99
}
net_namespace_ipvs other
vrrp_instance V {
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress { 10.77.0.100/24
    }
}
virtual_server 10.77.0.100 80 {
    protocol TCP
    real_server 10.77.0.9 80 { }
}
";

const SCRIPT: &str = "
/usr/sbin/ip netns add other; /usr/sbin/ip -n other link set lo up
/usr/sbin/ip link add eth0 type veth peer name peer0
/usr/sbin/ip link set eth0 up; /usr/sbin/ip link set peer0 up; /usr/sbin/ip address add 10.77.0.1/24 dev eth0
/usr/sbin/ip -n other link add eth0 type veth peer name peer0
/usr/sbin/ip -n other link set eth0 up; /usr/sbin/ip -n other link set peer0 up
/usr/sbin/ip -n other address add 10.77.0.1/24 dev eth0
elsewhere() { /usr/sbin/ip netns exec other /usr/sbin/ipvsadm \"$@\"; }
await() {
    turns=0
    while ! eval \"$1\"; do
        turns=$((turns + 1))
        [ $turns -gt 200 ] && { echo \"waited in vain: $1\"; cat /tmp/log; elsewhere -L --daemon; exit 1; }
        sleep 0.1
    done
}
run() { /usr/sbin/director -n -l -G -D -f $1 -p /run/d.pid -r /run/v.pid >/tmp/log 2>&1 & started=$!; }
run /keepalived.conf
await \"elsewhere -L --daemon | grep -q 'backup sync daemon (mcast=eth0, syncid=7'\"
await \"elsewhere -L --daemon | grep -q 'master sync daemon (mcast=eth0, syncid=7, maxlen=1400, group=224.0.0.99, port=9000, ttl=3)'\"
elsewhere -L --daemon | grep -q backup && exit 1
await \"elsewhere -S -n | grep -q '10.77.0.100:80 -r 10.77.0.9:80 -m -w 1'\"
[ $(ipvsadm -S -n | wc -l) = 0 ] || exit 1
kill $started; wait $started
[ $(elsewhere -L --daemon | wc -l) = 0 ] || exit 1
[ $(elsewhere -S -n | wc -l) = 0 ] || exit 1
sed '/net_namespace_ipvs/d; /lvs_sync_daemon/d; s/interface eth0/interface eth0\\nlvs_sync_daemon_interface eth0/' /keepalived.conf >/older.conf
run /older.conf
elsewhere() { /usr/sbin/ipvsadm \"$@\"; }
await \"elsewhere -L --daemon | grep -q 'master sync daemon (mcast=eth0, syncid=51'\"
kill $started; wait $started
run /older.conf
await \"elsewhere -S -n | grep -q 10.77.0.9:80\"
kill -9 $started
# What a daemon has left behind is taken over, and stays with -I.
ipvsadm -a -t 10.77.0.100:80 -r 10.77.0.8:80 -m
rm -f /run/d.pid /run/v.pid
/usr/sbin/director -n -l -G -I -f /older.conf -p /run/d.pid -r /run/v.pid >/tmp/log 2>&1 & started=$!
await \"! elsewhere -S -n | grep -q 10.77.0.8:80\"
kill $started; wait $started
[ $(elsewhere -S -n | wc -l) = 2 ] || exit 1
echo everything follows
";

pub(crate) fn are_followed() {
    in_machine(ROLES, SCRIPT, &["everything follows"]);
}
