//! The daemon as operators know it: flags, signals, notifications, dumps, status.
//!
//! Needs root, keepalived and iproute2, and fails without.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::{DIRECTOR, LONG, VIP, director, eventually, has, instance, named_instance};
use lab::Folder;
use lab::namespaces::{Host, Lan};
use lab::peers::Daemon;
use serde_json::Value;

/// Runs a program on a host and returns its exit status with what it printed.
fn run(host: &Host, words: &[&str]) -> (i32, String) {
    let script = format!("{} 2>&1; echo \"status $?\"", words.join(" "));
    let text = host.command(&["sh", "-c", &script]).unwrap();
    let (printed, status) = text.rsplit_once("status ").unwrap();
    (status.trim().parse().unwrap(), printed.to_owned())
}

/// What everybody is told is the same, to the octet, as what keepalived tells.
#[test]
fn fifo_lines_are_those_of_keepalived() {
    let tell = |make: &dyn Fn(&str) -> Daemon, configuration: &str| {
        let lan = Lan::new(2).unwrap();
        lan.add_second_network().unwrap();
        let folder = Folder::new().unwrap();
        let fifo = folder.file("fifo");
        Command::new("mkfifo").arg(&fifo).status().unwrap();
        let configuration = configuration.replace("FIFO", &fifo);
        let mut daemon = make(&configuration);
        let (path, output) = (fifo.clone(), folder.file("read"));
        // Reads for as long as somebody has it open for writing; that is we, too.
        let hold = fs::File::options().read(true).write(true).open(&fifo).unwrap();
        let sink = output.clone();
        std::thread::spawn(move || {
            let mut lines = fs::File::open(path).unwrap();
            let mut file = fs::File::create(sink).unwrap();
            let mut octets = [0; 4096];
            while let Ok(count) = lines.read(&mut octets) {
                if count == 0 {
                    return;
                }
                file.write_all(&octets[..count]).unwrap();
            }
        });
        let read = || fs::read_to_string(&output).unwrap_or_default();
        daemon.start(lan.host(0)).unwrap();
        eventually("all are master", || read().matches(" MASTER ").count() >= 4);
        lan.set_second_cable(0, false).unwrap();
        eventually("the group is at fault", || read().contains("GROUP \"G\" FAULT"));
        lan.set_second_cable(0, true).unwrap();
        eventually("all are master again", || read().matches(" MASTER ").count() >= 7);
        daemon.stop(LONG).unwrap();
        eventually("all have stopped", || read().contains("GROUP \"G\" STOP"));
        drop(hold);
        read()
    };
    let configuration = format!(
        "global_defs {{\n notify_fifo FIFO\n script_user root\n}}\n\
         vrrp_sync_group G {{\n group {{\n A\n B\n }}\n}}\n{}{}{}",
        named_instance("A", 51, "eth0", "10.77.0.100", 150, ""),
        named_instance("B", 52, "eth1", "10.78.0.100", 100, ""),
        // Later than the others, so that the order is not by chance.
        named_instance("C", 53, "eth0", "10.77.0.103", 10, "down_timer_adverts 8"),
    );
    let theirs = tell(&|text| Daemon::keepalived(text).unwrap(), &configuration);
    let ours = tell(&|text| director(text), &configuration);
    // keepalived tells members and group in an order of its own when a fault is over; the lines of each
    // are compared.
    let of = |text: &str, name: &str| -> Vec<String> {
        text.lines().filter(|line| line.contains(name)).map(str::to_owned).collect()
    };
    for name in ["\"A\"", "\"B\"", "\"C\"", "GROUP"] {
        assert_eq!(of(&ours, name), of(&theirs, name), "{ours}\n---\n{theirs}");
    }
    let begin = |text: &str| text.lines().take(7).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(begin(&ours), begin(&theirs));
}

