//! Lines that no test can run, each with why.

use std::collections::BTreeSet;
use std::fs;

use crate::run::top;

/// Where they are written down.
pub(super) const LIST: &str = "docs/uncovered.md";

/// File and text of each.
pub(super) fn read() -> Result<BTreeSet<(String, String)>, String> {
    let text = fs::read_to_string(top().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    parse(&text)
}

/// A file is `## PATH`, and a line of it `` - `TEXT`: WHY ``.
fn parse(text: &str) -> Result<BTreeSet<(String, String)>, String> {
    let mut file = None;
    let mut lines = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(path) = line.strip_prefix("## ") {
            file = Some(path.trim().to_owned());
        } else if let Some(entry) = line.strip_prefix("- `") {
            let explained = entry.split_once("`: ").filter(|(_, why)| !why.trim().is_empty());
            let (Some((text, _)), Some(file)) = (explained, &file) else {
                return Err(format!("{LIST}:{number}: not ## FILE and - `TEXT`: WHY"));
            };
            lines.insert((file.clone(), text.to_owned()));
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
            "# Title\nwords\n## a.rs\n- `x => {}`: never\n- `return;`: so\n## b.rs\n- `y`: z\n";
        let lines = parse(text).unwrap();
        assert_eq!(lines.len(), 3);
        assert!(lines.contains(&("a.rs".to_owned(), "x => {}".to_owned())));
        for wrong in ["- `x`: no file\n", "## a.rs\n- `x`\n", "## a.rs\n- `x`: \n"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
