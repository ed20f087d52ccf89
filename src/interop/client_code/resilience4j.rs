//! Resilience4j around Java's `HttpClient`: its interval functions where they say the wait, one of its own where not.
//!
//! Source: Resilience4j 2.3, `IntervalFunction.java`, `RetryConfig.java`. Whole milliseconds are waited for.

use super::steps::Speech;
use super::tongue::base;
use super::{Code, beyond_a_loop, every_method, finish, gaps, obeys, on_errors, quoted, split};
use crate::sim::client::{Combine, Delay, Fraction, Jitter, Malformed, OverCap, Policy};
use crate::sim::time::SimDuration;

const S: Speech = Speech::Java;

pub(super) fn code(policy: &Policy) -> Code {
    let (errors, any) = on_errors(policy);
    let native = native(policy).filter(|_| !obeys(policy));
    let waits = native.as_ref().map_or_else(
        || ".intervalBiFunction((attempt, ended) -> interval(attempt, ended, last, reached))".to_owned(),
        |native| format!(".intervalFunction({native})"),
    );
    let mut body = format!(
        "
public final class PolicyClient {{
  static boolean again(int status) {{
    return {};
  }}
",
        condition("status", &policy.statuses)
    );
    if native.is_none() {
        interval(&mut body, policy);
    }
    let repeatable = if every_method(policy) {
        "true".to_owned()
    } else {
        format!("Set.of({}).contains(request.method())", quoted(&policy.methods))
    };
    let failed = match (errors, any) {
        (false, _) => "false",
        (true, true) => "error instanceof IOException",
        (true, false) => "repeatable && error instanceof IOException",
    };
    let mut known = "again(response.statusCode())".to_owned();
    if policy.retry_after.repeats && obeys(policy) {
        let covered = policy.retry_after.statuses.as_ref().map(|s| condition("response.statusCode()", s));
        let covered = covered.map_or(String::new(), |c| format!("({c}) && "));
        known = format!("({known} || {covered}response.headers().firstValue(\"Retry-After\").isPresent())");
    }
    body.push_str(
        "
  public static HttpResponse<byte[]> request(HttpClient client, HttpRequest request) throws Exception {
",
    );
    body.push_str(&format!("    boolean repeatable = {repeatable};\n"));
    if native.is_none() {
        body.push_str(&format!(
            "    double[] last = {{{}}};\n    double[] reached = {{0}};\n",
            S.time(base(&policy.delay))
        ));
    }
    let mut sent = "request";
    if let Some(limit) = policy.attempt_timeout {
        sent = "limited";
        body.push_str(&format!(
            "    HttpRequest limited = HttpRequest.newBuilder(request, (name, value) -> true)
        .timeout(Duration.ofMillis({}))
        .build();
",
            limit.as_millis()
        ));
    }
    body.push_str(&format!(
        "    RetryConfig config = RetryConfig.<HttpResponse<byte[]>>custom()
        .maxAttempts({})
        {waits}
        .retryOnResult(response -> repeatable && {known})
        .retryOnException(error -> {failed})
        .build();
    return Retry.of(\"policy\", config)
        .executeCallable(() -> client.send({sent}, HttpResponse.BodyHandlers.ofByteArray()));
  }}
}}
",
        policy.attempts.unwrap_or(gaps::MANY)
    ));
    finish("//", missing(policy), &imports(&body))
}

fn missing(policy: &Policy) -> Vec<String> {
    let mut missing = beyond_a_loop(policy);
    let obey = &policy.retry_after;
    let mut add = |there: bool, what: &str| {
        if there {
            missing.push(what.to_owned());
        }
    };
    add(policy.deadline.is_some(), "The deadline: put a Resilience4j TimeLimiter around the call.");
    add(
        policy.attempt_timeout.is_some(),
        "A limit for the body of an answer: HttpRequest's timeout ends with the head.",
    );
    let gives_up =
        obey.malformed == Malformed::GiveUp || obey.cap.is_some() && obey.over_cap == OverCap::GiveUp;
    add(
        obeys(policy) && gives_up,
        "Giving up because of a Retry-After: an interval function cannot; it takes the policy's own wait here.",
    );
    missing
}

/// The text with its imports before it.
fn imports(body: &str) -> String {
    let mut text = "// Maven: io.github.resilience4j:resilience4j-retry:2.3.0, Java 17\n".to_owned();
    for (name, mark) in [
        ("io.github.resilience4j.core.IntervalFunction", "IntervalFunction."),
        ("io.github.resilience4j.core.functions.Either", "Either<"),
        ("io.github.resilience4j.retry.Retry", "Retry."),
        ("io.github.resilience4j.retry.RetryConfig", "RetryConfig"),
        ("java.io.IOException", "IOException"),
        ("java.net.http.HttpClient", "HttpClient"),
        ("java.net.http.HttpRequest", "HttpRequest"),
        ("java.net.http.HttpResponse", "HttpResponse"),
        ("java.time.Duration", "Duration."),
        ("java.time.ZonedDateTime", "ZonedDateTime"),
        ("java.time.format.DateTimeFormatter", "DateTimeFormatter"),
        ("java.time.format.DateTimeParseException", "DateTimeParseException"),
        ("java.util.Set", "Set.of"),
    ] {
        if body.contains(mark) {
            text.push_str(&format!("import {name};\n"));
        }
    }
    text + body
}

