//! "What would the others say?" One scenario, once under every dialect.
//!
//! Only the product of one gateway is exchanged. What the scenario configures there is kept where the other product
//! has it, and everything else is that product's own default. What it does not have is not replaced by something
//! like it: it is left out, and said, with what the product offers instead.
//!
//! Every product is one whole run, so this costs as many runs as there are dialects.

use crate::sim::order;
use serde::{Serialize, Serializer};

use super::dialect::{DialectName, Known, Rule, Setting, dialect};
use super::explain::explain_with;
use super::scenario::{Action, GatewaySettings, Scenario, Settings};
use super::simulation::run;
use super::time::{SimDuration, SimTime};
use super::trace::{Failure, Index, NodeId, NodeKind, Note, Outcome, Span, SpanId, SpanKind, Trace};

/// What one product makes of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opinion {
    /// The product.
    pub dialect: DialectName,
    /// Whether its rules were recorded or are known from its documentation alone.
    pub known: Known,
    /// What the scenario configures and the product does not have; the run goes without.
    pub lacks: Vec<Lack>,
    /// What became of every attempt of every client, in the order in which they began.
    pub answers: Vec<Heard>,
}

/// A setting that a product does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lack {
    /// The JSON pointer of the setting.
    pub pointer: String,
    /// Under its neutral name.
    #[serde(serialize_with = "by_field")]
    pub setting: Setting,
    /// Which product lacks it and what it offers instead: "Apache has no such setting; it has …".
    pub instead: String,
}

/// A setting by the name of its field, as scenarios have it.
fn by_field<S: Serializer>(setting: &Setting, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(setting.field())
}

/// How an attempt ended for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// With a whole answer.
    Answered,
    /// With an answer that broke off.
    CutShort,
    /// The connection was closed without an answer.
    Closed,
    /// The connection was reset without an answer.
    Reset,
    /// What came is no HTTP answer.
    Unparsable,
    /// The client stopped waiting.
    GaveUp,
    /// The client got no connection.
    NotConnected,
    /// The documents of the product do not say; the simulator closes the connection.
    NotDocumented,
    /// The run ended before.
    Unfinished,
}

impl Ended {
    /// In a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::CutShort => "cut short",
            Self::Closed => "closed without an answer",
            Self::Reset => "reset without an answer",
            Self::Unparsable => "bytes that are no answer",
            Self::GaveUp => "the client gave up",
            Self::NotConnected => "no connection to the gateway",
            Self::NotDocumented => "not documented",
            Self::Unfinished => "still waiting at the end",
        }
    }
}

/// What a client heard on one attempt, and what the gateway did for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heard {
    /// When the attempt began.
    pub at: SimTime,
    /// The status, if one came.
    pub status: Option<u16>,
    /// How it ended.
    pub ended: Ended,
    /// How long it took.
    pub took: SimDuration,
    /// The gateway's tries at its upstreams while the client was there, in order.
    pub tries: Vec<Turn>,
    /// All that the client read, head and body; empty where nothing came.
    pub sees: String,
    /// What happened, in one sentence.
    pub why: String,
    /// The product's rule that decided last, if one did.
    pub rule: Option<Rule>,
}

/// A gateway's try at one upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// The upstream's name.
    pub upstream: String,
    /// How long the gateway waited after the try before; after the request for the first one.
    pub waited: SimDuration,
    /// How long the try took.
    pub took: SimDuration,
    /// False where no new connection was opened for it.
    pub dialled: bool,
    /// What failed; none for an answer.
    pub failure: Option<Failure>,
}

/// Runs a scenario under every dialect; none if it has no gateway of that name.
pub fn others(scenario: &Scenario, gateway: &str) -> Option<Vec<Opinion>> {
    DialectName::ALL.iter().map(|name| opinion(scenario, gateway, *name)).collect()
}

/// Runs a scenario under one dialect; none if it has no gateway of that name.
pub fn opinion(scenario: &Scenario, gateway: &str, name: DialectName) -> Option<Opinion> {
    let (exchanged, lacks) = exchange(scenario, gateway, name)?;
    let trace = run(&exchanged);
    let node = trace.nodes.iter().position(|n| n.kind == NodeKind::Gateway && n.id == gateway)?;
    let index = Index::new(&trace);
    let answers = trace.of_kind(SpanKind::Attempt).map(|(id, span)| heard(&trace, &index, id, span, node));
    Some(Opinion { dialect: name, known: dialect(name).known(), lacks, answers: answers.collect() })
}

