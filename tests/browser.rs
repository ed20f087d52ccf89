//! What must be the same in a browser as natively.

#![cfg(target_arch = "wasm32")]

mod support;

use fivexx::interop::link;
use fivexx::sim::simulation::run;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use support::any_scenario;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn random_scenarios_have_the_digests_of_the_native_run() {
    let kept = include_str!("golden/digests.txt");
    assert_eq!(kept.lines().count() as u64, support::DIGESTS);
    for line in kept.lines() {
        let (seed, digest) = line.split_once(' ').expect("a seed and a digest");
        let seed = seed.parse().expect("a number");
        assert_eq!(format!("{:016x}", run(&any_scenario(seed)).digest()), digest, "seed {seed}");
    }
}

#[wasm_bindgen_test]
fn links_lead_back_to_their_scenarios() {
    for seed in 0..support::DIGESTS {
        let scenario = any_scenario(seed);
        assert_eq!(link::decode(&link::encode(&scenario)), Ok(scenario), "seed {seed}");
    }
}
