//! The target of a request as gateways look at it (RFC 3986 §2.1 and §5.2.4).

/// The path of a target, without its query, with those bytes decoded for which `decodes` says so; none where an escape is
/// not a percent sign and two hexadecimal digits.
pub(super) fn decoded(target: &str, decodes: fn(u8) -> bool) -> Option<Vec<u8>> {
    let path = target.split('?').next().unwrap_or_default();
    let mut rest = path.bytes();
    let mut out = Vec::with_capacity(path.len());
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let written = rest.clone().take(2);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        let meant = (high * 16 + low) as u8;
        if decodes(meant) {
            out.push(meant);
        } else {
            out.push(byte);
            out.extend(written);
        }
    }
    Some(out)
}

/// True if the segments of a path lead above its root; empty ones count for nothing.
pub(super) fn climbs(path: &[u8]) -> bool {
    let mut depth = 0u32;
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_where_asked_and_the_query_is_left_out() {
        let all = |target| decoded(target, |_| true).map(|path| String::from_utf8_lossy(&path).into_owned());
        assert_eq!(all("/a%2fb?%zz").as_deref(), Some("/a/b"));
        assert_eq!((all("/%zz"), all("/%"), all("/%4"), all("/%4?1")), (None, None, None, None));
        let dots = decoded("/%2e%2F", |byte| byte == b'.').expect("whole escapes");
        assert_eq!(dots, b"/.%2F");
    }

    #[test]
    fn only_what_leads_above_the_root_climbs() {
        for (path, above) in [
            ("/..", true),
            ("/../x", true),
            ("/a/../..", true),
            ("//../x", true),
            ("/a/..", false),
            ("/a/./../b", false),
            ("/...", false),
            ("/..a/x", false),
        ] {
            assert_eq!(climbs(path.as_bytes()), above, "{path}");
        }
    }
}
