//! "What would others say?" The same run through other gateways, and what each makes of one attempt.
//!
//! Each product is a run of its own, so they are run one after the other and piece by piece, and none of them further
//! than to the end of the attempt.

use crate::sim::Simulation;
use crate::sim::dialect::{DialectName, Known, dialect};
use crate::sim::explain::{LinkKind, explain_with};
use crate::sim::order;
use crate::sim::others::{self, Ended, Lack};
use crate::sim::scenario::Scenario;
use crate::sim::time::SimDuration;
use crate::sim::trace::{Index, NodeKind, Outcome, SpanId, SpanKind, Trace};

use super::form::Refusal;
use super::mark::{self, Mark};
use super::run::{Attempt, AttemptKey, Run};
use super::{conditions, format};

/// How many events a run through another gateway has at the most; what comes later is not looked for.
const MOST_EVENTS: u64 = 200_000;
/// How much of an answer's text is told.
const MOST_TEXT: usize = 80;

/// What a gateway makes of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// The product.
    pub name: DialectName,
    /// Its name.
    pub title: &'static str,
    /// How its rules are known: "recorded November 2026".
    pub source: &'static str,
    /// True if it was recorded; the others are known from documents alone.
    pub recorded: bool,
    /// How the answer is drawn.
    pub mark: Mark,
    /// The code, or words in its place.
    pub code: String,
    /// How long it took: `2.0 s`.
    pub took: String,
    /// False where its documents do not say what it does.
    pub told: bool,
    /// What the client reads or why there is nothing to read, in a line.
    pub line: String,
    /// What of the settings it lacks.
    pub lacks: String,
}

/// The products in the order of the picker: recorded ones, what the standard recommends, documented ones.
pub fn order() -> impl Iterator<Item = DialectName> {
    let documented = DialectName::ALL.iter().copied().filter(|name| !is_recorded(*name));
    DialectName::recorded()
        .chain([DialectName::Rfc9209])
        .chain(documented.filter(|name| *name != DialectName::Rfc9209))
}

/// True for products that were recorded.
pub fn is_recorded(name: DialectName) -> bool {
    name != DialectName::Rfc9209 && dialect(name).known() == Known::Recorded
}

/// What a product is called in the row and the picker.
pub fn title(name: DialectName) -> &'static str {
    if name == DialectName::Rfc9209 { "RFC 9209" } else { dialect(name).title() }
}

/// The gateway whose answer an attempt got: the one that answered, else the first.
pub fn gateway_of(run: &Run, attempt: &Attempt) -> Option<String> {
    let explanation = run.explanation(attempt);
    let chain = explanation.as_ref().map(|e| e.chain.as_slice()).unwrap_or_default();
    let answered = chain.iter().rev().filter(|l| l.kind == LinkKind::Answer).find_map(|l| l.node);
    let answered = answered.map(|id| run.trace.node(id)).filter(|n| n.kind == NodeKind::Gateway);
    let first = || run.trace.nodes.iter().find(|n| n.kind == NodeKind::Gateway);
    answered.or_else(first).map(|n| n.id.clone())
}

/// What the gateway that is there makes of an attempt.
pub fn own(run: &Run, attempt: &Attempt, gateway: &str) -> Option<Opinion> {
    let name = run.trace.scenario.gateways.iter().find(|g| g.id == gateway)?.dialect;
    Some(opinion(&run.trace, attempt.span, gateway, name, &[]))
}

/// The scenario with another product in place of a gateway, and which of its settings that lacks.
///
/// # Errors
/// If there is no such gateway, or the scenario would not be one that can be run.
pub fn through(scenario: &Scenario, gateway: &str, name: DialectName) -> Result<(Scenario, String), Refusal> {
    let (next, lacks) = others::exchange(scenario, gateway, name)
        .ok_or_else(|| Refusal(format!("There is no gateway {gateway:?}.")))?;
    next.check()?;
    Ok((next, lacking(name, &lacks)))
}

fn lacking(name: DialectName, lacks: &[Lack]) -> String {
    let mut names: Vec<&str> = lacks.iter().map(|l| l.setting.field()).collect();
    order::sort(&mut names);
    names.dedup();
    if names.is_empty() {
        return String::new();
    }
    format!("Left out, since {} has no such settings: {}.", dialect(name).title(), names.join(", "))
}

/// The run through another gateway, on its way to an attempt's end.
pub struct Inquiry {
    name: DialectName,
    gateway: String,
    simulation: Simulation<Trace>,
    lacks: Vec<Lack>,
    wanted: AttemptKey,
    /// Spans that were looked at.
    seen: usize,
    /// Calls of the wanted change that were seen.
    calls: u32,
    call: Option<SpanId>,
    /// The last attempt of the call, up to the wanted one.
    attempt: Option<SpanId>,
}

