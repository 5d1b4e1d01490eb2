//! One file: looked at, and the number in it told.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::errno::Errno;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};
use vrrp_io::fsm::Standing;

use super::TrackFile;
use super::create;
use super::number;
use super::regular::FileError;
use super::walk::walk;
use super::watches::{Subscriber, Watches};
use crate::process::rights;
use crate::tracking::{Listener, lock};

/// Between two looks at a file that changes all the time.
const PAUSE: Duration = Duration::from_millis(10);
/// From look to look at a file whose changes nobody tells.
const POLL: Duration = Duration::from_secs(1);
/// The kernel does not tell of file systems that are mounted over the way to a file, and of what other
/// machines do on a shared one.
const SAFETY: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Followed {
    file: TrackFile,
    path: PathBuf,
    listener: Arc<dyn Listener>,
    subscriber: Option<Subscriber>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    value: Option<i32>,
    /// The last problem: it is said once.
    problem: Option<String>,
    is_watched: bool,
    /// Nobody wants to know any more, whatever a look finds that hung until now.
    is_over: bool,
}

/// Looks again whenever something may have changed, for ever. `first` is the first look.
pub(super) async fn follow(file: Arc<Followed>, first: JoinHandle<()>) {
    let mut looking = first;
    // A look that panics ends the daemon.
    while looking.await.is_ok() {
        sleep(PAUSE).await;
        file.changed().await;
        let again = Arc::clone(&file);
        looking = spawn_blocking(move || again.look());
    }
}

impl Followed {
    pub(super) fn new(
        file: TrackFile,
        listener: Arc<dyn Listener>,
        watches: Option<Arc<Watches>>,
    ) -> Self {
        let path = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
        let subscriber = watches.map(Subscriber::new);
        Self { file, path, listener, subscriber, state: Mutex::default() }
    }

    pub(super) fn file(&self) -> &TrackFile {
        &self.file
    }

    /// Makes the file, if that is asked for. Blocks.
    pub(super) fn create(&self, is_start: bool) {
        let Some((value, overwrites)) = self.file.init else { return };
        // What was written to it since the start is not lost by a reload.
        let overwrites = overwrites && is_start;
        let written = rights::with_file_access(|| create::write(&self.path, value, overwrites));
        if let Err(error) = written {
            let (name, path) = (&self.file.name, self.path.display());
            tracing::warn!(file = name, %path, %error, "a tracked file cannot be initialised");
        }
    }

    /// Looks at the file and tells what is new. Blocks, for as long as the file system does.
    pub(super) fn look(&self) {
        // Watched first, so that no change after this is missed. As keepalived, with root's rights.
        let (unwatched, outcome) =
            rights::with_file_access(|| (self.watch(), number::read(&self.path)));
        let mut state = lock(&self.state);
        if state.is_over {
            drop(state);
            self.leave();
            return;
        }
        state.is_watched = unwatched.is_none();
        let (value, problem) = match outcome {
            Ok(value) => (value, unwatched),
            Err(error @ FileError::OutOfRange) => {
                (state.value.unwrap_or(0), Some(error.to_string()))
            }
            Err(error) => (0, Some(error.to_string())),
        };
        let name = &self.file.name;
        if problem != state.problem {
            if let Some(problem) = &problem {
                let path = self.path.display();
                tracing::warn!(file = name, %path, problem, "tracked file");
            }
            state.problem = problem;
        }
        if state.value != Some(value) {
            state.value = Some(value);
            tracing::info!(file = name, value, "tracked file");
            // A thread that is gone is noticed elsewhere.
            let _ = self.listener.tell(format!("track_file {name}"), Standing::Value(value));
        }
    }

    /// Watches the way to the file, and no other way any more; says what cannot be watched.
    fn watch(&self) -> Option<String> {
        let Some(subscriber) = &self.subscriber else {
            return Some("it is not watched but read every second".to_owned());
        };
        let (mut needed, mut problem) = (BTreeSet::new(), None);
        walk(&self.path, |folder, name| match subscriber.watch(folder, name) {
            Ok(watch) => {
                needed.insert((watch, name.to_owned()));
            }
            // The folder before it is watched for when it comes.
            Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            Err(errno) => {
                let folder = folder.display();
                let what = format!("{folder} cannot be watched ({errno}); read every second");
                problem = Some(what);
            }
        });
        subscriber.keep(&needed);
        problem
    }

    /// Waits until something may have changed.
    async fn changed(&self) {
        let is_watched = lock(&self.state).is_watched;
        let limit = if is_watched { SAFETY } else { POLL };
        match &self.subscriber {
            Some(subscriber) => {
                // When nothing is told, it is looked at all the same.
                let _ = timeout(limit, subscriber.changed()).await;
            }
            None => sleep(limit).await,
        }
    }

    /// Nothing is told any more.
    pub(super) fn end(&self) {
        lock(&self.state).is_over = true;
    }

    /// Nothing is watched any more. Blocks.
    pub(super) fn leave(&self) {
        if let Some(subscriber) = &self.subscriber {
            subscriber.leave();
        }
    }
}
