//! Where the log goes. It never holds up who writes to it: lines that cannot be taken are dropped.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

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
        if let Some(facility) = self.syslog {
            let layer = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_target(false)
                .without_time()
                .with_writer(writer(Box::new(Syslog::new(facility))));
            layers.push(layer.boxed());
        }
        let level = if self.is_detailed { LevelFilter::DEBUG } else { LevelFilter::INFO };
        // A second log in one process, as in tests: the first one goes on.
        let _ = tracing_subscriber::registry().with(layers).with(level).try_init();
        Ok(guards)
    }
}

/// One line is one message. When whoever reads syslog is gone, it is looked for again now and then.
struct Syslog {
    facility: Facility,
    logger: Option<Logger<LoggerBackend, Formatter3164>>,
    retry: Instant,
    lost: u64,
}

impl Syslog {
    const RETRY: Duration = Duration::from_secs(5);

    fn new(facility: Facility) -> Self {
        Self { facility, logger: None, retry: Instant::now(), lost: 0 }
    }

    fn open(&mut self) {
        if self.logger.is_some() || Instant::now() < self.retry {
            return;
        }
        self.retry = Instant::now() + Self::RETRY;
        let formatter = Formatter3164 {
            facility: self.facility,
            hostname: None,
            process: "director".into(),
            pid: std::process::id(),
        };
        self.logger = syslog::unix(formatter).ok();
        if let Some(logger) = &mut self.logger
            && self.lost > 0
        {
            let text = format!("WARN {} lines of the log were lost", self.lost);
            self.lost = if logger.warning(text).is_ok() { 0 } else { self.lost };
        }
    }
}

impl Write for Syslog {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.open();
        let text = String::from_utf8_lossy(octets);
        let text = text.trim_end();
        let sent = self.logger.as_mut().map(|logger| match text.split_ascii_whitespace().next() {
            Some("ERROR") => logger.err(text),
            Some("WARN") => logger.warning(text),
            Some("DEBUG" | "TRACE") => logger.debug(text),
            _ => logger.info(text),
        });
        if !matches!(sent, Some(Ok(()))) {
            self.logger = None;
            self.lost += 1;
        }
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
