//! Tracked files and processes; the judge is the priority that is advertised, or the role.
//!
//! Needs root, keepalived and iproute2, and for process events to be in the first network and PID
//! namespace; fails without.

mod common;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use common::{LONG, VIP, always, director, eventually, has, instance, named_instance};
use director::tracking::processes::{Count, ParamMatch, Processes, Settings, TrackProcess};
use lab::Folder;
use lab::namespaces::{Capture, Lan};
use lab::peers::{Daemon, find_program};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use vrrp_io::Vrrp;

const OURS: &str = "10.77.0.1";
const THEIRS: &str = "10.77.0.2";
const SHORT: Duration = Duration::from_millis(700);

/// The priority that a host advertised last.
fn spoken(capture: &Capture, source: &str) -> Option<u8> {
    capture.frames_after(0).iter().rev().find_map(|frame| {
        let (from, _, priority) = frame.advertisement()?;
        (from.to_string() == source).then_some(priority)
    })
}

/// A definition of the file `f`.
fn file(path: &str, more: &str) -> String {
    format!("track_file f {{\n file {path}\n {more}\n}}\n")
}

const TRACK_FILE: &str = "track_file {\n f\n }";

#[test]
fn a_number_in_a_file_is_what_keepalived_takes_it_for() {
    let lan = Lan::new(2).unwrap();
    let folder = Folder::new().unwrap();
    let path = folder.file("number");
    fs::write(&path, "0").unwrap();
    let define = file(&path, "weight 2");
    let mut ours = director(&format!("{define}{}", instance(100, TRACK_FILE)));
    let other = named_instance("W", 52, "eth0", "10.77.0.101", 100, TRACK_FILE);
    let mut theirs = Daemon::keepalived(&format!("{define}{other}")).unwrap();
    let capture = lan.capture().unwrap();
    ours.start(lan.host(0)).unwrap();
    theirs.start(lan.host(1)).unwrap();
    let both = |expected| {
        spoken(&capture, OURS) == Some(expected) && spoken(&capture, THEIRS) == Some(expected)
    };
    eventually("both are master", || both(100));
    for (text, expected) in [
        ("10", 120),
        ("-10\n", 80),
        (" 0x10 rest", 132),
        ("010", 116),
        ("", 100),
        ("+7x", 114),
        // Beyond 32 bits: it stays as it was.
        ("99999999999", 114),
        ("300", 254),
        ("text", 100),
        ("5", 110),
    ] {
        fs::write(&path, text).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        eventually(&format!("{text:?} makes {expected}"), || both(expected));
    }
    assert!(ours.log().contains("32 bits"), "{}", ours.log());
    // So low that it is a fault.
    fs::write(&path, "-300").unwrap();
    let (mine, other) = (|| has(lan.host(0), VIP), || has(lan.host(1), "10.77.0.101"));
    eventually("both are at fault", || !mine() && !other());
    fs::remove_file(&path).unwrap();
    eventually("both are master again", || mine() && other());
}

#[test]
fn in_a_sync_group_weights_count_when_told() {
    for (more, expected) in [("sync_group_tracking_weight", 120), ("", 100)] {
        let lan = Lan::new(1).unwrap();
        let folder = Folder::new().unwrap();
        let path = folder.file("number");
        fs::write(&path, "20").unwrap();
        // By the older name of the block.
        let define = file(&path, "weight 1").replace("track_file f", "vrrp_track_file f");
        let group = format!("vrrp_sync_group G {{\n group {{\n V\n }}\n {more}\n}}\n");
        let capture = lan.capture().unwrap();
        let mut ours = director(&format!("{define}{group}{}", instance(100, TRACK_FILE)));
        ours.start(lan.host(0)).unwrap();
        if more.is_empty() {
            // A number that is not 0 and weighs nothing is a fault.
            eventually("it is at fault", || ours.log().contains("to=Fault"));
            fs::write(&path, "0").unwrap();
        }
        eventually("it is master", || spoken(&capture, OURS) == Some(expected));
        ours.stop(common::LONG).unwrap();
    }
}

#[test]
fn without_a_weight_a_number_is_a_fault_or_its_absence() {
    for (weight, good, bad) in [("weight 0", "0", "1"), ("weight 0 reverse", "-3", "0")] {
        let lan = Lan::new(1).unwrap();
        let folder = Folder::new().unwrap();
        let path = folder.file("number");
        fs::write(&path, bad).unwrap();
        let mut ours = director(&format!("{}{}", file(&path, weight), instance(255, TRACK_FILE)));
        ours.start(lan.host(0)).unwrap();
        eventually("it runs", || ours.log().contains("started"));
        always("it is not master", SHORT, || !has(lan.host(0), VIP));
        for _ in 0..3 {
            fs::write(&path, good).unwrap();
            eventually(weight, || has(lan.host(0), VIP));
            fs::write(&path, bad).unwrap();
            eventually(weight, || !has(lan.host(0), VIP));
        }
    }
}

