//! Raw text with colours: messages as they go over the wire, and logs.

/// How a piece of raw text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Not at all.
    Plain,
    /// The name of a header, a keyword.
    Key,
    /// A comment.
    Dim,
    /// A string.
    Text,
    /// What decides.
    Mark,
}

/// A piece of raw text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inked {
    /// The text.
    pub text: String,
    /// How it is coloured.
    pub ink: Ink,
}

/// Raw text with colours; put together, the pieces are the text to the byte.
pub type Raw = Vec<Inked>;

/// A sentence beside raw text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What it says.
    pub text: String,
    /// It contradicts what the client was told.
    pub bad: bool,
}

/// A piece of that colour.
pub fn piece(text: impl Into<String>, ink: Ink) -> Inked {
    Inked { text: text.into(), ink }
}

/// A message with its first line and the names of its headers coloured.
pub fn message(text: &str) -> Raw {
    let (head, body) = text.split_once("\r\n\r\n").map_or((text, None), |(h, b)| (h, Some(b)));
    let mut raw = Vec::new();
    for (i, line) in head.split("\r\n").enumerate() {
        if i > 0 {
            raw.push(piece("\r\n", Ink::Plain));
        }
        let parts = match i {
            0 => first_line(line),
            _ => line.split_once(':').map(|(name, value)| (name, ":", value, Ink::Plain)),
        };
        match parts {
            Some((name, between, value, ink)) => {
                raw.push(piece(name, Ink::Key));
                raw.push(piece(between, Ink::Plain));
                raw.push(piece(value, ink));
            }
            None => raw.push(piece(line, Ink::Plain)),
        }
    }
    if let Some(body) = body {
        raw.push(piece(format!("\r\n\r\n{body}"), Ink::Plain));
    }
    raw
}

/// Of an answer the status decides, of a request the target.
fn first_line(line: &str) -> Option<(&str, &'static str, &str, Ink)> {
    if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
        return Some(("HTTP/1.1", " ", rest, Ink::Mark));
    }
    let (method, rest) = line.split_once(' ')?;
    rest.contains(" HTTP/1.").then_some((method, " ", rest, Ink::Plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_byte() {
        for text in [
            "HTTP/1.1 504 Gateway Time-out\r\nServer: nginx\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
            "POST /orders HTTP/1.0\r\nHost: orders\r\n\r\n{}",
            "garbage",
            "",
        ] {
            let joined: String = message(text).into_iter().map(|p| p.text).collect();
            assert_eq!(joined, text);
        }
    }
}
