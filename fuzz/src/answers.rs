use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use healthcheck::probes::{
    Dns, Endpoint, Http, HttpVersion, Pattern, Probe, RecordType, Reply, Smtp, Udp, Url,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::Runtime;

const PATIENCE: Duration = Duration::from_millis(20);
const EVERYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A server on the loopback interface answers a probe with these octets: the first says to which probe. Whoever is fit
/// has said what makes it so.
pub fn answers(octets: &[u8]) {
    thread_local! {
        static RUNTIME: Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
    }
    let Some((kind, answer)) = octets.split_first() else { return };
    RUNTIME.with(|runtime| runtime.block_on(ask(*kind, answer)));
}

async fn ask(kind: u8, answer: &[u8]) {
    match kind % 8 {
        0 => by_datagram(answer, |endpoint| {
            Box::new(Dns::new(endpoint, "example.org", RecordType::A).expect("a name"))
        })
        .await
        .then(|| assert!(answer.len() >= 12, "no header of DNS")),
        1 => by_datagram(answer, |endpoint| {
            let reply = Reply::any().begin(vec![(b'o', 0xff), (b'k', 0xdf)]);
            Box::new(Udp::new(endpoint, "ping").reply(reply))
        })
        .await
        .then(|| assert!(answer.starts_with(b"ok") || answer.starts_with(b"oK"))),
        2 => by_stream(answer, |endpoint| {
            Box::new(Smtp::new(endpoint, "fuzz.example.org").expect("a name"))
        })
        .await
        .then(|| assert!(has(answer, b"220") && has(answer, b"250"))),
        kind => {
            let url = match kind {
                3 => Url::new("/").digest([7; 16]),
                4 => Url::new("/").pattern(Pattern::new("(a|b)*c{2,3}", []).expect("it is one")),
                5 => Url::new("/").pattern(Pattern::new("x", []).expect("it is one").begins(1..=9)),
                _ => Url::new("/"),
            };
            let version = if kind == 7 { HttpVersion::V1_1 } else { HttpVersion::V1_0 };
            by_stream(answer, |endpoint| {
                Box::new(Http::new(endpoint, None, [url]).expect("one address").version(version))
            })
            .await
            .then(|| {
                assert!(answer.starts_with(b"HTTP/1"), "no HTTP");
                assert!(kind != 3, "nobody has a page with this digest");
                assert!(kind != 4 || has(answer, b"c"), "it does not match");
            })
        }
    };
}

fn has(octets: &[u8], wanted: &[u8]) -> bool {
    octets.windows(wanted.len()).any(|window| window == wanted)
}

/// Whether a server is fit that says this and closes.
async fn by_stream(answer: &[u8], probe: impl FnOnce(Endpoint) -> Box<dyn Probe>) -> bool {
    let listener = TcpListener::bind(EVERYWHERE).await.expect("a port is free");
    let target = listener.local_addr().expect("it has an address");
    let probe = probe(Endpoint::new(target).timeout(PATIENCE));
    let serve = async {
        let (mut stream, _) = listener.accept().await.expect("the probe comes");
        // What the probe does not want to hear it does not take.
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    };
    tokio::select! {
        found = probe.probe(0) => found.is_ok(),
        () = async { serve.await; std::future::pending().await } => false,
    }
}

/// Whether a server is fit that answers with this; the first two octets are those of the question, as DNS wants it.
async fn by_datagram(answer: &[u8], probe: impl FnOnce(Endpoint) -> Box<dyn Probe>) -> bool {
    let socket = UdpSocket::bind(EVERYWHERE).await.expect("a port is free");
    let target = socket.local_addr().expect("it has an address");
    let probe = probe(Endpoint::new(target).timeout(PATIENCE));
    let serve = async {
        let mut question = [0; 512];
        let (length, from) = socket.recv_from(&mut question).await.expect("a question comes");
        let mut answer = answer.to_vec();
        if length > 12 && answer.len() > 2 {
            answer[..2].copy_from_slice(&question[..2]);
        }
        let _ = socket.send_to(&answer, from).await;
    };
    tokio::select! {
        found = probe.probe(0) => found.is_ok(),
        () = async { serve.await; std::future::pending().await } => false,
    }
}
