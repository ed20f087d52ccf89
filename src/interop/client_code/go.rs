//! A loop around Go's `net/http`, as gofmt leaves it.

use super::steps::Speech;
use super::tongue::{base, remembers_curve, remembers_wait};
use super::{Code, beyond_a_loop, every_method, finish, obeys, on_errors, quoted, split};
use crate::sim::client::{Combine, DeadlineRule, Fraction, Malformed, OverCap, Policy};

const S: Speech = Speech::Go;

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    if policy.deadline.is_some() && policy.deadline_rule == DeadlineRule::Cut {
        missing.push("Cutting the attempt that is under way when the deadline passes.".to_owned());
    }
    let mut body = Lines::default();
    again(&mut body, policy);
    if obeys(policy) {
        asked(&mut body, policy);
    }
    call(&mut body, policy);
    let mut text =
        "// net/http itself sends again what met a dead kept connection.\npackage client\n\nimport (\n"
            .to_owned();
    for (name, used) in [
        ("math", "math."),
        ("math/rand", "rand."),
        ("net/http", "http."),
        ("strconv", "strconv."),
        ("strings", "strings."),
        ("time", "time."),
    ] {
        if body.text.contains(used) {
            text.push_str(&format!("\t\"{name}\"\n"));
        }
    }
    text.push_str(")\n");
    text.push_str(&body.text);
    finish("//", missing, &text)
}

/// Lines with tabs.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, depth: usize, text: &str) {
        self.text.push_str(&"\t".repeat(if text.is_empty() { 0 } else { depth }));
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// A condition and the one line that it lets through.
    fn when(&mut self, depth: usize, condition: &str, then: &str) {
        self.line(depth, &format!("if {condition} {{"));
        self.line(depth + 1, then);
        self.line(depth, "}");
    }
}

/// A list of statuses as a condition.
fn condition(status: &str, statuses: &[u16]) -> String {
    let (classes, rest) = split(statuses);
    let mut parts: Vec<String> = classes.iter().map(|class| format!("{status}/100 == {class}")).collect();
    parts.extend(rest.iter().map(|one| format!("{status} == {one}")));
    if parts.is_empty() { "false".to_owned() } else { parts.join(" || ") }
}

fn again(body: &mut Lines, policy: &Policy) {
    let limit =
        policy.attempt_timeout.map(|limit| format!("Timeout: {} * time.Millisecond", limit.as_millis()));
    body.line(0, "");
    body.line(0, &format!("var client = &http.Client{{{}}}", limit.unwrap_or_default()));
    body.line(0, "");
    body.line(0, "func again(status int) bool {");
    body.line(1, &format!("return {}", condition("status", &policy.statuses)));
    body.line(0, "}");
    body.line(0, "");
}

/// The function that reads the header.
fn asked(body: &mut Lines, policy: &Policy) {
    let obey = &policy.retry_after;
    body.line(0, "// asked is what a Retry-After asks for, in seconds; false if it cannot be read.");
    body.line(0, "func asked(header string) (float64, bool) {");
    if obey.seconds {
        let (read, value) = match obey.fraction {
            Fraction::Malformed => {
                ("seconds, err := strconv.ParseUint(header, 10, 32); err == nil", "float64(seconds)")
            }
            Fraction::Read => (READS, "seconds"),
            Fraction::Cut => (READS, "math.Trunc(seconds)"),
        };
        body.when(1, read, &format!("return {value}, true"));
    }
    if obey.date {
        let until = "return math.Max(0, time.Until(date).Seconds()), true";
        body.when(1, "date, err := http.ParseTime(header); err == nil", until);
    }
    body.line(1, "return 0, false");
    body.line(0, "}");
    body.line(0, "");
}

/// Digits with a point, and no more than a duration holds.
const READS: &str = "seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds < 1e9 && strings.Trim(header, \"0123456789.\") == \"\"";

