//! One policy in each language, as a text to read; and what each of them says that it cannot.

use std::path::Path;

use super::*;
use crate::sim::client::{preset, profile};

/// The texts are written anew where `FIVEXX_BLESS=1` is set.
#[test]
fn a_typical_policy_reads_like_this() {
    let policy = (preset("backoff-full-jitter").expect("a preset").policy)();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/interop/client_code/golden");
    for language in Language::ALL {
        let file = folder.join(format!("{language:?}.txt").to_lowercase());
        let text = client_code(&policy, language).text;
        if std::env::var("FIVEXX_BLESS").is_ok_and(|v| v == "1") {
            std::fs::write(&file, &text).expect("it can be written");
        }
        let golden = std::fs::read_to_string(&file).expect("a golden text for each language");
        assert_eq!(text, golden, "{}", file.display());
    }
}

fn missing(json: &str, language: Language) -> Vec<String> {
    client_code(&serde_json::from_str(json).expect(json), language).missing
}

#[test]
fn each_says_what_it_cannot() {
    use Language::{Envoy, Go, Ky, Nginx, ReqwestRetry, Resilience4j, Tenacity, Urllib3};
    let deaf = r#""retry_after": {"seconds": false, "date": false}, "connection_errors": false"#;
    for (language, rest, expected) in [
        (Ky, r#""statuses": [413]"#, vec!["413 without a Retry-After: ky ends there."]),
        (
            Ky,
            r#""deadline": "5s", "deadline_rule": "no_wait_after""#,
            vec!["The deadline: ky's totalTimeout cuts off the attempt that is under way."],
        ),
        (Urllib3, r#""deadline": "5s""#, vec!["The deadline: urllib3 has none for a call."]),
        (
            Tenacity,
            r#""attempt_timeout": "5s""#,
            vec!["A limit for a whole attempt: requests' timeout is one for each read."],
        ),
        (Go, r#""deadline": "5s""#, vec!["Cutting the attempt that is under way when the deadline passes."]),
        (
            Resilience4j,
            r#""deadline": "5s""#,
            vec!["The deadline: put a Resilience4j TimeLimiter around the call."],
        ),
        (
            Envoy,
            r#""delay": {"fixed": "1s"}"#,
            vec![
                "The waits: Envoy's are by chance between nothing and an interval that starts at the base and doubles up to its maximum.",
            ],
        ),
        (
            Nginx,
            r#""delay": {"fixed": "1s"}, "statuses": [408, 503]"#,
            vec![
                "The waits: nginx asks the next server at once.",
                "Statuses that nginx has no condition for: 408.",
            ],
        ),
        (
            ReqwestRetry,
            r#""delay": {"exponential": {"base": "1s", "jitter": "decorrelated"}}"#,
            vec![
                "Waits that depend on the one before: reqwest-retry keeps none. They are spread between nothing and the plain wait here.",
            ],
        ),
    ] {
        let json = format!("{{\"attempts\": 3, {rest}, {deaf}}}");
        assert_eq!(missing(&json, language), expected, "{language:?}: {json}");
    }
    // What obeys Retry-After in a way of its own, or not at all.
    let told = r#"{"attempts": 3, "retry_after": {"cap": "5s", "over_cap": "give_up", "combine": "add"}}"#;
    for (language, expected) in [
        (Ky, "What a Retry-After over the cap does: ky cuts it."),
        (Ky, "Retry-After together with the policy's own wait: ky replaces it."),
        (Urllib3, "A Retry-After of 0: urllib3 takes its own wait."),
        (Envoy, "What a Retry-After over the cap does: Envoy takes its own wait."),
        (Nginx, "Retry-After: nginx does not look at it."),
        (ReqwestRetry, "Retry-After: reqwest-retry's policies do not see the answer."),
    ] {
        let missing = missing(told, language);
        assert!(missing.iter().any(|what| what == expected), "{language:?}: {missing:?}");
    }
}

#[test]
fn a_library_s_own_profile_is_its_own_options() {
    let of = |id: &str, language| client_code(&profile(id).expect(id).policy, language).text;
    for (id, language, expected) in [
        (
            "ky/limit5_jitter",
            Language::Ky,
            "delay: (retry) => 300 * 2 ** (retry - 1),\n      backoffLimit: 10000,\n      jitter: true,",
        ),
        (
            "urllib3/total5_bf1_forcelist_jitter1",
            Language::Urllib3,
            "backoff_factor=1,\n    backoff_max=120,\n    backoff_jitter=1,",
        ),
        (
            "tenacity+requests/expo_1_max10_stop5",
            Language::Tenacity,
            "wait=wait_exponential(multiplier=1, max=10, exp_base=2)",
        ),
        (
            "backon+reqwest/exponential_jitter",
            Language::Backon,
            ".with_max_delay(Duration::from_secs_f64(60.0)).with_max_times(3).with_jitter()",
        ),
        (
            "reqwest-retry/exponential_max3_bounded",
            Language::ReqwestRetry,
            ".base(2).jitter(Jitter::Bounded).build_with_max_retries(3)",
        ),
    ] {
        assert!(of(id, language).contains(expected), "{id}: {}", of(id, language));
    }
}

#[test]
fn what_no_test_runs_is_said() {
    let of = |checked| Language::ALL.into_iter().filter(|l| l.checked() == checked).collect::<Vec<_>>();
    assert_eq!(of(Checked::Unchecked), [Language::Resilience4j]);
    assert_eq!(of(Checked::Tried), [Language::ReqwestRetry, Language::Backon]);
    assert_eq!(of(Checked::Parsed), [Language::Envoy, Language::Nginx]);
}
