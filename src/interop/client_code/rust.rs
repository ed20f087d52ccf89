//! A loop around `reqwest`, on tokio.

use super::tongue::{Page, Tongue};
use super::{Code, beyond_a_loop, obeys, on_errors};
use crate::sim::client::{Fraction, Malformed, OverCap, Policy};

const T: Tongue = Tongue::Rust;

pub(super) const UNTIL: &str = "
/// The seconds until an HTTP-date.
fn until(date: &str) -> Option<f64> {
    let date = httpdate::parse_http_date(date).ok()?;
    Some(date.duration_since(std::time::SystemTime::now()).unwrap_or_default().as_secs_f64())
}
";

pub(super) fn code(policy: &Policy) -> Code {
    let (errors, _) = on_errors(policy);
    let obey = &policy.retry_after;
    let mut page = Page::new(T);
    before(&mut page, policy);
    page.begin(1, policy);
    page.block("    let mut retry = 0u32;\n    loop {\n        retry += 1;\n");
    let limit = policy.attempt_timeout.map(|t| format!(".timeout(Duration::from_secs_f64({}))", T.time(t)));
    page.line(2, &format!("let ended = build(){}.send().await;", limit.unwrap_or_default()));
    page.line(2, "let status = ended.as_ref().map(|response| response.status().as_u16()).ok();");
    if obeys(policy) {
        let covered = obey.statuses.as_ref().map(|s| T.condition("s", s));
        let asks = covered.map_or(String::new(), |c| format!(".filter(|_| status.is_some_and(|s| {c}))"));
        let value = "ended.as_ref().ok().and_then(|r| r.headers().get(\"retry-after\")?.to_str().ok())";
        page.line(2, &format!("let header = {value};"));
        page.line(2, &format!("let header = header.map(str::to_owned){asks};"));
    }
    let told = if obey.repeats && obeys(policy) { " && header.is_none()" } else { "" };
    page.end_if(2, &format!("status.is_some_and(|status| !again(status)){told}"));
    if !errors {
        page.end_if(2, "status.is_none()");
    }
    page.retry(2, policy);
    if obeys(policy) {
        page.line(2, "if let Some(header) = header {");
        asked(&mut page, policy);
        page.line(2, "}");
    }
    page.end(policy, beyond_a_loop(policy))
}

/// What stands before the loop.
fn before(page: &mut Page, policy: &Policy) {
    // An empty list holds no status.
    let again = T.condition("status", &policy.statuses);
    let again = again.replace("[].contains(&status)", "{ let _ = status; false }");
    let until = if obeys(policy) && policy.retry_after.date { UNTIL } else { "" };
    page.block(&format!(
        "// Cargo.toml: reqwest, tokio (time), rand and httpdate where they are named below.
use std::time::Duration;

fn again(status: u16) -> bool {{
    {again}
}}
{until}
/// `build` makes the request anew for each attempt.
pub async fn request(
    build: impl Fn() -> reqwest::RequestBuilder,
    method: &reqwest::Method,
) -> reqwest::Result<reqwest::Response> {{
"
    ));
}

/// What the header asks for; none where it cannot be read.
pub(super) fn asked(page: &mut Page, policy: &Policy) {
    let obey = &policy.retry_after;
    let number = match obey.fraction {
        Fraction::Malformed => "header.parse::<u32>().ok().filter(|_| digits).map(f64::from)",
        // What a duration cannot hold would panic.
        Fraction::Read => "header.parse::<f64>().ok().filter(|s| digits && *s < 1e9)",
        Fraction::Cut => "header.parse::<f64>().ok().filter(|s| digits && *s < 1e9).map(f64::trunc)",
    };
    if obey.seconds {
        let point = if obey.fraction == Fraction::Malformed { "" } else { " || b == b'.'" };
        page.line(3, &format!("let digits = header.bytes().all(|b| b.is_ascii_digit(){point});"));
    }
    let asked = match (obey.seconds, obey.date) {
        (true, true) => format!("{number}.or_else(|| until(&header))"),
        (true, false) => number.to_owned(),
        (false, _) => "until(&header)".to_owned(),
    };
    page.line(3, &format!("let asked: Option<f64> = {asked};"));
    match obey.malformed {
        Malformed::Ignore => {}
        Malformed::GiveUp => page.end_if(3, "asked.is_none()"),
        Malformed::AtOnce => page.line(3, "let asked = asked.or(Some(0.001));"),
    }
    if let Some(cap) = obey.cap.map(|cap| T.time(cap)) {
        match obey.over_cap {
            OverCap::Cut => page.line(3, &format!("let asked = asked.map(|asked| asked.min({cap}));")),
            OverCap::Ignore => page.line(3, &format!("let asked = asked.filter(|asked| *asked <= {cap});")),
            OverCap::GiveUp => page.end_if(3, &format!("asked.is_some_and(|asked| asked > {cap})")),
        }
    }
    if !obey.zero {
        page.line(3, "let asked = asked.filter(|asked| *asked > 0.0);");
    }
    page.line(3, "if let Some(asked) = asked {");
    if let Some(over) = obey.over_backoff {
        page.line(4, &format!("let asked = asked.min(wait + {});", T.time(over)));
    }
    page.line(4, &format!("wait = {};", T.combined(obey.combine)));
    page.line(3, "}");
}
