//! The language: what the words of a file become before they mean anything.

use std::path::Path;

use keepalived_conf::tree::{Data, Section, Value};
use keepalived_conf::{Memory, Options, Outcome, Severity, System};

fn read_as(id: &str, files: &Memory) -> Outcome {
    let mut options = Options::default();
    options.config_id = id.into();
    options.reads_environment = false;
    keepalived_conf::read(files, Path::new("etc/keepalived.conf"), &options).unwrap()
}

fn read(text: &str) -> Outcome {
    read_as("me", &Memory::new().with("etc/keepalived.conf", text))
}

/// What is wrong, as "line: message".
fn problems(outcome: &Outcome) -> Vec<String> {
    let shown = outcome.diagnostics.iter().filter(|one| one.severity != Severity::Note);
    shown
        .map(|one| {
            let place = one.span.map(|span| outcome.diagnostics.place(span)).unwrap_or_default();
            let line = place.rsplit(':').next().unwrap_or_default().to_owned();
            format!("{line}: {}", one.message)
        })
        .collect()
}

/// The names and priorities of the instances.
fn instances(outcome: &Outcome) -> Vec<(String, u8)> {
    let instances = outcome.configuration.instances.iter();
    instances.map(|instance| (instance.name.clone(), instance.priority)).collect()
}

fn instance(name: &str, body: &str) -> String {
    format!(
        "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{ \
         192.0.2.1 }}\n{body}\n}}\n"
    )
}

fn router_id(text: &str) -> String {
    let outcome = read(&format!("{text}\n"));
    assert_eq!(problems(&outcome), Vec::<String>::new(), "{text}");
    outcome.configuration.global.router_id.unwrap_or_default()
}

#[test]
fn comments_end_a_line_unless_quoted_or_escaped() {
    for (text, expected) in [
        ("router_id a # b", "a"),
        ("router_id a!b", "a"),
        ("router_id a#b", "a"),
        ("router_id \"a#b ! c\"", "a#b ! c"),
        (r"router_id a\#b\!c", "a#b!c"),
        ("router_id ${_HASH}x${_BANG}", "#x!"),
        ("router_id \"a b\"", "a b"),
    ] {
        assert_eq!(router_id(&format!("global_defs {{ {text}\n}}")), expected, "{text}");
    }
    assert_eq!(router_id("global_defs{router_id x}#end"), "x");
}

#[test]
fn blocks_may_stand_anywhere_and_lines_end_in_any_way() {
    let one = instance("V", "priority 7");
    for text in [
        one.clone(),
        one.replace('\n', "\r\n"),
        one.replace(" {", "\n{\n").replace('}', "\n}\n"),
        format!("\u{feff}{one}"),
        one.replace('\n', "   # x\n\t "),
    ] {
        let outcome = read(&text);
        assert_eq!(problems(&outcome), Vec::<String>::new(), "{text}");
        assert_eq!(instances(&outcome), [("V".to_owned(), 7)], "{text}");
    }
}

#[test]
fn conditions_compare_the_config_id() {
    let text = instance("V", "@me priority 1\n@other priority 2\n@^me priority 3");
    let with = |id: &str| {
        let files = Memory::new().with("etc/keepalived.conf", text.clone());
        instances(&read_as(id, &files))[0].1
    };
    assert_eq!([with("me"), with("other"), with("third")], [1, 3, 3]);
}

