//! From the model to routers.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU8;
use std::sync::Arc;

use keepalived_conf::model::{
    AddressLine, Authentication as AuthenticationLine, Broadcast, Configuration, Instance,
    Interval as IntervalLine, IpvlanModeWord, Peer as PeerLine, PreferredLifetime,
    RouteKind as RouteKindLine, RouteLine, SyncGroup, VirtualInterfaceKind, VirtualInterfaceLine,
    Weight as WeightLine,
};
use keepalived_conf::tree::{Data, Section};
use keepalived_conf::{Diagnostics, Severity, Span};
use vrrp_io::fsm::{Announcements, OwnerConflict, Weight};
use vrrp_io::proto::{
    AcceptedChecksum, Authentication, Centiseconds, ChecksumForm, Interval, Priority, Seconds,
    Secret, Vrid,
};
use vrrp_io::{
    AddressFlags, Delivery, IpvlanMode, Lifetime, MacAddress, Peer, Route, RouteKind, RouterConfig,
    Scope, Tracked, Unicast, VirtualAddress, VirtualInterface, VirtualRoute,
};

use super::commands::{Accounts, Commands, TrackScript};
use super::{GlobalCommands, Interfaces, Plan, PlannedGroup, PlannedRouter, names};

pub(super) fn plan(
    configuration: Configuration,
    interfaces: &Option<Interfaces>,
    diagnostics: &mut Diagnostics,
) -> Plan {
    refuse_unsafe(&configuration.tree, diagnostics);
    let Configuration { global, scripts, instances, groups, .. } = configuration;
    let mut accounts = Accounts::new(&global, diagnostics);
    let scripts: Vec<TrackScript> = scripts
        .into_iter()
        .map(|script| TrackScript::prepare(script, &mut accounts, diagnostics))
        .collect();
    let commands = GlobalCommands {
        startup: global
            .startup_script
            .as_ref()
            .and_then(|(line, _)| accounts.command("startup_script", line, diagnostics)),
        shutdown: global
            .shutdown_script
            .as_ref()
            .and_then(|(line, _)| accounts.command("shutdown_script", line, diagnostics)),
        fifo: global
            .notify_fifo
            .as_ref()
            .and_then(|fifo| fifo.script.as_ref())
            .and_then(|line| accounts.command("notify_fifo_script", line, diagnostics)),
        vrrp_fifo: global
            .vrrp_notify_fifo
            .as_ref()
            .and_then(|fifo| fifo.script.as_ref())
            .and_then(|line| accounts.command("vrrp_notify_fifo_script", line, diagnostics)),
    };
    let mut routers: Vec<Arc<PlannedRouter>> = instances
        .into_iter()
        .filter_map(|mut instance| {
            let group = groups.iter().find(|group| group.members.contains(&instance.name));
            let on = Machine { interfaces, scripts: &scripts, group, diagnostics };
            let config = on.router(&mut instance)?;
            let commands = Commands::prepare(&instance.notifications, &mut accounts, diagnostics);
            Some(Arc::new(PlannedRouter { instance, config: Arc::new(config), commands }))
        })
        .collect();
    // It was made in the place of the instances, which are larger.
    routers.shrink_to_fit();
    let smtp_alert = global.defaults.smtp_alert;
    let groups = groups
        .into_iter()
        .map(|group| PlannedGroup {
            commands: Commands::prepare(&group.notifications, &mut accounts, diagnostics),
            smtp_alert: group.smtp_alert.unwrap_or(smtp_alert),
            group,
        })
        .collect();
    let mut machine = Machine { interfaces, scripts: &scripts, group: None, diagnostics };
    let static_addresses =
        configuration.static_addresses.iter().filter_map(|line| machine.address(line)).collect();
    let static_routes =
        configuration.static_routes.iter().filter_map(|line| machine.route(line)).collect();
    Plan { global, routers, groups, scripts, static_addresses, static_routes, commands }
}

/// What is not done yet and would be dangerous to leave out: a router in another namespace than it is
/// meant for, or one that believes what nobody has signed.
fn refuse_unsafe(tree: &Section, diagnostics: &mut Diagnostics) {
    let fatal = |span, name: &str, diagnostics: &mut Diagnostics| {
        let message = format!("{name} is not done yet, and running without it would be unsafe");
        diagnostics.add(Severity::Fatal, Some(span), message, None);
    };
    for entry in tree.all("net_namespace") {
        fatal(entry.span, "net_namespace", diagnostics);
    }
    for instance in tree.all("vrrp_instance") {
        if let Data::Block(_, section) = &instance.data {
            for entry in section.all("auth_hmac") {
                fatal(entry.span, "auth_hmac", diagnostics);
            }
        }
    }
}

