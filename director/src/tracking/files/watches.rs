//! One inotify instance for all files.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

use crate::tracking::lock;

/// The instance, and who wants to know what.
#[derive(Debug)]
pub(super) struct Watches {
    instance: AsyncFd<Instance>,
    /// Held while watches are added and removed, which can take as long as a file system hangs: one
    /// that is removed must not be the one that is added at the same time.
    changing: Mutex<()>,
    table: Mutex<Table>,
}

/// Held for moments only.
#[derive(Debug, Default)]
struct Table {
    last: u64,
    subscribers: BTreeMap<u64, Arc<Notify>>,
    /// The names in every watched folder, with the subscribers that want to know of them.
    wanted: BTreeMap<WatchDescriptor, BTreeSet<(u64, OsString)>>,
}

#[derive(Debug)]
struct Instance(Inotify);

impl AsRawFd for Instance {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

#[expect(deprecated, reason = "what takes its place is unsafe; an instance owns its descriptor")]
fn register(instance: Instance) -> io::Result<AsyncFd<Instance>> {
    AsyncFd::with_interest(instance, Interest::READABLE)
}

/// What can make another file of a path, or another number of a file.
fn changes() -> AddWatchFlags {
    AddWatchFlags::IN_CLOSE_WRITE
        | AddWatchFlags::IN_MOVED_TO
        | AddWatchFlags::IN_MOVED_FROM
        | AddWatchFlags::IN_CREATE
        | AddWatchFlags::IN_DELETE
        | AddWatchFlags::IN_DELETE_SELF
        | AddWatchFlags::IN_MOVE_SELF
        | AddWatchFlags::IN_ONLYDIR
}

impl Watches {
    pub(super) fn new() -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let instance = register(Instance(inotify))?;
        Ok(Self { instance, changing: Mutex::default(), table: Mutex::default() })
    }

    fn inotify(&self) -> &Inotify {
        &self.instance.get_ref().0
    }

    /// Tells the subscribers what happens, for ever.
    pub(super) async fn run(&self) {
        loop {
            let Ok(mut ready) = self.instance.readable().await else { return };
            match ready.try_io(|instance| Ok(instance.get_ref().0.read_events()?)) {
                Ok(Ok(events)) => {
                    let mut table = lock(&self.table);
                    for event in &events {
                        table.tell(event);
                    }
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "inotify cannot be read");
                    lock(&self.table).tell_all();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                // Nothing more for now.
                Err(_) => {}
            }
        }
    }
}

impl Table {
    fn tell(&mut self, event: &InotifyEvent) {
        if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
            self.tell_all();
            return;
        }
        let Some(wanted) = self.wanted.get(&event.wd) else { return };
        for (number, name) in wanted {
            // Without a name it has happened to the folder itself.
            let is_wanted = event.name.as_ref().is_none_or(|changed| changed == name);
            if is_wanted && let Some(subscriber) = self.subscribers.get(number) {
                subscriber.notify_one();
            }
        }
        if event.mask.contains(AddWatchFlags::IN_IGNORED) {
            // The kernel has removed it.
            self.wanted.remove(&event.wd);
        }
    }

    fn tell_all(&self) {
        for subscriber in self.subscribers.values() {
            subscriber.notify_one();
        }
    }

    /// Forgets what a subscriber does not need any more; returns the watches that nobody needs.
    fn keep(
        &mut self,
        number: u64,
        needed: &BTreeSet<(WatchDescriptor, OsString)>,
    ) -> Vec<WatchDescriptor> {
        let mut unused = Vec::new();
        self.wanted.retain(|watch, wanted| {
            wanted.retain(|(other, name)| {
                *other != number || needed.contains(&(*watch, name.clone()))
            });
            if wanted.is_empty() {
                unused.push(*watch);
            }
            !wanted.is_empty()
        });
        unused
    }
}

/// One who wants to know of changes on one way.
#[derive(Debug)]
pub(super) struct Subscriber {
    watches: Arc<Watches>,
    number: u64,
    changed: Arc<Notify>,
}

impl Subscriber {
    pub(super) fn new(watches: Arc<Watches>) -> Self {
        let changed = Arc::new(Notify::new());
        let number = {
            let mut table = lock(&watches.table);
            table.last += 1;
            let number = table.last;
            table.subscribers.insert(number, Arc::clone(&changed));
            number
        };
        Self { watches, number, changed }
    }

    /// Waits for the next change; one since the last call is one.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Wants to know what happens to a name in a folder. Blocks.
    pub(super) fn watch(&self, folder: &Path, name: &OsStr) -> nix::Result<WatchDescriptor> {
        let _changing = lock(&self.watches.changing);
        let watch = self.watches.inotify().add_watch(folder, changes())?;
        let mut table = lock(&self.watches.table);
        table.wanted.entry(watch).or_default().insert((self.number, name.to_owned()));
        Ok(watch)
    }

    /// Wants to know of nothing else. Blocks.
    pub(super) fn keep(&self, needed: &BTreeSet<(WatchDescriptor, OsString)>) {
        let _changing = lock(&self.watches.changing);
        let unused = lock(&self.watches.table).keep(self.number, needed);
        for watch in unused {
            // It may have gone with its folder.
            let _ = self.watches.inotify().rm_watch(watch);
        }
    }

    /// Wants to know of nothing any more. Blocks.
    pub(super) fn leave(&self) {
        self.keep(&BTreeSet::new());
        lock(&self.watches.table).subscribers.remove(&self.number);
    }
}
