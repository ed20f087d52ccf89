//! The presets, as their file has them: groups, search, and the run of one of them.

use std::sync::Arc;

use serde_json::Value;

use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;

use super::address::{quoted, within};
use super::form::Refusal;
use super::refused::{LINK, Refused};
use super::run::Run;
use super::text::plain;

/// The version of the file that is read.
const VERSION: u64 = 1;

/// A group of presets: what the file calls it, and what a person does.
pub const GROUPS: [(&str, &str); 3] =
    [("basics", "First steps"), ("gateways", "Gateways"), ("clients", "Clients")];

/// All presets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gallery {
    /// In the order of the file.
    pub entries: Vec<Entry>,
}

/// A preset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Its name in a link.
    pub id: String,
    /// The group, as the file calls it.
    pub group: String,
    /// The surprise, never a status.
    pub title: String,
    /// What the run answers.
    pub question: String,
    /// What to look at.
    pub look: String,
    /// What was found; told when it was seen. None for the first visit, which has things to try in its place.
    pub finding: Vec<String>,
    /// Its runs: what tells each from the others, and its scenario.
    pub runs: Vec<(String, Value)>,
    /// Title and question, finding, settings, and lines of logs, all in small letters.
    searched: [String; 4],
}

impl Entry {
    /// Who takes part: the names of its runs, or of the clients where there is one run.
    pub fn about(&self) -> String {
        const MOST: usize = 3;
        let mut names: Vec<String> = match self.runs.as_slice() {
            [(name, scenario)] => match scenario["clients"].as_array() {
                Some(clients) if clients.iter().all(|c| c["id"].is_string()) && self.group == "clients" => {
                    clients.iter().filter_map(|c| Some(c["id"].as_str()?.to_owned())).collect()
                }
                _ => vec![name.clone()],
            },
            // What stands behind a comma may be a status that somebody configured.
            runs => runs.iter().map(|(name, _)| plain(name.split(',').next().unwrap_or(name))).collect(),
        };
        names.dedup();
        let more = names.len().saturating_sub(MOST);
        if more > 1 {
            names.truncate(MOST);
            names.push(format!("{more} more"));
        }
        names.join(" · ")
    }
}

/// Where something was found.
const PLACES: [&str; 4] = ["", "in what it shows", "in a setting", "in a log line"];

/// A preset that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub index: usize,
    /// Where, unless it is to be seen anyway. Never the line itself: it may tell how the run ends.
    pub place: &'static str,
}

impl Gallery {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let broken = |why: String| Refusal(format!("what came is no list of presets: {why}"));
        let file: Value = serde_json::from_str(text).map_err(|e| broken(e.to_string()))?;
        let version = &file["version"];
        if version.as_u64() != Some(VERSION) {
            return Err(broken(format!("/version is {version}; expected {VERSION}")));
        }
        let presets = file["presets"].as_array().ok_or_else(|| broken("/presets is no list".to_owned()))?;
        let entries = presets.iter().enumerate().map(|(i, preset)| {
            entry(preset).ok_or_else(|| broken(format!("/presets/{i} has no name, title, question or runs")))
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// The presets of a group that fit a query; an empty group stands for all. All words of the query must be found, in whatever order.
    pub fn found(&self, group: &str, query: &str) -> Vec<Found> {
        let query = query.to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        let fits = |(index, entry): (usize, &Entry)| {
            if !group.is_empty() && entry.group != group {
                return None;
            }
            let mut deepest = 0;
            for word in &words {
                deepest = deepest.max(entry.searched.iter().position(|text| text.contains(word))?);
            }
            Some(Found { index, place: PLACES[deepest] })
        };
        self.entries.iter().enumerate().filter_map(fits).collect()
    }

    /// A preset's run, by the parts of a link.
    ///
    /// # Errors
    /// Which part names nothing.
    pub fn run(&self, id: &str, run: usize, at: Option<SimTime>) -> Result<Shown, Box<Refused>> {
        let no = |why: String| Box::new(Refused::new(LINK, &why));
        let Some(index) = self.entries.iter().position(|e| e.id == id) else {
            let near = (self.entries.iter())
                .map(|e| (strsim::normalized_damerau_levenshtein(&e.id, id), &e.id))
                .filter(|(likeness, _)| *likeness >= 0.6)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let meant = near.map_or_else(String::new, |(_, id)| format!(" Did you mean `{id}`?"));
            let count = self.entries.len();
            return Err(no(format!(
                "`p` is `{}`; expected the name of one of the {count} presets.{meant}",
                quoted(id)
            )));
        };
        let entry = &self.entries[index];
        let Some((_, value)) = entry.runs.get(run) else {
            return Err(no(format!(
                "`r` is `{}`; expected 1 to {}, the runs of this preset.",
                run + 1,
                entry.runs.len()
            )));
        };
        let scenario = Scenario::from_value(value)
            .map_err(|e| Box::new(Refused::scenario(LINK, &value.to_string(), &e)))?;
        let end = SimTime::ZERO + scenario.horizon;
        let at = at.map(|at| within(at, end)).transpose()?;
        Ok(Shown { index, run, scenario, at })
    }
}

/// A preset's run, ready to be opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Which preset.
    pub index: usize,
    /// Which of its runs, counted from 0.
    pub run: usize,
    /// The scenario.
    pub scenario: Scenario,
    /// The moment to show, if the link named one.
    pub at: Option<SimTime>,
}

/// A preset that is open: its question stands above its run.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// All presets.
    pub gallery: Arc<Gallery>,
    /// Which is open, and which of its runs.
    pub index: usize,
    /// Which of its runs, counted from 0.
    pub run: usize,
    /// The scenario that was opened.
    pub scenario: Scenario,
}

