//! Comments: from `#` or `!` to the end of the line, unless in double quotes or after a backslash.

use super::line::Line;

/// The line without its comment, and with `\#` and `\!` made literal.
pub(super) fn without_comment(line: Line) -> Line {
    if !line.text.contains(['#', '!']) {
        return line;
    }
    let mut line = line;
    let mut is_quoted = false;
    let mut at = 0;
    while let Some(octet) = line.text.as_bytes().get(at) {
        match octet {
            b'"' => is_quoted = !is_quoted,
            b'\\'
                if !is_quoted && matches!(line.text.as_bytes().get(at + 1), Some(b'#' | b'!')) =>
            {
                let literal = line.text[at + 1..at + 2].to_owned();
                line = line.replaced(at..at + 2, &literal);
            }
            b'#' | b'!' if !is_quoted => return line.slice(0..at),
            _ => {}
        }
        at += 1;
    }
    line
}
