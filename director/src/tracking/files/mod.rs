//! Files that begin with a number. Each is looked at when something happens on the way to it.

mod create;
mod followed;
mod number;
mod regular;
mod walk;
mod watches;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use tokio::task::{JoinHandle, spawn_blocking};
use vrrp_io::Vrrp;

use super::{FIRST_RESULT, Listener};
use followed::Followed;
use watches::Watches;

/// A file that routers track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackFile {
    /// Its name in the configuration.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What is written to it when the daemon starts: if it is missing, or with `true` in any case.
    pub init: Option<(i32, bool)>,
}

/// The files that are followed. It ends with this value.
#[derive(Debug, Default)]
pub struct Files {
    running: BTreeMap<String, Running>,
    watching: Option<Watching>,
    has_started: bool,
}

#[derive(Debug)]
struct Running {
    file: Arc<Followed>,
    task: JoinHandle<()>,
}

/// One for all files.
#[derive(Debug)]
struct Watching {
    watches: Arc<Watches>,
    task: JoinHandle<()>,
}

impl Files {
    /// Follows these files from now on; those that are the same as before go on. Every value is
    /// reported as `track_file NAME` before this returns, unless reading it hangs.
    ///
    /// A missing file and one without a number count as 0, and so does what is no regular file. A
    /// number beyond 32 bits leaves the value as it was.
    ///
    /// To be called within a tokio runtime.
    pub fn set(&mut self, vrrp: &Vrrp, files: &[TrackFile]) {
        let listener: Arc<dyn Listener> = Arc::new(vrrp.clone());
        self.follow(&listener, files);
    }

