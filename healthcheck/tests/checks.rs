//! What one check does, second by second.

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use healthcheck::{
    Action, CheckConfig, CheckId, Event, Health, Input, Outcome, Pace, Phase, PoolConfig, Run,
    ServerConfig, Timestamp, Weight,
};

const GOOD: Outcome = Outcome::Success(Weight::Configured);

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_epoch(Duration::from_secs_f64(seconds.max(0.0)))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One server with one check.
struct One {
    health: Health,
    check: CheckId,
    now: f64,
}

impl One {
    fn new(config: CheckConfig) -> Self {
        let mut health = Health::new();
        let pool = health.add_pool(PoolConfig::new());
        let server = health.add_server(pool, ServerConfig::new());
        let check = health.add_check(at(0.0), server, config, Phase::NOW);
        Self { health, check, now: 0.0 }
    }

    /// The run that begins at this time, and at no time before.
    #[track_caller]
    fn begins(&mut self, seconds: f64) -> (Run, u16) {
        assert_eq!(self.health.deadline(), Some(at(seconds)));
        if seconds > self.now {
            assert_eq!(self.health.due(at(seconds - 0.001)), None);
        }
        self.now = seconds;
        let actions = self.health.due(at(seconds)).unwrap();
        assert_eq!(self.health.due(at(seconds)), None);
        match actions.iter().next() {
            Some(Action::Run { check, run, step }) if check == self.check => (run, step),
            other => panic!("{other:?}"),
        }
    }

    /// The check is up or down after this; `None` when that is no news.
    #[track_caller]
    fn ends(&mut self, seconds: f64, run: Run, outcome: Outcome) -> Option<bool> {
        self.now = self.now.max(seconds);
        let input = Input::Finished { run, outcome };
        let actions = self.health.handle(at(seconds), self.check, input);
        let mut news = None;
        for action in actions {
            if let Action::Tell(Event::Check { is_up, .. }) = action {
                news = Some(is_up);
            }
        }
        news
    }

    /// A run that takes no time.
    #[track_caller]
    fn finds(&mut self, seconds: f64, outcome: Outcome) -> Option<bool> {
        let (run, _) = self.begins(seconds);
        self.ends(seconds, run, outcome)
    }
}

#[test]
fn the_period_is_counted_from_the_end() {
    let mut one = One::new(CheckConfig::new(seconds(10)));
    let (run, _) = one.begins(0.0);
    assert_eq!(one.health.deadline(), None);
    assert_eq!(one.ends(3.0, run, GOOD), None);
    assert_eq!(one.finds(13.0, GOOD), None);
}

#[test]
fn or_from_the_start_and_what_was_missed_is_left_out() {
    let mut one = One::new(CheckConfig::new(seconds(10)).pace(Pace::FromStart));
    let (run, _) = one.begins(0.0);
    assert_eq!(one.ends(3.0, run, GOOD), None);
    let (run, _) = one.begins(10.0);
    assert_eq!(one.ends(25.0, run, GOOD), None);
    one.begins(25.0);
}

#[test]
fn failures_have_a_grace_but_the_first_one() {
    let config =
        CheckConfig::new(seconds(10)).retries(2).delay_before_retry(Duration::from_millis(500));
    let mut one = One::new(config);
    assert_eq!(one.finds(0.0, Outcome::Failure), Some(false));
    assert_eq!(one.finds(10.0, GOOD), Some(true));
    assert_eq!(one.finds(20.0, Outcome::Failure), None);
    assert_eq!(one.finds(20.5, Outcome::Failure), None);
    // A success in between gives it all back.
    assert_eq!(one.finds(21.0, GOOD), None);
    assert_eq!(one.finds(31.0, Outcome::Failure), None);
    assert_eq!(one.finds(31.5, Outcome::Failure), None);
    assert_eq!(one.finds(32.0, Outcome::Failure), Some(false));
    // Down it is run at its period, and one success is enough.
    assert_eq!(one.finds(42.0, Outcome::Failure), None);
    assert_eq!(one.finds(52.0, GOOD), Some(true));
}

#[test]
fn it_may_need_several_successes() {
    let rise = NonZeroU32::new(3).unwrap();
    let mut one = One::new(CheckConfig::new(seconds(1)).rise(rise).begins_failed(true));
    for (time, outcome, news) in [
        (0.0, GOOD, None),
        (1.0, GOOD, None),
        (2.0, Outcome::Failure, None),
        (3.0, GOOD, None),
        (4.0, GOOD, None),
        (5.0, GOOD, Some(true)),
    ] {
        assert_eq!(one.finds(time, outcome), news, "{time}");
    }
}

#[test]
fn what_is_our_fault_changes_nothing() {
    let mut one = One::new(CheckConfig::new(seconds(1)).retries(0));
    assert_eq!(one.finds(0.0, Outcome::NotRun), None);
    // It has not been run: the first failure still counts at once.
    assert_eq!(one.finds(1.0, Outcome::Failure), Some(false));
    assert_eq!(one.finds(2.0, Outcome::NotRun), None);
    assert_eq!(one.finds(3.0, GOOD), Some(true));
}

