//! Whether a check is about a process.

use super::{ParamMatch, TrackProcess};

/// The longest name that the kernel keeps of a process.
const NAME: usize = 15;

/// What is known of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// When it began. Pids are used again, but not for a process that began at the same time.
    pub(super) birth: u64,
    /// Its name, `/proc/PID/comm`.
    pub(super) name: Vec<u8>,
    /// `/proc/PID/cmdline`, where that was read.
    pub(super) command_line: Vec<u8>,
}

/// Whether the name alone does not tell.
pub(super) fn needs_command_line(check: &TrackProcess) -> bool {
    check.full_command || check.arguments.is_some() || check.process.contains('/')
}

/// Whether the check is about this process. Octets are compared: nothing has to be text.
pub(super) fn is_match(check: &TrackProcess, process: &Process) -> bool {
    let wanted = check.process.as_bytes();
    if !needs_command_line(check) {
        return is_name(wanted, &process.name);
    }
    let line = process.command_line.as_slice();
    if line.is_empty() {
        // A thread of the kernel has nothing but its name, and in some there is a slash: ksoftirqd/0.
        let is_name_enough = !check.full_command && check.arguments.is_none();
        return is_name_enough && is_name(wanted, &process.name);
    }
    let mut words = line.strip_suffix(&[0u8]).unwrap_or(line).split(|octet| *octet == 0);
    let program = words.next().unwrap_or_default();
    let is_end =
        !wanted.contains(&b'/') && program.rsplit(|octet| *octet == b'/').next() == Some(wanted);
    (program == wanted || is_end)
        && match &check.arguments {
            None => true,
            Some(arguments) => are_arguments(arguments, check.matching, &words.collect::<Vec<_>>()),
        }
}

fn is_name(wanted: &[u8], name: &[u8]) -> bool {
    name == wanted || (wanted.len() > NAME && Some(name) == wanted.get(..NAME))
}

fn are_arguments(wanted: &[String], matching: ParamMatch, arguments: &[&[u8]]) -> bool {
    let are_same = |wanted: &[String]| {
        arguments.len() >= wanted.len()
            && wanted.iter().zip(arguments).all(|(one, other)| one.as_bytes() == *other)
    };
    match (matching, wanted.split_last()) {
        (ParamMatch::Exact, _) => arguments.len() == wanted.len() && are_same(wanted),
        (ParamMatch::Partial, _) | (ParamMatch::Initial, None) => are_same(wanted),
        (ParamMatch::Initial, Some((last, before))) => {
            let begin = arguments.get(before.len());
            are_same(before) && begin.is_some_and(|begin| begin.starts_with(last.as_bytes()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(process: &str, full_command: bool, arguments: Option<&[&str]>) -> TrackProcess {
        let arguments = arguments.map(|words| words.iter().map(ToString::to_string).collect());
        TrackProcess {
            name: "check".into(),
            process: process.into(),
            arguments,
            matching: ParamMatch::Exact,
            full_command,
            quorum: 1,
            quorum_max: None,
            fork_delay: Duration::ZERO,
            terminate_delay: Duration::ZERO,
        }
    }

    fn process(name: &[u8], command_line: &[u8]) -> Process {
        Process { pid: 1, birth: 1, name: name.to_vec(), command_line: command_line.to_vec() }
    }

    #[test]
    fn a_name_is_the_whole_name() {
        for (wanted, name, expected) in [
            ("sshd", "sshd", true),
            ("ssh", "sshd", false),
            ("sshd", "ssh", false),
            ("my-long-process-name", "my-long-process", true),
            ("my-long-process", "my-long-process", true),
            ("my-long-proces", "my-long-process", false),
            ("Web Content", "Web Content", true),
            // What a thread of the kernel shows may be longer.
            ("kworker-of-something", "kworker-of-something", true),
        ] {
            let process = process(name.as_bytes(), b"");
            assert_eq!(
                is_match(&check(wanted, false, None), &process),
                expected,
                "{wanted} {name}"
            );
        }
        assert!(!is_match(&check("x", false, None), &process(&[0xff], b"x\0")));
    }

    #[test]
    fn a_program_is_a_path_or_the_end_of_one() {
        for (wanted, line, expected) in [
            ("/usr/sbin/nginx", "/usr/sbin/nginx\0-g\0x\0", true),
            ("nginx", "/usr/sbin/nginx\0", true),
            ("nginx", "nginx\0", true),
            ("nginx", "nginx", true),
            ("sbin/nginx", "/usr/sbin/nginx\0", false),
            ("/usr/sbin/nginx", "nginx\0", false),
            ("nginx", "/usr/sbin/nginx2\0", false),
            ("nginx", "/usr/sbin/nginx/\0", false),
            ("nginx", "", false),
            ("nginx", "\0nginx\0", false),
            ("nginx: worker process", "nginx: worker process\0", true),
        ] {
            let process = process(b"other", line.as_bytes());
            assert_eq!(
                is_match(&check(wanted, true, None), &process),
                expected,
                "{wanted} {line:?}"
            );
        }
        // A path is looked for in the command line, also when that is not asked for.
        assert!(is_match(&check("/bin/a", false, None), &process(b"b", b"/bin/a\0c\0")));
        let kernel = process(b"ksoftirqd/0", b"");
        assert!(is_match(&check("ksoftirqd/0", false, None), &kernel));
        assert!(!is_match(&check("ksoftirqd/0", true, None), &kernel));
        assert!(!is_match(&check("ksoftirqd/0", false, Some(&[])), &kernel));
        assert!(is_match(&check("a", true, None), &process(b"b", b"a\0\xff\xfe\0")));
    }

    #[test]
    fn arguments_are_compared_as_keepalived_does() {
        use ParamMatch::{Exact, Initial, Partial};
        let cases: &[(&[&str], &str, [bool; 3])] = &[
            (&[], "a\0", [true, true, true]),
            (&[], "a\0b\0", [false, true, true]),
            (&["b"], "a\0b\0", [true, true, true]),
            (&["b"], "a\0b\0c\0", [false, true, true]),
            (&["b"], "a\0bc\0", [false, true, false]),
            (&["b"], "a\0bc\0d\0", [false, true, false]),
            (&["b"], "a\0", [false, false, false]),
            (&["b"], "a\0c\0", [false, false, false]),
            (&["b", "c"], "a\0b\0c\0", [true, true, true]),
            (&["b", "c"], "a\0b\0cd\0", [false, true, false]),
            (&["b", "c"], "a\0bb\0cd\0", [false, false, false]),
            (&["b", "c"], "a\0b\0", [false, false, false]),
            (&["b c"], "a\0b\0c\0", [false, false, false]),
            (&[""], "a\0\0", [true, true, true]),
            (&["b"], "a\0\0b\0", [false, false, false]),
        ];
        for &(wanted, line, [exact, initial, partial]) in cases {
            let process = process(b"a", line.as_bytes());
            for (matching, expected) in [(Exact, exact), (Initial, initial), (Partial, partial)] {
                let check = TrackProcess { matching, ..check("a", false, Some(wanted)) };
                assert_eq!(
                    is_match(&check, &process),
                    expected,
                    "{wanted:?} {line:?} {matching:?}"
                );
            }
        }
        let octets = TrackProcess { matching: Initial, ..check("a", false, Some(&["b"])) };
        assert!(is_match(&octets, &process(b"a", b"a\0b\xff\0")));
    }
}
