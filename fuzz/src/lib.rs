//! The bodies of the fuzz targets. Each takes any octets and panics when something is wrong.

mod advertisement;
mod answers;
mod bfd;
mod configuration;
mod control;
mod datagram;
mod ipvs;
mod ipvs_text;
mod lan;
mod netlink;
mod plan;
mod router;

pub use advertisement::advertisement;
pub use answers::answers;
pub use bfd::bfd;
pub use configuration::configuration;
pub use control::control;
pub use datagram::datagram;
pub use ipvs::ipvs;
pub use ipvs_text::ipvs_text;
pub use lan::lan;
pub use netlink::netlink;
pub use plan::plan;
pub use router::router;

#[cfg(test)]
mod tests {
    use std::path::Path;

    type Body = fn(&[u8]);

    /// The bodies run over their seeds, and over damaged ones, with every `cargo test`.
    #[test]
    fn seeds() {
        let bodies: [(&str, Body); 12] = [
            ("configuration", super::configuration),
            ("control", super::control),
            ("plan", super::plan),
            ("datagram", super::datagram),
            ("advertisement", super::advertisement),
            ("router", super::router),
            ("netlink", super::netlink),
            ("bfd", super::bfd),
            ("answers", super::answers),
            ("lan", super::lan),
            ("ipvs", super::ipvs),
            ("ipvs_text", super::ipvs_text),
        ];
        for (name, body) in bodies {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
            let mut seeds = 0;
            for entry in std::fs::read_dir(folder).unwrap() {
                let seed = std::fs::read(entry.unwrap().path()).unwrap();
                body(&seed);
                for at in 0..seed.len() {
                    let mut damaged = seed.clone();
                    damaged[at] ^= 0x55;
                    body(&damaged);
                    body(&seed[..at]);
                }
                seeds += 1;
            }
            assert!(seeds > 0, "{name} has no seeds");
        }
    }
}
