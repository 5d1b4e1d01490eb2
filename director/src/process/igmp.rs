//! `disable_local_igmp`: memberships of 224.0.0.x are not told to switches, which never ask for them.

use std::fs;

const FILE: &str = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports";

/// While this lives, the kernel keeps them to itself.
#[derive(Debug)]
#[must_use = "the setting is restored when this is dropped"]
pub struct Silence {
    before: String,
}

impl Silence {
    /// Begins; what cannot be had is logged.
    pub fn begin() -> Option<Self> {
        let begun = fs::read_to_string(FILE).and_then(|before| {
            fs::write(FILE, "0")?;
            Ok(Self { before })
        });
        begun.inspect_err(|error| tracing::warn!(%error, "disable_local_igmp cannot be had")).ok()
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        if let Err(error) = fs::write(FILE, self.before.trim()) {
            tracing::warn!(%error, "igmp_link_local_mcast_reports cannot be restored");
        }
    }
}
