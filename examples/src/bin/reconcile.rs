//! Keeps the table of IPVS as a file of `ipvsadm-save` says, and what others changed as well:
//! `reconcile FILE [SECONDS]`. Without SECONDS once. Replace the file by renaming: half a file is a table as well,
//! and what is not in it goes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use ipvs_netlink::{Ipvs, Scope, Table};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, every) = match &arguments[..] {
        [file] => (file, None),
        [file, seconds] => (file, Some(Duration::from_secs(seconds.parse()?))),
        _ => return Err("usage: reconcile FILE [SECONDS]".into()),
    };
    let mut ipvs = Ipvs::open()?;
    loop {
        let outcome = reconcile(&mut ipvs, Path::new(file));
        let Some(every) = every else { return outcome };
        // The next file may be right.
        if let Err(error) = outcome {
            eprintln!("reconcile: {error}");
        }
        std::thread::sleep(every);
    }
}

fn reconcile(ipvs: &mut Ipvs, file: &Path) -> Result<(), Box<dyn Error>> {
    let wanted: Table = std::fs::read_to_string(file)?.parse()?;
    if wanted.is_empty() {
        return Err("the file has no services; ipvsadm -C empties the table".into());
    }
    let done = ipvs.reconcile(&wanted, &Scope::All)?;
    print!("{}", done.plan);
    for (change, error) in &done.refused {
        eprintln!("{change}: {error}");
    }
    for change in &done.kept {
        eprintln!("{change}: not done, or its service would have no server");
    }
    if done.refused.is_empty() { Ok(()) } else { Err("not all could be done".into()) }
}
