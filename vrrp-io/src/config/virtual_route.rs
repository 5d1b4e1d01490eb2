use netlink_addr::Route;

/// A route that an Active router has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualRoute {
    pub(crate) route: Route,
    pub(crate) device: Option<String>,
    pub(crate) is_tracked: bool,
    pub(crate) watcher: Option<String>,
    pub(crate) hop_devices: Vec<Option<String>>,
}

impl VirtualRoute {
    /// A route; whatever interface it names is replaced, and so is a protocol of 0.
    pub fn new(route: Route) -> Self {
        Self { route, device: None, is_tracked: true, watcher: None, hop_devices: Vec::new() }
    }

    /// It leads out of this interface. Without one it is the kernel that finds the gateway.
    #[must_use]
    pub fn device(mut self, interface: impl Into<String>) -> Self {
        self.device = Some(interface.into());
        self
    }

    /// Its next hops lead out of these interfaces, in the order of the next hops.
    #[must_use]
    pub fn hop_devices(mut self, interfaces: impl IntoIterator<Item = Option<String>>) -> Self {
        self.hop_devices = interfaces.into_iter().collect();
        self
    }

    /// The interfaces that it leads out of.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &str> {
        self.device
            .as_deref()
            .into_iter()
            .chain(self.hop_devices.iter().flatten().map(String::as_str))
    }

    /// While it is missing or its interface is down, so is the item of this name, which routers may
    /// [track](crate::Tracked::Item). Only for what is [kept](crate::Vrrp::keep).
    #[must_use]
    pub fn watched_as(mut self, item: impl Into<String>) -> Self {
        self.watcher = Some(item.into());
        self
    }

    /// When somebody else takes it away, it stays away.
    #[must_use]
    pub fn untracked(mut self) -> Self {
        self.is_tracked = false;
        self
    }
}
