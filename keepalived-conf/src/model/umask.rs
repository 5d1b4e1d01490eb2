//! `umask`.

use crate::diagnostic::Diagnostics;
use crate::tree::Section;

/// A number in octal, decimal or hexadecimal, or names of mode bits with `|` between them.
pub(super) fn umask(section: &Section, diagnostics: &mut Diagnostics) -> Option<u32> {
    const BITS: [(&str, u32); 9] = [
        ("IRUSR", 0o400),
        ("IWUSR", 0o200),
        ("IXUSR", 0o100),
        ("IRGRP", 0o040),
        ("IWGRP", 0o020),
        ("IXGRP", 0o010),
        ("IROTH", 0o004),
        ("IWOTH", 0o002),
        ("IXOTH", 0o001),
    ];
    let entry = section.get("umask")?;
    let word = entry.values()?.at(0)?.text()?;
    let number = match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if word.starts_with('0') => u32::from_str_radix(word, 8).ok(),
        None => word.parse().ok(),
    };
    let bit = |name: &str| BITS.iter().find(|(bit, _)| *bit == name).map(|(_, value)| value);
    let named = || word.split('|').map(bit).try_fold(0, |mask, bit| Some(mask | bit?));
    let mask = number.filter(|mask| *mask <= 0o777).or_else(named);
    if mask.is_none() {
        let help = "allowed are 0 to 0777, or names like IWGRP|IWOTH";
        diagnostics.error(entry.span, format!("umask is {word}"), help);
    }
    mask
}
