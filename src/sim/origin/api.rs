//! The orders API: what each request asks for, and the answers.

use crate::sim::message::{Method, Template, Value, reason_phrase};
use crate::sim::scenario::{App, OnFailure, Request, Shedding};

/// What a request asks the API for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// One order.
    Read(u32),
    /// A new order.
    Create,
    /// One order, written anew.
    Update(u32),
    /// The slow report.
    Report,
    /// No such path.
    NotFound,
    /// The path exists, but not for this method; only for reading.
    ReadOnly,
    /// The path exists, but not for this method; only for creating.
    CreateOnly,
    /// The API knows no such method.
    NotImplemented,
    /// Whether the application is well, for probes.
    Health,
    /// The scripted origin of the recordings: always the same.
    Probe,
}

impl Route {
    /// True if answering takes a query.
    pub(crate) const fn asks_database(self) -> bool {
        matches!(self, Self::Read(_) | Self::Create | Self::Report | Self::Update(_))
    }

    /// The order that it is about, if it is about a certain one.
    pub(crate) const fn order(self) -> Option<u32> {
        match self {
            Self::Read(order) => Some(order),
            _ => None,
        }
    }
}

/// What a request asks for.
pub(crate) fn route(app: App, request: Option<&Request>) -> Route {
    let Some(request) = request.filter(|_| app == App::Orders) else { return Route::Probe };
    let path = request.path.split(['?', '#']).next().unwrap_or_default();
    let order = path.strip_prefix("/orders/").and_then(|n| n.parse().ok());
    let known = path == "/report" || path == "/health" || order.is_some();
    match (request.method, path) {
        (Method::Propfind, _) => Route::NotImplemented,
        (Method::Get | Method::Head, "/report") => Route::Report,
        (Method::Get | Method::Head, "/health") => Route::Health,
        (Method::Post, "/orders") => Route::Create,
        (Method::Get | Method::Head, _) if order.is_some() => Route::Read(order.unwrap_or_default()),
        (Method::Put, _) if order.is_some() => Route::Update(order.unwrap_or_default()),
        (_, "/orders") => Route::CreateOnly,
        _ if known => Route::ReadOnly,
        _ => Route::NotFound,
    }
}

/// An answer that the API has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// What the route's request asks for.
    Usual(Route),
    /// The framework's answer to an exception that nobody handled: no stack trace, nothing of the inside.
    Exception,
    /// The line for a worker is full, or it waited too long in it.
    Overloaded,
    /// Turned away on arrival.
    Shed,
    /// No such order.
    NoOrder,
    /// The row was written by another one in between.
    Conflict,
    /// The same, as a precondition that does not hold.
    PreconditionFailed,
    /// The first request with this idempotency key is still worked on.
    KeyBusy,
    /// The idempotency key was used for another request.
    KeyMismatch,
    /// Something that the application needs has failed; 500 is [`Reply::Exception`].
    Failed(OnFailure),
}

impl Reply {
    /// How many templates there are.
    pub(crate) const COUNT: usize = 22;

    /// The answer to a failure of something that the application needs.
    pub(crate) const fn failed(answer: OnFailure) -> Self {
        match answer {
            OnFailure::Http500 => Self::Exception,
            other => Self::Failed(other),
        }
    }

    /// Which of them this is.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Usual(Route::Read(_)) => 0,
            Self::Usual(Route::Create) => 1,
            Self::Usual(Route::Report) => 2,
            Self::Usual(Route::NotFound) => 3,
            Self::Usual(Route::ReadOnly) => 4,
            Self::Usual(Route::NotImplemented) => 5,
            Self::Usual(Route::Probe) => 6,
            Self::Exception => 7,
            Self::Overloaded => 8,
            Self::Usual(Route::CreateOnly) => 9,
            Self::Usual(Route::Health) => 10,
            Self::Usual(Route::Update(_)) => 21,
            Self::Shed => 11,
            Self::NoOrder => 12,
            Self::Conflict => 13,
            Self::PreconditionFailed => 14,
            Self::KeyBusy => 15,
            Self::KeyMismatch => 16,
            Self::Failed(OnFailure::Http500) => 17,
            Self::Failed(OnFailure::Http502) => 18,
            Self::Failed(OnFailure::Http503) => 19,
            Self::Failed(OnFailure::Http504) => 20,
        }
    }
}

