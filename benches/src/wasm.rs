//! What JavaScript calls. It prepares a job, times `run`, and asks for the figures of the report one by one.
//!
//! Numbers alone cross the border, so that no glue code and no crate of the browser is needed.

use crate::job::{Job, Prepared, Report};
use std::cell::{Cell, RefCell};

thread_local! {
    static PREPARED: RefCell<Option<Prepared>> = const { RefCell::new(None) };
    static REPORT: Cell<Report> = const { Cell::new(Report { requests: 0, attempts: 0, events: 0, wait: 0.0, bytes: 0 }) };
}

macro_rules! exports {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? $body:block)*) => { $(
        $(#[$doc])*
        #[expect(unsafe_code, reason = "JavaScript finds a function by its plain name; no other crate has these")]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($argument: $type),*) $(-> $result)? $body
    )* };
}

exports! {
    /// Makes ready the job at this place of [`Job::ALL`].
    fn prepare(place: u32, amount: f64) {
        let (_, job) = Job::ALL[place as usize];
        PREPARED.set(Some(Prepared::new(job, amount as u64)));
    }

    /// Does it; what is timed.
    fn run() {
        PREPARED.with_borrow(|prepared| {
            REPORT.set(prepared.as_ref().map(Prepared::run).unwrap_or_default());
        });
    }

    /// See [`Report::requests`].
    fn requests() -> f64 {
        REPORT.get().requests as f64
    }

    /// See [`Report::attempts`].
    fn attempts() -> f64 {
        REPORT.get().attempts as f64
    }

    /// See [`Report::events`].
    fn events() -> f64 {
        REPORT.get().events as f64
    }

    /// See [`Report::wait`].
    fn wait() -> f64 {
        REPORT.get().wait
    }

    /// See [`Report::bytes`].
    fn bytes() -> f64 {
        REPORT.get().bytes as f64
    }
}
