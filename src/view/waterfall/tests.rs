use super::*;
use crate::sim::Scenario;
use crate::view::filter::Filter;
use crate::view::samples::{sent, steady};

struct List {
    run: Run,
    ledger: Ledger,
    matching: Matching,
}

impl List {
    fn new(run: Run) -> Self {
        let ledger = Ledger::new(&run);
        let matching = Matching::new(&run, &ledger, &Filter::default());
        Self { run, ledger, matching }
    }

    fn at(&self, known: SimTime, selected: Option<AttemptKey>) -> Waterfall {
        self.with(known, selected, &BTreeMap::new(), &BTreeMap::new(), PAGE)
    }

    fn with(
        &self,
        known: SimTime,
        selected: Option<AttemptKey>,
        calls: &BTreeMap<CallKey, bool>,
        parts: &BTreeMap<RowId, bool>,
        most: usize,
    ) -> Waterfall {
        let now = Now { cursor: known, known };
        let chosen = Chosen { selected, calls, parts, most };
        waterfall(&self.run, &self.ledger, &self.matching, now, chosen)
    }
}

#[test]
fn nothing_is_told_before_it_was_shown() {
    let list = List::new(sent());
    let attempt = &list.run.attempts[0];
    let early = list.at(SimTime::from_secs(1), None);
    assert_eq!(early.rows.len(), 2);
    assert!(early.rows.iter().all(|r| r.mark.is_none() && r.answer == "open"));
    let answered = list.at(attempt.end, Some(attempt.key));
    assert_eq!(answered.rows[1].answer, "504");
    assert_eq!(answered.rows[1].gap.as_ref().map(|g| g.label.as_str()), Some("waits 1.000 s"));
    assert_eq!(answered.rows.len(), 3, "the try stands below it, and its work is for those who ask");
    assert!(matches!(answered.rows[2].kind, RowKind::Part { expanded: Some(false) }));
    assert_eq!(answered.rows[2].label, "nginx → A");
    assert!(answered.summary.orders.is_empty());
}

#[test]
fn a_whole_run_shows_its_waits_to_scale_and_its_orders() {
    let list = List::new(sent());
    let all = list.at(list.run.last(), None);
    let waits: Vec<f64> = all.rows.iter().filter_map(|r| r.gap.as_ref()).map(|g| g.length).collect();
    assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 16.0]);
    assert_eq!((all.summary.sent.as_str(), all.summary.too_many), ("1 click · 6 attempts", true));
    let closed = BTreeMap::from([(list.run.attempts[0].key.call, false)]);
    assert_eq!(list.with(list.run.last(), None, &closed, &BTreeMap::new(), PAGE).rows.len(), 1);
}

#[test]
fn an_opened_try_shows_the_work_and_the_query_below_it() {
    let list = List::new(sent());
    let attempt = &list.run.attempts[0];
    let known = list.run.last();
    let closed = list.at(known, Some(attempt.key));
    let of_try = closed.rows.iter().find(|r| r.label == "nginx → A").expect("a try").id;
    let open = BTreeMap::from([(of_try, true)]);
    let opened = list.with(known, Some(attempt.key), &BTreeMap::new(), &open, PAGE);
    let below: Vec<(u8, &str)> =
        opened.rows.iter().filter(|r| r.level > 2).map(|r| (r.level, r.label.as_str())).collect();
    assert_eq!(below, [(3, "nginx → A"), (4, "A works"), (5, "database")]);
    let work = opened.rows.iter().find(|r| r.label == "A works").expect("work");
    let tones: Vec<Tone> = work.bars.iter().map(|b| b.tone).collect();
    assert_eq!(tones, [Tone::Work, Tone::ForNobody]);
    assert_eq!(work.note, "201 Created, and nobody reads it");
    assert!(opened.rows.iter().any(|r| r.note == "order 1042 stored"));
    let ids: std::collections::BTreeSet<String> = opened.rows.iter().map(|r| r.id.word()).collect();
    assert_eq!(ids.len(), opened.rows.len(), "each row has an id of its own");
    for (place, row) in opened.rows.iter().enumerate() {
        assert_eq!(opened.place(row.id), Some(place));
        let parent = opened.parent(place).map(|i| opened.rows[i].level);
        assert_eq!(parent, (row.level > 1).then(|| row.level - 1));
    }
}

#[test]
fn waiting_for_a_worker_and_gateways_in_a_row_are_shown() {
    let json = r#"{"gateways": [{"id": "edge", "dialect": "envoy"}, {"id": "gw"}],
        "origins": [{"id": "A", "settings": {"workers": 1, "service_time": {"fixed": "100ms"}}}],
        "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}},
                     {"at": "0s", "do": {"send": {"client": "client", "request": {}}}}]}"#;
    let list = List::new(Run::new(&Scenario::from_json(json).expect("a scenario")));
    let attempt = &list.run.attempts[1];
    let known = list.run.last();
    let closed = list.at(known, Some(attempt.key));
    let labels: Vec<(u8, &str)> =
        closed.rows.iter().filter(|r| r.level > 2).map(|r| (r.level, r.label.as_str())).collect();
    assert_eq!(labels, [(3, "Envoy → nginx"), (4, "nginx → A")]);
    let open = BTreeMap::from([(closed.rows.iter().find(|r| r.level == 4).expect("a try").id, true)]);
    let opened = list.with(known, Some(attempt.key), &BTreeMap::new(), &open, PAGE);
    let wait = opened.rows.iter().find(|r| r.label == "waits for a worker").expect("it waits");
    assert_eq!((wait.level, wait.bars[0].tone), (6, Tone::Wait));
    assert!((wait.bars[0].length - 0.1).abs() < 0.02, "{wait:?}");
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let list = List::new(steady());
    let known = list.run.last();
    let cut = list.with(known, None, &BTreeMap::new(), &BTreeMap::new(), 5);
    let calls = cut.rows.iter().filter(|r| r.level == 1).count();
    assert_eq!((calls, cut.shown, cut.older), (5, cut.calls, cut.calls - 5));
    assert!(cut.summary.sent.contains(" requests · "));
    let first = list.run.attempts[0].key;
    let with_first = list.with(known, Some(first), &BTreeMap::new(), &BTreeMap::new(), 5);
    let keys: Vec<CallKey> = (with_first.rows.iter())
        .filter_map(|r| match r.kind {
            RowKind::Call { key, .. } => Some(key),
            _ => None,
        })
        .collect();
    assert_eq!((keys.len(), keys.last()), (6, Some(&first.call)), "the selected one is always listed");
    assert_eq!(with_first.older, cut.older - 1);
}
