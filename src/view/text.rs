//! Sentences with names of settings and headers between backticks, split for the screen.

use super::format;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// True for what stood between backticks.
    pub code: bool,
}

/// The pieces of a sentence, in order; none of them is empty. Outside of backticks a space parts numbers from their units.
pub fn pieces(sentence: &str) -> Vec<Piece> {
    sentence
        .split('`')
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
        .map(|(i, text)| match i % 2 {
            1 => Piece { text: text.to_owned(), code: true },
            _ => Piece { text: unbroken(&format::spaced(text)), code: false },
        })
        .collect()
}

/// With a space that does not break between a number and its unit.
pub fn unbroken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        out.push_str(word);
        let number =
            word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(|c: char| c.is_ascii_digit());
        let unit = |next: &&str| {
            matches!(next.trim_end_matches([',', '.', ';', ':']), "ns" | "us" | "ms" | "s" | "m" | "h")
        };
        match words.peek() {
            Some(next) if number && unit(next) => out.push('\u{a0}'),
            Some(_) => out.push(' '),
            None => {}
        }
    }
    out
}

/// The sentence without backticks, for those who hear it.
pub fn plain(sentence: &str) -> String {
    pieces(sentence).into_iter().map(|p| p.text.replace('\u{a0}', " ")).collect()
}

/// With a capital at its start.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// With a small letter at its start, unless the first word is written in capitals.
pub fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_become_code() {
        let found = pieces("`proxy_read_timeout 2s` runs out.");
        assert_eq!(found.len(), 2);
        assert!(found[0].code && found[0].text == "proxy_read_timeout 2s");
        assert_eq!(plain("a `b 2s` c 2s."), "a b 2s c 2 s.");
        assert_eq!(capital("database"), "Database");
        assert_eq!(
            (lowered("The end"), lowered("HTTP"), lowered("")),
            ("the end".into(), "HTTP".into(), String::new())
        );
    }
}