fn call(body: &mut Lines, policy: &Policy) {
    let (errors, any) = on_errors(policy);
    body.line(0, "// Do sends what build makes, anew for each attempt.");
    body.line(0, "func Do(build func() (*http.Request, error)) (*http.Response, error) {");
    if !every_method(policy) {
        let methods = quoted(&policy.methods).replace("\",", "\": true,");
        let last = if policy.methods.is_empty() { "" } else { ": true" };
        body.line(1, &format!("repeatable := map[string]bool{{{methods}{last}}}"));
    }
    if policy.deadline.is_some() {
        body.line(1, "started := time.Now()");
    }
    if remembers_wait(&policy.delay) {
        body.line(1, &format!("last := {}", S.time(base(&policy.delay))));
    }
    if remembers_curve(&policy.delay) {
        body.line(1, "reached := 0.0");
    }
    body.line(1, "for retry := 1; ; retry++ {");
    body.line(2, "request, err := build()");
    body.when(2, "err != nil", "return nil, err");
    body.line(2, "response, err := client.Do(request)");
    if !errors {
        body.when(2, "err != nil", "return nil, err");
    }
    let mut done = "!again(response.StatusCode)".to_owned();
    if errors {
        done = format!("err == nil && {done}");
    }
    if policy.retry_after.repeats && obeys(policy) {
        let covered = policy.retry_after.statuses.as_ref().map(|s| condition("response.StatusCode", s));
        let covers = covered.map_or(String::new(), |c| format!("({c}) && "));
        let told = format!("{covers}response.Header.Get(\"Retry-After\") != \"\"");
        done = format!("{done} && !({told})");
    }
    body.when(2, &done, "return response, nil");
    if !every_method(policy) {
        let answered = if errors && any { "err == nil && " } else { "" };
        body.when(2, &format!("{answered}!repeatable[request.Method]"), "return response, err");
    }
    if let Some(most) = policy.attempts {
        body.when(2, &format!("retry >= {most}"), "return response, err");
    }
    wait(body, policy);
    if obeys(policy) {
        obey(body, policy, errors);
    }
    if let Some(deadline) = policy.deadline {
        let (elapsed, deadline) = ("time.Since(started).Seconds()", S.time(deadline));
        let late = match policy.deadline_rule {
            DeadlineRule::Cut => format!("{elapsed}+wait >= {deadline}"),
            DeadlineRule::NoRetryPast => format!("{elapsed}+wait > {deadline}"),
            DeadlineRule::NoWaitAfter => format!("{elapsed} >= {deadline}"),
        };
        body.when(2, &late, "return response, err");
    }
    if errors {
        body.when(2, "response != nil", "response.Body.Close()");
    } else {
        body.line(2, "response.Body.Close()");
    }
    body.line(2, "time.Sleep(time.Duration(wait * float64(time.Second)))");
    body.line(1, "}");
    body.line(0, "}");
}

fn wait(body: &mut Lines, policy: &Policy) {
    let steps = S.steps(&policy.delay);
    if steps.iter().any(|step| step.contains("step")) {
        body.line(2, "step := float64(retry - 1)");
    }
    steps.iter().for_each(|step| body.line(2, step));
    if policy.first_retry_at_once {
        body.when(2, "retry == 1", "wait = 0");
    }
}

/// What the header makes of the wait.
fn obey(body: &mut Lines, policy: &Policy, errors: bool) {
    let obey = &policy.retry_after;
    let mut there = "header != \"\"".to_owned();
    if let Some(statuses) = &obey.statuses {
        let covered = condition("response.StatusCode", statuses);
        there.push_str(&if statuses.len() == 1 {
            format!(" && {covered}")
        } else {
            format!(" && ({covered})")
        });
    }
    let depth = if errors {
        body.line(2, "if response != nil {");
        3
    } else {
        2
    };
    body.line(depth, &format!("if header := response.Header.Get(\"Retry-After\"); {there} {{"));
    body.line(depth + 1, "asked, known := asked(header)");
    match obey.malformed {
        Malformed::Ignore => {}
        Malformed::GiveUp => body.when(depth + 1, "!known", "return response, err"),
        Malformed::AtOnce => {
            body.line(depth + 1, "if !known {");
            body.line(depth + 2, "asked, known = 0.001, true");
            body.line(depth + 1, "}");
        }
    }
    if let Some(cap) = obey.cap.map(|cap| S.time(cap)) {
        match obey.over_cap {
            OverCap::Cut => body.line(depth + 1, &format!("asked = math.Min(asked, {cap})")),
            OverCap::Ignore => body.when(depth + 1, &format!("asked > {cap}"), "asked = wait"),
            OverCap::GiveUp => body.when(depth + 1, &format!("asked > {cap}"), "return response, err"),
        }
    }
    if let Some(over) = obey.over_backoff {
        body.line(depth + 1, &format!("asked = math.Min(asked, wait+{})", S.time(over)));
    }
    let combined = match obey.combine {
        Combine::Replace => "wait = asked",
        Combine::Maximum => "wait = math.Max(wait, asked)",
        Combine::Add => "wait += asked",
    };
    body.when(depth + 1, if obey.zero { "known" } else { "known && asked > 0" }, combined);
    body.line(depth, "}");
    if errors {
        body.line(2, "}");
    }
}
