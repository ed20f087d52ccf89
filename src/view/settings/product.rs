//! What a gateway's product calls a setting, and what it offers where it lacks one.

use serde_json::{Value, json};

use crate::sim::dialect::{Dialect, Setting, dialect};
use crate::sim::json;
use crate::sim::scenario::{GatewaySettings, Scenario};

/// The settings that are groups: a change of one field leaves the others as they are.
pub(super) const GROUPS: [&str; 6] = ["health_check", "retry", "limits", "rate_limit", "breaker", "cache"];

/// The setting of that name.
pub(super) fn setting(name: &str) -> Option<Setting> {
    Setting::ALL.into_iter().chain(Setting::MORE).find(|setting| setting.field() == name)
}

/// A gateway's product, and its place in the row.
#[derive(Clone, Copy)]
pub(super) struct Product {
    dialect: &'static dyn Dialect,
    is_last: bool,
}

impl Product {
    /// The product of the gateway at that place.
    pub(super) fn of(scenario: &Scenario, place: usize) -> Option<Self> {
        let gateway = scenario.gateways.get(place)?;
        Some(Self { dialect: dialect(gateway.dialect), is_last: place + 1 == scenario.gateways.len() })
    }

    /// What the product calls the setting.
    pub(super) fn directive(&self, name: &str) -> Option<&'static str> {
        Some(self.dialect.directive(setting(name)?))
    }

    /// True if the product takes these settings only with probes beside them.
    pub(super) fn needs_probes(&self, settings: &Value) -> bool {
        let settings: GatewaySettings = json::read(settings).unwrap_or_default();
        self.dialect.supports(Setting::PassiveHealth, &settings).is_err()
    }

    /// Why the setting cannot have that value here, as a sentence.
    ///
    /// `path` is the name of a setting, or of a group and of a field in it.
    pub(super) fn refuses(&self, path: &[&str], value: &Value) -> Option<String> {
        let name = *path.first()?;
        if name == "upstreams" && !self.is_last {
            return Some("The one upstream of this gateway is the next gateway.".to_owned());
        }
        let value = match path.get(1) {
            Some(field) => json!({ *field: value }),
            None => value.clone(),
        };
        let mut settings = json!({ name: value });
        if name == "passive_health" {
            // Some of its forms need probes beside them, which come along with the change.
            settings["health_check"] = json!({});
        }
        let settings: GatewaySettings = json::read(&settings).ok()?;
        let instead = self.dialect.supports(setting(name)?, &settings).err()?;
        Some(format!("{} has no such setting; {instead}.", self.dialect.title()))
    }
}