struct Machine<'a> {
    interfaces: &'a Option<Interfaces>,
    scripts: &'a [TrackScript],
    group: Option<&'a SyncGroup>,
    diagnostics: &'a mut Diagnostics,
}

impl Machine<'_> {
    fn problem(&mut self, severity: Severity, span: Span, message: String, help: &str) {
        self.diagnostics.add(severity, Some(span), message, Some(help.to_owned()));
    }

    fn is_missing(&self, interface: &str) -> bool {
        self.interfaces.as_ref().is_some_and(|all| !all.names.contains(interface))
    }

    fn router(mut self, instance: &mut Instance) -> Option<RouterConfig> {
        let interface = self.interface(instance)?;
        let vrid = Vrid::new(instance.vrid).ok()?;
        let interval = match instance.interval {
            IntervalLine::V2Seconds(seconds) => Interval::V2(Seconds::new(seconds).ok()?),
            IntervalLine::V3Centiseconds(hundredths) => {
                Interval::V3(Centiseconds::new(hundredths).ok()?)
            }
        };
        let addresses: Vec<_> =
            instance.addresses.iter().filter_map(|line| self.address(line)).collect();
        let excluded: Vec<_> =
            instance.excluded.iter().filter_map(|line| self.address(line)).collect();
        let routes: Vec<_> = instance.routes.iter().filter_map(|line| self.route(line)).collect();
        if addresses.is_empty() {
            let message = format!("vrrp_instance {} has no virtual address", instance.name);
            let help = "write virtual_ipaddress { ADDRESS }: an advertisement names at least one";
            self.problem(Severity::Error, instance.span, message, help);
            return None;
        }
        let mut builder = RouterConfig::builder(interface, vrid)
            .priority(Priority::new(instance.priority).ok()?)
            .interval(interval)
            .addresses(addresses)
            .excluded(excluded)
            .routes(routes)
            .take_over_addresses()
            .preempt(instance.preempt)
            .preempt_delay(instance.preempt_delay)
            .answer_losing(!instance.lower_prio_no_advert)
            .announcements(announcements(instance))
            .active_down_intervals(NonZeroU8::new(instance.down_timer_adverts)?)
            .advertise_before_yielding(instance.higher_prio_send_advert)
            .check_addresses(!instance.skips_address_check)
            .owner_conflict(match instance.owner_ignore_adverts {
                true => OwnerConflict::Discard,
                false => OwnerConflict::Elect,
            });
        if let Some(line) = &instance.virtual_interface {
            builder = builder.virtual_interface(self.virtual_interface(line)?);
        }
        if let Some(source) = instance.source {
            builder = builder.source(source);
        }
        if instance.tracks_source {
            builder = builder.track_source();
        }
        if instance.ignores_interface {
            builder = builder.ignore_interface_state();
        }
        if let Some(group) = self.group {
            builder = builder.group(&group.name);
        }
        let mut has_old_checksum = false;
        if let Some(unicast) = &instance.unicast {
            has_old_checksum = unicast.has_old_checksum;
            let is_self = |address: IpAddr| {
                let all = self.interfaces.iter().flat_map(|interfaces| &interfaces.addresses);
                all.into_iter().any(|(own, _)| *own == address)
            };
            let (own, others): (Vec<&PeerLine>, Vec<&PeerLine>) =
                unicast.peers.iter().partition(|peer| is_self(peer.address));
            for peer in own {
                let message = format!("peer {} is this machine", peer.address);
                self.problem(Severity::Error, instance.span, message, "the peer is left out");
            }
            let peers = others
                .into_iter()
                .map(|peer| Peer::new(peer.address).ttl(peer.min_ttl..=peer.max_ttl));
            let mut delivery = Unicast::new(peers).ttl(unicast.ttl);
            if unicast.needs_peer {
                delivery = delivery.need_peer();
            }
            builder = builder.delivery(Delivery::Unicast(delivery));
        } else if let Some(group) = instance.group {
            builder = builder.delivery(Delivery::Multicast(group));
        }
        builder = match (instance.v3_checksum_as_v2, has_old_checksum) {
            (true, _) => builder.checksum(ChecksumForm::Rfc9568),
            (_, true) => {
                builder.checksum(ChecksumForm::ToGroup).accepted_checksum(AcceptedChecksum::Any)
            }
            _ => builder,
        };
        match authentication(&instance.authentication) {
            Ok(authentication) => builder = builder.authentication(authentication),
            Err(error) => {
                let message = format!("vrrp_instance {}: auth_pass: {error}", instance.name);
                self.problem(Severity::Fatal, instance.span, message, "write 1 to 8 octets");
                return None;
            }
        }
        for (tracked, weight) in self.tracked(instance) {
            builder = builder.track(tracked, weight);
        }
        match builder.build() {
            Ok(config) => Some(config),
            Err(error) => {
                let message = format!("vrrp_instance {}: {error}", instance.name);
                self.problem(Severity::Fatal, instance.span, message, "the instance is left out");
                None
            }
        }
    }

    /// The interface that is named; for a unicast instance without one, that of its source address.
    fn interface(&mut self, instance: &mut Instance) -> Option<String> {
        if instance.interface.is_none()
            && let (Some(interfaces), Some(source)) = (self.interfaces, instance.source)
        {
            let found = interfaces.addresses.iter().find(|(address, _)| *address == source);
            instance.interface = found.map(|(_, name)| name.clone());
        }
        let Some(interface) = instance.interface.clone() else {
            let message = format!("vrrp_instance {} has no interface", instance.name);
            let help = "write interface NAME, or the unicast_src_ip of an interface";
            self.problem(Severity::Fatal, instance.span, message, help);
            return None;
        };
        if self.is_missing(&interface) {
            let message = format!("there is no interface {interface}");
            self.problem(Severity::Fatal, instance.span, message, "write the name of one there is");
            return None;
        }
        Some(interface)
    }

    fn tracked(&mut self, instance: &Instance) -> Vec<(Tracked, Weight)> {
        let mut tracked = Vec::new();
        for track in &instance.track_interfaces {
            if self.is_missing(&track.name) {
                let message = format!("there is no interface {}", track.name);
                self.problem(Severity::Error, track.span, message, "it counts as down");
            }
            let weight = weight(track.weight.unwrap_or_default());
            tracked.push((Tracked::Interface(track.name.clone()), weight));
        }
        for track in &instance.track_scripts {
            let Some(script) = self.scripts.iter().find(|script| script.name() == track.name)
            else {
                // Its command cannot be run, and that was said: what cannot be run fails.
                let weight = weight(track.weight.unwrap_or_default());
                tracked.push((Tracked::Item(track.name.clone()), weight));
                continue;
            };
            let line = track.weight.unwrap_or(script.weight());
            let is_neutral = self.group.is_some_and(|group| !group.has_weights);
            if is_neutral && line.value != 0 {
                let message = format!("{} has a weight and is tracked in a sync group", track.name);
                let help = "write sync_group_tracking_weight in the group; it is not tracked here";
                self.problem(Severity::Error, track.span, message, help);
                continue;
            }
            tracked.push((Tracked::Item(track.name.clone()), weight(line)));
        }
        tracked
    }

    fn address(&mut self, line: &AddressLine) -> Option<VirtualAddress> {
        let mut address = VirtualAddress::new(line.address, line.prefix_length).ok()?;
        if let Some(device) = &line.device {
            if self.is_missing(device) {
                let message = format!("there is no interface {device}");
                self.problem(Severity::Fatal, line.span, message, "write the name of one there is");
                return None;
            }
            address = address.device(device);
        }
        if let Some(scope) = line.scope {
            address = address.scope(Scope(scope));
        }
        if let Some(label) = &line.label {
            address = address.label(label);
        }
        if let Some((peer, _)) = line.peer {
            address = address.peer(peer);
        }
        if let (Some(broadcast), IpAddr::V4(own)) = (line.broadcast, line.address) {
            address = address.broadcast(broadcast_address(broadcast, own, line.prefix_length));
        }
        let flags = [
            (line.address.is_ipv6() && !line.detects_duplicates, AddressFlags::NODAD),
            (line.is_home, AddressFlags::HOMEADDRESS),
            (line.manages_temporary, AddressFlags::MANAGETEMPADDR),
            (line.has_no_prefix_route, AddressFlags::NOPREFIXROUTE),
            (line.joins_group, AddressFlags::MCAUTOJOIN),
        ];
        let set = flags.into_iter().filter(|(is_set, _)| *is_set);
        let flags = set.fold(AddressFlags::NONE, |all, (_, flag)| all | flag);
        address = address.flags(flags);
        if let Some(preferred) = line.preferred {
            address = address.preferred(match preferred {
                PreferredLifetime::For(time) => Lifetime::For(time),
                _ => Lifetime::Forever,
            });
        }
        if line.uses_vmac {
            address = address.carried();
        }
        Some(if line.is_tracked { address } else { address.untracked() })
    }

    fn virtual_interface(&mut self, line: &VirtualInterfaceLine) -> Option<VirtualInterface> {
        let mut own = match line.kind {
            VirtualInterfaceKind::Ipvlan { mode, address } => {
                let own = VirtualInterface::ipvlan(match mode {
                    IpvlanModeWord::Bridge => IpvlanMode::Bridge,
                    IpvlanModeWord::Private => IpvlanMode::Private,
                    IpvlanModeWord::Vepa => IpvlanMode::Vepa,
                });
                match address {
                    Some((address, Some(length))) => {
                        own.address(VirtualAddress::new(address, length).ok()?)
                    }
                    Some((address, None)) => own.address(address.into()),
                    None => own,
                }
            }
            VirtualInterfaceKind::Macvlan(Some(mac)) => {
                VirtualInterface::macvlan().mac(MacAddress(mac))
            }
            _ => VirtualInterface::macvlan(),
        };
        if let Some(name) = &line.name {
            own = own.name(name);
        }
        if let Some(prefix) = &line.prefix {
            own = own.prefix(prefix);
        }
        if let Some(prefix) = &line.prefix_elsewhere {
            own = own.prefix_elsewhere(prefix);
        }
        if line.transmits_on_base {
            own = own.transmit_on_base();
        }
        if line.carries_all {
            own = own.carry_all();
        }
        if let Some(word) = &line.group {
            match names::group(word) {
                Some(group) => own = own.group(group),
                None => {
                    let message = format!("group is {word}");
                    let help = "allowed is a number, or a name that iproute2 knows";
                    self.problem(Severity::Error, line.span, message, help);
                }
            }
        }
        Some(own)
    }

    fn route(&mut self, line: &RouteLine) -> Option<VirtualRoute> {
        let mut route = Route::new(line.destination, line.prefix_length).ok()?;
        route.kind = match line.kind {
            RouteKindLine::Local => RouteKind::Local,
            RouteKindLine::Blackhole => RouteKind::Blackhole,
            RouteKindLine::Unreachable => RouteKind::Unreachable,
            RouteKindLine::Prohibit => RouteKind::Prohibit,
            RouteKindLine::Throw => RouteKind::Throw,
            _ => RouteKind::Unicast,
        };
        route.gateway = line.gateway;
        route.source = line.source;
        route.metric = line.metric.unwrap_or(0);
        route.tos = line.tos.unwrap_or(0);
        route.scope = line.scope.map(Scope);
        route.is_on_link = line.is_on_link;
        route.mtu = line.mtu;
        let mut resolve = |word: &Option<String>, what: &str, found: fn(&str) -> Option<u32>| {
            let word = word.as_ref()?;
            let number = found(word);
            if number.is_none() {
                let message = format!("{what} is {word}");
                let help = "allowed is a number, or a name that iproute2 knows";
                self.problem(Severity::Error, line.span, message, help);
            }
            number
        };
        if line.table.is_some() {
            // Anywhere else it would be another route.
            route.table = resolve(&line.table, "table", names::table)?;
        }
        let protocol = |word: &str| names::protocol(word).map(u32::from);
        if let Some(protocol) = resolve(&line.protocol, "protocol", protocol) {
            route.protocol = protocol.try_into().unwrap_or(0);
        }
        let mut planned = VirtualRoute::new(route);
        if let Some(device) = &line.device {
            if self.is_missing(device) {
                let message = format!("there is no interface {device}");
                self.problem(Severity::Error, line.span, message, "the route waits for it");
            }
            planned = planned.device(device);
        }
        Some(if line.is_tracked { planned } else { planned.untracked() })
    }
}

