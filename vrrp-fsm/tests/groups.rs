//! Routers that change their state together.

use std::net::IpAddr;

use vrrp_fsm::proto::{Centiseconds, Priority, Vrid};
use vrrp_fsm::{
    Action, Actions, Cause, Config, Event, Fault, GroupId, Input, RouterSet, State, Timestamp,
    VirtualRouter,
};

const GROUP: GroupId = GroupId(1);

/// Members of one group on two interfaces, and what they did.
struct Routers {
    set: RouterSet<u8>,
    done: Vec<(u8, Action)>,
}

impl Routers {
    fn new(priorities: &[u8]) -> Self {
        let mut routers = Self { set: RouterSet::new(), done: Vec::new() };
        for (place, priority) in (1u8..).zip(priorities) {
            let config = Config::v3_ipv4(
                Vrid::new(place).unwrap(),
                Priority::new(*priority).unwrap(),
                Centiseconds::DEFAULT,
                [[192, 0, 2, place].into()],
            );
            routers.set.insert(place, VirtualRouter::new(config.unwrap())).unwrap();
            routers.set.join(&place, Some(GROUP));
            let address = Input::PrimaryAddress(Some([10, 0, 0, place].into()));
            routers.input(0.0, place, address);
        }
        for place in 1u8..=u8::try_from(priorities.len()).unwrap() {
            routers.input(0.0, place, Input::Startup);
        }
        routers
    }

    fn take(&mut self, now: Timestamp, key: u8, actions: Actions) {
        self.done.extend(actions.into_iter().map(|action| (key, action)));
        while let Some((key, actions)) = self.set.follow_up(now) {
            self.done.extend(actions.into_iter().map(|action| (key, action)));
        }
    }

    fn input(&mut self, at: f64, key: u8, input: Input<'_>) {
        let actions = self.set.handle(time(at), &key, input).unwrap();
        self.take(time(at), key, actions);
    }

    fn heard(&mut self, at: f64, key: u8, priority: u8, source: IpAddr) {
        let sender = self.set.get(&key).unwrap().clone();
        let advertisement = sender.advertisement(Priority::from_wire(priority));
        self.input(at, key, Input::Advertisement { source, advertisement: &advertisement });
    }

    fn wake(&mut self, at: f64) {
        while let Some((key, actions)) = self.set.wake(time(at)) {
            self.take(time(at), key, actions);
        }
    }

    fn follow_up(&mut self, at: f64) {
        self.take(time(at), 0, Actions::none());
    }

    fn states(&self) -> Vec<State> {
        self.set.iter().map(|(_, router)| router.state()).collect()
    }

    /// What was done since the last call, without the news.
    fn duties(&mut self) -> Vec<(u8, Action)> {
        let done = std::mem::take(&mut self.done);
        done.into_iter().filter(|(_, action)| !matches!(action, Action::Notify(_))).collect()
    }

    fn causes(&mut self) -> Vec<(u8, Cause)> {
        let done = std::mem::take(&mut self.done);
        let cause = |(key, action)| match action {
            Action::Notify(Event::StateChanged { cause, .. }) => Some((key, cause)),
            _ => None,
        };
        done.into_iter().filter_map(cause).collect()
    }
}

fn time(seconds: f64) -> Timestamp {
    Timestamp::from_epoch(std::time::Duration::from_secs_f64(seconds))
}

fn peer(last: u8) -> IpAddr {
    [10, 0, 0, last].into()
}

#[test]
fn they_become_active_together_and_only_when_all_can() {
    let mut routers = Routers::new(&[100, 100]);
    assert_eq!(routers.states(), [State::Backup; 2]);
    // The first hears nothing; the second has an Active router.
    routers.heard(3.0, 2, 200, peer(9));
    routers.wake(3.7);
    assert_eq!(routers.states(), [State::Backup; 2], "the second has a reason to wait");
    // Its peer falls silent, too.
    routers.wake(6.7);
    assert_eq!(routers.states(), [State::Active; 2]);
    let causes = routers.causes();
    assert!(causes.ends_with(&[(2, Cause::ActiveSilent), (1, Cause::ActiveSilent)]), "{causes:?}");
}

#[test]
fn one_that_hears_a_router_again_no_longer_wants_to_be_active() {
    let mut routers = Routers::new(&[100, 100]);
    routers.heard(3.0, 2, 200, peer(9));
    routers.wake(3.7);
    routers.heard(4.0, 1, 200, peer(9));
    routers.wake(6.7);
    assert_eq!(routers.states(), [State::Backup; 2]);
}

