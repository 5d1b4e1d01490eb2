//! What runs checks: the core, its probes and a clock.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::probes::{Probe, ProbeError};
use crate::{
    Action, Actions, CheckConfig, CheckId, Event, Health, Input, Known, Outcome, Phase, PoolConfig,
    PoolId, Run, ServerConfig, ServerId, Timestamp, Weight,
};

/// Pools whose servers are checked by probes.
///
/// It lives in a runtime of tokio and works while [`next`](Self::next) is waited for. Probes run beside it, as tasks
/// that end with it.
pub struct Checks {
    health: Health,
    epoch: Instant,
    probes: Vec<Probing>,
    results: UnboundedReceiver<Finished>,
    sender: UnboundedSender<Finished>,
    news: VecDeque<Event>,
}

struct Probing {
    /// `None` for a check that is told.
    probe: Option<Arc<dyn Probe>>,
    running: Option<AbortHandle>,
    problem: Option<ProbeError>,
}

struct Finished {
    check: CheckId,
    run: Run,
    found: Result<Weight, ProbeError>,
}

impl Checks {
    /// No pools.
    pub fn new() -> Self {
        let (sender, results) = unbounded_channel();
        let (health, probes, news) = (Health::new(), Vec::new(), VecDeque::new());
        Self { health, epoch: Instant::now(), probes, results, sender, news }
    }

    /// Adds a pool.
    pub fn add_pool(&mut self, config: PoolConfig) -> PoolId {
        self.health.add_pool(config)
    }

    /// Adds a server.
    ///
    /// # Panics
    /// When the pool is of another value.
    pub fn add_server(&mut self, pool: PoolId, config: ServerConfig) -> ServerId {
        self.health.add_server(pool, config)
    }

    /// Adds a check. Its first run comes at a random time within its warm-up.
    ///
    /// # Panics
    /// When the server is of another value.
    pub fn add_check(
        &mut self,
        server: ServerId,
        config: CheckConfig,
        probe: impl Probe,
    ) -> CheckId {
        self.add(server, config, Some(Arc::new(probe)))
    }

    /// The same for a probe that others have as well.
    ///
    /// # Panics
    /// When the server is of another value.
    pub fn add_shared(
        &mut self,
        server: ServerId,
        config: CheckConfig,
        probe: Arc<dyn Probe>,
    ) -> CheckId {
        self.add(server, config, Some(probe))
    }

    /// Adds a check that is [told](Self::tell) what there is to find.
    ///
    /// # Panics
    /// When the server is of another value.
    pub fn add_told(&mut self, server: ServerId, begins_failed: bool) -> CheckId {
        self.add(server, CheckConfig::told().begins_failed(begins_failed), None)
    }

    fn add(
        &mut self,
        server: ServerId,
        config: CheckConfig,
        probe: Option<Arc<dyn Probe>>,
    ) -> CheckId {
        let phase = Phase::of(fastrand::u32(..));
        self.probes.push(Probing { probe, running: None, problem: None });
        self.health.add_check(self.now(), server, config, phase)
    }

    /// Tells a check what was found.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn tell(&mut self, check: CheckId, outcome: Outcome) {
        let actions = self.health.handle(self.now(), check, Input::Told(outcome));
        self.perform(actions);
    }

    /// Suspends a check, or has it go on at once.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn suspend(&mut self, check: CheckId, is_suspended: bool) {
        let input = if is_suspended { Input::Suspend } else { Input::Resume };
        let actions = self.health.handle(self.now(), check, input);
        self.perform(actions);
    }

    /// Goes on from what another check has found; see [`Health::resume`].
    ///
    /// # Panics
    /// When it is of another value.
    pub fn resume(&mut self, check: CheckId, known: Known) {
        self.health.resume(check, known);
    }

    /// See [`Health::fail`].
    ///
    /// # Panics
    /// When it is of another value.
    pub fn fail(&mut self, check: CheckId) {
        self.health.fail(check);
    }

    /// See [`Health::resume_quorum`].
    ///
    /// # Panics
    /// When the pool is of another value.
    pub fn resume_quorum(&mut self, pool: PoolId, had_quorum: bool) {
        self.health.resume_quorum(pool, had_quorum);
    }

    /// What is known now.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Why the last run of a check failed; `None` when it did not.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn problem(&self, check: CheckId) -> Option<&ProbeError> {
        self.probes[check.index()].problem.as_ref()
    }

    /// Waits for what happens next. It can be dropped and called again: nothing is lost.
    pub async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.news.pop_front() {
                return event;
            }
            while let Some(actions) = self.health.due(self.now()) {
                self.perform(actions);
            }
            if !self.news.is_empty() {
                continue;
            }
            let deadline = self.health.deadline();
            let until = deadline.map(|deadline| self.epoch + deadline.since_epoch());
            let timer = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => core::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                finished = self.results.recv() => {
                    // Never closed: one of its senders is ours.
                    finished.into_iter().for_each(|finished| self.finish(finished));
                }
                () = timer => {}
            }
        }
    }

    /// What has happened already; `None` when there is nothing to tell without waiting.
    pub fn try_next(&mut self) -> Option<Event> {
        while let Ok(finished) = self.results.try_recv() {
            self.finish(finished);
        }
        self.news.pop_front()
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_epoch(self.epoch.elapsed())
    }

    fn finish(&mut self, finished: Finished) {
        let Finished { check, run, found } = finished;
        let probing = &mut self.probes[check.index()];
        probing.running = None;
        let outcome = match &found {
            Ok(weight) => Outcome::Success(*weight),
            Err(problem) => problem.outcome(),
        };
        probing.problem = found.err();
        let actions = self.health.handle(self.now(), check, Input::Finished { run, outcome });
        self.perform(actions);
    }

    fn perform(&mut self, actions: Actions) {
        for action in actions {
            match action {
                Action::Run { check, run, step } => self.run(check, run, step),
                Action::End { check, .. } => {
                    let running = self.probes[check.index()].running.take();
                    running.into_iter().for_each(|running| running.abort());
                }
                Action::Tell(event) => self.news.push_back(event),
            }
        }
    }

    fn run(&mut self, check: CheckId, run: Run, step: u16) {
        let Some(probe) = self.probes[check.index()].probe.clone() else { return };
        let sender = self.sender.clone();
        let task = tokio::spawn(async move {
            let found = probe.probe(step).await;
            // Whoever asked may be gone.
            let _ = sender.send(Finished { check, run, found });
        });
        self.probes[check.index()].running = Some(task.abort_handle());
    }
}

impl Default for Checks {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.probes.iter_mut().filter_map(|probing| probing.running.take()).for_each(|running| {
            running.abort();
        });
    }
}

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checks").field("health", &self.health).finish_non_exhaustive()
    }
}
