//! Reading `/proc`. A process may end at any moment, also while it is read.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};

use nix::libc::ESRCH;

use super::matching::Process;

/// More than `/proc/PID/stat` ever has.
const STAT: u64 = 4096;
/// No more of a command line is looked at.
const COMMAND_LINE: u64 = 64 * 1024;

/// Visits every process.
///
/// # Errors
/// When `/proc` cannot be read: nothing is known then, not even that a process is gone.
pub(super) fn all(with_command_lines: bool, mut visit: impl FnMut(&Process)) -> io::Result<()> {
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(process) = one(pid, with_command_lines)? {
            visit(&process);
        }
    }
    Ok(())
}

/// Looks at a process; `None` when it has ended, or is not shown to us.
///
/// # Errors
/// When it cannot be told which, as when there are too many open files.
pub(super) fn one(pid: u32, with_command_line: bool) -> io::Result<Option<Process>> {
    let Some(process) = stat(pid)? else { return Ok(None) };
    if !with_command_line {
        return Ok(Some(process));
    }
    let Some(command_line) = read(pid, "cmdline", COMMAND_LINE)? else { return Ok(None) };
    // If the pid was used again meanwhile, the new process is told of, or found by the next scan.
    let same = stat(pid)?.filter(|after| after.birth == process.birth);
    Ok(same.map(|process| Process { command_line, ..process }))
}

fn stat(pid: u32) -> io::Result<Option<Process>> {
    let octets = read(pid, "stat", STAT)?;
    Ok(octets.and_then(|octets| parse(pid, &octets)))
}

fn read(pid: u32, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut octets = Vec::new();
    let read = File::open(format!("/proc/{pid}/{name}"))
        .and_then(|file| file.take(limit).read_to_end(&mut octets));
    match read {
        Ok(_) => Ok(Some(octets)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_gone(error: &io::Error) -> bool {
    let is_hidden = error.kind() == ErrorKind::PermissionDenied;
    is_hidden || error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}

/// `PID (NAME) STATE …`, see proc_pid_stat(5). `None` for one that has ended and was not waited for.
fn parse(pid: u32, stat: &[u8]) -> Option<Process> {
    let begin = stat.iter().position(|octet| *octet == b'(')?;
    // A name may have anything in it.
    let end = stat.iter().rposition(|octet| *octet == b')')?;
    let name = stat.get(begin + 1..end)?.to_vec();
    let mut fields = stat.get(end + 1..)?.split(u8::is_ascii_whitespace).filter(|f| !f.is_empty());
    if matches!(fields.next()?, b"Z" | b"X" | b"x") {
        return None;
    }
    // The 22nd field: the two before the state have been passed, and the state.
    let birth = std::str::from_utf8(fields.nth(18)?).ok()?.parse().ok()?;
    Some(Process { pid, birth, name, command_line: Vec::new() })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, id};

    use super::*;

    #[test]
    fn a_name_may_have_anything_in_it() {
        let stat = b"42 (a) R (b\xff) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2\n";
        let process = parse(42, stat).unwrap();
        assert_eq!(process.name, b"a) R (b\xff");
        assert_eq!(process.birth, 98765);
        assert_eq!(
            parse(42, b"42 (a) Z 1 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2\n"),
            None
        );
        for wrong in [&b""[..], b"42", b"42 (a", b"42 a) S 1", b")(", b"42 (a)", b"42 (a) S 1 2 3"]
        {
            assert_eq!(parse(42, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn we_are_found_and_who_has_ended_is_not() {
        let mut found = Vec::new();
        all(true, |process| found.push(process.clone())).unwrap();
        let we = found.iter().find(|process| process.pid == id()).unwrap();
        let program = std::env::args_os().next().unwrap();
        let begin = program.into_encoded_bytes();
        assert!(we.command_line.starts_with(&begin), "{we:?}");
        assert!(we.birth > 0 && !we.name.is_empty());
        assert_eq!(one(id(), true).unwrap().as_ref(), Some(we));
        assert!(one(id(), false).unwrap().unwrap().command_line.is_empty());
        let mut child = Command::new("true").spawn().unwrap();
        let pid = child.id();
        // Not waited for, it is a zombie.
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while one(pid, false).unwrap().is_some() {
            assert!(std::time::Instant::now() < end);
        }
        child.wait().unwrap();
        assert_eq!(one(pid, true).unwrap(), None);
        assert_eq!(one(u32::MAX, true).unwrap(), None);
    }
}
