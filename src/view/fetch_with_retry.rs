//! Where the `fetchWithRetry` that guides print and a corrected one part ways, as data.
//!
//! Both are profiles; here each makes the same call and meets the same trouble. `tests/fetch_with_retry.rs` runs the
//! printed one in Node and finds the same attempts and waits.

use crate::sim::client::{Profile, profile};
use crate::sim::fault::{ApplicationError, Fault, ProcessDown};
use crate::sim::message::Method;
use crate::sim::scenario::RetryAfter;
use crate::sim::time::SimDuration;
use crate::sim::trace::GiveUp;
use crate::sim::trial::{Trial, Trouble, Until};

/// For how long a call is watched.
const WATCHED: SimDuration = SimDuration::from_secs(100);
/// How many calls the corrected one makes, since chance decides its waits.
const SEEDS: u64 = 60;

/// A trouble that both meet.
pub struct Meeting {
    /// A short identifier.
    pub id: &'static str,
    /// What happens.
    pub title: &'static str,
    /// Why they differ, in a sentence with its source.
    pub why: &'static str,
    /// What is asked with.
    pub method: Method,
    trouble: fn() -> Trouble,
}

/// How one of them fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The least and most attempts within 100 s.
    pub attempts: (usize, usize),
    /// The least and the most of each wait between two attempts.
    pub waits: Vec<(SimDuration, SimDuration)>,
    /// How it ends.
    pub outcome: &'static str,
    /// The status of the last attempt; none where no answer came.
    pub status: Option<u16>,
}

/// A trouble in which the two differ.
pub struct Difference {
    /// The trouble.
    pub meeting: &'static Meeting,
    /// The sample as it is printed.
    pub printed: Fate,
    /// The corrected one.
    pub corrected: Fate,
}

fn says(status: u16, retry_after: RetryAfter) -> Trouble {
    Fault::from(ApplicationError { status, retry_after, ..ApplicationError::default() }).into()
}

/// What both are tried with.
pub static MEETINGS: [Meeting; 9] = [
    Meeting {
        id: "s503",
        title: "503 that lasts",
        why: "maxRetries 3 counts attempts: the promised wait of 4 s never comes, and all clients wait the same time. The corrected one makes four attempts and spreads them (Brooker, AWS Architecture Blog, 2015).",
        method: Method::Get,
        trouble: || says(503, RetryAfter::Absent),
    },
    Meeting {
        id: "s503_post",
        title: "503 to a POST",
        why: "The sample never looks at the method, so that an order may be placed three times; POST is not idempotent (RFC 9110 §9.2.2).",
        method: Method::Post,
        trouble: || says(503, RetryAfter::Absent),
    },
    Meeting {
        id: "s503_date",
        title: "503 with Retry-After as a date, 3 s ahead",
        why: "parseInt makes NaN of a date, and setTimeout makes 1 ms of NaN; both forms are allowed (RFC 9110 §10.2.3).",
        method: Method::Get,
        trouble: || says(503, RetryAfter::Date(SimDuration::from_secs(3))),
    },
    Meeting {
        id: "s503_day",
        title: "503 with Retry-After: 86400",
        why: "The cap of 10 s holds for the sample's own waits alone: it would sit for a day. The corrected one gives up beyond 60 s.",
        method: Method::Get,
        trouble: || says(503, RetryAfter::Seconds(86_400)),
    },
    Meeting {
        id: "s429",
        title: "429 with Retry-After: 1",
        why: "429 is not in the sample's list, though it says when to come back (RFC 6585 §4).",
        method: Method::Get,
        trouble: || says(429, RetryAfter::Seconds(1)),
    },
    Meeting {
        id: "s408",
        title: "408",
        why: "408 is not in the sample's list, though the client may repeat the request (RFC 9110 §15.5.9).",
        method: Method::Get,
        trouble: || says(408, RetryAfter::Absent),
    },
    Meeting {
        id: "s500",
        title: "500 that lasts",
        why: "The sample repeats 500; nothing in it says that it will pass (RFC 9110 §15.6.1).",
        method: Method::Get,
        trouble: || says(500, RetryAfter::Absent),
    },
    Meeting {
        id: "refused",
        title: "a refused connection",
        why: "fetch rejects where no answer comes, and nothing in the sample catches it.",
        method: Method::Get,
        trouble: || Fault::from(ProcessDown {}).into(),
    },
    Meeting {
        id: "s503_thrice",
        title: "three times 503, then 200",
        why: "With the fourth attempt, the one after 4 s, the corrected one gets there.",
        method: Method::Get,
        trouble: || Trouble { until: Until::Attempts(3), ..says(503, RetryAfter::Absent) },
    },
];

