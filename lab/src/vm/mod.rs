//! A small virtual machine with Debian's kernel, for what the kernel of the test machine does not have.
//!
//! It has busybox, the programs and modules that a test names, and no network but what the test makes
//! inside. It boots in a few seconds, runs a script, and is gone.

mod archive;
mod kernel;

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::folder::Folder;
use archive::Archive;
use kernel::Kernel;

/// KVM is offered on some test machines and hangs: the accelerator is named.
const QEMU: [&str; 9] =
    ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024"];
const BUSYBOX: &str = "/bin/busybox";
const BEGIN: &str = "LAB-BEGIN";
const STATUS: &str = "LAB-STATUS";

const INIT: &str = "#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc; /bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev; /bin/busybox mount -t tmpfs tmp /tmp; /bin/busybox mount -t tmpfs run /run
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
echo 1 > /proc/sys/kernel/printk
for module in $(cat /modules/order); do insmod /modules/$module || echo \"insmod $module failed\"; done
ip link set lo up
echo LAB-BEGIN
sh /script
echo LAB-STATUS $?
poweroff -f
";

/// A machine that is put together and then run.
#[derive(Debug)]
pub struct Machine {
    kernel: Kernel,
    archive: Archive,
    modules: Vec<String>,
    later: Vec<String>,
    programs: Vec<String>,
}

/// What a machine did.
#[derive(Debug)]
pub struct Ran {
    /// What the script printed.
    pub output: String,
    /// With which status it ended; `None` when it did not.
    pub status: Option<i32>,
}

impl Machine {
    /// A machine with busybox.
    ///
    /// # Errors
    /// When the kernel, qemu or busybox is not there; `cargo xtask test` fetches them.
    pub fn new() -> io::Result<Self> {
        let kernel = Kernel::find()?;
        let mut archive = Archive::default();
        for folder in ["dev", "proc", "sys", "tmp", "run", "root", "usr/bin", "usr/sbin", "sbin"] {
            archive.folder(folder);
        }
        archive.file("bin/busybox", fs::read(BUSYBOX)?, 0o755);
        archive.file("init", INIT.into(), 0o755);
        Ok(Self { kernel, archive, modules: Vec::new(), later: Vec::new(), programs: Vec::new() })
    }

    /// Adds a program with the libraries that it needs, under the name of its file in `/usr/sbin`.
    ///
    /// # Errors
    /// When it is not there.
    pub fn program(self, path: impl AsRef<Path>) -> io::Result<Self> {
        let name = path.as_ref().file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.program_as(path, &name)
    }

    /// The same under another name.
    ///
    /// # Errors
    /// When it is not there.
    pub fn program_as(mut self, path: impl AsRef<Path>, name: &str) -> io::Result<Self> {
        let (path, name) = (path.as_ref(), name.to_owned());
        // Without what is for debuggers: ten times smaller.
        let folder = Folder::new()?;
        let stripped = folder.file(&name);
        let strip = Command::new("strip").arg("-o").arg(&stripped).arg(path).status()?;
        if !strip.success() {
            return Err(io::Error::other(format!("strip {}: {strip}", path.display())));
        }
        self.archive.file(&format!("usr/sbin/{name}"), fs::read(&stripped)?, 0o755);
        self.programs.push(name);
        let libraries = Command::new("ldd").arg(path).output()?.stdout;
        for word in String::from_utf8_lossy(&libraries).split_whitespace() {
            if word.starts_with('/') && !self.archive.has(word) {
                self.archive.file(word, fs::read(word)?, 0o755);
            }
        }
        Ok(self)
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.archive.file(path, text.into(), 0o644);
        self
    }

    /// Loads these modules of the kernel, and those that they need, before the script runs.
    ///
    /// # Errors
    /// When the kernel has none of that name.
    pub fn modules(mut self, names: &[&str]) -> io::Result<Self> {
        for name in names {
            self.kernel.order(name, &mut self.modules)?;
        }
        Ok(self)
    }

    /// Has these modules of the kernel at hand, and those that they need. The kernel loads one when it asks for it by
    /// its name or an alias, once the script has made `/sbin/load` its `/sbin/modprobe`.
    ///
    /// # Errors
    /// When the kernel has none of that name.
    pub fn modules_for_later(mut self, names: &[&str]) -> io::Result<Self> {
        for name in names {
            self.kernel.order(name, &mut self.later)?;
        }
        Ok(self)
    }

    /// What the kernel runs for a module: its last argument is the name.
    fn loader(&self) -> io::Result<String> {
        let mut script =
            String::from("#!/bin/busybox sh\nPATH=/bin\nfor name; do :; done\ncase $name in\n");
        for name in &self.later {
            let mut order = Vec::new();
            self.kernel.order(name, &mut order)?;
            let names = [&[name.clone()][..], &self.kernel.aliases(name)?].concat().join("|");
            script += &format!("{names}) modules='{}';;\n", order.join(" "));
        }
        script += "*) exit 1;;\nesac\n\
                   for module in $modules; do\n\
                   [ -e /sys/module/$module ] || insmod /modules/$module.ko || exit 1\n\
                   done\n";
        Ok(script)
    }

    /// Boots, runs the script with `sh`, and waits until the machine is off.
    ///
    /// # Errors
    /// When it cannot be started or does not end in time, with what it printed.
    pub fn run(mut self, script: &str, limit: Duration) -> io::Result<Ran> {
        // The shell takes its own programs before others of their names.
        let own = |name: &String| format!("{name}() {{ /usr/sbin/{name} \"$@\"; }}\n");
        let later = self.later.iter().filter(|name| !self.modules.contains(name));
        self.archive.file("sbin/load", self.loader()?.into(), 0o755);
        let script = self.programs.iter().map(own).collect::<String>() + script;
        self.archive.file("script", script.into(), 0o644);
        for name in self.modules.iter().chain(later) {
            self.archive.file(&format!("modules/{name}.ko"), self.kernel.module(name)?, 0o644);
        }
        let order: Vec<String> = self.modules.iter().map(|name| format!("{name}.ko")).collect();
        self.archive.file("modules/order", order.join("\n").into(), 0o644);
        let folder = Folder::new()?;
        let (initramfs, console) = (folder.file("initramfs"), folder.file("console"));
        fs::write(&initramfs, self.archive.octets())?;
        let output = fs::File::create(&console)?;
        let mut machine = Command::new(QEMU[0])
            .args(&QEMU[1..])
            .arg("-kernel")
            .arg(self.kernel.image())
            .args(["-initrd", &initramfs, "-append", "console=ttyS0 panic=-1 quiet"])
            .args(["-nographic", "-no-reboot", "-net", "none"])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let end = Instant::now() + limit;
        while machine.try_wait()?.is_none() {
            if Instant::now() > end {
                machine.kill()?;
                machine.wait()?;
                let text = fs::read_to_string(&console).unwrap_or_default();
                return Err(io::Error::other(format!("the machine did not end:\n{text}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let text = String::from_utf8_lossy(&fs::read(&console)?).replace('\r', "");
        let script = text.split_once(BEGIN).map_or(text.as_str(), |(_, script)| script);
        let (output, status) = script.split_once(STATUS).unwrap_or((script, ""));
        let status = status.split_whitespace().next().and_then(|status| status.parse().ok());
        Ok(Ran { output: output.to_owned(), status })
    }
}
