//! The archive that a kernel unpacks as its first file system (`cpio`, "newc"; initramfs-buffer-format in the kernel's
//! documentation).

use std::collections::BTreeMap;

const FOLDER: u32 = 0o040_755;
const FILE: u32 = 0o100_000;

/// Files and folders by their path without the first slash.
#[derive(Debug, Default)]
pub(super) struct Archive(BTreeMap<String, (u32, Vec<u8>)>);

impl Archive {
    /// A folder, with those around it.
    pub(super) fn folder(&mut self, path: &str) {
        let mut whole = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if !whole.is_empty() {
                whole.push('/');
            }
            whole += part;
            self.0.entry(whole.clone()).or_insert((FOLDER, Vec::new()));
        }
    }

    /// A file, with the folders around it.
    pub(super) fn file(&mut self, path: &str, octets: Vec<u8>, mode: u32) {
        let path = path.trim_start_matches('/');
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.folder(folder);
        }
        self.0.insert(path.to_owned(), (FILE | mode, octets));
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path.trim_start_matches('/'))
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        let mut archive = Vec::new();
        for (number, (path, (mode, octets))) in (1..).zip(&self.0) {
            entry(&mut archive, path, number, *mode, octets);
        }
        entry(&mut archive, "TRAILER!!!", 0, 0, &[]);
        archive
    }
}

fn entry(archive: &mut Vec<u8>, path: &str, number: usize, mode: u32, octets: &[u8]) {
    let links = 1;
    let (size, name) = (octets.len(), path.len() + 1);
    let mode = mode as usize;
    let fields = [number, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name, 0];
    archive.extend(b"070701");
    for field in fields {
        archive.extend(format!("{field:08x}").into_bytes());
    }
    archive.extend(path.as_bytes());
    archive.push(0);
    pad(archive);
    archive.extend(octets);
    pad(archive);
}

/// Everything begins at a multiple of four.
fn pad(archive: &mut Vec<u8>) {
    archive.resize(archive.len().next_multiple_of(4), 0);
}
