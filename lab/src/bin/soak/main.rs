//! keepalived, FRR and director on one LAN, a hundred routers each, while cables are pulled, processes are killed, stopped
//! and paused, and configurations change. Between that it is looked at whether all is as it must be.
#![expect(clippy::print_stdout, reason = "a command-line program")]

mod faults;
mod judge;
mod machines;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use faults::Fault;
use judge::Judge;
use machines::Machines;

/// Lets keepalived, FRR and director live through failures together. As root.
#[derive(Parser)]
struct Arguments {
    /// For so long.
    #[arg(long)]
    minutes: u64,
    /// Of what happens.
    #[arg(long)]
    seed: u64,
    /// The daemon.
    #[arg(long)]
    director: PathBuf,
    /// How many routers each has, up to 100.
    #[arg(long, default_value_t = 100)]
    routers: u8,
}

/// Until everybody has agreed: twice the slowest takeover, and the start of FRR with a hundred interfaces.
const SETTLING: Duration = Duration::from_secs(16);

fn main() -> ExitCode {
    match soak(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn soak(arguments: &Arguments) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let routers = arguments.routers.min(100);
    let mut machines = Machines::start(&arguments.director, routers).map_err(failed)?;
    let begin = Instant::now();
    let end = begin + Duration::from_secs(60 * arguments.minutes);
    std::thread::sleep(SETTLING);
    let judge = Judge::new(&machines).map_err(failed)?;
    let mut round = 0;
    loop {
        let seen = judge.look(&machines)?;
        println!("{:>5} s, round {round}: {seen}", begin.elapsed().as_secs());
        if Instant::now() >= end {
            return Ok(());
        }
        round += 1;
        // One machine is left alone, so that somebody can always be Active.
        let spared = random.u8(..3);
        let capture = machines.lan.capture().map_err(failed)?;
        for _ in 0..random.u8(1..=4) {
            let fault = Fault::draw(&mut random, spared);
            println!("{:>5} s, {fault:?}", begin.elapsed().as_secs());
            fault.happen(&mut machines, &mut random).map_err(failed)?;
            std::thread::sleep(Duration::from_millis(random.u64(..3000)));
        }
        machines.heal().map_err(failed)?;
        std::thread::sleep(SETTLING);
        judge::vacancies(machines.routers, &capture.stop())?;
    }
}
