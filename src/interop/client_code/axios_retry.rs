//! The options of axios-retry.
//!
//! Source: axios-retry 4.5.0, `dist/esm/index.js`, and recordings of it. What its `retryDelay` throws ends the call.

use super::gaps;
use super::javascript;
use super::tongue::{Page, Tongue};
use super::{Code, beyond_a_loop, obeys, on_errors};
use crate::sim::client::{DeadlineRule, Policy};

const T: Tongue = Tongue::JavaScript;

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    let low = policy.statuses.iter().any(|status| *status < 300);
    if low {
        missing.push("Statuses below 300: axios takes them for success.".to_owned());
    }
    // axios-retry shortens the time-out of each attempt by the time that has passed.
    let cuts = policy.attempt_timeout.is_none() && policy.deadline_rule == DeadlineRule::Cut;
    let total = policy.deadline.filter(|_| cuts);
    let mut page = Page::new(T);
    page.block(&format!(
        "// npm install axios@1 axios-retry@4
import axios from \"axios\";
import axiosRetry from \"axios-retry\";

const client = axios.create();
axiosRetry(client);

const again = (status) => {};

export function request(url, options = {{}}) {{
  const method = (options.method ?? \"GET\").toUpperCase();
",
        T.condition("status", &policy.statuses)
    ));
    let timed = Policy { deadline: policy.deadline.filter(|_| total.is_none()), ..policy.clone() };
    page.begin(1, &timed);
    condition(&mut page, policy);
    delay(&mut page, &timed, &mut missing);
    page.line(1, "return client.request({");
    page.line(2, "...options,");
    page.line(2, "url,");
    if let Some(limit) = policy.attempt_timeout.or(total) {
        page.line(2, &format!("timeout: {},", T.time(limit)));
    }
    let reset = if policy.attempt_timeout.is_some() { ", shouldResetTimeout: true" } else { "" };
    let retries = gaps::retries(policy);
    page.line(2, &format!("\"axios-retry\": {{ retries: {retries}, retryCondition, retryDelay{reset} }},"));
    page.line(1, "});");
    page.line(0, "}");
    page.finish(missing)
}

fn condition(page: &mut Page, policy: &Policy) {
    let (errors, any) = on_errors(policy);
    page.line(1, "const retryCondition = (error) => {");
    page.line(2, "if (error.code === \"ERR_CANCELED\") return false;");
    let repeats = match (errors, any) {
        (false, _) => "false",
        (true, true) => "true",
        (true, false) => "repeatable",
    };
    page.line(2, &format!("if (!error.response) return {repeats};"));
    let mut known = "again(error.response.status)".to_owned();
    if policy.retry_after.repeats && obeys(policy) {
        let covered = policy.retry_after.statuses.as_ref().map(|s| T.condition("error.response.status", s));
        let asks = covered.map_or(String::new(), |c| format!("({c}) && "));
        page.line(2, &format!("const told = {asks}error.response.headers.has(\"Retry-After\");"));
        known = format!("({known} || told)");
    }
    page.line(2, &format!("return repeatable && {known};"));
    page.line(1, "};");
}

fn delay(page: &mut Page, policy: &Policy, missing: &mut Vec<String>) {
    let obey = &policy.retry_after;
    page.line(1, "const retryDelay = (retry, error) => {");
    let given_up = page.marker();
    page.wait(2, policy);
    if obeys(policy) {
        let covered = obey.statuses.as_ref().map(|s| T.condition("error.response.status", s));
        let asks = covered.map_or(String::new(), |c| format!("error.response && ({c}) && "));
        page.line(2, &format!("const header = {asks}error.response?.headers[\"retry-after\"];"));
        page.line(2, "if (header) {");
        javascript::asked(page, policy);
        page.line(2, "}");
    }
    page.deadline(2, policy, missing);
    page.insert_if_used(given_up, "end()", "    const end = () => {\n      throw error;\n    };\n");
    page.line(2, "return wait;");
    page.line(1, "};");
}
