//! Probes against small servers: good ones, and those that do all they can.

mod driver;
mod http;
mod other;
mod script;
mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use healthcheck::Weight;
use healthcheck::probes::{Endpoint, Probe, ProbeError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Of each step; the servers here are quick or do not answer at all.
const LIMIT: Duration = Duration::from_millis(300);

type Answer = Result<Weight, ProbeError>;

/// A server that does this with each connection.
async fn server<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Endpoint
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    endpoint(address)
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::new(address).timeout(LIMIT)
}

/// A server that reads a request, as long as it is, and says this.
async fn says(text: impl Into<Vec<u8>>) -> Endpoint {
    let text = text.into();
    server(move |mut stream| {
        let text = text.clone();
        async move {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&text).await;
        }
    })
    .await
}

/// A port on which nobody listens.
async fn nobody() -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    endpoint(listener.local_addr().unwrap())
}

async fn probe(probe: &impl Probe) -> Answer {
    probe.probe(0).await
}

#[track_caller]
fn is_fit(answer: &Answer) {
    assert!(matches!(answer, Ok(Weight::Configured)), "{answer:?}");
}