#[test]
fn definitions_are_replaced_where_they_are_used() {
    let text = format!(
        "$P=5\n$Q=${{P}}0\n$BODY=\\\n priority $Q\\\n nopreempt\n$NAME=V\n{}$P=6\n{}",
        instance("${NAME}1", "$BODY"),
        instance("${NAME}2", "priority ${P}1").replace("_id 1", "_id 2")
    );
    let outcome = read(&text);
    assert_eq!(problems(&outcome), Vec::<String>::new());
    assert_eq!(instances(&outcome), [("V1".to_owned(), 50), ("V2".to_owned(), 61)]);
    assert!(!outcome.configuration.instances[0].preempt);
    // What is not defined stays as it is; one that uses itself ends.
    assert_eq!(router_id("global_defs { router_id $NONE\n}"), "$NONE");
    let endless = read("$A=x${A}\nglobal_defs {\nrouter_id ${A}\n}\n");
    assert_eq!(problems(&endless), ["3: the definitions that are used here never end"]);
    // It is wrong where it is used.
    let wrong = read(&format!("$P=many\n{}", instance("V", "priority $P")));
    assert_eq!(problems(&wrong), ["6: priority is many"]);
}

#[test]
fn generators_repeat_their_text() {
    let words = |text: &str| -> Vec<String> {
        let outcome = read(&format!("global_defs {{\nnotification_email {{\n{text}\n}}\n}}\n"));
        assert_eq!(problems(&outcome), Vec::<String>::new(), "{text}");
        outcome.configuration.global.mail.recipients
    };
    assert_eq!(words("~SEQ(n, 3) a${n}"), ["a1", "a2", "a3"]);
    assert_eq!(words("~SEQ(n, 0x10, -8, 0) ${n}"), ["16", "8", "0"]);
    assert_eq!(words("~SEQx(n, 9, 11) ${n}"), ["9", "a", "b"]);
    assert_eq!(words("~SEQ(a, 2) ~SEQ(b, 2) ${a}${b}"), ["11", "12", "21", "22"]);
    assert_eq!(words("~LST(v, x, y) ${v}"), ["x", "y"]);
    assert_eq!(words("~LST({v,w}, {x,1}, {y}) ${v}-${w}"), ["x-1", "y-"]);
    for (text, message) in [
        ("~SEQ(n, 1, 0, 5) x", "3: step 0 never leads from 1 to 5"),
        ("~SEQ(n, 99999999999) x", "3: it makes 99999999999 lines, allowed are 5000000"),
        ("~SEQ(n 3 x", "3: the closing parenthesis is missing"),
        ("~SEQ(n, --3) x", "3: \"--3\" is not a number"),
    ] {
        let outcome = read(&format!("global_defs {{\nnotification_email {{\n{text}\n}}\n}}\n"));
        assert_eq!(problems(&outcome), [message]);
    }
}

#[test]
fn what_grows_without_end_is_cut_off() {
    let doubling: String =
        (0..25).map(|n| format!("$D{}=\\\n${{D{n}}}\\\n${{D{n}}}\n", n + 1)).collect();
    for text in [
        format!("$D0=x\n{doubling}$D25\n"),
        "~SEQ(a,1,4000) ~SEQ(b,1,4000) x\n".to_owned(),
        "include keepalived.conf\ninclude keepalived.conf\n".to_owned(),
        format!("$B={}\n~SEQ(a,1,9999) x ${{B}}\n", "z".repeat(4000)),
    ] {
        let mut options = Options::default();
        options.most_lines = 10_000;
        let files = Memory::new().with("etc/keepalived.conf", text);
        let outcome =
            keepalived_conf::read(&files, Path::new("etc/keepalived.conf"), &options).unwrap();
        assert_eq!(outcome.diagnostics.worst(), Some(Severity::Fatal));
    }
}

