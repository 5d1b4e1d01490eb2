//! Commands that can be run: found, with their user, and safe.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use keepalived_conf::model::{
    Global, Notifications, TrackScript as ScriptLine, User as UserLine, Weight,
};
use keepalived_conf::tree::CommandLine;
use keepalived_conf::{Diagnostics, Severity, Span};
use nix::unistd::{Gid, Group, Uid, User};

use super::security;

/// Whose rights a command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Runner {
    /// The user.
    pub user: u32,
    /// The group.
    pub group: u32,
    /// `set_supplementary_groups`: with all groups of the user, and not the one alone.
    pub has_all_groups: bool,
}

/// A command that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Command {
    /// The program.
    pub program: PathBuf,
    /// What it is called with.
    pub arguments: Vec<String>,
    /// Who runs it.
    pub runner: Runner,
    /// As it is written in the file.
    pub text: String,
}

/// What is run when something happens to an instance or a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Commands {
    list: Vec<(&'static str, Command)>,
}

impl Commands {
    pub(super) fn prepare(
        notifications: &Notifications,
        accounts: &mut Accounts,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let commands = notifications.commands();
        let list = commands
            .filter_map(|(name, line)| Some((name, accounts.command(name, line, diagnostics)?)))
            .collect();
        Self { list }
    }

    /// The command of this keyword.
    pub fn get(&self, keyword: &str) -> Option<&Command> {
        self.list.iter().find(|(name, _)| *name == keyword).map(|(_, command)| command)
    }
}

/// A check that is run periodically.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackScript {
    name: String,
    weight: Weight,
    /// What is run; `None` when it cannot be, which is a failure.
    pub check: Option<Check>,
    /// From start to start.
    pub interval: Duration,
    /// After this it is ended, and has failed.
    pub timeout: Duration,
    /// Successes in a row that make it good.
    pub rise: NonZeroU32,
    /// Failures in a row that make it bad.
    pub fall: NonZeroU32,
    /// Bad until it was good for the first time.
    pub begins_failed: bool,
}

/// What a track script does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// Runs a command.
    Command(Command),
    /// `</path`: opens a file for reading.
    File(Command),
}

