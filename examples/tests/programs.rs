//! The programs that need no privilege do what they say.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

fn vrrp_dump(input: &str) -> Vec<Value> {
    let mut process = Command::new(env!("CARGO_BIN_EXE_vrrp-dump"))
        .arg("--json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn vrrp_dump_answers_each_line_with_one() {
    let ah = "45c0004000010000ff3318b6c0000201e000001270040000c00002010000000199d6c8a2f327cb278f5b2c14\
              213364010201b6bfc000020a0000000000000000";
    let questions = [
        json!({"name": "v3", "hex": "31336401006405ccc000020a", "src": "192.0.2.1", "dst": "224.0.0.18", "ttl": 255}),
        json!({"name": "routed", "hex": "31336401006405ccc000020a", "src": "192.0.2.1", "dst": "224.0.0.18", "ttl": 64}),
        json!({"name": "ah", "ip_hex": ah, "ah": {"key": "7365637265740000"}}),
        json!({"name": "another key", "ip_hex": ah, "ah": {"key": "77726f6e67"}}),
        json!({"name": "no key", "ip_hex": ah}),
        json!({"name": "no hexadecimal", "ip_hex": "xy"}),
    ];
    let lines: Vec<String> = questions.iter().map(ToString::to_string).collect();
    let answers = vrrp_dump(&format!("{}\nno json\n", lines.join("\n")));
    let fields = json!({
        "version": 3, "type": 1, "vrid": 51, "priority": 100, "count": 1, "checksum": "05cc",
        "addresses": ["192.0.2.10"], "reserved": 0, "max_adver_int_cs": 100,
    });
    assert_eq!(answers[0], json!({"name": "v3", "ok": true, "fields": fields}));
    assert_eq!(answers[1]["error"], "bad_ttl");
    assert_eq!(answers[1]["detail"], "TTL or hop limit is 64, allowed are 255 to 255");
    assert_eq!(answers[2]["fields"]["auth_type"], 2);
    let errors: Vec<&Value> = answers[3..].iter().map(|answer| &answer["error"]).collect();
    assert_eq!(errors, ["auth_failure", "auth_failure", "bad_input", "bad_input"]);
}

#[test]
fn failover_on_the_simulated_lan_keeps_the_bounds() {
    let folder = std::env::temp_dir().join(format!("failover-{}", std::process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_failover"))
        .args(["--simulated", "--json", "--kills", "5", "--out"])
        .arg(&folder)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let result: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(result["mode"], "simulated");
    let rounds = result["rounds"].as_array().unwrap();
    let count = |kind: &str| rounds.iter().filter(|round| round["kind"] == kind).count();
    assert_eq!((count("kill"), count("graceful"), count("preempt")), (5, 3, 8));
    for round in rounds.iter().filter(|round| round["kind"] != "preempt") {
        let (takeover, bound) = (&round["takeover_ms"], &round["bound_ms"]);
        let over = takeover.as_f64().unwrap() - bound.as_f64().unwrap();
        // A packet takes up to 0.2 ms.
        assert!((0.0..=0.21).contains(&over), "{round}");
    }
    let picture = std::fs::read_to_string(folder.join("failover.svg")).unwrap();
    assert!(picture.starts_with("<svg"));
    std::fs::remove_dir_all(folder).unwrap();
}