/// A list of statuses as a condition.
fn condition(status: &str, statuses: &[u16]) -> String {
    let (classes, rest) = split(statuses);
    let mut parts: Vec<String> = classes.iter().map(|class| format!("{status} / 100 == {class}")).collect();
    parts.extend(rest.iter().map(|one| format!("{status} == {one}")));
    if parts.is_empty() { "false".to_owned() } else { parts.join(" || ") }
}

/// One of Resilience4j's own functions, where it is the policy's; they take whole milliseconds, from 1 on.
fn native(policy: &Policy) -> Option<String> {
    let whole = |time: SimDuration| time.as_nanos() >= 1_000_000 && time.as_nanos().is_multiple_of(1_000_000);
    if policy.first_retry_at_once {
        return None;
    }
    match &policy.delay {
        Delay::Fixed(wait) if whole(*wait) => Some(format!("IntervalFunction.of({})", wait.as_millis())),
        Delay::Exponential { base, factor, cap, jitter, cap_last }
            if whole(*base)
                && cap.is_none_or(whole)
                && (libm::trunc(*factor) - *factor).abs() < f64::EPSILON =>
        {
            let (kind, share) = match jitter {
                Jitter::None => ("ofExponentialBackoff", String::new()),
                // The limit comes after the jitter.
                Jitter::PlusMinus(share) if *cap_last || cap.is_none() => {
                    ("ofExponentialRandomBackoff", format!(", {share:?}"))
                }
                _ => return None,
            };
            let most = cap.map_or(String::new(), |cap| format!(", {}L", cap.as_millis()));
            Some(format!("IntervalFunction.{kind}({}L, {factor:?}{share}{most})", base.as_millis()))
        }
        _ => None,
    }
}

/// The wait as a function of the attempt and of how it ended.
fn interval(body: &mut String, policy: &Policy) {
    let obey = &policy.retry_after;
    body.push_str(
        "
  /** Milliseconds; `last` and `reached` are what a call remembers. */
  static long interval(
      int attempt, Either<Throwable, HttpResponse<byte[]>> ended, double[] last, double[] reached) {
    double step = attempt - 1;
",
    );
    let mut line = |text: &str| body.push_str(&format!("    {text}\n"));
    S.steps(&policy.delay).iter().for_each(|step| line(step));
    if policy.first_retry_at_once {
        line("if (attempt == 1) wait = 0;");
    }
    if obeys(policy) {
        let covered = obey.statuses.as_ref().map(|s| condition("ended.get().statusCode()", s));
        let covered = covered.map_or(String::new(), |c| format!(" && ({c})"));
        line(&format!("if (ended.isRight(){covered}) {{"));
        line("  String header = ended.get().headers().firstValue(\"Retry-After\").orElse(\"\");");
        line("  double asked = asked(header);");
        if obey.malformed == Malformed::AtOnce {
            line("  if (!header.isEmpty() && Double.isNaN(asked)) asked = 1;");
        }
        if let Some(cap) = obey.cap.map(|cap| S.time(cap)) {
            let instead = if obey.over_cap == OverCap::Cut { cap.clone() } else { "wait".to_owned() };
            line(&format!("  if (asked > {cap}) asked = {instead};"));
        }
        if let Some(over) = obey.over_backoff {
            line(&format!("  asked = Math.min(asked, wait + {});", S.time(over)));
        }
        let combined = match obey.combine {
            Combine::Replace => "asked",
            Combine::Maximum => "Math.max(wait, asked)",
            Combine::Add => "wait + asked",
        };
        line(&format!("  if (asked {} 0) wait = {combined};", if obey.zero { ">=" } else { ">" }));
        line("}");
    }
    line("return Math.round(wait);");
    body.push_str("  }\n");
    if obeys(policy) {
        asked(body, policy);
    }
}

/// The function that reads the header.
fn asked(body: &mut String, policy: &Policy) {
    let obey = &policy.retry_after;
    body.push_str("\n  /** Milliseconds; not-a-number where it cannot be read. */\n  static double asked(String header) {\n");
    if obey.seconds {
        let (pattern, number) = match obey.fraction {
            Fraction::Malformed => (r"\\d+", "Double.parseDouble(header)"),
            Fraction::Read => (r"\\d+(\\.\\d+)?", "Double.parseDouble(header)"),
            Fraction::Cut => (r"\\d+(\\.\\d+)?", "Math.floor(Double.parseDouble(header))"),
        };
        body.push_str(&format!("    if (header.matches(\"{pattern}\")) return {number} * 1000;\n"));
    }
    if obey.date {
        body.push_str(
            "    try {
      ZonedDateTime date = ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME);
      return Math.max(0, date.toInstant().toEpochMilli() - System.currentTimeMillis());
    } catch (DateTimeParseException malformed) {
      return Double.NaN;
    }
",
        );
    } else {
        body.push_str("    return Double.NaN;\n");
    }
    body.push_str("  }\n");
}
