//! What stands behind the `#` of the page's address: a session or a preset, and perhaps a moment.
//!
//! | part | what it is |
//! |---|---|
//! | `s=` | a packed scenario, see [`link`] |
//! | `p=` | the name of a preset |
//! | `r=` | which of a preset's runs, counted from 1 |
//! | `t=` | the moment that is shown: a time with a unit |

use crate::interop::link;
use crate::sim::scenario::Scenario;
use crate::sim::time::{SimDuration, SimTime};

use super::refused::{Instead, LINK, Refused};

/// What an address asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Address {
    /// Nothing: a first visit.
    Empty,
    /// A session.
    Session {
        /// All there is to say about it.
        scenario: Box<Scenario>,
        /// The moment that is shown, if the link names one.
        at: Option<SimTime>,
    },
    /// A preset by its name.
    Preset {
        /// The name.
        id: String,
        /// Which of its runs, counted from 0.
        run: usize,
        /// The moment that is shown, if the link names one.
        at: Option<SimTime>,
    },
}

/// The fragment of a session.
pub fn session(packed: &str, at: Option<SimTime>) -> String {
    match at {
        Some(at) => format!("#s={packed}&t={at}"),
        None => format!("#s={packed}"),
    }
}

/// The fragment of a preset's run, counted from 0.
pub fn preset(id: &str, run: usize) -> String {
    if run == 0 { format!("#p={id}") } else { format!("#p={id}&r={}", run + 1) }
}

/// Reads a fragment, with or without its `#`.
///
/// # Errors
/// What is wrong with it. No input panics.
pub fn read(fragment: &str) -> Result<Address, Box<Refused>> {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    if fragment.is_empty() {
        return Ok(Address::Empty);
    }
    if fragment.len() > 2 * link::MAX_PACKED {
        let too_long = link::LinkError::TooLong { characters: fragment.len() };
        return Err(Box::new(Refused::link("", &too_long)));
    }
    let mut parts = Parts::default();
    for part in fragment.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let place = match name {
            "s" => &mut parts.session,
            "p" => &mut parts.preset,
            "r" => &mut parts.run,
            "t" => &mut parts.at,
            _ => {
                return Err(no(&format!(
                    "`{}` is nothing that a link can hold; expected `s=`, `p=`, `r=` or `t=`.",
                    quoted(name)
                )));
            }
        };
        if place.replace(value).is_some() {
            return Err(no(&format!("It has `{name}=` twice.")));
        }
    }
    parts.read()
}

#[derive(Default)]
struct Parts<'a> {
    session: Option<&'a str>,
    preset: Option<&'a str>,
    run: Option<&'a str>,
    at: Option<&'a str>,
}

impl Parts<'_> {
    fn read(self) -> Result<Address, Box<Refused>> {
        let at = self.at.map(moment);
        match (self.session, self.preset, self.run) {
            (Some(_), Some(_), _) => Err(no("It has both `s=` and `p=`; expected one of them.")),
            (Some(_), None, Some(_)) => Err(no("It has `s=` and `r=`; runs are counted in presets alone.")),
            (None, None, _) => Err(no("It has neither `s=` with a session nor `p=` with a preset.")),
            (Some(packed), None, None) => {
                let text = link::unpack(packed).map_err(|e| Box::new(Refused::link("", &e)))?;
                let scenario =
                    Scenario::from_json(&text).map_err(|e| Box::new(Refused::scenario(LINK, &text, &e)))?;
                let end = SimTime::ZERO + scenario.horizon;
                let at = at.map(|at| at.and_then(|at| within(at, end))).transpose();
                let at = at.map_err(|mut refused| {
                    let scenario = scenario.clone();
                    refused.instead = Some(Instead { label: "Run it without that moment", scenario });
                    refused
                })?;
                Ok(Address::Session { scenario: Box::new(scenario), at })
            }
            (None, Some(id), run) => {
                let run = run.map(number).transpose()?.unwrap_or(0);
                Ok(Address::Preset { id: id.to_owned(), run, at: at.transpose()? })
            }
        }
    }
}

/// A moment that lies within a run.
///
/// # Errors
/// That it does not.
pub fn within(at: SimTime, end: SimTime) -> Result<SimTime, Box<Refused>> {
    if at <= end {
        Ok(at)
    } else {
        Err(no(&format!("`t` is `{at}`; expected 0s to {end}, the end of the run.")))
    }
}

