//! "My runs": a person's own scenarios, as the browser keeps them and as a file holds them.
//!
//! What is stored is `{"version": 1, "runs": [{"saved": "2026-11-21T09:30:00Z", "scenario": {…}}, …]}`. A scenario is kept
//! as it was written, and read when it is opened: what a later version wrote is not lost here.

use serde_json::{Value, json};

use crate::sim::scenario::{Scenario, ScenarioError};

use super::form::Refusal;

/// The version of the list that is written, and the only one that is read.
const VERSION: u64 = 1;
/// What a run without a name is called.
pub const UNNAMED: &str = "Unnamed run";

/// The list, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnRuns {
    runs: Vec<Value>,
}

/// What became of a run that was to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It stands in the list, under this name.
    Added(String),
    /// It stood there before, under this name.
    WasThere(String),
}

impl Kept {
    /// Its name.
    pub fn name(&self) -> &str {
        let (Self::Added(name) | Self::WasThere(name)) = self;
        name
    }
}

/// A run as a line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// When it was saved: `2026-11-21 09:30 UTC`.
    pub saved: String,
    /// What it is made of: `nginx, 2 origins, 3 changes`.
    pub about: String,
}

impl OwnRuns {
    /// Reads what was stored; nothing stored is an empty list.
    ///
    /// # Errors
    /// Why it is no such list. It must then stay where it is.
    pub fn read(stored: Option<&str>) -> Result<Self, Refusal> {
        let Some(text) = stored else { return Ok(Self::default()) };
        let value = serde_json::from_str(text).map_err(|e| Refusal(format!("it is not JSON: {e}")))?;
        Self::from_value(value)
    }

    /// The same from JSON.
    ///
    /// # Errors
    /// As [`OwnRuns::read`].
    pub fn from_value(mut value: Value) -> Result<Self, Refusal> {
        match value["version"].as_u64() {
            Some(VERSION) => {}
            Some(later) if later > VERSION => {
                return Err(Refusal(format!(
                    "/version is {later}; this program reads {VERSION}. It was written by a later fivexx"
                )));
            }
            _ => return Err(Refusal(format!("/version is {}; expected {VERSION}", value["version"]))),
        }
        match value["runs"].take() {
            Value::Array(runs) => Ok(Self { runs }),
            _ => Err(Refusal("/runs is no list".to_owned())),
        }
    }

    /// True if a text is such a list rather than a scenario.
    pub fn is_list(value: &Value) -> bool {
        value.get("runs").is_some_and(Value::is_array)
    }

    /// As it is stored.
    pub fn to_text(&self) -> String {
        json!({"version": VERSION, "runs": self.runs}).to_string()
    }

    /// As a file, for people too.
    pub fn to_file(&self) -> String {
        format!("{:#}\n", json!({"version": VERSION, "runs": self.runs}))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The lines of the list.
    pub fn rows(&self) -> Vec<Row> {
        self.runs.iter().map(row).collect()
    }

    /// The scenario of a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn scenario(&self, index: usize) -> Result<Scenario, ScenarioError> {
        Scenario::from_value(self.runs.get(index).map_or(&Value::Null, |run| &run["scenario"]))
    }

    /// The text of a line's scenario, as it was stored.
    pub fn text(&self, index: usize) -> String {
        self.runs.get(index).map(|run| format!("{:#}\n", run["scenario"])).unwrap_or_default()
    }

    /// Puts a scenario on top, unless it is there. Its name gets a number where another has the same.
    pub fn add(&mut self, scenario: &Scenario, saved: &str) -> Kept {
        self.add_value(serde_json::from_str(&scenario.to_json()).unwrap_or_default(), saved)
    }

    fn add_value(&mut self, mut scenario: Value, saved: &str) -> Kept {
        let same = |run: &&Value| without_name(&run["scenario"]) == without_name(&scenario);
        let wanted = name(&scenario);
        if let Some(there) = self
            .runs
            .iter()
            .filter(same)
            .map(|run| name(&run["scenario"]))
            .find(|n| wanted == UNNAMED || is_numbered(n, &wanted))
        {
            return Kept::WasThere(there);
        }
        let free = self.free_name(&wanted);
        scenario["name"] = free.as_str().into();
        self.runs.insert(0, json!({"saved": saved, "scenario": scenario}));
        Kept::Added(free)
    }