#[test]
fn whatever_is_where_the_file_should_be_is_coped_with() {
    let lan = Lan::new(1).unwrap();
    let capture = lan.capture().unwrap();
    let folder = Folder::new().unwrap();
    // Its folder is not there yet.
    let path = folder.file("sub/number");
    let mut ours = director(&format!("{}{}", file(&path, "weight 2"), instance(100, TRACK_FILE)));
    ours.start(lan.host(0)).unwrap();
    let becomes = |what: &str, expected| {
        eventually(what, || spoken(&capture, OURS) == Some(expected));
    };
    becomes("no folder", 100);
    fs::create_dir(folder.file("sub")).unwrap();
    fs::write(&path, "1").unwrap();
    becomes("a folder with a file", 102);
    fs::remove_file(&path).unwrap();
    becomes("no file", 100);
    fs::write(&path, "2").unwrap();
    becomes("a file again", 104);
    fs::write(folder.file("new"), "3").unwrap();
    fs::rename(folder.file("new"), &path).unwrap();
    becomes("another in its place", 106);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    becomes("a folder", 100);
    fs::remove_dir(&path).unwrap();
    let mut large = File::create(&path).unwrap();
    large.write_all(b"4").unwrap();
    large.set_len(1 << 30).unwrap();
    drop(large);
    becomes("1 GiB", 108);
    fs::write(&path, [0xffu8, 0, 0x31, 0xfe].repeat(4096)).unwrap();
    becomes("no text", 100);
    fs::write(&path, "5").unwrap();
    becomes("text again", 110);
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    becomes("a FIFO", 100);
    fs::remove_file(&path).unwrap();
    fs::write(folder.file("elsewhere"), "6").unwrap();
    symlink(folder.file("elsewhere"), &path).unwrap();
    becomes("a link", 112);
    fs::write(folder.file("elsewhere"), "7").unwrap();
    becomes("what the link leads to is written", 114);
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    becomes("a device", 100);
    fs::remove_dir_all(folder.file("sub")).unwrap();
    fs::create_dir(folder.file("sub")).unwrap();
    fs::write(&path, "8").unwrap();
    becomes("another folder", 116);
    // Many changes: the last one counts.
    for round in 0..2000 {
        fs::write(&path, (round % 10).to_string()).unwrap();
    }
    becomes("2000 changes", 118);
    assert!(has(lan.host(0), VIP));
    assert_eq!(ours.stop(LONG).unwrap().1, Some(0), "{}", ours.log());
}

#[test]
fn a_file_is_made_at_the_start_and_no_reload_overwrites_it() {
    let lan = Lan::new(1).unwrap();
    let capture = lan.capture().unwrap();
    let folder = Folder::new().unwrap();
    let path = folder.file("number");
    let with = |init: &str, more: &str| {
        let define = file(&path, &format!("weight 1\n {init}"));
        format!("{define}{}", instance(100, &format!("{TRACK_FILE}\n {more}")))
    };
    let becomes = |what: &str, expected| {
        eventually(what, || spoken(&capture, OURS) == Some(expected));
    };
    let mut ours = director(&with("init_file 7", ""));
    ours.start(lan.host(0)).unwrap();
    becomes("the file is made", 107);
    assert_eq!(fs::read_to_string(&path).unwrap(), "7\n");
    fs::write(&path, "8").unwrap();
    becomes("it is written", 108);
    for init in ["init_file 7", "init_file 9 overwrite"] {
        let before = ours.log().matches("taken").count();
        ours.configure(&with(init, "garp_master_repeat 2")).unwrap();
        ours.signal_number(1).unwrap();
        eventually("it is reloaded", || ours.log().matches("taken").count() > before);
        assert_eq!(fs::read_to_string(&path).unwrap(), "8", "{init}");
    }
    ours.stop(LONG).unwrap();
    ours.start(lan.host(0)).unwrap();
    becomes("the file is overwritten", 109);
    assert_eq!(fs::read_to_string(&path).unwrap(), "9\n");
}

