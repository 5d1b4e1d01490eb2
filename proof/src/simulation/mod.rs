//! Many machines, several LANs and everything that happens to them, in virtual time. One seed is one run.

mod clock;
mod forge;
mod medium;
mod plan;
mod shrink;
mod world;

pub use forge::Wrong;
pub use plan::{Change, Plan, SECRET};
pub use shrink::shrink;
pub use world::{Report, run};
