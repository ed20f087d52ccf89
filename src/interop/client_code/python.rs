//! A loop around `requests`.

use super::tongue::{Page, Tongue, remembers_curve};
use super::{Code, beyond_a_loop, obeys, on_errors, pattern};
use crate::sim::client::{Fraction, Malformed, OverCap, Policy};

const T: Tongue = Tongue::Python;

pub(super) const READ_DATE: &str = "def until(date):
    return parsedate_to_datetime(date).timestamp() - time.time()


";

/// One attempt, and what it ends with.
const ATTEMPT: &str = "        retry += 1
        response = error = None
        try:
            response = requests.request(method, url, **options)
        except requests.RequestException as failure:
            error = failure

        def end():
            if error is not None:
                raise error
            return response

";

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    let (errors, _) = on_errors(policy);
    let obey = &policy.retry_after;
    let mut page = Page::new(T);
    before(&mut page, policy);
    page.line(0, "def request(method, url, **options):");
    page.begin(1, policy);
    if let Some(limit) = policy.attempt_timeout {
        missing.push("A limit for a whole attempt: requests' timeout is one for each read.".to_owned());
        page.line(1, &format!("options.setdefault(\"timeout\", {})", T.time(limit)));
    }
    page.line(1, "retry = 0");
    page.line(1, "while True:");
    page.block(ATTEMPT);
    if !errors {
        page.end_if(2, "error is not None");
    }
    let covered = obey.statuses.as_ref().map(|s| T.condition("response.status_code", s));
    if obey.repeats && obeys(policy) {
        let asks = covered.clone().map_or(String::new(), |c| format!("({c}) and "));
        page.line(2, &format!("told = response is not None and {asks}\"Retry-After\" in response.headers"));
        page.line(2, "if response is not None and not again(response.status_code) and not told:");
    } else {
        page.line(2, "if response is not None and not again(response.status_code):");
    }
    page.line(3, "return response");
    page.retry(2, policy);
    if obeys(policy) {
        let asks = covered.map_or(String::new(), |c| format!(" and ({c})"));
        let header = "response.headers.get(\"Retry-After\")";
        page.line(2, &format!("header = {header} if response is not None{asks} else None"));
        page.line(2, "if header:");
        asked(&mut page, policy);
    }
    page.end(policy, missing)
}

/// What is imported, and the functions that the loop calls.
fn before(page: &mut Page, policy: &Policy) {
    let obey = &policy.retry_after;
    for (module, used) in [
        ("math", remembers_curve(&policy.delay)),
        ("random", policy.delay.is_random()),
        ("re", obeys(policy) && obey.seconds),
        ("time", true),
    ] {
        if used {
            page.line(0, &format!("import {module}"));
        }
    }
    if obeys(policy) && obey.date {
        page.line(0, "from email.utils import parsedate_to_datetime");
    }
    let again = T.condition("status", &policy.statuses);
    page.block(&format!("\nimport requests\n\n\ndef again(status):\n    return {again}\n\n\n"));
    if obeys(policy) && obey.date {
        page.block(READ_DATE);
    }
}

/// What the header asks for; none where it cannot be read.
pub(super) fn asked(page: &mut Page, policy: &Policy) {
    let obey = &policy.retry_after;
    page.line(3, "asked = None");
    if obey.seconds {
        let number = if obey.fraction == Fraction::Cut { "int(float(header))" } else { "float(header)" };
        page.line(3, &format!("if re.match(r\"{}\", header):", pattern(obey.fraction)));
        page.line(4, &format!("asked = {number}"));
    }
    if obey.date {
        page.line(3, "if header.endswith(\"GMT\"):");
        page.line(4, "asked = max(0, until(header))");
    }
    match obey.malformed {
        Malformed::Ignore => {}
        Malformed::GiveUp => page.end_if(3, "asked is None"),
        Malformed::AtOnce => {
            page.line(3, "if asked is None:");
            page.line(4, "asked = 0.001");
        }
    }
    if let Some(cap) = obey.cap.map(|cap| T.time(cap)) {
        let over = format!("asked is not None and asked > {cap}");
        let instead = match obey.over_cap {
            OverCap::Cut => cap,
            OverCap::Ignore => "wait".to_owned(),
            OverCap::GiveUp => String::new(),
        };
        if instead.is_empty() {
            page.end_if(3, &over);
        } else {
            page.line(3, &format!("if {over}:"));
            page.line(4, &format!("asked = {instead}"));
        }
    }
    let valid = if obey.zero { "asked is not None" } else { "asked" };
    page.line(3, &format!("if {valid}:"));
    if let Some(over) = obey.over_backoff {
        page.line(4, &format!("asked = min(asked, wait + {})", T.time(over)));
    }
    page.line(4, &format!("wait = {}", T.combined(obey.combine)));
}