impl Inquiry {
    /// Begins the run; none if there is no gateway of that name, or it cannot be that product.
    pub fn new(scenario: &Scenario, gateway: &str, name: DialectName, wanted: AttemptKey) -> Option<Self> {
        let (scenario, lacks) = others::exchange(scenario, gateway, name)?;
        scenario.check().ok()?;
        let mut simulation = Simulation::new(&scenario, Trace::new(&scenario));
        simulation.limit_events(MOST_EVENTS);
        Some(Self {
            name,
            gateway: gateway.to_owned(),
            simulation,
            lacks,
            wanted,
            seen: 0,
            calls: 0,
            call: None,
            attempt: None,
        })
    }

    /// Goes on for so many events; true once the attempt has ended, or nothing more comes.
    pub fn advance(&mut self, events: u32) -> bool {
        for _ in 0..events {
            if self.simulation.step().is_none() {
                self.look();
                return true;
            }
        }
        self.look()
    }

    /// Looks through the spans that are new; true if the attempt has ended.
    fn look(&mut self) -> bool {
        let trace = self.simulation.observer();
        for (i, span) in trace.spans.iter().enumerate().skip(self.seen) {
            let id = SpanId(i as u32);
            match span.kind {
                SpanKind::Call if span.detail == self.wanted.call.change => {
                    if self.calls == self.wanted.call.nth {
                        self.call = Some(id);
                    }
                    self.calls += 1;
                }
                SpanKind::Attempt if self.call == Some(span.parent) && span.detail <= self.wanted.number => {
                    self.attempt = Some(id);
                }
                _ => {}
            }
        }
        self.seen = trace.spans.len();
        let ended = |id: Option<SpanId>| id.is_some_and(|id| trace.span(id).outcome != Outcome::Open);
        let wanted = self.attempt.is_some_and(|id| trace.span(id).detail == self.wanted.number);
        ended(self.call) || (wanted && ended(self.attempt))
    }

    /// What the product makes of the attempt; none if it never began within what was run.
    pub fn opinion(self) -> Option<Opinion> {
        let attempt = self.attempt?;
        let trace = self.simulation.into_observer();
        Some(opinion(&trace, attempt, &self.gateway, self.name, &self.lacks))
    }
}

fn opinion(trace: &Trace, attempt: SpanId, gateway: &str, name: DialectName, lacks: &[Lack]) -> Opinion {
    let index = Index::new(trace);
    let node = trace.nodes.iter().position(|n| n.kind == NodeKind::Gateway && n.id == gateway);
    let heard = others::heard(trace, &index, attempt, trace.span(attempt), node.unwrap_or_default());
    let timer = explain_with(trace, &index, attempt).timer;
    let told = heard.ended != Ended::NotDocumented;
    let product = dialect(name);
    let number = trace.span(attempt).detail;
    let (code, line) = match heard.ended {
        Ended::Answered | Ended::CutShort => {
            let text = first_text(&heard.sees);
            let cut = if heard.ended == Ended::CutShort { ", cut short" } else { "" };
            (mark::label(heard.status), format!("{text}{cut}"))
        }
        ended => ((if told { "none" } else { "?" }).to_owned(), ended.words().to_owned()),
    };
    Opinion {
        name,
        title: title(name),
        source: product.provenance(),
        recorded: is_recorded(name),
        mark: Mark::of(heard.status, timer),
        code,
        took: if told { short(heard.took) } else { String::new() },
        told,
        line: if number > 1 { format!("attempt {number}: {line}") } else { line },
        lacks: lacking(name, lacks),
    }
}

/// The first words of an answer's body, without tags; its status line where it has no body.
fn first_text(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut in_tag = false;
    let text: String = body
        .chars()
        .filter_map(|c| match c {
            '<' => {
                in_tag = true;
                Some('\n')
            }
            '>' if in_tag => {
                in_tag = false;
                None
            }
            _ if in_tag => None,
            c => Some(c),
        })
        .collect();
    let line = text.lines().map(str::trim).find(|l| !l.is_empty());
    let line = line.or_else(|| head.lines().next()).unwrap_or_default();
    if line.chars().count() > MOST_TEXT {
        line.chars().take(MOST_TEXT).chain(['…']).collect()
    } else {
        line.to_owned()
    }
}

/// A duration for a narrow cell; the inspector has it whole.
fn short(duration: SimDuration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    if duration.as_millis() < 100 {
        format::duration(duration)
    } else {
        format!("{}.{} s", tenths / 10, tenths % 10)
    }
}

/// True if two opinions tell the client something else.
pub fn differs(one: &Opinion, other: &Opinion) -> bool {
    one.code != other.code || one.mark.kind != other.mark.kind
}