#[test]
fn a_reload_follows_another_file() {
    let lan = Lan::new(1).unwrap();
    let capture = lan.capture().unwrap();
    let folder = Folder::new().unwrap();
    let (one, other) = (folder.file("one"), folder.file("other"));
    fs::write(&one, "1").unwrap();
    fs::write(&other, "2").unwrap();
    let with = |path: &str| format!("{}{}", file(path, ""), instance(100, TRACK_FILE));
    let becomes = |what: &str, expected| {
        eventually(what, || spoken(&capture, OURS) == Some(expected));
    };
    let mut ours = director(&with(&one));
    ours.start(lan.host(0)).unwrap();
    becomes("the one", 101);
    ours.configure(&with(&other)).unwrap();
    ours.signal_number(1).unwrap();
    becomes("the other", 102);
    fs::write(&one, "10").unwrap();
    always("the one matters no more", SHORT, || spoken(&capture, OURS) == Some(102));
    fs::write(&other, "3").unwrap();
    becomes("the other is written", 103);
    assert!(has(lan.host(0), VIP));
}

/// A program with a name that no other process has.
struct Program {
    _folder: Folder,
    name: String,
    path: String,
}

/// A process that ends with this value.
struct Running(Child);

impl Program {
    fn new(of: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("trk{}x{number}", std::process::id());
        let folder = Folder::new().unwrap();
        let path = folder.file(&name);
        symlink(find_program(of).unwrap(), &path).unwrap();
        Self { _folder: folder, name, path }
    }

    fn start(&self, arguments: &[&str]) -> Running {
        Running(Command::new(&self.path).args(arguments).spawn().unwrap())
    }

