use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::OutOfRange;
use crate::checksum::sum_words;

/// An address family that VRRP knows: [`Ipv4Addr`] or [`Ipv6Addr`].
pub trait Addressing:
    Copy + Eq + Ord + fmt::Debug + fmt::Display + Into<IpAddr> + sealed::Sealed
{
    /// Octets of one address on the wire: 4 or 16.
    const OCTETS: usize;
    /// Reads one address; `octets` has [`OCTETS`](Self::OCTETS) octets.
    #[doc(hidden)]
    fn read(octets: &[u8]) -> Self;
    /// Writes one address and returns its sum; `octets` has [`OCTETS`](Self::OCTETS) octets.
    #[doc(hidden)]
    fn write(self, octets: &mut [u8]) -> u64;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for core::net::Ipv4Addr {}
    impl Sealed for core::net::Ipv6Addr {}
}

impl Addressing for Ipv4Addr {
    const OCTETS: usize = 4;

    #[inline]
    fn read(octets: &[u8]) -> Self {
        octets.first_chunk().map_or(Self::UNSPECIFIED, |octets| Self::from(*octets))
    }

    #[inline]
    fn write(self, octets: &mut [u8]) -> u64 {
        octets.copy_from_slice(&self.octets());
        sum_words(&self.octets())
    }
}

impl Addressing for Ipv6Addr {
    const OCTETS: usize = 16;

    #[inline]
    fn read(octets: &[u8]) -> Self {
        octets.first_chunk().map_or(Self::UNSPECIFIED, |octets| Self::from(*octets))
    }

    #[inline]
    fn write(self, octets: &mut [u8]) -> u64 {
        octets.copy_from_slice(&self.octets());
        sum_words(&self.octets())
    }
}

/// 1 to 255 virtual addresses of one family, borrowed from the caller or from a received packet.
/// [None](Self::NONE) at all is an extension of keepalived.
///
/// The order is the order on the wire. RFC 9568 section 5.2.9 wants the virtual link-local address
/// first in an IPv6 advertisement; [`AddressList::starts_link_local`] tells.
#[derive(Clone, Copy)]
pub struct AddressList<'a, A>(Source<'a, A>);

#[derive(Clone, Copy)]
enum Source<'a, A> {
    Typed(&'a [A]),
    /// A whole number of addresses, as received.
    Wire(&'a [u8]),
}

impl<'a, A: Addressing> AddressList<'a, A> {
    /// No addresses: routers that only elect. The RFCs have no such advertisements; see
    /// [`Demands::no_addresses`](crate::Demands::no_addresses).
    pub const NONE: Self = Self(Source::Typed(&[]));

    /// Checks that the advertisement's one-octet count can say how many there are, and that there is one.
    pub const fn new(addresses: &'a [A]) -> Result<Self, OutOfRange> {
        if addresses.is_empty() || addresses.len() > 255 {
            return Err(OutOfRange {
                field: "IPvX Addr Count",
                value: addresses.len() as u64,
                min: 1,
                max: 255,
            });
        }
        Ok(Self(Source::Typed(addresses)))
    }

    /// The addresses of a packet whose count and length were found to agree.
    pub(crate) const fn from_wire(octets: &'a [u8]) -> Self {
        Self(Source::Wire(octets))
    }

    /// How many addresses there are.
    #[inline]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Typed(addresses) => addresses.len(),
            Source::Wire(octets) => octets.len() / A::OCTETS,
        }
    }

    /// Whether there is none, as in [`NONE`](Self::NONE) alone.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The addresses in wire order.
    #[inline]
    pub fn iter(&self) -> Iter<'a, A> {
        Iter(self.0)
    }

    /// Writes the addresses and returns their sum; `octets` has room for exactly these.
    #[inline]
    pub(crate) fn write(&self, octets: &mut [u8]) -> u64 {
        match self.0 {
            Source::Wire(wire) => {
                octets.copy_from_slice(wire);
                sum_words(wire)
            }
            Source::Typed(addresses) => {
                let chunks = octets.chunks_exact_mut(A::OCTETS);
                chunks.zip(addresses).map(|(chunk, address)| address.write(chunk)).sum()
            }
        }
    }
}

impl AddressList<'_, Ipv6Addr> {
    /// Whether the first address is link-local, as RFC 9568 section 5.2.9 demands.
    pub fn starts_link_local(&self) -> bool {
        self.iter().next().is_some_and(|first| first.is_unicast_link_local())
    }
}

impl<A: Addressing> PartialEq for AddressList<'_, A> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<A: Addressing> Eq for AddressList<'_, A> {}

impl<A: Addressing> fmt::Debug for AddressList<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, A: Addressing> IntoIterator for AddressList<'a, A> {
    type Item = A;
    type IntoIter = Iter<'a, A>;

    fn into_iter(self) -> Iter<'a, A> {
        self.iter()
    }
}

/// The addresses of an [`AddressList`], in wire order.
#[derive(Clone)]
pub struct Iter<'a, A>(Source<'a, A>);

impl<A: Addressing> Iterator for Iter<'_, A> {
    type Item = A;

    #[inline]
    fn next(&mut self) -> Option<A> {
        match &mut self.0 {
            Source::Typed(addresses) => {
                let (first, rest) = addresses.split_first()?;
                *addresses = rest;
                Some(*first)
            }
            Source::Wire(octets) => {
                let (first, rest) = octets.split_at_checked(A::OCTETS)?;
                *octets = rest;
                Some(A::read(first))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = AddressList(self.0).len();
        (len, Some(len))
    }
}

impl<A: Addressing> ExactSizeIterator for Iter<'_, A> {}

impl<A: Addressing> fmt::Debug for Iter<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// The virtual addresses of an advertisement, of either family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "VRRP has the two address families")]
pub enum Addresses<'a> {
    /// IPv4.
    V4(AddressList<'a, Ipv4Addr>),
    /// IPv6.
    V6(AddressList<'a, Ipv6Addr>),
}

impl<'a> Addresses<'a> {
    /// How many addresses there are.
    pub const fn len(&self) -> usize {
        match self {
            Self::V4(list) => list.len(),
            Self::V6(list) => list.len(),
        }
    }

    /// Never: a list has at least one address.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The addresses in wire order.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + use<'a> {
        let (v4, v6) = match self {
            Self::V4(list) => (Some(list.iter()), None),
            Self::V6(list) => (None, Some(list.iter())),
        };
        v4.into_iter().flatten().map(IpAddr::V4).chain(v6.into_iter().flatten().map(IpAddr::V6))
    }
}
