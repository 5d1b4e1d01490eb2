//! The daemon as a process: its namespace, names, and how the system runs it.
//!
//! Needs root and iproute2, and fails without.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{DIRECTOR, LONG, VIP, director, eventually, global_defs, has, instance, shown};
use lab::namespaces::Lan;
use lab::peers::Daemon;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::net::sockopt::socket_recv_buffer_size;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd};

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
fn a_namespace_whose_name_is_taken_away_is_worked_in_all_the_same() {
    let named = Named::new("gone");
    let lan = Lan::new(1).unwrap();
    let mut ours = director(&format!("net_namespace {}\n{}", named.0, instance(200, "")));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master there", || named.has(VIP));
    let process = ours.process_id().unwrap().to_string();
    let inside = |words: &[&str]| {
        let enter = ["-t", &process, "-n", "ip"];
        let output = Command::new("nsenter").args(enter).args(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    ip(&["netns", "del", &named.0]);
    assert!(inside(&["-o", "address"]).contains(VIP));
    inside(&["address", "del", "10.77.0.100/24", "dev", "eth0"]);
    eventually("it is put back", || inside(&["-o", "address"]).contains(VIP));
    ours.signal(Signal::SIGHUP).unwrap();
    eventually("it reloads", || ours.log().contains("configuration was taken"));
    assert!(inside(&["-o", "address"]).contains(VIP));
    ours.stop(LONG).unwrap();
    // It cannot be started there again, and says why.
    ours.start(lan.host(0)).unwrap();
    assert_eq!(ours.wait(LONG).unwrap(), Some(2));
    assert!(ours.log().contains("cannot be entered"), "{}", ours.log());
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
    let thread = thread_of(&ours, "vrrp");
    let nice = || field(&thread, 19);
    assert_eq!(nice(), "-5");
    let limit = realtime_limit(&ours);
    assert!(limit.contains("500000") && limit.contains("1000000"), "{limit}");
    assert_eq!(field(&thread, 41), "0");
    ours.signal(Signal::SIGSTOP).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    ours.signal(Signal::SIGCONT).unwrap();
    eventually("it has a real-time priority", || field(&thread, 41) == "2");
    eventually("it is told", || ours.log().contains("run too late"));
    ours.stop(LONG).unwrap();
}

#[test]
fn the_thread_for_bfd_runs_as_it_is_told() {
    let lan = Lan::new(2).unwrap();
    let host = lan.host(0);
    let session = "bfd_instance s {\n neighbor_ip 10.77.0.2\n}\n";
    let track = "track_bfd {\n s weight 10\n }";
    for (settings, policy, priority, nice) in [
        ("bfd_rt_priority 12\n bfd_rlimit_rttime 800000", "2", "12", "0"),
        ("bfd_rt_priority 13\n bfd_rlimit_rtime 800000", "2", "13", "0"),
        ("bfd_priority -3", "0", "0", "-3"),
    ] {
        let global = global_defs(&format!("{settings}\n bfd_cpu_affinity 1\n bfd_no_swap"));
        let mut ours = director(&format!("{global}{session}{}", instance(200, track)));
        ours.start(host).unwrap();
        eventually("it is master", || has(host, VIP));
        let thread = thread_of(&ours, "bfd");
        let found = (field(&thread, 41), field(&thread, 40), field(&thread, 19));
        let (policy, priority, nice) = (policy.to_owned(), priority.to_owned(), nice.to_owned());
        assert_eq!(found, (policy, priority, nice), "{settings}");
        let status = fs::read_to_string(thread.join("status")).unwrap();
        assert!(status.contains("Cpus_allowed_list:\t1\n"), "{status}");
        let locked = status.lines().find(|line| line.starts_with("VmLck")).unwrap();
        assert!(!locked.contains(" 0 kB"), "{locked}");
        assert_eq!(realtime_limit(&ours).contains("800000"), settings.contains("rlimit"));
        // The other thread is as ever.
        assert_eq!(field(&thread_of(&ours, "vrrp"), 41), "0");
        ours.stop(LONG).unwrap();
    }
}

#[test]
fn threads_have_the_names_that_they_are_given() {
    let lan = Lan::new(1).unwrap();
    let session = "bfd_instance s {\n neighbor_ip 10.77.0.2\n}\n";
    let track = "track_bfd {\n s weight 10\n }";
    let global = global_defs("vrrp_process_name routers\n bfd_process_name paths");
    let mut ours = director(&format!("{global}{session}{}", instance(200, track)));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    for name in ["routers", "paths"] {
        assert!(thread_of(&ours, name).exists());
    }
    ours.stop(LONG).unwrap();
}

#[test]
fn the_older_name_of_the_real_time_limit_is_understood() {
    let lan = Lan::new(1).unwrap();
    let global = global_defs("vrrp_rt_priority 5\n vrrp_rlimit_rtime 600000");
    let mut ours = director(&format!("{global}{}", instance(200, "")));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    assert!(realtime_limit(&ours).contains("600000"), "{}", realtime_limit(&ours));
    ours.stop(LONG).unwrap();
}

/// The receive buffers of a process's netlink sockets of one protocol: of those that hear news, or of those
/// that ask.
fn buffers(process: u32, protocol: u32, hears: bool) -> Vec<usize> {
    let table = fs::read_to_string(format!("/proc/{process}/net/netlink")).unwrap();
    let is_meant = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[1] == protocol.to_string() && (fields[3] != "00000000") == hears
    };
    let inodes: Vec<String> = table
        .lines()
        .skip(1)
        .filter(is_meant)
        .map(|line| format!("socket:[{}]", line.split_whitespace().last().unwrap()))
        .collect();
    let pid = rustix::process::Pid::from_raw(process.try_into().unwrap()).unwrap();
    let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).unwrap();
    let mut sizes = Vec::new();
    for entry in fs::read_dir(format!("/proc/{process}/fd")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(target) = fs::read_link(&path) else { continue };
        if !inodes.iter().any(|inode| target == Path::new(inode)) {
            continue;
        }
        let number = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
        let socket = pidfd_getfd(&handle, number, PidfdGetfdFlags::empty()).unwrap();
        // The kernel doubles what is asked for.
        sizes.push(socket_recv_buffer_size(&socket).unwrap() / 2);
    }
    sizes
}

