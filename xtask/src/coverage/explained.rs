//! Lines that no test can run, each with why.

use std::collections::BTreeMap;
use std::fs;

use crate::run::top;

/// Where they are written down.
pub(super) const LIST: &str = "docs/uncovered.md";

/// File and text of a line, and how many there are of it.
pub(super) type Lines = BTreeMap<(String, String), usize>;

pub(super) fn read() -> Result<Lines, String> {
    let text = fs::read_to_string(top().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    parse(&text)
}

/// A file is `## PATH`, and a line of it `` - `TEXT`: WHY ``, as often as it is there.
fn parse(text: &str) -> Result<Lines, String> {
    let mut file = None;
    let mut lines = Lines::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(path) = line.strip_prefix("## ") {
            file = Some(path.trim().to_owned());
        } else if let Some(entry) = line.strip_prefix("- `") {
            let explained = entry.split_once("`: ").filter(|(_, why)| !why.trim().is_empty());
            let (Some((text, _)), Some(file)) = (explained, &file) else {
                return Err(format!("{LIST}:{number}: not ## FILE and - `TEXT`: WHY"));
            };
            *lines.entry((file.clone(), text.to_owned())).or_default() += 1;
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lines_are_explained() {
        let text =
            "# Title\n## a.rs\n- `x => {}`: never\n- `}`: so\n- `}`: so\n## b.rs\n- `}`: z\n";
        let lines = parse(text).unwrap();
        let count =
            |file: &str, line: &str| lines.get(&(file.to_owned(), line.to_owned())).copied();
        assert_eq!(count("a.rs", "x => {}"), Some(1));
        assert_eq!((count("a.rs", "}"), count("b.rs", "}")), (Some(2), Some(1)));
        for wrong in ["- `x`: no file\n", "## a.rs\n- `x`\n", "## a.rs\n- `x`: \n"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
