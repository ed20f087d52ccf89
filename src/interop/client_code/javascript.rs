//! A loop around `fetch`, for browsers and Node.

use super::tongue::{Page, Tongue};
use super::{Code, beyond_a_loop, obeys, on_errors, pattern};
use crate::sim::client::{Fraction, Malformed, OverCap, Policy};

const T: Tongue = Tongue::JavaScript;

pub(super) fn code(policy: &Policy) -> Code {
    let (errors, _) = on_errors(policy);
    let mut page = Page::new(T);
    page.line(0, "const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));");
    page.line(0, &format!("const again = (status) => {};", T.condition("status", &policy.statuses)));
    page.line(0, "");
    page.line(0, "export async function request(url, options = {}) {");
    page.line(1, "const method = (options.method ?? \"GET\").toUpperCase();");
    page.begin(1, policy);
    page.line(1, "for (let retry = 1; ; retry++) {");
    attempt(&mut page, policy);
    let covered = policy.retry_after.statuses.as_ref().map(|s| T.condition("response.status", s));
    page.line(2, if errors { "if (response) {" } else { "if (error) throw error;" });
    let depth = if errors { 3 } else { 2 };
    if policy.retry_after.repeats && obeys(policy) {
        let asks = covered.clone().map_or(String::new(), |c| format!("({c}) && "));
        page.line(depth, &format!("const told = {asks}response.headers.has(\"Retry-After\");"));
        page.line(depth, "if (!again(response.status) && !told) return response;");
    } else {
        page.line(depth, "if (!again(response.status)) return response;");
    }
    if errors {
        page.line(2, "}");
    }
    page.retry(2, policy);
    if obeys(policy) {
        let asks = covered.map_or(String::new(), |c| format!("response && ({c}) && "));
        page.line(2, &format!("const header = {asks}response?.headers.get(\"Retry-After\");"));
        page.line(2, "if (header) {");
        asked(&mut page, policy);
        page.line(2, "}");
    }
    page.end(policy, beyond_a_loop(policy))
}

/// One attempt, and what it ends with.
fn attempt(page: &mut Page, policy: &Policy) {
    let signal = policy.attempt_timeout.map(|limit| format!("AbortSignal.timeout({})", T.time(limit)));
    let options = signal.map_or("options".to_owned(), |signal| format!("{{ ...options, signal: {signal} }}"));
    page.block(&format!(
        "    let response, error;
    try {{
      response = await fetch(url, {options});
    }} catch (failure) {{
      error = failure;
    }}
    const end = () => {{
      if (error) throw error;
      return response;
    }};
"
    ));
}

/// What the header asks for; not-a-number where it cannot be read.
pub(super) fn asked(page: &mut Page, policy: &Policy) {
    let obey = &policy.retry_after;
    let number = if obey.fraction == Fraction::Cut { "Math.trunc(header)" } else { "Number(header)" };
    let date =
        if obey.date { "(/GMT$/.test(header) ? Date.parse(header) - Date.now() : NaN)" } else { "NaN" };
    let read = if obey.seconds {
        format!("/{}/.test(header) ? {number} * 1000 : {date}", pattern(obey.fraction))
    } else {
        date.to_owned()
    };
    page.line(3, &format!("let asked = {read};"));
    if obey.date {
        page.line(3, "if (asked < 0) asked = 0;");
    }
    if let Some(cap) = obey.cap.map(|cap| T.time(cap)) {
        match obey.over_cap {
            OverCap::Cut => page.line(3, &format!("if (asked > {cap}) asked = {cap};")),
            OverCap::Ignore => page.line(3, &format!("if (asked > {cap}) asked = wait;")),
            OverCap::GiveUp => page.end_if(3, &format!("asked > {cap}")),
        }
    }
    if let Some(over) = obey.over_backoff {
        page.line(3, &format!("asked = Math.min(asked, wait + {});", T.time(over)));
    }
    match obey.malformed {
        Malformed::Ignore => {}
        Malformed::GiveUp => page.end_if(3, "Number.isNaN(asked)"),
        Malformed::AtOnce => page.line(3, "if (Number.isNaN(asked)) asked = 1;"),
    }
    let valid = if obey.zero { "asked >= 0" } else { "asked > 0" };
    page.line(3, &format!("if ({valid}) wait = {};", T.combined(obey.combine)));
}
