//! `~SEQ(var, 1, 10) text` and `~LST(var, a, b) text`: the text once for every value.

/// What a line that begins with `~` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Generator<'a> {
    pub(super) names: Vec<String>,
    /// One value per name, for every repetition.
    pub(super) rounds: Vec<Vec<String>>,
    /// What is repeated.
    pub(super) text: &'a str,
}

/// `None` when the line is no generator; the error says what is wrong with one.
pub(super) fn generator(line: &str, most: usize) -> Option<Result<Generator<'_>, String>> {
    let after = line.strip_prefix('~')?;
    let (is_hex, is_list, after) = match after {
        text if text.starts_with("SEQx(") => (true, false, &text[5..]),
        text if text.starts_with("SEQ(") => (false, false, &text[4..]),
        text if text.starts_with("LST(") => (false, true, &text[4..]),
        _ => return None,
    };
    let Some((inner, text)) = after.split_once(')') else {
        return Some(Err("the closing parenthesis is missing".into()));
    };
    let text = text.trim_ascii_start();
    let generator = if is_list { list(inner) } else { sequence(inner, is_hex, most) };
    Some(generator.map(|(names, rounds)| Generator { names, rounds, text }))
}

type Rounds = (Vec<String>, Vec<Vec<String>>);

fn sequence(inner: &str, is_hex: bool, most: usize) -> Result<Rounds, String> {
    let mut parts = inner.split(',').map(str::trim_ascii);
    let name = parts.next().unwrap_or_default();
    if name.is_empty() {
        return Err("the name of the variable is missing".into());
    }
    let numbers = parts.map(number).collect::<Result<Vec<i64>, String>>()?;
    let (start, step, end) = match numbers[..] {
        [end] => (if end < 0 { -1 } else { 1 }, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return Err("it needs one to three numbers: [start, [step,]] end".into()),
    };
    let step = step.unwrap_or(if end < start { -1 } else { 1 });
    if step == 0 || (end > start) != (step > 0) && end != start {
        return Err(format!("step {step} never leads from {start} to {end}"));
    }
    let count = i128::from(end).abs_diff(i128::from(start)) / i128::from(step).unsigned_abs() + 1;
    if count > most as u128 {
        return Err(format!("it makes {count} lines, allowed are {most}"));
    }
    let mut rounds = Vec::new();
    let mut value = i128::from(start);
    for _ in 0..count {
        let text = match (is_hex, value < 0) {
            (false, _) => value.to_string(),
            (true, false) => format!("{value:x}"),
            (true, true) => format!("-{:x}", value.unsigned_abs()),
        };
        rounds.push(vec![text]);
        value += i128::from(step);
    }
    Ok((vec![name.to_owned()], rounds))
}

fn number(text: &str) -> Result<i64, String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let parsed = match digits.strip_prefix("0x") {
        _ if digits.starts_with(['-', '+']) => None,
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => digits.parse::<i64>().ok(),
    };
    parsed.map(|value| sign * value).ok_or_else(|| format!("{text:?} is not a number"))
}

fn list(inner: &str) -> Result<Rounds, String> {
    let parts = items(inner)?;
    let mut parts = parts.into_iter();
    let names = parts.next().filter(|names| names.iter().all(|name| !name.is_empty()));
    let names = names.ok_or("the name of the variable is missing")?;
    let rounds = parts
        .map(|mut values| {
            values.resize(names.len(), String::new());
            values
        })
        .collect();
    Ok((names, rounds))
}

/// Splits at commas; `{a, b}` is one item of several values.
fn items(inner: &str) -> Result<Vec<Vec<String>>, String> {
    let mut items = Vec::new();
    let mut rest = inner;
    loop {
        rest = rest.trim_ascii_start();
        let after = match rest.strip_prefix('{') {
            Some(group) => {
                let (values, after) =
                    group.split_once('}').ok_or("the closing brace is missing")?;
                items.push(values.split(',').map(|value| value.trim_ascii().to_owned()).collect());
                after.trim_ascii_start()
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                items.push(vec![rest[..end].trim_ascii().to_owned()]);
                &rest[end..]
            }
        };
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None if after.is_empty() => return Ok(items),
            None => return Err(format!("{after:?} follows a closing brace")),
        }
    }
}
