use vrrp_io::fsm::Standing::{Down, Unknown, Up};

use super::*;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn rules(least: u32, most: Option<u32>, fork: u64, terminate: u64) -> Rules {
    let (fork_delay, terminate_delay) = (seconds(fork), seconds(terminate));
    Rules { least, most, fork_delay, terminate_delay }
}

/// A table that has begun at 0 with these processes.
fn begun(rules: Rules, pids: &[u32]) -> Table {
    let mut table = Table::new(rules);
    assert_eq!(table.standing(), Unknown);
    table.only(seconds(0), &pids.iter().map(|pid| (*pid, 0)).collect());
    table
}

/// The standing at a time when nothing else happens.
fn at(table: &mut Table, time: u64) -> Standing {
    table.advance(seconds(time));
    table.standing()
}

#[test]
fn as_many_as_should_are_enough_and_more_are_too_many() {
    let mut table = begun(rules(2, Some(3), 0, 0), &[1]);
    assert_eq!((table.standing(), table.running()), (Down, 1));
    for (pid, expected) in [(2, Up), (3, Up), (4, Down)] {
        table.runs(seconds(1), pid, 0);
        assert_eq!(table.standing(), expected, "{pid}");
    }
    for (pid, expected) in [(1, Up), (2, Up), (9, Up), (3, Down), (3, Down)] {
        table.ends(seconds(2), pid);
        assert_eq!(table.standing(), expected, "{pid}");
    }
    assert_eq!(table.deadline(), None);
}

#[test]
fn none_may_run() {
    let check = TrackProcess {
        name: String::new(),
        process: String::new(),
        arguments: None,
        matching: super::super::ParamMatch::Exact,
        full_command: false,
        quorum: 1,
        quorum_max: Some(0),
        fork_delay: Duration::ZERO,
        terminate_delay: Duration::ZERO,
    };
    let mut table = begun(Rules::of(&check), &[]);
    assert_eq!(table.standing(), Up);
    table.runs(seconds(1), 1, 0);
    assert_eq!(table.standing(), Down);
    table.ends(seconds(2), 1);
    assert_eq!(table.standing(), Up);
}

#[test]
fn what_runs_at_the_start_counts_and_what_comes_waits() {
    let mut table = begun(rules(1, None, 5, 0), &[1]);
    assert_eq!((table.standing(), table.deadline()), (Up, None));
    table.ends(seconds(10), 1);
    assert_eq!(table.standing(), Down);
    table.runs(seconds(20), 2, 0);
    assert_eq!((table.standing(), table.deadline()), (Down, Some(seconds(25))));
    assert!(table.is_fork_delay_running() && !table.is_terminate_delay_running());
    assert_eq!(at(&mut table, 24), Down);
    assert_eq!(at(&mut table, 25), Up);
    assert!(!table.is_fork_delay_running());
    // One that ends before it counts never did.
    table.ends(seconds(30), 2);
    table.runs(seconds(31), 3, 0);
    table.ends(seconds(35), 3);
    assert_eq!((at(&mut table, 40), table.deadline()), (Down, None));
}

#[test]
fn what_ended_counts_for_a_while() {
    let mut table = begun(rules(1, None, 0, 5), &[1]);
    table.ends(seconds(10), 1);
    assert_eq!((table.standing(), table.running()), (Up, 0));
    assert!(table.is_terminate_delay_running());
    assert_eq!(table.deadline(), Some(seconds(15)));
    assert_eq!(at(&mut table, 14), Up);
    assert_eq!(at(&mut table, 15), Down);
}

#[test]
fn a_restart_is_not_noticed_and_counts_once() {
    let mut table = begun(rules(1, Some(1), 5, 5), &[1]);
    table.ends(seconds(10), 1);
    table.runs(seconds(12), 2, 0);
    assert!(!table.is_terminate_delay_running() && !table.is_fork_delay_running());
    for time in 12..30 {
        assert_eq!((at(&mut table, time), table.deadline()), (Up, None), "{time}");
    }
    // The new one first.
    table.runs(seconds(30), 3, 0);
    table.ends(seconds(31), 2);
    for time in 31..50 {
        assert_eq!(at(&mut table, time), Up, "{time}");
    }
}

