//! One of our routers as a process of its own, so that it can be killed.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use vrrp_io::fsm::Event;
use vrrp_io::proto::{Authentication, Centiseconds, Interval, Priority, Seconds, Secret, Vrid};
use vrrp_io::{RouterConfig, Vrrp};

use crate::namespaces::Host;

/// The first argument of a process that is a node; the second is its [`NodeConfig`] as JSON.
pub const ARGUMENT: &str = "lab-node";

/// What a node runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "written out by tests")]
pub struct NodeConfig {
    /// 2 or 3.
    pub version: u8,
    /// The VRID.
    pub vrid: u8,
    /// The priority.
    pub priority: u8,
    /// Seconds in version 2, hundredths of a second in version 3.
    pub interval: u16,
    /// Virtual addresses with their prefix lengths.
    pub addresses: Vec<String>,
    /// Version 2: "none", "pass" or "ah".
    pub authentication: String,
    /// The secret for it.
    pub secret: String,
}

impl NodeConfig {
    /// VRRPv3 over IPv4 with VRID 51 and the address 10.77.0.100/24; the interval is in hundredths of a
    /// second.
    pub fn v3_ipv4(priority: u8, interval: u16) -> Self {
        Self {
            version: 3,
            vrid: 51,
            priority,
            interval,
            addresses: vec!["10.77.0.100/24".into()],
            authentication: "none".into(),
            secret: String::new(),
        }
    }

    fn router(&self) -> Result<RouterConfig, Box<dyn std::error::Error>> {
        let interval = match self.version {
            2 => Interval::V2(Seconds::new(u8::try_from(self.interval)?)?),
            _ => Interval::V3(Centiseconds::new(self.interval)?),
        };
        let secret = || Secret::new(self.secret.as_bytes());
        let authentication = match self.authentication.as_str() {
            "pass" => Authentication::Password(secret()?),
            "ah" => Authentication::AuthenticationHeader(secret()?),
            _ => Authentication::None,
        };
        let addresses =
            self.addresses.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
        let config = RouterConfig::builder("eth0", Vrid::new(self.vrid)?)
            .priority(Priority::new(self.priority)?)
            .interval(interval)
            .addresses(addresses)
            .authentication(authentication)
            .build()?;
        Ok(config)
    }
}

/// Something that a node tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "what the process prints")]
pub struct NodeEvent {
    /// When, in seconds since the Unix epoch.
    pub at: f64,
    /// A state (`Backup`, `Active`, …) or the name of another event.
    pub what: String,
    /// Why the state changed.
    pub why: String,
}

/// A running node. Dropping it kills the process.
#[derive(Debug)]
pub struct Node {
    child: Child,
    /// Kept open: the node stops when it is closed, so that none outlives its test.
    _stdin: Option<ChildStdin>,
    events: Receiver<NodeEvent>,
    state: String,
}

impl Node {
    /// Starts `program` on a host; it has to call [`run_if_asked`] first.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(host: &Host, program: PathBuf, config: &NodeConfig) -> io::Result<Self> {
        let config = serde_json::to_string(config)?;
        let mut child = host.namespace().run(move || {
            Command::new(program)
                .args([ARGUMENT, &config])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
        })?;
        let (sender, events) = mpsc::channel();
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line)
                    && sender.send(event).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self { _stdin: child.stdin.take(), child, events, state: "Initialize".into() })
    }

    /// The process.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The next event, if it comes in time.
    pub fn next_event(&mut self, timeout: Duration) -> Option<NodeEvent> {
        let event = self.events.recv_timeout(timeout).ok()?;
        if !event.why.is_empty() {
            self.state.clone_from(&event.what);
        }
        Some(event)
    }

    /// Waits until the router is in this state.
    ///
    /// # Errors
    /// When it is not in time, with the state it is in.
    pub fn wait_for(&mut self, state: &str, timeout: Duration) -> io::Result<()> {
        let deadline = Instant::now() + timeout;
        while self.state != state {
            let left = deadline.saturating_duration_since(Instant::now());
            if self.next_event(left).is_none() {
                let is = &self.state;
                return Err(io::Error::other(format!("waited for {state}, the router is {is}")));
            }
        }
        Ok(())
    }

    /// Ends the process at once, as a crash does; nothing happens when it has ended.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(&mut self) -> io::Result<()> {
        // Neither signals a process that was waited for.
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Asks it to stop (SIGTERM) and waits until it has; nothing happens when it has ended.
    ///
    /// # Errors
    /// When it does not in five seconds, or not well.
    pub fn terminate(&mut self) -> io::Result<()> {
        const PATIENCE: Duration = Duration::from_secs(5);
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        let process = i32::try_from(self.child.id()).map_err(io::Error::other)?;
        kill(Pid::from_raw(process), Signal::SIGTERM)?;
        let end = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(io::Error::other(status.to_string())),
                None if Instant::now() > end => {
                    return Err(io::Error::other("the router does not stop"));
                }
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.kill();
    }
}

/// Runs a node and does not return, when the arguments of this process say so.
pub fn run_if_asked() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(ARGUMENT) {
        return;
    }
    let config = arguments.next().unwrap_or_default();
    let code = match run(&config) {
        Ok(()) => 0,
        Err(error) => {
            let mut text = format!("lab-node: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                text += &format!(": {error}");
                cause = error.source();
            }
            // Nobody else is there to read it.
            let _ = writeln!(io::stderr(), "{text}");
            1
        }
    };
    std::process::exit(code);
}

fn run(config: &str) -> Result<(), Box<dyn std::error::Error>> {
    let config: NodeConfig = serde_json::from_str(config)?;
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let stop = signals.handle();
    // The one who started us has gone: stop, and take the addresses away.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        stop.close();
    });
    let router = Vrrp::start()?.add(config.router()?)?;
    let mut events = router.events()?;
    print(&router.state().to_string(), "Startup")?;
    let printer = std::thread::spawn(move || -> io::Result<()> {
        while let Some(notice) = events.wait() {
            match notice.event {
                Event::StateChanged { to, cause, .. } => {
                    print(&to.to_string(), &format!("{cause:?}"))?;
                }
                event => print(&format!("{event:?}"), "")?,
            }
        }
        Ok(())
    });
    signals.forever().next();
    router.stop();
    printer.join().map_err(|_| "the printer panicked")??;
    Ok(())
}

fn print(what: &str, why: &str) -> io::Result<()> {
    let at = SystemTime::UNIX_EPOCH.elapsed().map_err(io::Error::other)?.as_secs_f64();
    let event = NodeEvent { at, what: what.to_owned(), why: why.to_owned() };
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, &event)?;
    output.write_all(b"\n")?;
    output.flush()
}
