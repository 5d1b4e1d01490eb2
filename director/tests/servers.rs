//! Servers that are checked where the kernel has no IPVS: notifications, mails, reloads, the status.
//!
//! Needs root and iproute2, and fails without.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::{DIRECTOR, LONG, VIP, always, director, eventually, global_defs, has, instance};
use lab::Folder;
use lab::namespaces::Lan;
use lab::peers::Daemon;
use nix::sys::signal::Signal;
use serde_json::Value;

/// A server on host 0 that accepts; it ends with the value.
struct Server {
    _listener: TcpListener,
}

impl Server {
    fn new(lan: &Lan, port: u16) -> Self {
        let bind = move || TcpListener::bind(("10.77.0.1", port)).unwrap();
        Self { _listener: lan.host(0).namespace().run(bind) }
    }
}

/// A service with one server and these lines, checked ten times a second by TCP.
fn service(port: u16, of_service: &str, of_server: &str) -> String {
    format!(
        "virtual_server 10.77.0.200 80 {{\n protocol TCP\n delay_loop 0.1\n delay_before_retry 0.1\n warmup 0\n \
         connect_timeout 0.5\n {of_service}\n real_server 10.77.0.1 {port} {{\n {of_server}\n \
         TCP_CHECK {{ }}\n }}\n}}\n"
    )
}

fn report(lan: &Lan, daemon: &Daemon) -> Value {
    let words = [DIRECTOR, "status", "--json", "--socket", &daemon.file("pid.sock")];
    let json = lan.host(0).command(&words).unwrap_or_default();
    serde_json::from_str(&json).unwrap_or_default()
}

