//! A machine with virtual routers and a driver, as every layer runs it: the real state machines, the real codec.

mod authenticity;
mod drive;
mod receive;

use std::sync::Arc;

use vrrp_fsm::{
    Fault, Input, RouterSet, SetSnapshot, Standing, State, Timestamp, Tracking, VirtualRouter,
};

use authenticity::Authenticity;
pub use receive::Arrived;
use receive::{Peer, peers};

use crate::described::{Configured, Described, Key};
use crate::mistake::Mistake;
use crate::observer::{Look, Moment, Need, Observer};

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine {
    number: usize,
    all: Arc<[Described]>,
    configured: Arc<[Configured]>,
    /// Those of `all` that are here.
    routers: Vec<usize>,
    /// For each of them.
    peers: Arc<[Vec<Peer>]>,
    looks: Vec<Look>,
    authenticities: Vec<Option<Box<Authenticity>>>,
    boots: u32,
    set: RouterSet<Key>,
    is_on: bool,
    mistake: Option<Mistake>,
    /// Adding addresses fails.
    pub refuses: bool,
    /// LANs whose interface is down, and whose address is missing.
    down: u8,
    nameless: u8,
    /// Which tracked items are up.
    tracked: Vec<bool>,
}

/// A packet that a machine sends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "who and what")]
pub struct Sent {
    /// The router.
    pub router: usize,
    /// The machine that it goes to; to all of the group, if none.
    pub to: Option<usize>,
    /// The packet.
    pub octets: Vec<u8>,
}

impl Machine {
    /// A machine that is off. All routers that there are are described, and how each is run.
    pub fn new(
        number: usize,
        all: &Arc<[Described]>,
        configured: &Arc<[Configured]>,
        mistake: Option<Mistake>,
    ) -> Self {
        let routers: Vec<usize> =
            (0..all.len()).filter(|router| all[*router].machine == number).collect();
        let items = routers.iter().map(|router| all[*router].weights.len()).max().unwrap_or(0);
        Self {
            number,
            all: Arc::clone(all),
            configured: Arc::clone(configured),
            peers: routers.iter().map(|router| peers(all, &all[*router])).collect(),
            looks: vec![Look::OFF; routers.len()],
            authenticities: vec![None; routers.len()],
            boots: 0,
            routers,
            set: RouterSet::new(),
            is_on: false,
            mistake,
            refuses: false,
            down: 0,
            nameless: 0,
            tracked: vec![true; items],
        }
    }

    /// Whether it runs.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether packets of a LAN reach it.
    pub fn hears(&self, lan: u8) -> bool {
        self.is_on && self.down & (1 << lan) == 0
    }

    /// The routers here.
    pub fn routers(&self) -> &[usize] {
        &self.routers
    }

    /// The state of a router here.
    pub fn state(&self, router: usize) -> State {
        self.place(router).map_or(State::Initialize, |place| self.looks[place].state)
    }

    /// What decides how it goes on.
    pub fn snapshot(&self, now: Timestamp) -> (bool, bool, u8, u8, Vec<bool>, SetSnapshot<Key>) {
        let set = self.set.snapshot(now);
        (self.is_on, self.refuses, self.down, self.nameless, self.tracked.clone(), set)
    }

    /// A new process: its routers start.
    pub fn start(&mut self, at: Moment, observer: &mut Observer) -> Vec<Sent> {
        let mut sent = Vec::new();
        if self.is_on {
            return sent;
        }
        self.is_on = true;
        self.set = RouterSet::new();
        self.looks.fill(Look::OFF);
        self.boots += 1;
        let proved = self.routers.iter().map(|router| &self.configured[*router].authentication);
        self.authenticities = proved.map(|how| Authenticity::new(how, self.boots)).collect();
        for router in self.routers.clone() {
            let described = &self.all[router];
            let configured = &self.configured[router];
            let config = Mistake::configured(self.mistake, configured.config.clone());
            // Each key is there once.
            let _ = self.set.insert(described.key, VirtualRouter::new(config.clone()));
            if self.mistake != Some(Mistake::NoGroups) {
                self.set.join(&described.key, configured.group);
            }
            observer.started(router, at);
            if let (Some(Mistake::WaitsForever), Some(group)) = (self.mistake, configured.group) {
                let nobody = (u8::MAX, false, u8::MAX);
                // One is enough for all groups of a model, and the first for those of a simulation.
                let _ = self.set.insert(nobody, VirtualRouter::new(config));
                self.set.join(&nobody, Some(group));
            }
        }
        for router in self.routers.clone() {
            let described = self.all[router].clone();
            self.weigh(router, at, observer, &mut sent);
            if self.down & lan_bit(described.key) != 0 {
                self.give(router, at, Input::Fault(Fault::InterfaceDown), observer, &mut sent);
            }
            if self.nameless & lan_bit(described.key) == 0 {
                let address = Input::PrimaryAddress(Some(described.address));
                self.give(router, at, address, observer, &mut sent);
            }
            self.give(router, at, Input::Startup, observer, &mut sent);
        }
        sent
    }

    /// The process ends as it should.
    pub fn stop(&mut self, at: Moment, observer: &mut Observer) -> Vec<Sent> {
        let mut sent = Vec::new();
        // One after the other they go: while some are there the network is not quiet.
        self.routers.iter().for_each(|router| observer.disturbed(*router, at.world));
        for router in self.routers.clone() {
            self.give(router, at, Input::Shutdown, observer, &mut sent);
        }
        self.crash(at, observer);
        sent
    }

