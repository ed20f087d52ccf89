//! nginx's `proxy_next_upstream`, which has conditions and limits and no wait.
//!
//! Source: nginx 1.29, `ngx_http_proxy_module`: `proxy_next_upstream`, `_tries`, `_timeout`. Each server is asked once
//! for a request.

use super::gaps::{self, seconds};
use super::{Code, beyond_a_loop, finish, numbers, obeys};
use crate::sim::client::{ConnectionErrors, DeadlineRule, Delay, Policy, Repeat};
use crate::sim::message::Method;

/// The statuses that it has a condition for.
const STATUSES: [u16; 7] = [403, 404, 429, 500, 502, 503, 504];

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = missing(policy);
    let mut on = conditions(&policy.connection_errors, &mut missing);
    on.extend(policy.statuses.iter().filter(|s| STATUSES.contains(s)).map(|s| format!("http_{s}")));
    let unsafe_methods = policy.methods.contains(&Method::Post) || policy.methods.contains(&Method::Patch);
    if gaps::retries(policy) == 0 || on.is_empty() || policy.methods.is_empty() {
        on = vec!["off".to_owned()];
    } else if unsafe_methods {
        on.push("non_idempotent".to_owned());
    }
    let servers = policy.attempts.unwrap_or(3).clamp(1, 10);
    let mut lines = vec!["upstream origin {".to_owned()];
    lines.push(format!(
        "    # As many servers as attempts: each is asked once{}.",
        if servers == 1 { "" } else { " for a request" }
    ));
    for n in 1..=servers {
        lines.push(format!("    server 127.0.0.{n}:8080 max_fails=0;"));
    }
    lines.extend(
        [
            "}",
            "",
            "server {",
            "    listen 8000;",
            "",
            "    location / {",
            "        proxy_pass http://origin;",
        ]
        .map(str::to_owned),
    );
    let mut line = |text: String| lines.push(format!("        {text};"));
    line(format!("proxy_next_upstream {}", on.join(" ")));
    line(format!("proxy_next_upstream_tries {}", policy.attempts.unwrap_or(0)));
    if let Some(deadline) = policy.deadline {
        line(format!("proxy_next_upstream_timeout {}", time(deadline)));
    }
    if let Some(limit) = policy.attempt_timeout {
        line(format!("proxy_connect_timeout {}", time(limit)));
        line(format!("proxy_read_timeout {}", time(limit)));
    }
    lines.extend(["    }", "}", ""].map(str::to_owned));
    finish("#", missing, &lines.join("\n"))
}

/// A duration of whole milliseconds, as nginx reads them.
fn time(time: crate::sim::time::SimDuration) -> String {
    if time.as_nanos().is_multiple_of(1_000_000_000) {
        seconds(time)
    } else {
        format!("{}ms", time.as_millis().max(1))
    }
}

fn missing(policy: &Policy) -> Vec<String> {
    let mut missing = beyond_a_loop(policy);
    gaps::without_kinds(policy, &mut missing);
    // They are parts of a wait or of a client, and nginx has none of them.
    missing.retain(|what| {
        !["Counting", "Spreading", "Cutting", "Sending"].iter().any(|start| what.starts_with(start))
    });
    let mut add = |there: bool, what: String| {
        if there {
            missing.push(what);
        }
    };
    add(policy.delay != Delay::None, "The waits: nginx asks the next server at once.".to_owned());
    add(obeys(policy), "Retry-After: nginx does not look at it.".to_owned());
    let others: Vec<u16> = policy.statuses.iter().copied().filter(|s| !STATUSES.contains(s)).collect();
    let named = if others.len() > 12 { format!("{} of them", others.len()) } else { numbers(&others) };
    add(!others.is_empty(), format!("Statuses that nginx has no condition for: {named}."));
    let idempotent = Method::ALL.iter().filter(|m| !matches!(m, Method::Post | Method::Patch));
    let some = idempotent.clone().any(|m| !policy.methods.contains(m)) && !policy.methods.is_empty();
    add(some, "The list of methods: nginx repeats all idempotent ones.".to_owned());
    let one = policy.methods.contains(&Method::Post) != policy.methods.contains(&Method::Patch);
    add(one, "POST and PATCH apart: nginx repeats both or none.".to_owned());
    add(
        policy.deadline.is_some() && policy.deadline_rule != DeadlineRule::NoWaitAfter,
        "The deadline as it stands: nginx lets an attempt end that began before it.".to_owned(),
    );
    add(
        policy.attempt_timeout.is_some(),
        "A limit for a whole attempt: nginx's are one for the connection and one between two reads."
            .to_owned(),
    );
    let servers = policy.attempts.is_none_or(|most| most > 10);
    add(servers, "As many servers as attempts: some stand here, add yours.".to_owned());
    missing
}

/// `error` and `timeout`, and what they do otherwise.
fn conditions(errors: &ConnectionErrors, missing: &mut Vec<String>) -> Vec<String> {
    let error = [errors.refused, errors.unreachable, errors.closed, errors.reset];
    let timeout = [errors.connect_timeout, errors.attempt_timeout];
    let mut on = Vec::new();
    let mut mixed = false;
    for (name, kinds) in
        [("error", &error[..]), ("timeout", &timeout[..]), ("invalid_header", &[errors.unparsable][..])]
    {
        let some = kinds.iter().any(|kind| *kind != Repeat::Never);
        mixed |= some && kinds.contains(&Repeat::Never);
        if some {
            on.push(name.to_owned());
        }
    }
    if mixed {
        missing.push(
            "Failures of the network one by one: nginx has `error`, `timeout` and `invalid_header`."
                .to_owned(),
        );
    }
    if errors.truncated != Repeat::Never {
        missing.push("Answers that break off in their body: nginx has begun to pass them on.".to_owned());
    }
    on
}
