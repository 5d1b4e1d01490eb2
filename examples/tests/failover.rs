//! The main job, on real sockets: as root and as an ordinary user.
//!
//! Needs root and setpriv, and fails without.

use std::process::Command;

use serde_json::Value;

fn rounds(output: &std::process::Output) -> (String, Vec<Value>) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8_lossy(&output.stdout);
    let result: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let mode = result["mode"].as_str().unwrap().to_owned();
    (mode, result["rounds"].as_array().unwrap().clone())
}

#[test]
fn twenty_of_twenty_kills_are_taken_over_within_5_ms_of_the_bound() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failover"));
    let output = command.args(["--json", "--kills", "20"]).output().unwrap();
    let (mode, rounds) = rounds(&output);
    assert_eq!(mode, "namespaces");
    let count = |kind: &str| rounds.iter().filter(|round| round["kind"] == kind).count();
    assert_eq!((count("kill"), count("graceful")), (20, 3));
    for round in rounds {
        let milliseconds = |name: &str| round[name].as_f64().unwrap();
        let over = milliseconds("takeover_ms") - milliseconds("bound_ms");
        if round["kind"] == "preempt" {
            // A live router is replaced within its interval, and hardly anybody notices.
            assert!(over <= 5.0 && milliseconds("outage_ms") < 50.0, "{round}");
        } else {
            assert!((0.0..5.0).contains(&over), "{round}");
            let outage = milliseconds("outage_ms");
            assert!(outage > 0.0 && outage < milliseconds("takeover_ms") + 10.0, "{round}");
        }
    }
}

#[test]
fn an_ordinary_user_gets_it_as_well() {
    // Somewhere that everybody may read.
    let folder = lab::Folder::new().unwrap();
    let program = folder.file("failover");
    std::fs::copy(env!("CARGO_BIN_EXE_failover"), &program).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all"])
        .args([&program, "--json", "--kills", "1"])
        .output()
        .unwrap();
    let (mode, rounds) = rounds(&output);
    // Where the kernel forbids user namespaces it says so and simulates.
    assert!(mode == "userns" || mode == "simulated", "{mode}");
    assert_eq!(rounds.len(), 4);
}
