//! Connections through a director: a client, two directors and two servers, each in a namespace of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ipvs_netlink::{Change, Daemon, DaemonRole, Ipvs, Name, Plan, Scope, ServiceKey, Table};
use lab::namespaces::{Host, Lan};

const CLIENT: u8 = 0;
const DIRECTOR: u8 = 1;
const SERVERS: [u8; 2] = [2, 3];
const OTHER_DIRECTOR: u8 = 4;
/// A service for each way of forwarding, by the last octet of its address.
const SERVICES: [(u8, &str); 3] = [(201, "-m"), (202, "-g"), (203, "-i")];
/// The routes of answers that the director is to see.
const MASQUERADED: &str = "100";
const PATIENCE: Duration = Duration::from_secs(3);

fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([10, 77, 0, last], 80))
}

fn key(last: u8) -> ServiceKey {
    ServiceKey::tcp([10, 77, 0, last], 80)
}

/// What the directors have, with these weights of the two servers.
fn table(weights: [u8; 2]) -> Table {
    let mut text = String::new();
    for (last, forwarding) in SERVICES {
        let service = address(last);
        text += &format!("-A -t {service} -s wrr\n");
        for (server, weight) in SERVERS.into_iter().zip(weights) {
            let server = address(server + 1);
            text += &format!("-a -t {service} -r {server} {forwarding} -w {weight}\n");
        }
    }
    text.parse().unwrap()
}

fn director(lan: &Lan, number: u8) -> Ipvs {
    lan.host(number).namespace().run(|| Ipvs::open().unwrap())
}

#[track_caller]
fn reconcile(ipvs: &mut Ipvs, table: &Table) -> Plan {
    let done = ipvs.reconcile(table, &Scope::All).unwrap();
    assert_eq!((&done.refused[..], &done.kept[..]), (&[][..], &[][..]));
    done.plan
}

fn network() -> Lan {
    let lan = Lan::new(5).unwrap();
    for number in [DIRECTOR, OTHER_DIRECTOR] {
        let host = lan.host(number);
        set(host, "ip_forward", "1");
        // The servers answer through the director although the client is on their network.
        set(host, "conf/all/send_redirects", "0");
        set(host, "conf/eth0/send_redirects", "0");
    }
    own(lan.host(DIRECTOR));
    for number in SERVERS {
        let host = lan.host(number);
        set(host, "conf/all/arp_ignore", "1");
        set(host, "conf/all/arp_announce", "2");
        // What they send from an address of a service goes to the client straight away.
        let own = format!("{}/32", host.ipv4());
        host.command(&["ip", "rule", "add", "from", &own, "table", MASQUERADED]).unwrap();
        host.command(&["ip", "link", "set", "tunl0", "up"]).unwrap();
        set(host, "conf/tunl0/rp_filter", "0");
        for (last, forwarding) in SERVICES {
            let interface = if forwarding == "-i" { "tunl0" } else { "lo" };
            if forwarding != "-m" {
                let address = format!("10.77.0.{last}/32");
                host.command(&["ip", "address", "add", &address, "dev", interface]).unwrap();
            }
        }
        serve(host, number);
    }
    lan
}

fn set(host: &Host, name: &str, value: &'static str) {
    let path = format!("/proc/sys/net/ipv4/{name}");
    host.namespace().run(move || fs::write(&path, value)).unwrap();
}

/// The addresses of the services come to this director, and so do the answers of masqueraded servers.
fn own(host: &Host) {
    for (last, _) in SERVICES {
        let address = format!("10.77.0.{last}/32");
        host.command(&["ip", "address", "add", &address, "dev", "eth0"]).unwrap();
    }
}

fn answer_through(lan: &Lan, director: u8) {
    let (client, director) = (lan.host(CLIENT).ipv4(), lan.host(director).ipv4());
    for number in SERVERS {
        let (client, director) = (format!("{client}/32"), director.to_string());
        let words = ["ip", "route", "replace", &client, "via", &director, "table", MASQUERADED];
        lan.host(number).command(&words).unwrap();
    }
}

/// Says who it is, and repeats what it hears.
fn serve(host: &Host, number: u8) {
    host.namespace().run(move || {
        let listener = TcpListener::bind(("0.0.0.0", 80)).unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut heard = [number];
                    while stream.write_all(&heard).is_ok() && stream.read_exact(&mut heard).is_ok()
                    {
                    }
                });
            }
        });
    });
}

struct Connection {
    stream: TcpStream,
    server: u8,
}

impl Connection {
    fn new(lan: &Lan, service: u8) -> Self {
        lan.host(CLIENT).namespace().run(move || {
            let mut stream = TcpStream::connect_timeout(&address(service), PATIENCE).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut server = [0];
            stream.read_exact(&mut server).unwrap();
            Self { stream, server: server[0] }
        })
    }

    fn is_alive(&mut self) -> bool {
        let mut heard = [0];
        let answer = self.stream.write_all(b"?").and_then(|()| self.stream.read_exact(&mut heard));
        answer.is_ok() && heard == *b"?"
    }
}

fn connect(lan: &Lan, service: u8, count: usize) -> Vec<Connection> {
    (0..count).map(|_| Connection::new(lan, service)).collect()
}

/// How many of them each server has.
fn counts(connections: &[Connection]) -> [usize; 2] {
    SERVERS
        .map(|server| connections.iter().filter(|connection| connection.server == server).count())
}

