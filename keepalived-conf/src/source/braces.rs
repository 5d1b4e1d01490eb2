//! `{a,b}` in the patterns of `include`.

/// More alternatives than anybody writes.
const MOST: usize = 1024;
const LONGEST: usize = 4096;

/// Every pattern that the braces stand for, in order.
pub(super) fn alternatives(pattern: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut todo = vec![pattern.to_owned()];
    while let Some(pattern) = todo.pop() {
        match innermost(&pattern) {
            Some((start, end)) if todo.len() + done.len() < MOST && pattern.len() < LONGEST => {
                let choices = pattern[start + 1..end].split(',').take(MOST);
                let (before, after) = (&pattern[..start], &pattern[end + 1..]);
                let expanded: Vec<_> =
                    choices.map(|choice| format!("{before}{choice}{after}")).collect();
                todo.extend(expanded.into_iter().rev());
            }
            _ => done.push(pattern),
        }
    }
    done
}

fn innermost(pattern: &str) -> Option<(usize, usize)> {
    let end = pattern.find('}')?;
    let start = pattern[..end].rfind('{')?;
    Some((start, end))
}
