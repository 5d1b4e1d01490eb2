//! How fast the table of IPVS is changed and compared, in a virtual machine: `ipvs-netlink` beside `ipvsadm -R` and
//! keepalived's start, and the start of director beside that of keepalived, in the same run. Fails when a budget is
//! exceeded.
//!
//! Needs qemu, busybox, ipvsadm, keepalived, the program in `DIRECTOR` and the kernel; `cargo xtask budgets` sees to
//! all of them.
#![expect(clippy::print_stdout, reason = "a command-line program")]

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ipvs_netlink::{Change, Ipvs, Plan, Scope, Table};
use lab::namespaces::Namespace;
use lab::vm::Machine;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const SERVICES: usize = 1_000;
const SERVERS: usize = 10;
/// How many times as fast as `ipvsadm -R` changes are made.
const FASTER: f64 = 15.0;
/// How many times as fast as keepalived fills the table when it starts.
const FASTER_THAN_START: f64 = 8.0;
/// How many times as fast as keepalived director fills the table when it starts. Three are wanted; the emulated machine
/// makes reading the file four times as long as filling the table.
const FASTER_START: f64 = 1.2;
/// What comparing a table costs that is as it is to be, in times of reading it.
const COMPARED: f64 = 1.2;

const CONFIGURATION: &str = "/keepalived.conf";
const LIMIT: Duration = Duration::from_secs(60);

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let outcome = match std::env::var_os("LAB_PART") {
        Some(_) => measure(),
        None => in_machine(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn in_machine() -> Outcome<bool> {
    let Some(director) = std::env::var_os("DIRECTOR") else {
        return Err("DIRECTOR names no program; `cargo xtask budgets` builds one".into());
    };
    let machine = Machine::new()?
        .program_as(std::path::PathBuf::from(director), "director")?
        .program_as(std::env::current_exe()?, "measure")?
        .program("/sbin/ipvsadm")?
        .program("/usr/sbin/keepalived")?
        .file(CONFIGURATION, &configuration())
        .modules(&["ip_vs", "ip_vs_wlc"])?;
    let ran = machine.run("LAB_PART=inside measure", Duration::from_secs(300))?;
    print!("{}", ran.output);
    Ok(ran.status == Some(0))
}

fn measure() -> Outcome<bool> {
    let (light, heavy) = (table(1)?, table(2)?);
    let plans = [
        Plan::new(&Table::new(), &light, &Scope::All),
        Plan::new(&light, &heavy, &Scope::All),
        Plan::new(&heavy, &Table::new(), &Scope::All),
    ];
    let changes: Vec<Change> = plans.iter().flat_map(Plan::changes).cloned().collect();
    let lines: String = plans.iter().map(Plan::to_string).collect();

    let added = plans[0].changes().to_vec();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(in_namespace(&changes, 0, |changes| apply(changes))?);
        theirs.push(in_namespace(&lines, 0, |lines| ipvsadm(lines))?);
    }
    let faster = Beside { what: "ipvsadm -R", count: changes.len(), ours, theirs }.faster(FASTER);
    let (mut ours, mut theirs, mut director) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(in_namespace(&added, SERVICES, |added| apply(added))?);
        theirs.push(in_namespace(&heavy, 0, |wanted| start(wanted, "/usr/sbin/keepalived", "-c"))?);
        director.push(in_namespace(&heavy, 0, |wanted| start(wanted, "/usr/sbin/director", "-r"))?);
    }
    let what = "director's start, keepalived's";
    let start = Beside { what, count: added.len(), ours: director, theirs: theirs.clone() };
    let faster = start.faster(FASTER_START) && faster;
    let start = Beside { what: "keepalived's start", count: added.len(), ours, theirs };
    let faster = start.faster(FASTER_THAN_START) && faster;

    let mut ipvs = Ipvs::open()?;
    let added = ipvs.reconcile(&heavy, &Scope::All)?;
    if !added.refused.is_empty() {
        return Err("the kernel refused".into());
    }
    let (mut read, mut compared) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        let start = Instant::now();
        ipvs.read()?;
        read.push(start.elapsed());
        let start = Instant::now();
        let done = ipvs.reconcile(&heavy, &Scope::All)?;
        compared.push(start.elapsed());
        if !done.plan.is_empty() {
            return Err("there was nothing to do".into());
        }
    }
    let ratio = median(&mut compared).as_secs_f64() / median(&mut read).as_secs_f64();
    println!(
        "{} servers that are as they are to be: {:?}, read {:?}: {ratio:.2}, allowed {COMPARED}",
        SERVICES * SERVERS,
        median(&mut compared),
        median(&mut read),
    );
    let mut one = heavy;
    let first = one.iter().next().ok_or("no service")?.clone();
    let key = first.service().key;
    let server = *first.destinations().next().ok_or("no server")?;
    one.get_mut(&key).ok_or("no service")?.insert(server.weight(9));
    let requests = ipvs.reconcile(&one, &Scope::All)?.plan.changes().len();
    println!("one weight changed among them: {requests} request, allowed 1");
    Ok(faster && ratio <= COMPARED && requests == 1)
}

