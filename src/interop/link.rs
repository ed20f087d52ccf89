//! A scenario as the fragment of a link: JSON, deflated, in base64url.
//!
//! The first character is the version of the packing, so that later forms can be told apart.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use crate::sim::scenario::{MAX_BYTES, Scenario, ScenarioError};

/// The packing that this program writes: raw deflate in unpadded base64url.
const PACKING: char = '1';

/// The longest packed scenario that is read, in characters.
pub const MAX_PACKED: usize = 256 * 1024;

/// Why a link holds no scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// It is longer than [`MAX_PACKED`].
    TooLong {
        /// Its length in characters.
        characters: usize,
    },
    /// Its packing is one that this program does not know.
    UnknownPacking {
        /// The first character; none if there is nothing.
        found: Option<char>,
    },
    /// A character that base64url does not have.
    NotBase64 {
        /// Where it stands, counted from 0.
        at: usize,
    },
    /// The packed bytes do not unpack: cut off or damaged.
    Damaged {
        /// What the unpacker says.
        problem: &'static str,
    },
    /// It unpacks to more than [`MAX_BYTES`].
    TooLarge,
    /// The unpacked bytes are no text.
    NotText {
        /// The first byte that is not UTF-8.
        at: usize,
    },
    /// The text is no scenario.
    Scenario(ScenarioError),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { characters } => {
                write!(f, "The link has {characters} characters; at most {MAX_PACKED} are read.")
            }
            Self::UnknownPacking { found: None } => {
                f.write_str("The link ends where the scenario should begin.")
            }
            Self::UnknownPacking { found: Some(found) } => {
                write!(
                    f,
                    "The link starts with {found:?}; expected {PACKING:?}. It may come from a later fivexx."
                )
            }
            Self::NotBase64 { at } => {
                write!(f, "The link is damaged at character {at}; expected letters, digits, - and _.")
            }
            Self::Damaged { problem } => write!(f, "The link is damaged or cut off: {problem}."),
            Self::TooLarge => write!(f, "The link unpacks to more than {MAX_BYTES} bytes."),
            Self::NotText { at } => {
                write!(f, "The link is damaged: byte {at} of what it unpacks to is not text.")
            }
            Self::Scenario(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for LinkError {}

/// Packs a scenario into characters that can stand in a link.
pub fn encode(scenario: &Scenario) -> String {
    let packed = compress_to_vec(scenario.to_json().as_bytes(), 9);
    let mut link = String::from(PACKING);
    URL_SAFE_NO_PAD.encode_string(packed, &mut link);
    link
}

/// Unpacks what [`encode`] made.
///
/// # Errors
/// Whatever is wrong with the link or the scenario in it; no input panics, and none unpacks to more than [`MAX_BYTES`].
pub fn decode(link: &str) -> Result<Scenario, LinkError> {
    Scenario::from_json(&unpack(link)?).map_err(LinkError::Scenario)
}

/// The text in a link, whether it is a scenario or not.
///
/// # Errors
/// As [`decode`], except for what is wrong with the scenario.
pub fn unpack(link: &str) -> Result<String, LinkError> {
    let characters = link.len();
    if characters > MAX_PACKED {
        return Err(LinkError::TooLong { characters });
    }
    let packed =
        link.strip_prefix(PACKING).ok_or(LinkError::UnknownPacking { found: link.chars().next() })?;
    let bytes = URL_SAFE_NO_PAD.decode(packed).map_err(|e| match e {
        base64::DecodeError::InvalidByte(at, _) => LinkError::NotBase64 { at: at + 1 },
        // What is left over at the end: the rest is missing.
        _ => LinkError::Damaged { problem: "it ends too early" },
    })?;
    let json = decompress_to_vec_with_limit(&bytes, MAX_BYTES).map_err(|e| match e.status {
        TINFLStatus::HasMoreOutput => LinkError::TooLarge,
        TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
            LinkError::Damaged { problem: "it ends too early" }
        }
        _ => LinkError::Damaged { problem: "it does not unpack" },
    })?;
    String::from_utf8(json).map_err(|e| LinkError::NotText { at: e.utf8_error().valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_back_to_its_scenario() {
        let scenario = Scenario::default();
        assert_eq!(decode(&encode(&scenario)), Ok(scenario));
    }

    #[test]
    fn a_damaged_link_is_refused_with_what_and_where() {
        let link =
            encode(&Scenario { name: "A name that is long enough to be cut".into(), ..Scenario::default() });
        for (damaged, says) in [
            (String::new(), "ends where the scenario should begin"),
            (format!("9{link}"), "starts with '9'"),
            (link[..link.len() - 4].to_owned(), "cut off"),
            (format!("{}!{}", &link[..9], &link[10..]), "character 9"),
            ("1".repeat(MAX_PACKED + 1), "at most 262144"),
        ] {
            let error = decode(&damaged).expect_err("damaged").to_string();
            assert!(error.contains(says), "{error:?} does not say {says:?}");
        }
    }

    #[test]
    fn a_small_link_that_unpacks_to_a_huge_text_is_refused() {
        let bomb = compress_to_vec(&vec![b' '; MAX_BYTES + 1], 9);
        let link = format!("1{}", URL_SAFE_NO_PAD.encode(bomb));
        assert!(link.len() < 4_000);
        assert_eq!(decode(&link), Err(LinkError::TooLarge));
    }
}