    /// The machine is gone from one moment to the next.
    pub fn crash(&mut self, at: Moment, observer: &mut Observer) {
        if std::mem::take(&mut self.is_on) {
            self.set = RouterSet::new();
            self.looks.fill(Look::OFF);
            self.routers.iter().for_each(|router| observer.ended(*router, at));
        }
    }

    /// When it wants to be woken.
    pub fn deadline(&self) -> Option<Timestamp> {
        if self.mistake != Some(Mistake::NeverTakesOver) {
            return self.set.deadline();
        }
        let routers = self.set.iter().filter(|(_, router)| router.state() != State::Backup);
        routers.filter_map(|(_, router)| router.deadline()).min()
    }

    /// What is due is done.
    pub fn wake(&mut self, at: Moment, observer: &mut Observer) -> Vec<Sent> {
        let mut sent = Vec::new();
        if self.mistake == Some(Mistake::NeverTakesOver) {
            for router in self.routers.clone() {
                if self.state(router) != State::Backup {
                    self.give(router, at, Input::Wake, observer, &mut sent);
                }
            }
            return sent;
        }
        while let Some((key, actions)) = self.set.wake(at.machine) {
            let Some(router) = self.router(key) else { continue };
            self.take(router, at, Some(Input::Wake), actions, observer, &mut sent);
            self.follow(at, observer, &mut sent);
        }
        sent
    }

    /// The interface on a LAN goes up or down.
    pub fn link(&mut self, lan: u8, is_up: bool, at: Moment, observer: &mut Observer) -> Vec<Sent> {
        set_bit(&mut self.down, lan, !is_up);
        self.need(lan, Need::Link, !is_up, at, observer, |is_missing, _| {
            let fault = Fault::InterfaceDown;
            if is_missing { Input::Fault(fault) } else { Input::Recovered(fault) }
        })
    }

    /// The address on a LAN comes or goes.
    pub fn address(
        &mut self,
        lan: u8,
        is_there: bool,
        at: Moment,
        observer: &mut Observer,
    ) -> Vec<Sent> {
        set_bit(&mut self.nameless, lan, !is_there);
        self.need(lan, Need::Address, !is_there, at, observer, |is_missing, described| {
            Input::PrimaryAddress((!is_missing).then_some(described.address))
        })
    }

    fn need(
        &mut self,
        lan: u8,
        need: Need,
        is_missing: bool,
        at: Moment,
        observer: &mut Observer,
        input: impl Fn(bool, &Described) -> Input<'static>,
    ) -> Vec<Sent> {
        let mut sent = Vec::new();
        for router in self.routers.clone() {
            let described = self.all[router].clone();
            if described.key.0 == lan {
                observer.needs(router, need, is_missing, at);
                self.give(router, at, input(is_missing, &described), observer, &mut sent);
            }
        }
        sent
    }

    /// Somebody took the virtual addresses away.
    pub fn lose_addresses(&mut self, at: Moment, observer: &mut Observer) -> Vec<Sent> {
        let mut sent = Vec::new();
        for router in self.routers.clone() {
            observer.addresses_lost(router);
            self.give(router, at, Input::AddressesLost, observer, &mut sent);
        }
        sent
    }

    /// A tracked item is up or down from now on.
    pub fn track(
        &mut self,
        item: usize,
        is_up: bool,
        at: Moment,
        observer: &mut Observer,
    ) -> Vec<Sent> {
        let mut sent = Vec::new();
        if let Some(known) = self.tracked.get_mut(item) {
            *known = is_up;
            for router in self.routers.clone() {
                self.weigh(router, at, observer, &mut sent);
            }
        }
        sent
    }

    /// Tells a router what tracking makes of it.
    fn weigh(&mut self, router: usize, at: Moment, observer: &mut Observer, sent: &mut Vec<Sent>) {
        // What is expected, and what is decided by those who track.
        let (expected, is_fit) = self.all[router].tracked(&self.tracked);
        observer.weighs(router, expected, at);
        let configured = &self.configured[router];
        let mut tracking = Tracking::new(configured.weights.iter().copied().enumerate());
        for (item, is_up) in self.tracked.iter().enumerate() {
            tracking.set(&item, Standing::from(*is_up));
        }
        let verdict = tracking.verdict(configured.config.priority());
        let priority = Input::SetPriority(verdict.priority);
        self.give(router, at, priority, observer, sent);
        observer.needs(router, Need::Tracked, !is_fit, at);
        let fault = Fault::Tracking;
        let fit = if verdict.is_fit { Input::Recovered(fault) } else { Input::Fault(fault) };
        self.give(router, at, fit, observer, sent);
    }

    fn router(&self, key: Key) -> Option<usize> {
        self.routers.iter().copied().find(|router| self.all[*router].key == key)
    }

    fn place(&self, router: usize) -> Option<usize> {
        self.routers.iter().position(|other| *other == router)
    }
}

fn lan_bit(key: Key) -> u8 {
    1 << key.0
}

fn set_bit(bits: &mut u8, lan: u8, is_set: bool) {
    let bit = 1 << lan;
    *bits = if is_set { *bits | bit } else { *bits & !bit };
}