#[test]
fn when_one_is_outranked_all_are_backup_without_priority_zero() {
    let mut routers = Routers::new(&[100, 100, 100]);
    routers.wake(4.0);
    assert_eq!(routers.states(), [State::Active; 3]);
    routers.duties();
    routers.heard(5.0, 2, 200, peer(9));
    assert_eq!(routers.states(), [State::Backup; 3]);
    let removals: Vec<_> = [2, 1, 3].map(|key| (key, Action::RemoveAddresses)).into();
    assert_eq!(routers.duties(), removals);
}

#[test]
fn what_is_heard_before_the_others_have_followed_turns_nothing_back() {
    let mut routers = Routers::new(&[100, 100]);
    routers.wake(4.0);
    let sender = routers.set.get(&1).unwrap().clone();
    let advertisement = sender.advertisement(Priority::from_wire(200));
    let input = Input::Advertisement { source: peer(9), advertisement: &advertisement };
    // Two in one batch, and a packet that was refused; only then are the others told.
    for input in [input, input, Input::Rejected(vrrp_fsm::proto::ErrorKind::Checksum)] {
        let _ = routers.set.handle(time(5.0), &1, input).unwrap();
    }
    let _ = routers.set.handle(time(5.0), &1, Input::Failed(Action::RemoveAddresses)).unwrap();
    while let Some((key, actions)) = routers.set.follow_up(time(5.0)) {
        routers.take(time(5.0), key, actions);
    }
    assert_eq!(routers.states(), [State::Backup; 2]);
    routers.wake(7.0);
    assert_eq!(routers.states(), [State::Backup; 2]);
}

#[test]
fn an_active_router_that_joins_a_backup_group_is_backup() {
    let mut routers = Routers::new(&[100, 100]);
    routers.set.join(&2, None);
    routers.heard(3.0, 1, 200, peer(9));
    routers.wake(4.0);
    assert_eq!(routers.states(), [State::Backup, State::Active]);
    routers.set.join(&2, Some(GROUP));
    routers.follow_up(4.1);
    assert_eq!(routers.states(), [State::Backup; 2]);
}

#[test]
fn what_one_misses_all_miss() {
    let mut routers = Routers::new(&[100, 100]);
    routers.wake(4.0);
    routers.duties();
    routers.input(5.0, 1, Input::Fault(Fault::InterfaceDown));
    assert_eq!(routers.states(), [State::Fault; 2]);
    let farewell =
        |key| [(key, Action::Transmit(Priority::STOPPED)), (key, Action::RemoveAddresses)];
    assert_eq!(routers.duties(), [farewell(1), farewell(2)].concat());
    let faults = |routers: &Routers, key| -> Vec<Fault> {
        routers.set.get(&key).unwrap().faults().collect()
    };
    assert_eq!(faults(&routers, 1), [Fault::InterfaceDown], "nobody else misses anything");
    assert_eq!(faults(&routers, 2), [Fault::Group]);
    // The second misses something as well; both have to have everything again.
    routers.input(6.0, 2, Input::Fault(Fault::Tracking));
    routers.input(7.0, 1, Input::Recovered(Fault::InterfaceDown));
    assert_eq!(routers.states(), [State::Fault; 2]);
    routers.input(8.0, 2, Input::Recovered(Fault::Tracking));
    assert_eq!(routers.states(), [State::Backup; 2]);
    routers.wake(11.7);
    assert_eq!(routers.states(), [State::Active; 2]);
}

#[test]
fn owners_start_together_and_one_owner_waits_for_the_other_router() {
    let routers = Routers::new(&[255, 255]);
    assert_eq!(routers.states(), [State::Active; 2]);
    assert_eq!(routers.set.len(), 2);
    let mut routers = Routers::new(&[255, 100]);
    assert_eq!(routers.states(), [State::Backup; 2]);
    routers.wake(3.7);
    assert_eq!(routers.states(), [State::Active; 2]);
}

