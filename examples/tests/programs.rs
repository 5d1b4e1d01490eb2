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
    assert_eq!(answers[1]["detail"], "TTL or hop limit is 64, allowed is 255");
    assert_eq!(answers[2]["fields"]["auth_type"], 2);
    let errors: Vec<&Value> = answers[3..].iter().map(|answer| &answer["error"]).collect();
    assert_eq!(errors, ["auth_failure", "auth_failure", "bad_input", "bad_input"]);
}

#[test]
fn failover_on_the_simulated_lan_keeps_the_bounds() {
    let folder = lab::Folder::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_failover"))
        .args(["--simulated", "--json", "--kills", "5", "--out"])
        .arg(folder.path())
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
    let picture = std::fs::read_to_string(folder.file("failover.svg")).unwrap();
    assert!(picture.starts_with("<svg"));

    // The capture is one that vrrp-dump reads, and every packet in it is right.
    let dump = Command::new(env!("CARGO_BIN_EXE_vrrp-dump"))
        .arg(folder.file("failover.pcap"))
        .output()
        .unwrap();
    let text = String::from_utf8(dump.stdout).unwrap();
    assert!(text.lines().count() > 100);
    for line in text.lines() {
        assert!(line.contains("> 224.0.0.18: VRRPv3 Advertisement, vrid 51, prio "), "{line}");
        assert!(line.ends_with("addrs: 10.77.0.100 [ok, checksum of RFC 5798]"), "{line}");
    }
}

/// The vectors of vrrp-proto, asked of the program.
#[test]
fn vrrp_dump_knows_every_vector() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../vrrp-proto/tests/vectors");
    let (mut questions, mut expected) = (String::new(), Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for block in text.split("\n\n").skip(1) {
            let line = |word: &str| block.lines().find_map(|line| line.strip_prefix(word));
            let mut question = json!({ "name": line("case ").unwrap() });
            if let Some(ip) = line("ip ") {
                question["ip_hex"] = ip.into();
            } else {
                let message = line("message from ").unwrap();
                let (head, hex) = message.split_once(": ").unwrap_or((message, ""));
                let head = head.trim_end_matches(':');
                let words: Vec<&str> = head.split(' ').collect();
                question["hex"] = hex.trim().into();
                question["src"] = words[0].into();
                question["dst"] = words[2].into();
                question["ttl"] = words[4].parse::<u8>().unwrap().into();
            }
            if let Some(secret) = line("secret ") {
                question["ah"] = json!({ "key": secret });
            }
            questions += &format!("{question}\n");
            expected.push(block.trim_end().lines().last().unwrap().to_owned());
        }
    }
    let answers = vrrp_dump(&questions);
    assert_eq!(answers.len(), expected.len());
    for (answer, expected) in answers.iter().zip(expected) {
        if let Some(kinds) = expected.strip_prefix("refused ") {
            let kind = if answer["ok"] == true { "ok" } else { answer["error"].as_str().unwrap() };
            assert!(kinds.split(" or ").any(|allowed| allowed == kind), "{answer}: {kinds}");
        } else {
            let fields = &answer["fields"];
            let addresses = fields["addresses"].as_array().unwrap().iter();
            let addresses: Vec<&str> = addresses.map(|address| address.as_str().unwrap()).collect();
            let start = format!(
                "holds version {} vrid {} priority {} interval ",
                fields["version"], fields["vrid"], fields["priority"]
            );
            assert!(expected.starts_with(&start), "{answer}: {expected}");
            let end = format!("addresses {}", addresses.join(" "));
            assert!(expected.ends_with(&end), "{answer}: {expected}");
        }
    }
}

/// A capture with microseconds in its timestamps, as Wireshark writes it, and one of a link type that
/// has no VRRP.
#[test]
fn vrrp_dump_reads_pcapng() {
    let block = |kind: u32, body: &[u8]| {
        let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
        [&kind.to_le_bytes()[..], &length, body, &length].concat()
    };
    let section = block(
        0x0a0d_0d0a,
        &[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255],
    );
    let interface = |link: u16| block(1, &[&link.to_le_bytes()[..], &[0; 6]].concat());
    let packet = [
        &[0x45, 0xc0, 0, 0x20, 0, 0, 0, 0, 0xff, 0x70, 0x18, 0x9a, 192, 0, 2, 1, 224, 0, 0, 18][..],
        &[0x31, 51, 106, 1, 0, 0x30, 0, 0, 192, 0, 2, 10],
    ]
    .concat();
    let at: u64 = (3600 + 61) * 1_000_000 + 5;
    let words =
        [0, u32::try_from(at >> 32).unwrap(), u32::try_from(at & 0xffff_ffff).unwrap(), 32, 32]
            .map(u32::to_le_bytes);
    let packet = block(6, &[words.as_flattened(), &packet].concat());
    let folder = lab::Folder::new().unwrap();
    let dump = |link: u16| {
        let file = folder.file("capture.pcapng");
        std::fs::write(&file, [&section[..], &interface(link), &packet].concat()).unwrap();
        Command::new(env!("CARGO_BIN_EXE_vrrp-dump")).arg(&file).output().unwrap()
    };
    let raw = String::from_utf8(dump(101).stdout).unwrap();
    assert_eq!(
        raw,
        "01:01:01.000005 IP 192.0.2.1 > 224.0.0.18: VRRPv3 Advertisement, vrid 51, prio 106, \
         intvl 48cs, addrs: 192.0.2.10 [ok, checksum of RFC 5798]\n"
    );
    let usb = dump(189);
    assert!(!usb.status.success());
    assert!(String::from_utf8_lossy(&usb.stderr).contains("is not supported"));
}