/// A sparse file of a terabyte, and what is no file.
#[test]
fn files_that_cannot_be_configurations_are_refused() {
    let folder = std::env::temp_dir().join(format!("keepalived-conf-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (main, endless) = (folder.join("keepalived.conf"), folder.join("endless.conf"));
    std::fs::File::create(&endless).unwrap().set_len(1 << 40).unwrap();
    for (path, words) in [
        (endless.as_path(), "more than 67108864 octets"),
        (Path::new("/dev/zero"), "not a regular file"),
        (folder.as_path(), "not a regular file"),
    ] {
        let options = Options::default();
        let refused = keepalived_conf::read(&System::default(), path, &options).unwrap_err();
        let cause = std::error::Error::source(&refused).unwrap().to_string();
        assert!(cause.contains(words), "{cause}");
        let text = format!("include {}\n{}", path.display(), instance("A", ""));
        std::fs::write(&main, text).unwrap();
        let outcome = keepalived_conf::read(&System::default(), &main, &options).unwrap();
        assert!(!outcome.diagnostics.is_empty());
        assert_eq!(instances(&outcome).len(), 1, "what is besides is read");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn files_are_included_by_name_pattern_and_alternative() {
    let part = |name: &str, number: u8| {
        instance(name, &format!("priority {number}")).replace("_id 1", &format!("_id {number}"))
    };
    let files = |main: &str| {
        Memory::new()
            .with("etc/keepalived.conf", main)
            .with("etc/d/a.conf", part("A", 1))
            .with("etc/d/b.conf", part("B", 2))
            .with("etc/other.conf", "include d/b.conf\n")
    };
    let names = |main: &str| {
        let outcome = read_as("me", &files(main));
        instances(&outcome).into_iter().map(|(name, _)| name).collect::<String>()
    };
    assert_eq!(names("include d/*.conf\n"), "AB");
    assert_eq!(names("include d/{b,a}.conf\n"), "BA");
    assert_eq!(names("@me include d/a.conf\n@you include d/b.conf\n"), "A");
    // Relative to the file that includes.
    let deep = files("include sub/x.conf\n").with("etc/sub/x.conf", "include ../d/a.conf\n");
    assert_eq!(read_as("me", &deep).diagnostics.worst(), Some(Severity::Warning));
    assert_eq!(names("include other.conf\n"), "B");
    for (line, severity) in [
        ("include none.conf", Severity::Warning),
        ("include none-*.conf", Severity::Note),
        ("includer none.conf", Severity::Fatal),
        ("includem none-*.conf", Severity::Fatal),
        ("includew {d/a,none-*}.conf", Severity::Fatal),
        ("includeb d/{a,none}.conf", Severity::Fatal),
        ("includea d/{a,none}.conf", Severity::Fatal),
    ] {
        let outcome = read_as("me", &files(&format!("{line}\n")));
        assert_eq!(outcome.diagnostics.worst(), Some(severity), "{line}");
    }
    assert_eq!(names("includem d/{a,none}.conf\n"), "A");
}

#[test]
fn an_unknown_block_is_skipped_whole_and_all_problems_are_told() {
    let text = format!(
        "nonsense {{\n priority 3 {{ deep }}\n}}\n{}",
        instance("V", "priority\npriority 300\nprioritty 5\nstate ACTIVE\nadvert_int x")
    );
    assert_eq!(
        problems(&read(&text)),
        [
            "1: \"nonsense\" is not a keyword outside of blocks",
            "8: the value of priority is missing",
            "9: priority is 300",
            "10: \"prioritty\" is not a keyword in vrrp_instance",
            "11: state is ACTIVE",
            "12: advert_int is x",
        ]
    );
    let shown = read(&text).diagnostics.render(false);
    for part in [
        "--> etc/keepalived.conf:9:10",
        "9 | priority 300",
        "|          ^^^",
        "allowed are 1 to 255",
        "did you mean priority?",
        "allowed are MASTER, BACKUP",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
    assert_eq!(instances(&read(&text)), [("V".to_owned(), 100)]);
}

#[test]
fn braces_that_are_missing_or_too_many_are_told_where_they_are() {
    let whole = instance("V", "");
    for (text, expected) in [
        (whole.replace("V {", "V"), "1: the brace after vrrp_instance is missing"),
        (format!("{whole}}}\n"), "7: this brace closes nothing"),
        (
            whole.trim_end().trim_end_matches('}').to_owned(),
            "1: the block vrrp_instance is not closed",
        ),
        (whole.replace("V {", "V ｛"), "1: '｛' is a full-width character"),
        (whole.replace("eth0", "eth0 \"x"), "2: the closing quote is missing"),
    ] {
        let outcome = read(&text);
        assert_eq!(problems(&outcome)[0], expected, "{text}");
        assert_eq!(instances(&outcome).len(), 1, "{text}");
    }
}

#[test]
fn names_that_tutorials_still_carry_say_what_to_write() {
    for (text, word) in [
        ("lvs_sync_daemon eth0 V\n", "global_defs"),
        ("virtual_server 192.0.2.1 80 {\nnat_mask 255.255.255.0\n}\n", "remove"),
        (
            "virtual_server 192.0.2.1 80 {\nreal_server 192.0.2.2 80 {\nTCP_CHECK {\n\
             nb_get_retry 3\n}\n}\n}\n",
            "retry",
        ),
    ] {
        let outcome = read(text);
        let help = outcome.diagnostics.iter().find(|one| one.severity == Severity::Error);
        let help = help.and_then(|one| one.help.clone()).unwrap_or_default();
        assert!(help.contains(word), "{text}: {help}");
    }
}

#[test]
fn commands_are_cut_as_a_shell_does() {
    let text = r#"vrrp_script s { script "/bin/x 'a b' \"c\" d\\ e" nobody users
    }"#;
    let outcome = read(text);
    let script = &outcome.configuration.scripts[0].command;
    assert_eq!(script.arguments, ["/bin/x", "a b", "c", "d e"]);
    assert_eq!((script.user.as_deref(), script.group.as_deref()), (Some("nobody"), Some("users")));
}

#[test]
fn secrets_are_neither_shown_nor_debugged() {
    for line in [
        "auth_pass hunter2 hunter2",
        "auth_type PASS auth_pass hunter2",
        "auth_pas hunter2",
        "auth_passwd hunter2",
        "auth_pass \"hunter2",
        "auth_pass hunter2\0",
        "auth_pass hunter2hunter2",
    ] {
        for text in [
            instance("V", &format!("authentication {{\nauth_type PASS\n{line}\n}}")),
            instance("V", line),
        ] {
            let outcome = read(&text);
            let shown = outcome.diagnostics.render(false);
            assert!(!shown.contains("hunter2"), "{line}:\n{shown}");
            let debugged = format!("{outcome:?}");
            assert!(!debugged.contains("hunter2"), "{line}:\n{debugged}");
        }
    }
    let outcome = read(&instance("V", "authentication {\nauth_type PASS\nauth_pass hunter2\n}"));
    assert!(!format!("{outcome:?}").contains("hunter2"));
}

/// Every keyword of every block is known to the reader with a value that its own description allows.
#[test]
fn values_have_units() {
    let outcome = read(
        "virtual_server 192.0.2.1 80 {\ndelay_loop 1.5\nlvs_sched rr\nprotocol tcp\n\
         real_server 192.0.2.2 80 {\nweight 3\nTCP_CHECK {\nconnect_timeout 2\n}\n}\n}\n\
         bfd_instance B {\nneighbor_ip 192.0.2.3\nmin_rx 50\n}\n",
    );
    assert_eq!(problems(&outcome), Vec::<String>::new());
    let section = |section: &Section, name: &str| -> Section {
        match &section.get(name).unwrap().data {
            Data::Block(_, inner) => inner.clone(),
            other => panic!("{other:?}"),
        }
    };
    let server = section(&outcome.configuration.tree, "virtual_server");
    let time = |milliseconds| Value::Duration(std::time::Duration::from_millis(milliseconds));
    assert_eq!(server.value("delay_loop"), Some(&time(1500)));
    assert_eq!(server.value("lvs_sched"), Some(&Value::Word("rr")));
    let real = section(&server, "real_server");
    assert_eq!(real.value("weight"), Some(&Value::Integer(3)));
    let check = section(&real, "TCP_CHECK");
    assert_eq!(check.value("connect_timeout"), Some(&time(2000)));
    let bfd = section(&outcome.configuration.tree, "bfd_instance");
    assert_eq!(bfd.value("min_rx"), Some(&time(50)));
}
