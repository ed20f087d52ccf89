//! Values as text and back, and descriptions as a form prints them.

use serde_json::{Map, Number, Value};

use super::schema::{Part, Shape, key};
use crate::view::form::Refusal;

/// What stands for an empty list where an empty text stands for no list at all.
const NOTHING: &str = "none";

/// A value as a person reads and types it; empty for what is absent.
pub(super) fn written(part: Part<'_>, value: &Value) -> String {
    match (part.shape(), value) {
        (_, Value::Null) => String::new(),
        (Shape::Line(_), Value::Array(items)) if items.is_empty() && part.is_optional => NOTHING.to_owned(),
        (_, Value::Array(items)) => items.iter().map(entry).collect::<Vec<_>>().join(", "),
        (Shape::Headers, Value::Object(headers)) => {
            let line = |(name, value): (&String, &Value)| format!("{name}: {}", key(value));
            headers.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        (_, value) => entry(value),
    }
}

/// A number without a point that says nothing, a text as it is.
fn entry(value: &Value) -> String {
    match value {
        Value::Number(n) if n.is_f64() => n.as_f64().map_or_else(|| n.to_string(), |n| n.to_string()),
        other => key(other),
    }
}

/// What a text means where this part stands. What it cannot mean stays a text, which the reader of scenarios refuses
/// with what it expects.
///
/// # Errors
/// If a line of headers is none.
pub(super) fn read(part: Part<'_>, text: &str) -> Result<Value, Refusal> {
    let trimmed = text.trim();
    Ok(match part.shape() {
        Shape::Whole => number(trimmed),
        Shape::Number => match number(trimmed) {
            Value::Number(n) => n.as_f64().map_or(Value::Number(n), Value::from),
            other => other,
        },
        Shape::Duration => trimmed.into(),
        Shape::Switch => match trimmed {
            "true" => true.into(),
            "false" => false.into(),
            other => other.into(),
        },
        Shape::Choice(names) => {
            let named = names.iter().find(|name| name.key == text).and_then(|name| name.constant);
            named.cloned().unwrap_or_else(|| text.into())
        }
        Shape::Line(_) if trimmed == NOTHING => Value::Array(Vec::new()),
        Shape::Line(items) => {
            let numbers = items.takes_numbers();
            let parted = |c: char| c == ',' || (numbers && c.is_whitespace());
            let entries = trimmed.split(parted).map(str::trim).filter(|entry| !entry.is_empty());
            entries.map(|entry| if numbers { number(entry) } else { entry.into() }).collect()
        }
        Shape::Headers => {
            let mut headers = Map::new();
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                let (name, value) = line.split_once(':').ok_or_else(|| {
                    let line: String = line.chars().take(60).collect();
                    Refusal(format!(
                        "headers {line:?} is not accepted; expected a name, a colon and a value."
                    ))
                })?;
                headers.insert(name.trim().to_owned(), value.trim().into());
            }
            Value::Object(headers)
        }
        _ => text.into(),
    })
}

fn number(text: &str) -> Value {
    serde_json::from_str::<Number>(text).map_or_else(|_| text.into(), Value::Number)
}

/// A description in two parts: its first sentence, and the rest. Code between backticks loses its module.
pub(super) fn sentences(description: &str) -> (String, String) {
    let plain: String = description
        .split('`')
        .enumerate()
        .map(|(i, text)| if i % 2 == 1 { text.rsplit("::").next().unwrap_or(text) } else { text })
        .collect();
    // In a form, nothing is typed for `null`.
    let plain = plain.replace("null is no limit", "Empty is no limit");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut depth = 0;
    let mut ends = None;
    for (i, c) in plain.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '.' if depth == 0 => {
                let rest = &plain[i + 1..];
                if rest.strip_prefix(' ').is_some_and(|r| r.starts_with(char::is_uppercase)) {
                    ends = Some(i + 1);
                    break;
                }
            }
            _ => {}
        }
    }
    match ends {
        Some(end) => (plain[..end].to_owned(), plain[end..].trim().to_owned()),
        None => (plain, String::new()),
    }
}

/// A number with its thousands parted.
fn grouped(value: &Value) -> String {
    let text = entry(value);
    if text.len() < 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return text;
    }
    let mut out = String::new();
    for (i, digit) in text.chars().enumerate() {
        if i > 0 && (text.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The range of a number in words, unless the description says it already.
pub(super) fn range(part: Part<'_>) -> Option<String> {
    let (least, most) = part.range()?;
    let most = grouped(most);
    if part.description.contains(&most) || most.len() > 20 {
        return None;
    }
    let least = least
        .as_f64()
        .filter(|least| *least > 0.0 && *least < 1e-9)
        .map_or_else(|| grouped(least), |_| "more than 0".to_owned());
    Some(format!("{least} to {most}"))
}

/// The unit of a number, where its name or its description says one.
pub(super) fn unit(part: Part<'_>, name: &str) -> &'static str {
    let says = |words: &str| part.description.to_lowercase().contains(words);
    match part.shape() {
        _ if name.ends_with("_kib") => "KiB",
        Shape::Whole if says("bytes a second") => "B/s",
        Shape::Whole if name == "bytes" || says("in bytes") => "bytes",
        Shape::Whole if name == "seconds" || says("the seconds that") => "s",
        Shape::Number if says("requests a second") => "req/s",
        Shape::Number if name == "percent" => "%",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_parted_behind_its_first_sentence() {
        for (text, first, rest) in [
            ("One; two.", "One; two.", ""),
            ("How it is (Tijms, app. B): so. Then.", "How it is (Tijms, app. B): so.", "Then."),
            ("Said by `Limits::queue` and `x`. More", "Said by queue and x.", "More"),
            ("", "", ""),
        ] {
            assert_eq!(sentences(text), (first.to_owned(), rest.to_owned()));
        }
    }
}