fn moment(text: &str) -> Result<SimTime, Box<Refused>> {
    match text.parse::<SimDuration>() {
        Ok(at) => Ok(SimTime::ZERO + at),
        Err(_) => Err(no(&format!(
            "`t` is `{}`; expected a time with a unit, such as `2s` or `250ms`.",
            quoted(text)
        ))),
    }
}

fn number(text: &str) -> Result<usize, Box<Refused>> {
    match text.parse::<usize>() {
        Ok(n @ 1..) => Ok(n - 1),
        _ => Err(no(&format!("`r` is `{}`; expected the number of a run, counted from 1.", quoted(text)))),
    }
}

/// What somebody wrote, cut to what can be read, without the signs that have a meaning in a sentence.
pub(super) fn quoted(text: &str) -> String {
    let kept: String = text.chars().filter(|c| *c != '`' && !c.is_control()).take(60).collect();
    if kept.len() < text.len() && kept.chars().count() == 60 { format!("{kept}…") } else { kept }
}

fn no(why: &str) -> Box<Refused> {
    Box::new(Refused::new(LINK, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::first;

    fn says(fragment: &str) -> String {
        read(fragment).expect_err("it is wrong").sentence()
    }

    #[test]
    fn what_is_written_is_read() {
        let scenario = first::scenario();
        let packed = link::encode(&scenario);
        for at in [None, Some(SimTime::ZERO), Some(SimTime::from_nanos(2_003_482_917))] {
            let read = read(&session(&packed, at));
            assert_eq!(read, Ok(Address::Session { scenario: Box::new(scenario.clone()), at }));
        }
        for run in [0, 6] {
            let read = read(&preset("frozen-or-refused", run));
            assert_eq!(read, Ok(Address::Preset { id: "frozen-or-refused".into(), run, at: None }));
        }
        assert_eq!((read(""), read("#")), (Ok(Address::Empty), Ok(Address::Empty)));
    }

    #[test]
    fn garbage_in_every_part_is_told() {
        let good = session(&link::encode(&first::scenario()), None);
        for (fragment, told) in [
            ("#s=", "ends where the scenario should begin"),
            ("#s=1!", "damaged at character 1"),
            ("#nonsense", "nonsense is nothing that a link can hold"),
            ("#x=1", "x is nothing"),
            ("#p=a&r=0", "r is 0; expected the number of a run"),
            ("#p=a&r=-1", "r is -1"),
            ("#p=a&r=99999999999999999999999", "expected the number of a run"),
            ("#p=a&t=soon", "t is soon; expected a time with a unit"),
            ("#p=a&p=b", "p= twice"),
            ("#p=a&s=1", "both s= and p="),
            ("#t=1s", "neither"),
            ("#&", "nothing that a link can hold"),
            ("#`\u{7}`", "nothing that a link can hold"),
        ] {
            assert!(says(fragment).contains(told), "{fragment}: {}", says(fragment));
        }
        for (more, told) in [
            ("&t=", "t is ; expected"),
            ("&t=61s", "t is 61s; expected 0 s to 60 s"),
            ("&t=-1s", "t is -1s"),
            ("&r=1", "in presets alone"),
            ("&s=1", "s= twice"),
            ("&🙂=2", "🙂 is nothing"),
        ] {
            assert!(
                says(&format!("{good}{more}")).contains(told),
                "{more}: {}",
                says(&format!("{good}{more}"))
            );
        }
        let moment = read(&format!("{good}&t=never")).expect_err("no time");
        assert_eq!(moment.instead.map(|i| i.scenario), Some(first::scenario()));
        assert!(says(&format!("#s={}", "1".repeat(3 * link::MAX_PACKED))).contains("at most"));
        assert!(says(&format!("#{}", "y".repeat(500))).chars().count() < 160);
    }

    /// One character replaced, left out or doubled: it is read, or told, and never more than that.
    #[test]
    fn a_link_with_one_wrong_character_is_read_or_told() {
        let good = format!("{}&t=2s", session(&link::encode(&first::scenario()), None));
        let chars: Vec<char> = good.chars().collect();
        let mut told = 0;
        for at in 0..chars.len() {
            for other in ["", "A", "=", "&", "é", "%20"] {
                let wrong: String = chars[..at]
                    .iter()
                    .copied()
                    .chain(other.chars())
                    .chain(chars[at + 1..].iter().copied())
                    .collect();
                if let Err(refused) = read(&wrong) {
                    assert!(!refused.sentence().is_empty(), "{wrong}");
                    told += 1;
                }
            }
        }
        assert!(told > chars.len(), "{told}");
    }
}
