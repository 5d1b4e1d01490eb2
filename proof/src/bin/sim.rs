//! Runs seeds of the simulation, and says what went wrong in the least words.
#![expect(clippy::print_stdout, reason = "a command-line program")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use proof::pools;
use proof::simulation::{Plan, run, shrink};

/// Simulates networks of virtual routers, and looks whether what must always hold does.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first one.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// This one only, with all that happens.
    #[arg(long)]
    seed: Option<u64>,
    /// Of this one only these steps, by number.
    #[arg(long, value_delimiter = ',', requires = "seed")]
    keep: Option<Vec<usize>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let wrong = match arguments.seed {
        Some(seed) => tell(seed, arguments.keep.as_deref()).then_some(seed),
        None => all(arguments.from, arguments.seeds),
    };
    if wrong.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs seeds on all processors; the first that goes wrong.
fn all(from: u64, seeds: u64) -> Option<u64> {
    let (next, packets, hours) = (AtomicU64::new(from), AtomicU64::new(0), AtomicU64::new(0));
    let wrong = AtomicU64::new(u64::MAX);
    let begin = Instant::now();
    let end = from + seeds;
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end || wrong.load(Ordering::Relaxed) < seed {
                return;
            }
            let plan = Plan::new(seed);
            let report = run(&plan, None, None, false);
            packets.fetch_add(report.packets, Ordering::Relaxed);
            hours.fetch_add(plan.router_time().as_secs(), Ordering::Relaxed);
            if !report.violated.is_empty() || pools::run(seed, None).is_some() {
                wrong.fetch_min(seed, Ordering::Relaxed);
            }
        }
    };
    let show = |done: u64| {
        let minutes = begin.elapsed().as_secs_f64() / 60.0;
        let hours = hours.load(Ordering::Relaxed) / 3600;
        let packets = packets.load(Ordering::Relaxed);
        println!(
            "{done} seeds, {hours} router-hours ({:.0} a minute), {packets} packets, {:.1} s",
            hours as f64 / minutes,
            minutes * 60.0
        );
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..thread::available_parallelism().map_or(1, usize::from))
            .map(|_| scope.spawn(work))
            .collect();
        let mut shown = Instant::now();
        while workers.iter().any(|worker| !worker.is_finished()) {
            thread::sleep(Duration::from_millis(50));
            if shown.elapsed() > Duration::from_secs(10) {
                shown = Instant::now();
                show(next.load(Ordering::Relaxed).min(end) - from);
            }
        }
    });
    show(next.load(Ordering::Relaxed).min(end) - from);
    let wrong = wrong.into_inner();
    if wrong == u64::MAX {
        return None;
    }
    let plan = Plan::new(wrong);
    let report = run(&plan, None, None, false);
    let Some(property) = report.violated.iter().next() else {
        tell_pools(wrong);
        return Some(wrong);
    };
    let kept = shrink(&plan, None, property);
    let list: Vec<String> = kept.iter().map(usize::to_string).collect();
    tell(wrong, Some(&kept));
    println!("again: --seed {wrong} --keep {}", list.join(","));
    Some(wrong)
}

/// Prints what goes wrong with the pools of a seed; whether something does.
fn tell_pools(seed: u64) -> bool {
    let found = pools::run(seed, None);
    if let Some((claim, at, what)) = &found {
        println!("{claim} in seed {seed} at {:?}: {what}", at.since_epoch());
        println!("  {}", claim.words());
    }
    found.is_some()
}

/// Prints what happens; whether something goes wrong.
fn tell(seed: u64, kept: Option<&[usize]>) -> bool {
    let plan = Plan::new(seed);
    let report = run(&plan, kept, None, true);
    for (number, router) in plan.described().iter().enumerate() {
        println!("router {number}: {router:?}");
    }
    for line in &report.timeline {
        println!("{line}");
    }
    for found in &report.violations {
        println!("{} of router {} at {}: {}", found.property, found.router, found.at, found.what);
        println!("  {} ({})", found.property.words(), found.property.source());
    }
    let pools_are_wrong = kept.is_none() && tell_pools(seed);
    !report.violated.is_empty() || pools_are_wrong
}
