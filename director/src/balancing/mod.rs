//! Load balancing: servers are checked, and IPVS follows. It runs in a thread of its own.

mod addresses;
mod kernel;
mod label;
mod marks;
mod misc;
mod news;
mod pools;
mod report;
mod worker;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use keepalived_conf::model::Lvs;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::config::{Plan, PlannedPool};
use crate::tracking::bfd::Follower;
use worker::{Order, Worker};

pub(crate) use label::state;
pub(crate) use misc::Misc;
pub(crate) use report::Shown;

pub use news::{About, News};
pub use report::{CheckReport, PoolReport, ServerReport};

/// Until the thread has programmed what it is at.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);
/// For the table to be taken away at the end.
const LAST_PATIENCE: Duration = Duration::from_secs(10);

/// The thread that balances.
#[derive(Debug)]
pub(crate) struct Balancing {
    orders: UnboundedSender<Order>,
    news: UnboundedReceiver<News>,
}

/// Asks the thread, and tells it.
#[derive(Clone, Debug)]
pub(crate) struct Handle(UnboundedSender<Order>);

impl Handle {
    /// What there is; nothing when the thread does not answer in time.
    pub(crate) fn ask(&self) -> Shown {
        let (asker, answer) = mpsc::channel();
        let _ = self.0.send(Order::Show(asker));
        answer.recv_timeout(ANSWER_PATIENCE).unwrap_or_default()
    }
}

impl Follower for Handle {
    fn follow(&self, session: String, is_up: bool) {
        // A thread that is gone has panicked, and the daemon ends of that.
        let _ = self.0.send(Order::Session { name: session, is_up });
    }
}

/// What a configuration says of it.
pub(super) struct Settings {
    lvs: Lvs,
    pools: Vec<Arc<PlannedPool>>,
    /// Of the instance that the sync daemon follows.
    vrid: Option<u8>,
    /// Whether that is active now.
    is_active: bool,
    /// How sessions of BFD are, by name.
    sessions: BTreeMap<String, bool>,
}

/// What is known when the thread begins.
struct Start {
    settings: Settings,
    has_ipvs: bool,
    namespace: Option<String>,
}

impl Settings {
    fn of(plan: &Plan, is_active: bool, sessions: BTreeMap<String, bool>) -> Self {
        let instance = plan.lvs.sync_daemon.as_ref().and_then(|daemon| daemon.instance.as_ref());
        let mut routers = plan.routers.iter();
        let followed =
            instance.and_then(|name| routers.find(|planned| planned.instance.name == *name));
        Self {
            lvs: plan.lvs.clone(),
            pools: plan.pools.clone(),
            vrid: followed.map(|planned| planned.instance.vrid),
            is_active,
            sessions,
        }
    }
}

impl Balancing {
    /// Begins, when there is something to balance; `sessions` says how those of BFD are.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(crate) fn start(plan: &Plan, sessions: BTreeMap<String, bool>) -> io::Result<Option<Self>> {
        if plan.pools.is_empty() && plan.lvs.sync_daemon.is_none() {
            return Ok(None);
        }
        let (orders, receiver) = unbounded_channel();
        let (sender, news) = unbounded_channel();
        let start = Start {
            settings: Settings::of(plan, false, sessions),
            has_ipvs: plan.has_ipvs,
            namespace: plan.surroundings.net_namespace_ipvs.clone(),
        };
        let scheduling = plan.checker_scheduling.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("checker".into()).spawn(move || {
            scheduling.apply_to_thread();
            runtime.block_on(async move {
                Worker::new(start, sender).run(receiver).await;
            });
            // Probes that hang are not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Some(Self { orders, news }))
    }

    /// Goes on by another configuration.
    pub(crate) fn set(&self, plan: &Plan, is_active: bool, sessions: BTreeMap<String, bool>) {
        // A thread that is gone has panicked, and the daemon ends of that.
        let _ = self.orders.send(Order::Set(Box::new(Settings::of(plan, is_active, sessions))));
    }

    /// The instance that the sync daemon follows is active, or not.
    pub(crate) fn follow(&self, is_active: bool) {
        let _ = self.orders.send(Order::Follow { is_active });
    }

    /// The next thing that others are to be told. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// For sessions of BFD.
    pub(crate) fn follower(&self) -> Box<dyn Follower> {
        Box::new(self.handle())
    }

    /// For those who ask and tell.
    pub(crate) fn handle(&self) -> Handle {
        Handle(self.orders.clone())
    }

    /// Ends, and returns what is still to be told. IPVS is left as it is, or what is ours is taken away.
    pub(crate) async fn stop(mut self, leaves: bool) -> Vec<News> {
        let (done, ended) = oneshot::channel();
        let _ = self.orders.send(Order::Stop { leaves, done });
        if timeout(LAST_PATIENCE, ended).await.is_err() {
            tracing::error!("IPVS takes too long; what is there stays");
        }
        let mut rest = Vec::new();
        while let Ok(news) = self.news.try_recv() {
            rest.push(news);
        }
        rest
    }
}