#[test]
fn scripts_are_called_as_keepalived_calls_them_and_in_order() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let (script, log) = (folder.file("notify.sh"), folder.file("log"));
    // The slower the earlier: whatever runs at the same time would be seen.
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *BACKUP*|backup) sleep 0.3;; esac\n\
         echo \"$(id -u):$(id -g) $*\" >> {log}\n"
    );
    fs::write(&script, text).unwrap();
    fs::write(&log, "").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o666)).unwrap();
    let more = format!(
        "notify {script}\n notify_backup \"{script} backup\"\n notify_master '{script} \"master now\"' \
         nobody\n notify_stop \"{script} stop\""
    );
    let global = "global_defs {\n script_user daemon\n}\n";
    let mut ours = director(&format!("{global}{}", instance(100, &more)));
    ours.start(lan.host(0)).unwrap();
    let read = || fs::read_to_string(&log).unwrap();
    eventually("it is told that it is master", || read().contains("V MASTER"));
    ours.stop(LONG).unwrap();
    let user = |name: &str| {
        let script = format!("echo $(id -u {name}):$(id -g {name})");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (daemon, nobody) = (user("daemon"), user("nobody"));
    let expected = format!(
        "{daemon} backup\n{daemon} INSTANCE V BACKUP 100\n{nobody} master now\n\
         {daemon} INSTANCE V MASTER 100\n{daemon} stop\n{daemon} INSTANCE V STOP 100\n"
    );
    assert_eq!(read(), expected);
}