#[test]
fn one_that_joins_an_active_group_is_active() {
    let mut routers = Routers::new(&[100]);
    routers.wake(4.0);
    let late = Config::v3_ipv4(
        Vrid::new(9).unwrap(),
        Priority::DEFAULT,
        Centiseconds::DEFAULT,
        [[192, 0, 2, 9].into()],
    );
    routers.set.insert(9, VirtualRouter::new(late.unwrap())).unwrap();
    routers.input(5.0, 9, Input::PrimaryAddress(Some(peer(1))));
    routers.set.join(&9, Some(GROUP));
    routers.input(5.0, 9, Input::Startup);
    assert_eq!(routers.states(), [State::Active; 2]);
    // It leaves, and is on its own.
    routers.set.join(&9, None);
    routers.input(6.0, 1, Input::Fault(Fault::Tracking));
    assert_eq!(routers.states(), [State::Fault, State::Active]);
    // One that joins a group which misses something misses it, too.
    routers.set.join(&9, Some(GROUP));
    routers.wake(6.0);
    routers.follow_up(6.0);
    assert_eq!(routers.states(), [State::Fault; 2]);
    // The one that missed it is taken away.
    routers.set.remove(&1);
    routers.follow_up(7.0);
    assert_eq!(routers.states(), [State::Backup]);
}

/// Nobody else tells it any more that another one misses something.
#[test]
fn one_that_leaves_misses_nothing_of_the_group() {
    let mut routers = Routers::new(&[100, 100, 100]);
    routers.input(1.0, 1, Input::Fault(Fault::InterfaceDown));
    assert_eq!(routers.states(), [State::Fault; 3]);
    routers.set.join(&2, None);
    routers.follow_up(1.0);
    assert_eq!(routers.states(), [State::Fault, State::Backup, State::Fault]);
    routers.wake(5.0);
    assert_eq!(routers.states(), [State::Fault, State::Active, State::Fault]);
}

/// What it misses itself it goes on to miss, and the next one that left is told.
#[test]
fn one_that_leaves_misses_what_it_misses_itself() {
    let mut routers = Routers::new(&[100, 100, 100]);
    routers.input(1.0, 1, Input::Fault(Fault::InterfaceDown));
    routers.input(1.0, 2, Input::Fault(Fault::Tracking));
    routers.set.join(&3, None);
    routers.set.join(&2, None);
    routers.follow_up(1.0);
    assert_eq!(routers.states(), [State::Fault, State::Fault, State::Backup]);
    let faults: Vec<Fault> = routers.set.get(&2).unwrap().faults().collect();
    assert_eq!(faults, [Fault::Tracking]);
}

/// Also when a third one is taken away before anything followed.
#[test]
fn those_that_leave_together_are_freed_each() {
    for gone in [2, 3] {
        let mut routers = Routers::new(&[100, 100, 100]);
        routers.input(1.0, 1, Input::Fault(Fault::InterfaceDown));
        routers.set.join(&2, None);
        routers.set.join(&3, None);
        assert!(routers.set.remove(&gone).is_some());
        routers.follow_up(1.0);
        assert_eq!(routers.states(), [State::Fault, State::Backup], "without {gone}");
    }
}

#[test]
fn a_group_that_everybody_left_begins_anew() {
    let mut routers = Routers::new(&[100]);
    routers.wake(4.0);
    assert_eq!(routers.states(), [State::Active]);
    routers.set.join(&1, None);
    routers.input(5.0, 1, Input::Shutdown);
    routers.input(5.0, 1, Input::Startup);
    // Were the group still Active, who joins it would be at once.
    routers.set.join(&1, Some(GROUP));
    routers.follow_up(5.0);
    assert_eq!(routers.states(), [State::Backup]);
    routers.wake(9.0);
    assert_eq!(routers.states(), [State::Active]);
}

/// Whoever took it out may run it elsewhere.
#[test]
fn one_that_is_taken_out_is_on_its_own() {
    let mut routers = Routers::new(&[100, 100]);
    routers.input(1.0, 1, Input::Fault(Fault::InterfaceDown));
    let mut alone = routers.set.remove(&2).unwrap();
    assert_eq!(alone.state(), State::Initialize);
    let _ = alone.handle(time(2.0), Input::Startup);
    assert_eq!(alone.state(), State::Backup);
    let deadline = alone.deadline().unwrap();
    let _ = alone.handle(deadline, Input::Wake);
    assert_eq!(alone.state(), State::Active);
    // What it misses itself it goes on to miss.
    let mut faulty = routers.set.remove(&1).unwrap();
    assert_eq!(faulty.state(), State::Fault);
    let _ = faulty.handle(time(3.0), Input::Recovered(Fault::InterfaceDown));
    assert_eq!(faulty.state(), State::Backup);
}

