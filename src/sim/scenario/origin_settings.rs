//! Size, speed and habits of an origin.

use serde::{Deserialize, Serialize};

use super::origin_queue::{Accepts, CallerLeft, Discipline, Shedding};
use super::restart::{Restart, WarmUp};
use super::validate::{DAY, HOUR, MILLISECOND, within, within_if};
use super::{Distribution, ScenarioError};
use crate::sim::time::SimDuration;

/// Size, speed and habits of an origin; absent means the stated default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct OriginSettings {
    /// Requests worked on at a time; 8 by default, 1 to 10,000. An event loop has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Requests that may wait for a worker; 64 by default, 0 to 1,000,000. One more is answered 503.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// The origin's own work on a request, before it asks its database; 2 ms by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time: Option<Distribution>,
    /// How long a connection may be idle before the origin closes it; 5 s by default, as Node.js has it
    /// (`server.keepAliveTimeout`), 1 ms to 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<SimDuration>,
    /// The origin's own work on `GET /report`; as `service_time` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_service_time: Option<Distribution>,
    /// What a request occupies; a thread by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<Execution>,
    /// When the process takes requests in from the kernel; always by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepts: Option<Accepts>,
    /// The length of the kernel's accept queue (`listen(2)`); without an end by default, 0 to 65,535. Linux cuts it at
    /// `net.core.somaxconn`, 4,096 since 5.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// Who is next of those who wait for a worker; first come, first served by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discipline: Option<Discipline>,
    /// How long a request may wait for a worker before it is answered 503; for ever (0) by default, at most 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_timeout: Option<SimDuration>,
    /// Which requests are turned away on arrival; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shedding: Option<Shedding>,
    /// What becomes of a request whose caller has left; it is finished by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_left: Option<CallerLeft>,
    /// How long the process takes to start, with its port closed; 0 by default, at most an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<SimDuration>,
    /// How much slower the process is after a start; not at all by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUp>,
    /// Who starts the process again when it has died by itself; back-off as Kubernetes has it by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,
    /// How `PUT /orders/42` is carried out; it is refused (405) by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updates: Option<Updates>,
    /// What an `Idempotency-Key` does; it is obeyed by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_keys: Option<IdempotencyKeys>,
    /// The pool of connections to the database; without an end by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolSettings>,
    /// How long a query may take before the origin gives it up; for ever (0) by default, at most 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_timeout: Option<SimDuration>,
    /// The same for a call of a third party's API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_timeout: Option<SimDuration>,
    /// The answer where the database fails; 500 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_query_failure: Option<OnFailure>,
    /// The answer where a third party's API fails; 500 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_call_failure: Option<OnFailure>,
}

/// What a request occupies while it is worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// A worker, from its start to its answer, waits for the database included (a thread or process to a request:
    /// Tomcat, Puma, gunicorn's sync workers, PHP-FPM).
    #[default]
    Threads,
    /// The only loop, and only while it computes: waits for the database do not occupy it, but what was answered goes
    /// on only when the loop is free (Node.js, "Don't Block the Event Loop").
    EventLoop,
}

/// How `PUT /orders/42` is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Updates {
    /// Not at all: 405.
    #[default]
    Refused,
    /// Read the row's version, compute (the service time), write if the version is still that one. Else the request
    /// begins anew within the origin, or is answered with a conflict.
    Optimistic {
        /// How often the origin begins anew by itself; 0 by default, at most 1,000.
        #[serde(default)]
        retries: u32,
        /// The answer to a conflict: 409 (RFC 9110 §15.5.10) by default, or 412 (§15.5.13).
        #[serde(default)]
        answer: ConflictAnswer,
    },
    /// Take a lock that one request of this process holds at a time, work for `hold`, write.
    Locked {
        /// How long the lock is held, besides the query; up to an hour.
        hold: SimDuration,
        /// How long a request may wait for the lock; for ever (0) by default, at most an hour.
        #[serde(default)]
        timeout: SimDuration,
        /// The answer when that has run out; 500 by default.
        #[serde(default)]
        on_timeout: OnFailure,
    },
}

/// How a conflict is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConflictAnswer {
    /// 409 Conflict.
    #[default]
    Conflict,
    /// 412 Precondition Failed.
    PreconditionFailed,
}

/// What an `Idempotency-Key` does (draft-ietf-httpapi-idempotency-key-header-06).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdempotencyKeys {
    /// A repeat gets the first answer; 409 while the first is still worked on, 422 where the request differs (§2.7).
    /// A key is forgotten after 24 h, and kept only where the request succeeded. It guards the order, not the calls of
    /// third parties, which are made again.
    #[default]
    Obeyed,
    /// Nothing.
    Ignored,
}