    /// Runs it so many times, one after the other.
    fn repeat(&self, times: u32) {
        let script = format!("i=0; while [ $i -lt {times} ]; do {}; i=$((i+1)); done", self.path);
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// An instance that tracks a process, with more lines in its definition.
fn tracking(priority: u8, process: &str, more: &str) -> String {
    let define = format!("vrrp_track_process p {{\n process {process}\n {more}\n}}\n");
    format!("{define}{}", instance(priority, "track_process {\n p\n }"))
}

#[test]
fn enough_processes_add_to_the_priority() {
    let lan = Lan::new(1).unwrap();
    let capture = lan.capture().unwrap();
    let program = Program::new("sleep");
    let first = program.start(&["600"]);
    let mut ours = director(&tracking(100, &program.name, "weight 20\n quorum 2\n quorum_max 3"));
    ours.start(lan.host(0)).unwrap();
    let becomes = |what: &str, expected| {
        eventually(what, || spoken(&capture, OURS) == Some(expected));
    };
    becomes("one is not enough", 100);
    let second = program.start(&["600"]);
    becomes("two are enough", 120);
    let more = [program.start(&["600"]), program.start(&["600"])];
    becomes("four are too many", 100);
    drop(first);
    becomes("three are enough", 120);
    drop(more);
    becomes("one is left", 100);
    drop(second);
    always("none is left", SHORT, || spoken(&capture, OURS) == Some(100));
}

#[test]
fn a_process_may_have_to_run_or_not_to_run() {
    for (more, is_wanted) in [("weight 0", true), ("weight 0\n quorum_max 0", false)] {
        let lan = Lan::new(1).unwrap();
        let program = Program::new("sleep");
        let bad = (!is_wanted).then(|| program.start(&["600"]));
        let mut ours = director(&tracking(255, &program.name, more));
        ours.start(lan.host(0)).unwrap();
        eventually("it runs", || ours.log().contains("started"));
        // Known before the router started: it was not master for a moment.
        always("it is at fault", SHORT, || !has(lan.host(0), VIP));
        drop(bad);
        for _ in 0..2 {
            let good = is_wanted.then(|| program.start(&["600"]));
            eventually(more, || has(lan.host(0), VIP));
            drop(good);
            let bad = (!is_wanted).then(|| program.start(&["600"]));
            eventually(more, || !has(lan.host(0), VIP));
            drop(bad);
        }
        assert!(!ours.log().contains("panicked"));
    }
}

#[test]
fn delays_hide_what_does_not_last() {
    let lan = Lan::new(1).unwrap();
    let capture = lan.capture().unwrap();
    let program = Program::new("sleep");
    let mut ours = director(&tracking(100, &program.name, "weight 20\n delay 3"));
    ours.start(lan.host(0)).unwrap();
    let is = |expected| spoken(&capture, OURS) == Some(expected);
    eventually("it is master", || is(100));
    let begin = Instant::now();
    let process = program.start(&["600"]);
    always("it does not count yet", Duration::from_millis(2500), || is(100));
    eventually("it counts", || is(120));
    assert!(begin.elapsed() >= Duration::from_secs(3), "{:?}", begin.elapsed());
    // A restart is not noticed.
    drop(process);
    std::thread::sleep(Duration::from_millis(1500));
    let process = program.start(&["600"]);
    always("it still counts", Duration::from_secs(5), || is(120));
    let begin = Instant::now();
    drop(process);
    always("it counts for a while", Duration::from_millis(2500), || is(120));
    eventually("it does not count any more", || is(100));
    assert!(begin.elapsed() >= Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn a_command_line_tells_processes_of_a_name_apart() {
    let program = Program::new("sleep");
    // Neither is the one that is wanted.
    let _others = [program.start(&["600"]), program.start(&["600", "2", "2"])];
    let cases: [(String, &str, &[&str]); 5] = [
        (format!("{} 600 2", program.path), "", &["600", "2"]),
        (format!("{} 600 2", program.name), "", &["600", "2"]),
        (format!("{} 60 2", program.path), "param_match partial", &["60", "2", "2"]),
        (format!("{} 60 2", program.path), "param_match initial", &["60", "22"]),
        (format!("/usr/bin/{} 600", program.name), "quorum_max 1", &[]),
    ];
    for (process, more, arguments) in cases {
        let lan = Lan::new(1).unwrap();
        let capture = lan.capture().unwrap();
        let is = |expected| spoken(&capture, OURS) == Some(expected);
        let mut ours = director(&tracking(100, &process, &format!("weight 20\n {more}")));
        ours.start(lan.host(0)).unwrap();
        eventually(&process, || is(100));
        always(&process, Duration::from_millis(1500), || is(100));
        if arguments.is_empty() {
            continue;
        }
        let wanted = program.start(arguments);
        eventually(&process, || is(120));
        drop(wanted);
        eventually(&process, || is(100));
    }
}

#[test]
fn what_happens_while_the_daemon_stands_still_is_found() {
    let lan = Lan::new(1).unwrap();
    let capture = lan.capture().unwrap();
    let program = Program::new("sleep");
    let process = program.start(&["600"]);
    let mut ours = director(&tracking(100, &program.name, "weight 20"));
    ours.start(lan.host(0)).unwrap();
    let is = |expected| spoken(&capture, OURS) == Some(expected);
    eventually("it runs", || is(120));
    ours.signal(Signal::SIGSTOP).unwrap();
    drop(process);
    std::thread::sleep(Duration::from_millis(1500));
    ours.signal(Signal::SIGCONT).unwrap();
    eventually("it has ended", || is(100));
    ours.signal(Signal::SIGSTOP).unwrap();
    let _process = program.start(&["600"]);
    ours.signal(Signal::SIGCONT).unwrap();
    eventually("it runs again", || is(120));
}

/// Everything that can be tracked goes and comes in any order: the router runs when all of it is there, and
/// at no other time.
#[test]
fn all_that_is_tracked_goes_and_comes_in_any_order() {
    let lan = Lan::new(2).unwrap();
    lan.add_second_network().unwrap();
    let folder = Folder::new().unwrap();
    let (number, mark) = (folder.file("number"), folder.file("mark"));
    let program = Program::new("sleep");
    let conf = |priority: u8, track: &str| {
        format!(
            "global_defs {{\n script_user root\n}}\n{}vrrp_track_process p {{\n process {}\n}}\n\
             vrrp_script s {{\n script \"/usr/bin/test -e {mark}\"\n interval 0.1\n}}\n\
             bfd_instance b {{\n neighbor_ip {THEIRS}\n min_rx 50\n min_tx 50\n}}\n{}",
            file(&number, "weight 0"),
            program.name,
            instance(priority, track)
        )
    };
    let track = "track_interface {\n eth1\n }\n track_file {\n f\n }\n track_process {\n p\n }\n \
                 track_script {\n s\n }\n track_bfd {\n b\n }";
    let mut ours = director(&conf(200, track));
    let peer = format!("bfd_instance b {{\n neighbor_ip {OURS}\n}}\n");
    let other = named_instance("W", 52, "eth0", "10.77.0.101", 100, "track_bfd {\n b weight 1\n }");
    let mut peer = director(&format!("{peer}{other}"));
    let mut process = None;
    let mut is_there = [false; 5];
    fs::write(&number, "1").unwrap();
    lan.set_second_cable(0, false).unwrap();
    ours.start(lan.host(0)).unwrap();
    let mut random = 12345u32;
    for step in 0..40 {
        // At first everything comes, in the end as well.
        let which = if (5..35).contains(&step) {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            usize::try_from(random >> 16).unwrap() % 5
        } else {
            step % 5
        };
        let comes = if (5..35).contains(&step) { !is_there[which] } else { true };
        if comes == is_there[which] {
            continue;
        }
        is_there[which] = comes;
        match (which, comes) {
            (0, _) => lan.set_second_cable(0, comes).unwrap(),
            (1, _) => fs::write(&number, if comes { "0" } else { "1" }).unwrap(),
            (2, true) => process = Some(program.start(&["600"])),
            (2, false) => drop(process.take()),
            (3, true) => fs::write(&mark, "").unwrap(),
            (3, false) => fs::remove_file(&mark).unwrap(),
            (_, true) => peer.start(lan.host(1)).unwrap(),
            (_, false) => peer.kill().unwrap(),
        }
        let is_whole = is_there == [true; 5];
        let what = format!("step {step}: {which} {comes}, {is_there:?}");
        eventually(&what, || has(lan.host(0), VIP) == is_whole);
        if !is_whole {
            always(&what, Duration::from_millis(150), || !has(lan.host(0), VIP));
        }
    }
    assert_eq!(is_there, [true; 5]);
    assert!(has(lan.host(0), VIP));
    ours.stop(LONG).unwrap();
}

#[test]
fn thousands_of_processes_that_come_and_go_change_nothing() {
    let lan = Lan::new(1).unwrap();
    let capture = lan.capture().unwrap();
    let (program, quick) = (Program::new("sleep"), Program::new("true"));
    let _process = program.start(&["600"]);
    let mut ours = director(&tracking(100, &program.name, "weight 20\n full_command"));
    ours.start(lan.host(0)).unwrap();
    eventually("it counts", || spoken(&capture, OURS) == Some(120));
    let known = capture.frames_after(0).len();
    quick.repeat(3000);
    let adverts: Vec<_> = capture
        .frames_after(known)
        .iter()
        .filter_map(|frame| Some((frame.at, frame.advertisement()?.2)))
        .collect();
    assert!(adverts.len() > 3);
    assert!(adverts.iter().all(|(_, priority)| *priority == 120), "{adverts:?}");
    let gap = adverts.windows(2).map(|two| two[1].0 - two[0].0).max().unwrap();
    assert!(gap < Duration::from_millis(250), "a gap of {gap:?}");
}

fn check(program: &Program, quorum: u32, quorum_max: Option<u32>) -> TrackProcess {
    TrackProcess {
        name: program.name.clone(),
        process: program.name.clone(),
        arguments: None,
        matching: ParamMatch::Exact,
        full_command: false,
        quorum,
        quorum_max,
        fork_delay: Duration::ZERO,
        terminate_delay: Duration::ZERO,
    }
}

fn counts(processes: &Processes) -> Vec<Count> {
    processes.view().counts
}

/// The daemons of the other tests are in namespaces where the kernel does not tell; here it does.
#[test]
fn the_kernel_tells_of_processes_and_what_it_loses_is_found() {
    // It has no router, so it says nothing to anybody.
    let vrrp = Vrrp::start().unwrap();
    let (program, quick) = (Program::new("sleep"), Program::new("true"));
    let checks = [check(&program, 1, None), check(&quick, 1, Some(0))];
    let mut processes = Processes::default();
    processes.set(&vrrp, &checks, Settings::default());
    assert_eq!(counts(&processes).iter().map(|count| count.running).max(), Some(0));
    eventually("the kernel tells", || processes.view().hears_events);
    for _ in 0..5 {
        let begin = Instant::now();
        let process = program.start(&["600"]);
        eventually("it runs", || counts(&processes)[0].has_quorum);
        drop(process);
        eventually("it has ended", || !counts(&processes)[0].has_quorum);
        // It would take a second each without being told.
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    }
    // A shell becomes it, and so does a child of that shell.
    let script = format!("{0} 600 & echo $!; exec {0} 600", program.path);
    let mut shell =
        Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
    eventually("both run", || counts(&processes)[0].running == 2);
    shell.kill().unwrap();
    shell.wait().unwrap();
    eventually("one is left", || counts(&processes)[0].running == 1);
    kill(Pid::from_raw(line.trim().parse().unwrap()), Signal::SIGKILL).unwrap();
    eventually("none is left", || counts(&processes)[0].running == 0);
    // Room for a few events: most are lost.
    let settings = Settings { receive_buffer: Some((4096, false)) };
    processes.set(&vrrp, &checks, settings);
    let process = program.start(&["600"]);
    quick.repeat(3000);
    eventually("it runs, and none of the others", || {
        let counts = counts(&processes);
        (counts[0].running, counts[1].running) == (1, 0) && counts[1].has_quorum
    });
    drop(process);
    quick.repeat(1000);
    eventually("none runs", || counts(&processes).iter().all(|count| count.running == 0));
    processes.set(&vrrp, &[], settings);
    assert!(counts(&processes).is_empty());
}
