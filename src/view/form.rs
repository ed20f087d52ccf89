//! Text that a person typed into a setting: read, checked, and refused with what would be accepted.

use crate::sim::dialect::{Setting, dialect};
use crate::sim::message::Method;
use crate::sim::scenario::{
    Action, GatewaySettings, KeepAlive, Maintenance, NextUpstream, OriginSettings, RetryAfter, Scenario,
    ScenarioError, Settings, UpstreamKeepAlive,
};
use crate::sim::time::{SimDuration, SimTime};

use super::{conditions, edit};

/// What kind of control a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// A text with a duration or a number.
    Text,
    /// A list of things to tick.
    Ticks,
    /// A switch with a header beside it.
    Maintenance,
}

/// A setting of a gateway as a form shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Which.
    pub setting: Setting,
    /// Its neutral name, `read_timeout`.
    pub name: &'static str,
    /// As the product calls it.
    pub directive: &'static str,
    /// What it means, with the default.
    pub hint: String,
    /// Its value as text.
    pub value: String,
    /// What kind of control it has.
    pub control: Control,
    /// It differs from the product's default.
    pub changed: bool,
}

/// The neutral name of a setting, as scenarios write it.
pub fn name(setting: Setting) -> &'static str {
    setting.field()
}

fn meaning(setting: Setting) -> &'static str {
    match setting {
        Setting::ConnectTimeout => "until connected",
        Setting::SendTimeout => "between two writes of the request",
        Setting::ReadTimeout => "until the header of the answer is complete",
        Setting::NextUpstream => "what moves on to the next server",
        Setting::NextUpstreamTries => "servers a request may try; 0 for all",
        Setting::NextUpstreamTimeout => "over all tries; 0s for no limit",
        Setting::MaxFails => "failures until a server is left out; 0 for never",
        Setting::FailTimeout => "window, and how long it stays out",
        Setting::HeaderLimit => "largest header of an answer, in bytes",
        Setting::Maintenance => "return 503 to everyone",
        Setting::KeepAlive => "how long a client's idle connection is kept",
        Setting::UpstreamKeepAlive => "idle connections kept to each server, or off",
        // Not in the form: the scenario's text has them.
        _ => "",
    }
}

/// The headings of the form with their settings.
pub const GROUPS: [(&str, &[Setting]); 5] = [
    ("Timeouts", &[Setting::ConnectTimeout, Setting::ReadTimeout, Setting::SendTimeout]),
    ("Retry", &[Setting::NextUpstream, Setting::NextUpstreamTries, Setting::NextUpstreamTimeout]),
    ("Upstreams and health", &[Setting::MaxFails, Setting::FailTimeout]),
    ("Connections", &[Setting::KeepAlive, Setting::UpstreamKeepAlive]),
    ("Answers", &[Setting::HeaderLimit, Setting::Maintenance]),
];

/// The setting of a gateway at a moment.
pub fn field(scenario: &Scenario, gateway: &str, setting: Setting, at: SimTime) -> Field {
    let name_of_product =
        scenario.gateways.iter().find(|g| g.id == gateway).map(|g| g.dialect).unwrap_or_default();
    let product = dialect(name_of_product);
    let settings = conditions::gateway(scenario, gateway, at);
    let effective = product.effective(&settings);
    let default = product.effective(&GatewaySettings::default());
    let shown = |s: &crate::sim::dialect::EffectiveSettings| match setting {
        Setting::ConnectTimeout => s.connect_timeout.to_string(),
        Setting::SendTimeout => s.send_timeout.to_string(),
        Setting::ReadTimeout => s.read_timeout.to_string(),
        Setting::NextUpstreamTimeout => s.next_upstream_timeout.to_string(),
        Setting::FailTimeout => s.fail_timeout.to_string(),
        Setting::NextUpstreamTries => s.next_upstream_tries.to_string(),
        Setting::MaxFails => s.max_fails.to_string(),
        Setting::HeaderLimit => s.header_limit.to_string(),
        Setting::KeepAlive => s.keep_alive.idle.to_string(),
        Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
            UpstreamKeepAlive::Off => "off".to_owned(),
            UpstreamKeepAlive::On(keep_alive) => keep_alive.most.to_string(),
        },
        _ => product.value(setting, s),
    };
    let (value, usual) = (shown(&effective), shown(&default));
    Field {
        setting,
        name: name(setting),
        directive: product.directive(setting),
        hint: format!("{} · default {usual}", meaning(setting)),
        changed: value != usual,
        value,
        control: match setting {
            Setting::NextUpstream => Control::Ticks,
            Setting::Maintenance => Control::Maintenance,
            _ => Control::Text,
        },
    }
}

