//! Whom the daemon tells, and when: scripts, FIFOs, mails, dumps.
//!
//! Needs root and iproute2, and fails without.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use common::{
    DIRECTOR, LONG, VIP, director, eventually, global_defs, has, instance, named_instance,
};
use lab::Folder;
use lab::forge::{Forged, Injector};
use lab::namespaces::Lan;
use lab::peers::Daemon;
use nix::sys::signal::Signal;
use vrrp_io::proto::Authentication;

/// A script that writes a word into a file, and takes a while if told so.
fn script(folder: &Folder, name: &str, word: &str, seconds: u32) -> String {
    let (path, out) = (folder.file(name), folder.file("out"));
    fs::write(&path, format!("#!/bin/sh\nsleep {seconds}\necho {word} >>{out}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn said(folder: &Folder) -> String {
    fs::read_to_string(folder.file("out")).unwrap_or_default()
}

#[test]
fn a_script_is_told_of_a_fault_and_of_a_losing_master() {
    let lan = Lan::new(2).unwrap();
    let folder = Folder::new().unwrap();
    let (fault, lower) =
        (script(&folder, "fault", "fault", 0), script(&folder, "lower", "lower", 0));
    let more = format!("notify_fault {fault}\n notify_master_rx_lower_pri {lower}");
    let global = global_defs("script_user root");
    let mut ours = director(&format!("{global}{}", instance(200, &more)));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    assert_eq!(said(&folder), "");
    let losing = Forged {
        version: 3,
        source: "10.77.0.2".parse().unwrap(),
        vrid: 51,
        priority: 100,
        interval: 10,
        addresses: vec![VIP.parse().unwrap()],
        ttl: 255,
        authentication: Authentication::None,
    };
    Injector::new(lan.host(1)).unwrap().send(&losing.packet()).unwrap();
    eventually("it is told of the other one", || said(&folder) == "lower\n");
    lan.set_cable(0, false).unwrap();
    eventually("it is told of the fault", || said(&folder).contains("fault\n"));
    ours.stop(LONG).unwrap();
}

#[test]
fn scripts_run_before_the_start_and_after_the_end() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let (first, last) = (script(&folder, "a", "first", 1), script(&folder, "b", "last", 1));
    let lines = |limits: &str| {
        let lines = format!(
            "script_user root\n startup_script {first}\n shutdown_script {last}\n {limits}"
        );
        format!("{}{}", global_defs(&lines), instance(255, ""))
    };
    let mut ours = director(&lines(""));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    assert_eq!(said(&folder), "first\n");
    ours.stop(LONG).unwrap();
    assert_eq!(said(&folder), "first\nlast\n");
    assert!(!has(lan.host(0), VIP));
    // Those that take too long are ended.
    for name in ["a", "b"] {
        script(&folder, name, "never", 30);
    }
    let begin = Instant::now();
    ours.configure(&lines("startup_script_timeout 1\n shutdown_script_timeout 1")).unwrap();
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    assert!(begin.elapsed() >= Duration::from_secs(1));
    ours.stop(LONG).unwrap();
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert!(!said(&folder).contains("never"));
    // A start that fails has an end, too.
    fs::write(folder.file("out"), "").unwrap();
    script(&folder, "a", "first", 0);
    script(&folder, "b", "last", 0);
    lan.ip_address(0, "add", "10.77.0.100/24").unwrap();
    let taken = named_instance("W", 52, "eth0", VIP, 100, "");
    ours.configure(&format!("{}{taken}", lines(""))).unwrap();
    ours.start(lan.host(0)).unwrap();
    assert_ne!(ours.wait(LONG).unwrap(), Some(0), "{}", ours.log());
    assert_eq!(said(&folder), "first\nlast\n");
}

/// Reads a FIFO into a string for as long as the value lives.
struct Reader {
    read: mpsc::Receiver<String>,
    lines: Vec<String>,
    _held: fs::File,
}

impl Reader {
    fn new(path: &str) -> Self {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        // Open for writing as well, so that it never ends.
        let held = fs::File::options().read(true).write(true).open(path).unwrap();
        let lines = BufReader::new(held.try_clone().unwrap());
        let (told, read) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        Self { read, lines: Vec::new(), _held: held }
    }

    fn lines(&mut self) -> &[String] {
        self.lines.extend(self.read.try_iter());
        &self.lines
    }
}

#[test]
fn a_fifo_is_told_states_again_after_a_reload_and_priorities_when_told() {
    let lan = Lan::new(2).unwrap();
    lan.add_second_network().unwrap();
    let folder = Folder::new().unwrap();
    let fifo = folder.file("fifo");
    let mut reader = Reader::new(&fifo);
    let global = global_defs(&format!(
        "notify_fifo {fifo}\n fifo_write_vrrp_states_on_reload\n vrrp_notify_priority_changes true"
    ));
    let track = "track_interface {\n eth1 weight -30\n }";
    let mut ours = director(&format!("{global}{}", instance(200, track)));
    ours.start(lan.host(0)).unwrap();
    let is_master = "INSTANCE \"V\" MASTER 200";
    eventually("it is told of the master", || reader.lines().iter().any(|l| l == is_master));
    ours.signal(Signal::SIGHUP).unwrap();
    eventually("it is told again", || {
        reader.lines().iter().filter(|line| *line == is_master).count() == 2
    });
    lan.set_second_cable(0, false).unwrap();
    eventually("it is told of the priority", || {
        reader.lines().iter().any(|line| line == "INSTANCE \"V\" MASTER_PRIORITY 170")
    });
    // Without the words it is told of neither.
    let seen = reader.lines().len();
    let global = global_defs(&format!("notify_fifo {fifo}"));
    ours.configure(&format!("{global}{}", instance(200, track))).unwrap();
    ours.signal(Signal::SIGHUP).unwrap();
    eventually("it is taken", || ours.log().matches("configuration was taken").count() == 2);
    lan.set_second_cable(0, true).unwrap();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(reader.lines()[seen..], [] as [&str; 0]);
    ours.stop(LONG).unwrap();
}

/// The subjects of the mails that arrive within a time.
fn subjects(listener: &TcpListener, time: Duration) -> Vec<String> {
    listener.set_nonblocking(true).unwrap();
    let end = Instant::now() + time;
    let mut subjects = Vec::new();
    while Instant::now() < end {
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        let mut answers = &stream;
        answers.write_all(b"220 mail ready\r\n").unwrap();
        let mut is_data = false;
        for line in BufReader::new(&stream).lines().map_while(Result::ok) {
            subjects.extend(line.strip_prefix("Subject: ").map(str::to_owned));
            let answer = match line.as_str() {
                "." => "250 taken",
                _ if is_data => continue,
                "DATA" => "354 go on",
                "QUIT" => break,
                _ => "250 fine",
            };
            is_data = line == "DATA";
            answers.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
        }
    }
    subjects
}

#[test]
fn mails_are_sent_for_all_instances_and_not_for_faults_when_told() {
    for (more, has_faults) in [("", true), ("no_email_faults", false)] {
        let lan = Lan::new(1).unwrap();
        let listener = lan.host(0).namespace().run(|| TcpListener::bind("127.0.0.1:0").unwrap());
        lan.host(0).command(&["ip", "link", "set", "lo", "up"]).unwrap();
        let port = listener.local_addr().unwrap().port();
        let global = global_defs(&format!(
            "smtp_server 127.0.0.1 {port}\n notification_email {{\n ops@example.com\n }}\n \
             notification_email_from vrrp@example.com\n smtp_alert_vrrp\n {more}"
        ));
        let mut ours = director(&format!("{global}{}", instance(200, "")));
        ours.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), VIP));
        lan.set_cable(0, false).unwrap();
        let subjects = subjects(&listener, Duration::from_secs(2)).join("\n");
        assert!(subjects.contains("Entering MASTER state"), "{subjects}");
        assert_eq!(subjects.contains("Entering FAULT"), has_faults, "{more}: {subjects}");
        ours.stop(LONG).unwrap();
    }
}

