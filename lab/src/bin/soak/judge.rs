//! What must hold when nothing has happened for a while, and of the traffic while it did.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use lab::Frame;

use crate::machines::{DIRECTOR, KEEPALIVED, Machines, address};

/// How long it is listened to.
const LISTENING: Duration = Duration::from_millis(3500);
/// Of one advertisement a second, on a busy machine.
const LONGEST_GAP: Duration = Duration::from_millis(1400);
/// 3 intervals and Skew_Time of the least priority, and a busy machine.
const LONGEST_VACANCY: Duration = Duration::from_millis(4600);

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// How many routers each leads.
    leads: [usize; 3],
    memory: u64,
    files: usize,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [director, keepalived, frr] = self.leads;
        write!(
            f,
            "director leads {director}, keepalived {keepalived}, FRR {frr}; director has {} KiB and {} files",
            self.memory, self.files
        )
    }
}

pub(crate) struct Judge {
    /// What director had when all had settled for the first time.
    memory: u64,
    files: usize,
}

impl Judge {
    pub(crate) fn new(machines: &Machines) -> io::Result<Self> {
        let (memory, files) = resources(machines)?;
        Ok(Self { memory, files })
    }

    /// Of every router one machine advertises, the one with the highest priority, in its interval; and it and not the other
    /// of director and keepalived has the address.
    pub(crate) fn look(&self, machines: &Machines) -> Result<Seen, String> {
        let failed = |error: io::Error| error.to_string();
        let capture = machines.lan.capture().map_err(failed)?;
        std::thread::sleep(LISTENING);
        let frames = capture.stop();
        let mut leads = [0; 3];
        for vrid in 1..=machines.routers {
            let times = advertisements(&frames, vrid);
            let speakers: BTreeSet<IpAddr> = times.iter().map(|(_, source)| *source).collect();
            let wanted = (0..3u8).max_by_key(|host| machines.priority(vrid, *host)).unwrap_or(0);
            let own = IpAddr::from(machines.lan.host(wanted).ipv4());
            if speakers != BTreeSet::from([own]) {
                return Err(format!(
                    "one-active, rightful-active: {speakers:?} advertise VRID {vrid}, and {own} should"
                ));
            }
            let gap = times.windows(2).map(|two| two[1].0 - two[0].0).max().unwrap_or(LISTENING);
            if gap > LONGEST_GAP {
                return Err(format!("advertises: VRID {vrid} was silent for {gap:?}"));
            }
            leads[usize::from(wanted)] += 1;
        }
        for host in [DIRECTOR, KEEPALIVED] {
            // FRR leaves addresses on interfaces of their own.
            let present: BTreeSet<IpAddr> =
                machines.lan.host(host).addresses().map_err(failed)?.into_iter().collect();
            for vrid in 1..=machines.routers {
                let leads =
                    (0..3u8).max_by_key(|host| machines.priority(vrid, *host)) == Some(host);
                if present.contains(&address(vrid).into()) != leads {
                    return Err(format!(
                        "addresses-with-the-role: machine {host} leads VRID {vrid}: {leads}, and has its address: {}",
                        !leads
                    ));
                }
            }
        }
        let (memory, files) = resources(machines).map_err(failed)?;
        if memory > self.memory + self.memory / 4 || files > self.files + 2 {
            return Err(format!(
                "director has {memory} KiB and {files} files, and had {} and {}",
                self.memory, self.files
            ));
        }
        Ok(Seen { leads, memory, files })
    }
}

/// No router was without an Active machine for longer than a takeover takes.
pub(crate) fn vacancies(routers: u8, frames: &[Frame]) -> Result<(), String> {
    for vrid in 1..=routers {
        let times = advertisements(frames, vrid);
        let gap = times.windows(2).map(|two| two[1].0 - two[0].0).max().unwrap_or_default();
        if gap > LONGEST_VACANCY {
            return Err(format!("some-active: VRID {vrid} had nobody for {gap:?}"));
        }
    }
    Ok(())
}

/// Who advertised a router, and when.
fn advertisements(frames: &[Frame], vrid: u8) -> Vec<(Duration, IpAddr)> {
    let told = |frame: &Frame| {
        let (source, of, _) = frame.advertisement()?;
        (of == vrid).then_some((frame.at, source))
    };
    frames.iter().filter_map(told).collect()
}

/// Resident memory in KiB, and open files.
fn resources(machines: &Machines) -> io::Result<(u64, usize)> {
    let process = machines.director.process_id().unwrap_or(0);
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    let files = fs::read_dir(format!("/proc/{process}/fd"))?.count();
    Ok((memory, files))
}
