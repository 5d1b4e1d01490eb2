//! The real thing: processes, sockets, a bridge.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use lab::Frame;
use lab::namespaces::{Capture, Lan, Probe, longest_outage};
use lab::node::{Node, NodeConfig};

use crate::report::{Kind, Outcome, Round, Seen, Timeline, Who};
use crate::{Arguments, PRIORITY_A, PRIORITY_B, active_down, skew};

const VIRTUAL_IP: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 100);
const VRID: u8 = 51;
const CLIENT: u8 = 2;
/// How often the client asks.
const PACE: Duration = Duration::from_millis(1);
/// For so long the client is known to get answers before anything is done.
const BEFORE: Duration = Duration::from_millis(25);
/// How often what happened is looked at.
const LOOK: Duration = Duration::from_millis(5);

struct Run<'a> {
    arguments: &'a Arguments,
    timeline: &'a mut Timeline,
    program: PathBuf,
    lan: Lan,
    capture: Capture,
    begin: Duration,
    frames: Vec<Frame>,
    nodes: [Option<Node>; 2],
    states: [String; 2],
    /// The cable of router a is out.
    is_unplugged: bool,
    /// What was done and is not told yet.
    done: Vec<(Duration, Who, Seen)>,
}

pub(crate) fn run(arguments: &Arguments, timeline: &mut Timeline, lan: Lan) -> io::Result<Outcome> {
    let capture = lan.capture()?;
    let mut run = Run {
        arguments,
        timeline,
        program: std::env::current_exe()?,
        lan,
        capture,
        begin: SystemTime::UNIX_EPOCH.elapsed().map_err(io::Error::other)?,
        frames: Vec::new(),
        nodes: [None, None],
        states: Default::default(),
        is_unplugged: false,
        done: Vec::new(),
    };
    run.start(Who::A)?;
    run.start(Who::B)?;
    run.wait_for(Who::A, "Active")?;
    run.wait_for(Who::B, "Backup")?;

    let plan = Kind::plan(arguments.kills);
    let rounds = plan.map(|kind| run.round(kind)).collect::<io::Result<Vec<_>>>()?;
    for node in run.nodes.iter_mut().flatten() {
        node.terminate()?;
    }
    let Run { capture, frames: mut known, .. } = run;
    known.extend(capture.stop().into_iter().skip(known.len()));
    Ok(Outcome { rounds, frames: known })
}

