//! What every loop has, whatever its language: statuses, the wait with its jitter, the deadline.
//!
//! A language's own file has the rest, the loop itself.

use super::{Code, every_method, finish, numbers, obeys, on_errors, quoted, split};
use crate::sim::client::{Combine, DeadlineRule, Delay, Jitter, Policy};
use crate::sim::time::SimDuration;

/// A language with loops.
#[derive(Clone, Copy)]
pub(super) enum Tongue {
    /// Waits are milliseconds.
    JavaScript,
    /// Waits are seconds.
    Python,
    /// Waits are seconds.
    Rust,
}

/// The text of a program as it is written, line by line.
pub(super) struct Page {
    tongue: Tongue,
    text: String,
}

impl Page {
    pub(super) fn new(tongue: Tongue) -> Self {
        Self { tongue, text: String::new() }
    }

    /// A line, so many steps in.
    pub(super) fn line(&mut self, depth: usize, text: &str) {
        let step = match self.tongue {
            Tongue::JavaScript => "  ",
            Tongue::Python | Tongue::Rust => "    ",
        };
        self.text.push_str(&step.repeat(if text.is_empty() { 0 } else { depth }));
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Lines as they stand.
    pub(super) fn block(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The call ends with what it has, if the condition holds.
    pub(super) fn end_if(&mut self, depth: usize, condition: &str) {
        match self.tongue {
            Tongue::JavaScript => self.line(depth, &format!("if ({condition}) return end();")),
            Tongue::Python => {
                self.line(depth, &format!("if {condition}:"));
                self.line(depth + 1, "return end()");
            }
            Tongue::Rust => {
                self.line(depth, &format!("if {condition} {{"));
                self.line(depth + 1, "return ended;");
                self.line(depth, "}");
            }
        }
    }

    /// What is set before the loop: whether the method may be repeated, the clock, and what the wait remembers.
    pub(super) fn begin(&mut self, depth: usize, policy: &Policy) {
        let t = self.tongue;
        self.line(depth, &t.named("repeatable", &t.methods(policy)));
        if policy.deadline.is_some() {
            self.line(depth, t.started());
        }
        self.memory(depth, policy);
    }

    /// What the wait remembers.
    pub(super) fn memory(&mut self, depth: usize, policy: &Policy) {
        let t = self.tongue;
        if remembers_wait(&policy.delay) {
            self.line(depth, &t.declared("last", &t.time(base(&policy.delay))));
        }
        if remembers_curve(&policy.delay) {
            self.line(depth, &t.declared("reached", &t.number(0.0)));
        }
    }

    /// What must hold for a retry, and then the policy's own wait, as `wait`.
    pub(super) fn retry(&mut self, depth: usize, policy: &Policy) {
        let (errors, any_method) = on_errors(policy);
        let answered = match self.tongue {
            Tongue::JavaScript => ["!repeatable", " && !error"],
            Tongue::Python => ["not repeatable", " and error is None"],
            Tongue::Rust => ["!repeatable", " && status.is_some()"],
        };
        self.end_if(depth, &answered[..if any_method && errors { 2 } else { 1 }].concat());
        if let Some(most) = policy.attempts {
            self.end_if(depth, &format!("retry >= {most}"));
        }
        self.wait(depth, policy);
    }

    /// The policy's own wait, as `wait`.
    pub(super) fn wait(&mut self, depth: usize, policy: &Policy) {
        let t = self.tongue;
        if remembers_curve(&policy.delay) {
            let at = format!("{} - {} + {}", t.retry(), t.number(1.0), t.random());
            self.line(depth, &t.named("at", &at));
        }
        let own = t.wait(&policy.delay);
        let own = if policy.first_retry_at_once { t.none_at_first(&own) } else { own };
        let own = match t {
            Tongue::JavaScript => format!("let wait = {own};"),
            Tongue::Python => format!("wait = {own}"),
            // It is not changed where nothing asks for another one.
            Tongue::Rust if obeys(policy) => format!("let mut wait: f64 = {own};"),
            Tongue::Rust => format!("let wait: f64 = {own};"),
        };
        self.line(depth, &own);
        if remembers_curve(&policy.delay) {
            self.line(depth, &t.set("reached", &t.curve(&policy.delay)));
        }
        if remembers_wait(&policy.delay) {
            self.line(depth, &t.set("last", "wait"));
        }
    }

    /// A place to come back to.
    pub(super) fn marker(&self) -> usize {
        self.text.len()
    }

    /// Lines at that place, if what follows it calls for them.
    pub(super) fn insert_if_used(&mut self, at: usize, name: &str, lines: &str) {
        if self.text[at..].contains(name) {
            self.text.insert_str(at, lines);
        }
    }

    /// The end of what is no loop.
    pub(super) fn finish(self, missing: Vec<String>) -> Code {
        finish(self.tongue.mark(), missing, &self.text)
    }

    /// The text so far.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// The end of the loop: the wait, if the deadline leaves room for it.
    pub(super) fn end(mut self, policy: &Policy, mut missing: Vec<String>) -> Code {
        self.deadline(2, policy, &mut missing);
        self.block(match self.tongue {
            Tongue::JavaScript => "    await sleep(wait);\n  }\n}\n",
            Tongue::Python => "        time.sleep(wait)\n",
            Tongue::Rust => "        tokio::time::sleep(Duration::from_secs_f64(wait)).await;\n    }\n}\n",
        });
        self.finish(missing)
    }

    /// The call ends if the deadline leaves no room; what is missing is added to the list.
    pub(super) fn deadline(&mut self, depth: usize, policy: &Policy, missing: &mut Vec<String>) {
        let Some(deadline) = policy.deadline else { return };
        let (elapsed, deadline) = (self.tongue.elapsed(), self.tongue.time(deadline));
        let late = match policy.deadline_rule {
            DeadlineRule::Cut => format!("{elapsed} + wait >= {deadline}"),
            DeadlineRule::NoRetryPast => format!("{elapsed} + wait > {deadline}"),
            DeadlineRule::NoWaitAfter => format!("{elapsed} >= {deadline}"),
        };
        self.end_if(depth, &late);
        if policy.deadline_rule == DeadlineRule::Cut {
            missing.push("Cutting the attempt that is under way when the deadline passes.".to_owned());
        }
    }
}

impl Tongue {
    /// How a comment begins.
    fn mark(self) -> &'static str {
        if matches!(self, Self::Python) { "#" } else { "//" }
    }

    /// A duration in the language's unit of time.
    pub(super) fn time(self, time: SimDuration) -> String {
        match self {
            Self::JavaScript => self.number(time.as_secs_f64() * 1e3),
            Self::Python | Self::Rust => self.number(time.as_secs_f64()),
        }
    }

    /// Whether the request's method may be repeated.
    pub(super) fn methods(self, policy: &Policy) -> String {
        let (every, names) = (every_method(policy), quoted(&policy.methods));
        match self {
            Self::JavaScript if every => "true".to_owned(),
            Self::JavaScript => format!("[{names}].includes(method)"),
            Self::Python if every => "True".to_owned(),
            Self::Python => format!("method.upper() in [{names}]"),
            Self::Rust if every => "{ let _ = method; true }".to_owned(),
            Self::Rust => format!("[{names}].contains(&method.as_str())"),
        }
    }

    fn number(self, n: f64) -> String {
        match self {
            Self::JavaScript | Self::Python => format!("{n}"),
            Self::Rust => format!("{n:?}"),
        }
    }

    fn power(self, base: &str, exponent: &str) -> String {
        match self {
            Self::JavaScript | Self::Python => format!("{base} ** ({exponent})"),
            Self::Rust => format!("{base}_f64.powf({exponent})"),
        }
    }

    fn least(self, a: &str, b: &str) -> String {
        match self {
            Self::JavaScript => format!("Math.min({a}, {b})"),
            Self::Python => format!("min({a}, {b})"),
            Self::Rust => format!("f64::min({a}, {b})"),
        }
    }

    fn most(self, a: &str, b: &str) -> String {
        match self {
            Self::JavaScript => format!("Math.max({a}, {b})"),
            Self::Python => format!("max({a}, {b})"),
            Self::Rust => format!("f64::max({a}, {b})"),
        }
    }

    /// The retry's number as a number of the kind that waits are.
    fn retry(self) -> &'static str {
        match self {
            Self::JavaScript | Self::Python => "retry",
            Self::Rust => "f64::from(retry)",
        }
    }