impl Lesson {
    /// The preset.
    pub fn entry(&self) -> &Entry {
        &self.gallery.entries[self.index]
    }

    /// The one after it that has something to find.
    pub fn next(&self) -> Option<&Entry> {
        self.gallery.entries[self.index + 1..].iter().find(|e| !e.finding.is_empty())
    }
}

/// The moment from which on a run's finding may be told: the last answer, or the end of a run without any.
pub fn told_from(run: &Run) -> SimTime {
    run.last_answer(SimTime::NEVER).map_or_else(|| run.last(), |a| a.end)
}

fn entry(preset: &Value) -> Option<Entry> {
    let text = |name: &str| Some(preset.get(name)?.as_str()?.to_owned());
    let list = |name: &str| -> Vec<String> {
        let items = preset.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let runs: Vec<(String, Value)> = (preset.get("runs")?.as_array()?.iter())
        .map(|run| Some((run.get("name")?.as_str()?.to_owned(), run.get("scenario")?.clone())))
        .collect::<Option<_>>()?;
    let mut entry = Entry {
        id: text("id")?,
        group: text("group")?,
        title: text("title")?,
        question: text("question")?,
        look: text("look").unwrap_or_default(),
        finding: list("finding"),
        runs,
        searched: Default::default(),
    };
    if entry.runs.is_empty() {
        return None;
    }
    let given = list("given").join("\n");
    let names = entry.runs.iter().map(|(name, _)| name.as_str());
    let seen =
        [&*entry.title, &*entry.question, &*entry.look, &*given].into_iter().chain(names).collect::<Vec<_>>();
    entry.searched =
        [seen.join("\n"), entry.finding.join("\n"), list("settings").join("\n"), list("log").join("\n")]
            .map(|text| text.to_lowercase());
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gallery() -> Gallery {
        Gallery::read(include_str!("../../docs/presets.json")).expect("the kept file is read")
    }

    #[test]
    fn the_kept_file_has_every_preset_and_each_run_of_it_is_a_scenario() {
        let gallery = gallery();
        assert_eq!(gallery.entries.len(), 1 + 6 + 15 + 14);
        for entry in &gallery.entries {
            assert!(GROUPS.iter().any(|(id, _)| *id == entry.group), "{}", entry.group);
            for run in 0..entry.runs.len() {
                let shown =
                    gallery.run(&entry.id, run, None).unwrap_or_else(|e| unreachable!("{}", e.sentence()));
                assert_eq!(shown.scenario.name, entry.title);
            }
            let card = [&entry.title, &entry.question, &entry.about()].map(String::as_str).join(" ");
            let mut numbers = card.split(|c: char| !c.is_ascii_digit()).filter(|n| n.len() == 3);
            assert_eq!(numbers.next(), None, "a card tells no status: {card}");
        }
        assert_eq!(
            gallery.run("first-visit", 0, None).map(|s| s.scenario),
            Ok(crate::view::first::scenario())
        );
    }

    #[test]
    fn a_search_looks_into_titles_findings_settings_and_log_lines() {
        let gallery = gallery();
        let ids = |group: &str, query: &str| -> Vec<(&str, &str)> {
            let found = gallery.found(group, query).into_iter();
            found.map(|f| (gallery.entries[f.index].id.as_str(), f.place)).collect()
        };
        assert_eq!(ids("", "").len(), gallery.entries.len());
        assert_eq!(ids("clients", "").len(), 14);
        assert!(ids("", "RESTART lasts").contains(&("rolling-restart", "")));
        assert!(ids("", "loopback").contains(&("bare-retry", "in what it shows")));
        assert!(ids("", "proxy_read_timeout").iter().any(|(_, place)| *place == "in a setting"));
        assert!(ids("", "no live upstreams").iter().any(|(_, place)| *place == "in a log line"));
        assert_eq!(ids("", "restart nothing-of-this-kind"), []);
        assert!(ids("gateways", "tenacity").is_empty());
    }

    #[test]
    fn what_a_link_names_wrongly_is_told() {
        let gallery = gallery();
        let says = |id: &str, run, at| gallery.run(id, run, at).expect_err("it is wrong").sentence();
        assert!(says("roling-restart", 0, None).contains("Did you mean rolling-restart?"));
        assert!(says("", 0, None).contains("expected the name of one of the 36 presets."));
        assert!(says("rolling-restart", 3, None).contains("r is 4; expected 1 to 3"));
        assert!(
            says("rolling-restart", 0, Some(SimTime::from_secs(21)))
                .contains("t is 21s; expected 0 s to 20 s")
        );
    }

    #[test]
    fn a_file_that_is_none_is_refused() {
        for (text, says) in [
            ("", "EOF"),
            ("<html>", "expected value"),
            ("{}", "/version is null"),
            (r#"{"version": 2}"#, "/version is 2; expected 1"),
            (r#"{"version": 1}"#, "/presets is no list"),
            (r#"{"version": 1, "presets": [{}]}"#, "/presets/0"),
            (
                r#"{"version": 1, "presets": [{"id": "a", "group": "b", "title": "c", "question": "d", "runs": []}]}"#,
                "/presets/0",
            ),
        ] {
            let Refusal(why) = Gallery::read(text).expect_err(text);
            assert!(why.contains(says), "{why}");
        }
    }

    #[test]
    fn a_finding_is_told_from_the_last_answer_on() {
        let run = crate::view::samples::sent();
        let last = run.attempts.iter().filter(|a| a.is_over()).map(|a| a.end).max();
        assert_eq!(Some(told_from(&run)), last);
        let nothing = Run::new(&Scenario::default());
        assert_eq!(told_from(&nothing), nothing.last());
    }
}
