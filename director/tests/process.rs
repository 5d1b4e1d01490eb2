//! The daemon as a process: its namespace, names, and how the system runs it.
//!
//! Needs root and iproute2, and fails without.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{DIRECTOR, LONG, VIP, director, eventually, has, instance, shown};
use lab::namespaces::Lan;
use lab::peers::Daemon;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A network namespace that iproute2 knows, with an interface `eth0`.
struct Named(String);

impl Named {
    fn new(name: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let named = Self(name);
        ip(&["netns", "add", &named.0]);
        for words in [
            &["link", "add", "eth0", "type", "veth", "peer", "name", "other"][..],
            &["address", "add", "10.77.0.1/24", "dev", "eth0"],
            &["link", "set", "eth0", "up"],
            &["link", "set", "other", "up"],
        ] {
            ip(&[&["-n", &named.0], words].concat());
        }
        named
    }

    fn has(&self, address: &str) -> bool {
        ip(&["-n", &self.0, "-o", "address"]).contains(&format!(" {address}/"))
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

fn ip(words: &[&str]) -> String {
    let output = Command::new("ip").args(words).output().unwrap();
    assert!(output.status.success(), "ip {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A process that ends with the test.
struct Process(Child);

impl Process {
    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().try_into().unwrap()), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// A director in a mount namespace of its own, with an empty `/run` beside the names of namespaces.
fn in_own_run(arguments: &[&str]) -> Process {
    let words: Vec<String> = arguments.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "mkdir -p /tmp/netns-$$ && mount --rbind /run/netns /tmp/netns-$$ && mount -t tmpfs none /run && \
         mkdir /run/netns && mount --rbind /tmp/netns-$$ /run/netns && exec {DIRECTOR} -n -l -G {}",
        words.join(" ")
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script]).stdout(Stdio::null()).stderr(Stdio::null());
    Process(command.spawn().unwrap())
}

#[test]
fn it_works_in_the_namespace_that_is_named() {
    let named = Named::new("work");
    let lan = Lan::new(1).unwrap();
    let conf = format!("net_namespace {}\n{}", named.0, instance(200, ""));
    let mut ours = director(&conf);
    ours.start(lan.host(0)).unwrap();
    eventually("it is master there", || named.has(VIP));
    assert!(!has(lan.host(0), VIP));
    // A reload reads the interfaces of there.
    ours.signal_number(1).unwrap();
    eventually("it is taken", || ours.log().contains("configuration was taken"));
    assert!(named.has(VIP));
    ours.stop(LONG).unwrap();
    assert!(!named.has(VIP));
    // The command line comes before the file, and a namespace that is not there is an error.
    let mut ours = director(&conf).with(&["--namespace", "is-not-there"]);
    ours.start(lan.host(0)).unwrap();
    assert_eq!(ours.wait(LONG).unwrap(), Some(2));
    assert!(ours.log().contains("is-not-there cannot be entered"), "{}", ours.log());
}

#[test]
fn several_daemons_have_files_of_their_own() {
    let named = Named::new("several");
    let files = director("");
    for (words, folder, suffix) in [
        ("instance ONE", "run", "_ONE"),
        ("use_pid_dir", "run/keepalived", ""),
        ("instance TWO\nuse_pid_dir", "run/keepalived", "_TWO"),
    ] {
        let dumps = files.file("dumps");
        fs::create_dir_all(&dumps).unwrap();
        let global = format!("global_defs {{\n data_use_instance\n state_dump_file {dumps}/\n}}\n");
        let conf = files.file("several.conf");
        fs::write(&conf, format!("{words}\n{global}{}", instance(200, ""))).unwrap();
        let namespace = ["--namespace", &named.0, "-f", &conf];
        let process = in_own_run(&namespace);
        let root = format!("/proc/{}/root", process.0.id());
        // A namespace means the folder, too.
        let folder = if folder == "run" { "run/keepalived" } else { folder };
        let file = format!("{root}/{folder}/keepalived_{}{suffix}.pid", named.0);
        eventually(&file, || fs::read_to_string(&file).is_ok_and(|text| !text.is_empty()));
        eventually("it is master", || named.has(VIP));
        process.signal(Signal::SIGUSR1);
        let dump = format!("{dumps}/keepalived_{}{suffix}.data", named.0);
        eventually(&dump, || Path::new(&dump).exists());
        drop(process);
        fs::remove_file(&dump).unwrap();
    }
}

#[test]
fn names_of_iproute2_are_looked_up_where_it_is_told() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    for keyword in ["iproute_etc_dir", "iproute_usr_dir"] {
        let mut ours = director("");
        let folder = ours.folder().display().to_string();
        fs::write(ours.file("rt_tables"), "4242 own\n").unwrap();
        let more = "virtual_routes {\n 198.51.100.0/24 dev eth0 table own\n}";
        let global = format!("global_defs {{\n {keyword} {folder}\n}}\n");
        ours.configure(&format!("{global}{}", instance(200, more))).unwrap();
        ours.start(host).unwrap();
        eventually("the route is there", || {
            shown(host, &["route", "show", "table", "4242"]).contains("198.51.100.0")
        });
        ours.stop(LONG).unwrap();
    }
}

#[test]
fn a_thread_that_runs_too_late_gets_a_priority() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let global = "global_defs {\n max_auto_priority 20\n min_auto_priority_delay 100000\n \
                  vrrp_priority -5\n vrrp_rlimit_rttime 1000000\n}\n";
    let mut ours = director(&format!("{global}{}", instance(200, "")));
    ours.start(host).unwrap();
    eventually("it is master", || has(host, VIP));
    let thread = thread_of(&ours);
    let nice = || field(&thread, 19);
    assert_eq!(nice(), "-5");
    let limits =
        fs::read_to_string(format!("/proc/{}/limits", ours.process_id().unwrap())).unwrap();
    let limit = limits.lines().find(|line| line.starts_with("Max realtime timeout")).unwrap();
    assert!(limit.contains("500000") && limit.contains("1000000"), "{limit}");
    assert_eq!(field(&thread, 41), "0");
    ours.signal(Signal::SIGSTOP).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    ours.signal(Signal::SIGCONT).unwrap();
    eventually("it has a real-time priority", || field(&thread, 41) == "2");
    assert!(ours.log().contains("run too late"));
    ours.stop(LONG).unwrap();
}

/// The folder of the VRRP thread in `/proc`.
fn thread_of(daemon: &Daemon) -> std::path::PathBuf {
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.process_id().unwrap())).unwrap();
    tasks
        .map(|task| task.unwrap().path())
        .find(|task| fs::read_to_string(task.join("comm")).unwrap().trim() == "vrrp")
        .unwrap()
}

/// A field of proc_pid_stat(5), by its number there.
fn field(thread: &Path, number: usize) -> String {
    let stat = fs::read_to_string(thread.join("stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    after_name.split_whitespace().nth(number - 3).unwrap().to_owned()
}
