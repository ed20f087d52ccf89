//! urllib3's `Retry` in the adapter of `requests`: its own options where they say it, a subclass where they do not.
//!
//! Source: urllib3 2.8.0, `urllib3/util/retry.py`, and recordings of it.

use super::gaps::{self, Obeys};
use super::tongue::{Page, Tongue, remembers_curve, remembers_wait};
use super::{Code, beyond_a_loop, every_method, numbers, obeys, quoted, split};
use crate::sim::client::{ConnectionErrors, Delay, Jitter, Malformed, OverCap, Policy, Repeat};

const T: Tongue = Tongue::Python;

const OBEYS: Obeys =
    Obeys { who: "urllib3", date: true, over_cap: OverCap::Cut, zero: false, malformed: Malformed::GiveUp };

/// `Retry.RETRY_AFTER_STATUS_CODES`: with the header these are tried again, whatever the list says.
const TOLD: [u16; 3] = [413, 429, 503];

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = missing(policy);
    let ignores = policy.retry_after.malformed == Malformed::Ignore && obeys(policy);
    if ignores {
        missing.retain(|what| !what.starts_with("A malformed"));
    }
    let told = told(policy);
    let mut options = options(policy);
    let (native, own) = waits(policy);
    options.extend(native);
    let mut page = Page::new(T);
    page.line(0, "# pip install requests urllib3  (2.8)");
    if own.is_some() && policy.delay.is_random() {
        page.line(0, "import random\n");
    }
    page.line(0, "import requests");
    page.line(0, "from requests.adapters import HTTPAdapter");
    if ignores {
        page.line(0, "from urllib3.exceptions import InvalidHeader");
    }
    page.line(0, "from urllib3.util import Retry\n");
    let subclass = own.is_some() || ignores || told.is_some();
    if subclass {
        page.line(0, "\nclass Policy(Retry):");
        if let Some(told) = &told {
            page.line(1, &format!("RETRY_AFTER_STATUS_CODES = frozenset({told})\n"));
        }
        if let Some(own) = own {
            page.line(1, "def get_backoff_time(self):");
            page.line(2, "retry = len(self.history)");
            page.line(2, &format!("return {own}\n"));
        }
        if ignores {
            page.line(1, "def get_retry_after(self, response):");
            page.line(2, "try:");
            page.line(3, "return super().get_retry_after(response)");
            page.line(2, "except InvalidHeader:");
            page.line(3, "return None\n");
        }
        page.line(0, "");
    }
    page.line(0, &format!("retry = {}(", if subclass { "Policy" } else { "Retry" }));
    options.iter().for_each(|option| page.line(1, &format!("{option},")));
    page.block(
        ")
session = requests.Session()
session.mount(\"http://\", HTTPAdapter(max_retries=retry))
session.mount(\"https://\", HTTPAdapter(max_retries=retry))


def request(method, url, **options):
",
    );
    if let Some(limit) = policy.attempt_timeout {
        page.line(1, &format!("options.setdefault(\"timeout\", {})", T.time(limit)));
    }
    page.line(1, "return session.request(method, url, **options)");
    page.finish(missing)
}

/// The statuses that the header makes ones to try again, where they are others than urllib3's own.
fn told(policy: &Policy) -> Option<String> {
    if !obeys(policy) {
        return None;
    }
    match (policy.retry_after.repeats, &policy.retry_after.statuses) {
        (true, Some(statuses)) if *statuses == TOLD => None,
        (true, Some(statuses)) => Some(set(statuses)),
        (true, None) => Some("range(300, 600)".to_owned()),
        (false, _) if TOLD.iter().all(|status| policy.statuses.contains(status)) => None,
        (false, _) => Some(String::new()),
    }
}

fn missing(policy: &Policy) -> Vec<String> {
    let mut missing = beyond_a_loop(policy);
    gaps::without_kinds(policy, &mut missing);
    missing.extend(OBEYS.gaps(policy));
    let mut add = |there: bool, what: &str| {
        if there {
            missing.push(what.to_owned());
        }
    };
    let (errors, every) = (&policy.connection_errors, every_method(policy));
    let all = |kinds: &[Repeat], repeat: Repeat| kinds.iter().all(|kind| *kind == repeat);
    let connect = connecting(errors);
    let kept = all(&connect, Repeat::AnyMethod) || all(&connect, Repeat::Never);
    add(
        !(kept || every && all(&connect, Repeat::Methods)),
        "Connections that did not open, by method or kind: urllib3 repeats all of them for every method.",
    );
    let reading = reading(errors);
    let kept = all(&reading, Repeat::Methods) || all(&reading, Repeat::Never);
    add(
        !(kept || every && all(&reading, Repeat::AnyMethod)),
        "Attempts that broke off, by kind: urllib3 repeats all of them for the methods of its list, or none.",
    );
    add(
        errors.truncated != Repeat::Never,
        "Bodies that break off: `requests` reads them after urllib3's retries.",
    );
    add(policy.deadline.is_some(), "The deadline: urllib3 has none for a call.");
    add(
        policy.attempt_timeout.is_some(),
        "A limit for a whole attempt: requests' timeout is one for each read.",
    );
    let only = policy.retry_after.statuses.as_ref();
    let only = only.is_some_and(|only| policy.statuses.iter().any(|status| !only.contains(status)));
    add(
        obeys(policy) && only,
        "Obeying Retry-After on some statuses alone: urllib3 obeys it on each that it repeats.",
    );
    let remembers = remembers_wait(&policy.delay) || remembers_curve(&policy.delay);
    add(
        remembers,
        "Waits that depend on the one before: urllib3 keeps none. They double here, between nothing and that.",
    );
    missing
}

fn connecting(errors: &ConnectionErrors) -> [Repeat; 4] {
    [errors.refused, errors.unreachable, errors.name_not_resolved, errors.connect_timeout]
}

fn reading(errors: &ConnectionErrors) -> [Repeat; 3] {
    [errors.closed, errors.reset, errors.attempt_timeout]
}

fn options(policy: &Policy) -> Vec<String> {
    let (errors, obey) = (&policy.connection_errors, &policy.retry_after);
    let mut options = vec![format!("total={}", gaps::retries(policy))];
    let mut never = |kinds: &[Repeat], name: &str| {
        if kinds.iter().all(|kind| *kind == Repeat::Never) {
            options.push(format!("{name}=0"));
        }
    };
    never(&connecting(errors), "connect");
    never(&reading(errors), "read");
    never(&[errors.tls], "other");
    options.push(format!("status_forcelist={}", set(&policy.statuses)));
    let methods =
        if every_method(policy) { "None".to_owned() } else { format!("[{}]", quoted(&policy.methods)) };
    options.push(format!("allowed_methods={methods}"));
    options.push(format!("respect_retry_after_header={}", if obeys(policy) { "True" } else { "False" }));
    if obeys(policy) {
        let cap = obey.cap.map_or("float(\"inf\")".to_owned(), |cap| T.time(cap));
        options.push(format!("retry_after_max={cap}"));
    }
    options.push("raise_on_status=False".to_owned());
    options
}

/// The options that make the waits, or the formula of a subclass.
fn waits(policy: &Policy) -> (Vec<String>, Option<String>) {
    let mut delay = policy.delay.clone();
    if let Delay::Exponential { base, factor, cap, jitter, cap_last } = &delay {
        let most = match jitter {
            Jitter::None => Some(None),
            Jitter::Additive(most) if *cap_last || cap.is_none() => Some(Some(*most)),
            _ => None,
        };
        if let (true, Some(most), 2.0) = (policy.first_retry_at_once, most, *factor) {
            let cap = cap.map_or("float(\"inf\")".to_owned(), |cap| T.time(cap));
            let mut native = vec![format!("backoff_factor={}", T.time(*base)), format!("backoff_max={cap}")];
            native.extend(most.map(|most| format!("backoff_jitter={}", T.time(most))));
            return (native, None);
        }
    }
    if delay == Delay::None {
        return (Vec::new(), None);
    }
    if let Delay::Exponential { jitter: jitter @ (Jitter::Decorrelated | Jitter::Smoothed), .. }
    | Delay::Linear { jitter: jitter @ (Jitter::Decorrelated | Jitter::Smoothed), .. } = &mut delay
    {
        *jitter = Jitter::Full;
    }
    let own = T.wait(&delay);
    (Vec::new(), Some(if policy.first_retry_at_once { T.none_at_first(&own) } else { own }))
}

/// Statuses as a list.
fn set(statuses: &[u16]) -> String {
    let (classes, rest) = split(statuses);
    let mut parts: Vec<String> =
        classes.iter().map(|class| format!("*range({}, {})", class * 100, class * 100 + 100)).collect();
    if !rest.is_empty() {
        parts.push(numbers(&rest));
    }
    format!("[{}]", parts.join(", "))
}
