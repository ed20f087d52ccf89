//! A loop around `fetch`, for browsers and Node.

use super::{
    Code, Tongue, base, beyond_a_loop, combined, condition, every_method, finish, obeys, on_errors, pattern,
    quoted, remembers_curve, remembers_wait, wait,
};
use crate::sim::client::{DeadlineRule, Fraction, Malformed, OverCap, Policy};

const TONGUE: Tongue = Tongue {
    time: |t| format!("{}", t.as_secs_f64() * 1e3),
    number: |n| format!("{n}"),
    power: |base, exponent| format!("{base} ** ({exponent})"),
    least: |a, b| format!("Math.min({a}, {b})"),
    most: |a, b| format!("Math.max({a}, {b})"),
    tanh_sqrt: |x| format!("Math.tanh(Math.sqrt(4 * {x}))"),
    retry: "retry",
    random: "Math.random()",
    item: |items| format!("[{}][Math.min(retry, {}) - 1]", items.join(", "), items.len()),
};

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    let (errors, any_method) = on_errors(policy);
    let mut out = String::new();
    let mut line = |indent: usize, text: &str| out.push_str(&format!("{}{text}\n", "  ".repeat(indent)));
    let again = condition(
        &policy.statuses,
        |first| format!("(status >= {first} && status < {})", first + 100),
        |list| format!("[{list}].includes(status)"),
        " || ",
    );
    line(0, "const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));");
    line(0, &format!("const again = (status) => {again};"));
    line(0, "");
    line(0, "export async function request(url, options = {}) {");
    line(1, "const method = (options.method ?? \"GET\").toUpperCase();");
    let methods = if every_method(policy) {
        "true".to_owned()
    } else {
        format!("[{}].includes(method)", quoted(&policy.methods))
    };
    line(1, &format!("const repeatable = {methods};"));
    if policy.deadline.is_some() {
        line(1, "const started = Date.now();");
    }
    if remembers_wait(&policy.delay) {
        line(1, &format!("let last = {};", (TONGUE.time)(base(&policy.delay))));
    }
    if remembers_curve(&policy.delay) {
        line(1, "let reached = 0;");
    }
    line(1, "for (let retry = 1; ; retry++) {");
    line(2, "let response, error;");
    line(2, "try {");
    let signal = policy.attempt_timeout.map(|limit| format!("AbortSignal.timeout({})", (TONGUE.time)(limit)));
    let options = signal.map_or("options".to_owned(), |signal| format!("{{ ...options, signal: {signal} }}"));
    line(3, &format!("response = await fetch(url, {options});"));
    line(2, "} catch (failure) {");
    line(3, "error = failure;");
    line(2, "}");
    line(2, "const end = () => {");
    line(3, "if (error) throw error;");
    line(3, "return response;");
    line(2, "};");
    line(2, if errors { "if (response) {" } else { "if (error) throw error;" });
    let indent = if errors { 3 } else { 2 };
    let covered = policy.retry_after.statuses.as_ref().map(|s| {
        condition(
            s,
            |f| format!("(response.status >= {f} && response.status < {})", f + 100),
            |l| format!("[{l}].includes(response.status)"),
            " || ",
        )
    });
    let asks = covered.clone().map_or(String::new(), |c| format!("({c}) && "));
    if policy.retry_after.repeats && obeys(policy) {
        line(indent, &format!("const told = {asks}response.headers.has(\"Retry-After\");"));
        line(indent, "if (!again(response.status) && !told) return response;");
    } else {
        line(indent, "if (!again(response.status)) return response;");
    }
    if errors {
        line(2, "}");
    }
    line(
        2,
        if any_method && errors {
            "if (!repeatable && !error) return end();"
        } else {
            "if (!repeatable) return end();"
        },
    );
    if let Some(most) = policy.attempts {
        line(2, &format!("if (retry >= {most}) return end();"));
    }
    if remembers_curve(&policy.delay) {
        line(2, "const at = retry - 1 + Math.random();");
    }
    let own = wait(&policy.delay, &TONGUE);
    let own = if policy.first_retry_at_once { format!("retry === 1 ? 0 : {own}") } else { own };
    line(2, &format!("let wait = {own};"));
    if remembers_curve(&policy.delay) {
        line(2, "reached = 2 ** at * Math.tanh(Math.sqrt(4 * at));");
    }
    if remembers_wait(&policy.delay) {
        line(2, "last = wait;");
    }
    if obeys(policy) {
        let obey = &policy.retry_after;
        line(
            2,
            &format!(
                "const header = {}response?.headers.get(\"Retry-After\");",
                covered.map_or(String::new(), |c| format!("response && ({c}) && "))
            ),
        );
        line(2, "if (header) {");
        let number = if obey.fraction == Fraction::Cut { "Math.trunc(header)" } else { "Number(header)" };
        let date =
            if obey.date { "(/GMT$/.test(header) ? Date.parse(header) - Date.now() : NaN)" } else { "NaN" };
        if obey.seconds {
            line(
                3,
                &format!("let asked = /{}/.test(header) ? {number} * 1000 : {date};", pattern(obey.fraction)),
            );
        } else {
            line(3, &format!("let asked = {date};"));
        }
        if obey.date {
            line(3, "if (asked < 0) asked = 0;");
        }
        if let Some(cap) = obey.cap {
            let cap = (TONGUE.time)(cap);
            match obey.over_cap {
                OverCap::Cut => line(3, &format!("if (asked > {cap}) asked = {cap};")),
                OverCap::Ignore => line(3, &format!("if (asked > {cap}) asked = wait;")),
                OverCap::GiveUp => line(3, &format!("if (asked > {cap}) return end();")),
            }
        }
        if let Some(over) = obey.over_backoff {
            line(3, &format!("asked = Math.min(asked, wait + {});", (TONGUE.time)(over)));
        }
        match obey.malformed {
            Malformed::Ignore => {}
            Malformed::GiveUp => line(3, "if (Number.isNaN(asked)) return end();"),
            Malformed::AtOnce => line(3, "if (Number.isNaN(asked)) asked = 1;"),
        }
        let valid = if obey.zero { "asked >= 0" } else { "asked > 0" };
        line(3, &format!("if ({valid}) wait = {};", combined(obey.combine, &TONGUE)));
        line(2, "}");
    }
    if let Some(deadline) = policy.deadline {
        let deadline = (TONGUE.time)(deadline);
        match policy.deadline_rule {
            DeadlineRule::Cut => {
                missing.push("Cutting the attempt that is under way when the deadline passes.".to_owned());
                line(2, &format!("if (Date.now() - started + wait >= {deadline}) return end();"));
            }
            DeadlineRule::NoRetryPast => {
                line(2, &format!("if (Date.now() - started + wait > {deadline}) return end();"))
            }
            DeadlineRule::NoWaitAfter => {
                line(2, &format!("if (Date.now() - started >= {deadline}) return end();"))
            }
        }
    }
    line(2, "await sleep(wait);");
    line(1, "}");
    line(0, "}");
    finish("//", missing, &out)
}