/// Why a text is not accepted: what it is, and what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl From<ScenarioError> for Refusal {
    fn from(error: ScenarioError) -> Self {
        match error {
            ScenarioError::Field { pointer, value, expected } => {
                // The field's own name: indices of lists say nothing to who sees one field.
                let name = pointer.rsplit('/').find(|step| step.parse::<usize>().is_err());
                let name =
                    name.filter(|name| !name.is_empty()).map_or(String::new(), |name| format!("{name} "));
                Self(format!("{name}{value} is not accepted; expected {expected}."))
            }
            other => Self(other.to_string()),
        }
    }
}

fn duration(text: &str) -> Result<SimDuration, Refusal> {
    text.trim().parse().map_err(|e: crate::sim::time::InvalidDuration| Refusal(format!("{e}.")))
}

fn number(text: &str) -> Result<u32, Refusal> {
    number_or(text, "")
}

/// A number where `instead`, such as `, or off`, may stand in its place.
fn number_or(text: &str, instead: &str) -> Result<u32, Refusal> {
    text.trim().parse().map_err(|error: std::num::ParseIntError| {
        Refusal(match error.kind() {
            std::num::IntErrorKind::PosOverflow => {
                format!("{text:?} is too large; expected a whole number up to {}{instead}.", u32::MAX)
            }
            _ => format!("{text:?} is not a whole number; expected digits, such as 3{instead}."),
        })
    })
}

/// The settings that a text means.
///
/// # Errors
/// If the text is none that the setting can hold.
pub fn typed(setting: Setting, text: &str) -> Result<GatewaySettings, Refusal> {
    let mut to = GatewaySettings::default();
    match setting {
        Setting::ConnectTimeout => to.connect_timeout = Some(duration(text)?),
        Setting::SendTimeout => to.send_timeout = Some(duration(text)?),
        Setting::ReadTimeout => to.read_timeout = Some(duration(text)?),
        Setting::NextUpstreamTimeout => to.next_upstream_timeout = Some(duration(text)?),
        Setting::FailTimeout => to.fail_timeout = Some(duration(text)?),
        Setting::NextUpstreamTries => to.next_upstream_tries = Some(number(text)?),
        Setting::MaxFails => to.max_fails = Some(number(text)?),
        Setting::HeaderLimit => to.header_limit = Some(number(text)?),
        Setting::KeepAlive => {
            to.keep_alive = Some(KeepAlive { idle: duration(text)?, ..KeepAlive::default() });
        }
        Setting::UpstreamKeepAlive if text.trim() == "off" => {
            to.upstream_keep_alive = Some(UpstreamKeepAlive::Off);
        }
        Setting::UpstreamKeepAlive => {
            let most = number_or(text, ", or off")?;
            to.upstream_keep_alive = Some(UpstreamKeepAlive::On(KeepAlive { most, ..KeepAlive::default() }));
        }
        _ => {}
    }
    Ok(to)
}

/// The product's default of a setting, as settings that name it.
pub fn default_of(scenario: &Scenario, gateway: &str, setting: Setting) -> GatewaySettings {
    let name = scenario.gateways.iter().find(|g| g.id == gateway).map(|g| g.dialect).unwrap_or_default();
    let usual = dialect(name).effective(&GatewaySettings::default());
    let mut to = GatewaySettings::default();
    match setting {
        Setting::ConnectTimeout => to.connect_timeout = Some(usual.connect_timeout),
        Setting::SendTimeout => to.send_timeout = Some(usual.send_timeout),
        Setting::ReadTimeout => to.read_timeout = Some(usual.read_timeout),
        Setting::NextUpstream => to.next_upstream = Some(usual.next_upstream),
        Setting::NextUpstreamTries => to.next_upstream_tries = Some(usual.next_upstream_tries),
        Setting::NextUpstreamTimeout => to.next_upstream_timeout = Some(usual.next_upstream_timeout),
        Setting::MaxFails => to.max_fails = Some(usual.max_fails),
        Setting::FailTimeout => to.fail_timeout = Some(usual.fail_timeout),
        Setting::HeaderLimit => to.header_limit = Some(usual.header_limit),
        Setting::Maintenance => to.maintenance = Some(usual.maintenance),
        Setting::KeepAlive => to.keep_alive = Some(usual.keep_alive),
        Setting::UpstreamKeepAlive => to.upstream_keep_alive = Some(usual.upstream_keep_alive),
        _ => {}
    }
    to
}

