//! The changes on the time axis: where their controls stand, and which stand so close that they become a count.

use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;

use super::changes::{self, Kind};
use super::{format, text};

/// How much room there is for controls on the axis, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// The length of the axis.
    pub width: f64,
    /// The least width of a control.
    pub least: f64,
}

/// About the width of a letter.
const LETTER: f64 = 6.2;
/// Fewer letters than these say nothing.
const FEWEST: f64 = 6.0;

/// How many changes of one place are looked at for its words.
const MOST_ASKED: usize = 20;

/// A control on the axis: a change, or several that stand too close together.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Where, in seconds.
    pub at: f64,
    /// What it does; of several, what the first one to break or set something does.
    pub kind: Kind,
    /// What it says; empty where there is no room.
    pub label: String,
    /// The whole of it.
    pub title: String,
    /// How wide it may be, in pixels.
    pub room: f64,
    /// The changes, in the order in which they happen. Never empty.
    pub changes: Vec<usize>,
    /// It stands at the end of the axis for what happens later.
    pub later: bool,
}

/// The controls of all changes. The change `apart` stands by itself, whatever is beside it.
pub fn flags(scenario: &Scenario, extent: SimTime, room: Room, apart: Option<usize>) -> Vec<Flag> {
    let per_second = room.width / extent.as_secs_f64().max(1e-9);
    let end = (room.width - room.least).max(0.0);
    let x = |at: SimTime| (at.min(extent).as_secs_f64() * per_second).min(end);
    let mut groups: Vec<(f64, Vec<usize>)> = Vec::new();
    for index in changes::in_order(scenario) {
        let at = x(scenario.timeline[index].at);
        match groups.last_mut() {
            Some((start, group))
                if at - *start < room.least
                    && apart != Some(index)
                    && !group.contains(&apart.unwrap_or(usize::MAX)) =>
            {
                group.push(index);
            }
            _ => groups.push((at, vec![index])),
        }
    }
    let starts: Vec<f64> = groups.iter().map(|(start, _)| *start).collect();
    groups
        .into_iter()
        .enumerate()
        .map(|(i, (start, group))| {
            let next = starts.get(i + 1).copied().unwrap_or(room.width);
            flag(scenario, extent, group, (next - start).max(room.least), room.least)
        })
        .collect()
}

fn flag(scenario: &Scenario, extent: SimTime, group: Vec<usize>, room: f64, least: f64) -> Flag {
    // Of a crowd the first ones speak for all.
    let described = group.iter().take(MOST_ASKED).filter_map(|i| {
        let change = scenario.timeline.get(*i)?;
        Some((change.at, changes::describe(scenario, change)))
    });
    // What is broken or set says more about a group than that something was sent.
    let told = described.min_by_key(|(at, d)| (d.kind == Kind::Send, *at));
    let first = group.first().and_then(|i| scenario.timeline.get(*i)).map_or(SimTime::ZERO, |c| c.at);
    let (kind, words) = told.map_or((Kind::Set, String::new()), |(_, d)| (d.kind, d.label));
    let later = first > extent;
    let title = match group.len() {
        1 => format!("{} {}", format::moment(first), text::capital(&words)),
        n if later => format!("{n} changes after {}", format::tick(extent.as_nanos())),
        n => format!("{n} changes from {} on: {words}, and more", format::moment(first)),
    };
    let letters = (room - least - 4.0) / LETTER;
    let label = if letters >= FEWEST { words } else { String::new() };
    Flag { at: first.min(extent).as_secs_f64(), kind, label, title, room, changes: group, later }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::{Action, Change};
    use crate::view::samples::sent;

    const WIDE: Room = Room { width: 960.0, least: 24.0 };

    fn with(times: &[u64]) -> Scenario {
        let mut scenario = sent().trace.scenario;
        let Some(fault) = scenario.timeline.iter().find_map(|c| match &c.action {
            Action::Inject { fault, .. } => Some(fault.kind()),
            _ => None,
        }) else {
            unreachable!("the sample is broken")
        };
        let mend = |at: &u64| Change {
            at: SimTime::from_millis(*at),
            action: Action::Repair { node: "database".into(), fault },
        };
        scenario.timeline.extend(times.iter().map(mend));
        scenario
    }

    fn groups(flags: &[Flag]) -> Vec<Vec<usize>> {
        flags.iter().map(|f| f.changes.clone()).collect()
    }

    #[test]
    fn what_stands_too_close_becomes_a_count() {
        let scenario = with(&[200, 5_000, 5_310]);
        let shown = flags(&scenario, SimTime::from_secs(12), WIDE, None);
        assert_eq!(groups(&shown), [vec![0, 1, 2], vec![3], vec![4]]);
        assert_eq!(shown[0].kind, Kind::Break);
        assert_eq!(shown[0].title, "3 changes from 0.000 s on: database: query takes 3.5 s, and more");
        assert!(shown[1].label.is_empty(), "25 px hold no words");
        let fine = Room { least: 44.0, ..WIDE };
        assert_eq!(
            groups(&flags(&scenario, SimTime::from_secs(12), fine, None)),
            [vec![0, 1, 2], vec![3, 4]]
        );
    }

    #[test]
    fn the_one_in_the_hand_stands_by_itself() {
        let scenario = with(&[100]);
        let shown = flags(&scenario, SimTime::from_secs(12), WIDE, Some(1));
        assert_eq!(groups(&shown), [vec![0], vec![1], vec![2]]);
    }

    #[test]
    fn what_happens_behind_the_axis_is_counted_at_its_end() {
        let scenario = with(&[20_000, 30_000]);
        let shown = flags(&scenario, SimTime::from_secs(12), WIDE, None);
        let last = shown.last().expect("a flag");
        assert!(last.later && (last.at - 12.0).abs() < 1e-9 && last.changes == [2, 3]);
        assert_eq!(last.title, "2 changes after 12 s");
    }

    #[test]
    fn ten_thousand_changes_are_as_many_controls_as_there_is_room_for() {
        let times: Vec<u64> = (0..9_990).map(|i| i * 6).collect();
        let shown = flags(&with(&times), SimTime::from_secs(60), WIDE, None);
        assert!(shown.len() <= 41, "{}", shown.len());
        assert_eq!(shown.iter().map(|f| f.changes.len()).sum::<usize>(), 9_992);
        assert!(
            !flags(&with(&[]), SimTime::from_secs(12), Room { width: 0.0, least: 24.0 }, None).is_empty()
        );
    }
}
