//! A whole table: as it is, or as it is to be.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::destination::{Destination, DestinationKey};
use crate::service::{Service, ServiceKey};

/// Services with their destinations, each once.
///
/// Read from the kernel, it lacks what there is no word for here, as a protocol or a kind of tunnel of a newer one.
///
/// It is printed and read in the format of `ipvsadm-save -n`, with the thresholds (`-x`, `-y`) that `ipvsadm-save`
/// leaves out; read from a file that it wrote, they are 0.
///
/// ```
/// use ipvs_netlink::Table;
///
/// let text = "-A -t 192.0.2.80:80 -s wlc\n-a -t 192.0.2.80:80 -r 10.0.0.1:8080 -m -w 3\n";
/// let table: Table = text.parse()?;
/// assert_eq!(table.to_string(), text);
/// # Ok::<(), ipvs_netlink::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table(BTreeMap<ServiceKey, VirtualServer>);

/// A service with its destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualServer {
    service: Service,
    destinations: BTreeMap<DestinationKey, Destination>,
}

impl Table {
    /// A table without services.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service without destinations, or gives the one that has its key these settings.
    pub fn insert(&mut self, service: Service) -> &mut VirtualServer {
        match self.0.entry(service.key) {
            Entry::Vacant(place) => {
                place.insert(VirtualServer { destinations: BTreeMap::new(), service })
            }
            Entry::Occupied(place) => {
                let server = place.into_mut();
                server.service = service;
                server
            }
        }
    }

    /// The service with this key.
    pub fn get(&self, key: &ServiceKey) -> Option<&VirtualServer> {
        self.0.get(key)
    }

    /// The service with this key, so that its destinations can be changed.
    pub fn get_mut(&mut self, key: &ServiceKey) -> Option<&mut VirtualServer> {
        self.0.get_mut(key)
    }

    /// Takes a service out.
    pub fn remove(&mut self, key: &ServiceKey) -> Option<VirtualServer> {
        self.0.remove(key)
    }

    /// All services, by their keys.
    pub fn iter(&self) -> impl Iterator<Item = &VirtualServer> {
        self.0.values()
    }

    /// How many services there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl VirtualServer {
    /// The service; [`Table::insert`] changes its settings.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Puts a destination in the place of the one with its key, which is returned.
    pub fn insert(&mut self, destination: Destination) -> Option<Destination> {
        self.destinations.insert(destination.key, destination)
    }

    /// The destination with this key.
    pub fn get(&self, key: &DestinationKey) -> Option<&Destination> {
        self.destinations.get(key)
    }

    /// Takes a destination out.
    pub fn remove(&mut self, key: &DestinationKey) -> Option<Destination> {
        self.destinations.remove(key)
    }

    /// All destinations, by their keys.
    pub fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.destinations.values()
    }
}

/// Each takes the place of the one with its key.
impl Extend<VirtualServer> for Table {
    fn extend<I: IntoIterator<Item = VirtualServer>>(&mut self, servers: I) {
        self.0.extend(servers.into_iter().map(|server| (server.service.key, server)));
    }
}
