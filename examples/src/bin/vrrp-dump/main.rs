//! Reads captures and prints the advertisements in them, each with a verdict.

mod capture;
mod json;
mod text;

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

/// Prints the VRRP advertisements of pcap and pcapng files, as tcpdump does, with verdicts.
#[derive(Parser)]
struct Arguments {
    /// Read one JSON object per line (`ip_hex`, or `hex` with `src`, `dst` and `ttl`; optionally
    /// `ah` with a `key`) and answer each with one.
    #[arg(long)]
    json: bool,
    /// The files; `-` or none is the standard input, with --json only.
    files: Vec<PathBuf>,
}

#[expect(clippy::print_stderr, reason = "a command-line program")]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vrrp-dump: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut output = io::BufWriter::new(io::stdout().lock());
    if !arguments.json && arguments.files.is_empty() {
        return Err("name a pcap or pcapng file".into());
    }
    if arguments.json && arguments.files.is_empty() {
        answer(&mut io::stdin().lock(), &mut output)?;
    }
    for file in &arguments.files {
        let done = match (arguments.json, file.as_os_str() == "-") {
            (true, true) => answer(&mut io::stdin().lock(), &mut output).map_err(Into::into),
            (true, false) => answer_file(file, &mut output),
            (false, _) => print_file(file, &mut output),
        };
        done.map_err(|error| format!("{}: {error}", file.display()))?;
    }
    output.flush()?;
    Ok(())
}

fn answer_file(file: &Path, output: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    Ok(answer(&mut BufReader::new(File::open(file)?), output)?)
}

fn print_file(file: &Path, output: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    capture::for_each_ip_packet(&std::fs::read(file)?, |at, packet| {
        writeln!(output, "{}", text::line(at, packet))
    })
}

fn answer(input: &mut dyn BufRead, output: &mut dyn Write) -> io::Result<()> {
    for line in input.lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(output, "{}", json::answer(&line))?;
            output.flush()?;
        }
    }
    Ok(())
}
