use core::time::Duration;

/// When an Active router announces its addresses (gratuitous ARP, unsolicited neighbour
/// advertisements), so that neighbours and switches send to it.
///
/// The RFCs ask for one announcement on takeover. Frames get lost, and the router that was Active before
/// may still answer for the addresses for a moment, so more follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain settings, used with `..Default::default()`")]
pub struct Announcements {
    /// How often each address is announced in a burst; 0 counts as 1 (default: 5).
    pub repeat: u8,
    /// From takeover or conflict to a single announcement more, when the other router has let go of
    /// the addresses; zero: none (default: 100 ms).
    pub settle: Duration,
    /// From takeover or conflict to a second burst; zero: none (default: 5 s).
    pub delay: Duration,
    /// Between later bursts, for as long as the router is Active; zero: none (default).
    pub refresh: Duration,
    /// How often each address is announced on a refresh; 0 counts as 1 (default: 1).
    pub refresh_repeat: u8,
    /// How often each address is announced in a burst that a conflict brings about; 0: not at all,
    /// `None`: as in any burst (default).
    pub contest_repeat: Option<u8>,
    /// From a conflict to a second burst; zero: none, `None`: as after a takeover (default).
    pub contest_delay: Option<Duration>,
}

impl Default for Announcements {
    fn default() -> Self {
        Self {
            repeat: 5,
            settle: Duration::from_millis(100),
            delay: Duration::from_secs(5),
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            contest_repeat: None,
            contest_delay: None,
        }
    }
}
