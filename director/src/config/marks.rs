//! The marks of groups, by `nftables_ipvs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;

use ipvs_netlink::ServiceKey;
use netlink_nft::{Marked, Transport};

use super::pools::PlannedPool;

/// What gets the mark of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedMarking {
    /// The `virtual_server_group`, as `group NAME`.
    pub group: String,
    /// The protocol of the block.
    pub transport: Transport,
    /// Where its packets go.
    pub ranges: Vec<MarkedRange>,
}

/// Addresses that follow one another, and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MarkedRange {
    /// The first one.
    pub first: IpAddr,
    /// The last one.
    pub last: IpAddr,
    /// The port; `None` for all.
    pub port: Option<NonZeroU16>,
}

impl fmt::Display for MarkedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, port } = self;
        write!(f, "{first}-{last} {}", port.map_or(0, NonZeroU16::get))
    }
}

impl PlannedPool {
    /// The packets that get its mark.
    pub(crate) fn marked(&self) -> impl Iterator<Item = Marked> + '_ {
        let mark = self.services.first().and_then(|service| mark_of(&service.key));
        let planned = self.marking.as_deref().zip(mark);
        planned.into_iter().flat_map(|(planned, mark)| {
            planned.ranges.iter().map(move |range| {
                Marked::new(planned.transport, range.first, range.last, range.port, mark)
            })
        })
    }
}

/// Every group keeps the mark that it has in `before`, so that its connections live on; others get the lowest from
/// `first` on that nobody has or had there.
pub(crate) fn assign(
    pools: &mut [Arc<PlannedPool>],
    before: &[Arc<PlannedPool>],
    first: NonZeroU32,
) {
    let mut taken: BTreeSet<NonZeroU32> = pools
        .iter()
        .filter(|pool| pool.marking.is_none())
        .flat_map(|pool| pool.services.iter().filter_map(|service| mark_of(&service.key)))
        .collect();
    let known: BTreeMap<_, _> = before.iter().filter_map(|pool| named(pool)).collect();
    let kept: Vec<Option<NonZeroU32>> = pools
        .iter()
        .map(|pool| {
            let (name, _) = named(pool)?;
            known.get(&name).copied().filter(|mark| taken.insert(*mark))
        })
        .collect();
    // What another group has given up marks its packets until the table is changed.
    taken.extend(
        before.iter().flat_map(|pool| pool.services.iter()).filter_map(|it| mark_of(&it.key)),
    );
    for (pool, kept) in pools.iter_mut().zip(kept).filter(|(pool, _)| pool.marking.is_some()) {
        let from_first = first.get()..=u32::MAX;
        let mut free = from_first.chain(1..first.get()).filter_map(NonZeroU32::new);
        let Some(own) = kept.or_else(|| free.find(|mark| taken.insert(*mark))) else { continue };
        for service in &mut Arc::make_mut(pool).services {
            if let ServiceKey::FirewallMark { mark, .. } = &mut service.key {
                *mark = own;
            }
        }
    }
}

/// What tells a marked pool apart, and its mark.
fn named(pool: &PlannedPool) -> Option<((&str, Transport), NonZeroU32)> {
    let marking = pool.marking.as_deref()?;
    let mark = mark_of(&pool.services.first()?.key)?;
    Some(((marking.group.as_str(), marking.transport), mark))
}

fn mark_of(key: &ServiceKey) -> Option<NonZeroU32> {
    match key {
        ServiceKey::FirewallMark { mark, .. } => Some(*mark),
        ServiceKey::Address { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools(text: &str) -> Vec<Arc<PlannedPool>> {
        let folder = lab::Folder::new().unwrap();
        let path = folder.file("keepalived.conf");
        std::fs::write(&path, text).unwrap();
        let checked = crate::config::check(&crate::config::Source::new(&path)).unwrap();
        checked.plan.pools
    }

    /// A file with these groups, each on an address of its own.
    fn groups(names: &[u8], more: &str) -> Vec<Arc<PlannedPool>> {
        let mut text = format!("global_defs {{\n nftables_ipvs\n}}\n{more}\n");
        for name in names {
            text += &format!(
                "virtual_server_group g{name} {{\n 10.0.0.{name} 80\n}}\nvirtual_server group g{name} {{\n \
                 protocol TCP\n real_server 10.9.0.1 80 {{\n }}\n}}\n"
            );
        }
        pools(&text)
    }

    fn marks(pools: &[Arc<PlannedPool>]) -> Vec<(String, u32)> {
        let mark = |pool: &Arc<PlannedPool>| {
            let mark = mark_of(&pool.services.first().unwrap().key).unwrap();
            (pool.line.name.to_string(), mark.get())
        };
        pools.iter().map(mark).collect()
    }

    fn expect(pools: &[Arc<PlannedPool>], expected: &[(&str, u32)]) {
        let expected: Vec<_> =
            expected.iter().map(|(name, mark)| ((*name).to_owned(), *mark)).collect();
        assert_eq!(marks(pools), expected);
    }

    #[test]
    fn groups_keep_their_marks_and_get_none_that_was_in_use() {
        let first = NonZeroU32::new(1000).unwrap();
        let before = groups(&[1, 2], "");
        expect(&before, &[("group g1", 1000), ("group g2", 1001)]);
        let mut after = groups(&[3, 2], "");
        assign(&mut after, &before, first);
        // 1000 was that of g1 just now.
        expect(&after, &[("group g3", 1002), ("group g2", 1001)]);
        let mut last = groups(&[1, 2, 3], "");
        assign(&mut last, &after, first);
        expect(&last, &[("group g1", 1000), ("group g2", 1001), ("group g3", 1002)]);
    }

    #[test]
    fn marks_that_the_file_names_are_left_alone() {
        let own = "virtual_server fwmark 1000 {\n real_server 10.9.0.1 80 {\n }\n}";
        expect(&groups(&[1], own), &[("fwmark 1000", 1000), ("group g1", 1001)]);
        // One that a group has had goes to whom the file gives it.
        let before = groups(&[1], "");
        let mut after = groups(&[1], own);
        assign(&mut after, &before, NonZeroU32::new(1000).unwrap());
        expect(&after, &[("fwmark 1000", 1000), ("group g1", 1001)]);
    }
}
