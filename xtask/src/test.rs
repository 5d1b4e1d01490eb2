//! `cargo xtask test`.

use crate::debian;
use crate::run::{self, Outcome, cargo};

pub(crate) fn run(is_portable: bool) -> Outcome {
    if is_portable {
        return portable();
    }
    if !debian::is_root() {
        let packages: Vec<&str> = debian::LAB.iter().map(|(_, package)| *package).collect();
        return Err(format!(
            "the tests make network namespaces and start real peers, so they need root and the Debian \
             packages {}; `cargo xtask test --portable` runs what needs neither",
            packages.join(", ")
        ));
    }
    debian::install(&debian::LAB)?;
    debian::fetch_kernel()?;
    // Most of them wait for peers most of the time.
    run::with_environment(&[("RUST_TEST_THREADS", "4")], &["test", "--workspace"])
}

fn portable() -> Outcome {
    let elsewhere = ["lab", "examples", "director", "fuzz"].map(|name| ["--exclude", name]);
    cargo(&[&["test", "--workspace"][..], elsewhere.as_flattened()].concat())?;
    cargo(&["test", "--package", "fuzz", "--", "--skip", "control"])?;
    cargo(&["test", "--package", "director", "--lib"])?;
    cargo(&["test", "--package", "lab", "--lib", "--test", "sim"])?;
    cargo(&["test", "--package", "examples", "--bins", "--test", "programs"])?;
    println!(
        "\nleft out, because --portable was given: all of lab/tests but sim, that is our routers on real \
         sockets, interoperation with keepalived and FRR, netlink, and the flood; and of examples/tests \
         failover on real sockets, ipvs in a virtual machine, database-proxy with Redis and the memory of vip beside keepalived's; and all of director/tests; and what \
         fuzzes director's control socket"
    );
    Ok(())
}