pub(crate) fn proportions() {
    let lan = network();
    answer_through(&lan, DIRECTOR);
    let mut ipvs = director(&lan, DIRECTOR);
    reconcile(&mut ipvs, &table([2, 1]));
    let mut old = Vec::new();
    for (service, forwarding) in SERVICES {
        let mut connections = connect(&lan, service, 30);
        assert_eq!(counts(&connections), [20, 10], "{forwarding}");
        let first = connections.iter().position(|connection| connection.server == SERVERS[0]);
        old.push(connections.swap_remove(first.unwrap()));
    }
    // Weight 0: what there is goes on, and nothing new comes.
    assert_eq!(reconcile(&mut ipvs, &table([0, 1])).changes().len(), SERVICES.len());
    for ((service, forwarding), old) in SERVICES.into_iter().zip(&mut old) {
        assert_eq!(counts(&connect(&lan, service, 6)), [0, 6], "{forwarding}");
        assert!(old.is_alive(), "{forwarding}");
    }
    // The kernel adds up every two seconds what its processors have counted.
    let end = Instant::now() + 3 * PATIENCE;
    while !are_counted(&lan, &mut ipvs) {
        assert!(Instant::now() < end, "{:?}", ipvs.services());
        thread::sleep(Duration::from_millis(100));
    }
    zero(&mut ipvs);
    let masqueraded = ipvs.destinations(&key(SERVICES[0].0)).unwrap();
    let first = masqueraded.iter().find(|entry| entry.destination.weight == 0).unwrap();
    assert_eq!(first.active_connections, 1, "{first:?}");
}

/// Counters of one service become zero, and the others keep theirs; then all do.
fn zero(ipvs: &mut Ipvs) {
    let connections = |ipvs: &mut Ipvs| -> Vec<u64> {
        let services = ipvs.services().unwrap();
        let of = |(last, _)| services.iter().find(|entry| entry.service.key == key(last)).unwrap();
        SERVICES.map(of).iter().map(|entry| entry.stats.connections).collect()
    };
    assert_eq!(connections(ipvs), [36, 36, 36]);
    assert_eq!(ipvs.apply(&[Change::Zero(Some(key(SERVICES[1].0)))]).unwrap(), [Ok(())]);
    assert_eq!(connections(ipvs), [36, 0, 36]);
    assert_eq!(ipvs.apply(&[Change::Zero(None)]).unwrap(), [Ok(())]);
    assert_eq!(connections(ipvs), [0, 0, 0]);
}

/// Whether the connections are counted, the same by us and by ipvsadm.
fn are_counted(lan: &Lan, ipvs: &mut Ipvs) -> bool {
    let words = ["ipvsadm", "-L", "-n", "--stats", "--exact"];
    let shown = lan.host(DIRECTOR).command(&words).unwrap();
    ipvs.services().unwrap().iter().all(|entry| {
        let ServiceKey::Address { address, .. } = entry.service.key else { return false };
        let address = format!("{address}:80");
        let line = shown.lines().find(|line| line.contains(&address)).unwrap();
        let numbers = line.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
        let stats = entry.stats;
        let ours = [
            stats.connections,
            stats.incoming_packets,
            stats.outgoing_packets,
            stats.incoming_octets,
            stats.outgoing_octets,
        ];
        stats.connections == 36 && numbers.eq(ours)
    })
}

fn sync(ipvs: &mut Ipvs, role: DaemonRole) {
    let daemon = Daemon::new(role, Name::new("eth0").unwrap(), 1);
    assert_eq!(ipvs.apply(&[Change::StartDaemon(daemon)]).unwrap(), [Ok(())]);
}

/// Whether connections live on when the addresses move to the other director.
fn live_on(has_daemons: bool) -> Vec<bool> {
    let lan = network();
    answer_through(&lan, DIRECTOR);
    let (mut first, mut second) = (director(&lan, DIRECTOR), director(&lan, OTHER_DIRECTOR));
    reconcile(&mut first, &table([1, 1]));
    reconcile(&mut second, &table([1, 1]));
    if has_daemons {
        sync(&mut first, DaemonRole::Master);
        sync(&mut second, DaemonRole::Backup);
    }
    let mut connections = Vec::new();
    for (service, _) in SERVICES {
        let mut connection = Connection::new(&lan, service);
        // The daemon tells of connections with a few packets.
        assert!((0..5).all(|_| connection.is_alive()));
        connections.push(connection);
    }
    if has_daemons {
        let end = Instant::now() + 5 * PATIENCE;
        let known = || {
            let text = lan.host(OTHER_DIRECTOR).command(&["cat", "/proc/net/ip_vs_conn"]).unwrap();
            text.matches("ESTABLISHED").count()
        };
        while known() < SERVICES.len() {
            assert!(Instant::now() < end, "{} are known", known());
            thread::sleep(Duration::from_millis(50));
        }
    }
    lan.set_cable(DIRECTOR, false).unwrap();
    own(lan.host(OTHER_DIRECTOR));
    answer_through(&lan, OTHER_DIRECTOR);
    lan.host(CLIENT).command(&["ip", "neigh", "flush", "dev", "eth0"]).unwrap();
    connections.iter_mut().map(Connection::is_alive).collect()
}

pub(crate) fn carried_over() {
    assert_eq!(live_on(true), [true; SERVICES.len()]);
    // And it is the daemon that does it.
    assert_eq!(live_on(false), [false; SERVICES.len()]);
}