#[test]
fn a_script_that_others_can_change_does_not_run() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let (script, log) = (folder.file("notify.sh"), folder.file("log"));
    fs::write(&script, format!("#!/bin/sh\necho $* >> {log}\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o777)).unwrap();
    let global = "global_defs {\n script_user root\n enable_script_security\n}\n";
    let configuration = format!("{global}{}", instance(100, &format!("notify {script}")));
    let mut ours = director(&configuration);
    let (status, said) = run(lan.host(0), &[DIRECTOR, "-t", "-f", &ours.file("conf")]);
    assert_eq!(status, 6, "{said}");
    assert!(said.contains("can be changed by others"), "{said}");
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    ours.stop(LONG).unwrap();
    assert!(!Path::new(&log).exists());
}

/// Answers as a mail server and returns what it was told.
fn mail_server(listener: &TcpListener) -> String {
    let (stream, _) = listener.accept().unwrap();
    let mut told = String::new();
    let mut answers = &stream;
    answers.write_all(b"220 mail ready\r\n").unwrap();
    let mut is_data = false;
    for line in BufReader::new(&stream).lines() {
        let line = line.unwrap();
        told += &format!("{line}\n");
        let answer = match line.as_str() {
            "." => {
                is_data = false;
                "250 taken"
            }
            _ if is_data => continue,
            "DATA" => {
                is_data = true;
                "354 go on"
            }
            "QUIT" => {
                answers.write_all(b"221 bye\r\n").unwrap();
                break;
            }
            _ => "250 fine",
        };
        answers.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
    }
    told
}

#[test]
fn mails_have_keepalived_s_subjects() {
    let lan = Lan::new(1).unwrap();
    let listener = lan
        .host(0)
        .namespace()
        .run(|| -> std::io::Result<TcpListener> { TcpListener::bind("10.77.0.1:0") })
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let global = format!(
        "global_defs {{\n router_id R1\n smtp_server 10.77.0.1 {port}\n notification_email {{\n \
         ops@example.com\n }}\n notification_email_from vrrp@example.com\n smtp_helo_name r1.example.com\n}}\n"
    );
    let mut ours = director(&format!("{global}{}", instance(100, "smtp_alert")));
    ours.start(lan.host(0)).unwrap();
    for state in ["Entering BACKUP state", "Entering MASTER state"] {
        let told = mail_server(&listener);
        let subject = format!("Subject: [R1] VRRP Instance V - {state}");
        for line in [
            &subject,
            "EHLO r1.example.com",
            "RCPT TO:<ops@example.com>",
            "MAIL FROM:<vrrp@example.com>",
        ] {
            assert!(told.contains(line), "{line}:\n{told}");
        }
    }
}

#[test]
fn the_json_dump_has_keepalived_s_keys_and_values() {
    let configuration = |priority| {
        format!(
            "vrrp_sync_group G {{\n group {{\n V\n }}\n}}\n{}",
            instance(
                priority,
                "virtual_ipaddress_excluded {\n 10.77.0.102/32 dev lo\n }\n virtual_routes {\n \
                 198.51.100.0/24 via 10.77.0.2 dev eth0\n }\n track_interface {\n lo\n }\n \
                 garp_master_delay 3\n notify_master \"/bin/true now\"",
            )
        )
    };
    let dump = |mut daemon: Daemon, number: i32| -> Value {
        let lan = Lan::new(1).unwrap();
        lan.host(0).command(&["ip", "link", "set", "lo", "up"]).unwrap();
        daemon.start(lan.host(0)).unwrap();
        eventually("it is master", || has(lan.host(0), VIP));
        std::thread::sleep(Duration::from_millis(500));
        daemon.signal_number(number).unwrap();
        let file = format!("{}/keepalived.json", daemon.folder().display());
        // keepalived writes it piece by piece.
        let read =
            || -> Option<Value> { serde_json::from_str(&fs::read_to_string(&file).ok()?).ok() };
        eventually("there is a whole dump", || read().is_some());
        read().unwrap()
    };
    let in_folder = |daemon: Daemon| {
        let folder = daemon.folder().display().to_string();
        daemon.env("TMPDIR", &folder)
    };
    let signal = Command::new(DIRECTOR).arg("--signum=JSON").output().unwrap().stdout;
    let number: i32 = String::from_utf8(signal).unwrap().trim().parse().unwrap();
    let theirs = dump(in_folder(Daemon::keepalived(&configuration(150)).unwrap()), number);
    let ours = dump(in_folder(director(&configuration(150))), number);
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let (ours, theirs) = (&ours[0], &theirs[0]);
    assert_eq!(keys(&ours["data"]), keys(&theirs["data"]));
    assert_eq!(keys(&ours["stats"]), keys(&theirs["stats"]));
    for (key, value) in theirs["data"].as_object().unwrap() {
        // A time, and names for what keepalived shows with its own default for the lookup.
        if key != "last_transition" {
            assert_eq!(&ours["data"][key], value, "{key}");
        }
    }
}

#[test]
fn the_status_is_served_and_shown() {
    let lan = Lan::new(2).unwrap();
    let mut ours = director(&instance(100, "")).with(&["--status-port", "9898"]);
    ours.start(lan.host(0)).unwrap();
    lan.host(0).command(&["ip", "link", "set", "lo", "up"]).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let socket = ours.file("pid.sock");
    let table = run(lan.host(0), &[DIRECTOR, "status", "--socket", &socket]);
    assert_eq!(table.0, 0, "{}", table.1);
    for word in ["instance", "MASTER", "eth0", "10.77.0.100/24", "the active router fell silent"] {
        assert!(table.1.contains(word), "{word}:\n{}", table.1);
    }
    let json = run(lan.host(0), &[DIRECTOR, "status", "--json", "--socket", &socket]).1;
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["instances"][0]["state"], "MASTER");
    assert!(report["instances"][0]["counters"]["advertisements_sent"].as_u64().unwrap() > 0);
    let metrics = run(lan.host(0), &[DIRECTOR, "status", "--metrics", "--socket", &socket]).1;
    for line in [
        "director_state{instance=\"V\",interface=\"eth0\",vrid=\"51\",family=\"IPv4\",state=\"MASTER\"} 1",
        "director_checksum_errors_total{instance=\"V\"",
        "director_refused_packets_total{reason=\"vrid\"} 0",
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line}:\n{metrics}");
    }
    // The same on the port, of this machine only.
    let text = lan.host(0).namespace().run(|| {
        let mut stream = TcpStream::connect("127.0.0.1:9898").unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(TcpStream::connect("10.77.0.1:9898").is_err());
        text
    });
    assert!(text.contains("director_priority"), "{text}");
    // The one who holds the socket open and says nothing does not keep others from asking.
    let idle: Vec<_> =
        (0..8).map(|_| std::os::unix::net::UnixStream::connect(&socket).unwrap()).collect();
    assert_eq!(run(lan.host(0), &[DIRECTOR, "status", "--socket", &socket]).0, 0);
    drop(idle);
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    ours.stop(LONG).unwrap();
    assert!(!Path::new(&socket).exists());
    assert_eq!(run(lan.host(0), &[DIRECTOR, "status", "--socket", &socket]).0, 1);
}

