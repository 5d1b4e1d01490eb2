//! A pair of directors from one file, nginx behind them, and a client that asks all the time.

use std::collections::BTreeMap;

use crate::in_machine_with;

const PAIR: &str = "
global_defs {
    lvs_sync_daemon eth0 V id 7
}
vrrp_instance V {
    interface eth0
    virtual_router_id 51
    @a priority 150
    @b priority 100
    advert_int 1
    virtual_ipaddress {
        10.77.0.100/24
    }
}
virtual_server 10.77.0.100 80 {
    delay_loop 1
    lvs_sched rr
    lvs_method DR
    protocol TCP
    sorry_server 10.77.0.13 80
    connect_timeout 1
    retry 1
    delay_before_retry 1
    warmup 0
    real_server 10.77.0.11 80 {
        weight 1
        HTTP_GET {
            url {
                path /alive
                status_code 200
            }
        }
    }
    real_server 10.77.0.12 80 {
        weight 1 # second
        HTTP_GET {
            url {
                path /alive
                status_code 200
            }
        }
    }
}
";

const NGINX: &str = "
daemon off; master_process off; pid /tmp/NAME.pid; error_log /tmp/NAME.log; user root;
events { }
http {
    access_log off; client_body_temp_path /tmp/NAME.1; proxy_temp_path /tmp/NAME.2; fastcgi_temp_path /tmp/NAME.3;
    uwsgi_temp_path /tmp/NAME.4; scgi_temp_path /tmp/NAME.5;
    server { listen 80; root /www/NAME; }
}
";

