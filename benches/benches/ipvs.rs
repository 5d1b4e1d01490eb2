//! How fast the table of IPVS is changed and compared, in a virtual machine: `ipvs-netlink` beside `ipvsadm -R`, in the
//! same run. Fails when a budget is exceeded.
//!
//! Needs qemu, busybox, ipvsadm and the kernel that `cargo xtask budgets` fetches.
#![expect(clippy::print_stdout, reason = "a command-line program")]

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use ipvs_netlink::{Change, Ipvs, Plan, Scope, Table};
use lab::namespaces::Namespace;
use lab::vm::Machine;

const SERVICES: usize = 1_000;
const SERVERS: usize = 10;
/// How many times as fast as `ipvsadm -R` changes are made.
const FASTER: f64 = 15.0;
/// What comparing a table costs that is as it is to be, in times of reading it.
const COMPARED: f64 = 1.2;

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
    let machine = Machine::new()?
        .program_as(std::env::current_exe()?, "measure")?
        .program("/sbin/ipvsadm")?
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

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(in_namespace(&changes, |changes| {
            let outcomes = Ipvs::open()?.apply(changes)?;
            outcomes.into_iter().collect::<Result<(), _>>().map_err(Into::into)
        })?);
        theirs.push(in_namespace(&lines, |lines| ipvsadm(lines))?);
    }
    let count = changes.len();
    let faster = median(&mut theirs).as_secs_f64() / median(&mut ours).as_secs_f64();
    println!(
        "{count} changes: {:?}, ipvsadm -R {:?}: {faster:.1} times as fast, allowed from {FASTER}",
        median(&mut ours),
        median(&mut theirs),
    );

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
    Ok(faster >= FASTER && ratio <= COMPARED && requests == 1)
}

/// How long it takes to change a table that has never been used: the kernel keeps deleted destinations for a
/// while, and looks through them with each that is added. In the end nothing may be left.
fn in_namespace<T: Clone + Send + 'static>(
    work: &T,
    change: fn(&T) -> Outcome<()>,
) -> Outcome<Duration> {
    let work = work.clone();
    let timed = Namespace::new()?.run(move || {
        let start = Instant::now();
        let outcome = change(&work);
        let elapsed = start.elapsed();
        let is_empty = || Ok(Ipvs::open()?.read()?.is_empty());
        let outcome = outcome.and_then(|()| is_empty());
        outcome.map(|is_empty| (elapsed, is_empty)).map_err(|error| error.to_string())
    });
    match timed? {
        (elapsed, true) => Ok(elapsed),
        (_, false) => Err("not everything was taken away again".into()),
    }
}

fn table(weight: u32) -> Outcome<Table> {
    let mut text = String::new();
    for service in 0..SERVICES {
        let key = format!("-t 10.0.{}.{}:80", service / 250, service % 250 + 1);
        writeln!(text, "-A {key} -s wlc")?;
        for server in 1..=SERVERS {
            writeln!(text, "-a {key} -r 11.0.0.{server}:80 -g -w {weight}")?;
        }
    }
    Ok(text.parse()?)
}

fn ipvsadm(lines: &str) -> Outcome<()> {
    let mut child = Command::new("/usr/sbin/ipvsadm").arg("-R").stdin(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("a pipe was asked for")?.write_all(lines.as_bytes())?;
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(format!("ipvsadm -R: {status}").into()) }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
