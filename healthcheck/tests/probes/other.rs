use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use healthcheck::Outcome;
use healthcheck::probes::{Dns, Endpoint, Ping, ProbeError, RecordType, Reply, Smtp, Tcp, Udp};
use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use lab::namespaces::Namespace;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UdpSocket;

use super::{Answer, LIMIT, endpoint, is_fit, nobody, probe, says, server};

#[tokio::test]
async fn tcp_wants_a_connection() {
    is_fit(&probe(&Tcp::new(says("").await)).await);
    let error = probe(&Tcp::new(nobody().await)).await.unwrap_err();
    assert!(matches!(error, ProbeError::Connect(_)), "{error}");
    assert_eq!(error.outcome(), Outcome::Failure);
}

#[tokio::test]
async fn it_goes_from_where_it_is_told_to() {
    let (sender, mut peers) = tokio::sync::mpsc::unbounded_channel();
    let endpoint = server(move |stream| {
        let _ = sender.send(stream.peer_addr().unwrap());
        async {}
    });
    let endpoint = endpoint.await.source_address(Ipv4Addr::new(127, 0, 0, 9).into());
    is_fit(&probe(&Tcp::new(endpoint.clone().interface("lo").mark(7))).await);
    let peer = peers.recv().await.unwrap();
    assert_eq!(peer.ip(), IpAddr::from([127, 0, 0, 9]));
    is_fit(&probe(&Tcp::new(endpoint.clone().source_port(peer.port() ^ 1))).await);
    let other = peers.recv().await.unwrap();
    assert_eq!((other.ip(), other.port()), (peer.ip(), peer.port() ^ 1));
    // An interface or an address that is not here is no fault of the server.
    for odd in [
        endpoint.clone().interface("nosuch0"),
        endpoint.source_address(Ipv4Addr::new(192, 0, 2, 9).into()),
    ] {
        let error = probe(&Tcp::new(odd)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotRun, "{error:?}");
    }
}

async fn greet(greeting: &'static str, reply: &'static str) -> Answer {
    let endpoint = server(move |stream| async move {
        let mut stream = BufReader::new(stream);
        // In pieces, as networks do.
        for piece in greeting.as_bytes().chunks(7) {
            let _ = stream.write_all(piece).await;
            tokio::task::yield_now().await;
        }
        let mut line = String::new();
        let _ = stream.read_line(&mut line).await;
        assert_eq!(line, "HELO probe.example\r\n");
        let _ = stream.write_all(reply.as_bytes()).await;
        let _ = stream.read_line(&mut line).await;
    });
    probe(&Smtp::new(endpoint.await, "probe.example").unwrap()).await
}

#[tokio::test]
async fn smtp_wants_to_be_greeted() {
    is_fit(&greet("220 mail.example ESMTP\r\n", "250 hello\r\n").await);
    // In several lines, and without text.
    is_fit(&greet("220-mail.example\r\n220-be good\r\n220 now\r\n", "250-a\r\n250 b\r\n").await);
    is_fit(&greet("220 mail.example\r\n", "250\r\n").await);
    let error = greet("220 mail.example\r\n", "502 what\r\n").await.unwrap_err();
    assert_eq!(error.to_string(), "SMTP status is 502, allowed is 250");
    for (greeting, is_told) in [("554 no\r\n", "554"), ("hello\r\n", "no SMTP")] {
        let error = probe(&smtp(says_first(greeting).await)).await.unwrap_err();
        assert!(error.to_string().contains(is_told), "{error}");
    }
    // Nothing, and no end.
    let error = probe(&smtp(says_first("").await)).await.unwrap_err();
    assert!(matches!(error, ProbeError::Timeout { .. }), "{error}");
    let endless = server(|mut stream| async move {
        let line = [&b"220-"[..], &[b'x'; 100], b"\r\n"].concat();
        while stream.write_all(&line).await.is_ok() {}
    });
    let error = probe(&smtp(endless.await)).await.unwrap_err();
    assert!(matches!(error, ProbeError::Protocol { .. } | ProbeError::TooLong { .. }), "{error}");
    assert!(Smtp::new(nobody().await, "a b").is_err());
}

fn smtp(endpoint: Endpoint) -> Smtp {
    Smtp::new(endpoint, "probe.example").unwrap()
}

