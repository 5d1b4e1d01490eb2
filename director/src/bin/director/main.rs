//! The daemon: keepalived's command line, signals and exit statuses around a [`Director`].

mod cli;
mod genhash;
mod run;
mod signals;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use director::config::{self, Checked, Source};
use director::{chain, keywords, status};

use cli::{Cli, Command};

/// keepalived's exit statuses.
mod exit {
    pub(super) const FATAL: u8 = 1;
    pub(super) const CONFIGURATION: u8 = 2;
    pub(super) const CANNOT_RUN: u8 = 4;
    pub(super) const NO_CONFIGURATION: u8 = 6;
    pub(super) const INTERNAL: u8 = 70;
}

fn main() -> ExitCode {
    let cli = Cli::parse().with_absolute_paths();
    let outcome = match &cli.command {
        Some(Command::Status { socket, json, metrics }) => show_status(socket, *json, *metrics),
        Some(Command::Keywords { markdown }) => {
            print(&if *markdown { keywords::markdown() } else { keywords::table() })
        }
        Some(Command::Genhash(options)) => genhash::run(options),
        None if cli.signum.is_some() => signals::print_number(cli.signum.as_deref()),
        None if cli.config_test.is_some() => test(&cli),
        None => run::run(&cli),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Whoever started us may have gone.
            let _ = writeln!(io::stderr(), "director: {}", chain(&*error));
            ExitCode::from(exit::FATAL)
        }
    }
}

type Outcome = Result<u8, Box<dyn std::error::Error>>;

/// The file that is read; `is_inside` once this process is in its network namespace.
fn source(cli: &Cli, is_inside: bool) -> Source {
    let mut source = Source::new(&cli.use_file);
    source.demands_includes = cli.all_config;
    source.namespace.clone_from(&cli.namespace);
    source.is_inside = is_inside;
    if let Some(id) = &cli.config_id {
        source.config_id.clone_from(id);
    }
    source
}

/// `--config-test`.
fn test(cli: &Cli) -> Outcome {
    let (text, code) = match config::check(&source(cli, false)) {
        Ok(checked) => (render(&checked, cli.config_test.as_ref()), checked.exit_status()),
        Err(error) => (format!("director: {}\n", chain(&error)), exit::CANNOT_RUN),
    };
    match cli.config_test.as_ref().and_then(Option::as_ref) {
        Some(path) => {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
            file.write_all(text.as_bytes())?;
        }
        None => io::stderr().write_all(text.as_bytes())?,
    }
    Ok(code)
}

fn render(checked: &Checked, to: Option<&Option<std::path::PathBuf>>) -> String {
    let is_terminal = matches!(to, Some(None)) && io::stderr().is_terminal();
    checked.diagnostics.render(is_terminal)
}

fn show_status(socket: &Path, json: bool, metrics: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let what = if metrics { "/metrics" } else { "/status" };
    let text = runtime.block_on(status::fetch(socket, what))?;
    if json || metrics {
        return print(&text);
    }
    let report = serde_json::from_str(&text)?;
    print(status::table(&report, io::stdout().is_terminal()))
}

fn print(text: impl AsRef<[u8]>) -> Outcome {
    match io::stdout().write_all(text.as_ref()) {
        // `| head`
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        other => Ok(other.map(|()| 0)?),
    }
}
