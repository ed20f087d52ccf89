//! The order of a form: a section for each node, and headings within it.

use std::collections::{BTreeMap, BTreeSet};

use super::Field;
use crate::sim::dialect::dialect;
use crate::sim::scenario::{DependencyKind, Scenario};
use crate::sim::trace::NodeKind;
use crate::view::names;

/// The settings of a node, or of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The node's name; empty for the run.
    pub node: String,
    /// What the node is; none for the run.
    pub kind: Option<NodeKind>,
    /// What stands above it.
    pub title: String,
    /// Its name in a row of all.
    pub short: String,
    /// It may be taken away.
    pub can_go: bool,
    /// Its settings under headings.
    pub headings: Vec<Heading>,
}

/// Some settings that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// What stands above them.
    pub title: &'static str,
    /// True for those that most people want.
    pub is_first: bool,
    /// The pointers of their fields.
    pub fields: Vec<String>,
}

/// A heading with the fields below it, as pointers from the node on; a star stands for whatever is left.
type Plan = &'static [(&'static str, bool, &'static [&'static str])];

const CLIENT: Plan = &[
    ("Name", false, &["id"]),
    (
        "Attempts",
        false,
        &[
            "policy/attempts",
            "policy/attempts_with_body",
            "policy/methods",
            "policy/statuses",
            "policy/connection_errors",
            "policy/resend",
        ],
    ),
    (
        "Waits",
        false,
        &["policy/delay", "policy/first_retry_at_once", "policy/retry_after", "policy/slow_down"],
    ),
    (
        "Timeouts",
        false,
        &["policy/attempt_timeout", "policy/deadline", "policy/deadline_rule", "policy/patience"],
    ),
    (
        "Limits of retries",
        false,
        &[
            "policy/budget",
            "policy/breaker",
            "policy/throttle",
            "policy/rate_limit",
            "policy/hedge",
            "policy/*",
        ],
    ),
    ("Traffic", false, &["traffic"]),
    ("Connections", false, &["keep_alive", "*"]),
];

const GATEWAY: Plan = &[
    ("Product", true, &["dialect"]),
    (
        "Timeouts",
        true,
        &[
            "settings/connect_timeout",
            "settings/read_timeout",
            "settings/send_timeout",
            "settings/body_timeout",
            "settings/request_timeout",
        ],
    ),
    (
        "Retry",
        true,
        &[
            "settings/next_upstream",
            "settings/next_upstream_tries",
            "settings/next_upstream_timeout",
            "settings/retry",
        ],
    ),
    (
        "Upstreams and health",
        true,
        &[
            "settings/max_fails",
            "settings/fail_timeout",
            "settings/passive_health",
            "settings/balance",
            "settings/upstreams",
            "settings/panic_threshold",
            "settings/health_check",
        ],
    ),
    ("Limits", false, &["settings/limits", "settings/rate_limit", "settings/body_limit"]),
    ("Circuit breaker", false, &["settings/breaker"]),
    ("Cache", false, &["settings/cache"]),
    ("Connections", false, &["settings/keep_alive", "settings/upstream_keep_alive"]),
    (
        "Answers",
        true,
        &["settings/header_limit", "settings/maintenance", "settings/response_buffering", "settings/*"],
    ),
    ("Name and network in front", false, &["id", "link", "*"]),
];

const ORIGIN: Plan = &[
    ("Name and application", false, &["id", "app", "settings/updates", "settings/idempotency_keys"]),
    (
        "Size and speed",
        true,
        &[
            "settings/workers",
            "settings/queue",
            "settings/service_time",
            "settings/report_service_time",
            "settings/execution",
        ],
    ),
    (
        "Queue",
        false,
        &[
            "settings/accepts",
            "settings/backlog",
            "settings/discipline",
            "settings/queue_timeout",
            "settings/shedding",
            "settings/caller_left",
        ],
    ),
    ("Start and restart", false, &["settings/start_time", "settings/warm_up", "settings/restart"]),
    (
        "What it asks",
        false,
        &[
            "settings/pool",
            "settings/query_timeout",
            "settings/call_timeout",
            "settings/on_query_failure",
            "settings/on_call_failure",
        ],
    ),
    ("Connections", false, &["settings/keep_alive", "settings/*"]),
    ("Network in front", false, &["link"]),
    ("Broken from the start", false, &["faults", "*"]),
];

