//! What a router asks its driver to do.

use core::fmt;
use core::num::NonZeroU8;

use vrrp_proto::Priority;

use crate::event::Event;

/// A duty of the driver.
///
/// Exhaustive on purpose: a new duty must break every driver's build. Everything is named, not
/// carried: the addresses are in the router's [`Config`](crate::Config).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a new duty must break every driver's build")]
pub enum Action {
    /// Send [`VirtualRouter::advertisement`](crate::VirtualRouter::advertisement) with this priority.
    Transmit(Priority),
    /// Put the virtual addresses on the interface. One that is there is no error.
    AddAddresses,
    /// Take the virtual addresses off the interface. One that is gone is no error.
    RemoveAddresses,
    /// The configured addresses changed while the router is Active: take off what was put on and is
    /// not configured any more, put on what is new. The driver knows what it has put on.
    ReplaceAddresses,
    /// Send a gratuitous ARP or an unsolicited neighbour advertisement for every virtual address, so
    /// many times.
    Announce(NonZeroU8),
    /// Nothing to perform: tell whoever wants to know.
    Notify(Event),
}

/// The duties that one input brought about, in the order in which they must be performed.
///
/// The order matters across kinds: the advertisement precedes the addresses, these precede their
/// announcement, and priority 0 precedes the removal. When one fails, go on with the rest and
/// report it with [`Input::Failed`](crate::Input::Failed) afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use = "every action must be performed, in order"]
pub struct Actions {
    list: [Option<Action>; Self::CAPACITY],
    length: u8,
}

impl Actions {
    /// More than any input can bring about; `tests/invariants.rs` asserts how many that are.
    const CAPACITY: usize = 8;

    /// Nothing to do.
    #[inline]
    pub const fn none() -> Self {
        Self { list: [None; Self::CAPACITY], length: 0 }
    }

    #[inline]
    pub(crate) fn push(&mut self, action: Action) {
        let slot = self
            .list
            .get_mut(usize::from(self.length))
            .expect("no input brings about more actions than the list holds");
        *slot = Some(action);
        self.length += 1;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.length.into()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The actions in order.
    pub fn iter(&self) -> impl Iterator<Item = Action> + '_ {
        self.list.iter().copied().flatten()
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = core::iter::Flatten<core::array::IntoIter<Option<Action>, 8>>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter().flatten()
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
