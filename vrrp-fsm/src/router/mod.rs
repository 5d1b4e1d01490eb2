//! The virtual router.

mod receive;
mod schedule;
mod snapshot;
mod timers;
mod transition;

use core::net::IpAddr;
use core::num::NonZeroU8;
use core::time::Duration;

use vrrp_proto::{Advertisement, Priority};

use crate::action::{Action, Actions};
use crate::config::Config;
use crate::event::{Cause, Event, Fault, State};
use crate::input::Input;
use crate::stats::Stats;
use crate::time::Timestamp;
use schedule::Schedule;
pub use snapshot::Snapshot;
pub use transition::ADDRESS_RETRY;
pub(crate) use transition::GroupStep;

/// One virtual router: RFC 9568 section 6 and RFC 3768 section 6.
///
/// - **Input** goes through [`handle`](Self::handle) and, because it can be refused,
///   [`reconfigure`](Self::reconfigure). Both return what to do. Nothing else changes the router.
/// - **Time** is an argument. [`deadline`](Self::deadline) says when to call with [`Input::Wake`] if
///   nothing else happens before.
/// - **Getters** have no effect.
#[derive(Clone, Debug)]
pub struct VirtualRouter {
    config: Config,
    /// What tracking has made of the configured priority.
    priority: Priority,
    primary_address: Option<IpAddr>,
    phase: Phase,
    /// `Active_Adver_Interval` in nanoseconds: learned in VRRPv3, our own in VRRPv2.
    active_interval: u64,
    /// Whether it was learned, and not taken from our own configuration.
    is_learned: bool,
    active_priority: Option<Priority>,
    /// Bits of [`Fault`].
    faults: u8,
    /// Deaf, mute and Backup until then, because it has just been started.
    held_until: Timestamp,
    /// Whether it becomes Active only together with others.
    is_grouped: bool,
    /// Bits of [`Report`]: what has been told since the last change of state.
    reported: u8,
    now: Timestamp,
    stats: Stats,
}

/// The state with the deadlines that exist in it.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Initialize,
    Fault {
        /// When to try again what failed; `None` while an input has to come first.
        retry: Option<Timestamp>,
    },
    Backup {
        /// `Active_Down_Timer`.
        active_down: Timestamp,
        /// From when on a lower priority is no longer accepted; set by the first one heard.
        preempt_from: Option<Timestamp>,
        /// Why the timer will expire, by what was heard last.
        expecting: Cause,
        /// The timer has expired, and the group was not ready.
        wants_active: bool,
    },
    Active {
        /// `Adver_Timer`.
        advertisement_due: Timestamp,
        last_sent: Timestamp,
        announcements: Schedule,
        /// Until when another conflict causes no announcement of its own.
        contested_until: Timestamp,
    },
}

/// Things that are told once per state.
#[derive(Clone, Copy)]
enum Report {
    OtherActive,
    SameAddress,
    OtherOwner,
    AddressListDiffers,
    IntervalDiffers,
}

impl VirtualRouter {
    /// A router in Initialize. It has to be told its [primary address](Input::PrimaryAddress) and
    /// to [start](Input::Startup), in either order.
    pub fn new(config: Config) -> Self {
        Self {
            priority: config.priority,
            active_interval: timers::nanoseconds_of(config.interval()),
            active_priority: None,
            is_learned: false,
            config,
            primary_address: None,
            phase: Phase::Initialize,
            faults: Fault::NoPrimaryAddress.bit(),
            held_until: Timestamp::EPOCH,
            is_grouped: false,
            reported: 0,
            now: Timestamp::EPOCH,
            stats: Stats::default(),
        }
    }

    /// Takes an input, and then the timers that are due at `now` unless the input is a packet.
    ///
    /// A packet makes no timer expire: a Backup that was woken late and finds refused packets and the
    /// Active router's advertisement in its socket does nothing. So empty the socket first and call
    /// with [`Input::Wake`] then.
    ///
    /// Total: any input in any state is answered, and no packet can make it panic. A `now` before an earlier
    /// one counts as that earlier one.
    #[inline]
    pub fn handle(&mut self, now: Timestamp, input: Input<'_>) -> Actions {
        self.now = self.now.max(now);
        let mut actions = Actions::none();
        match input {
            Input::Advertisement { source, advertisement } => {
                self.receive(source, advertisement, &mut actions);
            }
            Input::Rejected(kind) => self.stats.count_rejected(kind),
            other => {
                self.take(other, &mut actions);
                self.expire_if_due(&mut actions);
            }
        }
        actions
    }

