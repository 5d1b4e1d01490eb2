//! `director genhash` beside keepalived's.
//!
//! Needs keepalived's genhash, and fails without.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};

/// Answers each request with its own lines, sorted, and octets that are not printed. Its field is in lower case, as
/// director shows them all.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let mut lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            lines.sort();
            let body = lines.join("\n") + "\n\u{0}\u{ff}";
            let head = format!("HTTP/1.1 404 Not Here\r\ncontent-length: {}\r\n\r\n", body.len());
            // A client that is gone is no reason to end.
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    address
}

fn ours(words: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_director");
    Command::new(program).arg("genhash").args(words).output().unwrap()
}

/// Both with the same words.
fn both(words: &[&str]) -> [Output; 2] {
    [ours(words), Command::new("/usr/bin/genhash").args(words).output().unwrap()]
}

#[test]
fn digests_are_those_of_keepalived() {
    let port = server().port().to_string();
    let base = ["-s", "127.0.0.1", "-p", &port, "-u", "/some?page"];
    let more: [&[&str]; 5] = [
        &[],
        &["-V", "www.example"],
        &["-P", "1.1"],
        &["--protocol", "1.0c", "--use-virtualhost", "www.example:81"],
        &["-t", "5"],
    ];
    for more in more {
        let [ours, theirs] = both(&[&base[..], more].concat());
        assert_eq!(ours.stdout.len(), 33, "{ours:?}");
        assert_eq!(ours.stdout, theirs.stdout, "{more:?}");
        assert!(ours.status.success());
    }
}

#[test]
fn verbose_shows_what_keepalived_shows() {
    let port = server().port().to_string();
    let [ours, theirs] = both(&["-v", "-s", "127.0.0.1", "-p", &port, "-u", "/"]);
    // The last line is how long it took.
    let lines = |output: &Output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_once("Global response time for [/] = ").unwrap().0.to_owned()
    };
    assert_eq!(lines(&ours), lines(&theirs));
}

#[test]
fn whoever_does_not_answer_has_no_digest() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let output = ours(&["-s", "127.0.0.1", "-p", &port, "-u", "/"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("connecting failed"), "{output:?}");
    // Not HTTP: an SMTP server, say.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || listener.accept().unwrap().0.write_all(b"220 mail.example\r\n"));
    let output = ours(&["-s", "127.0.0.1", "-p", &port, "-u", "/"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{output:?}");
}
