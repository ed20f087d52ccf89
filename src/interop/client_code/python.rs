//! A loop around `requests`.

use super::{
    Code, Tongue, base, beyond_a_loop, combined, condition, every_method, finish, obeys, on_errors, pattern,
    quoted, remembers_curve, remembers_wait, wait,
};
use crate::sim::client::{DeadlineRule, Fraction, Malformed, OverCap, Policy};

const TONGUE: Tongue = Tongue {
    time: |t| format!("{}", t.as_secs_f64()),
    number: |n| format!("{n}"),
    power: |base, exponent| format!("{base} ** ({exponent})"),
    least: |a, b| format!("min({a}, {b})"),
    most: |a, b| format!("max({a}, {b})"),
    tanh_sqrt: |x| format!("math.tanh(math.sqrt(4 * {x}))"),
    retry: "retry",
    random: "random.random()",
    item: |items| format!("[{}][min(retry, {}) - 1]", items.join(", "), items.len()),
};

const READ_DATE: &str = "def until(date):
    return parsedate_to_datetime(date).timestamp() - time.time()
";

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    let (errors, any_method) = on_errors(policy);
    let obey = &policy.retry_after;
    let mut out = String::new();
    let mut line = |indent: usize, text: &str| out.push_str(&format!("{}{text}\n", "    ".repeat(indent)));
    for module in ["math", "random", "re", "time"] {
        let used = match module {
            "math" => remembers_curve(&policy.delay),
            "random" => policy.delay.is_random(),
            "re" => obeys(policy) && obey.seconds,
            _ => true,
        };
        if used {
            line(0, &format!("import {module}"));
        }
    }
    if obeys(policy) && obey.date {
        line(0, "from email.utils import parsedate_to_datetime");
    }
    line(0, "");
    line(0, "import requests");
    line(0, "");
    line(0, "");
    let again = condition(
        &policy.statuses,
        |f| format!("{f} <= status < {}", f + 100),
        |l| format!("status in [{l}]"),
        " or ",
    );
    line(0, "def again(status):");
    line(1, &format!("return {again}"));
    line(0, "");
    line(0, "");
    if obeys(policy) && obey.date {
        READ_DATE.lines().for_each(|text| line(0, text));
        line(0, "");
        line(0, "");
    }
    line(0, "def request(method, url, **options):");
    let methods = if every_method(policy) {
        "True".to_owned()
    } else {
        format!("method.upper() in [{}]", quoted(&policy.methods))
    };
    line(1, &format!("repeatable = {methods}"));
    if policy.deadline.is_some() {
        line(1, "started = time.monotonic()");
    }
    if remembers_wait(&policy.delay) {
        line(1, &format!("last = {}", (TONGUE.time)(base(&policy.delay))));
    }
    if remembers_curve(&policy.delay) {
        line(1, "reached = 0");
    }
    if let Some(limit) = policy.attempt_timeout {
        missing.push("A limit for a whole attempt: requests' timeout is one for each read.".to_owned());
        line(1, &format!("options.setdefault(\"timeout\", {})", (TONGUE.time)(limit)));
    }
    line(1, "retry = 0");
    line(1, "while True:");
    line(2, "retry += 1");
    line(2, "response = error = None");
    line(2, "try:");
    line(3, "response = requests.request(method, url, **options)");
    line(2, "except requests.RequestException as failure:");
    line(3, "error = failure");
    line(0, "");
    line(2, "def end():");
    line(3, "if error is not None:");
    line(4, "raise error");
    line(3, "return response");
    line(0, "");
    if !errors {
        line(2, "if error is not None:");
        line(3, "return end()");
    }
    let covered = obey.statuses.as_ref().map(|s| {
        let status = "response.status_code";
        condition(s, |f| format!("{f} <= {status} < {}", f + 100), |l| format!("{status} in [{l}]"), " or ")
    });
    let asks = covered.clone().map_or(String::new(), |c| format!("({c}) and "));
    if obey.repeats && obeys(policy) {
        line(2, &format!("told = response is not None and {asks}\"Retry-After\" in response.headers"));
        line(2, "if response is not None and not again(response.status_code) and not told:");
    } else {
        line(2, "if response is not None and not again(response.status_code):");
    }
    line(3, "return response");
    line(2, if any_method && errors { "if not repeatable and error is None:" } else { "if not repeatable:" });
    line(3, "return end()");
    if let Some(most) = policy.attempts {
        line(2, &format!("if retry >= {most}:"));
        line(3, "return end()");
    }
    if remembers_curve(&policy.delay) {
        line(2, "at = retry - 1 + random.random()");
    }
    let own = wait(&policy.delay, &TONGUE);
    line(
        2,
        &if policy.first_retry_at_once {
            format!("wait = 0 if retry == 1 else {own}")
        } else {
            format!("wait = {own}")
        },
    );
    if remembers_curve(&policy.delay) {
        line(2, "reached = 2 ** at * math.tanh(math.sqrt(4 * at))");
    }
    if remembers_wait(&policy.delay) {
        line(2, "last = wait");
    }
    if obeys(policy) {
        let asks = covered.map_or(String::new(), |c| format!(" and ({c})"));
        line(
            2,
            &format!(
                "header = response.headers.get(\"Retry-After\") if response is not None{asks} else None"
            ),
        );
        line(2, "if header:");
        let number = if obey.fraction == Fraction::Cut { "int(float(header))" } else { "float(header)" };
        line(3, "asked = None");
        if obey.seconds {
            line(3, &format!("if re.match(r\"{}\", header):", pattern(obey.fraction)));
            line(4, &format!("asked = {number}"));
        }
        if obey.date {
            line(3, "if header.endswith(\"GMT\"):");
            line(4, "asked = max(0, until(header))");
        }
        match obey.malformed {
            Malformed::Ignore => {}
            Malformed::GiveUp => {
                line(3, "if asked is None:");
                line(4, "return end()");
            }
            Malformed::AtOnce => {
                line(3, "if asked is None:");
                line(4, "asked = 0.001");
            }
        }
        if let Some(cap) = obey.cap {
            let cap = (TONGUE.time)(cap);
            line(3, &format!("if asked is not None and asked > {cap}:"));
            line(
                4,
                &match obey.over_cap {
                    OverCap::Cut => format!("asked = {cap}"),
                    OverCap::Ignore => "asked = wait".to_owned(),
                    OverCap::GiveUp => "return end()".to_owned(),
                },
            );
        }
        let valid = if obey.zero { "asked is not None" } else { "asked" };
        line(3, &format!("if {valid}:"));
        if let Some(over) = obey.over_backoff {
            line(4, &format!("asked = min(asked, wait + {})", (TONGUE.time)(over)));
        }
        line(4, &format!("wait = {}", combined(obey.combine, &TONGUE)));
    }
    if let Some(deadline) = policy.deadline {
        let deadline = (TONGUE.time)(deadline);
        line(
            2,
            &match policy.deadline_rule {
                DeadlineRule::Cut => format!("if time.monotonic() - started + wait >= {deadline}:"),
                DeadlineRule::NoRetryPast => format!("if time.monotonic() - started + wait > {deadline}:"),
                DeadlineRule::NoWaitAfter => format!("if time.monotonic() - started >= {deadline}:"),
            },
        );
        line(3, "return end()");
        if policy.deadline_rule == DeadlineRule::Cut {
            missing.push("Cutting the attempt that is under way when the deadline passes.".to_owned());
        }
    }
    line(2, "time.sleep(wait)");
    finish("#", missing, &out)
}
