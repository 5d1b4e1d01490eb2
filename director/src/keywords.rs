//! The table of keywords: what works, what has no effect, and what is not done yet.

use std::fmt::Write;

use keepalived_conf::schema::{Block, Kind, ROOT, Support};

/// One keyword in one block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The blocks around it, outermost first: `vrrp_instance authentication`.
    pub block: String,
    /// The keyword.
    pub keyword: &'static str,
    /// What becomes of it.
    pub support: Support,
    /// What it is for.
    pub about: String,
}

/// All keywords, block by block.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    collect(&ROOT, "", &mut rows);
    rows
}

fn collect(block: &'static Block, path: &str, rows: &mut Vec<Row>) {
    for keyword in block.keywords {
        let about = match keyword.instead {
            Some(instead) => format!("older name of {instead}"),
            None => keyword.about.to_owned(),
        };
        rows.push(Row {
            block: path.to_owned(),
            keyword: keyword.name,
            support: keyword.support,
            about,
        });
    }
    for keyword in block.keywords {
        if let Kind::Block(inner) = keyword.value
            && keyword.instead.is_none()
        {
            let path = format!("{path} {}", inner.name).trim_start().to_owned();
            if rows.iter().all(|row| row.block != path) {
                collect(inner, &path, rows);
            }
        }
    }
}

/// How many rows work, and how many have no effect.
pub fn counts(rows: &[Row]) -> [usize; 2] {
    let count =
        |is_meant: fn(&Support) -> bool| rows.iter().filter(|r| is_meant(&r.support)).count();
    [
        count(|support| matches!(support, Support::Works)),
        count(|support| matches!(support, Support::NoEffect(_))),
    ]
}

/// The table as text for a terminal.
pub fn table() -> String {
    let rows = rows();
    let width = rows.iter().map(|row| row.keyword.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut block = None;
    for row in &rows {
        if block != Some(&row.block) {
            let title = if row.block.is_empty() { "(top level)" } else { &row.block };
            let gap = if block.is_some() { "\n" } else { "" };
            let _ = writeln!(text, "{gap}{title}");
            block = Some(&row.block);
        }
        let (support, why) = words(row.support);
        let about =
            if why.is_empty() { row.about.clone() } else { format!("{} [{why}]", row.about) };
        let name = if row.keyword.is_empty() { "(a line)" } else { row.keyword };
        let _ = writeln!(text, "  {name:<width$}  {support:<9}  {about}");
    }
    let [works, no_effect] = counts(&rows);
    let _ = writeln!(text, "\n{works} work, {no_effect} have no effect");
    text
}

/// The table in Markdown, as it stands in the documentation.
pub fn markdown() -> String {
    let rows = rows();
    let [works, no_effect] = counts(&rows);
    let mut text = format!(
        "# Keywords\n\nWritten by `director keywords --markdown`. {works} work, {no_effect} have no \
         effect.\n"
    );
    let mut block = None;
    for row in &rows {
        if block != Some(&row.block) {
            let title = if row.block.is_empty() { "Top level" } else { &row.block };
            let _ = write!(text, "\n## {title}\n\n| keyword | | what it is for |\n|---|---|---|\n");
            block = Some(&row.block);
        }
        let (support, why) = words(row.support);
        let about = row.about.replace('|', "\\|");
        let about = if why.is_empty() { about } else { format!("{about} ({why})") };
        let name = if row.keyword.is_empty() { "(a line)" } else { row.keyword };
        let _ = writeln!(text, "| `{name}` | {support} | {about} |");
    }
    text
}

fn words(support: Support) -> (&'static str, &'static str) {
    match support {
        Support::Works => ("works", ""),
        Support::NoEffect(why) => ("no effect", why),
    }
}
