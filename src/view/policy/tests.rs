//! What the panel says of real clients.

use super::*;
use crate::interop::client_code::warnings;
use crate::sim::client::profile;
use crate::sim::scenario::{Client, Scenario};

fn policy(json: &str) -> Policy {
    serde_json::from_str(json).expect("a policy")
}

fn of(id: &str) -> Policy {
    profile(id).expect(id).policy.clone()
}

#[test]
fn full_jitter_is_drawn_from_nothing_to_a_growing_end() {
    let shown = view(
        &policy(
            r#"{"attempts": 5, "attempt_timeout": "2s",
                "delay": {"exponential": {"base": "500ms", "cap": "5s", "jitter": "full"}}}"#,
        ),
        false,
    );
    let chart = shown.chart.expect("a chart");
    assert_eq!(
        chart.bars.iter().map(|b| b.value.replace('\u{a0}', " ")).collect::<Vec<_>>(),
        ["0 to 500 ms", "0 to 1 s", "0 to 2 s", "0 to 4 s"]
    );
    assert_eq!(chart.bars[3].outline, "M0.0 4H1000.0V20H0.0Z");
    assert_eq!(chart.bars[3].median, Some(500.0));
    assert_eq!(
        chart.ticks.iter().map(|t| (t.at, t.label.as_str())).collect::<Vec<_>>(),
        [(0.0, "0 s"), (0.25, "1 s"), (0.5, "2 s"), (0.75, "3 s")]
    );
    assert_eq!(chart.table[1].join(" ").replace('\u{a0}', " "), "retry 2 0 s 100 ms 500 ms 900 ms 1 s");
    assert_eq!(
        shown.ends.join(" ").replace('\u{a0}', " "),
        "All waits together take 3.75 s on average, 7.5 s at most. With every attempt running into its limit of 2 s it gives up after 17.5 s, at the latest."
    );
    assert_eq!(shown.load.lines[0].1, ["1.11×", "1.94×", "3.05×", "5.00×"]);
}

#[test]
fn what_never_retries_has_no_chart_and_nothing_to_mend() {
    let shown = view(&Policy::default(), false);
    assert_eq!((shown.chart, shown.advice.len(), shown.formula), (None, 0, None));
    assert!(shown.fine.starts_with("It never tries again"));
    assert_eq!(shown.load.lines[0].1, ["1.00×"; 4]);
}