/// The scenario with another product in place of one gateway, and what it configures that the product lacks; none if
/// there is no gateway of that name.
pub fn exchange(scenario: &Scenario, gateway: &str, name: DialectName) -> Option<(Scenario, Vec<Lack>)> {
    let mut scenario = scenario.clone();
    let index = scenario.gateways.iter().position(|g| g.id == gateway)?;
    let mut lacks = Vec::new();
    scenario.gateways[index].dialect = name;
    let settings = &mut scenario.gateways[index].settings;
    leave_out(settings, &format!("/gateways/{index}/settings"), name, &mut lacks);
    for (i, change) in scenario.timeline.iter_mut().enumerate() {
        if let Action::Set { node, to: Settings::Gateway(settings) } = &mut change.action
            && node == gateway
        {
            leave_out(settings, &format!("/timeline/{i}/do/set/to/gateway"), name, &mut lacks);
        }
    }
    Some((scenario, lacks))
}

/// Takes out what a product does not have.
fn leave_out(settings: &mut GatewaySettings, at: &str, name: DialectName, lacks: &mut Vec<Lack>) {
    let product = dialect(name);
    // What is left out may have been what something else needs, so that one pass is not enough.
    while let Some((setting, instead)) = Setting::ALL
        .into_iter()
        .chain(Setting::MORE)
        .filter(|s| s.is_configured(settings))
        .find_map(|s| product.supports(s, settings).err().map(|instead| (s, instead)))
    {
        setting.unset(settings);
        lacks.push(Lack {
            pointer: format!("{at}/{}", setting.field()),
            setting,
            instead: format!("{} has no such setting; {instead}", product.title()),
        });
    }
}

/// What became of one attempt; `gateway` is the index of the node whose tries are told.
pub(crate) fn heard(trace: &Trace, index: &Index<'_>, attempt: SpanId, span: &Span, gateway: usize) -> Heard {
    let message = match span.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => Some(m),
        _ => None,
    };
    let notes = index.notes_below(attempt);
    let decided = notes.iter().rev().find_map(|(_, event)| match event.note {
        Note::Decided(rule, _) if event.at <= span.end => {
            let rules = trace.dialect(trace.span(event.span).node).map(|name| dialect(name).rules())?;
            rules.get(usize::from(rule.0)).copied()
        }
        _ => None,
    });
    let undocumented = decided.is_some_and(|rule| rule.id == Rule::NOT_DOCUMENTED);
    let ended = match span.outcome {
        Outcome::Answer(_) => Ended::Answered,
        Outcome::Open | Outcome::Unfinished | Outcome::Done => Ended::Unfinished,
        Outcome::Failed(failure) | Outcome::Broken(_, failure) if failure.is_the_client_s() => Ended::GaveUp,
        _ if undocumented => Ended::NotDocumented,
        Outcome::Broken(..) => Ended::CutShort,
        Outcome::Failed(Failure::Reset) => Ended::Reset,
        Outcome::Failed(Failure::Unparsable | Failure::InvalidHead(_)) => Ended::Unparsable,
        Outcome::Failed(Failure::Closed) => Ended::Closed,
        Outcome::Failed(_) => Ended::NotConnected,
    };
    Heard {
        at: span.start,
        status: message.and_then(|m| trace.status(m)),
        ended,
        took: length(span),
        tries: turns(trace, index, attempt, gateway),
        sees: message.map(|m| trace.render(m)).unwrap_or_default(),
        why: explain_with(trace, index, attempt).summary,
        rule: decided,
    }
}

/// The tries of one gateway for an attempt, as long as its client was there.
fn turns(trace: &Trace, index: &Index<'_>, attempt: SpanId, gateway: usize) -> Vec<Turn> {
    let mut tries: Vec<SpanId> = index.below(attempt);
    tries.retain(|id| {
        let t = trace.span(*id);
        t.kind == SpanKind::Try && usize::from(t.node.0) == gateway && t.start <= trace.span(attempt).end
    });
    order::sort(&mut tries);
    let mut before = None;
    let turn = |id| {
        let t = trace.span(id);
        let since = before.replace(t.end).unwrap_or_else(|| trace.span(t.parent).start);
        let never = matches!(
            t.outcome,
            Outcome::Failed(Failure::NameNotResolved | Failure::Unreachable | Failure::HeldDown)
        );
        Turn {
            upstream: trace.node(NodeId(t.detail as u16)).id.clone(),
            waited: t.start.since(since),
            took: length(t),
            dialled: !never && index.notes(id).all(|(_, e)| e.note != Note::Reused),
            failure: match t.outcome {
                Outcome::Failed(failure) | Outcome::Broken(_, failure) => Some(failure),
                _ => None,
            },
        }
    };
    tries.into_iter().map(turn).collect()
}

