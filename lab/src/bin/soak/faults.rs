//! What happens to machines.

use std::io;
use std::time::Duration;

use fastrand::Rng;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::machines::Machines;

/// Something that happens to a machine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Its cable is out for so long.
    Cable(u8, Duration),
    Crash(u8),
    Stop(u8),
    /// Its process does nothing for so long.
    Pause(u8, Duration),
    Reload(u8, u8),
}

impl Fault {
    pub(crate) fn draw(random: &mut Rng, spared: u8) -> Self {
        let host = (spared + random.u8(1..3)) % 3;
        let span = Duration::from_millis(random.u64(200..8000));
        match random.u8(..6) {
            0 | 1 => Self::Cable(host, span),
            2 => Self::Crash(host),
            3 => Self::Stop(host),
            4 => Self::Pause(host, span),
            _ => Self::Reload(host, random.u8(..3)),
        }
    }

    pub(crate) fn happen(self, machines: &mut Machines, random: &mut Rng) -> io::Result<()> {
        match self {
            Self::Cable(host, span) => {
                machines.lan.set_cable(host, false)?;
                std::thread::sleep(span);
                machines.lan.set_cable(host, true)
            }
            Self::Crash(host) => {
                machines.crash(host)?;
                // Sometimes it is back at once.
                if random.bool() { machines.heal() } else { Ok(()) }
            }
            Self::Stop(host) => machines.stop(host),
            Self::Pause(host, span) => {
                let Some(process) = machines.process(host) else { return Ok(()) };
                let process = Pid::from_raw(i32::try_from(process).unwrap_or(i32::MAX));
                // It has a group of its own, with its children in it.
                killpg(process, Signal::SIGSTOP)?;
                std::thread::sleep(span);
                Ok(killpg(process, Signal::SIGCONT)?)
            }
            Self::Reload(host, turn) => machines.reload(host, turn),
        }
    }
}