/// Inputs come faster than what follows of them is asked for.
impl Routers {
    fn only(&mut self, at: f64, key: u8, input: Input<'_>) {
        let _ = self.set.handle(time(at), &key, input).unwrap();
    }
}

#[test]
fn what_was_over_before_it_followed_is_over() {
    let mut routers = Routers::new(&[100, 100, 100]);
    routers.only(1.0, 1, Input::Fault(Fault::InterfaceDown));
    routers.only(1.0, 1, Input::Recovered(Fault::InterfaceDown));
    routers.follow_up(1.0);
    assert_eq!(routers.states(), [State::Backup; 3]);
    // The other way round.
    routers.input(2.0, 1, Input::Fault(Fault::InterfaceDown));
    routers.only(3.0, 1, Input::Recovered(Fault::InterfaceDown));
    routers.only(3.0, 1, Input::Fault(Fault::InterfaceDown));
    routers.follow_up(3.0);
    assert_eq!(routers.states(), [State::Fault; 3]);
}

/// Whoever goes before it was told, by its group or for good, leaves the others to be told all that they have to be.
#[test]
fn one_that_goes_is_not_waited_for() {
    for is_removed in [false, true] {
        let mut routers = Routers::new(&[100, 100, 100]);
        routers.only(1.0, 1, Input::Fault(Fault::InterfaceDown));
        match is_removed {
            false => routers.set.join(&2, None),
            true => drop(routers.set.remove(&2)),
        }
        routers.only(1.0, 1, Input::Recovered(Fault::InterfaceDown));
        routers.follow_up(1.0);
        assert!(routers.states().iter().all(|state| *state == State::Backup), "{is_removed}");
    }
}

/// One that takes its place in the set is not told what was meant for it.
#[test]
fn who_comes_after_one_that_went_is_not_told_in_its_place() {
    let mut routers = Routers::new(&[100, 100, 100]);
    routers.only(1.0, 1, Input::Fault(Fault::InterfaceDown));
    let alone = routers.set.remove(&2).unwrap();
    routers.set.insert(9, alone).unwrap();
    routers.only(1.0, 9, Input::Startup);
    routers.follow_up(1.0);
    // By key: 1, 3, 9.
    assert_eq!(routers.states(), [State::Fault, State::Fault, State::Backup]);
}

/// One router that is Active, and another whose start is delayed by five seconds.
fn one_active_and_one_held() -> Routers {
    let mut routers = Routers::new(&[100]);
    routers.wake(4.0);
    assert_eq!(routers.states(), [State::Active]);
    let late = Config::v3_ipv4(
        Vrid::new(9).unwrap(),
        Priority::DEFAULT,
        Centiseconds::DEFAULT,
        [[192, 0, 2, 9].into()],
    );
    let late = late.unwrap().startup_delay(std::time::Duration::from_secs(5));
    routers.set.insert(9, VirtualRouter::new(late)).unwrap();
    routers.input(5.0, 9, Input::PrimaryAddress(Some(peer(1))));
    routers
}

/// It is deaf and mute until then, whatever its group is.
#[test]
fn one_that_is_held_after_its_start_follows_when_it_may() {
    let mut routers = one_active_and_one_held();
    routers.set.join(&9, Some(GROUP));
    routers.input(5.0, 9, Input::Startup);
    routers.wake(9.9);
    assert_eq!(routers.states(), [State::Active, State::Backup]);
    routers.wake(14.0);
    assert_eq!(routers.states(), [State::Active; 2]);
}

/// Between being told and following.
#[test]
fn one_that_is_held_when_it_would_follow_does_not() {
    let mut routers = one_active_and_one_held();
    routers.input(5.0, 9, Input::Startup);
    routers.only(11.0, 9, Input::Wake);
    routers.set.join(&9, Some(GROUP));
    routers.only(11.0, 9, Input::Shutdown);
    routers.only(11.0, 9, Input::Startup);
    routers.follow_up(11.0);
    assert_eq!(routers.states(), [State::Active, State::Backup]);
    routers.wake(15.9);
    assert_eq!(routers.states(), [State::Active, State::Backup]);
    routers.wake(20.0);
    assert_eq!(routers.states(), [State::Active; 2]);
}