impl TrackScript {
    pub(super) fn prepare(
        line: ScriptLine,
        accounts: &mut Accounts,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let check = match line.command.text.strip_prefix('<') {
            Some(path) => {
                // By a process of its own: opening can take for ever, and is done with the rights of
                // the script's user.
                let arguments = ["/bin/sh", "-c", ": <\"$0\"", path.trim_ascii()];
                let mut opening = line.command.clone();
                opening.arguments = arguments.map(str::to_owned).into();
                let user = line.user.as_ref().map(|user| (user, line.span));
                accounts
                    .command_as(&format!("vrrp_script {}", line.name), &opening, user, diagnostics)
                    .map(Check::File)
            }
            None => {
                let user = line.user.as_ref().map(|user| (user, line.span));
                accounts
                    .command_as(
                        &format!("vrrp_script {}", line.name),
                        &line.command,
                        user,
                        diagnostics,
                    )
                    .map(Check::Command)
            }
        };
        Self {
            name: line.name,
            weight: line.weight,
            check,
            interval: line.interval,
            timeout: line.timeout,
            rise: line.rise,
            fall: line.fall,
            begins_failed: line.begins_failed,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does to the priority where nothing else is said.
    pub fn weight(&self) -> Weight {
        self.weight
    }

    /// Whether both are the same check, so that a result of one holds for the other.
    pub fn is_same_check(&self, other: &Self) -> bool {
        (&self.name, &self.check, self.begins_failed)
            == (&other.name, &other.check, other.begins_failed)
    }
}

/// Who runs what, and whether that is safe.
pub(super) struct Accounts {
    default: DefaultRunner,
    has_security: bool,
    has_all_groups: bool,
    /// It is said once.
    told_default: bool,
    told_security: bool,
}

/// Who runs what has no user of its own.
#[derive(Clone, Copy)]
enum DefaultRunner {
    /// The user of the configuration, or keepalived's own.
    Named(Runner),
    /// The one that is named does not exist: nobody runs them.
    Nobody,
    /// Whoever runs the daemon.
    Own(Runner),
    /// Not looked for yet: many configurations run nothing, and the look takes longer than all the rest.
    Unknown,
}

impl Accounts {
    pub(super) fn new(global: &Global, diagnostics: &mut Diagnostics) -> Self {
        let default = match &global.script_user {
            None => DefaultRunner::Unknown,
            Some(user) => match resolve(&user.user, user.group.as_deref()) {
                Ok(runner) => DefaultRunner::Named(runner),
                Err(message) => {
                    let help = "scripts without a user of their own are not run";
                    diagnostics.add(Severity::Error, None, message, Some(help.into()));
                    DefaultRunner::Nobody
                }
            },
        };
        Self {
            default,
            has_security: global.has_script_security,
            has_all_groups: global.set_supplementary_groups,
            told_default: false,
            told_security: false,
        }
    }

    fn default(&mut self) -> DefaultRunner {
        if let DefaultRunner::Unknown = self.default {
            let own = Runner {
                user: Uid::effective().as_raw(),
                group: Gid::effective().as_raw(),
                has_all_groups: false,
            };
            self.default = match resolve("keepalived_script", None) {
                Ok(runner) => DefaultRunner::Named(runner),
                Err(_) => DefaultRunner::Own(own),
            };
        }
        self.default
    }

    pub(super) fn command(
        &mut self,
        what: &str,
        line: &CommandLine,
        diagnostics: &mut Diagnostics,
    ) -> Option<Command> {
        self.command_as(what, line, None, diagnostics)
    }

    /// The command, unless it cannot or must not be run.
    pub(super) fn command_as(
        &mut self,
        what: &str,
        line: &CommandLine,
        user: Option<(&UserLine, Span)>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Command> {
        let is_check = what.starts_with("vrrp_script");
        let mut refuse = |severity, message: String, help: &str| {
            diagnostics.add(severity, Some(line.span), message, Some(help.to_owned()));
        };
        let named = match (&line.user, user) {
            (Some(user), _) => Some((user.as_str(), line.group.as_deref())),
            (None, Some((user, _))) => Some((user.user.as_str(), user.group.as_deref())),
            (None, None) => None,
        };
        let runner = match named {
            Some((user, group)) => match resolve(user, group) {
                Ok(runner) => runner,
                Err(message) => {
                    refuse(Severity::Error, message, "the script is not run");
                    return None;
                }
            },
            None => match self.default() {
                DefaultRunner::Named(runner) => runner,
                DefaultRunner::Own(_) if self.has_security => {
                    let message = format!("{what}: nobody is named to run scripts");
                    let help = "write script_user USER in global_defs, or make a user \
                                keepalived_script; the script is not run";
                    refuse(Severity::Error, message, help);
                    return None;
                }
                DefaultRunner::Own(runner) => {
                    if !self.told_default && runner.user == 0 {
                        self.told_default = true;
                        let message =
                            "scripts run as root, because there is no user keepalived_script";
                        let help = "write script_user USER in global_defs, or make that user";
                        refuse(Severity::Note, message.into(), help);
                    }
                    runner
                }
                DefaultRunner::Nobody | DefaultRunner::Unknown => {
                    let message = format!("{what}: the user of scripts does not exist");
                    refuse(Severity::Error, message, "the script is not run");
                    return None;
                }
            },
        };
        let (program, arguments) = line.arguments.split_first()?;
        let Some(program) = security::find(program) else {
            let message = format!("{what}: there is no program {program} that can be run");
            refuse(Severity::Error, message, "it counts as failed");
            return None;
        };
        let is_privileged =
            runner.user == 0 || runner.group == 0 || security::raises_rights(&program);
        if is_privileged && let Err(why) = security::check(&program) {
            if self.has_security {
                let message = format!("{what}: {why}");
                refuse(Severity::Security, message, "the script is not run");
                return None;
            }
            if !self.told_security {
                self.told_security = true;
                let message = format!("{what}: {why}");
                let help = "write enable_script_security in global_defs, and mend this";
                refuse(Severity::Security, message, help);
            }
        }
        if runner.user == 0 && !self.has_security && is_check && !self.told_security {
            self.told_security = true;
            let message = format!("{what} runs as root without script security");
            let help = "write enable_script_security in global_defs, and script_user USER";
            refuse(Severity::Security, message, help);
        }
        let runner = Runner { has_all_groups: self.has_all_groups, ..runner };
        Some(Command { program, arguments: arguments.to_vec(), runner, text: line.text.clone() })
    }
}

/// A user and a group by name or number.
fn resolve(user: &str, group: Option<&str>) -> Result<Runner, String> {
    let found = match user.parse::<u32>() {
        Ok(number) => User::from_uid(Uid::from_raw(number)),
        Err(_) => User::from_name(user),
    };
    let Ok(Some(found)) = found else { return Err(format!("there is no user {user}")) };
    let gid = match group {
        None => found.gid,
        Some(group) => {
            let number = group.parse::<u32>();
            let by_name = || Group::from_name(group).ok().flatten().map(|group| group.gid);
            let gid = number.ok().map(Gid::from_raw).or_else(by_name);
            gid.ok_or_else(|| format!("there is no group {group}"))?
        }
    };
    Ok(Runner { user: found.uid.as_raw(), group: gid.as_raw(), has_all_groups: false })
}
