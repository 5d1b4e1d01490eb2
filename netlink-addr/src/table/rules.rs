//! Policy rules are listed, added and removed.

use netlink_conn::{Request, RequestError, flags};

use super::{EEXIST, ENOENT, EPERM, RouteTable, is_refusal};
use crate::error::{Error, RuleError};
use crate::rule::Rule;
use crate::uapi;

/// How often at most a rule is looked for that is to be removed.
const REMOVALS: u32 = 64;

impl RouteTable {
    /// Makes sure that the rules exist, and says of each what became of it.
    ///
    /// One that exists just so is no error. One without a priority never exists: it gets a new one.
    ///
    /// # Errors
    /// [`Error`] when the kernel could not be asked; the inner ones when it refused.
    ///
    /// # Panics
    /// When the name of an interface is longer than 65,530 octets.
    pub fn add_rules(&mut self, rules: &[Rule]) -> Result<Vec<Result<(), RuleError>>, Error> {
        self.batch.clear();
        for rule in rules {
            let flags = flags::CREATE | flags::EXCL;
            rule.write(&mut self.batch.request(uapi::RTM_NEWRULE, flags));
        }
        let outcomes = self.connection.execute(&mut self.batch).map_err(Error::of("add rules"))?;
        let is_there = |error: &RequestError| is_refusal(error, EEXIST);
        let present = match outcomes.iter().any(|o| o.as_ref().is_err_and(is_there)) {
            // What was added was added, whether or not this can be told.
            true => self.rules().unwrap_or_default(),
            false => Vec::new(),
        };
        let explained = outcomes.into_iter().zip(rules).map(|(outcome, rule)| {
            outcome.or_else(|source| match is_there(&source) {
                true if present.iter().any(|other| other.is_same(rule)) => Ok(()),
                true => Err(RuleError::Exists { rule: rule.to_string() }),
                false => Err(explain(rule, source)),
            })
        });
        Ok(explained.collect())
    }

    /// Makes sure that the rules do not exist, and says of each what became of it.
    ///
    /// One that is gone is no error. Without a priority it is removed from wherever it is. With a protocol
    /// it stays where somebody else put it.
    ///
    /// # Errors
    /// As [`add_rules`](Self::add_rules).
    ///
    /// # Panics
    /// As [`add_rules`](Self::add_rules).
    pub fn remove_rules(&mut self, rules: &[Rule]) -> Result<Vec<Result<(), RuleError>>, Error> {
        let mut outcomes: Vec<Result<(), RuleError>> = rules.iter().map(|_| Ok(())).collect();
        // The kernel removes the first rule that has all that is asked for, and that can be one that says
        // more. So it is asked again until the right one is gone.
        for _ in 0..REMOVALS {
            let present = self.rules()?;
            let is_present = |rule: &Rule| {
                let is_own = |other: &Rule| [0, other.protocol].contains(&rule.protocol);
                present.iter().any(|other| other.is_same(rule) && is_own(other))
            };
            let left: Vec<usize> = (0..rules.len())
                .filter(|place| outcomes[*place].is_ok() && is_present(&rules[*place]))
                .collect();
            if left.is_empty() {
                break;
            }
            self.batch.clear();
            for place in &left {
                rules[*place].write(&mut self.batch.request(uapi::RTM_DELRULE, 0));
            }
            let action = "remove rules";
            let removed = self.connection.execute(&mut self.batch).map_err(Error::of(action))?;
            let mut is_any_removed = false;
            for (place, outcome) in left.into_iter().zip(removed) {
                match outcome {
                    Ok(()) => is_any_removed = true,
                    Err(source) if is_refusal(&source, ENOENT) => {}
                    Err(source) => outcomes[place] = Err(explain(&rules[place], source)),
                }
            }
            if !is_any_removed {
                break;
            }
        }
        Ok(outcomes)
    }

    /// All rules for IPv4 and IPv6, in their order, but those with conditions that a [`Rule`] cannot have.
    ///
    /// # Errors
    /// [`Error`].
    pub fn rules(&mut self) -> Result<Vec<Rule>, Error> {
        let write = |request: &mut Request<'_>| {
            request.fixed(&[0; uapi::FIB_RULE_HDR]);
        };
        self.connection
            .dump(uapi::RTM_GETRULE, write, |message| Rule::read(message.payload))
            .map_err(Error::of("list rules"))
    }
}

fn explain(rule: &Rule, source: RequestError) -> RuleError {
    let rule = rule.to_string();
    if is_refusal(&source, EPERM) {
        return RuleError::Permission { rule, source };
    }
    RuleError::Refused { rule, source }
}
