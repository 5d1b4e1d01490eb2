//! What is sent to a router, and when.

use std::net::Ipv4Addr;
use std::time::Duration;

use lab::forge::Forged;
use vrrp_fsm::Config;
use vrrp_proto::{Authentication, Centiseconds, Priority, Seconds, Vrid};

pub(crate) const PEER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
pub(crate) const PRIORITY: u8 = 100;
/// For how long packets are sent to a router.
pub(crate) const LENGTH: Duration = Duration::from_secs(9);

/// A router of a peer, and what is sent to it.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) vrid: u8,
    pub(crate) version: u8,
    /// Seconds, or hundredths.
    pub(crate) interval: u16,
    pub(crate) preempts: bool,
    /// keepalived answers a lower priority in both versions, and `director` does as it does; FRR never does, which was right
    /// until RFC 9568.
    pub(crate) answers_losing: bool,
    /// Each so long after the router's first advertisement.
    pub(crate) packets: Vec<(Duration, Forged, Wrong)>,
}

/// What is wrong with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nothing,
    Ttl,
    Checksum,
    Interval,
}

impl Schedule {
    pub(crate) fn new(vrid: u8, version: u8, preempts: bool, is_hostile: bool) -> Self {
        let mut random = fastrand::Rng::with_seed(u64::from(vrid) << 8 | u64::from(version));
        let interval = if version == 2 { 1 } else { 50 };
        let mut schedule =
            Self { vrid, version, interval, preempts, answers_losing: true, packets: Vec::new() };
        let mut at = Duration::from_millis(random.u64(100..900));
        while at < LENGTH {
            let priority = if is_hostile { 200 } else { [0, 50, 100, 150, 255][random.usize(..5)] };
            let source = Ipv4Addr::new(10, 77, 0, if random.bool() { 1 } else { 200 });
            let wrongs: &[Wrong] = match (is_hostile, version) {
                (false, _) => &[Wrong::Nothing],
                (true, 2) => &[Wrong::Ttl, Wrong::Checksum, Wrong::Interval],
                (true, _) => &[Wrong::Ttl, Wrong::Checksum],
            };
            let wrong = wrongs[random.usize(..wrongs.len())];
            let other = if wrong == Wrong::Interval { interval + 1 } else { interval };
            let forged = Forged {
                version,
                source,
                vrid,
                priority,
                interval: other,
                addresses: vec![schedule.address()],
                ttl: if wrong == Wrong::Ttl { 254 } else { 255 },
                authentication: Authentication::None,
            };
            schedule.packets.push((at, forged, wrong));
            let span = if is_hostile { 40..60 } else { 100..2500 };
            at += Duration::from_millis(random.u64(span));
        }
        schedule
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 1, self.vrid)
    }

    pub(crate) fn told(&self, how: &str) -> String {
        let packets = self.packets.iter().map(|(at, told, wrong)| {
            let (source, priority) = (told.source, told.priority);
            format!("{} ms: {priority} from {source} {wrong:?}", at.as_millis())
        });
        let packets = packets.collect::<Vec<_>>().join(", ");
        let Self { vrid, version, preempts, .. } = self;
        format!("VRID {vrid}, version {version}, preempts {preempts}\nheard: {packets}\n{how}")
    }

    pub(crate) fn own_interval(&self) -> Duration {
        Duration::from_millis(u64::from(self.interval) * if self.version == 2 { 1000 } else { 10 })
    }

    /// As keepalived has it in its file.
    pub(crate) fn instance(&self) -> String {
        let interval = match self.version {
            2 => self.interval.to_string(),
            _ => format!("{:.2}", f64::from(self.interval) / 100.0),
        };
        let preempt = if self.preempts { "" } else { "nopreempt\n" };
        format!(
            "vrrp_instance V{0} {{\n state BACKUP\n interface eth0\n version {1}\n virtual_router_id {0}\n \
             priority {PRIORITY}\n advert_int {interval}\n {preempt} virtual_ipaddress {{\n {2}/32\n }}\n}}\n",
            self.vrid,
            self.version,
            self.address(),
        )
    }

    /// The same router of ours.
    pub(crate) fn config(&self) -> Config {
        let vrid = Vrid::new(self.vrid).unwrap();
        let priority = Priority::new(PRIORITY).unwrap();
        let config = match self.version {
            2 => {
                let interval = Seconds::new(self.interval.try_into().unwrap()).unwrap();
                Config::v2(vrid, priority, interval, [self.address()]).unwrap()
            }
            _ => {
                let interval = Centiseconds::new(self.interval).unwrap();
                Config::v3_ipv4(vrid, priority, interval, [self.address()]).unwrap()
            }
        };
        config.preempt(self.preempts).answer_losing(self.answers_losing)
    }
}
