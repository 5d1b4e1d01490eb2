//! Developer commands. `cargo xtask ci` is everything that CI runs; each of its steps is a command.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

mod budgets;
mod coverage;
mod debian;
mod fuzz;
mod licences;
mod mutants;
mod package;
mod proof;
mod purity;
mod readme;
mod run;
mod soak;
mod test;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

use run::{Outcome, cargo};

#[derive(Parser)]
#[command(about = "Developer commands of this workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Clone, Subcommand)]
enum Task {
    /// Install what the tests need from Debian (as root) and run them all.
    Test {
        /// Only what runs anywhere: no root, no namespaces, no keepalived, FRR or tshark.
        #[arg(long)]
        portable: bool,
    },
    /// Everything that CI runs.
    Ci,
    /// Formatting.
    Fmt,
    /// Clippy over everything, the fuzz targets too; a warning fails.
    Clippy,
    /// Documentation with private items; a warning fails.
    Docs,
    /// Every published crate alone, with each combination of its features.
    Features,
    /// The deciding crates linked into a program without std.
    Purity,
    /// Every fuzz target for a moment, or for so many seconds.
    Fuzz {
        /// Seconds for each target.
        #[arg(long, default_value_t = 5)]
        seconds: u32,
        /// This target only.
        #[arg(long)]
        target: Option<String>,
        /// Keep in fuzz/corpus what reaches code that nothing there does.
        #[arg(long)]
        keep: bool,
    },
    /// Every state of a few virtual routers.
    Model {
        /// More may happen to them: an hour, and much memory.
        #[arg(long)]
        long: bool,
    },
    /// Seeds of the simulation: --seeds N, --from SEED, --seed SEED, --keep STEPS.
    Sim {
        /// What the simulation is told.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Which lines of the deciding crates their tests do not run.
    Coverage,
    /// Mistakes made by a machine in the deciding crates, and which of them no test finds. Takes hours.
    Mutants {
        /// Of this crate only.
        #[arg(long)]
        package: Option<String>,
    },
    /// keepalived, FRR and director on one LAN, while machines fail at random.
    Soak {
        /// For so long.
        #[arg(long, default_value_t = 10)]
        minutes: u32,
        /// Of what happens.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The licences of all dependencies.
    Licences,
    /// The budgets: speed as ratios, and the size of `vip`.
    Budgets,
    /// `cargo package` of each published crate.
    Package,
    /// The commands of the README, as they stand there.
    Readme,
}

/// In the order of their dependencies.
const PUBLISHED: [&str; 12] = [
    "vrrp-proto",
    "vrrp-fsm",
    "bfd",
    "bfd-io",
    "netlink-conn",
    "netlink-nft",
    "ipvs-netlink",
    "netlink-addr",
    "vrrp-io",
    "healthcheck",
    "keepalived-conf",
    "director",
];

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Outcome {
    match task {
        Task::Test { portable } => test::run(portable),
        Task::Ci => ci(),
        Task::Fmt => cargo(&["fmt", "--all", "--check"]),
        Task::Clippy => {
            let everything = ["clippy", "--workspace", "--all-targets", "--features"];
            let features = ["fuzz/libfuzzer", "--", "-D", "warnings"];
            debian::install(&debian::COMPILER)?;
            cargo(&[&everything[..], &features].concat())
        }
        Task::Docs => run::with_environment(
            &[("RUSTDOCFLAGS", "-D warnings")],
            &["doc", "--workspace", "--no-deps", "--document-private-items"],
        ),
        Task::Features => features(),
        Task::Purity => purity::run(),
        Task::Fuzz { seconds, target, keep } => fuzz::run(seconds, target.as_deref(), keep),
        Task::Model { long } => proof::model(long),
        Task::Sim { words } => proof::simulation(&words),
        Task::Coverage => coverage::run(),
        Task::Mutants { package } => mutants::run(package.as_deref()),
        Task::Soak { minutes, seed } => soak::run(minutes, seed),
        Task::Licences => licences::run(),
        Task::Budgets => budgets::run(),
        Task::Package => package::run(),
        Task::Readme => readme::run(),
    }
}

fn ci() -> Outcome {
    let steps = [
        ("fmt", Task::Fmt),
        ("licences", Task::Licences),
        ("clippy", Task::Clippy),
        ("docs", Task::Docs),
        ("features", Task::Features),
        ("purity", Task::Purity),
        ("package", Task::Package),
        // The main job and all tests.
        ("readme", Task::Readme),
        ("sim", Task::Sim { words: vec!["--seeds".into(), "10000".into()] }),
        ("budgets", Task::Budgets),
        ("fuzz", Task::Fuzz { seconds: 5, target: None, keep: false }),
    ];
    let begin = Instant::now();
    for (name, task) in steps {
        println!("\n== {name} ({} s)", begin.elapsed().as_secs());
        perform(task).map_err(|error| format!("{name}: {error}"))?;
    }
    println!("\nci: everything passed in {} s", begin.elapsed().as_secs());
    Ok(())
}

/// Published crates have few features or none; every subset is checked.
fn features() -> Outcome {
    for name in PUBLISHED {
        let features = run::features_of(name)?;
        for subset in 0..1u32 << features.len() {
            let chosen: Vec<&str> = features
                .iter()
                .enumerate()
                .filter(|(bit, _)| subset & 1 << bit != 0)
                .map(|(_, feature)| feature.as_str())
                .collect();
            let chosen = chosen.join(",");
            cargo(&["check", "--package", name, "--no-default-features", "--features", &chosen])?;
        }
    }
    Ok(())
}
