//! A whole table: as it is, or as it is to be.

use std::collections::BTreeMap;

use crate::destination::{Destination, DestinationKey};
use crate::service::{Service, ServiceKey};

/// Services with their destinations, each once.
///
/// It is printed and read in the format of `ipvsadm-save -n`:
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
#[non_exhaustive]
pub struct VirtualServer {
    /// The service.
    pub service: Service,
    destinations: BTreeMap<DestinationKey, Destination>,
}

impl Table {
    /// A table without services.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a service in the place of the one with its key, without destinations.
    pub fn insert(&mut self, service: Service) -> &mut VirtualServer {
        let key = service.key;
        self.0.remove(&key);
        self.0.entry(key).or_insert(VirtualServer { destinations: BTreeMap::new(), service })
    }

    /// The service with this key.
    pub fn get(&self, key: &ServiceKey) -> Option<&VirtualServer> {
        self.0.get(key)
    }

    /// The service with this key. Its key stays.
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
