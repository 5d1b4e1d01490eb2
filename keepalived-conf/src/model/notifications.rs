//! `notify` and its kin.

use crate::tree::{CommandLine, Data, Section};

/// What is run when something happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notifications {
    /// `notify_master`.
    pub master: Option<CommandLine>,
    /// `notify_backup`.
    pub backup: Option<CommandLine>,
    /// `notify_fault`.
    pub fault: Option<CommandLine>,
    /// `notify_stop`.
    pub stop: Option<CommandLine>,
    /// `notify_deleted`; the keyword alone has no command.
    pub deleted: Option<Option<CommandLine>>,
    /// `notify_master_rx_lower_pri`.
    pub master_rx_lower_pri: Option<CommandLine>,
    /// `notify`.
    pub any: Option<CommandLine>,
}

impl Notifications {
    pub(super) fn read(section: &Section) -> Self {
        let command = |name: &str| section.command(name).cloned();
        Self {
            master: command("notify_master"),
            backup: command("notify_backup"),
            fault: command("notify_fault"),
            stop: command("notify_stop"),
            deleted: section.get("notify_deleted").map(|entry| match &entry.data {
                Data::Command(command) => command.clone(),
                _ => None,
            }),
            master_rx_lower_pri: command("notify_master_rx_lower_pri"),
            any: command("notify"),
        }
    }

    /// All commands with the keyword that names them.
    pub fn commands(&self) -> impl Iterator<Item = (&'static str, &CommandLine)> {
        let deleted = self.deleted.as_ref().and_then(Option::as_ref);
        [
            ("notify_master", self.master.as_ref()),
            ("notify_backup", self.backup.as_ref()),
            ("notify_fault", self.fault.as_ref()),
            ("notify_stop", self.stop.as_ref()),
            ("notify_deleted", deleted),
            ("notify_master_rx_lower_pri", self.master_rx_lower_pri.as_ref()),
            ("notify", self.any.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, command)| Some((name, command?)))
    }
}
