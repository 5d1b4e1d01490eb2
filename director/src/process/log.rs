//! Where the log goes. It never holds up who writes to it: lines that cannot be taken are dropped.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

use syslog::{Facility, Formatter3164, Logger, LoggerBackend};
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What is logged, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Log {
    /// Details, too.
    pub is_detailed: bool,
    /// To the terminal.
    pub console: bool,
    /// To syslog.
    pub syslog: Option<Facility>,
    /// To a file.
    pub file: Option<PathBuf>,
}

impl Log {
    /// Nowhere.
    pub fn none() -> Self {
        Self { is_detailed: false, console: false, syslog: None, file: None }
    }

    /// Begins. The log ends, and what is under way is written, when the value is dropped.
    ///
    /// # Errors
    /// When the file cannot be opened. A syslog that is not there is no error.
    pub fn begin(&self) -> io::Result<Vec<WorkerGuard>> {
        let mut guards = Vec::new();
        let mut writer = |target: Box<dyn Write + Send>| {
            let (writer, guard) =
                NonBlockingBuilder::default().lossy(true).buffered_lines_limit(4096).finish(target);
            guards.push(guard);
            writer
        };
        let mut layers = Vec::new();
        if self.console {
            let is_terminal = io::IsTerminal::is_terminal(&io::stderr());
            let layer = tracing_subscriber::fmt::layer()
                .with_ansi(is_terminal)
                .with_target(false)
                .with_writer(writer(Box::new(io::stderr())));
            layers.push(layer.boxed());
        }
        if let Some(path) = &self.file {
            let file = OpenOptions::new().append(true).create(true).open(path)?;
            let layer = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_target(false)
                .with_writer(writer(Box::new(file)));
            layers.push(layer.boxed());
        }
        if let Some(facility) = self.syslog
            && let Ok(syslog) = Syslog::open(facility)
        {
            let layer = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_target(false)
                .without_time()
                .with_writer(writer(Box::new(syslog)));
            layers.push(layer.boxed());
        }
        let level = if self.is_detailed { LevelFilter::DEBUG } else { LevelFilter::INFO };
        // A second log in one process, as in tests: the first one goes on.
        let _ = tracing_subscriber::registry().with(layers).with(level).try_init();
        Ok(guards)
    }
}

/// One line is one message.
struct Syslog(Logger<LoggerBackend, Formatter3164>);

impl Syslog {
    fn open(facility: Facility) -> Result<Self, syslog::Error> {
        let formatter = Formatter3164 {
            facility,
            hostname: None,
            process: "director".into(),
            pid: std::process::id(),
        };
        Ok(Self(syslog::unix(formatter)?))
    }
}

impl Write for Syslog {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(octets);
        let text = text.trim_end();
        let sent = match text.split_ascii_whitespace().next() {
            Some("ERROR") => self.0.err(text),
            Some("WARN") => self.0.warning(text),
            Some("DEBUG" | "TRACE") => self.0.debug(text),
            _ => self.0.info(text),
        };
        // Whoever reads syslog may be gone for a while; the log is not what we are there for.
        let _ = sent;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A facility as keepalived names it: 0 to 7, local0 to local7, user, daemon.
///
/// # Errors
/// For any other word, with what is allowed.
pub fn facility(word: &str) -> Result<Facility, String> {
    Ok(match word.strip_prefix("local").unwrap_or(word) {
        "daemon" => Facility::LOG_DAEMON,
        "user" => Facility::LOG_USER,
        "0" => Facility::LOG_LOCAL0,
        "1" => Facility::LOG_LOCAL1,
        "2" => Facility::LOG_LOCAL2,
        "3" => Facility::LOG_LOCAL3,
        "4" => Facility::LOG_LOCAL4,
        "5" => Facility::LOG_LOCAL5,
        "6" => Facility::LOG_LOCAL6,
        "7" => Facility::LOG_LOCAL7,
        _ => {
            let allowed = "allowed are 0 to 7, local0 to local7, user, daemon";
            return Err(format!("log facility is {word}, {allowed}"));
        }
    })
}
