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

    const BODIES: [(&str, Body); 11] = [
        ("configuration", super::configuration),
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

    fn inputs(of: &str, name: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(of).join(name);
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let inputs: Vec<_> = entries.map(|path| std::fs::read(path).unwrap()).collect();
        assert!(!inputs.is_empty(), "{name} has no {of}");
        inputs
    }

    /// The bodies run over their seeds, and over damaged ones, with every `cargo test`; and over what fuzzing has found to
    /// reach code that nothing else does.
    #[test]
    fn bodies() {
        for (name, body) in BODIES {
            run(name, body);
        }
    }

    /// As root: a daemon runs.
    #[test]
    fn control() {
        run("control", super::control);
    }

    fn run(name: &str, body: Body) {
        for seed in inputs("seeds", name) {
            body(&seed);
            for at in 0..seed.len() {
                let mut damaged = seed.clone();
                damaged[at] ^= 0x55;
                body(&damaged);
                body(&seed[..at]);
            }
        }
        inputs("corpus", name).iter().for_each(|input| body(input));
    }
}