#[test]
fn dumps_go_where_they_are_told_in_the_form_that_is_told() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let (stats, json) = (folder.file("the.stats"), folder.file("the.json"));
    let global = global_defs(&format!(
        "stats_dump_file {stats}\n json_dump_file {json}\n json_version 2\n umask 0077"
    ));
    let mut ours = director(&format!("{global}{}", instance(200, "")));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    ours.signal(Signal::SIGUSR2).unwrap();
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    eventually("the counters are there", || read(&stats).contains("Became master: 1"));
    let number = Command::new(DIRECTOR).arg("--signum=JSON").output().unwrap().stdout;
    let number = String::from_utf8(number).unwrap().trim().parse().unwrap();
    ours.signal_number(number).unwrap();
    eventually("the JSON is there", || {
        let value: Option<serde_json::Value> = serde_json::from_str(&read(&json)).ok();
        value.is_some_and(|value| value["vrrp"][0]["data"]["iname"] == "V")
    });
    let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&stats), mode(&json)), (0o600, 0o600));
    ours.stop(LONG).unwrap();
}

#[test]
fn includes_may_have_to_be_there() {
    let lan = Lan::new(1).unwrap();
    for (check, status) in [("", "5"), ("include_check match", "4")] {
        let files = director("");
        let conf = files.file("checked.conf");
        let text = format!("{}include /no/such/file\n{}", global_defs(check), instance(200, ""));
        fs::write(&conf, text).unwrap();
        let script = format!("{DIRECTOR} -t -f {conf} 2>&1; echo \"status $?\"");
        let said = lan.host(0).command(&["sh", "-c", &script]).unwrap();
        assert!(said.contains(&format!("status {status}")), "{check}: {said}");
    }
}

#[test]
fn it_reloads_every_day_when_told() {
    let lan = Lan::new(1).unwrap();
    let mut ours: Daemon = director("");
    let time = ours.file("when");
    let global = global_defs(&format!("reload_time_file {time}\n reload_repeat"));
    ours.configure(&format!("{global}{}", instance(200, ""))).unwrap();
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let words = ["date", "-u", "-d", "5 seconds", "+%H:%M:%SZ"];
    fs::write(&time, lan.host(0).command(&words).unwrap()).unwrap();
    eventually("the configuration is taken", || ours.log().contains("configuration was taken"));
    assert!(fs::exists(&time).unwrap(), "it holds for tomorrow, too");
    ours.stop(LONG).unwrap();
}