/// `NETLINK_ROUTE` and `NETLINK_CONNECTOR`.
const ROUTE: u32 = 0;
const CONNECTOR: u32 = 11;

#[test]
fn news_and_answers_of_the_kernel_have_the_room_that_is_told() {
    let limit = fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    let (few, many) = (5000, limit + 100_000);
    for (settings, hears, expected) in [
        (format!("vrrp_netlink_monitor_rcv_bufs {few}"), true, few),
        (format!("vrrp_netlink_monitor_rcv_bufs {many}"), true, limit),
        (
            format!(
                "vrrp_netlink_monitor_rcv_bufs {many}\n vrrp_netlink_monitor_rcv_bufs_force true"
            ),
            true,
            many,
        ),
        (format!("vrrp_netlink_cmd_rcv_bufs {few}"), false, few),
        (format!("vrrp_netlink_cmd_rcv_bufs {many}"), false, limit),
    ] {
        let lan = Lan::new(1).unwrap();
        let host = lan.host(0);
        let lines: String = (1..=200).map(|last| format!("10.98.0.{last}/32\n")).collect();
        let more = format!("virtual_ipaddress_excluded {{\n{lines}}}");
        let mut ours = director(&format!("{}{}", global_defs(&settings), instance(200, &more)));
        ours.start(host).unwrap();
        // However little room there is.
        eventually("all addresses are there", || {
            shown(host, &["-o", "address"]).matches(" 10.98.0.").count() == 200
        });
        let sizes = buffers(ours.process_id().unwrap(), ROUTE, hears);
        assert!(sizes.contains(&expected), "{settings}: {sizes:?}");
        ours.stop(LONG).unwrap();
    }
}

/// In the first network namespace, because the kernel tells of processes only there: without a router, so
/// that nobody hears of it.
#[test]
fn news_of_processes_have_the_room_that_is_told() {
    let limit = fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap();
    let many = limit.trim().parse::<usize>().unwrap() + 100_000;
    for (settings, expected) in [
        ("process_monitor_rcv_bufs 5000".to_owned(), 5000),
        (format!("process_monitor_rcv_bufs {many}\n process_monitor_rcv_bufs_force true"), many),
    ] {
        let files = director("");
        let conf = files.file("processes.conf");
        let text = "vrrp_track_process p {\n process no-such-process\n}\n";
        fs::write(&conf, format!("{}{text}", global_defs(&settings))).unwrap();
        let log = fs::File::create(files.file("out")).unwrap();
        let mut command = Command::new(DIRECTOR);
        command.args([
            "-n",
            "-l",
            "-G",
            "-f",
            &conf,
            "-p",
            &files.file("p"),
            "-r",
            &files.file("r"),
        ]);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let process = Process(command.spawn().unwrap());
        let sizes = || buffers(process.0.id(), CONNECTOR, true);
        let said = || fs::read_to_string(files.file("out")).unwrap();
        eventually("it listens", || said().contains("started") && !sizes().is_empty());
        assert_eq!(sizes(), [expected], "{settings}");
    }
}

fn realtime_limit(daemon: &Daemon) -> String {
    let limits =
        fs::read_to_string(format!("/proc/{}/limits", daemon.process_id().unwrap())).unwrap();
    let limit = limits.lines().find(|line| line.starts_with("Max realtime timeout"));
    limit.unwrap().to_owned()
}

/// The folder of a thread in `/proc`.
fn thread_of(daemon: &Daemon, name: &str) -> std::path::PathBuf {
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.process_id().unwrap())).unwrap();
    tasks
        .map(|task| task.unwrap().path())
        .find(|task| fs::read_to_string(task.join("comm")).unwrap().trim() == name)
        .unwrap()
}

/// A field of proc_pid_stat(5), by its number there.
fn field(thread: &Path, number: usize) -> String {
    let stat = fs::read_to_string(thread.join("stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    after_name.split_whitespace().nth(number - 3).unwrap().to_owned()
}