/// Every failure that can move a request on at this product, with its name in configurations and whether it is ticked.
pub fn ticks(scenario: &Scenario, gateway: &str, at: SimTime) -> Vec<(NextUpstream, String, bool)> {
    let name = scenario.gateways.iter().find(|g| g.id == gateway).map(|g| g.dialect).unwrap_or_default();
    let product = dialect(name);
    let ticked = product.effective(&conditions::gateway(scenario, gateway, at)).next_upstream;
    let named = |f: &&NextUpstream| {
        let only = GatewaySettings { next_upstream: Some(vec![**f]), ..GatewaySettings::default() };
        product.supports(Setting::NextUpstream, &only).is_ok()
    };
    ALL_FAILURES.iter().filter(named).map(|f| (*f, failure_name(*f), ticked.contains(f))).collect()
}

const ALL_FAILURES: [NextUpstream; 12] = [
    NextUpstream::Error,
    NextUpstream::Timeout,
    NextUpstream::InvalidHeader,
    NextUpstream::Http500,
    NextUpstream::Http502,
    NextUpstream::Http503,
    NextUpstream::Http504,
    NextUpstream::Http403,
    NextUpstream::Http404,
    NextUpstream::Http429,
    NextUpstream::NonIdempotent,
    NextUpstream::Http5xx,
];

fn failure_name(failure: NextUpstream) -> String {
    let value = serde_json::to_value(failure).unwrap_or_default();
    value.as_str().map(|s| s.replace("http", "http_").replace("__", "_")).unwrap_or_default()
}

/// What a maintenance switch shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaintenanceForm {
    /// It is on.
    pub on: bool,
    /// The seconds of `Retry-After`; empty without one.
    pub retry_after: String,
    /// They are written as a date.
    pub date: bool,
}

/// The maintenance switch at a moment.
pub fn maintenance(scenario: &Scenario, gateway: &str, at: SimTime) -> MaintenanceForm {
    let form = |on, retry_after: String, date| MaintenanceForm { on, retry_after, date };
    match conditions::gateway(scenario, gateway, at).maintenance.unwrap_or_default() {
        Maintenance::Off => form(false, String::new(), false),
        Maintenance::On { retry_after: RetryAfter::Absent } => form(true, String::new(), false),
        Maintenance::On { retry_after: RetryAfter::Seconds(s) } => form(true, s.to_string(), false),
        Maintenance::On { retry_after: RetryAfter::Date(wait) } => {
            form(true, wait.to_string().trim_end_matches('s').to_owned(), true)
        }
    }
}

/// The maintenance setting that a form means.
///
/// # Errors
/// If the seconds are no whole number.
pub fn typed_maintenance(on: bool, seconds: &str, date: bool) -> Result<GatewaySettings, Refusal> {
    let retry_after = match seconds.trim().trim_end_matches('s').trim() {
        "" => RetryAfter::Absent,
        text => {
            let seconds: u32 = text.parse().map_err(|_| {
                Refusal(format!("{seconds:?} is not a whole number of seconds; expected digits, such as 120, or nothing for no header."))
            })?;
            if date {
                RetryAfter::Date(SimDuration::from_secs(seconds.into()))
            } else {
                RetryAfter::Seconds(seconds)
            }
        }
    };
    let maintenance = if on { Maintenance::On { retry_after } } else { Maintenance::Off };
    Ok(GatewaySettings { maintenance: Some(maintenance), ..GatewaySettings::default() })
}

