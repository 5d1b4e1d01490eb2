//! Comments: from `#` or `!` to the end of the line, unless in double quotes or after a backslash.

use super::line::Line;

/// The line without its comment. `\#` and `\!` stay as they are until [`unescaped`].
pub(super) fn without_comment(line: Line) -> Line {
    if !line.text.contains(['#', '!']) {
        return line;
    }
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, octet) in line.text.bytes().enumerate() {
        match octet {
            _ if is_escaped => is_escaped = false,
            b'"' => is_quoted = !is_quoted,
            b'\\' if !is_quoted => {
                is_escaped = matches!(line.text.as_bytes().get(at + 1), Some(b'#' | b'!'));
            }
            b'#' | b'!' if !is_quoted => return line.slice(0..at),
            _ => {}
        }
    }
    line
}

/// The line with `\#` and `\!` made literal.
pub(super) fn unescaped(line: Line) -> Line {
    if !(line.text.contains("\\#") || line.text.contains("\\!")) {
        return line;
    }
    let mut is_quoted = false;
    let octets = line.text.as_bytes();
    let is_dropped = |(at, octet): (usize, &u8)| {
        is_quoted ^= *octet == b'"';
        let is_escape = *octet == b'\\' && matches!(octets.get(at + 1), Some(b'#' | b'!'));
        is_escape && !is_quoted
    };
    let dropped: Vec<bool> = octets.iter().enumerate().map(is_dropped).collect();
    line.without(&dropped)
}
