//! Signals and what they ask for.

use std::io;

use nix::libc::{SIGRTMAX, SIGRTMIN, SIGXCPU};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Stop,
    Reload,
    Data,
    Stats,
    Json,
    StatsClear,
}

const NUMBERS: [(&str, Request); 6] = [
    ("STOP", Request::Stop),
    ("RELOAD", Request::Reload),
    ("DATA", Request::Data),
    ("STATS", Request::Stats),
    ("STATS_CLEAR", Request::StatsClear),
    ("JSON", Request::Json),
];

/// keepalived's numbers.
fn number(request: Request) -> i32 {
    match request {
        Request::Stop => 15,
        Request::Reload => 1,
        Request::Data => 10,
        Request::Stats => 12,
        Request::StatsClear => SIGRTMAX() - 1,
        Request::Json => SIGRTMIN() + 2,
    }
}

pub(crate) fn print_number(what: Option<&str>) -> super::Outcome {
    let what = what.unwrap_or_default();
    let Some((_, request)) = NUMBERS.iter().find(|(name, _)| *name == what) else {
        let known: Vec<&str> = NUMBERS.iter().map(|(name, _)| *name).collect();
        return Err(format!("--signum is {what}, allowed are {}", known.join(", ")).into());
    };
    super::print(format!("{}\n", number(*request)))
}

/// Waits for signals.
pub(crate) struct Signals {
    term: Signal,
    int: Option<Signal>,
    hup: Signal,
    data: Signal,
    stats: Signal,
    stats_clear: Signal,
    json: Signal,
    /// A real-time thread ran too long.
    overrun: Signal,
}

impl Signals {
    pub(crate) fn new(ignores_int: bool) -> io::Result<Self> {
        let of = |request| signal(SignalKind::from_raw(number(request)));
        let int = signal(SignalKind::interrupt())?;
        Ok(Self {
            term: of(Request::Stop)?,
            int: (!ignores_int).then_some(int),
            hup: of(Request::Reload)?,
            data: of(Request::Data)?,
            stats: of(Request::Stats)?,
            stats_clear: of(Request::StatsClear)?,
            json: of(Request::Json)?,
            overrun: signal(SignalKind::from_raw(SIGXCPU))?,
        })
    }

    pub(crate) async fn next(&mut self) -> Request {
        let overrun = async {
            // The kernel sends it each second from the soft limit on, and ends us at the hard one.
            while self.overrun.recv().await.is_some() {
                tracing::warn!("a real-time thread ran too long; its rlimit_rttime may be too low");
            }
            std::future::pending().await
        };
        let int = async {
            match &mut self.int {
                Some(int) => int.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.term.recv() => Request::Stop,
            _ = int => Request::Stop,
            request = overrun => request,
            _ = self.hup.recv() => Request::Reload,
            _ = self.data.recv() => Request::Data,
            _ = self.stats.recv() => Request::Stats,
            _ = self.stats_clear.recv() => Request::StatsClear,
            _ = self.json.recv() => Request::Json,
        }
    }
}
