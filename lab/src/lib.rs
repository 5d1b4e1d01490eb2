//! A test bed for virtual routers, for us and for the tests of those who embed them.
//!
//! - [`sim`]: a LAN in virtual time that carries real encoded packets between real state machines.
//!   One seed is one run.
//! - [`namespaces`]: a LAN of network namespaces with a bridge, hosts, a client and packet capture. Needs root, or a
//!   user namespace.
//! - [`forge`]: packets that nobody honest would send.
//! - [`node`]: one of our routers as a process that can be killed.
//! - [`peers`]: keepalived and FRR as processes.
//! - [`vm`]: a virtual machine with Debian's kernel, for what this one does not have.
//!
//! Nothing here is published; everything that talks goes through namespaces that this crate made.

mod folder;
pub mod forge;
mod frame;
pub mod namespaces;
pub mod node;
pub mod peers;
pub mod sim;
pub mod vm;

pub use folder::Folder;
pub use frame::{Frame, write_pcap};