/// `s1` and `s2` serve, `s3` is sorry; the servers have the virtual address on `lo` and do not speak of it.
///
/// The client has one address and uses its ports again within the two minutes that IPVS remembers a connection.
/// Without `expire_nodest_conn` the kernel drops a new connection from the port of one whose server is gone.
const SCRIPT: &str = "
mkdir -p /var/log/nginx /var/lib/nginx
/usr/sbin/ip link add br0 type bridge; /usr/sbin/ip link set br0 up
join() { # NAME LAST
    /usr/sbin/ip netns add $1; /usr/sbin/ip -n $1 link set lo up
    /usr/sbin/ip link add port.$1 type veth peer name eth0 netns $1
    /usr/sbin/ip link set port.$1 master br0 up
    /usr/sbin/ip -n $1 address add 10.77.0.$2/24 dev eth0; /usr/sbin/ip -n $1 link set eth0 up
}
inside() { /usr/sbin/ip netns exec \"$@\"; }
join a 1; join b 2; join c 9; join s1 11; join s2 12; join s3 13
for name in a b; do
    inside $name /bin/busybox sh -c 'echo 1 >/proc/sys/net/ipv4/vs/expire_nodest_conn'
done
for name in s1 s2 s3; do
    inside $name /bin/busybox sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore; echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce'
    /usr/sbin/ip -n $name address add 10.77.0.100/32 dev lo
    mkdir -p /www/$name; echo $name >/www/$name/index.html; echo fit >/www/$name/alive
    sed s/NAME/$name/ /nginx.conf >/nginx.$name
done
serve() { /usr/sbin/ip netns exec $1 /usr/sbin/nginx -e /tmp/$1.error -c /nginx.$1 >/dev/null 2>&1 & echo $! >/tmp/server.$1; }
serve s1; serve s2; serve s3
await() {
    turns=0
    while ! eval \"$1\"; do
        turns=$((turns + 1))
        [ $turns -gt 200 ] && { echo \"waited in vain: $1\"; cat /tmp/*.log; inside a ipvsadm -S -n; exit 1; }
        sleep 0.1
    done
}
for name in a b; do
    cp /keepalived.conf /conf.$name
    /usr/sbin/ip netns exec $name /usr/sbin/director -i $name -n -l -G -D -f /conf.$name -p /run/d.$name -r /run/v.$name >/tmp/$name.log 2>&1 &
    eval daemon_$name=$!
done
has() { # DIRECTOR LAST WEIGHT
    inside $1 /usr/sbin/ipvsadm -S -n | grep -q \"10.77.0.$2:80 -g -w $3\"
}
holds() { /usr/sbin/ip -n $1 -o address show dev eth0 | grep -q 10.77.0.100/; }
ask() { rm -f /tmp/end; /usr/sbin/ip netns exec c /usr/sbin/servers ask 10.77.0.100:80 /tmp/end >/tmp/asked & asker=$!; sleep 1; }
seen() { sleep 1; touch /tmp/end; wait $asker; echo \"seen: $1 $(cat /tmp/asked)\"; }
await 'holds a'; await 'has a 11 1 && has a 12 1'; await 'has b 11 1 && has b 12 1'
sleep 1
ask; seen all
ask; kill $(cat /tmp/server.s1); await '! has a 11 1'; seen dies
ask; serve s1; await 'has a 11 1'; seen returns
ask
for name in a b; do sed -i 's/weight 1 # second/weight 0/' /conf.$name; eval kill -HUP \\$daemon_$name; done
await 'has a 12 0'; seen drains
for name in a b; do cp /keepalived.conf /conf.$name; eval kill -HUP \\$daemon_$name; done
await 'has a 12 1'; await 'has b 12 1'
ask; rm /www/s1/alive /www/s2/alive; await 'has a 13 1'; await '! has a 11 1 && ! has a 12 1'; seen sorry
ask; echo fit >/www/s1/alive; echo fit >/www/s2/alive; await 'has a 11 1 && has a 12 1'; await '! has a 13 1'; seen back
ask; /usr/sbin/ip link set port.a down; kill -9 $daemon_a; await 'holds b'; seen killed
inside b /usr/sbin/ipvsadm -L --daemon | grep -q master || exit 1
kill $daemon_b; wait $daemon_b
holds b && exit 1
[ $(inside b /usr/sbin/ipvsadm -S -n | wc -l) = 0 ] || exit 1
echo everything done
";

/// What the client saw: how much by the word, and by the server that answered.
type Seen = BTreeMap<String, u64>;

fn seen(output: &str, when: &str) -> Seen {
    let begin = format!("seen: {when} ");
    let line = output.lines().find_map(|line| line.trim().strip_prefix(begin.as_str()));
    let line = line.unwrap_or_else(|| panic!("nothing seen of {when}: {output}"));
    println!("{when}: {line}");
    let number = |word: &str| {
        let (name, number) = word.split_once('=')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    let seen: Seen = line.split_whitespace().filter_map(number).collect();
    assert!(seen.get("since_ms").is_some_and(|since| *since < 1000), "{when}: {line}");
    seen
}

pub(crate) fn loses_little() {
    let more = |machine: lab::vm::Machine| {
        let machine =
            machine.program("/usr/sbin/nginx")?.program_as(std::env::current_exe()?, "servers")?;
        Ok(machine.file("nginx.conf", NGINX))
    };
    let output = in_machine_with(more, PAIR, SCRIPT, &["everything done"]);
    let count = |seen: &Seen, name: &str| seen.get(name).copied().unwrap_or(0);

    let all = seen(&output, "all");
    assert!(count(&all, "s1") > 20 && count(&all, "s2") > 20, "{all:?}");
    // Half of the connections, until the next check and its retry.
    let dies = seen(&output, "dies");
    assert!(count(&dies, "lost") > 0 && count(&dies, "longest_ms") < 500, "{dies:?}");
    for when in ["all", "returns", "drains"] {
        let seen = seen(&output, when);
        assert_eq!(seen.get("lost"), Some(&0), "{when}");
        assert!(count(&seen, "s1") > 20 && count(&seen, "s2") > 20, "{when}: {seen:?}");
    }
    // A connection that is open when its server leaves is cut, as with keepalived without `inhibit_on_failure`; no new
    // one finds nobody.
    for when in ["sorry", "back"] {
        let seen = seen(&output, when);
        assert!(count(&seen, "s1") > 20 && count(&seen, "s2") > 20, "{when}: {seen:?}");
        assert!(count(&seen, "lost") <= 2 && count(&seen, "longest_ms") < 400, "{seen:?}");
    }
    let sorry = seen(&output, "sorry");
    assert!(count(&sorry, "s3") > 20, "{sorry:?}");
    // Master_Down_Interval is 3.6 s.
    let killed = seen(&output, "killed");
    assert!((1000..5000).contains(&count(&killed, "longest_ms")), "{killed:?}");
    assert!(count(&killed, "s1") > 20 && count(&killed, "s2") > 20, "{killed:?}");
}
