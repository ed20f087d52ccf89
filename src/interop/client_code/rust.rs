//! A loop around `reqwest`, on tokio.

use super::{
    Code, Tongue, base, beyond_a_loop, combined, condition, every_method, finish, obeys, on_errors,
    remembers_curve, remembers_wait, wait,
};
use crate::sim::client::{DeadlineRule, Fraction, Malformed, OverCap, Policy};

const TONGUE: Tongue = Tongue {
    time: |t| format!("{:?}", t.as_secs_f64()),
    number: |n| format!("{n:?}"),
    power: |base, exponent| format!("{base}_f64.powf({exponent})"),
    least: |a, b| format!("f64::min({a}, {b})"),
    most: |a, b| format!("f64::max({a}, {b})"),
    tanh_sqrt: |x| format!("f64::tanh(f64::sqrt(4.0 * {x}))"),
    retry: "f64::from(retry)",
    random: "rand::random::<f64>()",
    item: |items| format!("[{}][retry.min({}) as usize - 1]", items.join(", "), items.len()),
};

const UNTIL: &str = "
/// The seconds until an HTTP-date.
fn until(date: &str) -> Option<f64> {
    let date = httpdate::parse_http_date(date).ok()?;
    Some(date.duration_since(std::time::SystemTime::now()).unwrap_or_default().as_secs_f64())
}
";

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    let (errors, any_method) = on_errors(policy);
    let obey = &policy.retry_after;
    let mut out = String::new();
    let mut line = |indent: usize, text: &str| out.push_str(&format!("{}{text}\n", "    ".repeat(indent)));
    line(0, "// Cargo.toml: reqwest, tokio (time), rand and httpdate where they are named below.");
    line(0, "use std::time::Duration;");
    line(0, "");
    let again = condition(
        &policy.statuses,
        |first| format!("({first}..{}).contains(&status)", first + 100),
        |list| format!("[{list}].contains(&status)"),
        " || ",
    );
    line(0, "fn again(status: u16) -> bool {");
    line(1, &again.replace("[].contains(&status)", "{ let _ = status; false }"));
    line(0, "}");
    if obeys(policy) && obey.date {
        UNTIL.lines().for_each(|text| line(0, text));
    }
    line(0, "");
    line(0, "/// `build` makes the request anew for each attempt.");
    line(0, "pub async fn request(");
    line(1, "build: impl Fn() -> reqwest::RequestBuilder,");
    line(1, "method: &reqwest::Method,");
    line(0, ") -> reqwest::Result<reqwest::Response> {");
    let names = policy.methods.iter().map(|m| format!("\"{m}\"")).collect::<Vec<_>>().join(", ");
    let methods = if every_method(policy) {
        "{ let _ = method; true }".to_owned()
    } else {
        format!("[{names}].contains(&method.as_str())")
    };
    line(1, &format!("let repeatable = {methods};"));
    if policy.deadline.is_some() {
        line(1, "let started = std::time::Instant::now();");
    }
    if remembers_wait(&policy.delay) {
        line(1, &format!("let mut last = {};", (TONGUE.time)(base(&policy.delay))));
    }
    if remembers_curve(&policy.delay) {
        line(1, "let mut reached = 0.0;");
    }
    line(1, "let mut retry = 0u32;");
    line(1, "loop {");
    line(2, "retry += 1;");
    let limit = policy.attempt_timeout.map_or(String::new(), |limit| {
        format!(".timeout(Duration::from_secs_f64({}))", (TONGUE.time)(limit))
    });
    line(2, &format!("let ended = build(){limit}.send().await;"));
    line(2, "let status = ended.as_ref().map(|response| response.status().as_u16()).ok();");
    let covered = obey.statuses.as_ref().map(|s| {
        condition(
            s,
            |f| format!("({f}..{}).contains(&s)", f + 100),
            |l| format!("[{l}].contains(&s)"),
            " || ",
        )
    });
    if obeys(policy) {
        let asks = covered.map_or(String::new(), |c| format!(".filter(|_| status.is_some_and(|s| {c}))"));
        line(
            2,
            "let header = ended.as_ref().ok().and_then(|r| r.headers().get(\"retry-after\")?.to_str().ok());",
        );
        line(2, &format!("let header = header.map(str::to_owned){asks};"));
    }
    let told = if obey.repeats && obeys(policy) { " && header.is_none()" } else { "" };
    line(2, &format!("if status.is_some_and(|status| !again(status)){told} {{"));
    line(3, "return ended;");
    line(2, "}");
    if !errors {
        line(2, "if status.is_none() {");
        line(3, "return ended;");
        line(2, "}");
    }
    line(2, if any_method && errors { "if !repeatable && status.is_some() {" } else { "if !repeatable {" });
    line(3, "return ended;");
    line(2, "}");
    if let Some(most) = policy.attempts {
        line(2, &format!("if retry >= {most} {{"));
        line(3, "return ended;");
        line(2, "}");
    }
    if remembers_curve(&policy.delay) {
        line(2, "let at = f64::from(retry) - 1.0 + rand::random::<f64>();");
    }
    let own = wait(&policy.delay, &TONGUE);
    let own =
        if policy.first_retry_at_once { format!("if retry == 1 {{ 0.0 }} else {{ {own} }}") } else { own };
    line(2, &format!("let {}wait: f64 = {own};", if obeys(policy) { "mut " } else { "" }));
    if remembers_curve(&policy.delay) {
        line(2, "reached = 2.0_f64.powf(at) * f64::tanh(f64::sqrt(4.0 * at));");
    }
    if remembers_wait(&policy.delay) {
        line(2, "last = wait;");
    }
    if obeys(policy) {
        line(2, "if let Some(header) = header {");
        let number = match obey.fraction {
            Fraction::Malformed => "header.parse::<u32>().ok().map(f64::from)",
            Fraction::Read => "header.parse::<f64>().ok().filter(|s| *s >= 0.0)",
            Fraction::Cut => "header.parse::<f64>().ok().filter(|s| *s >= 0.0).map(f64::trunc)",
        };
        let asked = match (obey.seconds, obey.date) {
            (true, true) => format!("{number}.or_else(|| until(&header))"),
            (true, false) => number.to_owned(),
            (false, _) => "until(&header)".to_owned(),
        };
        line(3, &format!("let asked: Option<f64> = {asked};"));
        match obey.malformed {
            Malformed::Ignore => {}
            Malformed::GiveUp => line(3, "if asked.is_none() { return ended; }"),
            Malformed::AtOnce => line(3, "let asked = asked.or(Some(0.001));"),
        }
        if let Some(cap) = obey.cap {
            let cap = (TONGUE.time)(cap);
            line(
                3,
                &match obey.over_cap {
                    OverCap::Cut => format!("let asked = asked.map(|asked| asked.min({cap}));"),
                    OverCap::Ignore => format!("let asked = asked.filter(|asked| *asked <= {cap});"),
                    OverCap::GiveUp => {
                        format!("if asked.is_some_and(|asked| asked > {cap}) {{ return ended; }}")
                    }
                },
            );
        }
        if !obey.zero {
            line(3, "let asked = asked.filter(|asked| *asked > 0.0);");
        }
        line(3, "if let Some(asked) = asked {");
        if let Some(over) = obey.over_backoff {
            line(4, &format!("let asked = asked.min(wait + {});", (TONGUE.time)(over)));
        }
        line(4, &format!("wait = {};", combined(obey.combine, &TONGUE)));
        line(3, "}");
        line(2, "}");
    }
    if let Some(deadline) = policy.deadline {
        let deadline = (TONGUE.time)(deadline);
        line(
            2,
            &match policy.deadline_rule {
                DeadlineRule::Cut => format!("if started.elapsed().as_secs_f64() + wait >= {deadline} {{"),
                DeadlineRule::NoRetryPast => {
                    format!("if started.elapsed().as_secs_f64() + wait > {deadline} {{")
                }
                DeadlineRule::NoWaitAfter => format!("if started.elapsed().as_secs_f64() >= {deadline} {{"),
            },
        );
        line(3, "return ended;");
        line(2, "}");
        if policy.deadline_rule == DeadlineRule::Cut {
            missing.push("Cutting the attempt that is under way when the deadline passes.".to_owned());
        }
    }
    line(2, "tokio::time::sleep(Duration::from_secs_f64(wait)).await;");
    line(1, "}");
    line(0, "}");
    finish("//", missing, &out)
}
