//! A policy's wait as statements, for languages that have no powers and no choices within an expression.
//!
//! The retry's number less one stands in `step`; what a wait has to remember in `last` and `reached`.

use super::tongue::base;
use crate::sim::client::{Delay, Jitter};
use crate::sim::time::SimDuration;

/// How a language says a step.
#[derive(Clone, Copy)]
pub(super) enum Speech {
    /// Waits are seconds.
    Go,
    /// Waits are milliseconds.
    Java,
}

impl Speech {
    /// A duration in the language's unit of time.
    pub(super) fn time(self, time: SimDuration) -> String {
        match self {
            Self::Go => format!("{}", time.as_secs_f64()),
            Self::Java => format!("{:?}", time.as_secs_f64() * 1e3),
        }
    }

    fn function(self, name: &str) -> String {
        match self {
            Self::Go => format!("math.{}{}", name[..1].to_uppercase(), &name[1..]),
            Self::Java => format!("Math.{name}"),
        }
    }

    fn random(self) -> &'static str {
        match self {
            Self::Go => "rand.Float64()",
            Self::Java => "Math.random()",
        }
    }

    /// Spaces as gofmt has them: around the weaker of two operators alone.
    fn strong(self) -> &'static str {
        match self {
            Self::Go => "*",
            Self::Java => " * ",
        }
    }

    fn named(self, name: &str, value: &str) -> String {
        match self {
            Self::Go => format!("{name} := {value}"),
            Self::Java => format!("double {name} = {value};"),
        }
    }

    /// A statement that changes something.
    pub(super) fn set(self, text: &str) -> String {
        match self {
            Self::Go => text.to_owned(),
            Self::Java => format!("{text};"),
        }
    }

    /// What a wait remembers, by the name of it.
    fn kept(self, name: &str) -> String {
        match self {
            Self::Go => name.to_owned(),
            Self::Java => format!("{name}[0]"),
        }
    }

    /// The steps to `wait`, the first one declaring it.
    pub(super) fn steps(self, delay: &Delay) -> Vec<String> {
        let (cap, jitter, cap_last, own) = match delay {
            Delay::None => return vec![self.named("wait", "0.0")],
            Delay::Fixed(wait) => return vec![self.named("wait", &self.time(*wait))],
            Delay::List(waits) => return self.list(waits),
            Delay::Exponential { base, factor, cap, jitter, cap_last } => {
                let power = format!("{}({factor}, step)", self.function("pow"));
                (*cap, *jitter, *cap_last, self.named("wait", &format!("{} * {power}", self.time(*base))))
            }
            Delay::Linear { base, step, cap, jitter } => {
                let grown = format!("{} + {}{}step", self.time(*base), self.time(*step), self.strong());
                (*cap, *jitter, false, self.named("wait", &grown))
            }
        };
        let late = cap_last || matches!(jitter, Jitter::Decorrelated | Jitter::Smoothed);
        let cut =
            cap.map(|cap| self.set(&format!("wait = {}(wait, {})", self.function("min"), self.time(cap))));
        let mut steps = vec![own];
        steps.extend(cut.clone().filter(|_| !late));
        self.spread(delay, jitter, &mut steps);
        steps.extend(cut.filter(|_| late));
        if jitter == Jitter::Decorrelated {
            steps.push(self.set(&format!("{} = wait", self.kept("last"))));
        }
        steps
    }

    fn list(self, waits: &[SimDuration]) -> Vec<String> {
        let items = waits.iter().map(|wait| self.time(*wait)).collect::<Vec<_>>().join(", ");
        let most = waits.len().saturating_sub(1);
        match self {
            Self::Go => vec![
                format!("waits := []float64{{{items}}}"),
                format!("wait := waits[int(math.Min(step, {most}))]"),
            ],
            Self::Java => vec![
                format!("double[] waits = {{{items}}};"),
                format!("double wait = waits[(int) Math.min(step, {most})];"),
            ],
        }
    }

    fn spread(self, delay: &Delay, jitter: Jitter, steps: &mut Vec<String>) {
        let (random, by, start) = (self.random(), self.strong(), self.time(base(delay)));
        let kept = |name| self.kept(name);
        let step = match jitter {
            Jitter::None => return,
            Jitter::Full => format!("wait *= {random}"),
            Jitter::Equal => format!("wait *= 0.5 + 0.5{by}{random}"),
            Jitter::Decorrelated => {
                steps.clear();
                let most = match self {
                    Self::Go => format!("3*last-{start}"),
                    Self::Java => format!("3 * last[0] - {start}"),
                };
                return steps.push(self.named("wait", &format!("{start} + {random}{by}({most})")));
            }
            Jitter::PlusMinus(share) => format!("wait *= {} + {}{by}{random}", 1.0 - share, 2.0 * share),
            Jitter::Proportional(share) | Jitter::ProportionalParts(share) => {
                format!("wait *= 1 + {share}{by}{random}")
            }
            Jitter::Additive(most) => format!("wait += {} * {random}", self.time(most)),
            Jitter::Bounded(least) => {
                let least = self.time(least);
                match self {
                    Self::Go => format!("wait = {least} + {random}*(wait-{least})"),
                    Self::Java => format!("wait = {least} + {random} * (wait - {least})"),
                }
            }
            Jitter::Smoothed => {
                let factor = if let Delay::Exponential { factor, .. } = delay { *factor } else { 1.0 };
                let (power, tanh, root) =
                    (self.function("pow"), self.function("tanh"), self.function("sqrt"));
                steps.clear();
                steps.push(self.named("at", &format!("step + {random}")));
                steps.push(self.named("curve", &format!("{tanh}({root}(4 * at))")));
                steps.push(self.set(&format!("curve *= {power}({factor}, at)")));
                steps.push(self.named("wait", &format!("(curve - {}) * {start} / 1.4", kept("reached"))));
                steps.push(self.set(&format!("{} = curve", kept("reached"))));
                return;
            }
        };
        steps.push(self.set(&step));
    }
}
