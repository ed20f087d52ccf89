//! The first thing that two runs do not have in common.

use crate::sim::message::{Message, TemplateId};
use crate::sim::recording::Recording;
use crate::sim::time::SimTime;
use crate::sim::trace::{Note, Outcome, Record, nodes};

/// Where two runs part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The moment.
    pub at: SimTime,
    /// What happened in the first run then, or next; none if nothing more did.
    pub a: Option<(SimTime, Record)>,
    /// What happened in the second.
    pub b: Option<(SimTime, Record)>,
}

/// What numbers in records stand for, in both runs.
struct Meaning<'a> {
    a: &'a Recording,
    b: &'a Recording,
    /// All gateways are the same products: rules have the same numbers.
    same_rules: bool,
    /// The first template that is another one.
    same_templates: u32,
}

impl<'a> Meaning<'a> {
    fn new(a: &'a Recording, b: &'a Recording) -> Self {
        let products = |r: &Recording| r.scenario().gateways.iter().map(|g| g.dialect).collect::<Vec<_>>();
        let template = |r: &'a Recording, i| r.log().template_of(TemplateId(i));
        let mut same_templates = 0;
        while template(a, same_templates).is_some()
            && template(a, same_templates) == template(b, same_templates)
        {
            same_templates += 1;
        }
        Self { a, b, same_rules: products(a) == products(b), same_templates }
    }

    fn message(&self, message: Message) -> bool {
        message.template.0 < self.same_templates
    }

    /// True if equal records say the same in both runs.
    fn same(&self, record: Record) -> bool {
        match record {
            Record::Note { note: Note::Change(i), .. } => {
                let change = |r: &'a Recording| r.scenario().timeline.get(i as usize);
                change(self.a) == change(self.b)
            }
            Record::Note { note: Note::FaultActed(i), .. } => {
                let fault = |r: &'a Recording| r.log().faults().get(i as usize);
                fault(self.a) == fault(self.b)
            }
            Record::Note { note: Note::Decided(..), .. } => self.same_rules,
            Record::Note { note: Note::Wrote(message), .. }
            | Record::Close { outcome: Outcome::Answer(message) | Outcome::Broken(message, _), .. } => {
                self.message(message)
            }
            _ => true,
        }
    }
}

/// The first record that differs; none if all that happened is the same. Runs of other nodes part at their start.
pub(super) fn divergence(a: &Recording, b: &Recording) -> Option<Divergence> {
    if nodes(a.scenario()) != nodes(b.scenario()) {
        return Some(Divergence { at: SimTime::ZERO, a: None, b: None });
    }
    let meaning = Meaning::new(a, b);
    let (mut in_a, mut in_b) = (a.log().records(), b.log().records());
    loop {
        let (next_a, next_b) = (in_a.next(), in_b.next());
        match (next_a, next_b) {
            (None, None) => return None,
            (Some(x), Some(y)) if x == y && meaning.same(x.1) => {}
            _ => {
                let at = next_a.into_iter().chain(next_b).map(|(at, _)| at).min().unwrap_or_default();
                return Some(Divergence { at, a: next_a, b: next_b });
            }
        }
    }
}
