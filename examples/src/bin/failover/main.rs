//! Two routers, a client, and what happens when the active router dies, returns, and is stopped.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

mod on_namespaces;
mod on_simulation;
mod report;
mod svg;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lab::namespaces::{Lan, Privilege, gain_privilege};
use vrrp_proto::{Centiseconds, Priority};

use report::Timeline;

/// Builds a LAN of two virtual routers and a client, probes the virtual IP a thousand times a second,
/// kills the active router, brings it back and stops it gracefully.
///
/// As root it uses network namespaces, otherwise a user namespace, and where the kernel forbids
/// that a simulated LAN.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// How often the active router is killed.
    #[arg(long, value_name = "N", default_value_t = 3)]
    kills: u32,
    /// The advertisement interval in hundredths of a second, 1 to 4095.
    #[arg(long, value_name = "CS", default_value = "10", value_parser = interval)]
    interval: Centiseconds,
    /// Use the simulated LAN, in virtual time.
    #[arg(long)]
    simulated: bool,
    /// Print the result as JSON on the last line.
    #[arg(long)]
    json: bool,
    /// Write failover.pcap and failover.svg into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn interval(text: &str) -> Result<Centiseconds, String> {
    let number: u16 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    Centiseconds::new(number).map_err(|error| error.to_string())
}

/// The routers: `a` has the higher priority and is active whenever it lives.
pub(crate) const PRIORITY_A: Priority = match Priority::new(200) {
    Ok(priority) => priority,
    Err(_) => Priority::DEFAULT,
};
pub(crate) const PRIORITY_B: Priority = Priority::DEFAULT;

/// Skew_Time of RFC 9568 section 6.1.
pub(crate) fn skew(interval: Centiseconds, priority: Priority) -> Duration {
    interval.duration() * (256 - u32::from(priority.get())) / 256
}

/// Active_Down_Interval of RFC 9568 section 6.1.
pub(crate) fn active_down(interval: Centiseconds, priority: Priority) -> Duration {
    3 * interval.duration() + skew(interval, priority)
}

fn main() -> ExitCode {
    // The routers are this program again, as processes that can be killed.
    lab::node::run_if_asked();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failover: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    // The LAN is made here, so that whatever the system refuses leads to the simulated one.
    let lan = match arguments.simulated {
        true => Err("asked for".to_owned()),
        false => gain_privilege()
            .and_then(|privilege| Ok((privilege, Lan::new(3)?)))
            .map_err(|error| format!("no network namespaces: {error}")),
    };
    let mut timeline = Timeline::default();
    let (mode, outcome) = match lan {
        Ok((privilege, lan)) => {
            let (mode, how) = match privilege {
                Privilege::Root => ("namespaces", "network namespaces"),
                _ => ("userns", "network namespaces in a user namespace"),
            };
            println!("two routers and a client in {how}");
            (mode, on_namespaces::run(&arguments, &mut timeline, lan)?)
        }
        Err(why) => {
            println!("two routers on the simulated LAN, in virtual time ({why})");
            ("simulated", on_simulation::run(&arguments, &mut timeline)?)
        }
    };
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("failover.svg"), svg::draw(&timeline, &outcome))?;
        lab::write_pcap(&folder.join("failover.pcap"), &outcome.frames)?;
        println!("written to {}", folder.display());
    }
    println!("\n{}", report::table(&outcome.rounds));
    if arguments.json {
        println!("{}", report::json(mode, &outcome.rounds));
    }
    Ok(())
}