impl Run<'_> {
    /// One change of the active router, with a client that probes.
    fn round(&mut self, kind: Kind) -> io::Result<Round> {
        // So that both have settled: the Backup has heard the Active one, announcements are out.
        let interval = self.arguments.interval.duration();
        self.look_for(3 * interval.max(Duration::from_millis(50)))?;
        let probe =
            self.lan.host(CLIENT).namespace().run(|| Probe::start(VIRTUAL_IP.into(), PACE))?;
        self.look_for(2 * BEFORE)?;
        let from = self.now()?;
        let (loser, winner) = match kind {
            Kind::Kill | Kind::Graceful => (Who::A, Who::B),
            Kind::Preempt => (Who::B, Who::A),
        };
        match kind {
            Kind::Kill => {
                self.done(Who::A, "is killed, with its cable")?;
                self.node(Who::A)?.kill()?;
                self.lan.set_cable(0, false)?;
                self.is_unplugged = true;
            }
            Kind::Graceful => {
                self.done(Who::A, "is asked to stop (SIGTERM)")?;
                self.node(Who::A)?.terminate()?;
            }
            Kind::Preempt => {
                self.start(Who::A)?;
                if self.is_unplugged {
                    // A machine that boots has no address left from before its crash; here the new
                    // process takes it off, before the cable is back.
                    self.wait_for(Who::A, "Fault")?;
                    self.lan.set_cable(0, true)?;
                    self.is_unplugged = false;
                }
                self.done(Who::A, "is back")?;
            }
        }
        self.wait_for(winner, "Active")?;
        if kind == Kind::Preempt {
            self.wait_for(loser, "Backup")?;
        }
        self.look_for(Duration::from_millis(250))?;
        let outage = longest_outage(&probe.stop()?)?;
        let bound = match kind {
            Kind::Kill => active_down(self.arguments.interval, PRIORITY_B),
            Kind::Graceful => skew(self.arguments.interval, PRIORITY_B),
            Kind::Preempt => interval,
        };
        let takeover = self.takeover(from, loser, winner)?;
        let (at, outage) = outage.unwrap_or((from, Duration::ZERO));
        Ok(Round { kind, takeover, bound, outage, at: at.saturating_sub(self.begin) })
    }

    /// From the last advertisement of `loser` to the first of `winner` after `from`.
    fn takeover(&self, from: Duration, loser: Who, winner: Who) -> io::Result<Duration> {
        let sent_by = |who: Who, frame: &Frame| {
            let source: IpAddr = self.lan.host(who as u8).ipv4().into();
            frame.advertisement().is_some_and(|(from, vrid, _)| from == source && vrid == VRID)
        };
        let first = self.frames.iter().find(|frame| frame.at >= from && sent_by(winner, frame));
        let first = first.ok_or_else(|| io::Error::other("the winner did not advertise"))?.at;
        let last = self.frames.iter().rfind(|frame| frame.at < first && sent_by(loser, frame));
        let last = last.ok_or_else(|| io::Error::other("the loser did not advertise"))?.at;
        Ok(first - last)
    }

    fn start(&mut self, who: Who) -> io::Result<()> {
        let priority = match who {
            Who::A => PRIORITY_A,
            Who::B => PRIORITY_B,
        };
        let config = NodeConfig::v3_ipv4(priority.get(), self.arguments.interval.get());
        let host = self.lan.host(who as u8);
        let node = Node::start(host, self.program.clone(), &config)?;
        self.nodes[who as usize] = Some(node);
        self.states[who as usize].clear();
        Ok(())
    }

    fn node(&mut self, who: Who) -> io::Result<&mut Node> {
        self.nodes[who as usize].as_mut().ok_or_else(|| io::Error::other("the router is not there"))
    }

    fn now(&self) -> io::Result<Duration> {
        SystemTime::UNIX_EPOCH.elapsed().map_err(io::Error::other)
    }

    fn done(&mut self, who: Who, what: &'static str) -> io::Result<()> {
        // Told with what else is seen, in the order of time.
        self.done.push((self.now()?, who, Seen::Done(what)));
        Ok(())
    }

    fn wait_for(&mut self, who: Who, state: &str) -> io::Result<()> {
        // After this the routers are taken to be stuck.
        let patience =
            2 * active_down(self.arguments.interval, PRIORITY_B) + Duration::from_secs(10);
        let end = Instant::now() + patience;
        while self.states[who as usize] != state {
            if Instant::now() > end {
                let is = &self.states[who as usize];
                return Err(io::Error::other(format!("{who:?} is {is:?} and not {state}")));
            }
            self.look_for(LOOK)?;
        }
        Ok(())
    }

    /// Lets time pass and takes note of what is seen meanwhile.
    fn look_for(&mut self, span: Duration) -> io::Result<()> {
        let end = Instant::now() + span;
        loop {
            std::thread::sleep(LOOK.min(end.saturating_duration_since(Instant::now())));
            self.look();
            if Instant::now() >= end {
                return Ok(());
            }
        }
    }

    fn look(&mut self) {
        let mut seen = Vec::new();
        for who in [Who::A, Who::B] {
            let Some(node) = &mut self.nodes[who as usize] else { continue };
            while let Some(event) = node.next_event(Duration::ZERO) {
                let at = Duration::from_secs_f64(event.at);
                if !event.why.is_empty() {
                    self.states[who as usize].clone_from(&event.what);
                }
                seen.push((at, who, Seen::State(event.what, event.why)));
            }
        }
        seen.append(&mut self.done);
        let frames = self.capture.frames_after(self.frames.len());
        for frame in &frames {
            for who in [Who::A, Who::B] {
                let host = self.lan.host(who as u8);
                match frame.advertisement() {
                    Some((source, VRID, priority)) if source == host.ipv4() => {
                        seen.push((frame.at, who, Seen::Advertisement(priority)));
                    }
                    _ if is_announcement(frame, host.mac()) => match seen.last_mut() {
                        Some((_, before, Seen::Announced(frames))) if *before == who => {
                            *frames += 1;
                        }
                        _ => seen.push((frame.at, who, Seen::Announced(1))),
                    },
                    _ => {}
                }
            }
        }
        self.frames.extend(frames);
        seen.sort_by_key(|(at, ..)| *at);
        for (at, who, what) in seen {
            self.timeline.add(at.saturating_sub(self.begin), who, what);
        }
    }
}

/// An ARP frame of this machine that says where the virtual IP is.
fn is_announcement(frame: &Frame, mac: [u8; 6]) -> bool {
    const ETHERTYPE: std::ops::Range<usize> = 12..14;
    const SENDER: std::ops::Range<usize> = 22..32;
    frame.octets.get(ETHERTYPE) == Some(&[0x08, 0x06])
        && frame.octets.starts_with(&[0xff; 6])
        && frame.octets.get(SENDER) == Some(&[&mac[..], &VIRTUAL_IP.octets()].concat())
}