fn state(lan: &Lan, daemon: &Daemon) -> String {
    let report = report(lan, daemon);
    report["pools"][0]["servers"][0]["state"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn vrrp_runs_on_where_there_is_no_ipvs() {
    let lan = Lan::new(1).unwrap();
    let (server, configuration) =
        (Server::new(&lan, 8080), service(8080, "sorry_server 10.77.0.9 80", ""));
    let mut ours = director(&format!("{}{configuration}", instance(200, "")));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    eventually("it is said", || ours.log().contains("no service is balanced"));
    eventually("the server is up", || state(&lan, &ours) == "UP");
    let before = report(&lan, &ours);
    assert_eq!(before["has_ipvs"], false);
    assert_eq!(before["pools"][0]["service"], "[10.77.0.200]:tcp:80");
    assert_eq!(before["ipvs"][1], "-a -t 10.77.0.200:80 -r 10.77.0.1:8080 -m -w 1");
    drop(server);
    eventually("the server is down", || state(&lan, &ours) == "DOWN");
    let after = report(&lan, &ours);
    assert_eq!(after["ipvs"][1], "-a -t 10.77.0.200:80 -r 10.77.0.9:80 -m -w 1");
    assert_eq!(after["pools"][0]["is_sorry"], true);
    let words = [DIRECTOR, "status", "--socket", &ours.file("pid.sock")];
    let table = lan.host(0).command(&words).unwrap();
    for part in ["the sorry server is used", "Connection refused", "IPVS is not used"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    ours.stop(LONG).unwrap();
}

#[test]
fn a_reload_keeps_what_is_known() {
    let lan = Lan::new(1).unwrap();
    let slow = service(8080, "", "").replace("delay_loop 0.1", "delay_loop 3600");
    let slow = slow.replace("warmup 0", "warmup 0.2");
    let mut ours = director(&slow).with(&["--ipvs", "none"]);
    ours.start(lan.host(0)).unwrap();
    eventually("the server is down", || state(&lan, &ours) == "DOWN");
    // Its check would find it up, and is not run for an hour; another configuration is no check.
    let _server = Server::new(&lan, 8080);
    for other in [
        slow.replace("warmup 0.2", "warmup 3000"),
        slow.replace("warmup 0.2", "warmup 3000")
            .replace("connect_timeout 0.5", "connect_timeout 2"),
        slow.replace("warmup 0.2", "warmup 3000\n quorum 1\n lvs_sched rr"),
    ] {
        ours.configure(&other).unwrap();
        let taken = ours.log().matches("configuration was taken").count();
        ours.signal(Signal::SIGHUP).unwrap();
        eventually("it is taken", || {
            ours.log().matches("configuration was taken").count() == taken + 1
        });
        let stays = Duration::from_millis(300);
        always("it is down", stays, || state(&lan, &ours) == "DOWN");
    }
    // A service that is new is checked like one at the start.
    let more = slow.replace("10.77.0.200 80", "10.77.0.201 80").replace("8080", "8081");
    ours.configure(&format!("{more}{slow}")).unwrap();
    ours.signal(Signal::SIGHUP).unwrap();
    eventually("both are there", || {
        let report = report(&lan, &ours);
        let state = |pool: usize| report["pools"][pool]["servers"][0]["state"].clone();
        state(0) == "DOWN" && state(1) == "UP"
    });
    ours.configure(&instance(200, "")).unwrap();
    ours.signal(Signal::SIGHUP).unwrap();
    eventually("none is there", || report(&lan, &ours)["pools"] == Value::Array(Vec::new()));
    ours.stop(LONG).unwrap();
}

#[test]
fn checks_are_suspended_while_the_address_is_elsewhere() {
    let lan = Lan::new(1).unwrap();
    let server = Server::new(&lan, 8080);
    let mut ours = director(&service(8080, "ha_suspend", "")).with(&["--ipvs", "none"]);
    ours.start(lan.host(0)).unwrap();
    eventually("the server is shown", || state(&lan, &ours) == "UP");
    drop(server);
    always("nobody looks", Duration::from_millis(800), || state(&lan, &ours) == "UP");
    lan.ip_address(0, "add", "10.77.0.200/32").unwrap();
    eventually("somebody looks", || state(&lan, &ours) == "DOWN");
    lan.ip_address(0, "del", "10.77.0.200/32").unwrap();
    thread::sleep(Duration::from_millis(500));
    let _server = Server::new(&lan, 8080);
    always("nobody looks", Duration::from_millis(800), || state(&lan, &ours) == "DOWN");
    ours.stop(LONG).unwrap();
}

/// Reads mails until there are so many, and returns their subjects.
fn subjects(listener: &TcpListener, count: usize) -> Vec<String> {
    let mut subjects = Vec::new();
    while subjects.len() < count {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        subjects.extend(mail(&stream));
    }
    subjects
}

fn mail(mut stream: &TcpStream) -> Vec<String> {
    stream.write_all(b"220 mail ready\r\n").unwrap();
    let (mut subjects, mut is_data) = (Vec::new(), false);
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        subjects.extend(line.strip_prefix("Subject: ").map(str::to_owned));
        let answer: &[u8] = match line.as_str() {
            "." => b"250 taken\r\n",
            _ if is_data => continue,
            "DATA" => b"354 go on\r\n",
            "QUIT" => break,
            _ => b"250 fine\r\n",
        };
        is_data = line == "DATA";
        stream.write_all(answer).unwrap();
    }
    subjects
}

#[test]
fn others_are_told_of_servers() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let (script, fifo, out) = (folder.file("reader"), folder.file("fifo"), folder.file("out"));
    // Opened for writing as well, so that it does not end before the daemon does.
    fs::write(&script, format!("#!/bin/sh\nexec cat \"$1\" >{out}\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let mails = lan.host(0).namespace().run(|| TcpListener::bind("127.0.0.1:0").unwrap());
    let port = mails.local_addr().unwrap().port();
    let global = global_defs(&format!(
        "script_user root\n router_id lab\n lvs_notify_fifo {fifo}\n lvs_notify_fifo_script {script}\n \
         smtp_server 127.0.0.1 {port}\n notification_email {{\n ops@example.com\n }}\n \
         notification_email_from lb@example.com\n smtp_alert_checker"
    ));
    let server = Server::new(&lan, 8080);
    let configuration = format!("{global}{}", service(8080, "omega", "weight 3"));
    let mut ours = director(&configuration).with(&["--ipvs", "none"]);
    ours.start(lan.host(0)).unwrap();
    let said = || fs::read_to_string(&out).unwrap_or_default();
    let service = "[10.77.0.200]:tcp:80";
    let line = format!("RS [10.77.0.1]:tcp:8080 {service}");
    assert_eq!(subjects(&mails, 1), [format!("[lab] Virtualserver {service} - UP")]);
    drop(server);
    let mut told = subjects(&mails, 2);
    told.sort();
    // The library folds what is long.
    assert_eq!(told[0], "[lab] Realserver [10.77.0.1]:tcp:8080 of virtual server");
    assert_eq!(told[1], format!("[lab] Virtualserver {service} - DOWN"));
    let _server = Server::new(&lan, 8080);
    assert_eq!(subjects(&mails, 2).len(), 2);
    eventually("the FIFO is read", || said().ends_with(&format!("VS {service} UP\n")));
    // At the end they go down, which omega has told.
    ours.stop(LONG).unwrap();
    let expected = format!(
        "VS {service} UP\n{line} DOWN\nVS {service} DOWN\n{line} UP\nVS {service} UP\n{line} DOWN\nVS {service} DOWN\n"
    );
    eventually("all is told", || said() == expected);
}

#[test]
fn what_cannot_run_is_a_failure_and_never_a_success() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let script = folder.file("stubborn");
    fs::write(&script, "#!/bin/sh\ntrap '' TERM\nyes &\nwhile :; do sleep 0.1; done\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    for (misc, problem) in [
        ("misc_path /nonexistent", "its command cannot be run"),
        ("misc_path \"/bin/false\"", "exits with 1"),
        (&*format!("misc_path \"{script}\"\n misc_timeout 1"), "took longer"),
    ] {
        let check = format!("MISC_CHECK {{\n {misc}\n }}");
        let text = service(8080, "", "").replace("TCP_CHECK { }", &check);
        let mut ours = director(&format!("{}{text}", global_defs("script_user root")))
            .with(&["--ipvs", "none"]);
        ours.start(lan.host(0)).unwrap();
        eventually(misc, || state(&lan, &ours) == "DOWN");
        eventually(problem, || report(&lan, &ours).to_string().contains(problem));
        ours.stop(LONG).unwrap();
    }
    let left = Command::new("pgrep").args(["-f", &script]).output().unwrap();
    assert!(!left.status.success(), "it is left to run");
}

#[test]
fn a_check_follows_a_session_of_bfd() {
    let lan = Lan::new(2).unwrap();
    let session = |peer: &str| {
        format!("bfd_instance s {{\n neighbor_ip {peer}\n min_rx 50\n min_tx 50\n checker\n}}\n")
    };
    // Whoever says alpha begins with a server that is down; the other one takes it for fit until it hears otherwise.
    let check = |more: &str| format!("BFD_CHECK {{\n name s\n {more}\n }}");
    let configuration = |more: &str| {
        let service = service(8080, "", "").replace("TCP_CHECK { }", &check(more));
        format!("{}{service}", session("10.77.0.2"))
    };
    // Without a router: this daemon only checks.
    let mut ours = director(&configuration("alpha")).with(&["--ipvs", "none", "-C"]);
    ours.start(lan.host(0)).unwrap();
    eventually("it is known", || state(&lan, &ours) == "DOWN");
    let peer = session("10.77.0.1").replace("checker", "");
    let mut peer = director(&format!("{peer}{}", instance(100, "")));
    peer.start(lan.host(1)).unwrap();
    eventually("the session is up", || state(&lan, &ours) == "UP");
    // Another configuration, in which the check is another one, knows of the session.
    ours.configure(&configuration("")).unwrap();
    ours.signal(Signal::SIGHUP).unwrap();
    eventually("it was taken", || ours.log().contains("the configuration was taken"));
    always("it stays up", Duration::from_millis(500), || state(&lan, &ours) == "UP");
    peer.kill().unwrap();
    eventually("the peer is gone", || state(&lan, &ours) == "DOWN");
    peer.start(lan.host(1)).unwrap();
    eventually("it is here again", || state(&lan, &ours) == "UP");
    ours.stop(LONG).unwrap();
    // Nobody was heard yet, and no alpha.
    peer.stop(LONG).unwrap();
    ours.start(lan.host(0)).unwrap();
    eventually("it is fit", || state(&lan, &ours) == "UP");
    always("and stays so", Duration::from_millis(500), || state(&lan, &ours) == "UP");
    ours.stop(LONG).unwrap();
    // Sessions do not run: they count as down.
    let mut without = director(&configuration("")).with(&["--ipvs", "none", "--no_bfd"]);
    without.start(lan.host(0)).unwrap();
    eventually("nothing is heard", || state(&lan, &without) == "DOWN");
    without.stop(LONG).unwrap();
}