    fn follow(&mut self, listener: &Arc<dyn Listener>, files: &[TrackFile]) {
        self.running.retain(|_, running| {
            let is_kept = files.contains(running.file.file());
            if !is_kept {
                running.end();
                let file = Arc::clone(&running.file);
                spawn_blocking(move || file.leave());
            }
            is_kept
        });
        if files.is_empty() {
            self.watching = None;
        } else if self.watching.is_none() {
            self.watching = Watching::begin();
        }
        let is_start = !self.has_started;
        self.has_started = true;
        let (done, is_done) = mpsc::channel();
        let mut begun = 0;
        for file in files {
            if self.running.contains_key(&file.name) {
                continue;
            }
            let watches = self.watching.as_ref().map(|watching| Arc::clone(&watching.watches));
            let followed = Followed::new(file.clone(), Arc::clone(listener), watches);
            let followed = Arc::new(followed);
            let (first, done) = (Arc::clone(&followed), done.clone());
            let looking = spawn_blocking(move || {
                first.create(is_start);
                first.look();
                // When it took long, nobody waits for it any more.
                let _ = done.send(());
            });
            let task = tokio::spawn(followed::follow(Arc::clone(&followed), looking));
            self.running.insert(file.name.clone(), Running { file: followed, task });
            begun += 1;
        }
        let end = Instant::now() + FIRST_RESULT;
        for _ in 0..begun {
            if is_done.recv_timeout(end.saturating_duration_since(Instant::now())).is_err() {
                tracing::warn!("reading a tracked file takes long; it counts when it is read");
                break;
            }
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for running in self.running.values() {
            running.end();
        }
    }
}

impl Running {
    fn end(&self) {
        self.task.abort();
        self.file.end();
    }
}

impl Watching {
    /// Without inotify every file is read every second.
    fn begin() -> Option<Self> {
        match Watches::new() {
            Ok(watches) => {
                let watches = Arc::new(watches);
                let reader = Arc::clone(&watches);
                let task = tokio::spawn(async move { reader.run().await });
                Some(Self { watches, task })
            }
            Err(error) => {
                tracing::warn!(%error, "inotify cannot be used");
                None
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use lab::Folder;
    use vrrp_io::fsm::Standing;

    use super::*;
    use crate::tracking::tests::Notes;

    /// Files that a test changes, and what is told of them.
    #[derive(Default)]
    struct Scene {
        notes: Arc<Notes>,
        files: Files,
    }

    impl Scene {
        fn follow(&mut self, files: &[TrackFile]) {
            let listener: Arc<dyn Listener> = Arc::<Notes>::clone(&self.notes);
            self.files.follow(&listener, files);
        }

        async fn becomes(&self, value: i32, what: &str) {
            let end = Instant::now() + Duration::from_secs(10);
            while self.notes.last("track_file f") != Some(Standing::Value(value)) {
                assert!(Instant::now() < end, "{what}: {:?}", self.notes.all());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    fn file(path: &str) -> TrackFile {
        TrackFile { name: "f".into(), path: path.into(), init: None }
    }

    #[tokio::test]
    async fn whatever_happens_to_a_file_is_seen() {
        let folder = Folder::new().unwrap();
        let path = folder.file("number");
        fs::write(&path, "1").unwrap();
        let mut scene = Scene::default();
        scene.follow(&[file(&path)]);
        assert_eq!(scene.notes.all(), [("track_file f".to_owned(), Standing::Value(1))]);
        fs::write(&path, "2").unwrap();
        scene.becomes(2, "written").await;
        fs::write(folder.file("new"), "3").unwrap();
        fs::rename(folder.file("new"), &path).unwrap();
        scene.becomes(3, "replaced").await;
        fs::remove_file(&path).unwrap();
        scene.becomes(0, "removed").await;
        fs::write(&path, "4").unwrap();
        scene.becomes(4, "made again").await;
        fs::rename(&path, folder.file("elsewhere")).unwrap();
        scene.becomes(0, "moved away").await;
        fs::hard_link(folder.file("elsewhere"), &path).unwrap();
        scene.becomes(4, "linked").await;
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        scene.becomes(0, "a folder in its place").await;
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "5").unwrap();
        scene.becomes(5, "a file again").await;
        fs::write(&path, "99999999999").unwrap();
        fs::write(folder.file("other"), "1").unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(scene.notes.last("track_file f"), Some(Standing::Value(5)));
        scene.follow(&[]);
        fs::write(&path, "6").unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(scene.notes.last("track_file f"), Some(Standing::Value(5)));
    }

    #[tokio::test]
    async fn the_way_to_a_file_may_change() {
        let folder = Folder::new().unwrap();
        let path = folder.file("some/where/number");
        let mut scene = Scene::default();
        scene.follow(&[file(&path)]);
        assert_eq!(scene.notes.last("track_file f"), Some(Standing::Value(0)));
        fs::create_dir_all(folder.file("some/where")).unwrap();
        fs::write(&path, "1").unwrap();
        scene.becomes(1, "made with its folders").await;
        fs::rename(folder.file("some"), folder.file("other")).unwrap();
        scene.becomes(0, "a folder moved away").await;
        symlink("other", folder.file("some")).unwrap();
        scene.becomes(1, "a link to the folder").await;
        fs::write(folder.file("other/where/number"), "2").unwrap();
        scene.becomes(2, "written by its other name").await;
        fs::create_dir_all(folder.file("third/where")).unwrap();
        fs::write(folder.file("third/where/number"), "3").unwrap();
        symlink("third", folder.file("new")).unwrap();
        fs::rename(folder.file("new"), folder.file("some")).unwrap();
        scene.becomes(3, "the link leads elsewhere").await;
        fs::remove_dir_all(folder.file("third")).unwrap();
        scene.becomes(0, "the link leads nowhere").await;
    }

    #[tokio::test]
    async fn a_file_is_made_at_the_start_and_overwritten_by_no_reload() {
        let folder = Folder::new().unwrap();
        let path = folder.file("number");
        let with = |init| TrackFile { init: Some(init), ..file(&path) };
        let mut scene = Scene::default();
        scene.follow(&[with((7, false))]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "7\n");
        assert_eq!(scene.notes.last("track_file f"), Some(Standing::Value(7)));
        fs::write(&path, "8").unwrap();
        scene.becomes(8, "written").await;
        scene.follow(&[with((9, true))]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "8");
        let mut scene = Scene::default();
        scene.follow(&[with((9, false))]);
        assert_eq!(scene.notes.last("track_file f"), Some(Standing::Value(8)));
        let mut scene = Scene::default();
        scene.follow(&[with((-9, true))]);
        assert_eq!(scene.notes.last("track_file f"), Some(Standing::Value(-9)));
    }
}
