//! Every order in which things can happen to a few routers: a model for `stateright`, of the real code.

mod scenarios;
mod state;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use stateright::{Checker, HasDiscoveries, Model, Property as Claim};

use crate::described::Described;
use crate::mistake::Mistake;
use crate::property::Property;
pub use scenarios::{Extent, Scenario, scenarios};
pub use state::{Budget, State, Step};
pub use walk::{Walked, walk};

/// A few routers, and what may happen to them.
#[derive(Clone, Debug)]
pub struct Lan {
    described: Arc<[Described]>,
    machines: usize,
    delay: Duration,
    budget: Budget,
    mistake: Option<Mistake>,
    /// What is looked for; everything without one.
    sought: Option<Property>,
}

/// What was found.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what a report says")]
pub struct Covered {
    /// Different states.
    pub states: usize,
    /// The most steps from a beginning.
    pub depth: usize,
    /// Violated properties, each with the steps that lead there and what was seen then.
    pub violations: Vec<(Property, Vec<Step>, String)>,
}

impl Lan {
    /// The routers of a scenario.
    pub fn new(scenario: &Scenario, mistake: Option<Mistake>) -> Self {
        let machines = scenario.routers.iter().map(|router| router.machine + 1).max().unwrap_or(0);
        Self {
            described: scenario.routers.clone().into(),
            machines,
            delay: scenario.delay,
            budget: scenario.budget,
            mistake,
            sought: None,
        }
    }

    /// Looks for violations of this property only, and stops at the first.
    #[must_use]
    pub fn seek(mut self, property: Property) -> Self {
        self.sought = Some(property);
        self
    }

    /// Looks at every state. With one thread the steps that are reported are always the same.
    pub fn check(self, threads: usize) -> Covered {
        let checker = self.checker().threads(threads).finish_when(HasDiscoveries::AnyFailures);
        let checker = checker.spawn_bfs().join();
        let violation = |property: Property| {
            let path = checker.discovery(name_of(property))?;
            let what = path.last_state().violations();
            Some((property, path.into_actions(), what))
        };
        Covered {
            states: checker.unique_state_count(),
            depth: checker.max_depth(),
            violations: Property::ALL.into_iter().filter_map(violation).collect(),
        }
    }
}

impl Model for Lan {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.described, self.machines, self.delay, self.budget, self.mistake)]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        // What comes after a violation says nothing.
        let is_over = match self.sought {
            Some(sought) => state.violated().has(sought),
            None => !state.violated().is_empty(),
        };
        if !is_over {
            state.steps(steps);
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut state = state.clone();
        state.perform(step);
        Some(state)
    }

    fn properties(&self) -> Vec<Claim<Self>> {
        let wanted = |property: &Property| self.sought.is_none_or(|sought| sought == *property);
        let claim = |property| Claim::always(name_of(property), condition_of(property));
        Property::ALL.into_iter().filter(wanted).map(claim).collect()
    }
}

macro_rules! claims {
    ($($property:ident $name:literal),* $(,)?) => {
        fn name_of(property: Property) -> &'static str {
            match property { $(Property::$property => $name),* }
        }

        /// The checker takes plain functions.
        fn condition_of(property: Property) -> fn(&Lan, &State) -> bool {
            match property {
                $(Property::$property => |_, state| !state.violated().has(Property::$property)),*
            }
        }
    };
}

claims! {
    OneActive "one-active",
    SomeActive "some-active",
    RightfulActive "rightful-active",
    AddressesWithTheRole "addresses-with-the-role",
    TakeoverIsAnnounced "takeover-is-announced",
    GoodbyeComesFirst "goodbye-comes-first",
    RejectedMovesNothing "rejected-moves-nothing",
    NotTooEarly "not-too-early",
    NotTooLate "not-too-late",
    PreemptMode "preempt-mode",
    Advertises "advertises",
    TrackingDecides "tracking-decides",
    GroupsMoveTogether "groups-move-together",
}