/// A pool of connections from one origin to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PoolSettings {
    /// How many queries one origin can have under way; 1 to 10,000. HikariCP has 10 by default.
    pub size: u32,
    /// How long a request may wait for a connection before the app treats the query as failed; 30 s by default
    /// (HikariCP's `connectionTimeout`), 1 ms to 24 h.
    #[serde(default = "thirty_s")]
    pub acquire_timeout: SimDuration,
}

const fn thirty_s() -> SimDuration {
    SimDuration::from_secs(30)
}

/// How the application answers when something that it needs has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// 500: nobody handles the exception.
    #[default]
    Http500,
    /// 502: the application takes itself for a gateway.
    Http502,
    /// 503: the application says that it is not available now.
    Http503,
    /// 504: the application takes itself for a gateway that waited.
    Http504,
}

impl OriginSettings {
    /// The settings that hold where nothing is configured.
    pub const DEFAULT_WORKERS: u32 = 8;
    /// See [`OriginSettings::queue`].
    pub const DEFAULT_QUEUE: u32 = 64;
    /// See [`OriginSettings::service_time`].
    pub const DEFAULT_SERVICE_TIME: Distribution = Distribution::Fixed(SimDuration::from_millis(2));

    /// See [`OriginSettings::keep_alive`].
    pub const DEFAULT_KEEP_ALIVE: SimDuration = SimDuration::from_secs(5);

    /// What holds where nothing is configured, named; absent is what has no value of its own: without an end, or as
    /// another setting.
    pub fn usual() -> Self {
        Self {
            workers: Some(Self::DEFAULT_WORKERS),
            queue: Some(Self::DEFAULT_QUEUE),
            service_time: Some(Self::DEFAULT_SERVICE_TIME),
            keep_alive: Some(Self::DEFAULT_KEEP_ALIVE),
            report_service_time: None,
            execution: Some(Execution::default()),
            accepts: Some(Accepts::default()),
            backlog: None,
            discipline: Some(Discipline::default()),
            queue_timeout: Some(SimDuration::ZERO),
            shedding: Some(Shedding::default()),
            caller_left: Some(CallerLeft::default()),
            start_time: Some(SimDuration::ZERO),
            warm_up: None,
            restart: Some(Restart::default()),
            updates: Some(Updates::default()),
            idempotency_keys: Some(IdempotencyKeys::default()),
            pool: None,
            query_timeout: Some(SimDuration::ZERO),
            call_timeout: Some(SimDuration::ZERO),
            on_query_failure: Some(OnFailure::default()),
            on_call_failure: Some(OnFailure::default()),
        }
    }

    /// Lays `later` over these settings: what it names replaces what stood here.
    pub fn overlay(&mut self, later: &Self) {
        self.workers = later.workers.or(self.workers);
        self.queue = later.queue.or(self.queue);
        self.service_time = later.service_time.or(self.service_time);
        self.keep_alive = later.keep_alive.or(self.keep_alive);
        self.report_service_time = later.report_service_time.or(self.report_service_time);
        self.execution = later.execution.or(self.execution);
        self.accepts = later.accepts.or(self.accepts);
        self.backlog = later.backlog.or(self.backlog);
        self.discipline = later.discipline.or(self.discipline);
        self.queue_timeout = later.queue_timeout.or(self.queue_timeout);
        self.shedding = later.shedding.or(self.shedding);
        self.caller_left = later.caller_left.or(self.caller_left);
        self.start_time = later.start_time.or(self.start_time);
        self.warm_up = later.warm_up.or(self.warm_up);
        self.restart = later.restart.or(self.restart);
        self.updates = later.updates.or(self.updates);
        self.idempotency_keys = later.idempotency_keys.or(self.idempotency_keys);
        self.pool = later.pool.or(self.pool);
        self.query_timeout = later.query_timeout.or(self.query_timeout);
        self.call_timeout = later.call_timeout.or(self.call_timeout);
        self.on_query_failure = later.on_query_failure.or(self.on_query_failure);
        self.on_call_failure = later.on_call_failure.or(self.on_call_failure);
    }