#[test]
fn it_runs_in_the_background_with_a_pid_file_and_only_once() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let (conf, pid, vrrp) = (folder.file("conf"), folder.file("pid"), folder.file("vrrp"));
    fs::write(&conf, instance(255, "")).unwrap();
    let words = [DIRECTOR, "-G", "-f", &conf, "-p", &pid, "-r", &vrrp];
    assert_eq!(run(lan.host(0), &words), (0, String::new()));
    eventually("it is master", || has(lan.host(0), VIP));
    let process = fs::read_to_string(&pid).unwrap().trim().to_owned();
    assert_eq!(fs::read_to_string(&vrrp).unwrap().trim(), process);
    let (status, said) = run(lan.host(0), &words);
    assert_eq!(status, 1);
    assert!(said.contains("already running"), "{said}");
    // It has given up what it does not need.
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    let effective = u64::from_str_radix(effective.trim(), 16).unwrap();
    // CHOWN 0, KILL 5, SETGID 6, SETUID 7, NET_ADMIN 12, NET_RAW 13.
    assert_eq!(effective, 1 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 12 | 1 << 13);
    Command::new("/bin/kill").arg(&process).status().unwrap();
    eventually("it is gone", || !Path::new(&pid).exists() && !has(lan.host(0), VIP));
    assert!(!Path::new(&vrrp).exists());
}

#[test]
fn addresses_stay_when_asked_for() {
    let lan = Lan::new(1).unwrap();
    let mut ours = director(&instance(255, "")).with(&["--dont-release-vrrp"]);
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    assert_eq!(ours.stop(LONG).unwrap().1, Some(0));
    assert!(has(lan.host(0), VIP));
    // The next one takes them over, whatever put them there, and away.
    lan.ip_address(0, "del", "10.77.0.100/24").unwrap();
    lan.ip_address(0, "add", "10.77.0.100/24").unwrap();
    let mut ours = director(&instance(100, "down_timer_adverts 10"));
    ours.start(lan.host(0)).unwrap();
    eventually("it is taken away", || !has(lan.host(0), VIP));
    eventually("it is master", || has(lan.host(0), VIP));
    ours.stop(LONG).unwrap();
    assert!(!has(lan.host(0), VIP));
}

#[test]
fn the_service_manager_is_told() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let path = folder.file("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    let mut ours =
        director(&instance(255, "")).env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "400000");
    ours.start(lan.host(0)).unwrap();
    let told = |until: &str| {
        let mut all = String::new();
        while !all.contains(until) {
            let mut octets = [0; 512];
            let count = socket.recv(&mut octets).unwrap();
            all += &String::from_utf8_lossy(&octets[..count]);
            all.push('\n');
        }
        all
    };
    assert!(told("READY=1").contains("MAINPID="));
    told("WATCHDOG=1");
    ours.signal_number(1).unwrap();
    told("RELOADING=1");
    told("READY=1");
    ours.signal_number(15).unwrap();
    told("STOPPING=1");
    assert_eq!(ours.wait(LONG).unwrap(), Some(0));
}

#[test]
fn it_is_gone_in_200_ms_and_every_farewell_precedes_every_removal() {
    let lan = Lan::new(1).unwrap();
    let capture = lan.capture().unwrap();
    let many: String = (1..=50)
        .map(|n| {
            let address = format!("10.77.1.{n}");
            named_instance(&format!("V{n}"), n, "eth0", &address, 255, "")
        })
        .collect();
    let mut ours = director(&many);
    ours.start(lan.host(0)).unwrap();
    eventually("all are master", || has(lan.host(0), "10.77.1.50"));
    let watch = lan.host(0).namespace().run(|| {
        Command::new("ip")
            .args(["-ts", "monitor", "address"])
            .stdout(std::process::Stdio::piped())
            .spawn()
    });
    let mut watch = watch.unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let (took, status) = ours.stop(LONG).unwrap();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_millis(200), "{took:?}");
    std::thread::sleep(Duration::from_millis(200));
    watch.kill().unwrap();
    let mut text = String::new();
    watch.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    watch.wait().unwrap();
    assert_eq!(text.matches("Deleted").count(), 50, "{text}");
    let frames = capture.stop();
    let farewells: Vec<_> =
        frames.iter().filter(|f| f.advertisement().is_some_and(|(_, _, p)| p == 0)).collect();
    assert_eq!(farewells.len(), 50);
    // `[2026-11-21T10:00:00.123456] Deleted …`, in local time: the part of the second is enough.
    let first = text.lines().find(|line| line.contains("Deleted")).unwrap();
    let micros: u32 = first.split(['.', ']']).nth(1).unwrap().parse().unwrap();
    let last = farewells.last().unwrap().at.subsec_micros();
    let after = (i64::from(micros) - i64::from(last)).rem_euclid(1_000_000);
    assert!(after < 500_000, "the first address went before the last farewell: {last} {first}");
}

