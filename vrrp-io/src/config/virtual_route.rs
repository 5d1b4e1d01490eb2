use netlink_addr::Route;

/// A route that an Active router has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualRoute {
    pub(crate) route: Route,
    pub(crate) device: Option<String>,
    pub(crate) is_tracked: bool,
}

impl VirtualRoute {
    /// A route; whatever interface it names is replaced, and so is a protocol of 0.
    pub fn new(route: Route) -> Self {
        Self { route, device: None, is_tracked: true }
    }

    /// It leads out of this interface. Without one it is the kernel that finds the gateway.
    #[must_use]
    pub fn device(mut self, interface: impl Into<String>) -> Self {
        self.device = Some(interface.into());
        self
    }

    /// When somebody else takes it away, it stays away.
    #[must_use]
    pub fn untracked(mut self) -> Self {
        self.is_tracked = false;
        self
    }
}