#[test]
fn what_takes_too_long_is_ended_and_has_failed() {
    let mut one = One::new(CheckConfig::new(seconds(10)).limit(seconds(2)));
    let (run, _) = one.begins(0.0);
    assert_eq!(one.health.deadline(), Some(at(2.0)));
    let actions: Vec<Action> = one.health.due(at(2.0)).unwrap().into_iter().collect();
    assert_eq!(actions[0], Action::End { check: one.check, run });
    assert!(matches!(actions[1], Action::Tell(Event::Check { is_up: false, .. })));
    // What it says all the same changes nothing.
    assert_eq!(one.ends(3.0, run, GOOD), None);
    // Nor while another one runs.
    let (second, _) = one.begins(12.0);
    assert_ne!(second, run);
    assert_eq!(one.ends(12.5, run, GOOD), None);
    assert_eq!(one.ends(13.0, second, GOOD), Some(true));
}

#[test]
fn actions_say_whether_there_are_any() {
    let mut one = One::new(CheckConfig::new(seconds(10)));
    let begun = one.health.due(at(0.0)).unwrap();
    assert!(!begun.is_empty() && begun.iter().count() == 1);
    let Some(Action::Run { run, .. }) = begun.iter().next() else { panic!("{begun:?}") };
    let nothing = one.health.handle(at(0.0), one.check, Input::Finished { run, outcome: GOOD });
    assert!(nothing.is_empty() && nothing.iter().count() == 0);
}

#[test]
fn it_comes_up_after_all_steps_and_stays_at_the_one_that_failed() {
    let steps = NonZeroU16::new(3).unwrap();
    for hurries in [false, true] {
        let config = CheckConfig::new(seconds(10)).steps(steps).retries(0).hurries(hurries);
        let mut one = One::new(config);
        let mut time = 0.0;
        for (wanted, outcome, news) in [
            (0, GOOD, None),
            (1, Outcome::Failure, Some(false)),
            (1, GOOD, None),
            (2, Outcome::Failure, None),
            (2, GOOD, Some(true)),
            (0, GOOD, None),
        ] {
            let (run, step) = one.begins(time);
            assert_eq!(step, wanted);
            assert_eq!(one.ends(time, run, outcome), news);
            let is_between =
                outcome == GOOD && news.is_none() && !one.health.known(one.check).is_up();
            time += if hurries && is_between { 0.0 } else { 10.0 };
        }
    }
}

#[test]
fn it_can_be_suspended() {
    let mut one = One::new(CheckConfig::new(seconds(10)));
    let (run, _) = one.begins(0.0);
    let actions: Vec<Action> =
        one.health.handle(at(1.0), one.check, Input::Suspend).into_iter().collect();
    assert_eq!(actions, [Action::End { check: one.check, run }]);
    assert_eq!(one.health.deadline(), None);
    assert_eq!(one.ends(2.0, run, Outcome::Failure), None);
    one.now = 50.0;
    assert!(one.health.handle(at(50.0), one.check, Input::Resume).is_empty());
    assert_eq!(one.finds(50.0, GOOD), None);
}

#[test]
fn some_are_only_told() {
    let mut one = One::new(CheckConfig::told());
    assert_eq!(one.health.deadline(), None);
    for (outcome, count) in [(Outcome::Failure, 3), (Outcome::Failure, 0), (GOOD, 3)] {
        let actions = one.health.handle(at(1.0), one.check, Input::Told(outcome));
        // The check, the server, the quorum.
        assert_eq!(actions.iter().count(), count);
    }
    assert!(one.health.handle(at(1.0), one.check, Input::Resume).is_empty());
    assert_eq!(one.health.deadline(), None);
}

#[test]
fn first_runs_are_spread_over_the_warm_up() {
    let mut health = Health::new();
    let pool = health.add_pool(PoolConfig::new());
    let server = health.add_server(pool, ServerConfig::new());
    let config = CheckConfig::new(seconds(10)).warmup(seconds(4));
    health.add_check(at(0.0), server, config, Phase::of(u32::MAX / 2 + 1));
    assert_eq!(health.deadline(), Some(at(2.0)));
}

#[test]
fn another_check_goes_on_from_what_is_known() {
    let config = CheckConfig::new(seconds(10)).retries(1);
    let mut before = One::new(config);
    assert_eq!(before.finds(0.0, GOOD), None);
    assert_eq!(before.finds(10.0, Outcome::Failure), None);
    let mut after = One::new(config);
    after.health.resume(after.check, before.health.known(before.check));
    // The second failure is the second.
    assert_eq!(after.finds(0.0, Outcome::Failure), Some(false));
}

/// As far as it has as many.
#[test]
fn another_check_goes_on_at_the_same_step() {
    let config = |steps| {
        let steps = NonZeroU16::new(steps).unwrap();
        CheckConfig::new(seconds(10)).steps(steps).retries(0)
    };
    let mut before = One::new(config(5));
    for (time, step, outcome) in
        [(0.0, 0, GOOD), (10.0, 1, GOOD), (20.0, 2, GOOD), (30.0, 3, Outcome::Failure)]
    {
        let (run, at) = before.begins(time);
        assert_eq!(at, step);
        let _ = before.ends(time, run, outcome);
    }
    let known = before.health.known(before.check);
    for (steps, step) in [(5, 3), (4, 3), (2, 1), (1, 0)] {
        let mut after = One::new(config(steps));
        after.health.resume(after.check, known);
        assert_eq!(after.begins(0.0).1, step, "of {steps}");
    }
}

#[test]
fn time_does_not_go_back() {
    let mut one = One::new(CheckConfig::new(seconds(10)));
    let (run, _) = one.begins(5.0 - 5.0);
    assert_eq!(one.ends(100.0, run, GOOD), None);
    let (run, _) = one.begins(110.0);
    assert_eq!(one.ends(3.0, run, GOOD), None);
    one.begins(120.0);
}