/// Says this and nothing more.
async fn says_first(text: &'static str) -> Endpoint {
    server(move |mut stream| async move {
        let _ = stream.write_all(text.as_bytes()).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await
}

/// A server of datagrams that answers each with these.
async fn datagrams(answer: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> Endpoint {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            for answer in answer(&buffer[..length]) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    endpoint(address)
}

fn answer(question: &[u8], change: impl Fn(&mut Message)) -> Vec<u8> {
    let mut message = Message::from_vec(question).unwrap();
    assert!(message.metadata.recursion_desired);
    assert_eq!(message.queries[0].to_string(), "www.example. IN AAAA");
    message.metadata.message_type = MessageType::Response;
    change(&mut message);
    message.to_vec().unwrap()
}

#[tokio::test]
async fn dns_wants_an_answer_without_error() {
    let ask = |endpoint| async {
        probe(&Dns::new(endpoint, "www.example", RecordType::Aaaa).unwrap()).await
    };
    let good = datagrams(|question| vec![answer(question, |_| {})]);
    is_fit(&ask(good.await).await);
    let missing = datagrams(|question| {
        vec![answer(question, |message| message.metadata.response_code = ResponseCode::NXDomain)]
    });
    let error = ask(missing.await).await.unwrap_err();
    assert_eq!(error.to_string(), "DNS status is 3, allowed is 0");
    // What is not the answer is not taken for it, and the answer after it is.
    let strange = |question: &[u8]| {
        vec![
            b"nonsense".to_vec(),
            answer(question, |message| message.metadata.id ^= 1),
            Message::new(1, MessageType::Query, OpCode::Query).to_vec().unwrap(),
        ]
    };
    let after = move |question: &[u8]| [strange(question), vec![answer(question, |_| {})]].concat();
    is_fit(&ask(datagrams(after).await).await);
    let error = ask(datagrams(strange).await).await.unwrap_err();
    assert!(matches!(error, ProbeError::Timeout { .. }), "{error}");
    let error = ask(nobody().await).await.unwrap_err();
    assert!(matches!(error, ProbeError::Broken { .. }), "{error}");
    assert!(Dns::new(nobody().await, &"a".repeat(64), RecordType::A).is_err());
}

#[tokio::test]
async fn udp_wants_no_refusal_or_a_reply() {
    let mute = datagrams(|_| Vec::new()).await;
    let begin = Instant::now();
    is_fit(&probe(&Udp::new(mute.clone(), "hello")).await);
    assert!(begin.elapsed() >= LIMIT);
    let error = probe(&Udp::new(nobody().await, "hello")).await.unwrap_err();
    assert!(matches!(error, ProbeError::Broken { .. }), "{error}");
    let error = probe(&Udp::new(mute, "hello").reply(Reply::any())).await.unwrap_err();
    assert!(matches!(error, ProbeError::Timeout { .. }), "{error}");

    let echo = datagrams(|octets| vec![octets.to_vec()]).await;
    is_fit(&probe(&Udp::new(echo.clone(), "hello")).await);
    let [h, e] = [b'h', b'e'].map(|octet| (octet, 0xff));
    for (reply, is_good) in [
        (Reply::any(), true),
        (Reply::any().lengths(5..=5), true),
        (Reply::any().lengths(6..=9), false),
        (Reply::any().lengths(0..=4), false),
        (Reply::any().begin(vec![h, e]), true),
        (Reply::any().begin(vec![e]), false),
        // Half of an octet.
        (Reply::any().begin(vec![(0x60, 0xf0), (0x05, 0x0f)]), true),
        (Reply::any().begin(vec![h; 6]), false),
    ] {
        let text = format!("{reply:?}");
        let found = probe(&Udp::new(echo.clone(), "hello").reply(reply)).await;
        assert_eq!(found.is_ok(), is_good, "{text}: {found:?}");
    }
}

#[test]
fn ping_wants_an_echo() {
    let namespace = Namespace::new().expect("this needs to be root");
    namespace.run(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ping = |address: IpAddr| Ping::new(endpoint((address, 0).into()));
            // Nobody may, and that is no fault of the server.
            let error = probe(&ping(Ipv4Addr::LOCALHOST.into())).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::NotRun, "{error:?}");
            fs::write("/proc/sys/net/ipv4/ping_group_range", "0 0").unwrap();
            is_fit(&probe(&ping(Ipv4Addr::LOCALHOST.into())).await);
            is_fit(&probe(&ping(Ipv6Addr::LOCALHOST.into())).await);
            let error = probe(&ping(Ipv4Addr::new(192, 0, 2, 1).into())).await.unwrap_err();
            assert!(matches!(error, ProbeError::Connect(_)), "{error:?}");
            fs::write("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1").unwrap();
            let error = probe(&ping(Ipv4Addr::LOCALHOST.into())).await.unwrap_err();
            assert!(matches!(error, ProbeError::Timeout { .. }), "{error}");
        });
    });
}
