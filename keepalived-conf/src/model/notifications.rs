//! `notify` and its kin.

use crate::tree::{CommandLine, Section};

/// What is run when something happens. Few instances have all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notifications {
    commands: Vec<(&'static str, CommandLine)>,
    /// `notify_deleted`, with or without a command.
    pub tells_deletion: bool,
}

/// The keywords that have a command.
const KEYWORDS: [&str; 7] = [
    "notify_master",
    "notify_backup",
    "notify_fault",
    "notify_stop",
    "notify_deleted",
    "notify_master_rx_lower_pri",
    "notify",
];

impl Notifications {
    pub(super) fn read(section: &Section) -> Self {
        let command = |name: &&'static str| Some((*name, section.command(name)?.clone()));
        Self {
            commands: KEYWORDS.iter().filter_map(command).collect(),
            tells_deletion: section.has("notify_deleted"),
        }
    }

    /// All commands with the keyword that names them.
    pub fn commands(&self) -> impl Iterator<Item = (&'static str, &CommandLine)> {
        self.commands.iter().map(|(name, command)| (*name, command))
    }
}
