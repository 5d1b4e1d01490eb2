//! The driver: a router is given an input, and what it asks for is performed.

use std::net::IpAddr;

use vrrp_fsm::proto::{Authentication, HOP_LIMIT, Priority, Signer};
use vrrp_fsm::{Action, Actions, Input, State, VirtualRouter};

use super::{Machine, Sent};
use crate::described::Delivery;
use crate::mistake::Mistake;
use crate::observer::{Look, Moment, Observer};
use crate::packet::{encode, endpoints};

impl Machine {
    pub(super) fn give(
        &mut self,
        router: usize,
        at: Moment,
        input: Input<'_>,
        observer: &mut Observer,
        sent: &mut Vec<Sent>,
    ) {
        if !self.is_on {
            return;
        }
        let described = &self.all[router];
        let key = described.key;
        let is_active = self.state(router) == State::Active;
        let (imagined, advertisement);
        // What the router is really given, by somebody who has made a mistake.
        let given = match (self.mistake, input) {
            (Some(Mistake::ActiveIsDeaf), Input::Advertisement { .. }) if is_active => None,
            (Some(Mistake::LowerAddressWins), Input::Advertisement { source, advertisement }) => {
                let source = turned(source, described.address);
                Some(Input::Advertisement { source, advertisement })
            }
            (Some(Mistake::IgnoresGoodbye), Input::Advertisement { advertisement, .. })
                if advertisement.priority().is_stopped() =>
            {
                None
            }
            (Some(Mistake::BelievesRejected), Input::Rejected(_)) => {
                imagined = VirtualRouter::new(described.config());
                advertisement = imagined.advertisement(Priority::MAX_NOT_OWNER);
                let source = turned(described.address, described.address);
                Some(Input::Advertisement { source, advertisement: &advertisement })
            }
            (Some(Mistake::KeepsPriority), Input::SetPriority(_)) => None,
            (Some(Mistake::SeesNoFault), Input::Fault(_)) => None,
            (_, input) => Some(input),
        };
        let rejected = matches!(input, Input::Rejected(_)).then(|| self.set.snapshot(at.machine));
        let actions = match given {
            Some(given) => self.set.handle(at.machine, &key, given),
            None => None,
        };
        if rejected.is_some_and(|before| before != self.set.snapshot(at.machine)) {
            observer.moved_by_rejected(router, at);
        }
        let actions = actions.unwrap_or(Actions::none());
        self.take(router, at, Some(input), actions, observer, sent);
        self.follow(at, observer, sent);
    }

    /// What its group makes of it.
    pub(super) fn follow(&mut self, at: Moment, observer: &mut Observer, sent: &mut Vec<Sent>) {
        if self.routers.iter().all(|router| self.all[*router].group.is_none()) {
            return;
        }
        while let Some((key, actions)) = self.set.follow_up(at.machine) {
            let Some(router) = self.router(key) else { continue };
            self.take(router, at, None, actions, observer, sent);
        }
        observer.settled(self.number, at.world);
    }

    /// Performs what a router asks for.
    pub(super) fn take(
        &mut self,
        router: usize,
        at: Moment,
        input: Option<Input<'_>>,
        actions: Actions,
        observer: &mut Observer,
        sent: &mut Vec<Sent>,
    ) {
        let Some(place) = self.place(router) else { return };
        let Some(now) = self.set.get(&self.all[router].key) else { return };
        let after = Look { state: now.state(), deadline: now.deadline() };
        let before = std::mem::replace(&mut self.looks[place], after);
        let mut actions: Vec<Action> = actions.into_iter().collect();
        if let Some(mistake) = self.mistake {
            mistake.performed(before.state, &mut actions);
        }
        observer.handled(router, at, input.as_ref(), before, &actions, after);
        let mut adds = false;
        for action in &actions {
            match action {
                Action::Transmit(priority) => self.transmit(router, *priority, sent),
                Action::AddAddresses | Action::ReplaceAddresses => adds = true,
                _ => {}
            }
        }
        if adds && self.refuses {
            observer.refused(router, at);
            self.give(router, at, Input::Failed(Action::AddAddresses), observer, sent);
        }
    }

    fn transmit(&mut self, router: usize, priority: Priority, sent: &mut Vec<Sent>) {
        let described = &self.all[router];
        let (Some(advertiser), Some(place)) = (self.set.get(&described.key), self.place(router))
        else {
            return;
        };
        let advertisement = advertiser.advertisement(priority);
        let mut plain = Signer::new(Authentication::None, 0);
        let mut encoded = |destination, is_again| {
            let between = endpoints(described.address, destination);
            let signer = match &mut self.authenticities[place] {
                Some(authenticity) => &mut authenticity.signer,
                None => &mut plain,
            };
            encode(&advertisement, between, HOP_LIMIT, signer, is_again)
        };
        match described.delivery {
            Delivery::Unicast { .. } => {
                for (number, peer) in self.peers[place].iter().enumerate() {
                    let octets = encoded(Some(peer.address), number > 0);
                    sent.push(Sent { router, to: Some(peer.machine), octets });
                }
            }
            Delivery::Multicast => {
                sent.push(Sent { router, to: None, octets: encoded(None, false) });
            }
        }
    }
}

/// An address that wins where this one loses, and the other way round.
fn turned(source: IpAddr, own: IpAddr) -> IpAddr {
    let wins = source <= own;
    match (source, wins) {
        (IpAddr::V4(_), true) => IpAddr::from([255; 4]),
        (IpAddr::V4(_), false) => IpAddr::from([0; 4]),
        (IpAddr::V6(_), true) => IpAddr::from([255; 16]),
        (IpAddr::V6(_), false) => IpAddr::from([0; 16]),
    }
}
