use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use director::Director;
use director::config::{Source, check_in};
use director::status::{Listener, ServeError, Server, serve};
use keepalived_conf::Memory;
use tokio::runtime::Runtime;

/// A director without routers, whose status is served.
struct Daemon {
    path: PathBuf,
    _served: (Runtime, Director, Server),
}

static DAEMON: LazyLock<Daemon> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let (path, director, server) = {
        let _inside = runtime.enter();
        let files = Memory::new().with("/keepalived.conf", &b"global_defs {\n}\n"[..]);
        let checked = check_in(&files, &Source::new("/keepalived.conf")).expect("it is there");
        let director = Director::start(checked).expect("it needs root");
        // The first that no other process serves: sockets stay behind when a fuzzer ends.
        let served = (0..100).find_map(|number| {
            let path = std::env::temp_dir().join(format!("fuzz-control-{number}.sock"));
            match serve(&director, &Listener::Unix(path.clone())) {
                Ok(server) => Some((path, server)),
                Err(ServeError::InUse(_)) => None,
                Err(error) => panic!("{error}"),
            }
        });
        let (path, server) = served.expect("one of a hundred is free");
        (path, director, server)
    };
    Daemon { path, _served: (runtime, director, server) }
});

/// A client of the control socket sends these octets, the first of which says in what pieces. It is answered by HTTP or not
/// at all, and the next client gets the status.
pub fn control(octets: &[u8]) {
    let Some((pieces, request)) = octets.split_first() else { return };
    let answer = ask(request, usize::from(*pieces));
    if !answer.is_empty() {
        assert!(answer.starts_with(b"HTTP/1."), "no HTTP");
        let status = answer.get(9..12).unwrap_or(&[]);
        let known: [&[u8]; 6] = [b"200", b"400", b"404", b"405", b"414", b"431"];
        assert!(known.contains(&status), "status {}", String::from_utf8_lossy(status));
        if status == b"200" {
            let line =
                request.trim_ascii_start().split(|octet| *octet == b'\n').next().unwrap_or(&[]);
            let has = |wanted: &[u8]| line.windows(wanted.len()).any(|window| window == wanted);
            assert!(line.starts_with(b"GET ") && (has(b"/status") || has(b"/metrics")));
        }
    }
    let answer = ask(b"GET /status HTTP/1.1\r\nHost: here\r\n\r\n", 0);
    let shown = String::from_utf8_lossy(&answer);
    assert!(shown.starts_with("HTTP/1.1 200 OK\r\n"), "the next one gets {shown:?}");
    assert!(answer.trim_ascii_end().ends_with(b"}"), "the answer is not whole");
}

fn ask(request: &[u8], pieces: usize) -> Vec<u8> {
    let mut stream = UnixStream::connect(&DAEMON.path).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("it can be set");
    for piece in request.chunks(pieces.max(request.len() / 8).max(1)) {
        // It may have heard enough.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("it does not end"),
        // It was closed before all was taken.
        Ok(_) | Err(_) => answer,
    }
}