    #[inline(never)]
    fn take(&mut self, input: Input<'_>, actions: &mut Actions) {
        match input {
            Input::Startup => {
                if matches!(self.phase, Phase::Initialize) {
                    self.start(Cause::Startup, actions);
                }
            }
            Input::Shutdown => self.shut_down(actions),
            Input::PrimaryAddress(Some(address)) => {
                self.primary_address = Some(address);
                self.clear_fault(Fault::NoPrimaryAddress, actions);
            }
            // The address is remembered: an Active router says good-bye from it.
            Input::PrimaryAddress(None) => self.set_fault(Fault::NoPrimaryAddress, actions),
            Input::SetPriority(priority) => self.set_priority(priority, actions),
            Input::Fault(fault) => self.set_fault(fault, actions),
            Input::Recovered(fault) => self.clear_fault(fault, actions),
            Input::AddressesLost => self.restore_addresses(actions),
            Input::Failed(action) => self.failed(action, actions),
            Input::Advertisement { .. } | Input::Rejected(_) | Input::Wake => {}
        }
    }

    /// Takes a new configuration and keeps the role.
    ///
    /// The priority becomes the configured one, whatever tracking made of it before.
    ///
    /// # Errors
    /// [`NotSameRouter`] when family or VRID differ: that is another virtual router. Stop this one and
    /// start the other.
    pub fn reconfigure(
        &mut self,
        now: Timestamp,
        config: Config,
    ) -> Result<Actions, NotSameRouter> {
        if !self.config.is_same_router(&config) {
            return Err(NotSameRouter);
        }
        self.now = self.now.max(now);
        let mut actions = Actions::none();
        let own_interval = timers::nanoseconds_of(config.interval());
        let addresses_changed = self.config.addresses() != config.addresses();
        let announcements_changed = self.config.announcements != config.announcements;
        let version_changed = self.config.version() != config.version();
        let interval_before = self.active_interval;
        let down_before = self.active_down_interval();
        self.priority = config.priority;
        self.config = config;
        self.reported = 0;
        // What another router said of its interval still holds, in this version.
        if !self.is_learned || version_changed {
            self.is_learned = false;
            self.active_interval = own_interval;
        }
        let down_now = self.active_down_interval();
        let has_other_interval = self.active_interval != interval_before;
        match &mut self.phase {
            Phase::Backup { active_down, preempt_from, expecting, .. } => {
                *preempt_from = None;
                let is_held = self.now < self.held_until;
                let anew = self.now.max(self.held_until).after(down_now);
                *active_down = match (has_other_interval, *expecting) {
                    (_, _) if is_held && self.priority.is_owner() => self.held_until,
                    (_, _) if is_held => anew,
                    (false, _) => active_down.shifted(down_before, down_now),
                    // It is known to have stopped.
                    (true, Cause::ActiveStopped) => anew.min(*active_down),
                    (true, _) => anew,
                };
                self.own_addresses_at_once(&mut actions);
            }
            Phase::Active { advertisement_due, announcements, .. } => {
                let latest = if version_changed { self.now } else { self.now.after(own_interval) };
                *advertisement_due = (*advertisement_due).min(latest);
                if addresses_changed {
                    let burst = announcements.begin(self.now, &self.config.announcements);
                    self.transmit(self.priority, &mut actions);
                    actions.push(Action::ReplaceAddresses);
                    actions.push(Action::Announce(burst));
                } else if announcements_changed {
                    announcements.change(self.now, &self.config.announcements);
                }
            }
            Phase::Initialize | Phase::Fault { .. } => {}
        }
        self.expire_if_due(&mut actions);
        Ok(actions)
    }

