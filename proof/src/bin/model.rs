//! Looks at every state of a few routers, and says how many there are.
#![expect(clippy::print_stdout, reason = "a command-line program")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Instant;

use clap::Parser;
use proof::model::{Extent, Lan, scenarios, walk};

/// Looks at every state of a few virtual routers.
#[derive(Parser)]
struct Arguments {
    /// More may happen: takes an hour and tens of gigabytes.
    #[arg(long)]
    long: bool,
    /// What happens on the way that a file of the fuzz target `lan` stands for, and no more.
    #[arg(long)]
    walk: Option<PathBuf>,
    /// Only the scenarios whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(path) = &arguments.walk {
        let octets = match std::fs::read(path) {
            Ok(octets) => octets,
            Err(error) => {
                println!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        };
        println!("{:#?}", walk(&scenarios(Extent::Long), &octets));
        return ExitCode::SUCCESS;
    }
    let extent = if arguments.long { Extent::Long } else { Extent::Usual };
    let threads = available_parallelism().map_or(1, usize::from);
    let (mut all, begin) = (0, Instant::now());
    for scenario in scenarios(extent).into_iter().filter(|it| it.name.contains(&arguments.only)) {
        let covered = Lan::new(&scenario, None).check(threads);
        println!("{:>9} states, {:>3} deep: {}", covered.states, covered.depth, scenario.name);
        all += covered.states;
        if let Some((property, steps, what)) = covered.violations.into_iter().next() {
            println!("{property}: {what}");
            println!("  {} ({})", property.words(), property.source());
            steps.iter().for_each(|step| println!("  {step:?}"));
            return ExitCode::FAILURE;
        }
    }
    println!("{all:>9} states, {:.1} s", begin.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}