    /// Adds the runs of another list; how many were new. What was there stays.
    pub fn merge(&mut self, other: Self) -> usize {
        let before = self.runs.len();
        for run in other.runs.into_iter().rev() {
            if run["scenario"].is_object() {
                let saved = run["saved"].as_str().unwrap_or_default().to_owned();
                self.add_value(run["scenario"].clone(), &saved);
            } else if !self.runs.contains(&run) {
                // Whatever it is, somebody kept it.
                self.runs.insert(0, run);
            }
        }
        self.runs.len() - before
    }

    /// Gives a run another name.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn rename(&mut self, index: usize, to: &str) -> Result<(), Refusal> {
        let to = to.trim();
        let length = to.chars().count();
        if !(1..=200).contains(&length) {
            return Err(Refusal(format!("The name has {length} characters; expected 1 to 200.")));
        }
        match self.runs.get_mut(index) {
            Some(run) if run["scenario"].is_object() => {
                run["scenario"]["name"] = to.into();
                Ok(())
            }
            _ => Err(Refusal("What stands here is no run and cannot have a name.".to_owned())),
        }
    }

    /// Takes a run out.
    pub fn remove(&mut self, index: usize) -> Option<Value> {
        (index < self.runs.len()).then(|| self.runs.remove(index))
    }

    /// Puts a run back that was taken out.
    pub fn put_back(&mut self, index: usize, run: Value) {
        self.runs.insert(index.min(self.runs.len()), run);
    }

    fn free_name(&self, wanted: &str) -> String {
        let taken: Vec<String> = self.runs.iter().map(|run| name(&run["scenario"])).collect();
        let numbered = (2..).map(|n| {
            let number = format!(" ({n})");
            // A name has 200 characters at most.
            let stem: String = wanted.chars().take(200 - number.len()).collect();
            format!("{stem}{number}")
        });
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        names.find(|name| !taken.contains(name)).unwrap_or_else(|| wanted.to_owned())
    }
}

/// True for the name itself, and for the name with a number.
fn is_numbered(name: &str, wanted: &str) -> bool {
    match name.strip_prefix(wanted) {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix(" (")
            .and_then(|r| r.strip_suffix(')'))
            .is_some_and(|n| n.parse::<u32>().is_ok()),
        None => false,
    }
}

fn without_name(scenario: &Value) -> Option<Vec<(&String, &Value)>> {
    Some(scenario.as_object()?.iter().filter(|(field, _)| *field != "name").collect())
}

fn name(scenario: &Value) -> String {
    match scenario["name"].as_str().map(str::trim) {
        None | Some("") => UNNAMED.to_owned(),
        Some(name) => name.to_owned(),
    }
}

