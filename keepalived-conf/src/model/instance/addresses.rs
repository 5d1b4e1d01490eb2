//! What an instance has while it is the master, and where it is reached.

use std::net::IpAddr;

use super::reading::Reading;
use crate::model::address::AddressLine;
use crate::model::route::RouteLine;
use crate::model::rule::RuleLine;
use crate::model::track_group::refuse_group;

impl Reading<'_> {
    pub(super) fn addresses(&mut self, keyword: &str) -> Vec<AddressLine> {
        let mut addresses: Vec<AddressLine> = Vec::new();
        for values in self.section.lines(keyword) {
            let Some(mut line) = AddressLine::read(values, self.diagnostics) else { continue };
            refuse_group(&mut line, self.diagnostics);
            if addresses.iter().any(|other| other.address == line.address) {
                let message = format!("{} is there twice", line.address);
                self.diagnostics.error(line.span, message, "the second line is left out");
                continue;
            }
            addresses.push(line);
        }
        // Most instances have one, of which there can be thousands.
        addresses.shrink_to_fit();
        addresses
    }

    /// What cannot be advertised goes to the excluded ones, as in keepalived.
    pub(super) fn sort_addresses(
        &mut self,
        is_ipv6: bool,
        addresses: &mut Vec<AddressLine>,
        excluded: &mut Vec<AddressLine>,
    ) {
        const MOST: usize = 255;
        let mut place = 0;
        addresses.retain(|line| {
            let is_ours = line.address.is_ipv6() == is_ipv6;
            if !is_ours {
                let message =
                    format!("{} is of another family than the first address", line.address);
                let help = "write it in virtual_ipaddress_excluded, or in an instance of its own";
                self.diagnostics.error(line.span, message, help);
                return false;
            }
            place += 1;
            if place == MOST + 1 {
                let message = format!("an advertisement has room for {MOST} addresses");
                let help = "this one and those after it are not advertised";
                self.diagnostics.error(line.span, message, help);
            }
            true
        });
        if addresses.len() > MOST {
            excluded.extend(addresses.drain(MOST..));
        }
        excluded.retain(|line| {
            let is_double = addresses.iter().any(|other| other.address == line.address);
            if is_double {
                let message = format!("{} is a virtual address already", line.address);
                self.diagnostics.error(line.span, message, "this line is left out");
            }
            !is_double
        });
    }

    pub(super) fn routes(&mut self) -> Vec<RouteLine> {
        let mut routes = Vec::new();
        for values in self.section.lines("virtual_routes") {
            let Some(mut line) = RouteLine::read(values, self.diagnostics) else { continue };
            refuse_group(&mut line, self.diagnostics);
            routes.push(line);
        }
        routes
    }

    pub(super) fn rules(&mut self) -> Vec<RuleLine> {
        let mut rules = Vec::new();
        for values in self.section.lines("virtual_rules") {
            let Some(mut line) = RuleLine::read(values, self.diagnostics) else { continue };
            refuse_group(&mut line, self.diagnostics);
            rules.push(line);
        }
        rules
    }

    pub(super) fn of_family(&mut self, address: Option<IpAddr>, is_ipv6: bool) -> Option<IpAddr> {
        let address = address?;
        if address.is_ipv6() == is_ipv6 {
            return Some(address);
        }
        let message = format!("{address} is of another family than vrrp_instance {}", self.name);
        self.diagnostics.error(self.span, message, "it is left out");
        None
    }
}
