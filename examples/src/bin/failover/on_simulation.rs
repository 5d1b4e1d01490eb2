//! The same on the simulated LAN: real state machines and packets, virtual time.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use lab::sim::{Medium, SimLan, Trace, What};
use vrrp_fsm::{Config, Event, State, Timestamp};
use vrrp_proto::{Priority, Vrid};

use crate::report::{Kind, Outcome, Round, Seen, Timeline, Who};
use crate::{Arguments, PRIORITY_A, PRIORITY_B, active_down, skew};

const VIRTUAL_IP: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 100);

struct Run<'a> {
    arguments: &'a Arguments,
    timeline: &'a mut Timeline,
    lan: SimLan,
    told: usize,
}

pub(crate) fn run(arguments: &Arguments, timeline: &mut Timeline) -> io::Result<Outcome> {
    let mut lan = SimLan::new(1, Medium::default());
    if arguments.out.is_some() {
        lan.record();
    }
    for (last, priority) in [(1, PRIORITY_A), (2, PRIORITY_B)] {
        let vrid = Vrid::new(51).expect("51 is a VRID");
        let config = Config::v3_ipv4(vrid, priority, arguments.interval, [VIRTUAL_IP])
            .expect("the priorities and the address are valid");
        lan.add(Ipv4Addr::new(10, 77, 0, last), config);
    }
    let mut run = Run { arguments, timeline, lan, told: 0 };
    run.lan.start(Who::A as usize);
    run.lan.start(Who::B as usize);
    run.pass(10);
    let plan = Kind::plan(arguments.kills);
    let rounds = plan.map(|kind| run.round(kind)).collect::<io::Result<Vec<_>>>()?;
    Ok(Outcome { rounds, frames: run.lan.frames().to_vec() })
}

impl Run<'_> {
    fn round(&mut self, kind: Kind) -> io::Result<Round> {
        let interval = self.arguments.interval;
        let from = self.lan.now();
        let (a, b) = (Who::A as usize, Who::B as usize);
        let (loser, winner, bound, what) = match kind {
            Kind::Kill => {
                self.lan.crash(a);
                (a, b, active_down(interval, PRIORITY_B), Seen::Done("is killed"))
            }
            Kind::Graceful => {
                self.lan.stop(a);
                (a, b, skew(interval, PRIORITY_B), Seen::Done("is asked to stop"))
            }
            Kind::Preempt => {
                self.lan.start(a);
                (b, a, interval.duration(), Seen::Done("is back"))
            }
        };
        self.timeline.add(from.since_epoch(), Who::A, what);
        self.pass(10);
        let trace = self.lan.trace();
        let is_active = |trace: &&Trace| {
            trace.machine == winner
                && trace.at >= from
                && matches!(trace.what, What::Told(Event::StateChanged { to: State::Active, .. }))
        };
        let taken = trace.iter().find(is_active).map(|trace| trace.at);
        let taken = taken.ok_or_else(|| io::Error::other("nobody took over"))?;
        let is_last = |trace: &&Trace| {
            trace.machine == loser && trace.at < taken && matches!(trace.what, What::Sent(_))
        };
        let last = trace.iter().rfind(is_last).map_or(from, |trace| trace.at);
        let takeover = taken.saturating_since(last);
        let (at, outage) = self.outage(from, loser);
        Ok(Round { kind, takeover, bound, outage, at: at.since_epoch() })
    }

    /// From when on and for how long nobody had the addresses, so that no client could have got an
    /// answer. `loser` had them until `from`.
    fn outage(&self, from: Timestamp, loser: usize) -> (Timestamp, Duration) {
        let mut holds = [false; 2];
        holds[loser] = true;
        let is_off = |machine: usize| self.lan.state(machine) == State::Initialize;
        if is_off(loser) {
            // A crash leaves no trace of its own.
            holds[loser] = false;
        }
        let mut since = (!holds.contains(&true)).then_some(from);
        for trace in self.lan.trace().iter().filter(|trace| trace.at >= from) {
            match trace.what {
                What::Added => holds[trace.machine] = true,
                What::Removed => holds[trace.machine] = false,
                _ => continue,
            }
            match (holds.contains(&true), since) {
                (true, Some(begin)) => return (begin, trace.at.saturating_since(begin)),
                (false, None) => since = Some(trace.at),
                _ => {}
            }
        }
        (from, Duration::ZERO)
    }

    /// Lets so many intervals pass and tells what happened.
    fn pass(&mut self, intervals: u32) {
        self.lan.run_for(intervals * self.arguments.interval.duration());
        for trace in &self.lan.trace()[self.told..] {
            let who = if trace.machine == 0 { Who::A } else { Who::B };
            let seen = match trace.what {
                What::Sent(priority) => Seen::Advertisement(Priority::get(priority)),
                What::Announced(times) => Seen::Announced(times.into()),
                What::Told(Event::StateChanged { to, cause, .. }) => {
                    Seen::State(to.to_string(), format!("{cause:?}"))
                }
                _ => continue,
            };
            self.timeline.add(trace.at.since_epoch(), who, seen);
        }
        self.told = self.lan.trace().len();
    }
}