#[test]
fn what_ends_over_and_over_is_noticed() {
    let mut table = begun(rules(1, None, 5, 5), &[1]);
    table.ends(seconds(10), 1);
    for round in 0..10 {
        let time = 11 + round;
        table.runs(seconds(time), 2, time);
        let is_in_time = time < 15;
        assert_eq!(table.standing() == Up, is_in_time, "{time}");
        table.ends(seconds(time), 2);
        assert_eq!(table.standing() == Up, is_in_time, "{time}");
    }
    // One that has run long enough has a place of its own.
    table.runs(seconds(30), 3, 0);
    assert_eq!(at(&mut table, 35), Up);
    table.ends(seconds(35), 3);
    assert_eq!(at(&mut table, 39), Up);
    assert_eq!(at(&mut table, 40), Down);
}

#[test]
fn a_helper_that_lives_for_a_moment_does_not_count() {
    let mut table = begun(rules(1, Some(1), 1, 0), &[1]);
    table.runs(seconds(10), 2, 0);
    assert_eq!(table.standing(), Up);
    table.ends(seconds(10), 2);
    table.runs(seconds(20), 2, 0);
    assert_eq!(at(&mut table, 21), Down);
}

#[test]
fn a_pid_that_is_used_again_is_another_process() {
    let mut table = begun(rules(1, None, 5, 0), &[1]);
    table.runs(seconds(10), 1, 0);
    assert_eq!(table.standing(), Up);
    table.runs(seconds(11), 1, 11);
    assert_eq!((table.standing(), table.running()), (Down, 1));
    assert_eq!(at(&mut table, 16), Up);
    table.only(seconds(20), &BTreeMap::from([(1, 20)]));
    assert_eq!(table.standing(), Down);
    table.only(seconds(24), &BTreeMap::from([(1, 20)]));
    assert_eq!(at(&mut table, 25), Up);
}

/// Whatever happens in whatever order, without delays it counts what runs.
#[test]
fn without_delays_the_count_is_that_of_a_set() {
    let mut table = begun(rules(10, Some(20), 0, 0), &[]);
    let (mut running, mut random) = (BTreeMap::new(), 1u32);
    for step in 0..100_000u64 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (pid, birth) = ((random >> 16) & 31, u64::from((random >> 24) & 1));
        let now = Duration::from_millis(step);
        match random >> 28 {
            0..8 => {
                table.runs(now, pid, birth);
                running.insert(pid, birth);
            }
            8..15 => {
                table.ends(now, pid);
                running.remove(&pid);
            }
            _ => table.only(now, &running),
        }
        assert_eq!(table.running(), number(running.len()));
        assert_eq!(table.standing() == Up, (10..=20).contains(&running.len()), "{step}");
        assert_eq!(table.deadline(), None);
    }
}

/// With delays: a deadline lies ahead, nothing is forgotten, and in the end it is as without.
#[test]
fn with_delays_everything_settles() {
    let mut random = 7u32;
    for _ in 0..200 {
        let mut table = begun(rules(3, None, 3, 4), &[]);
        let mut running = BTreeMap::new();
        let mut now = Duration::ZERO;
        for _ in 0..200 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            now += Duration::from_millis(u64::from((random >> 20) & 1023));
            let pid = (random >> 12) & 7;
            if random >> 31 == 0 {
                table.runs(now, pid, 0);
                running.insert(pid, 0u64);
            } else {
                table.ends(now, pid);
                running.remove(&pid);
            }
            assert!(table.deadline().is_none_or(|deadline| deadline > now));
            let is_mixed = table.is_fork_delay_running() && table.is_terminate_delay_running();
            assert!(!is_mixed, "a new one takes the place of one that ended");
        }
        table.advance(now + Duration::from_secs(5));
        assert_eq!(table.deadline(), None);
        assert_eq!(table.standing() == Up, running.len() >= 3);
    }
}
