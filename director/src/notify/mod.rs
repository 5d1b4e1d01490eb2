//! Telling others what happens: scripts, FIFOs, mails.

mod fifo;
mod mail;
mod script;

use vrrp_io::proto::Priority;

use crate::balancing::{About, News};
use crate::config::{Commands, Plan};

pub use fifo::Fifos;
pub use mail::Mailer;
pub use script::ScriptQueues;

/// The words of keepalived for what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Word {
    /// It is Active.
    Master,
    /// It is Backup.
    Backup,
    /// It misses something.
    Fault,
    /// It was stopped.
    Stop,
    /// It is no longer configured.
    Deleted,
    /// It is Active and has heard a router of lower priority.
    MasterRxLowerPri,
    /// It is Active, with another priority.
    MasterPriority,
    /// It is Backup, with another priority.
    BackupPriority,
}

impl Word {
    /// As scripts and FIFOs get it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
            Self::Deleted => "DELETED",
            Self::MasterRxLowerPri => "MASTER_RX_LOWER_PRI",
            Self::MasterPriority => "MASTER_PRIORITY",
            Self::BackupPriority => "BACKUP_PRIORITY",
        }
    }

    /// The keyword of the command that is only for this.
    fn keyword(self) -> Option<&'static str> {
        match self {
            Self::Master => Some("notify_master"),
            Self::Backup => Some("notify_backup"),
            Self::Fault => Some("notify_fault"),
            Self::Stop => Some("notify_stop"),
            Self::Deleted => Some("notify_deleted"),
            Self::MasterRxLowerPri => Some("notify_master_rx_lower_pri"),
            Self::MasterPriority | Self::BackupPriority => None,
        }
    }

    /// Whether `notify` is run for it as well.
    fn is_for_all(self) -> bool {
        self != Self::MasterRxLowerPri
    }
}

/// Whom it happened to, in VRRP.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Subject {
    /// A virtual router.
    Instance(String),
    /// A sync group.
    Group(String),
    /// A service or a server of it.
    Balanced(About),
}

impl Subject {
    fn kind(&self) -> &'static str {
        match self {
            Self::Instance(_) => "INSTANCE",
            Self::Group(_) => "GROUP",
            Self::Balanced(About::Service(_)) => "VS",
            Self::Balanced(About::Server(..)) => "RS",
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Instance(name) | Self::Group(name) => name,
            Self::Balanced(About::Service(name) | About::Server(name, _)) => name,
        }
    }
}

/// Something that happened, for everybody who is to be told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Occurrence<'a> {
    /// Whom it happened to.
    pub subject: Subject,
    /// What happened.
    pub word: Word,
    /// The priority at that time; of a group it is 0.
    pub priority: Option<Priority>,
    /// What is run for it.
    pub commands: &'a Commands,
    /// Whether a mail is sent.
    pub mails: bool,
}

/// All who are told.
#[derive(Debug)]
pub struct Notifier {
    scripts: ScriptQueues,
    fifos: Fifos,
    mailer: Mailer,
    mails_no_faults: bool,
}

impl Notifier {
    /// Opens FIFOs and starts their readers.
    pub fn new(plan: &Plan) -> Self {
        Self {
            scripts: ScriptQueues::default(),
            fifos: Fifos::open(plan),
            mailer: Mailer::new(&plan.global),
            mails_no_faults: plan.global.mails_no_faults,
        }
    }

    /// Goes on by another configuration. What is queued is still told.
    pub fn set(&mut self, plan: &Plan) {
        self.fifos.set(plan);
        self.mailer.set(&plan.global);
        self.mails_no_faults = plan.global.mails_no_faults;
    }

    /// Tells everybody, in keepalived's order: the script for this, the one for all, FIFOs, mails. For
    /// one subject everything is told in the order in which it happened. Never waits.
    pub fn tell(&mut self, occurrence: &Occurrence<'_>) {
        let Occurrence { subject, word, priority, commands, mails } = occurrence;
        let priority = priority.map_or(0, Priority::get);
        let own = word.keyword().and_then(|keyword| commands.get(keyword));
        if let Some(command) = own {
            self.scripts.run(subject, command.clone(), Vec::new());
        }
        if let Some(command) = commands.get("notify").filter(|_| word.is_for_all()) {
            let arguments = vec![
                subject.kind().to_owned(),
                subject.name().to_owned(),
                word.text().to_owned(),
                priority.to_string(),
            ];
            self.scripts.run(subject, command.clone(), arguments);
        }
        self.repeat_to_fifos(subject, *word, priority);
        let is_unwanted = *word == Word::Fault && self.mails_no_faults;
        if *mails && !is_unwanted {
            self.mailer.send(subject, *word);
        }
    }

    /// Tells everybody of a server or a service: the script, FIFOs, mails.
    pub fn tell_of_servers(&mut self, news: &News) {
        let subject = Subject::Balanced(news.about.clone());
        if let Some(command) = &news.command {
            self.scripts.run(&subject, command.clone(), Vec::new());
        }
        let state = crate::balancing::state(news.is_up);
        self.fifos.write_of_servers(&format!("{} {state}\n", news.about.line()));
        if news.mails {
            self.mailer.send_text(&format!("{} - {state}", news.about.title()), &news.body);
        }
    }

    /// Only the FIFOs are told, again.
    pub fn repeat_to_fifos(&mut self, subject: &Subject, word: Word, priority: u8) {
        let (kind, name, word) = (subject.kind(), subject.name(), word.text());
        self.fifos.write(&format!("{kind} \"{name}\" {word} {priority}\n"));
    }

    /// Waits until the scripts that were started have ended, but not for long.
    pub async fn finish(self) {
        self.scripts.finish().await;
        self.fifos.finish().await;
        self.mailer.finish().await;
    }
}
