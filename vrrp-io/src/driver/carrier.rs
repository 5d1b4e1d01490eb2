//! Interfaces that are made to carry the virtual addresses of a router.

use std::collections::{BTreeMap, BTreeSet};

use netlink_addr::{Ipv4Setting, Link, LinkSettings, VirtualLink};

use super::address::interface_address;
use super::{Driver, Key, sysctl};
use crate::config::{RouterConfig, VirtualInterface};
use crate::error::AddError;

/// An interface of ours on top of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Carrier {
    /// The place of the one below.
    pub(super) base: usize,
    pub(super) place: usize,
}

/// One that is to be there.
struct Wanted<'a> {
    /// Which of the routers it is for.
    router: usize,
    key: Key,
    config: &'a RouterConfig,
    base: usize,
    link: VirtualLink,
    /// The index of one that is there already: a leftover.
    leftover: Option<u32>,
}

/// Without these the interface below answers ARP requests for what ours carries, and when it asks for a
/// client that a virtual address talks to, tells it that the address is at its own link-layer address.
const ON_BASE: [(Ipv4Setting, u32); 3] =
    [(Ipv4Setting::ArpIgnore, 1), (Ipv4Setting::ArpFilter, 1), (Ipv4Setting::ArpAnnounce, 2)];
/// It answers only for its own addresses; packets between it and the one below are taken for what they are.
const ON_CARRIER: [(Ipv4Setting, u32); 4] = [
    (Ipv4Setting::ArpIgnore, 1),
    (Ipv4Setting::AcceptLocal, 1),
    (Ipv4Setting::ReversePathFilter, 0),
    (Ipv4Setting::PromoteSecondaries, 1),
];

/// Whether any address of a router is one of IPv6.
fn has_ipv6(config: &RouterConfig) -> bool {
    let own = config.virtual_interface.as_ref().and_then(|own| own.address.as_ref());
    config.all_addresses().chain(own).any(|address| address.address().is_ipv6())
}

impl Driver {
    /// Makes what these routers need and does not exist; says of each router what carries its
    /// addresses. What was made for one that fails is removed again.
    pub(super) fn make_carriers(
        &mut self,
        routers: &[(Key, &RouterConfig)],
    ) -> Vec<Result<Vec<Carrier>, AddError>> {
        let mut outcomes: Vec<Result<Vec<Carrier>, AddError>> = Vec::new();
        let (mut wanted, mut taken) = (Vec::new(), BTreeSet::new());
        let is_needed = routers.iter().any(|(_, config)| !config.carried_on().is_empty());
        let links = if is_needed { self.table.links() } else { Ok(Vec::new()) };
        let known: BTreeMap<&str, &Link> =
            links.iter().flatten().map(|link: &Link| (link.name.as_str(), link)).collect();
        for (router, (key, config)) in routers.iter().enumerate() {
            let mut of_it = Ok(Vec::new());
            for name in config.carried_on() {
                if let Err(error) = &links {
                    of_it = Err(AddError::Netlink(error.clone()));
                    break;
                }
                match self.want_carrier(*key, config, name, &known, &mut taken) {
                    Ok((base, link, leftover)) => {
                        wanted.push(Wanted { router, key: *key, config, base, link, leftover });
                    }
                    // It is made when the interface below is there.
                    Err(AddError::NoInterface { .. }) if config.awaits_interfaces => {}
                    Err(error) => {
                        of_it = Err(error);
                        break;
                    }
                }
            }
            outcomes.push(of_it);
        }
        wanted.retain(|wanted| outcomes[wanted.router].is_ok());
        if let Err(error) = self.make_wanted(&wanted, &mut outcomes) {
            for wanted in &wanted {
                outcomes[wanted.router] = Err(AddError::Netlink(error.clone()));
            }
        }
        let made = self.carriers_of(&wanted, routers.len());
        for ((outcome, made), (_, config)) in outcomes.iter_mut().zip(made).zip(routers) {
            let is_less = made.len() < config.carried_on().len();
            if outcome.is_ok() && is_less && !config.awaits_interfaces {
                // Somebody took it away at once.
                *outcome = Err(AddError::NoInterface { interface: config.interface.clone() });
            }
            match outcome {
                Ok(carriers) => *carriers = made,
                Err(_) => self.drop_carriers(&made),
            }
        }
        outcomes
    }

