//! The same scenario makes the same trace everywhere: natively here, and in a browser in `browser.rs`.
//!
//! Both are held against `tests/golden/digests.txt`. After a deliberate change of behaviour,
//! `FIVEXX_BLESS=1 cargo test --test digests` writes it anew.

mod support;

use fivexx::sim::simulation::run;

use support::any_scenario;

#[test]
fn random_scenarios_have_the_digests_that_are_kept() {
    let now: String = (0..support::DIGESTS)
        .map(|seed| format!("{seed} {:016x}\n", run(&any_scenario(seed)).digest()))
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/digests.txt");
    if std::env::var("FIVEXX_BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(path, &now).expect("the golden file can be written");
    }
    assert_eq!(now, std::fs::read_to_string(path).unwrap_or_default());
}

#[test]
fn digests_of_other_runs_differ() {
    let digests: std::collections::BTreeSet<u64> =
        (0..support::DIGESTS).map(|seed| run(&any_scenario(seed)).digest()).collect();
    assert_eq!(digests.len() as u64, support::DIGESTS);
}
