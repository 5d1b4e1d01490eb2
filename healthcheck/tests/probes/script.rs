use std::time::{Duration, Instant};

use healthcheck::Weight;
use healthcheck::probes::{ProbeError, Script};

use super::{Answer, probe};

fn shell(line: &str) -> Script {
    Script::new("/bin/sh", Duration::from_millis(500)).arguments(["-c", line])
}

#[tokio::test]
async fn the_exit_status_says_it() {
    let run = |script: Script| async move { probe(&script).await };
    assert!(run(shell("exit 0")).await.is_ok());
    assert_eq!(run(shell("exit 3")).await.unwrap_err().to_string(), "the command exits with 3");
    let error = run(shell("kill -9 $$")).await.unwrap_err();
    assert_eq!(error.to_string(), "the command was ended by a signal");
    let weight = |found: Answer| match found {
        Ok(Weight::Is(weight)) => Some(weight),
        _ => None,
    };
    for (status, wanted) in [(1, None), (2, Some(0)), (12, Some(10)), (255, Some(253))] {
        let found = run(shell(&format!("exit {status}")).says_weight()).await;
        assert_eq!(weight(found), wanted, "{status}");
    }
    assert!(matches!(run(shell("exit 0").says_weight()).await, Ok(Weight::Configured)));
}

#[tokio::test]
async fn what_cannot_be_run_is_a_failure() {
    for program in ["/nonexistent", "/etc/passwd", "/"] {
        let error = probe(&Script::new(program, Duration::from_secs(1))).await.unwrap_err();
        assert!(error.to_string().starts_with("the command cannot be run: "), "{error}");
        assert_eq!(error.outcome(), healthcheck::Outcome::Failure);
    }
}

fn runs(word: &str) -> bool {
    let listed = std::process::Command::new("pgrep").args(["-f", word]).output().unwrap();
    listed.status.success()
}

#[tokio::test]
async fn one_that_takes_too_long_is_ended_with_all_its_children() {
    let begin = Instant::now();
    let error = probe(&shell("sleep 4711.1")).await.unwrap_err();
    assert!(matches!(error, ProbeError::Timeout { .. }), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(2));
    // One that does not listen, has children, and prints.
    let line = "trap '' TERM; sleep 4711.2 & yes & while :; do sleep 0.01; done";
    let error = probe(&shell(line)).await.unwrap_err();
    assert!(matches!(error, ProbeError::Timeout { .. }), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(6));
    assert!(!runs("sleep 4711"));
}

#[tokio::test]
async fn one_that_is_given_up_is_ended() {
    let script = Script::new("/bin/sleep", Duration::from_secs(60)).arguments(["4712.1"]);
    assert!(tokio::time::timeout(Duration::from_millis(200), probe(&script)).await.is_err());
    let end = Instant::now() + Duration::from_secs(5);
    while runs("sleep 4712") {
        assert!(Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_file_has_a_number() {
    let path = std::env::temp_dir().join(format!("healthcheck-number-{}", std::process::id()));
    let read = |factor| {
        let file = healthcheck::probes::File::new(&path, factor);
        async move { probe(&file).await }
    };
    // It is not there.
    assert!(matches!(read(2).await, Ok(Weight::By(0))));
    for (text, number) in [("7\n", 7), ("-3", -3), ("  12 apples", 12), ("none", 0), ("", 0)] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(read(2).await, Ok(Weight::By(by)) if by == 2 * number), "{text}");
        assert_eq!(read(0).await.is_ok(), number == 0, "{text}");
    }
    std::fs::write(&path, "2147483648").unwrap();
    assert!(read(-1).await.is_err());
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(read(1).await.unwrap_err().outcome(), healthcheck::Outcome::NotRun);
    std::fs::remove_dir(&path).unwrap();
}
