//! `reload_time_file`: a file that says when to reload.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::rights;

/// More than one reading of the file may see half of what is being written; the next one sees it all.
const LONGEST: u64 = 64;

/// When to reload next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReloadTime {
    /// Until then.
    pub wait: Duration,
    /// It is a time of every day.
    pub is_daily: bool,
}

/// The file could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "time is {0:?}, allowed are HH:MM:SS, YY-MM-DD HH:MM:SS and YYYY-MM-DD HH:MM:SS, for UTC with a Z after it"
)]
#[non_exhaustive]
pub struct NoTime(pub String);

/// What the text says at this moment. `None` when the time that it names is past.
///
/// # Errors
/// [`NoTime`].
pub fn read(text: &str, now: &Zoned) -> Result<Option<ReloadTime>, NoTime> {
    let wrong = || NoTime(text.chars().take(40).collect());
    let text = text.trim();
    let (text, zone) = match text.strip_suffix('Z') {
        Some(text) => (text, TimeZone::UTC),
        None => (text, now.time_zone().clone()),
    };
    let (date, clock) = match text.split_once(' ') {
        Some((date, clock)) => (Some(date), clock.trim()),
        None => (None, text),
    };
    let clock = Time::strptime("%H:%M:%S", clock).map_err(|_| wrong())?;
    let wait_until = |date: Date| -> Result<Option<Duration>, NoTime> {
        let at = date.to_datetime(clock).to_zoned(zone.clone()).map_err(|_| wrong())?;
        Ok(Duration::try_from(at.duration_since(now)).ok().filter(|wait| !wait.is_zero()))
    };
    let Some(date) = date else {
        let today = now.with_time_zone(zone.clone()).date();
        let tomorrow = today.tomorrow().map_err(|_| wrong())?;
        let wait =
            wait_until(today)?.map_or_else(|| wait_until(tomorrow), |wait| Ok(Some(wait)))?;
        return Ok(wait.map(|wait| ReloadTime { wait, is_daily: true }));
    };
    let date = match date.len() {
        // Two digits are of this century.
        8 => format!("20{date}"),
        10 => date.to_owned(),
        _ => return Err(wrong()),
    };
    let date = Date::strptime("%Y-%m-%d", date).map_err(|_| wrong())?;
    Ok(wait_until(date)?.map(|wait| ReloadTime { wait, is_daily: false }))
}

/// Looks at the file from time to time.
#[derive(Debug)]
pub struct ReloadFile {
    path: PathBuf,
    /// The text that was understood, and when that is due.
    planned: Option<(String, tokio::time::Instant)>,
    /// The text that was not understood and has been complained of.
    wrong: Option<String>,
    is_repeated: bool,
}

/// How often the file is looked at: nobody sets a reload to the second by hand.
const LOOK: Duration = Duration::from_secs(1);

impl ReloadFile {
    /// This file; with `is_repeated` a time without a date comes every day and the file stays.
    pub fn new(path: PathBuf, is_repeated: bool) -> Self {
        Self { path, planned: None, wrong: None, is_repeated }
    }

    /// Which file, and how.
    pub fn settings(&self) -> (&Path, bool) {
        (&self.path, self.is_repeated)
    }

    /// Waits until it is time to reload.
    pub async fn wait(&mut self) {
        loop {
            self.look();
            let due = self.planned.as_ref().map(|(_, due)| *due);
            let next = tokio::time::Instant::now() + LOOK;
            tokio::time::sleep_until(due.map_or(next, |due| due.min(next))).await;
            if due.is_some_and(|due| due <= tokio::time::Instant::now()) {
                self.fire();
                return;
            }
        }
    }

    fn look(&mut self) {
        let Some(text) = read_start(&self.path) else {
            self.planned = None;
            return;
        };
        let is_known = self.planned.as_ref().is_some_and(|(known, _)| *known == text);
        if is_known || self.wrong.as_ref() == Some(&text) {
            return;
        }
        self.planned = None;
        match read(&text, &Zoned::now()) {
            Ok(Some(time)) => {
                tracing::info!(wait = ?time.wait, "a reload is planned");
                self.planned = Some((text, tokio::time::Instant::now() + time.wait));
            }
            Ok(None) => {
                tracing::warn!(time = text.trim(), "the time of the reload is past");
                self.wrong = Some(text);
            }
            Err(error) => {
                tracing::warn!(%error, "reload_time_file");
                self.wrong = Some(text);
            }
        }
    }

    fn fire(&mut self) {
        let planned = self.planned.take();
        let has_date = planned.is_some_and(|(text, _)| text.trim().contains(' '));
        if self.is_repeated && !has_date {
            return;
        }
        if let Err(error) = rights::with_file_access(|| fs::remove_file(&self.path)) {
            tracing::warn!(%error, "reload_time_file cannot be removed");
            // It is not to fire again.
            self.wrong = read_start(&self.path);
        }
    }
}

/// `None` for a file that is not there, or is none.
fn read_start(path: &Path) -> Option<String> {
    use std::io::Read;
    rights::with_file_access(|| {
        if !fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let mut text = String::new();
        fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn all_forms_are_understood() {
        let now: Zoned = "2026-11-21T12:00:00+01:00[+01:00]".parse().unwrap();
        let wait = |text: &str| read(text, &now).unwrap().map(|t| (t.wait.as_secs(), t.is_daily));
        assert_eq!(wait("12:00:10\n"), Some((10, true)));
        assert_eq!(wait("11:00:10Z"), Some((10, true)));
        assert_eq!(wait("11:59:50"), Some((86_390, true)));
        assert_eq!(wait("26-11-21 12:01:00"), Some((60, false)));
        assert_eq!(wait("2026-11-22 12:00:00"), Some((86_400, false)));
        assert_eq!(wait("2026-11-21 11:00:01Z"), Some((1, false)));
        assert_eq!(wait("2026-11-21 11:00:00"), None);
        for wrong in ["", "noon", "25:00:00", "12:00", "2026-13-01 12:00:00", "6-1-1 12:00:00"] {
            assert!(read(wrong, &now).is_err(), "{wrong}");
        }
    }
}
