//! What the scenarios of targets have in common, as JSON.

use serde_json::{Value, json};

/// A scenario in which nothing takes time but what is said here.
///
/// One client, one nginx without limits of time in front of one origin, and links without latency.
pub(super) struct Setup {
    /// When the run is cut, in seconds.
    pub(super) seconds: u64,
    /// What the client sends by itself.
    pub(super) arrivals: Value,
    /// When it stops to; null for never.
    pub(super) until: Value,
    /// What it asks.
    pub(super) request: Value,
    /// How it tries again.
    pub(super) policy: Value,
    /// The gateway's settings, beside its limits of time.
    pub(super) gateway: Value,
    /// The origin's settings.
    pub(super) origin: Value,
    /// The origin's faults.
    pub(super) faults: Value,
    /// The database; null for none.
    pub(super) database: Value,
    /// What happens when.
    pub(super) timeline: Value,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            seconds: 60,
            arrivals: json!({"poisson": {"rate": 10}}),
            until: Value::Null,
            request: json!({}),
            policy: json!({}),
            gateway: json!({}),
            origin: json!({}),
            faults: json!([]),
            database: Value::Null,
            timeline: json!([]),
        }
    }
}

impl Setup {
    /// The scenario.
    pub(super) fn json(self) -> String {
        let database = !self.database.is_null();
        let mut gateway = json!({"connect_timeout": "24h", "send_timeout": "24h", "read_timeout": "24h"});
        lay(&mut gateway, self.gateway);
        let mut traffic = json!({"arrivals": self.arrivals, "mix": [{"request": self.request}]});
        if !self.until.is_null() {
            lay(&mut traffic, json!({"until": self.until}));
        }
        json!({
            "horizon": format!("{}s", self.seconds),
            "clients": [{"policy": self.policy, "traffic": traffic}],
            "gateways": [{"link": {"latency": "0s"}, "settings": gateway}],
            "origins": [{
                "link": {"latency": "0s"},
                "app": if database { "orders" } else { "probe" },
                "settings": self.origin,
                "faults": self.faults,
            }],
            "dependencies": if database { json!([self.database]) } else { json!([]) },
            "timeline": self.timeline,
        })
        .to_string()
    }
}

/// Lays the fields of one object over those of another.
fn lay(under: &mut Value, over: Value) {
    if let (Value::Object(under), Value::Object(over)) = (under, over) {
        under.extend(over);
    }
}

/// A line without an end.
pub(super) const ENDLESS: u32 = 1_000_000;

/// A waiting line: Poisson arrivals at `rate`, so many workers and places to wait, for so long.
pub(super) fn queue(rate: f64, service: Value, workers: u32, line: u32, seconds: u64) -> String {
    Setup {
        seconds,
        arrivals: json!({"poisson": {"rate": rate}}),
        origin: json!({"workers": workers, "queue": line, "service_time": service}),
        ..Setup::default()
    }
    .json()
}