#[test]
fn where_nobody_waits_the_axis_has_no_length() {
    let chart = view(&policy(r#"{"attempts": 3}"#), false).chart.expect("two retries");
    assert_eq!(chart.ticks.iter().map(|t| t.label.as_str()).collect::<Vec<_>>(), ["0 s"]);
    assert!(chart.bars.iter().all(|bar| bar.value.replace('\u{a0}', " ") == "0 s" && bar.median.is_none()));
}

#[test]
fn what_never_ends_is_said() {
    let shown = view(&of("tenacity+requests/default"), false);
    assert!(shown.ends.iter().any(|s| s == "It never gives up by itself."), "{:?}", shown.ends);
    assert_eq!(shown.load.lines[0].1[3], "no end");
    assert!(shown.chart.expect("a chart").note.contains("goes on to retry 20"));
}

#[test]
fn every_client_has_a_chart_that_stays_in_its_box_and_sentences_that_end() {
    for profile in profiles().iter() {
        let shown = view(&profile.policy, false);
        for bar in shown.chart.iter().flat_map(|chart| &chart.bars) {
            let numbers = bar.outline.split(|c: char| !c.is_ascii_digit() && c != '.' && c != '-');
            for n in numbers.filter_map(|n| n.parse::<f64>().ok()) {
                assert!((0.0..=chart::WIDTH + 3.0).contains(&n), "{}: {}", profile.id, bar.outline);
            }
            assert!(bar.median.is_none_or(|m| (0.0..=chart::WIDTH).contains(&m)), "{}", profile.id);
        }
        assert!(!shown.ends.is_empty() && shown.ends.iter().all(|s| s.ends_with('.')), "{:?}", shown.ends);
        for advice in shown.advice {
            assert!(advice.head.ends_with('.'), "{}", advice.head);
            assert!(advice.text.is_empty() || advice.text.ends_with('.'), "{}", advice.text);
        }
    }
}

#[test]
fn a_mend_mends_what_it_stands_at_brings_nothing_new_and_can_be_run() {
    let mut mended = 0;
    let strange = policy(
        r#"{"attempts": 12, "statuses": [501, 503], "delay": {"linear": {"base": "30s", "step": "1s"}},
            "breaker": {"trip": {"window": {"minimum": 1}}}, "attempt_timeout": "4s", "deadline": "10s",
            "retry_after": {"date": false}}"#,
    );
    for policy in profiles().iter().map(|p| p.policy.clone()).chain([strange]) {
        let before: Vec<_> = warnings(&policy, 1).into_iter().map(|w| w.id).collect();
        for advice in view(&policy, false).advice {
            let Some(Mend { words, to: Mended::Policy(next) }) = advice.mend else {
                assert!(matches!(advice.id, "not_idempotent" | "no_jitter"), "{} has no mend", advice.id);
                continue;
            };
            let after: Vec<_> = warnings(&next, 1).into_iter().map(|w| w.id).collect();
            assert!(!after.contains(&advice.id), "{}: {words} leaves {after:?}", advice.id);
            // A limit of attempts may show for the first time how much they make of the load or of a deadline.
            let new: Vec<_> = after.iter().filter(|id| !before.contains(*id)).collect();
            let known = |id: &&&str| matches!(**id, "no_budget" | "beyond_deadline" | "retry_after_uncapped");
            assert!(new.iter().all(known), "{}: {words} brings {new:?}", advice.id);
            let client = Client { policy: *next, ..Client::default() };
            let scenario = Scenario { clients: vec![client], ..Scenario::default() };
            assert_eq!(scenario.check(), Ok(()), "{words}");
            mended += 1;
        }
    }
    assert!(mended > 100, "{mended} mends");
}

#[test]
fn a_key_is_the_mend_of_a_repeated_post_and_then_it_is_none() {
    let curl = of("curl/retry5");
    let repeats = |has_key| view(&curl, has_key).advice.into_iter().find(|a| a.id == "not_idempotent");
    let advice = repeats(false).expect("curl repeats a POST");
    assert_eq!(advice.head, "POST is repeated.");
    assert_eq!(advice.mend.map(|m| m.to), Some(Mended::Key));
    assert_eq!(repeats(true), None);
}

#[test]
fn profiles_are_listed_once_each_with_product_and_version() {
    let groups = groups();
    assert_eq!(groups.iter().map(|g| g.profiles.len()).sum::<usize>(), profiles().len());
    let curl = groups.iter().find(|g| g.client == "curl").expect("curl");
    assert!(curl.profiles.contains(&("curl/retry5", "curl --retry 5, 8.23.0".to_owned())));
    // Two of the same policy: the one that was picked.
    let policy = of("undici/RetryAgent_default");
    for profile in profiles().iter().filter(|p| p.policy == policy) {
        assert_eq!(is_profile(&policy, &profile.id).map(|p| &p.id), Some(&profile.id));
    }
    assert_eq!(is_profile(&Policy { attempts: Some(77), ..policy }, "curl/retry5"), None);
}

#[test]
fn code_says_how_far_it_is_tested_and_what_it_lacks() {
    assert_eq!(languages().count(), 14);
    let budgeted = policy(r#"{"attempts": 3, "budget": {"finagle": {}}}"#);
    for title in languages() {
        let code = code(&budgeted, title);
        assert!(!code.text.is_empty() && !code.tag.is_empty() && code.says.ends_with('.'), "{title}");
        assert_eq!(code.lines.len(), code.text.lines().count());
    }
    let python = code(&budgeted, "Python");
    assert!(python.missing.iter().any(|m| m.contains("budget")) && python.lines[0].0);
    assert_eq!(code(&budgeted, "Resilience4j").tag, "unchecked");
}