    /// When [`handle`](Self::handle) wants to be called at the latest. `None` while only an input
    /// can bring about anything.
    #[inline]
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Initialize => None,
            Phase::Fault { retry } => *retry,
            Phase::Backup { active_down, .. } => Some(*active_down),
            Phase::Active { advertisement_due, announcements, .. } => Some(
                announcements.due().map_or(*advertisement_due, |due| due.min(*advertisement_due)),
            ),
        }
    }

    /// What to send for [`Action::Transmit`].
    pub fn advertisement(&self, priority: Priority) -> Advertisement<'_> {
        self.config.advertisement(priority)
    }

    /// The state.
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Initialize => State::Initialize,
            Phase::Fault { .. } => State::Fault,
            Phase::Backup { .. } => State::Backup,
            Phase::Active { .. } => State::Active,
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The priority that is advertised: the configured one, or what it was [set](Input::SetPriority) to.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// `Active_Adver_Interval`: what the Active router said in VRRPv3, our own otherwise.
    pub fn active_interval(&self) -> Duration {
        Duration::from_nanos(self.active_interval)
    }

    /// The priority in the last advertisement that was accepted from another router.
    pub fn active_priority(&self) -> Option<Priority> {
        self.active_priority
    }

    /// The address that advertisements are sent from; in [`Fault::NoPrimaryAddress`] the last one.
    pub fn primary_address(&self) -> Option<IpAddr> {
        self.primary_address
    }

    /// What the router misses; it is in [`State::Fault`] for as long as there is something.
    pub fn faults(&self) -> impl Iterator<Item = Fault> + '_ {
        Fault::ALL.into_iter().filter(|fault| self.faults & fault.bit() != 0)
    }

    /// Sets the counters to zero; what is not counted stays.
    pub fn clear_stats(&mut self) {
        let Stats { active_cause, last_transition, .. } = self.stats;
        self.stats = Stats { active_cause, last_transition, ..Stats::default() };
    }

    /// The counters.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    pub(crate) fn set_grouped(&mut self, is_grouped: bool) {
        self.is_grouped = is_grouped;
    }

    /// It is on its own, and misses nothing that only others miss. If that was all it is as if it had not been started.
    pub(crate) fn forget_group(&mut self) {
        self.is_grouped = false;
        self.faults &= !Fault::Group.bit();
        if self.faults == 0 && matches!(self.phase, Phase::Fault { .. }) {
            self.phase = Phase::Initialize;
        }
    }

    /// Whether it would be Active if it were alone.
    pub(crate) fn wants_active(&self) -> bool {
        match self.phase {
            Phase::Active { .. } => true,
            Phase::Backup { wants_active, .. } => wants_active,
            Phase::Initialize | Phase::Fault { .. } => false,
        }
    }

    /// Whether it was deaf and mute after its start when it was last given something.
    pub(crate) fn is_held(&self) -> bool {
        self.now < self.held_until
    }

    /// Whether it misses something itself.
    pub(crate) fn has_own_fault(&self) -> bool {
        !self.is(State::Initialize) && self.faults & !Fault::Group.bit() != 0
    }

    pub(crate) fn has_group_fault(&self) -> bool {
        self.faults & Fault::Group.bit() != 0
    }

    fn is(&self, state: State) -> bool {
        self.state() == state
    }

    fn transmit(&mut self, priority: Priority, actions: &mut Actions) {
        self.stats.advertisements_sent += 1;
        self.stats.priority_zero_sent += u64::from(priority.is_stopped());
        if let Phase::Active { last_sent, .. } = &mut self.phase {
            *last_sent = self.now;
        }
        actions.push(Action::Transmit(priority));
    }

    /// 255 is not to be had by tracking, nor to be lost: who owns the addresses is configured.
    fn set_priority(&mut self, priority: Priority, actions: &mut Actions) {
        if self.config.priority.is_owner() {
            return;
        }
        let priority = priority.clamp(Priority::MIN, Priority::MAX_NOT_OWNER);
        if priority == self.priority {
            return;
        }
        let event = Event::PriorityChanged { from: self.priority, to: priority };
        actions.push(Action::Notify(event));
        let before = self.active_down_interval();
        self.priority = priority;
        let after = self.active_down_interval();
        if let Phase::Backup { active_down, .. } = &mut self.phase {
            *active_down = active_down.shifted(before, after);
        }
    }

    fn restore_addresses(&mut self, actions: &mut Actions) {
        if self.is(State::Active) {
            self.stats.addresses_restored += 1;
            actions.push(Action::AddAddresses);
            actions.push(Action::Announce(NonZeroU8::MIN));
            actions.push(Action::Notify(Event::AddressesRestored));
        }
    }

    fn failed(&mut self, action: Action, actions: &mut Actions) {
        match action {
            Action::Transmit(_) => self.stats.transmit_failures += 1,
            Action::Announce(_) => self.stats.announce_failures += 1,
            Action::RemoveAddresses => self.stats.address_failures += 1,
            Action::AddAddresses | Action::ReplaceAddresses => {
                self.stats.address_failures += 1;
                // An Active router without its addresses would swallow the traffic.
                if self.is(State::Active) {
                    self.set_fault(Fault::AddressesRefused, actions);
                }
            }
            Action::Notify(_) => {}
        }
    }

    /// Tells an event that packets bring about, once per state.
    #[cold]
    fn report(&mut self, report: Report, event: Event, actions: &mut Actions) {
        let bit = 1 << report as u8;
        if self.reported & bit == 0 {
            self.reported |= bit;
            actions.push(Action::Notify(event));
        }
    }
}

/// The new configuration describes another virtual router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("family and VRID of a virtual router cannot change while it runs")]
#[expect(clippy::exhaustive_structs, reason = "says all there is")]
pub struct NotSameRouter;