impl Meeting {
    /// How the client of that profile fares.
    pub fn fate(&self, profile: &Profile) -> Fate {
        let mut trial = Trial {
            policy: profile.policy.clone(),
            method: self.method,
            trouble: (self.trouble)(),
            horizon: WATCHED,
            seed: 0,
        };
        let first = trial.run();
        let mut fate = Fate {
            attempts: (first.attempts.len(), first.attempts.len()),
            waits: first.delays().into_iter().map(|wait| (wait, wait)).collect(),
            outcome: outcome(first.why),
            status: first.status(),
        };
        for seed in 1..SEEDS {
            trial.seed = seed;
            let tried = trial.run();
            let n = tried.attempts.len();
            fate.attempts = (fate.attempts.0.min(n), fate.attempts.1.max(n));
            for (range, wait) in fate.waits.iter_mut().zip(tried.delays()) {
                *range = (range.0.min(wait), range.1.max(wait));
            }
        }
        fate
    }
}

fn outcome(why: Option<GiveUp>) -> &'static str {
    match why {
        Some(GiveUp::Accepted) => "it has its answer",
        Some(GiveUp::Status) => "it does not repeat this status",
        Some(GiveUp::Method) => "it does not repeat this method",
        Some(GiveUp::ConnectionError) => "the error passes through",
        Some(GiveUp::Attempts) => "all attempts are used",
        Some(GiveUp::RetryAfterTooLong) => "it will not wait so long",
        Some(_) => "it gives up",
        None => "it is still waiting after 100 s",
    }
}

/// Where the two differ, in the order of the list.
pub fn differences() -> Vec<Difference> {
    let (Some(printed), Some(corrected)) =
        (profile("fetch-with-retry/as-printed"), profile("fetch-with-retry/corrected"))
    else {
        return Vec::new();
    };
    let both = MEETINGS.iter().map(|meeting| Difference {
        meeting,
        printed: meeting.fate(printed),
        corrected: meeting.fate(corrected),
    });
    both.filter(|d| d.printed != d.corrected).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_and_its_correction_differ_in_each_of_them() {
        let all = differences();
        assert_eq!(all.len(), MEETINGS.len());
        let ms = |fate: &Fate| fate.waits.iter().map(|(least, _)| least.as_millis()).collect::<Vec<_>>();
        let of = |id: &str| all.iter().find(|d| d.meeting.id == id).expect(id);
        // 2 ms are the origin's own work.
        assert_eq!(ms(&of("s503").printed), [1_002, 2_002], "4 s never come");
        assert_eq!(of("s503").corrected.attempts, (4, 4));
        assert_eq!((of("s503_post").printed.attempts, of("s503_post").corrected.attempts), ((3, 3), (1, 1)));
        assert_eq!(ms(&of("s503_date").printed), [3, 3], "NaN is 1 ms");
        let (least, most) = of("s503_date").corrected.waits[0];
        assert!(
            least.as_millis() >= 2_000 && most.as_millis() <= 3_002,
            "{least} to {most}: dates have no fractions"
        );
        assert_eq!(of("s503_day").printed.outcome, "it is still waiting after 100 s");
        assert_eq!(of("s503_day").corrected.outcome, "it will not wait so long");
        assert_eq!((of("s429").printed.attempts, of("s429").corrected.attempts), ((1, 1), (4, 4)));
        assert_eq!((of("refused").printed.attempts, of("refused").corrected.attempts), ((1, 1), (4, 4)));
        assert_eq!(
            (of("s503_thrice").printed.status, of("s503_thrice").corrected.status),
            (Some(503), Some(200))
        );
    }
}