    fn carriers_of(&self, wanted: &[Wanted<'_>], count: usize) -> Vec<Vec<Carrier>> {
        let mut of_router = vec![Vec::new(); count];
        for wanted in wanted {
            if let Some(place) = self.interfaces.place(&wanted.link.name)
                && self.interfaces[place].carries == Some(wanted.key)
            {
                of_router[wanted.router].push(Carrier { base: wanted.base, place });
            }
        }
        of_router
    }

    /// Chooses a name, and tells the index of an interface just like that, if there is one.
    fn want_carrier(
        &mut self,
        key: Key,
        config: &RouterConfig,
        on: &str,
        known: &BTreeMap<&str, &Link>,
        taken: &mut BTreeSet<String>,
    ) -> Result<(usize, VirtualLink, Option<u32>), AddError> {
        let base = self.interface(on)?;
        let index = self.interfaces[base].index();
        let index = index.ok_or_else(|| AddError::NoInterface { interface: on.to_owned() })?;
        let by_default = VirtualInterface::macvlan();
        let settings = config.virtual_interface.as_deref().unwrap_or(&by_default);
        let is_own = on == config.interface && config.virtual_interface.is_some();
        let mut link = VirtualLink::new("", index, settings.kind);
        link.mac = settings.mac_of(key.is_ipv6, key.vrid);
        link.group = settings.group;
        let is_leftover = |other: &Link| {
            other.kind.as_deref() == Some(link.kind.name())
                && other.base == Some(link.base)
                && (link.mac.is_none() || other.mac == link.mac)
        };
        // One of this router's own is still there when it is made anew.
        let is_free = |name: &str| {
            let place = self.interfaces.place(name);
            let holder = place.and_then(|place| self.interfaces[place].carries);
            !taken.contains(name) && holder.is_none_or(|holder| holder == key)
        };
        let explicit = settings.name.as_ref().filter(|_| is_own);
        link.name = match explicit {
            Some(name) => {
                let there = known.get(name.as_str());
                if !is_free(name) || there.is_some_and(|there| !is_leftover(there)) {
                    return Err(AddError::InterfaceExists { interface: name.clone() });
                }
                name.clone()
            }
            None => {
                let elsewhere = config.carrier_prefix.as_deref().unwrap_or("vrrp");
                let prefix = if is_own { settings.prefix.as_str() } else { elsewhere };
                let name = |number: &str| format!("{prefix}{number}.{}", key.vrid);
                let numbers = (1..).map(|number: u32| number.to_string());
                let mut names =
                    [String::new(), "6".into()].into_iter().chain(numbers).map(|n| name(&n));
                let is_usable = |name: &String| {
                    is_free(name) && known.get(name.as_str()).is_none_or(|there| is_leftover(there))
                };
                names.find(is_usable).unwrap_or_default()
            }
        };
        taken.insert(link.name.clone());
        let leftover = known.get(link.name.as_str()).map(|there| there.index);
        Ok((base, link, leftover))
    }

    /// Makes them, in as few steps as there are kinds of steps. The error is that of all of them; what
    /// fails for one router is written to its outcome.
    fn make_wanted(
        &mut self,
        wanted: &[Wanted<'_>],
        outcomes: &mut [Result<Vec<Carrier>, AddError>],
    ) -> Result<(), netlink_addr::Error> {
        if wanted.is_empty() {
            return Ok(());
        }
        let leftovers: Vec<u32> = wanted.iter().filter_map(|wanted| wanted.leftover).collect();
        if !leftovers.is_empty() {
            // Whatever is wrong with them, making them tells.
            let _ = self.table.remove_links(&leftovers)?;
        }
        let links: Vec<VirtualLink> = wanted.iter().map(|wanted| wanted.link.clone()).collect();
        let mut added = Vec::new();
        for (outcome, wanted) in self.table.add_links(&links)?.into_iter().zip(wanted) {
            match outcome {
                Ok(()) => added.push(wanted),
                Err(error) => outcomes[wanted.router] = Err(error.into()),
            }
        }
        // Whatever else bears a name is somebody else's.
        let wanted = added;
        self.reverse_path.relax(&mut self.table);
        let made = self.table.links()?;
        let made: BTreeMap<&str, &Link> =
            made.iter().map(|link| (link.name.as_str(), link)).collect();
        let there = || {
            let here = |wanted: &Wanted<'_>| Some(made.get(wanted.link.name.as_str())?.index);
            wanted.iter().copied().filter_map(move |wanted| Some((wanted, here(wanted)?)))
        };
        // Noted before anything else can fail, so that they are removed then. Down until they are up.
        let now = self.now();
        for wanted in &wanted {
            let Some(link) = made.get(wanted.link.name.as_str()) else { continue };
            let place = self.interfaces.place_for(&wanted.link.name);
            self.interfaces.set_link(place, Some((*link).clone()), now);
            self.interfaces.get_mut(place).carries = Some(wanted.key);
        }
        let mut settings = Vec::new();
        for (wanted, index) in there() {
            if !wanted.key.is_ipv6 {
                let link = self.interfaces[wanted.base].link();
                settings.extend(self.tuning.take(wanted.base, link, &ON_BASE));
            }
            let change = LinkSettings::new(index).make_no_addresses();
            let change =
                ON_CARRIER.iter().fold(change, |change, (s, value)| change.ipv4(*s, *value));
            settings.push(change);
            if !wanted.key.is_ipv6 && !has_ipv6(wanted.config) {
                // It shall not take part in what routers advertise.
                sysctl::set(&format!("ipv6/conf/{}/disable_ipv6", wanted.link.name), 1);
            }
        }
        self.tune(&settings);
        let up: Vec<LinkSettings> =
            there().map(|(_, index)| LinkSettings::new(index).up(true)).collect();
        let mut is_up = BTreeSet::new();
        for (outcome, (wanted, index)) in self.table.change_links(&up)?.into_iter().zip(there()) {
            match outcome {
                Ok(()) => {
                    is_up.insert(index);
                }
                Err(error) => outcomes[wanted.router] = Err(error.into()),
            }
        }
        let own: Vec<_> = there()
            .filter_map(|(wanted, index)| {
                let own = wanted.config.virtual_interface.as_ref()?.address.as_ref()?;
                interface_address(index, own)
            })
            .collect();
        if !own.is_empty() {
            self.table.add(&own)?;
        }
        for wanted in wanted {
            let Some(link) = made.get(wanted.link.name.as_str()) else { continue };
            let place = self.interfaces.place_for(&wanted.link.name);
            let mut link = (*link).clone();
            link.is_up = is_up.contains(&link.index);
            self.interfaces.set_link(place, Some(link), now);
        }
        Ok(())
    }

    /// The router has IPv6 addresses now: interfaces of its own that were without IPv6 are with it.
    pub(super) fn enable_ipv6(&self, key: Key) {
        for carrier in self.instances.get(&key).into_iter().flat_map(|i| &i.carriers) {
            let name = &self.interfaces[carrier.place].name;
            sysctl::set(&format!("ipv6/conf/{name}/disable_ipv6"), 0);
        }
    }

    /// Whether addresses can be put on it.
    pub(super) fn is_ready(&self, carrier: &Carrier) -> bool {
        self.interfaces[carrier.place].link().is_some_and(|link| link.is_up)
    }

    /// Whether an interface is the one that was made for the router whose addresses the place carries, and not
    /// somebody else's with its name.
    pub(super) fn is_ours(&self, place: usize, link: &Link) -> bool {
        let Some(key) = self.interfaces[place].carries else { return true };
        let Some(instance) = self.instances.get(&key) else { return true };
        let Some(carrier) = instance.carriers.iter().find(|carrier| carrier.place == place) else {
            return true;
        };
        let by_default = VirtualInterface::macvlan();
        let own = instance.config.virtual_interface.as_deref().unwrap_or(&by_default);
        let mac = own.mac_of(key.is_ipv6, key.vrid);
        link.kind.as_deref() == Some(own.kind.name())
            && link.base == self.interfaces[carrier.base].index()
            && (mac.is_none() || link.mac == mac)
    }

    /// The router whose addresses the interface at this place carries.
    pub(super) fn carried_by(&self, place: usize) -> Option<Key> {
        self.interfaces[place].carries
    }

    /// Removes interfaces of ours, all at once.
    pub(super) fn drop_carriers(&mut self, carriers: &[Carrier]) {
        let mut indexes = Vec::new();
        let mut settings = Vec::new();
        let now = self.now();
        for carrier in carriers {
            let interface = self.interfaces.get_mut(carrier.place);
            let is_ipv6 = interface.carries.take().is_some_and(|key| key.is_ipv6);
            interface.set_addresses([]);
            indexes.extend(interface.index());
            self.interfaces.set_link(carrier.place, None, now);
            if !is_ipv6 {
                let index = self.interfaces[carrier.base].index();
                settings.extend(self.tuning.give_back(carrier.base, index, &ON_BASE));
            }
        }
        let outcome = match indexes.is_empty() {
            true => Ok(Vec::new()),
            false => self.table.remove_links(&indexes),
        };
        let removed = outcome.map_err(|error| crate::error::chain(&error)).and_then(|outcomes| {
            let all: Result<(), _> = outcomes.into_iter().collect();
            all.map_err(|error| crate::error::chain(&error))
        });
        if let Err(error) = removed {
            tracing::warn!(error, "an interface could not be removed");
        }
        self.tune(&settings);
        // Those of routers that are being added belong to no instance yet.
        let is_carrying = |place: usize| self.interfaces[place].carries.is_some();
        if !(0..self.interfaces.len()).any(is_carrying) {
            self.reverse_path.restore(&mut self.table);
        }
    }

    /// Makes again what somebody took away.
    pub(super) fn make_missing_carriers(&mut self) {
        let lacks = |(key, instance): (&Key, &super::Instance)| {
            let ready = instance.carriers.iter().filter(|carrier| self.is_ready(carrier));
            let wanted = instance.config.carried_on();
            let possible =
                wanted.iter().filter(|base| self.interfaces.index_of(base).is_some()).count();
            (ready.count() < possible).then(|| (*key, instance.config.clone()))
        };
        let lacking: Vec<_> = self.instances.iter().filter_map(lacks).collect();
        for (key, _) in lacking.iter().filter(|(key, _)| !key.is_ipv6) {
            for carrier in self.instances.get(key).into_iter().flat_map(|i| &i.carriers) {
                self.tuning.lose(carrier.base, &ON_BASE);
            }
        }
        let routers: Vec<_> = lacking.iter().map(|(key, config)| (*key, &**config)).collect();
        for ((key, _), made) in routers.iter().zip(self.make_carriers(&routers)) {
            match made {
                Ok(carriers) => {
                    let Some(instance) = self.instances.get_mut(key) else { continue };
                    let places: Vec<usize> = carriers.iter().map(|carrier| carrier.place).collect();
                    let before = std::mem::replace(&mut instance.carriers, carriers);
                    // Whatever bears the name that one had before is nothing to the router any more.
                    for old in before.iter().filter(|old| !places.contains(&old.place)) {
                        self.interfaces.get_mut(old.place).carries = None;
                    }
                }
                Err(error) => {
                    let error = crate::error::chain(&error);
                    tracing::error!(
                        vrid = key.vrid.get(),
                        error,
                        "cannot make its interface again"
                    );
                    self.resync_soon();
                }
            }
        }
    }
}
