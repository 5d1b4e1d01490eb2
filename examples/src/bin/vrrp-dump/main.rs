//! Reads captures and prints the advertisements in them, each with a verdict.

mod capture;
mod json;
mod text;

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;

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

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut output = io::BufWriter::new(io::stdout().lock());
    if arguments.json {
        let is_standard = |file: &PathBuf| file.as_os_str() == "-";
        if arguments.files.iter().all(is_standard) {
            answer(&mut io::stdin().lock(), &mut output)?;
        }
        for file in arguments.files.iter().filter(|file| !is_standard(file)) {
            answer(&mut BufReader::new(File::open(file)?), &mut output)?;
        }
    } else {
        if arguments.files.is_empty() {
            return Err("name a pcap or pcapng file".into());
        }
        for file in &arguments.files {
            capture::for_each_ip_packet(&std::fs::read(file)?, |at, packet| {
                writeln!(output, "{}", text::line(at, packet))
            })?;
        }
    }
    output.flush()?;
    Ok(())
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
