use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use healthcheck::probes::{
    Http, HttpError, HttpVersion, Pattern, PatternOption, ProbeError, StatusSet, Url,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{LIMIT, is_fit, nobody, probe, says, server};

const PAGE: &str = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";
/// Of `hello`.
const MD5: [u8; 16] = [
    0x5d, 0x41, 0x40, 0x2a, 0xbc, 0x4b, 0x2a, 0x76, 0xb9, 0x71, 0x9d, 0x91, 0x10, 0x17, 0xc5, 0x92,
];

async fn ask(answer: impl Into<Vec<u8>>, url: Url) -> super::Answer {
    probe(&Http::new(says(answer).await, None, [url]).unwrap()).await
}

fn root() -> Url {
    Url::new("/")
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(text, []).unwrap()
}

#[tokio::test]
async fn a_status_is_good_or_not() {
    is_fit(&ask(PAGE, root()).await);
    is_fit(&ask("HTTP/1.1 204 No Content\r\n\r\n", root()).await);
    for (status, is_good) in [(199, false), (200, true), (299, true), (300, false), (404, false)] {
        let answer = format!("HTTP/1.0 {status} x\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(ask(answer, root()).await.is_ok(), is_good, "{status}");
    }
    // A redirect is good when it is said to be, and is not followed.
    let redirect = "HTTP/1.0 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    let error = ask(redirect, root()).await.unwrap_err();
    assert_eq!(error.to_string(), "HTTP status is 302, allowed is 200-299");
    let status = StatusSet::new([200..=200, 301..=302]);
    is_fit(&ask(redirect, root().status(status.clone())).await);
    assert_eq!(status.to_string(), "200, 301-302");
}

#[tokio::test]
async fn a_digest_is_that_of_the_body() {
    is_fit(&ask(PAGE, root().digest(MD5)).await);
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    is_fit(&ask(chunked, root().digest(MD5)).await);
    // Until the end of the connection.
    is_fit(&ask("HTTP/1.0 200 OK\r\n\r\nhello", root().digest(MD5)).await);
    let error = ask(PAGE.replace("hello", "hullo"), root().digest(MD5)).await.unwrap_err();
    assert!(matches!(error, ProbeError::Digest { .. }), "{error}");
    assert!(error.to_string().ends_with("allowed is 5d41402abc4b2a76b9719d911017c592"), "{error}");
    // Half of a body is none.
    let short = PAGE.replace("Content-Length: 5", "Content-Length: 9");
    let error = ask(short, root().digest(MD5)).await.unwrap_err();
    assert!(matches!(error, ProbeError::Protocol { .. }), "{error}");
}

#[tokio::test]
async fn a_pattern_matches_or_does_not() {
    for (pattern, is_good) in [
        (pattern("l+o$"), true),
        (pattern("^ello"), false),
        (pattern("^ello").no_match(), true),
        (pattern("hello").no_match(), false),
        (Pattern::new("HEL", [PatternOption::Caseless]).unwrap(), true),
        (Pattern::new("h e # of it", [PatternOption::Extended]).unwrap(), true),
        (pattern("l").begins(2..=9), true),
        (pattern("h").begins(1..=9), false),
        (pattern("o").begins(0..=3), false),
        (pattern("o").begins(99..=100), false),
    ] {
        let text = format!("{pattern:?}");
        let found = ask(PAGE, root().pattern(pattern)).await;
        assert_eq!(found.is_ok(), is_good, "{text}: {found:?}");
    }
    let error = ask(PAGE, root().pattern(pattern("x"))).await.unwrap_err();
    assert_eq!(error.to_string(), "the body does not match");
    let error = Pattern::new("(?=x)", []).unwrap_err();
    assert!(error.to_string().contains("look-around"), "{error}");
}

/// What a server hears.
async fn heard(make: impl FnOnce(Http) -> Http, host: Option<&str>, url: Url) -> String {
    let heard = Arc::new(Mutex::new(String::new()));
    let ear = Arc::clone(&heard);
    let endpoint = server(move |mut stream| {
        let ear = Arc::clone(&ear);
        async move {
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            *ear.lock().unwrap() = String::from_utf8_lossy(&request[..length]).into_owned();
            let _ = stream.write_all(PAGE.as_bytes()).await;
        }
    })
    .await;
    let target = endpoint.target().to_string();
    is_fit(&probe(&make(Http::new(endpoint, host, [url]).unwrap())).await);
    heard.lock().unwrap().replace(&target, "TARGET")
}

#[tokio::test]
async fn requests_are_those_of_keepalived() {
    assert_eq!(
        heard(|http| http, None, Url::new("/page?a=b")).await,
        "GET /page?a=b HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: TARGET\r\n\r\n"
    );
    let close = "\r\nConnection: close\r\n";
    let request =
        heard(|http| http.version(HttpVersion::V1_0Close), Some("www.example"), root()).await;
    assert!(request.starts_with("GET / HTTP/1.0\r\n") && request.contains(close), "{request}");
    assert!(request.contains("\r\nHost: www.example\r\n"), "{request}");
    let url = root().host("other.example");
    let request = heard(|http| http.version(HttpVersion::V1_1), Some("www.example"), url).await;
    assert!(request.starts_with("GET / HTTP/1.1\r\n") && request.contains(close), "{request}");
    assert!(request.contains("\r\nHost: other.example\r\n"), "{request}");
}

#[tokio::test]
async fn each_url_is_a_step() {
    let urls = [root(), root().digest(MD5), root().digest([0; 16])];
    let http = Http::new(says(PAGE).await, None, urls).unwrap();
    assert_eq!(http.steps().get(), 3);
    for (step, is_good) in [(0, true), (1, true), (2, false)] {
        use healthcheck::probes::Probe;
        assert_eq!(http.probe(step).await.is_ok(), is_good, "{step}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let none = Http::new(nobody().await, None, []).unwrap_err();
    assert_eq!(none, HttpError::NoUrl);
    let path = Http::new(nobody().await, None, [Url::new("/a b")]).unwrap_err();
    assert!(matches!(path, HttpError::Path { .. }), "{path}");
    let host = Http::new(nobody().await, Some("a\nb"), [root()]).unwrap_err();
    assert_eq!(host.to_string(), "host is \"a\\nb\", allowed are visible octets");
}

#[tokio::test]
async fn whatever_a_server_does_there_is_an_end() {
    let is_refused = |error: &ProbeError| matches!(error, ProbeError::Connect(_));
    let error = probe(&Http::new(nobody().await, None, [root()]).unwrap()).await.unwrap_err();
    assert!(is_refused(&error), "{error}");

    // It accepts and says nothing.
    let begin = Instant::now();
    let silent = server(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    });
    let error = probe(&Http::new(silent.await, None, [root()]).unwrap()).await.unwrap_err();
    assert!(matches!(error, ProbeError::Timeout { .. }), "{error}");
    assert!(begin.elapsed() < LIMIT * 2, "{:?}", begin.elapsed());

    // It says one octet at a time.
    let begin = Instant::now();
    let slow = server(|mut stream| async move {
        for octet in PAGE.repeat(100).into_bytes() {
            tokio::time::sleep(LIMIT / 3).await;
            if stream.write_all(&[octet]).await.is_err() {
                break;
            }
        }
    });
    let error = probe(&Http::new(slow.await, None, [root()]).unwrap()).await.unwrap_err();
    assert!(matches!(error, ProbeError::Timeout { .. }), "{error}");
    assert!(begin.elapsed() < LIMIT * 5, "{:?}", begin.elapsed());

    // It never ends.
    for (head, url) in [
        ("HTTP/1.0 200 OK\r\n\r\n", root().digest(MD5)),
        ("HTTP/1.0 200 OK\r\n\r\n", root().pattern(pattern("never"))),
        ("HTTP/1.0 200 OK\r\n", root()),
        ("HTTP/1.0 200 OK\r\nX: ", root()),
        ("HTTP/1.0 200 O", root()),
    ] {
        let endless = server(move |mut stream| async move {
            let _ = stream.write_all(head.as_bytes()).await;
            let more = "X-Y: z\r\n".repeat(8192).into_bytes();
            while stream.write_all(&more).await.is_ok() {}
        });
        let endpoint = endless.await.timeout(Duration::from_secs(10));
        let error = probe(&Http::new(endpoint, None, [url]).unwrap()).await.unwrap_err();
        let is_cut = matches!(error, ProbeError::TooLong { .. } | ProbeError::Protocol { .. });
        assert!(is_cut, "{head:?}: {error}");
    }
    // Of a body of which nothing is wanted the begin is enough.
    let endless = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n").await;
        while stream.write_all(&[0; 8192]).await.is_ok() {}
    });
    is_fit(&probe(&Http::new(endless.await, None, [root()]).unwrap()).await);

    // What is no HTTP.
    for nonsense in [
        &b""[..],
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.0 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"\x00\xff\x00\xff\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let error = ask(nonsense, root().digest(MD5)).await.unwrap_err();
        assert!(matches!(error, ProbeError::Protocol { .. }), "{nonsense:?}: {error}");
    }
    // What is compressed is taken as it comes.
    let zipped = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b";
    is_fit(&ask(zipped, root()).await);
}
