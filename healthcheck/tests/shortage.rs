//! What is missing here is no fault of a server. In a process of its own: it takes everything.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use healthcheck::Outcome;
use healthcheck::probes::{Endpoint, Http, Probe, ProbeError, Script, Tcp, Url};
use lab::namespaces::Namespace;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[track_caller]
fn is_ours(error: &ProbeError) {
    assert_eq!(error.outcome(), Outcome::NotRun, "{error:?}");
}

#[test]
fn no_ports_and_no_files_are_left() {
    let namespace = Namespace::new().expect("this needs to be root");
    namespace.run(|| {
        runtime().block_on(async {
            let (_listener, address) = listen().await;
            fs::write("/proc/sys/net/ipv4/ip_local_port_range", "40000 40001").unwrap();
            let tcp = Tcp::new(Endpoint::new(address).timeout(Duration::from_secs(1)));
            let mut held = Vec::new();
            while held.len() < 2 {
                held.push(TcpStream::connect(address).await.unwrap());
            }
            is_ours(&tcp.probe(0).await.unwrap_err());
            drop(held);
        });
    });
    runtime().block_on(async {
        let (_listener, address) = listen().await;
        let endpoint = Endpoint::new(address).timeout(Duration::from_secs(1));
        let tcp = Tcp::new(endpoint.clone());
        assert!(tcp.probe(0).await.is_ok());
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        // No number is free that is below this.
        setrlimit(Resource::RLIMIT_NOFILE, 3, hard).unwrap();
        let found = tcp.probe(0).await;
        let http = Http::new(endpoint, None, [Url::new("/")]).unwrap();
        let asked = http.probe(0).await;
        let script = Script::new("/bin/true", Duration::from_secs(1)).probe(0).await;
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
        is_ours(&found.unwrap_err());
        is_ours(&asked.unwrap_err());
        is_ours(&script.unwrap_err());
        assert!(tcp.probe(0).await.is_ok());
    });
}
