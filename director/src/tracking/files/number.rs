//! The number that a file begins with.

use std::fs::OpenOptions;
use std::io::Read;
use std::path::Path;

use nix::fcntl::OFlag;

use super::regular::{FileError, open};

/// keepalived reads no more, however large the file is.
const OCTETS: u64 = 127;

/// The number in a file; 0 when the file is missing or begins with something else.
pub(super) fn read(path: &Path) -> Result<i32, FileError> {
    let file = match open(path, OFlag::empty(), OpenOptions::new().read(true)) {
        Err(error) if error.is_missing() => return Ok(0),
        opened => opened?,
    };
    let mut octets = Vec::new();
    file.take(OCTETS).read_to_end(&mut octets)?;
    parse(&octets).ok_or(FileError::OutOfRange)
}

/// As C's `strtol` of base 0: blanks, a sign, `0x` or `0` or neither, digits, anything. `None` is what
/// does not fit.
fn parse(octets: &[u8]) -> Option<i32> {
    let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t'..=b'\r');
    let begin = octets.iter().position(|octet| !is_blank(octet)).unwrap_or(octets.len());
    let text = octets.get(begin..).unwrap_or_default();
    let (is_negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (radix, digits): (u32, &[u8]) = match text {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => {
            (16, rest)
        }
        [b'0', ..] => (8, text),
        _ => (10, text),
    };
    let mut value = 0i64;
    for digit in digits.iter().map_while(|octet| char::from(*octet).to_digit(radix)) {
        value = value.checked_mul(i64::from(radix))?.checked_add(i64::from(digit))?;
    }
    i32::try_from(if is_negative { -value } else { value }).ok()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;

    use lab::Folder;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn numbers_are_those_of_strtol() {
        for (text, expected) in [
            ("", Some(0)),
            (" ", Some(0)),
            ("12", Some(12)),
            ("12\n", Some(12)),
            (" \t\r\n\x0b\x0c-12 and more", Some(-12)),
            ("+7x", Some(7)),
            ("- 7", Some(0)),
            ("+-7", Some(0)),
            ("0", Some(0)),
            ("0x10", Some(16)),
            ("-0X1fg", Some(-31)),
            ("0x", Some(0)),
            ("0xg", Some(0)),
            ("010", Some(8)),
            ("089", Some(0)),
            ("078", Some(7)),
            ("text", Some(0)),
            ("1\x002", Some(1)),
            ("\u{feff}1", Some(0)),
            ("٣", Some(0)),
            ("2147483647", Some(i32::MAX)),
            ("-2147483648", Some(i32::MIN)),
            ("2147483648", None),
            ("-2147483649", None),
            ("0x100000000", None),
            ("9223372036854775807", None),
            ("99999999999999999999999999", None),
            ("-99999999999999999999999999", None),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(parse(&[0xff; 127]), Some(0));
    }

    #[test]
    fn only_regular_files_are_read_and_only_their_beginning() {
        let folder = Folder::new().unwrap();
        let path = folder.path().join("number");
        assert_eq!(read(&path).unwrap(), 0);
        assert_eq!(read(&path.join("below")).unwrap(), 0);
        fs::write(&path, "5 and more").unwrap();
        assert_eq!(read(&path).unwrap(), 5);
        assert_eq!(read(&path.join("below")).unwrap(), 0);
        symlink(&path, folder.path().join("link")).unwrap();
        assert_eq!(read(&folder.path().join("link")).unwrap(), 5);
        symlink("circle", folder.path().join("circle")).unwrap();
        assert!(read(&folder.path().join("circle")).is_err());
        // 1 GiB of nothing, with a number at the end of what is read.
        let text = format!("{:>127}9", 42);
        fs::write(&path, text).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
        assert_eq!(read(&path).unwrap(), 42);
        fs::write(&path, [0xffu8, 0x31, 0, 0x32].repeat(1000)).unwrap();
        assert_eq!(read(&path).unwrap(), 0);
        let fifo = folder.path().join("fifo");
        mkfifo(&fifo, Mode::from_bits_truncate(0o600)).unwrap();
        for other in [folder.path().as_os_str(), fifo.as_os_str(), OsStr::new("/dev/zero")] {
            let outcome = read(Path::new(other));
            assert!(matches!(outcome, Err(FileError::NotRegular)), "{other:?}: {outcome:?}");
        }
    }
}
