//! `nftables_ipvs` in the kernel: packets of groups get their marks.

use std::sync::Arc;

use keepalived_conf::model::NftablesIpvs;
use netlink_nft::{Marked, Marking};

use crate::cause::chain;
use crate::config::PlannedPool;
use crate::process::namespace;

/// The table of nftables, where there is one.
pub(super) struct Marks {
    namespace: Option<String>,
    open: Option<(NftablesIpvs, Marking)>,
}

impl Marks {
    /// In the network namespace of IPVS.
    pub(super) fn new(namespace: Option<String>) -> Self {
        Self { namespace, open: None }
    }

    /// Marks what the pools say, and nothing else.
    pub(super) fn set(&mut self, wanted: Option<&NftablesIpvs>, pools: &[Arc<PlannedPool>]) {
        let Some(wanted) = wanted else { return self.clear() };
        if self.open.as_ref().is_some_and(|(open, _)| {
            (&open.table, open.priority) != (&wanted.table, wanted.priority)
        }) {
            self.clear();
        }
        let marked: Vec<Marked> = pools.iter().flat_map(|pool| pool.marked()).collect();
        if let Err(error) = self.try_set(wanted, &marked) {
            tracing::error!(error, "nftables_ipvs: the table is as it was");
        }
    }

    fn try_set(&mut self, wanted: &NftablesIpvs, marked: &[Marked]) -> Result<(), String> {
        let marking = match &mut self.open {
            Some((_, marking)) => marking,
            None => {
                let opened = match &self.namespace {
                    None => Marking::open(&wanted.table, wanted.priority),
                    Some(name) => {
                        Marking::open_in(namespace::file(name)?, &wanted.table, wanted.priority)
                    }
                };
                let opened = opened.map_err(|error| chain(&error))?;
                &mut self.open.insert((wanted.clone(), opened)).1
            }
        };
        marking.set(marked).map_err(|error| chain(&error))
    }

    /// Nothing is marked any more.
    pub(super) fn clear(&mut self) {
        if let Some((_, mut marking)) = self.open.take()
            && let Err(error) = marking.remove()
        {
            tracing::error!(error = chain(&error), "nftables_ipvs: the table stays");
        }
    }
}
