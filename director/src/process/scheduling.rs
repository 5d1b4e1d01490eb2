//! How the system runs the threads for VRRP and BFD.

use std::ffi::CString;
use std::time::Duration;

use keepalived_conf::model::ProcessSettings;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::Pid;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use vrrp_io::VrrpBuilder;

/// What `vrrp_priority` and its kin ask for, or `bfd_priority` and its kin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scheduling {
    /// What the keywords begin with: `vrrp` or `bfd`.
    pub part: &'static str,
    /// As the file has it.
    pub settings: ProcessSettings,
    /// The real-time priority up to which it is raised when it is run too late; 0 for never.
    pub raised_to: u8,
    /// What too late is.
    pub raised_after: Duration,
}

impl Scheduling {
    /// Whether rights are needed that are given up otherwise: `CAP_SYS_NICE` and `CAP_IPC_LOCK`.
    pub fn needs_rights(&self) -> (bool, bool) {
        let nice = self.settings.nice.is_some_and(|nice| nice < 0)
            || self.settings.rt_priority.is_some()
            || self.raised_to > 0;
        (nice, self.settings.no_swap)
    }

    /// What concerns the whole process. What cannot be had is logged: the routers run all the same.
    pub fn apply_to_process(&self) {
        if self.settings.no_swap {
            let all = MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE;
            self.told("no_swap", mlockall(all));
        }
    }

    /// How long a thread of these may run in real time without a pause. The system has one limit for all.
    pub fn limit_realtime(all: &[&Self]) {
        let is_realtime = |one: &&&Self| one.settings.rt_priority.is_some() || one.raised_to > 0;
        let limits = all.iter().filter(is_realtime).filter_map(|one| one.settings.rlimit_rttime);
        if let Some(limit) = limits.max() {
            let hard = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
            told("rlimit_rttime", setrlimit(Resource::RLIMIT_RTTIME, hard / 2, hard));
        }
    }

    /// Has the VRRP thread run like this.
    pub fn apply(&self, builder: VrrpBuilder) -> VrrpBuilder {
        let settings = self.clone();
        let builder = builder.prepare(move || settings.apply_to_thread());
        if self.raised_to == 0 {
            return builder;
        }
        let (mut priority, most) = (self.settings.rt_priority.unwrap_or(0), self.raised_to);
        builder.when_late(self.raised_after, move |lateness| {
            if priority < most {
                priority += 1;
                tracing::warn!(?lateness, priority, "run too late; raising the priority");
                told("max_auto_priority", set_realtime(priority));
            }
        })
    }

    /// Has the calling thread run like this.
    pub fn apply_to_thread(&self) {
        let settings = &self.settings;
        if let Some(name) = settings.name.as_ref().and_then(|name| CString::new(&**name).ok()) {
            self.told("process_name", prctl::set_name(&name));
        }
        if !settings.cpu_affinity.is_empty() {
            let mut set = CpuSet::new();
            let mut processors = settings.cpu_affinity.iter().map(|number| *number as usize);
            let known = processors.try_for_each(|processor| set.set(processor));
            let this_thread = Pid::from_raw(0);
            self.told("cpu_affinity", known.and_then(|()| sched_setaffinity(this_thread, &set)));
        }
        if let Some(nice) = settings.nice {
            self.told("priority", rustix::process::setpriority_process(None, nice.into()));
        }
        if let Some(priority) = settings.rt_priority {
            self.told("rt_priority", set_realtime(priority));
        }
    }

    fn told<E: std::fmt::Display>(&self, keyword: &str, outcome: Result<(), E>) {
        told(&format!("{}_{keyword}", self.part), outcome);
    }
}

/// Gives the calling thread a real-time priority. What it starts does not inherit it: it starts nothing.
fn set_realtime(priority: u8) -> Result<(), String> {
    let value = ThreadPriorityValue::try_from(priority).map_err(|error| error.to_string())?;
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(value), policy)
        .map_err(|error| error.to_string())
}

fn told<E: std::fmt::Display>(keyword: &str, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        tracing::warn!(keyword, %error, "cannot be had");
    }
}
