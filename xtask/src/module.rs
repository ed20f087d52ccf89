//! The WebAssembly module as it is given away: without what only a debugger reads.

use crate::Result;

/// Every module starts with these eight bytes: a mark and the version of the format.
const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";

/// The module without its custom sections, which no browser needs to run it.
///
/// The names of functions are by far the largest of them, nearly a third of the file. rustc cannot leave them out:
/// it would take the sections that wasm-bindgen reads along.
pub fn without_custom_sections(module: &[u8]) -> Result<Vec<u8>> {
    let mut rest = module.strip_prefix(PREAMBLE).ok_or("the module does not start as WebAssembly does")?;
    let mut kept = PREAMBLE.to_vec();
    while let Some((&id, after_id)) = rest.split_first() {
        let (size, content) = number(after_id).ok_or("the module ends within the size of a section")?;
        let whole = rest.len() - content.len() + size;
        if whole > rest.len() {
            return Err(format!("a section of {size} bytes reaches beyond the end of the module"));
        }
        let (section, next) = rest.split_at(whole);
        if id != 0 {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    Ok(kept)
}

/// A number in LEB128, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let length = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)? + 1;
    let (digits, rest) = bytes.split_at(length);
    let value = digits.iter().rev().fold(0, |value, digit| value << 7 | usize::from(digit & 0x7f));
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::{PREAMBLE, number, without_custom_sections};

    #[test]
    fn custom_sections_go_and_all_others_stay() {
        let types = [1, 2, 0xaa, 0xbb];
        let names = [0, 3, 1, b'n', 9];
        let module = [PREAMBLE, &names, &types, &names].concat();
        assert_eq!(without_custom_sections(&module), Ok([PREAMBLE, &types].concat()));
    }

    #[test]
    fn broken_modules_are_refused() {
        assert!(without_custom_sections(b"<!doctype html>").is_err());
        assert!(without_custom_sections(&[PREAMBLE, &[1, 9, 0]].concat()).is_err());
        assert!(without_custom_sections(&[PREAMBLE, &[1, 0x80]].concat()).is_err());
    }

    #[test]
    fn numbers_of_several_bytes_are_read() {
        assert_eq!(number(&[0xe5, 0x8e, 0x26, 7]), Some((624_485, &[7][..])));
    }
}
