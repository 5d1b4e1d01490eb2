//! From what a router tells to what others are told.

use vrrp_io::Notice;
use vrrp_io::fsm::{Event, State};

use super::{Director, Running};
use crate::config::{Commands, PlannedGroup};
use crate::notify::{Occurrence, Subject, Word};

impl Director {
    pub(super) fn occur(&mut self, notice: &Notice) {
        let Some(identity) = self.by_id.get(&notice.router).cloned() else { return };
        let Some(running) = self.running.get_mut(&identity) else { return };
        running.priority = notice.priority;
        let word = match notice.event {
            Event::StateChanged { to, cause, .. } => {
                running.state = to;
                running.cause = Some(cause);
                match to {
                    State::Active => Some(Word::Master),
                    State::Backup => Some(Word::Backup),
                    State::Fault => Some(Word::Fault),
                    // Whoever stopped it tells why.
                    State::Initialize => None,
                }
            }
            Event::OtherActive => Some(Word::MasterRxLowerPri),
            Event::PriorityChanged { .. } if running.planned.instance.tells_priority => {
                Some(match running.state {
                    State::Active => Word::MasterPriority,
                    _ => Word::BackupPriority,
                })
            }
            _ => None,
        };
        let name = running.planned.instance.name.clone();
        let cause = running.cause;
        let (is_active, is_change) =
            (running.state == State::Active, matches!(notice.event, Event::StateChanged { .. }));
        let followed = self.plan.lvs.sync_daemon.as_ref().and_then(|line| line.instance.as_ref());
        if is_change
            && followed == Some(&name)
            && let Some(balancing) = &self.balancing
        {
            balancing.follow(is_active);
        }
        if !self.leaving.contains(&notice.router)
            && let Some(word) = word
        {
            let group = self.groups.of_member(&name);
            if let Some(group) = group.as_ref().filter(|group| self.groups.is_new(group)) {
                self.begin_group(group, word);
            }
            if let Some(running) = self.running.get(&identity) {
                self.notifier.tell(&occurrence(running, word));
            }
            if let Some(group) = group {
                self.follow_group(&group);
            }
        }
        self.publish_change(notice.router, cause);
    }

    /// A group begins before its members do, as in keepalived.
    fn begin_group(&mut self, name: &str, word: Word) {
        if let (Word::Backup | Word::Fault, Some(group)) = (word, self.groups.get(name).cloned()) {
            self.groups.begin(name, word);
            self.notifier.tell(&of_group(&group, &group.commands, word));
        }
    }

    pub(super) fn follow_group(&mut self, name: &str) {
        let Some(group) = self.groups.get(name).cloned() else { return };
        let is_member =
            |running: &&Running| group.group.members.contains(&running.planned.instance.name);
        let states: Vec<State> =
            self.running.values().filter(is_member).map(|running| running.state).collect();
        if let Some(word) = self.groups.news(name, &states) {
            tracing::info!(group = name, state = word.text(), "sync group");
            self.notifier.tell(&of_group(&group, &group.commands, word));
        }
    }

    /// Everything ends: instances first, then groups.
    pub(super) fn tell_stop(&mut self) {
        for planned in &self.plan.routers {
            let name = &planned.instance.name;
            let running = self.running.values().find(|r| r.planned.instance.name == *name);
            if let Some(running) = running {
                self.notifier.tell(&occurrence(running, Word::Stop));
            }
        }
        for group in self.groups.all() {
            self.notifier.tell(&of_group(&group, &group.commands, Word::Stop));
        }
    }

    /// A router is no longer configured. keepalived tells a fault, unless it knows how to tell more.
    pub(super) fn tell_deleted(&mut self, running: &Running) {
        let word = match running.planned.instance.notifications.tells_deletion {
            true => Word::Deleted,
            false => Word::Fault,
        };
        self.notifier.tell(&occurrence(running, word));
    }

    /// `fifo_write_vrrp_states_on_reload`.
    pub(super) fn repeat_states(&mut self) {
        let routers = self.running.values().map(|running| {
            let subject = Subject::Instance(running.planned.instance.name.clone());
            let word = match running.state {
                State::Active => Some(Word::Master),
                State::Backup => Some(Word::Backup),
                State::Fault => Some(Word::Fault),
                State::Initialize => None,
            };
            (subject, word, running.priority.get())
        });
        let groups = self.groups.states().into_iter();
        let groups = groups.map(|(name, word)| (Subject::Group(name), word, 0));
        for (subject, word, priority) in routers.chain(groups).collect::<Vec<_>>() {
            if let Some(word) = word {
                self.notifier.repeat_to_fifos(&subject, word, priority);
            }
        }
    }
}

fn occurrence(running: &Running, word: Word) -> Occurrence<'_> {
    let planned = &running.planned;
    Occurrence {
        subject: Subject::Instance(planned.instance.name.clone()),
        word,
        priority: Some(running.priority),
        commands: &planned.commands,
        mails: planned.instance.smtp_alert,
    }
}

fn of_group<'a>(group: &PlannedGroup, commands: &'a Commands, word: Word) -> Occurrence<'a> {
    Occurrence {
        subject: Subject::Group(group.group.name.clone()),
        word,
        priority: None,
        commands,
        mails: group.smtp_alert,
    }
}