#[test]
fn advertisements_keep_their_phase() {
    const COUNT: usize = 1000;
    let interval = Duration::from_millis(10);
    let lan = Lan::new(1).unwrap();
    let mut ours = director(&instance(255, "").replace("advert_int 0.1", "advert_int 0.01"));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let capture = lan.capture().unwrap();
    std::thread::sleep(interval * u32::try_from(COUNT).unwrap() + Duration::from_millis(500));
    let frames = capture.stop();
    let times: Vec<f64> = frames
        .iter()
        .filter(|frame| frame.advertisement().is_some())
        .map(|frame| frame.at.as_secs_f64())
        .take(COUNT + 1)
        .collect();
    assert_eq!(times.len(), COUNT + 1);
    // How late each is against a clock that starts with the first; the middle of the first and of the
    // last hundred, because any single one may be late.
    let number = |n: usize| f64::from(u32::try_from(n).unwrap());
    let late: Vec<f64> =
        (0..=COUNT).map(|n| times[n] - times[0] - number(n) * interval.as_secs_f64()).collect();
    let middle = |part: &[f64]| {
        let mut part = part.to_vec();
        part.sort_by(f64::total_cmp);
        part[part.len() / 2]
    };
    let drift = middle(&late[COUNT - 100..]) - middle(&late[..100]);
    let per_interval = drift / number(COUNT - 100) / interval.as_secs_f64();
    assert!(per_interval.abs() < 1e-4, "{per_interval}: {drift} s");
}

#[test]
fn a_fifo_is_made_when_there_is_none_and_goes_in_the_end() {
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let (fifo, read) = (folder.file("fifo"), folder.file("read"));
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let reader = folder.file("reader.sh");
    fs::write(&reader, format!("#!/bin/sh\ncat \"$1\" > {read}\n")).unwrap();
    fs::set_permissions(&reader, fs::Permissions::from_mode(0o755)).unwrap();
    let global = format!(
        "global_defs {{\n script_user nobody\n vrrp_notify_fifo {fifo} nobody\n \
         vrrp_notify_fifo_script {reader}\n}}\n"
    );
    let mut ours = director(&format!("{global}{}", instance(255, "")));
    ours.start(lan.host(0)).unwrap();
    eventually("its reader has read", || {
        fs::read_to_string(&read).is_ok_and(|text| text == "INSTANCE \"V\" MASTER 255\n")
    });
    assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
    ours.stop(LONG).unwrap();
    assert!(!Path::new(&fifo).exists());
    // What belongs to somebody else, or is no FIFO, is not written to.
    let victim = folder.file("victim");
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, &fifo).unwrap();
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    ours.stop(LONG).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(ours.log().contains("the notify FIFO cannot be used"), "{}", ours.log());
}

/// An instance that names no interface is on that of its source address.
#[test]
fn a_vrid_is_used_once_on_an_interface_whoever_names_it() {
    let lan = Lan::new(1).unwrap();
    let unicast = |name: &str, source: &str| {
        format!(
            "vrrp_instance {name} {{\n virtual_router_id 7\n unicast_src_ip {source}\n \
             unicast_peer {{\n 10.77.0.9\n }}\n virtual_ipaddress {{\n 10.77.1.1\n }}\n}}\n"
        )
    };
    let named = named_instance("N", 7, "eth0", "10.77.1.2", 100, "");
    for (text, status, words) in [
        (named + &unicast("U", "10.77.0.1"), 4, "virtual_router_id 7 is used twice on eth0"),
        (unicast("U", "10.77.0.1") + &unicast("L", "127.0.0.1"), 0, ""),
    ] {
        let ours = director(&text);
        let (found, said) = run(lan.host(0), &[DIRECTOR, "-t", "-f", &ours.file("conf")]);
        assert!(found == status && said.contains(words), "{found}: {said}");
    }
}