    /// Checks ranges; `at` is the settings' JSON pointer.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub(crate) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        let from_zero =
            |name: &str, value, most| within_if(&format!("{at}/{name}"), value, SimDuration::ZERO, most);
        let from_ms = |name: &str, value, most| within(&format!("{at}/{name}"), value, MILLISECOND, most);
        within_if(&format!("{at}/workers"), self.workers, 1, 10_000)?;
        within_if(&format!("{at}/queue"), self.queue, 0, 1_000_000)?;
        for (name, time) in
            [("service_time", self.service_time), ("report_service_time", self.report_service_time)]
        {
            time.map_or(Ok(()), |time| time.check(&format!("{at}/{name}")))?;
        }
        within_if(&format!("{at}/keep_alive"), self.keep_alive, MILLISECOND, DAY)?;
        within_if(&format!("{at}/backlog"), self.backlog, 0, 65_535)?;
        self.discipline.map_or(Ok(()), |d| d.check(&format!("{at}/discipline")))?;
        self.shedding.map_or(Ok(()), |s| s.check(&format!("{at}/shedding")))?;
        from_zero("queue_timeout", self.queue_timeout, DAY)?;
        from_zero("query_timeout", self.query_timeout, DAY)?;
        from_zero("call_timeout", self.call_timeout, DAY)?;
        from_zero("start_time", self.start_time, HOUR)?;
        self.warm_up.map_or(Ok(()), |w| w.check(&format!("{at}/warm_up")))?;
        self.restart.map_or(Ok(()), |r| r.check(&format!("{at}/restart")))?;
        match self.updates {
            Some(Updates::Optimistic { retries, .. }) => {
                within(&format!("{at}/updates/optimistic/retries"), retries, 0, 1_000)?;
            }
            Some(Updates::Locked { hold, timeout, .. }) => {
                from_zero("updates/locked/hold", Some(hold), HOUR)?;
                from_zero("updates/locked/timeout", Some(timeout), HOUR)?;
            }
            _ => {}
        }
        if let Some(pool) = self.pool {
            within(&format!("{at}/pool/size"), pool.size, 1, 10_000)?;
            from_ms("pool/acquire_timeout", pool.acquire_timeout, DAY)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"{
        "workers": 4, "queue": 10, "service_time": {"fixed": "5ms"}, "keep_alive": "9s", "report_service_time": {"fixed": "1s"},
        "execution": "event_loop", "accepts": "when_free", "backlog": 128,
        "discipline": {"codel": {}}, "queue_timeout": "1s",
        "shedding": {"concurrency": {"limit": 50, "retry_after": 2}}, "caller_left": "cancels",
        "start_time": "3s", "warm_up": {"factor": 3, "over": "30s"}, "restart": {"back_off": {}},
        "updates": {"optimistic": {"retries": 2, "answer": "precondition_failed"}},
        "idempotency_keys": "ignored", "pool": {"size": 10, "acquire_timeout": "1s"}, "query_timeout": "2s",
        "call_timeout": "3s", "on_query_failure": "http503", "on_call_failure": "http502"
    }"#;

    #[test]
    fn what_a_later_change_names_replaces_every_setting() {
        let all: OriginSettings = serde_json::from_str(ALL).expect("settings");
        assert_eq!(all.check(""), Ok(()));
        let fields = serde_json::to_value(&all).expect("json").as_object().expect("an object").len();
        assert_eq!(fields, 22, "a setting is missing above, or in `overlay`");
        let mut settings = OriginSettings::default();
        settings.overlay(&all);
        assert_eq!(settings, all);
        settings.overlay(&OriginSettings::default());
        assert_eq!(settings, all);
    }

    #[test]
    fn ranges_are_kept_with_their_place() {
        for (json, pointer) in [
            (r#"{"backlog": 70000}"#, "/backlog"),
            (r#"{"discipline": {"codel": {"target": "0s"}}}"#, "/discipline/codel/target"),
            (r#"{"shedding": {"concurrency": {"limit": 0}}}"#, "/shedding/concurrency/limit"),
            (r#"{"warm_up": {"factor": 0.5, "over": "1s"}}"#, "/warm_up/factor"),
            (r#"{"restart": {"back_off": {"first": "0s"}}}"#, "/restart/back_off/first"),
            (r#"{"updates": {"optimistic": {"retries": 1001}}}"#, "/updates/optimistic/retries"),
            (r#"{"pool": {"size": 0}}"#, "/pool/size"),
            (r#"{"report_service_time": {"fixed": "2h"}}"#, "/report_service_time/fixed"),
        ] {
            let settings: OriginSettings = serde_json::from_str(json).expect("settings");
            match settings.check("") {
                Err(ScenarioError::Field { pointer: found, .. }) => assert_eq!(found, pointer, "{json}"),
                other => unreachable!("{json}: {other:?}"),
            }
        }
    }
}