/// What a cell says to those who hear it or point at it.
pub fn words(opinion: &Opinion) -> String {
    let Opinion { title, code, took, line, lacks, source, .. } = opinion;
    let answer = match opinion.told {
        true => format!("{title}: {code} after {took}"),
        false => format!("{title}: not documented"),
    };
    let timer = if opinion.mark.timer { " A timer decided." } else { "" };
    let lacks = if lacks.is_empty() { String::new() } else { format!(" {lacks}") };
    format!("{answer}. {line}.{timer} {source}.{lacks}").replace("..", ".")
}

/// The sentence below the cells.
pub fn sentence(opinions: &[Opinion], run: &Run, attempt: &Attempt) -> String {
    let broken = !conditions::faults(&run.trace.scenario, attempt.end).is_empty();
    let what = if broken { "Same fault" } else { "Same request" };
    let recorded: Vec<&Opinion> = opinions.iter().filter(|o| o.recorded).collect();
    let mut sentence = match recorded.split_first() {
        Some((first, rest)) if rest.iter().all(|o| o.took == first.took) => {
            format!("{what}, same {}, as recorded.", first.took)
        }
        _ => format!("{what}, as recorded."),
    };
    if opinions.iter().any(|o| o.mark.timer) {
        sentence.push_str(" Hatched or an hourglass: a timer decided, whatever the number says.");
    }
    if let Some(advice) = opinions.iter().find(|o| o.name == DialectName::Rfc9209 && o.told) {
        sentence.push_str(&format!(" RFC 9209 recommends {}.", advice.code));
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::sent;

    fn ask(run: &Run, name: DialectName, wanted: AttemptKey) -> Opinion {
        let mut inquiry = Inquiry::new(&run.trace.scenario, "gateway", name, wanted).expect("a gateway");
        while !inquiry.advance(10) {}
        inquiry.opinion().expect("the attempt is made")
    }

    #[test]
    fn the_first_visit_s_answer_is_what_each_product_was_recorded_to_say() {
        let run = sent();
        let first = &run.attempts[0];
        let nginx = own(&run, first, "gateway").expect("a gateway");
        assert_eq!(
            (nginx.code.as_str(), nginx.took.as_str(), nginx.line.as_str()),
            ("504", "2.0 s", "504 Gateway Time-out")
        );
        let mut all = vec![nginx.clone()];
        for name in order().filter(|n| *n != DialectName::Nginx) {
            all.push(ask(&run, name, first.key));
        }
        let codes: Vec<(&str, &str)> = all.iter().take(7).map(|o| (o.title, o.code.as_str())).collect();
        assert_eq!(
            codes,
            [
                ("nginx", "504"),
                ("HAProxy", "504"),
                ("Apache", "502"),
                ("Envoy", "504"),
                ("Caddy", "504"),
                ("Traefik", "504"),
                ("Varnish", "503")
            ]
        );
        let apache = &all[2];
        assert!(differs(apache, &nginx) && apache.mark.hatched(), "{apache:?}");
        assert!(words(apache).starts_with("Apache: 502 after 2.0 s."), "{}", words(apache));
        let said = sentence(&all, &run, first);
        assert!(said.starts_with("Same fault, same 2.0 s, as recorded."), "{said}");
        assert!(said.ends_with("RFC 9209 recommends 504."), "{said}");
        assert_eq!(gateway_of(&run, first).as_deref(), Some("gateway"));
    }

    #[test]
    fn an_attempt_that_another_gateway_s_client_does_not_make_is_told_by_its_last_one() {
        let run = sent();
        let last = run.attempts.last().expect("attempts").key;
        assert!(last.number > 1);
        let said = ask(&run, DialectName::Envoy, last);
        assert!(said.line.starts_with("attempt ") || said.code == "201", "{said:?}");
    }

    #[test]
    fn choosing_a_product_keeps_what_it_has_and_says_what_it_lacks() {
        let scenario = sent().trace.scenario;
        let (next, _) = through(&scenario, "gateway", DialectName::Haproxy).expect("valid");
        assert_eq!(next.gateways[0].dialect, DialectName::Haproxy);
        assert_eq!(next.timeline.len(), scenario.timeline.len());
        assert!(through(&scenario, "nowhere", DialectName::Haproxy).is_err());
    }

    #[test]
    fn the_first_text_of_a_body_is_what_a_person_reads() {
        assert_eq!(
            first_text("HTTP/1.1 504 X\r\n\r\n<html>\r\n<head><title>504 Gateway</title>"),
            "504 Gateway"
        );
        assert_eq!(first_text("HTTP/1.1 502 Bad Gateway\r\nA: b\r\n\r\n"), "HTTP/1.1 502 Bad Gateway");
        assert_eq!(first_text("HTTP/1.1 503 X\r\n\r\nupstream connect error"), "upstream connect error");
        assert!(first_text(&format!("H\r\n\r\n{}", "x".repeat(200))).ends_with('…'));
    }
}
