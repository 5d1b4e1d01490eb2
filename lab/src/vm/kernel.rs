//! Debian's kernel for clouds, unpacked from its package.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where `cargo xtask test` unpacks it.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/kernel");

/// A kernel and its modules.
#[derive(Debug)]
pub(super) struct Kernel {
    image: PathBuf,
    modules: BTreeMap<String, PathBuf>,
}

impl Kernel {
    pub(super) fn find() -> io::Result<Self> {
        let missing = || {
            let what = "there is no kernel for the virtual machine; `cargo xtask test` fetches it";
            io::Error::new(io::ErrorKind::NotFound, what)
        };
        let boot = fs::read_dir(Path::new(FOLDER).join("boot")).map_err(|_| missing())?;
        let is_image = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz"))
        };
        let image = boot.filter_map(|entry| Some(entry.ok()?.path())).find(is_image);
        let mut modules = BTreeMap::new();
        collect(&Path::new(FOLDER).join("lib/modules"), &mut modules)?;
        Ok(Self { image: image.ok_or_else(missing)?, modules })
    }

    pub(super) fn image(&self) -> &Path {
        &self.image
    }

    pub(super) fn module(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.modules.get(name).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("the kernel has no module {name}"))
        })?;
        fs::read(path)
    }

    /// Appends the module and those that it needs, in the order in which they are to be loaded.
    pub(super) fn order(&self, name: &str, order: &mut Vec<String>) -> io::Result<()> {
        let name = name.replace('-', "_");
        if order.contains(&name) {
            return Ok(());
        }
        for needed in needs(&self.module(&name)?) {
            self.order(&needed, order)?;
        }
        order.push(name);
        Ok(())
    }

    /// By which other names the kernel asks for a module.
    pub(super) fn aliases(&self, name: &str) -> io::Result<Vec<String>> {
        Ok(information(&self.module(name)?, "alias"))
    }
}

/// All modules below a folder, by name.
fn collect(folder: &Path, modules: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, modules)?;
        } else if path.extension().is_some_and(|ending| ending == "ko") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_");
            modules.insert(name, path);
        }
    }
    Ok(())
}

/// What a module says that it needs: `depends=a,b` in its section `.modinfo`.
fn needs(module: &[u8]) -> Vec<String> {
    let all = information(module, "depends").join(",");
    all.split(',').filter(|name| !name.is_empty()).map(|name| name.replace('-', "_")).collect()
}

/// What a module says of itself: texts of the form `key=value`, each with a zero before and behind it.
fn information(module: &[u8], key: &str) -> Vec<String> {
    let key = format!("\0{key}=").into_bytes();
    let begins = module.windows(key.len()).enumerate().filter(|(_, window)| *window == key);
    let texts =
        begins.filter_map(|(at, _)| module[at + key.len()..].split(|octet| *octet == 0).next());
    texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}
