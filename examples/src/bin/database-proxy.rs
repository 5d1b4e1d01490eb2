//! A proxy in front of Redis that owns its virtual IP: no other daemon, no script.
//!
//! Run it on two machines, each with a Redis of its own. Both check both servers. The one with the higher priority has
//! the virtual address and forwards to its own Redis, or to the other while its own does not answer. It then lowers its
//! priority by 50, too: when the two priorities are closer than that, the other machine takes over.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use healthcheck::probes::{Endpoint, Found, Probe, ProbeError};
use healthcheck::{CheckConfig, Checks, PoolConfig, ServerConfig, Weight, Who};
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use vrrp_io::fsm::{Event, State};
use vrrp_io::proto::{Centiseconds, Interval, Priority, Vrid};
use vrrp_io::{RouterConfig, VirtualAddress, Vrrp};

#[derive(Parser)]
#[command(about = "A proxy in front of Redis that owns its virtual IP")]
struct Options {
    /// The interface of the virtual address.
    #[arg(long)]
    interface: String,
    /// Number of the virtual router, 1 to 255.
    #[arg(long, default_value_t = 51)]
    vrid: u8,
    /// Priority while the first backend answers, 51 to 254; without it, 50 less.
    #[arg(long, value_parser = clap::value_parser!(u8).range(51..=254))]
    priority: u8,
    /// Hundredths of a second between advertisements, 1 to 4095.
    #[arg(long, default_value_t = 100)]
    interval: u16,
    /// The virtual address, with its prefix.
    #[arg(long)]
    address: VirtualAddress,
    /// Where clients come to.
    #[arg(long, default_value_t = 6379)]
    port: u16,
    /// A Redis server: first the one of this machine, then others in the order of preference.
    #[arg(long = "backend", required = true)]
    backends: Vec<SocketAddr>,
    /// Milliseconds between checks of a backend, and how long it may take to answer.
    #[arg(long, default_value_t = 500)]
    period: u64,
}

/// How much lower the priority is while the own backend does not answer.
const PENALTY: u8 = 50;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    examples::exit("database-proxy", run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let listener = listen(options.address.address(), options.port)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    let period = Duration::from_millis(options.period);
    let mut checks = Checks::new();
    let pool = checks.add_pool(PoolConfig::new());
    let mut backends = Vec::new();
    for backend in &options.backends {
        let server = checks.add_server(pool, ServerConfig::new());
        // Nobody is used that has not answered.
        let config = CheckConfig::new(period).retries(0).warmup(Duration::ZERO).begins_failed(true);
        checks.add_check(server, config, Ping(Endpoint::new(*backend).timeout(period)));
        backends.push((server, *backend));
    }

    let unfit = Priority::new(options.priority - PENALTY)?;
    let config = RouterConfig::builder(&options.interface, Vrid::new(options.vrid)?)
        .priority(unfit)
        .interval(Interval::V3(Centiseconds::new(options.interval)?))
        .address(options.address.clone())
        .build()?;
    let router = Vrrp::start()?.add(config)?;
    let mut events = router.events()?;
    let (serving, _) = watch::channel(Serving::default());
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    tokio::spawn(forward(client, serving.subscribe()));
                }
                Err(error) => {
                    eprintln!("accepting: {error}");
                    // Most likely no file is left, and none will be in the next moment.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
            _ = checks.next() => {
                let is_fit = |server| checks.health().members(pool).any(|m| m.who == Who::Server(server));
                let first = backends.iter().position(|(server, _)| is_fit(*server));
                let chosen = first.map(|number| backends[number].1);
                let is_other = serving.send_if_modified(|now| {
                    std::mem::replace(&mut now.backend, chosen) != chosen
                });
                if is_other {
                    println!("backend: {chosen:?}");
                }
                let is_own = first == Some(0);
                let priority = if is_own { Priority::new(options.priority)? } else { unfit };
                router.set_priority(priority)?;
            }
            notice = events.next() => {
                let event = notice.ok_or("the virtual router has ended")?.event;
                println!("{event:?}");
                // Clients are served by another machine now, and would never say that they are gone.
                if let Event::StateChanged { from: State::Active, .. } = event {
                    serving.send_modify(|now| now.term += 1);
                }
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    // Priority 0 goes out: the other machine takes over at once.
    router.stop();
    Ok(())
}

/// Listens on the virtual address and on no other, so that a Redis of this machine can have the same port.
fn listen(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::new(address, port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), None)?;
    socket.set_reuse_address(true)?;
    // The address is here only while this router is Active (`IP_FREEBIND`).
    match address {
        SocketAddr::V4(_) => socket.set_freebind_v4(true)?,
        SocketAddr::V6(_) => socket.set_freebind_v6(true)?,
    }
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

/// What connections are carried under. When it changes they end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Serving {
    backend: Option<SocketAddr>,
    /// How often the role was lost.
    term: u64,
}

/// Carries a connection while things are as they were when it began.
async fn forward(mut client: TcpStream, mut serving: watch::Receiver<Serving>) {
    let begun = *serving.borrow_and_update();
    // With nobody to serve it the client is told so at once.
    let Some(address) = begun.backend else { return };
    let carried = async {
        let mut server = TcpStream::connect(address).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        copy_bidirectional(&mut client, &mut server).await
    };
    tokio::select! {
        ended = carried => if let Err(error) = ended {
            eprintln!("{address}: {error}");
        },
        // It ends here: a client that comes again finds the other backend. An error says that the proxy itself ends.
        _ = serving.wait_for(|now| *now != begun) => {}
    }
}

/// Redis answers PING with PONG; while it loads its data it answers something else.
struct Ping(Endpoint);

impl Probe for Ping {
    fn probe(&self, _: u16) -> Found<'_> {
        let asked = async {
            let broken = |action| move |source| ProbeError::Broken { action, source };
            let mut server = self.0.connect().await?;
            server.write_all(b"PING\r\n").await.map_err(broken("sending PING"))?;
            let mut answer = [0; 7];
            server.read_exact(&mut answer).await.map_err(broken("waiting for PONG"))?;
            if answer != *b"+PONG\r\n" {
                let problem = format!("{} is no PONG", answer.escape_ascii());
                return Err(ProbeError::Protocol { protocol: "RESP", problem });
            }
            Ok(Weight::Configured)
        };
        Box::pin(async { self.0.limited("PING", asked).await? })
    }
}