fn row(run: &Value) -> Row {
    let scenario = &run["scenario"];
    if !scenario.is_object() {
        return Row {
            name: "Not a run".to_owned(),
            saved: String::new(),
            about: "kept as it was found".to_owned(),
        };
    }
    let count = |list: &str, default: usize| scenario[list].as_array().map_or(default, Vec::len);
    let gateway = match scenario["gateways"].as_array().map(Vec::as_slice) {
        Some([]) => "no gateway",
        Some([first, ..]) => first["dialect"].as_str().unwrap_or("nginx"),
        None => "nginx",
    };
    let mut about = vec![gateway.to_owned()];
    for (list, default, one, many) in [
        ("clients", 1, "client", "clients"),
        ("gateways", 1, "gateway", "gateways"),
        ("origins", 1, "origin", "origins"),
        ("timeline", 0, "change", "changes"),
    ] {
        match count(list, default) {
            n if list == "timeline" || n > 1 => about.push(super::format::count(n, one, many)),
            _ => {}
        }
    }
    let saved = run["saved"].as_str().unwrap_or_default();
    let saved = match (saved.get(..10), saved.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => String::new(),
    };
    Row { name: name(scenario), saved, about: about.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::first;

    const NOON: &str = "2026-11-21T12:00:00.000Z";

    fn named(name: &str, seed: u64) -> Scenario {
        Scenario { name: name.to_owned(), seed, ..first::scenario() }
    }

    fn names(runs: &OwnRuns) -> Vec<String> {
        runs.rows().into_iter().map(|row| row.name).collect()
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let mut runs = OwnRuns::default();
        assert_eq!(OwnRuns::read(None), Ok(runs.clone()));
        assert_eq!(runs.add(&first::scenario(), NOON), Kept::Added("A slow database".into()));
        assert_eq!(OwnRuns::read(Some(&runs.to_text())), Ok(runs.clone()));
        assert_eq!(OwnRuns::read(Some(&runs.to_file())), Ok(runs.clone()));
        assert_eq!(runs.scenario(0), Ok(first::scenario()));
        let row = &runs.rows()[0];
        assert_eq!(
            (row.saved.as_str(), row.about.as_str()),
            ("2026-11-21 12:00 UTC", "nginx, 2 origins, 1 change")
        );
    }

    #[test]
    fn the_same_run_is_kept_once_and_another_of_that_name_gets_a_number() {
        let mut runs = OwnRuns::default();
        runs.add(&named("", 1), NOON);
        assert_eq!(runs.add(&named("", 1), NOON), Kept::WasThere(UNNAMED.into()));
        assert_eq!(runs.add(&named("", 2), NOON), Kept::Added("Unnamed run (2)".into()));
        assert_eq!(runs.add(&named("", 2), NOON), Kept::WasThere("Unnamed run (2)".into()));
        assert_eq!(runs.add(&named("Other", 2), NOON), Kept::Added("Other".into()));
        assert_eq!(names(&runs), ["Other", "Unnamed run (2)", "Unnamed run"]);
        let long = "x".repeat(200);
        runs.add(&named(&long, 5), NOON);
        runs.add(&named(&long, 6), NOON);
        assert!((0..runs.len()).all(|i| runs.scenario(i).is_ok()), "no name is too long");
    }

    #[test]
    fn a_run_is_renamed_taken_out_and_put_back() {
        let mut runs = OwnRuns::default();
        runs.add(&named("b", 1), NOON);
        runs.add(&named("a", 2), NOON);
        assert_eq!(runs.rename(1, "  c  "), Ok(()));
        for bad in ["", "   ", &"x".repeat(201)] {
            let Refusal(why) = runs.rename(1, bad).expect_err("no name");
            assert!(why.contains("expected 1 to 200"), "{why}");
        }
        assert!(runs.rename(7, "x").is_err());
        let before = runs.clone();
        let gone = runs.remove(0).expect("it is there");
        assert_eq!(names(&runs), ["c"]);
        assert_eq!(runs.remove(1), None);
        runs.put_back(0, gone);
        assert_eq!(runs, before);
    }

    #[test]
    fn garbage_is_refused_as_a_list_and_kept_as_a_line() {
        for (text, says) in [
            ("", "not JSON"),
            ("nonsense", "not JSON"),
            ("[]", "/version is null"),
            ("{}", "/version is null"),
            (r#"{"version": 2, "runs": []}"#, "later fivexx"),
            (r#"{"version": "1", "runs": []}"#, "expected 1"),
            (r#"{"version": 1, "runs": {}}"#, "/runs is no list"),
        ] {
            let Refusal(why) = OwnRuns::read(Some(text)).expect_err(text);
            assert!(why.contains(says), "{text}: {why}");
        }
        let odd = r#"{"version":1,"runs":[7,null,{"scenario":[]},{"scenario":{"horizon":"0s","name":4}},{"saved":"é","scenario":{"timeline":3,"gateways":[]}}]}"#;
        let mut runs = OwnRuns::read(Some(odd)).expect("a list");
        assert_eq!(runs.rows().len(), 5);
        assert!((0..6).all(|i| runs.scenario(i).is_err()));
        let why = runs.scenario(3).expect_err("wrong").to_string();
        assert!(why.contains("/name is 4"), "{why}");
        assert!(runs.rename(0, "x").is_err() && runs.rename(3, "x").is_ok());
        runs.add(&first::scenario(), "");
        assert_eq!(runs.len(), 6);
        assert_eq!(OwnRuns::read(Some(&runs.to_text())), Ok(runs));
    }

    #[test]
    fn lists_are_merged_and_what_was_there_stays() {
        let mut runs = OwnRuns::default();
        runs.add(&named("a", 1), NOON);
        let mut other = runs.clone();
        other.add(&named("b", 2), NOON);
        assert_eq!(runs.merge(other.clone()), 1);
        assert_eq!(names(&runs), ["b", "a"]);
        assert_eq!(runs.merge(other), 0);
    }
}