/// A setting of an origin that can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginField {
    /// Requests worked on at a time.
    Workers,
    /// Requests that may wait.
    Queue,
}

impl OriginField {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Workers, Self::Queue];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Queue => "queue",
        }
    }

    /// What it means, with the default.
    pub fn hint(self) -> String {
        match self {
            Self::Workers => {
                format!("requests worked on at a time · default {}", OriginSettings::DEFAULT_WORKERS)
            }
            Self::Queue => format!("requests that may wait · default {}", OriginSettings::DEFAULT_QUEUE),
        }
    }

    /// Its value at a moment.
    pub fn value(self, scenario: &Scenario, origin: &str, at: SimTime) -> u32 {
        let settings = conditions::origin(scenario, origin, at);
        match self {
            Self::Workers => settings.workers.unwrap_or(OriginSettings::DEFAULT_WORKERS),
            Self::Queue => settings.queue.unwrap_or(OriginSettings::DEFAULT_QUEUE),
        }
    }

    /// The settings that a text means.
    ///
    /// # Errors
    /// If it is no number.
    pub fn typed(self, text: &str) -> Result<OriginSettings, Refusal> {
        let n = Some(number(text)?);
        Ok(match self {
            Self::Workers => OriginSettings { workers: n, ..OriginSettings::default() },
            Self::Queue => OriginSettings { queue: n, ..OriginSettings::default() },
        })
    }
}

/// The scenario with new settings of a node.
///
/// # Errors
/// If a value is out of its range.
pub fn apply(scenario: &Scenario, node: &str, to: Settings, at: SimTime) -> Result<Scenario, Refusal> {
    edit::with(scenario, at, Action::Set { node: node.to_owned(), to }).map_err(Refusal::from)
}

/// All methods of the composer.
pub fn methods() -> impl Iterator<Item = Method> {
    Method::ALL.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::first;

    #[test]
    fn a_typed_value_is_read_or_refused_with_what_would_be_accepted() {
        assert_eq!(
            typed(Setting::ReadTimeout, " 500ms ").expect("a duration").read_timeout,
            Some(SimDuration::from_millis(500))
        );
        for (setting, text, says) in [
            (Setting::ReadTimeout, "10", "expected a number and a unit"),
            (Setting::MaxFails, "many", "expected digits"),
            (Setting::MaxFails, "-1", "expected digits"),
            (Setting::MaxFails, "99999999999", "is too large"),
            (Setting::UpstreamKeepAlive, "on", ", or off"),
        ] {
            let Refusal(words) = typed(setting, text).expect_err(text);
            assert!(words.contains(says) && words.contains(text), "{words}");
        }
        let zero = typed(Setting::ReadTimeout, "0s").expect("a duration");
        let Refusal(words) =
            apply(&first::scenario(), "gateway", Settings::Gateway(Box::new(zero)), SimTime::ZERO)
                .expect_err("range");
        assert!(words.starts_with("read_timeout \"0s\" is not accepted") && words.contains("1ms"), "{words}");
    }

    #[test]
    fn a_form_shows_the_product_s_names_and_what_was_changed() {
        let scenario = first::scenario();
        let read = field(&scenario, "gateway", Setting::ReadTimeout, SimTime::ZERO);
        assert_eq!((read.directive, read.value.as_str(), read.changed), ("proxy_read_timeout", "2s", true));
        assert!(!field(&scenario, "gateway", Setting::MaxFails, SimTime::ZERO).changed);
        let grouped: usize = GROUPS.iter().map(|(_, s)| s.len()).sum();
        assert_eq!(grouped, Setting::ALL.len());
    }

    #[test]
    fn maintenance_is_read_with_seconds_with_a_date_and_without() {
        for (text, date, expected) in [
            ("", false, RetryAfter::Absent),
            ("120", false, RetryAfter::Seconds(120)),
            ("5s", true, RetryAfter::Date(SimDuration::from_secs(5))),
        ] {
            let settings = typed_maintenance(true, text, date).expect(text);
            assert_eq!(settings.maintenance, Some(Maintenance::On { retry_after: expected }));
        }
        assert!(typed_maintenance(true, "soon", false).is_err());
    }
}
