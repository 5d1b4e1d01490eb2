//! Names of iproute2: routing tables, protocols, realms and groups of interfaces.

use std::fs;
use std::path::PathBuf;

use keepalived_conf::model::Global;

/// Where they are looked up.
#[derive(Clone, Debug)]
pub(super) struct Names {
    folders: Vec<PathBuf>,
}

impl Names {
    pub(super) fn new(global: &Global) -> Self {
        let usual = ["/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2"];
        let own = [&global.iproute_etc_dir, &global.iproute_usr_dir];
        let own = own.into_iter().flatten().map(PathBuf::from);
        Self { folders: own.chain(usual.map(PathBuf::from)).collect() }
    }

    /// The number of a routing table: itself, a name that every system has, or one of `rt_tables`.
    pub(super) fn table(&self, word: &str) -> Option<u32> {
        match word {
            "main" => Some(254),
            "local" => Some(255),
            "default" => Some(253),
            word => number(word).or_else(|| self.looked_up("rt_tables", word)),
        }
    }

    /// The number of a group of interfaces.
    pub(super) fn group(&self, word: &str) -> Option<u32> {
        match word {
            "default" => Some(0),
            word => number(word).or_else(|| self.looked_up("group", word)),
        }
    }

    /// The number of a realm.
    pub(super) fn realm(&self, word: &str) -> Option<u32> {
        number(word)
            .or_else(|| self.looked_up("rt_realms", word))
            .filter(|realm| *realm <= u16::MAX.into())
    }

    /// The number of a routing protocol.
    pub(super) fn protocol(&self, word: &str) -> Option<u8> {
        let found = match word {
            "redirect" => Some(1),
            "kernel" => Some(2),
            "boot" => Some(3),
            "static" => Some(4),
            "ra" => Some(9),
            "keepalived" => Some(18),
            word => number(word).or_else(|| self.looked_up("rt_protos", word)),
        };
        found.and_then(|number| number.try_into().ok())
    }

    fn looked_up(&self, name: &str, word: &str) -> Option<u32> {
        self.folders.iter().find_map(|folder| {
            let text = fs::read_to_string(folder.join(name)).ok()?;
            text.lines().find_map(|line| {
                let mut words = line.split('#').next()?.split_ascii_whitespace();
                let (value, found) = (words.next()?, words.next()?);
                (found == word).then(|| number(value)).flatten()
            })
        })
    }
}

fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}
