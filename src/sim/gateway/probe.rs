//! What probes say about an upstream.
//!
//! Probes in a row (HAProxy, Envoy, Apache, Caddy, Traefik) or those of a window (Varnish). Sending them is the
//! gateway's work; here is only what follows from how they end.

use crate::sim::scenario::{InitialHealth, ProbeRule};

/// How a probe ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probed {
    Good,
    /// With an answer that says otherwise.
    BadStatus,
    /// Without an answer in time.
    Silent,
}

/// The health of one upstream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Health {
    up: bool,
    /// Probes in a row that spoke against what it counts as.
    against: u32,
    /// The last probes, the newest in the lowest bit.
    seen: u64,
    /// The first probe alone decides.
    undecided: bool,
}

impl Health {
    pub(super) fn new(rule: &ProbeRule) -> Self {
        let up = rule.initial != InitialHealth::Unhealthy;
        let good = match rule.initial {
            InitialHealth::Healthy => rule.window,
            // Varnish `.initial`: one less than needed, so that the first probe decides.
            InitialHealth::Trial | InitialHealth::Unhealthy => rule.rise.saturating_sub(1),
        };
        let undecided = rule.initial != InitialHealth::Healthy;
        Self { up, against: 0, seen: low_bits(good), undecided }
    }

    pub(super) fn is_up(&self) -> bool {
        self.up
    }

    /// Takes a probe's end in; true if it changes what the upstream counts as.
    pub(super) fn probed(&mut self, probed: Probed, rule: &ProbeRule) -> bool {
        let good = probed == Probed::Good;
        let first = std::mem::take(&mut self.undecided);
        self.seen = self.seen << 1 | u64::from(good);
        if rule.window > 0 {
            return self.become_(self.good_ones(rule) >= rule.rise);
        }
        if good == self.up {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let needed = if self.up { rule.fall } else { rule.rise };
        let at_once = first || (rule.status_is_final && probed == Probed::BadStatus);
        if self.against < needed && !at_once {
            return false;
        }
        self.become_(good)
    }

    /// A request's failure stands for failed probes: all that are needed, or all but one.
    pub(super) fn fail(&mut self, rule: &ProbeRule, all_but_one: bool) -> bool {
        if !all_but_one {
            self.seen = 0;
            return self.become_(false);
        }
        if self.up {
            self.against = self.against.max(rule.fall.saturating_sub(1));
        }
        false
    }

    /// How many good probes are in the window, or in a row.
    fn good_ones(&self, rule: &ProbeRule) -> u32 {
        (self.seen & low_bits(rule.window)).count_ones()
    }

    fn become_(&mut self, up: bool) -> bool {
        let changed = self.up != up;
        self.up = up;
        self.against = 0;
        changed
    }
}

fn low_bits(n: u32) -> u64 {
    if n >= 64 { u64::MAX } else { (1 << n) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::SimDuration;
    use Probed::{BadStatus, Good, Silent};

    fn rule(rise: u32, fall: u32, window: u32, initial: InitialHealth) -> ProbeRule {
        ProbeRule {
            enabled: true,
            path: "/health".to_owned(),
            interval: SimDuration::from_secs(1),
            timeout: SimDuration::from_secs(1),
            rise,
            fall,
            window,
            initial,
            status_is_final: false,
        }
    }

    /// What an upstream counts as after each of these probes.
    fn states(rule: &ProbeRule, probes: &[Probed]) -> Vec<bool> {
        let mut health = Health::new(rule);
        probes
            .iter()
            .map(|p| {
                let (before, changed) = (health.is_up(), health.probed(*p, rule));
                assert_eq!(changed, before != health.is_up());
                health.is_up()
            })
            .collect()
    }

    #[test]
    fn rise_and_fall_count_in_a_row() {
        let haproxy = rule(2, 3, 0, InitialHealth::Healthy);
        let probes = [Silent, Silent, Good, Silent, Silent, Silent, Good, Silent, Good, Good];
        assert_eq!(
            states(&haproxy, &probes),
            [true, true, true, true, true, false, false, false, false, true]
        );
    }

    #[test]
    fn the_first_probe_alone_decides_where_the_product_says_so() {
        assert_eq!(states(&rule(2, 3, 0, InitialHealth::Trial), &[Silent, Good, Good]), [false, false, true]);
        assert_eq!(states(&rule(2, 2, 0, InitialHealth::Unhealthy), &[Good, Silent]), [true, true]);
    }

    #[test]
    fn varnish_looks_at_a_window() {
        // Window 4, threshold 2, as in a recording: down with the third failure, up with the second good one.
        let varnish = rule(2, 1, 4, InitialHealth::Healthy);
        let probes = [Silent, Silent, Silent, Silent, Good, Good];
        assert_eq!(states(&varnish, &probes), [true, true, false, false, false, true]);
        let usual = rule(3, 1, 8, InitialHealth::Trial);
        assert_eq!(states(&usual, &[Good]), [true], "two are given, the first probe makes three");
        assert_eq!(states(&usual, &[Silent]), [false]);
    }

    #[test]
    fn a_wrong_status_may_be_final_and_requests_may_speak_like_probes() {
        let envoy = ProbeRule { status_is_final: true, ..rule(2, 2, 0, InitialHealth::Healthy) };
        assert_eq!(states(&envoy, &[Silent, Good, BadStatus]), [true, true, false]);
        let haproxy = rule(2, 3, 0, InitialHealth::Healthy);
        let mut health = Health::new(&haproxy);
        assert!(!health.fail(&haproxy, true) && health.is_up());
        assert!(health.probed(Silent, &haproxy) && !health.is_up(), "sudden death: one more is enough");
        let mut health = Health::new(&haproxy);
        assert!(health.fail(&haproxy, false) && !health.is_up());
    }
}