/// How long a span took; nothing while it is open.
fn length(span: &Span) -> SimDuration {
    if span.end == SimTime::NEVER { SimDuration::ZERO } else { span.end.since(span.start) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(settings: &str) -> Scenario {
        Scenario::from_json(&format!(
            r#"{{"gateways": [{{"link": {{"latency": "0s"}}, "settings": {settings}}}],
                "origins": [{{"link": {{"latency": "0s"}}, "faults": [{{"process_down": {{}}}}]}}],
                "timeline": [{{"at": "0s", "do": {{"send": {{"client": "client", "request": {{}}}}}}}}]}}"#
        ))
        .expect("a scenario")
    }

    /// Status, tries, connections and whole seconds, of the one request.
    fn said(opinions: &[Opinion], name: DialectName) -> (Option<u16>, usize, usize, u64) {
        let opinion = opinions.iter().find(|o| o.dialect == name).expect("every dialect has an opinion");
        let [heard] = opinion.answers.as_slice() else { unreachable!("one request: {opinion:#?}") };
        let dialled = heard.tries.iter().filter(|t| t.dialled).count();
        (heard.status, heard.tries.len(), dialled, heard.took.as_millis() / 1_000)
    }

    #[test]
    fn a_refused_connection_is_what_each_product_was_recorded_to_make_of_it() {
        let opinions = others(&scenario("{}"), "gateway").expect("there is a gateway");
        assert_eq!(opinions.len(), DialectName::ALL.len());
        assert_eq!(said(&opinions, DialectName::Nginx), (Some(502), 1, 1, 0));
        assert_eq!(said(&opinions, DialectName::Haproxy), (Some(503), 4, 4, 3));
        assert_eq!(said(&opinions, DialectName::Envoy), (Some(503), 1, 1, 0));
        assert_eq!(said(&opinions, DialectName::Apache), (Some(503), 1, 1, 0));
        assert_eq!(said(&opinions, DialectName::Varnish), (Some(503), 1, 1, 0));
        let haproxy = &opinions.iter().find(|o| o.dialect == DialectName::Haproxy).expect("it").answers[0];
        let waits: Vec<u64> = haproxy.tries.iter().map(|t| t.waited.as_millis()).collect();
        assert_eq!(waits, [0, 1_000, 1_000, 1_000], "a second before each try after the first");
        assert!(haproxy.sees.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{}", haproxy.sees);
        assert!(haproxy.tries.iter().all(|t| t.upstream == "A" && t.failure == Some(Failure::Refused)));
    }

    #[test]
    fn what_a_product_lacks_is_said_and_left_out_and_what_it_has_is_kept() {
        let trip = r#"{"connect_timeout": "1s", "max_fails": 3, "fail_timeout": "5s"}"#;
        let apache = opinion(&scenario(trip), "gateway", DialectName::Apache).expect("there is a gateway");
        let pointers: Vec<_> = apache.lacks.iter().map(|l| l.pointer.as_str()).collect();
        assert_eq!(pointers, ["/gateways/0/settings/max_fails", "/gateways/0/settings/fail_timeout"]);
        assert!(
            apache.lacks[0].instead.starts_with("Apache has no such setting; it has the error_state"),
            "{:?}",
            apache.lacks[0]
        );
        let (kept, _) = exchange(&scenario(trip), "gateway", DialectName::Apache).expect("a gateway");
        assert_eq!(kept.gateways[0].settings.connect_timeout, Some(SimDuration::from_secs(1)));
        assert_eq!(kept.gateways[0].settings.max_fails, None);
        assert_eq!(kept.check(), Ok(()), "what is left is valid");
        let json = serde_json::to_value(&apache.lacks[0]).expect("plain data");
        assert_eq!(json["setting"], "max_fails");
        let nginx = opinion(&scenario(trip), "gateway", DialectName::Nginx).expect("there is a gateway");
        assert_eq!(nginx.lacks, []);
    }

    #[test]
    fn settings_that_change_later_are_exchanged_as_well() {
        let mut scenario = scenario("{}");
        let later = GatewaySettings { max_fails: Some(2), ..GatewaySettings::default() };
        scenario.timeline.push(super::super::scenario::Change {
            at: SimTime::from_secs(1),
            action: Action::Set { node: "gateway".into(), to: Settings::Gateway(Box::new(later)) },
        });
        let (exchanged, lacks) = exchange(&scenario, "gateway", DialectName::Varnish).expect("a gateway");
        assert_eq!(lacks[0].pointer, "/timeline/1/do/set/to/gateway/max_fails");
        assert_eq!(exchanged.check(), Ok(()));
    }

    #[test]
    fn without_such_a_gateway_there_is_nothing_to_say() {
        assert_eq!(others(&scenario("{}"), "origin"), None);
    }
}
