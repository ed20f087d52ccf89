//! What each client makes of a `Retry-After` that RFC 9110 §10.2.3 does not know, in every form that was recorded.
//!
//! `soon`, `-1` and `1.5` were sent to the clients of `tests/recordings/clients.jsonl`, though not each form to each
//! configuration. Here every profile meets all three: a value that a client takes no notice of must leave the very
//! waits of the same call without a header.

use fivexx::sim::client::{Profile, profiles};
use fivexx::sim::fault::{ApplicationError, Fault, MalformedRetryAfter};
use fivexx::sim::message::Method;
use fivexx::sim::time::SimDuration;
use fivexx::sim::trace::GiveUp;
use fivexx::sim::trial::{Trial, Tried, Trouble};

const FORMS: [MalformedRetryAfter; 3] =
    [MalformedRetryAfter::Word, MalformedRetryAfter::Negative, MalformedRetryAfter::Fraction];

/// What a client makes of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Makes {
    /// Nothing.
    Nothing,
    /// An error for its caller.
    Error,
    /// This wait, in milliseconds, or its own where that is longer.
    Wait(u64),
}

/// By the recordings: urllib3 and requests raise InvalidHeader, curl reads leading digits, undici, axios-retry and the
/// AWS SDK for JavaScript read fractions, and `setTimeout` of no number or of -1 goes off after a millisecond.
fn makes(id: &str, form: MalformedRetryAfter) -> Makes {
    use MalformedRetryAfter::Fraction;
    let client = id.split_once('/').map_or(id, |(client, _)| client);
    match (client, form) {
        ("urllib3" | "requests", _) => Makes::Error,
        ("curl" | "curl7", Fraction) => Makes::Wait(1_000),
        ("undici" | "axios-retry" | "aws-sdk-js", Fraction) => Makes::Wait(1_500),
        ("fetch-with-retry", Fraction) if id.ends_with("as-printed") => Makes::Wait(1_000),
        ("fetch-with-retry", _) if id.ends_with("as-printed") => Makes::Wait(1),
        _ => Makes::Nothing,
    }
}

fn met(profile: &Profile, malformed: Option<MalformedRetryAfter>, seed: u64) -> Tried {
    let fault = Fault::from(ApplicationError { malformed, ..ApplicationError::default() });
    Trial {
        policy: profile.policy.clone(),
        method: Method::Get,
        trouble: Trouble::from(fault),
        horizon: SimDuration::from_secs(30),
        seed,
    }
    .run()
}

#[test]
fn every_client_makes_of_every_form_what_was_recorded() {
    let mut counted = [0; 3];
    // One that lists a status of its own or has no limit need not be asked for a thousand attempts.
    for profile in profiles().iter().filter(|p| p.id != "tenacity+requests/default") {
        for (form, seed) in FORMS.into_iter().zip(1..) {
            let (plain, with) = (met(profile, None, seed), met(profile, Some(form), seed));
            let retries = plain.attempts.len() > 1;
            let is = format!("{} and {form:?}: {with:?}", profile.id);
            match makes(&profile.id, form) {
                // The header alone makes 503 one to repeat, and cannot be read.
                Makes::Error if retries || profile.policy.retry_after.repeats => {
                    assert_eq!(
                        (with.attempts.len(), with.why),
                        (1, Some(GiveUp::RetryAfterMalformed)),
                        "{is}"
                    );
                    counted[0] += 1;
                }
                Makes::Wait(wait) if retries => {
                    let first = with.delays()[0].as_millis();
                    let own = plain.delays()[0].as_millis();
                    // axios-retry spreads the longer of both waits by a fifth.
                    let expected = if profile.policy.retry_after.combine == Default::default() {
                        wait
                    } else {
                        wait.max(own)
                    };
                    let most = if profile.policy.retry_after.jitter { expected * 6 / 5 } else { expected };
                    assert!((expected..=most + 3).contains(&first), "{is}");
                    counted[1] += 1;
                }
                _ => {
                    assert_eq!(with, plain, "{is}");
                    counted[2] += 1;
                }
            }
        }
    }
    let [errors, waits, nothing] = counted;
    assert!(errors >= 15 && waits >= 14 && nothing >= 150, "{counted:?}");
}
