use netlink_addr::Rule;

/// A policy rule that an Active router has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualRule {
    pub(crate) rule: Rule,
    pub(crate) is_tracked: bool,
    pub(crate) watcher: Option<String>,
}

impl VirtualRule {
    /// A rule; a protocol of 0 is replaced.
    pub fn new(rule: Rule) -> Self {
        Self { rule, is_tracked: true, watcher: None }
    }

    /// When somebody else takes it away, it stays away.
    #[must_use]
    pub fn untracked(mut self) -> Self {
        self.is_tracked = false;
        self
    }

    /// While it is missing, so is the item of this name, which routers may [track](crate::Tracked::Item). Only for
    /// what is [kept](crate::Vrrp::keep).
    #[must_use]
    pub fn watched_as(mut self, item: impl Into<String>) -> Self {
        self.watcher = Some(item.into());
        self
    }
}