const DEPENDENCY: Plan = &[
    ("Name and kind", false, &["id", "kind"]),
    (
        "Size and speed",
        false,
        &[
            "settings/connections",
            "settings/max_connections",
            "settings/query_time",
            "settings/report_time",
            "settings/slowdown",
            "settings/lock_timeout",
            "settings/*",
        ],
    ),
    ("Network in front", false, &["link"]),
    ("Broken from the start", false, &["faults", "*"]),
];

const RUN: Plan = &[("The run", false, &["name", "description", "seed", "horizon", "epoch"])];

/// The sections of a scenario; the gateways first, since most questions are theirs.
pub(super) fn sections(scenario: &Scenario, fields: &BTreeMap<String, Field>) -> Vec<Section> {
    let mut all = Vec::new();
    let mut add = |list: &str, place: usize, id: &str, kind, title: String, can_go, plan| {
        let headings = headings(fields, &format!("/{list}/{place}"), plan);
        let short = if kind == NodeKind::Gateway { title.clone() } else { id.to_owned() };
        all.push(Section { node: id.to_owned(), kind: Some(kind), title, short, can_go, headings });
    };
    let several = scenario.gateways.len() > 1;
    for (i, g) in scenario.gateways.iter().enumerate() {
        let product = dialect(g.dialect).title();
        let title = if several { format!("{product} ({})", g.id) } else { product.to_owned() };
        add("gateways", i, &g.id, NodeKind::Gateway, title, several, GATEWAY);
    }
    let several = scenario.clients.len() > 1;
    for (i, c) in scenario.clients.iter().enumerate() {
        let title = names::title(NodeKind::Client, &c.id);
        add("clients", i, &c.id, NodeKind::Client, title, several, CLIENT);
    }
    let several = scenario.origins.len() > 1;
    for (i, o) in scenario.origins.iter().enumerate() {
        let title = names::title(NodeKind::Origin, &o.id);
        add("origins", i, &o.id, NodeKind::Origin, title, several, ORIGIN);
    }
    for (i, d) in scenario.dependencies.iter().enumerate() {
        let title = names::title(NodeKind::Dependency, &d.id);
        let kind = match d.kind {
            DependencyKind::Database => "database",
            DependencyKind::Api => "API of a third party",
        };
        let title = if title.eq_ignore_ascii_case(kind) { title } else { format!("{title} ({kind})") };
        add("dependencies", i, &d.id, NodeKind::Dependency, title, true, DEPENDENCY);
    }
    let headings = headings(fields, "", RUN);
    let title = "The run".to_owned();
    all.push(Section {
        node: String::new(),
        kind: None,
        short: title.clone(),
        title,
        can_go: false,
        headings,
    });
    all
}

fn headings(fields: &BTreeMap<String, Field>, node: &str, plan: Plan) -> Vec<Heading> {
    let named: BTreeSet<String> =
        plan.iter().flat_map(|(.., names)| *names).map(|name| format!("{node}/{name}")).collect();
    // A policy and settings are no field of their own: theirs stand under the headings.
    let is_split = |pointer: &str| pointer.ends_with("/policy") || pointer.ends_with("/settings");
    let left = |group: &str| -> Vec<String> {
        let children = fields.get(group).map(|field| field.children.clone()).unwrap_or_default();
        children.into_iter().filter(|child| !named.contains(child) && !is_split(child)).collect()
    };
    let heading = |(title, is_first, names): &(&'static str, bool, &'static [&'static str])| {
        let of = |name: &&str| match name.strip_suffix('*') {
            Some(group) => left(format!("{node}/{group}").trim_end_matches('/')),
            None => vec![format!("{node}/{name}")],
        };
        let fields = names.iter().flat_map(of).filter(|name| fields.contains_key(name)).collect();
        Heading { title, is_first: *is_first, fields }
    };
    plan.iter().map(heading).collect()
}
