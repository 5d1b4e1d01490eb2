//! Network namespaces without names: a thread that lives in one and runs what it is given.

use std::fs::{self, File};
use std::io;
use std::sync::mpsc::{self, Sender};
use std::thread;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, getegid, geteuid, gettid};

type Job = Box<dyn FnOnce() + Send>;

/// A network namespace. It ends with the last process or thread in it.
///
/// What [`run`](Self::run) runs is inside, and so are the threads and processes that it starts.
#[derive(Debug)]
pub struct Namespace {
    jobs: Sender<Job>,
    thread_id: i32,
}

impl Namespace {
    /// Makes a namespace with its loopback interface up.
    ///
    /// # Errors
    /// `EPERM` without `CAP_SYS_ADMIN`: be root, or [enter a user namespace](gain_privilege).
    pub fn new() -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (started, outcome) = mpsc::channel();
        thread::Builder::new().name("namespace".into()).spawn(move || {
            let made = unshare(CloneFlags::CLONE_NEWNET).map_err(io::Error::from);
            let is_made = made.is_ok();
            // The one who made us waits for this.
            let _ = started.send(made.map(|()| gettid().as_raw()));
            if is_made {
                queue.into_iter().for_each(|job| job());
            }
        })?;
        let thread_id = outcome.recv().map_err(io::Error::other)??;
        let namespace = Self { jobs, thread_id };
        namespace.run(|| super::links::Links::open()?.set_up("lo", true))?;
        Ok(namespace)
    }

    /// Runs `job` inside and returns what it returns.
    ///
    /// # Panics
    /// When the job panics.
    pub fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, outcome) = mpsc::channel();
        self.jobs
            .send(Box::new(move || {
                // Whoever asked waits for this.
                let _ = done.send(job());
            }))
            .expect("the thread of the namespace ends with its handle");
        outcome.recv().expect("the job panicked; what it said is above")
    }

    /// A file that stands for the namespace.
    ///
    /// # Errors
    /// When no more files can be opened.
    pub fn file(&self) -> io::Result<File> {
        File::open(format!("/proc/self/task/{}/ns/net", self.thread_id))
    }
}

/// How namespaces can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Privilege {
    /// The process may make them as it is.
    Root,
    /// The process has entered a user namespace in which it may.
    UserNamespace,
}

/// Makes sure that this process can make namespaces: as root, or as root of a user namespace that it
/// enters. Call it before the process has threads.
///
/// # Errors
/// When the system forbids user namespaces.
pub fn gain_privilege() -> io::Result<Privilege> {
    if geteuid().is_root() {
        return Ok(Privilege::Root);
    }
    let (user, group): (Uid, Gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    // user_namespaces(7): groups may only be mapped once setgroups is given up.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))?;
    Ok(Privilege::UserNamespace)
}