/// The template of an answer; `{n}` is the order's number.
///
/// `{n}` is a version where a row is written, and where it could not be.
pub(crate) fn template(reply: Reply, origin: &str, shedding: Shedding) -> Template {
    let failed = |status, why: &str| {
        answer(status, reason_phrase(status), &format!("{{\"error\": \"{why}\"}}"), origin)
    };
    match reply {
        Reply::Usual(Route::Read(_)) => {
            answer(200, "OK", "{\"id\": {n}, \"item\": \"espresso machine\", \"status\": \"paid\"}", origin)
        }
        Reply::Usual(Route::Create) => {
            let mut template = answer(201, "Created", "{\"id\": {n}, \"status\": \"created\"}", origin);
            template.headers.push(("Location".to_owned(), Value::Text("/orders/{n}".to_owned())));
            template
        }
        Reply::Usual(Route::Health) => answer(200, "OK", "{\"status\": \"ok\"}", origin),
        Reply::Usual(Route::Report) => answer(200, "OK", "{\"orders\": {n}}", origin),
        Reply::Usual(Route::Probe) => {
            answer(200, "OK", &format!("{{\"ok\": true, \"origin\": \"{origin}\"}}"), origin)
        }
        Reply::Usual(Route::NotFound) => failed(404, "no such path"),
        // RFC 9110 §15.5.6: the answer must say which methods there are.
        Reply::Usual(Route::ReadOnly) => {
            allow(failed(405, "this path does not take this method"), "GET, HEAD")
        }
        Reply::Usual(Route::CreateOnly) => allow(failed(405, "this path does not take this method"), "POST"),
        Reply::Usual(Route::NotImplemented) => failed(501, "this server does not know the method"),
        Reply::Exception => failed(500, "internal server error"),
        Reply::Overloaded => failed(503, "too many requests are waiting"),
        Reply::Usual(Route::Update(_)) => {
            let mut template = answer(200, "OK", "{\"version\": {n}}", origin);
            template.headers.push(("ETag".to_owned(), Value::Text("\"{n}\"".to_owned())));
            template
        }
        Reply::Shed => {
            let mut template = failed(503, "too many requests");
            let seconds = shedding.retry_after().to_string();
            template.headers.push(("Retry-After".to_owned(), Value::Text(seconds)));
            template
        }
        Reply::NoOrder => failed(404, "no such order"),
        Reply::Conflict => failed(409, "the order was changed by another request"),
        Reply::PreconditionFailed => failed(412, "the order was changed by another request"),
        Reply::KeyBusy => failed(409, "a request with this idempotency key is still worked on"),
        Reply::KeyMismatch => failed(422, "this idempotency key was used for another request"),
        Reply::Failed(OnFailure::Http500) => failed(500, "internal server error"),
        Reply::Failed(OnFailure::Http502) => failed(502, "a service that this one needs has failed"),
        Reply::Failed(OnFailure::Http503) => failed(503, "not available at the moment"),
        Reply::Failed(OnFailure::Http504) => failed(504, "a service that this one needs did not answer"),
    }
}

fn allow(mut template: Template, methods: &str) -> Template {
    template.headers.push(("Allow".to_owned(), Value::Text(methods.to_owned())));
    template
}

fn answer(status: u16, reason: &str, body: &str, origin: &str) -> Template {
    Template::new(status, reason, &[("Content-Type", "application/json"), ("X-Origin", origin)], body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods_lead_to_their_routes() {
        for (method, path, expected) in [
            (Method::Get, "/orders/42", Route::Read(42)),
            (Method::Get, "/orders/42?full=1", Route::Read(42)),
            (Method::Post, "/orders", Route::Create),
            (Method::Get, "/report", Route::Report),
            (Method::Get, "/health", Route::Health),
            (Method::Get, "/orders", Route::CreateOnly),
            (Method::Delete, "/orders/42", Route::ReadOnly),
            (Method::Put, "/orders/42", Route::Update(42)),
            (Method::Get, "/orders/-1", Route::NotFound),
            (Method::Get, "/orders/99999999999", Route::NotFound),
            (Method::Get, "/", Route::NotFound),
            (Method::Propfind, "/", Route::NotImplemented),
        ] {
            let request = Request::new(method, path);
            assert_eq!(route(App::Orders, Some(&request)), expected, "{method} {path}");
        }
    }
}