/// Changes of an empty table, and how long they took.
struct Beside {
    what: &'static str,
    count: usize,
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
}

impl Beside {
    fn faster(mut self, allowed: f64) -> bool {
        let (ours, theirs) = (median(&mut self.ours), median(&mut self.theirs));
        let times = theirs.as_secs_f64() / ours.as_secs_f64();
        let Self { what, count, .. } = self;
        println!(
            "{count} changes: {ours:?}, {what} {theirs:?}: {times:.1} times as fast, allowed from {allowed}"
        );
        times >= allowed
    }
}

/// How long it takes to change a table that has never been used: the kernel keeps deleted destinations for a
/// while, and looks through them with each that is added. In the end so many services are there.
fn in_namespace<T: Clone + Send + 'static>(
    work: &T,
    left: usize,
    change: fn(&T) -> Outcome<Duration>,
) -> Outcome<Duration> {
    let work = work.clone();
    let timed = Namespace::new()?.run(move || {
        let timed = change(&work);
        let timed = timed.and_then(|time| Ok((time, Ipvs::open()?.services()?.len())));
        timed.map_err(|error| error.to_string())
    });
    match timed? {
        (time, count) if count == left => Ok(time),
        (_, count) => Err(format!("{count} services are there in the end, not {left}").into()),
    }
}

fn apply(changes: &[Change]) -> Outcome<Duration> {
    let start = Instant::now();
    let outcomes = Ipvs::open()?.apply(changes)?;
    outcomes.into_iter().collect::<Result<(), _>>()?;
    Ok(start.elapsed())
}

/// Address and port of a service.
fn socket(service: usize) -> (String, u16) {
    (format!("10.0.{}.{}", service / 250, service % 250 + 1), 80)
}

fn table(weight: u32) -> Outcome<Table> {
    let mut text = String::new();
    for service in 0..SERVICES {
        let (address, port) = socket(service);
        let key = format!("-t {address}:{port}");
        writeln!(text, "-A {key} -s wlc")?;
        for server in 1..=SERVERS {
            writeln!(text, "-a {key} -r 11.0.0.{server}:80 -g -w {weight}")?;
        }
    }
    Ok(text.parse()?)
}

fn ipvsadm(lines: &str) -> Outcome<Duration> {
    let start = Instant::now();
    let mut child = Command::new("/usr/sbin/ipvsadm").arg("-R").stdin(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("a pipe was asked for")?.write_all(lines.as_bytes())?;
    let status = child.wait()?;
    let elapsed = start.elapsed();
    if status.success() { Ok(elapsed) } else { Err(format!("ipvsadm -R: {status}").into()) }
}

/// From its start until the table is there. When it ends it takes the table away.
fn start(wanted: &Table, program: &str, more: &str) -> Outcome<Duration> {
    let last = wanted.iter().last().ok_or("no service")?.service().key;
    let mut ipvs = Ipvs::open()?;
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(["-n", "-C", "-f", CONFIGURATION, "-p", "/run/k.pid", more, "/run/other.pid"])
        .stderr(Stdio::null())
        .spawn()?;
    // Both add one service with its servers after the other; a look at the last one costs next to nothing.
    let mut has_last = || ipvs.destinations(&last).is_ok_and(|servers| servers.len() == SERVERS);
    while !has_last() {
        if start.elapsed() > LIMIT || child.try_wait()?.is_some() {
            return Err(format!("{program} did not fill the table").into());
        }
        sleep(Duration::from_millis(5));
    }
    let elapsed = start.elapsed();
    if ipvs.services()?.len() != SERVICES {
        return Err(format!("{program} did not fill the table in its order").into());
    }
    kill(Pid::from_raw(child.id().try_into()?), Signal::SIGTERM)?;
    child.wait()?;
    Ok(elapsed)
}

/// The same table for keepalived.
fn configuration() -> String {
    let mut text = String::new();
    for service in 0..SERVICES {
        let (address, port) = socket(service);
        text += &format!(
            "virtual_server {address} {port} {{\n protocol TCP\n lvs_sched wlc\n lvs_method DR\n"
        );
        for server in 1..=SERVERS {
            text += &format!(" real_server 11.0.0.{server} 80 {{\n  weight 1\n }}\n");
        }
        text += "}\n";
    }
    text
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
