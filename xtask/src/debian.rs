//! What is installed from Debian.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::geteuid;

use crate::run::{Outcome, command, top};

/// A program and the package that has it.
pub(crate) type Need = (&'static str, &'static str);

/// Peers and readers of the lab.
pub(crate) const LAB: [Need; 16] = [
    ("/usr/sbin/keepalived", "keepalived"),
    ("/usr/lib/frr/vrrpd", "frr"),
    ("/usr/bin/tshark", "tshark"),
    ("/sbin/ip", "iproute2"),
    ("/bin/ping", "iputils-ping"),
    ("/usr/bin/setpriv", "util-linux"),
    ("/usr/bin/perl", "perl-base"),
    ("/usr/bin/pgrep", "procps"),
    ("/usr/bin/faketime", "faketime"),
    ("/usr/sbin/nft", "nftables"),
    ("/usr/bin/qemu-system-x86_64", "qemu-system-x86"),
    ("/bin/busybox", "busybox-static"),
    ("/usr/bin/strip", "binutils"),
    ("/sbin/ipvsadm", "ipvsadm"),
    ("/usr/sbin/nginx", "nginx-light"),
    ("/usr/bin/redis-server", "redis-server"),
];
/// libFuzzer is C++.
pub(crate) const COMPILER: [Need; 1] = [("/usr/bin/c++", "g++")];

pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// The packages whose programs are missing.
pub(crate) fn missing(needs: &[Need]) -> Vec<&'static str> {
    let is_missing = |need: &&Need| !Path::new(need.0).exists();
    needs.iter().filter(is_missing).map(|(_, package)| *package).collect()
}

/// Installs what is missing, without starting any of its services.
pub(crate) fn install(needs: &[Need]) -> Outcome {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() {
        return Err(format!("as root, run: apt-get install {}", missing.join(" ")));
    }
    let _guard = NoServices::new().map_err(|error| format!("policy-rc.d: {error}"))?;
    let quiet = [("DEBIAN_FRONTEND", "noninteractive")];
    command(&quiet, &["apt-get", "update", "-qq"])?;
    let install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends"];
    command(&quiet, &[&install[..], &missing].concat())?;
    // Debian enables services for the next boot; where there is no systemd there is nothing to undo.
    let services: Vec<&str> =
        ["keepalived", "frr"].into_iter().filter(|name| missing.contains(name)).collect();
    if !services.is_empty() && Path::new("/run/systemd/system").exists() {
        command(&[], &[&["systemctl", "disable"][..], &services].concat())?;
    }
    Ok(())
}

/// Unpacks the kernel for the lab's virtual machines into `target/kernel`. It is not installed: that would make it
/// the kernel of the next boot.
pub(crate) fn fetch_kernel() -> Outcome {
    const META: &str = "linux-image-cloud-amd64";
    let folder = top().join("target/kernel");
    if folder.join("boot").exists() {
        return Ok(());
    }
    let failed = |error: std::io::Error| format!("fetch the kernel: {error}");
    fs::create_dir_all(&folder).map_err(failed)?;
    let name = match depends(META).map_err(failed)? {
        Some(name) => name,
        None => {
            command(&[], &["apt-get", "update", "-qq"])?;
            let name = depends(META).map_err(failed)?;
            name.ok_or_else(|| format!("Debian has no kernel for {META}"))?
        }
    };
    let script =
        "cd target/kernel && apt-get download -qq \"$0\" && dpkg-deb -x ./*.deb . && rm ./*.deb";
    command(&[], &["sh", "-c", script, &name])
}

/// The kernel that a meta-package stands for.
fn depends(package: &str) -> std::io::Result<Option<String>> {
    let output = Command::new("apt-cache").args(["depends", package]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = text.split_whitespace();
    Ok(words.find(|word| word.starts_with("linux-image-") && *word != package).map(str::to_owned))
}

/// While it lives, Debian's maintainer scripts start nothing: a keepalived or zebra of the system has
/// no business on this machine.
struct NoServices {
    is_ours: bool,
}

impl NoServices {
    const POLICY: &str = "/usr/sbin/policy-rc.d";
    /// 101: action forbidden by policy. The comment tells a file that an interrupted run left behind.
    const SCRIPT: &str = "#!/bin/sh\n# cargo xtask: start nothing\nexit 101\n";

    fn new() -> std::io::Result<Self> {
        let is_ours = match fs::read_to_string(Self::POLICY) {
            Ok(script) => script == Self::SCRIPT,
            Err(_) => true,
        };
        if is_ours {
            fs::write(Self::POLICY, Self::SCRIPT)?;
            fs::set_permissions(Self::POLICY, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { is_ours })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.is_ours {
            // The next run recognises it and removes it.
            let _ = fs::remove_file(Self::POLICY);
        }
    }
}
