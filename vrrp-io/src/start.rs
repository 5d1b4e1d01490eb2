//! How the thread is started.

use std::fmt;
use std::time::Duration;

use netlink_nft::Settings as FirewallSettings;

use crate::error::StartError;
use crate::handle::Vrrp;

/// Settings of the thread that runs virtual routers.
///
/// ```no_run
/// use std::time::Duration;
/// use vrrp_io::Vrrp;
///
/// let vrrp = Vrrp::builder()
///     .prepare(|| println!("this thread may want a real-time priority"))
///     .when_late(Duration::from_millis(10), |lateness| println!("{lateness:?} too late"))
///     .start()?;
/// # Ok::<(), vrrp_io::StartError>(())
/// ```
#[derive(Default)]
#[must_use = "call `start`"]
pub struct VrrpBuilder {
    pub(crate) prepare: Option<Box<dyn FnOnce() + Send>>,
    pub(crate) when_late: Option<WhenLate>,
    pub(crate) command_buffer: Option<usize>,
    pub(crate) monitor_buffer: Option<(usize, bool)>,
    pub(crate) firewall: Option<FirewallSettings>,
}

/// From which lateness on, and what is done then.
pub(crate) type WhenLate = (Duration, Box<dyn FnMut(Duration) + Send>);

impl VrrpBuilder {
    /// Runs this in the thread before anything else, as to give it a priority or a processor.
    pub fn prepare(mut self, prepare: impl FnOnce() + Send + 'static) -> Self {
        self.prepare = Some(Box::new(prepare));
        self
    }

    /// Runs this in the thread when a timer was served so much later than it was due. It must not block.
    pub fn when_late(
        mut self,
        from: Duration,
        tell: impl FnMut(Duration) + Send + 'static,
    ) -> Self {
        self.when_late = Some((from, Box::new(tell)));
        self
    }

    /// Octets that the kernel keeps of its answers about addresses and routes, up to the system's limit.
    pub fn command_buffer(mut self, octets: usize) -> Self {
        self.command_buffer = Some(octets);
        self
    }

    /// Octets that the kernel keeps of its news about interfaces and addresses, and whether that may be more
    /// than the system's limit (default: 1 MiB, where that is allowed).
    pub fn monitor_buffer(mut self, octets: usize, force: bool) -> Self {
        self.monitor_buffer = Some((octets, force));
        self
    }

    /// The table of nftables that keeps packets away from addresses which are not to be
    /// [accepted](crate::RouterConfigBuilder::accept) (default: one named `vrrp`). It is made when a router
    /// needs it.
    pub fn firewall(mut self, settings: FirewallSettings) -> Self {
        self.firewall = Some(settings);
        self
    }

    /// Starts the thread in the network namespace of the calling one.
    ///
    /// # Errors
    /// [`StartError`]; it names the capability when one is missing.
    pub fn start(self) -> Result<Vrrp, StartError> {
        Vrrp::start_with(self)
    }
}

impl fmt::Debug for VrrpBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VrrpBuilder")
            .field("command_buffer", &self.command_buffer)
            .field("monitor_buffer", &self.monitor_buffer)
            .finish_non_exhaustive()
    }
}