    fn random(self) -> &'static str {
        match self {
            Self::JavaScript => "Math.random()",
            Self::Python => "random.random()",
            Self::Rust => "rand::random::<f64>()",
        }
    }

    /// The item of a list for this retry; the last one repeats.
    fn item(self, items: &[String]) -> String {
        let (list, count) = (items.join(", "), items.len());
        match self {
            Self::JavaScript => format!("[{list}][Math.min(retry, {count}) - 1]"),
            Self::Python => format!("[{list}][min(retry, {count}) - 1]"),
            Self::Rust => format!("[{list}][retry.min({count}) as usize - 1]"),
        }
    }

    pub(super) fn none_at_first(self, wait: &str) -> String {
        match self {
            Self::JavaScript => format!("retry === 1 ? 0 : {wait}"),
            Self::Python => format!("0 if retry == 1 else {wait}"),
            Self::Rust => format!("if retry == 1 {{ 0.0 }} else {{ {wait} }}"),
        }
    }

    /// What the loop changes later on.
    fn declared(self, name: &str, value: &str) -> String {
        match self {
            Self::JavaScript => format!("let {name} = {value};"),
            Self::Python => format!("{name} = {value}"),
            Self::Rust => format!("let mut {name} = {value};"),
        }
    }

    /// What stays as it is.
    fn named(self, name: &str, value: &str) -> String {
        match self {
            Self::JavaScript => format!("const {name} = {value};"),
            Self::Python => format!("{name} = {value}"),
            Self::Rust => format!("let {name} = {value};"),
        }
    }

    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::JavaScript | Self::Rust => format!("{name} = {value};"),
            Self::Python => format!("{name} = {value}"),
        }
    }

    fn started(self) -> &'static str {
        match self {
            Self::JavaScript => "const started = Date.now();",
            Self::Python => "started = time.monotonic()",
            Self::Rust => "let started = std::time::Instant::now();",
        }
    }

    fn elapsed(self) -> &'static str {
        match self {
            Self::JavaScript => "Date.now() - started",
            Self::Python => "time.monotonic() - started",
            Self::Rust => "started.elapsed().as_secs_f64()",
        }
    }

    /// A list of statuses as a condition on `status`: classes as ranges, the rest as a list.
    pub(super) fn condition(self, status: &str, statuses: &[u16]) -> String {
        let (classes, rest) = split(statuses);
        let range = |class: u16| {
            let (first, end) = (class * 100, class * 100 + 100);
            match self {
                Self::JavaScript => format!("({status} >= {first} && {status} < {end})"),
                Self::Python => format!("{first} <= {status} < {end}"),
                Self::Rust => format!("({first}..{end}).contains(&{status})"),
            }
        };
        let mut parts: Vec<String> = classes.into_iter().map(range).collect();
        if !rest.is_empty() || parts.is_empty() {
            let list = numbers(&rest);
            parts.push(match self {
                Self::JavaScript => format!("[{list}].includes({status})"),
                Self::Python => format!("{status} in [{list}]"),
                Self::Rust => format!("[{list}].contains(&{status})"),
            });
        }
        parts.join(if matches!(self, Self::Python) { " or " } else { " || " })
    }

    /// The wait where `Retry-After` asked for one.
    pub(super) fn combined(self, combine: Combine) -> String {
        match combine {
            Combine::Replace => "asked".to_owned(),
            Combine::Maximum => self.most("wait", "asked"),
            Combine::Add => "wait + asked".to_owned(),
        }
    }

    /// How far the curve of a smoothed delay has come at `at`.
    fn curve(self, delay: &Delay) -> String {
        let factor = match delay {
            Delay::Exponential { factor, .. } => *factor,
            _ => 1.0,
        };
        let four = format!("{} * at", self.number(4.0));
        let rises = match self {
            Self::JavaScript => format!("Math.tanh(Math.sqrt({four}))"),
            Self::Python => format!("math.tanh(math.sqrt({four}))"),
            Self::Rust => format!("f64::tanh(f64::sqrt({four}))"),
        };
        format!("{} * {rises}", self.power(&self.number(factor), "at"))
    }

    /// The wait before retry number `retry`, as an expression. `last` and `reached` are what it may have to remember.
    pub(super) fn wait(self, delay: &Delay) -> String {
        let (plain, cap, jitter, cap_last) = match delay {
            Delay::None => return self.time(SimDuration::ZERO),
            Delay::Fixed(wait) => return self.time(*wait),
            Delay::List(waits) => return self.item(&waits.iter().map(|w| self.time(*w)).collect::<Vec<_>>()),
            Delay::Exponential { base, factor, cap, jitter, cap_last } => {
                let exponent = format!("{} - {}", self.retry(), self.number(1.0));
                let power = self.power(&self.number(*factor), &exponent);
                (format!("{} * {power}", self.time(*base)), *cap, *jitter, *cap_last)
            }
            Delay::Linear { base, step, cap, jitter } => {
                let grown = format!("({} - {}) * {}", self.retry(), self.number(1.0), self.time(*step));
                (format!("{} + {grown}", self.time(*base)), *cap, *jitter, false)
            }
        };
        let late = cap_last || matches!(jitter, Jitter::Decorrelated | Jitter::Smoothed);
        let plain = match cap {
            Some(cap) if !late => self.least(&self.time(cap), &plain),
            _ => plain,
        };
        let spread = self.spread(delay, jitter, &plain);
        match cap {
            Some(cap) if late => self.least(&self.time(cap), &spread),
            _ => spread,
        }
    }

    fn spread(self, delay: &Delay, jitter: Jitter, plain: &str) -> String {
        let (n, base, random) = (|n| self.number(n), self.time(base(delay)), self.random());
        match jitter {
            Jitter::None => plain.to_owned(),
            Jitter::Full => format!("{random} * ({plain})"),
            Jitter::Equal => format!("({plain}) * ({} + {} * {random})", n(0.5), n(0.5)),
            Jitter::Decorrelated => format!("{base} + {random} * ({} * last - {base})", n(3.0)),
            Jitter::PlusMinus(share) => {
                format!("({plain}) * ({} + {} * {random})", n(1.0 - share), n(2.0 * share))
            }
            // The cut of the whole seconds is named as missing.
            Jitter::Proportional(share) | Jitter::ProportionalParts(share) => {
                format!("({plain}) * ({} + {} * {random})", n(1.0), n(share))
            }
            Jitter::Additive(most) => format!("{plain} + {} * {random}", self.time(most)),
            Jitter::Bounded(least) => {
                let least = self.time(least);
                format!("{least} + {random} * ({plain} - {least})")
            }
            Jitter::Smoothed => format!("({} - reached) * {base} / {}", self.curve(delay), n(1.4)),
        }
    }
}

/// True if the wait depends on the one before.
pub(super) fn remembers_wait(delay: &Delay) -> bool {
    matches!(
        delay,
        Delay::Exponential { jitter: Jitter::Decorrelated, .. }
            | Delay::Linear { jitter: Jitter::Decorrelated, .. }
    )
}

/// True if the wait depends on how far its curve has come.
pub(super) fn remembers_curve(delay: &Delay) -> bool {
    matches!(
        delay,
        Delay::Exponential { jitter: Jitter::Smoothed, .. } | Delay::Linear { jitter: Jitter::Smoothed, .. }
    )
}

/// The base of a delay that has one.
pub(super) fn base(delay: &Delay) -> SimDuration {
    match delay {
        Delay::Exponential { base, .. } | Delay::Linear { base, .. } => *base,
        _ => SimDuration::ZERO,
    }
}