fn authentication(line: &AuthenticationLine) -> Result<Authentication, vrrp_io::proto::OutOfRange> {
    Ok(match line {
        AuthenticationLine::Password(secret) => {
            Authentication::Password(Secret::new(secret.reveal().as_bytes())?)
        }
        AuthenticationLine::Header(secret) => {
            Authentication::AuthenticationHeader(Secret::new(secret.reveal().as_bytes())?)
        }
        _ => Authentication::None,
    })
}

fn announcements(instance: &Instance) -> Announcements {
    let octet = |count: u32| u8::try_from(count).unwrap_or(u8::MAX);
    let line = instance.announcing;
    Announcements {
        repeat: octet(line.repeat),
        delay: line.delay,
        refresh: line.refresh,
        refresh_repeat: octet(line.refresh_repeat),
        contest_repeat: Some(octet(line.lower_prio_repeat)),
        contest_delay: Some(line.lower_prio_delay),
        ..Announcements::default()
    }
}

fn weight(line: WeightLine) -> Weight {
    let weight = Weight::new(line.value).unwrap_or_default();
    if line.is_reversed { weight.reversed() } else { weight }
}

fn broadcast_address(broadcast: Broadcast, own: Ipv4Addr, length: u8) -> Ipv4Addr {
    let host = u32::MAX.checked_shr(length.into()).unwrap_or(0);
    match broadcast {
        Broadcast::Address(address) => address,
        Broadcast::Zeros => Ipv4Addr::from(u32::from(own) & !host),
        _ => Ipv4Addr::from(u32::from(own) | host),
    }
}
