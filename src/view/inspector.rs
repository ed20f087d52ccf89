//! The evidence for an attempt: the logs, what the origin did, and the command. The raw bytes are in [`hops`](super::hops),
//! the orders in [`orders`](super::orders).

use crate::sim::client;
use crate::sim::dialect::dialect;
use crate::sim::explain::noticed;
use crate::sim::message::Method;
use crate::sim::order;
use crate::sim::time::SimTime;
use crate::sim::trace::{Index, Note, SpanKind};

use super::ledger::{Ledger, of_kind};
use super::raw::{Ink, Raw, Remark, piece};
use super::run::{Attempt, Run};
use super::{app_log, conditions, format, mark, names};

/// `Attempt 1 of POST /orders`.
pub fn title(run: &Run, attempt: &Attempt) -> String {
    let request = run.trace.request(attempt.span).cloned().unwrap_or_default();
    format!("Attempt {} of {} {}", attempt.key.number, request.method, request.path)
}

/// A file of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// `nginx, error.log`.
    pub title: String,
    /// It is none of a real product's, as recorded.
    pub simulated: bool,
    /// Its lines, each with its moment, in order of time.
    pub lines: Vec<(SimTime, String)>,
}

/// The logs about an attempt: those of the gateways, then those of the application. All lines there will ever be: to find
/// them takes a walk, to show those up to a moment does not.
pub fn logs(run: &Run, attempt: &Attempt) -> Vec<LogFile> {
    let trace = &run.trace;
    let mut files: Vec<LogFile> = Vec::new();
    let mut add = |title: String, simulated: bool, at: SimTime, text: String| match files
        .iter_mut()
        .find(|f| f.title == title)
    {
        Some(file) => file.lines.push((at, text)),
        None => files.push(LogFile { title, simulated, lines: vec![(at, text)] }),
    };
    for (id, span) in of_kind(trace, attempt.span, SpanKind::GatewayRequest) {
        let Some(name) = trace.dialect(span.node) else { continue };
        let mut lines = dialect(name).log_lines(trace, id);
        // First the files in this order, then time.
        order::by_key(&mut lines, |l| {
            (["access", "access.json", "error"].iter().position(|f| *f == l.file), l.at)
        });
        for line in lines {
            let title = format!("{}, {}.log", names::short(trace, span.node), line.file);
            add(title, false, line.at, line.text);
        }
    }
    for line in app_log::lines(run, attempt) {
        add(format!("the application on {}", line.origin), true, line.at, line.text);
    }
    files
}

/// What the logs said by a moment, as one text.
pub fn log(files: &[LogFile], known: SimTime) -> Raw {
    let mut raw = Raw::new();
    for file in files {
        let written = file.lines.partition_point(|(at, _)| *at <= known);
        if written == 0 {
            continue;
        }
        let between = if raw.is_empty() { "" } else { "\n" };
        let simulated = if file.simulated { " (simulated)" } else { "" };
        raw.push(piece(format!("{between}# {}{simulated}\n", file.title), Ink::Dim));
        for (_, line) in &file.lines[..written] {
            raw.push(piece(format!("{line}\n"), Ink::Plain));
        }
    }
    raw
}

/// The numbers of the orders that an attempt created by a moment.
pub fn orders(run: &Run, attempt: &Attempt, by: SimTime) -> Vec<u32> {
    run.orders_of(attempt.span, by).into_iter().map(|(_, order)| order).collect()
}

/// What an origin did, line by line; times are seconds of the run.
pub fn origin(run: &Run, attempt: &Attempt, known: SimTime) -> Raw {
    let trace = &run.trace;
    let request =
        || trace.request(attempt.span).map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default();
    let mut raw = Raw::new();
    let notes = Index::new(trace).notes_below(attempt.span);
    for (_, event) in notes.into_iter().take_while(|(_, e)| e.at <= known) {
        let span = trace.span(event.span);
        if !matches!(span.kind, SpanKind::Work | SpanKind::Query) {
            continue;
        }
        let (words, ink) = match event.note {
            Note::FaultActed(i) => {
                let label =
                    trace.faults.get(i as usize).map(|f| super::steps::label(&f.fault)).unwrap_or_default();
                (format!("fault: {label}"), Ink::Dim)
            }
            Note::RequestRead => (request(), Ink::Plain),
            Note::Queued(before) => (format!("waits for a worker, {before} before it"), Ink::Plain),
            Note::Started(_) if span.kind == SpanKind::Query => ("begins the query".to_owned(), Ink::Plain),
            Note::Started(_) => ("a worker takes it".to_owned(), Ink::Plain),
            Note::Asked => ("asks the database".to_owned(), Ink::Plain),
            Note::QueryAnswered => ("the database has answered".to_owned(), Ink::Plain),
            Note::Committed(order) => (format!("COMMIT  order {order}"), Ink::Mark),
            Note::Wrote(m) => (names::answer(trace, m), Ink::Plain),
            Note::CallerLeft => ("the caller has gone".to_owned(), Ink::Plain),
            Note::Noticed(failure) => (noticed(failure).to_owned(), Ink::Plain),
            Note::Step(step) => (step.words(), Ink::Plain),
            _ => continue,
        };
        raw.push(piece(format!("{:>9}", format::clock(event.at)), Ink::Dim));
        raw.push(piece(format!("  {:<10}", names::short(trace, span.node)), Ink::Key));
        raw.push(piece(words, ink));
        raw.push(piece("\n", Ink::Plain));
    }
    raw
}

/// What the origin did against what the client was told.
pub fn origin_note(run: &Run, ledger: &Ledger, attempt: &Attempt, known: SimTime) -> Option<Remark> {
    if !attempt.ended(known) {
        return None;
    }
    let mine = ledger.call(attempt)?.orders.iter().filter_map(|i| ledger.orders.get(*i as usize));
    let of_this =
        |i: Option<u32>| i.and_then(|i| run.attempts.get(i as usize)).is_some_and(|a| a.key == attempt.key);
    let made = mine.into_iter().find(|o| o.at <= known && of_this(o.attempt))?;
    let order = made.number;
    let told = a(&mark::label(attempt.status));
    let text = match (attempt.mark.good(), made.at > attempt.end) {
        (true, _) => format!("Order {order} was created, as you were told."),
        (false, true) => format!(
            "Order {order} was created, though you got {told}: {} after that.",
            format::duration(made.at.since(attempt.end))
        ),
        (false, false) => format!("Order {order} was created, though you got {told}."),
    };
    Some(Remark { text, bad: !attempt.mark.good() })
}

fn a(told: &str) -> String {
    if told.starts_with(|c: char| c.is_ascii_digit()) { format!("a {told}") } else { told.to_owned() }
}

/// The request as a command that a shell takes.
pub fn command(run: &Run, ledger: &Ledger, attempt: &Attempt) -> String {
    let request = run.trace.request(attempt.span).cloned().unwrap_or_default();
    let policy = run.trace.policy_of(attempt.call).cloned().unwrap_or_default();
    let mut command = "curl -i".to_owned();
    if conditions::preset_of(&policy).is_some_and(|p| p.id.starts_with("curl-")) {
        command.push_str(&format!(" --retry {}", policy.attempts.unwrap_or(u32::MAX).saturating_sub(1)));
    }
    match request.method {
        Method::Get if request.body.is_empty() => {}
        Method::Head => command.push_str(" --head"),
        other => command.push_str(&format!(" -X {other}")),
    }
    let mut more = |option: &str, value: &str| {
        command.push_str(&format!(" {option} {}", quoted(value)));
    };
    for (name, value) in &request.headers {
        // A header without a value is sent with a semicolon, since a colon takes it away.
        more("-H", &if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") });
    }
    let number = ledger.call(attempt).map_or(0, |c| c.number);
    if let Some(key) = request.idempotency_key.text(number) {
        more("-H", &format!("Idempotency-Key: {key}"));
    }
    if !request.body.is_empty() {
        more("--data-raw", &request.body);
    }
    command.push_str(&format!(" {}", quoted(&format!("http://{}{}", client::HOST, request.path))));
    command
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::{Action, Change, IdempotencyKey, Request};

    #[test]
    fn words_for_a_shell_are_quoted_where_they_must_be() {
        assert_eq!(quoted("http://orders.example/orders/42"), "http://orders.example/orders/42");
        assert_eq!(quoted("/a b'c&d"), r"'/a b'\''c&d'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn the_origin_s_view_contradicts_what_the_client_was_told() {
        let run = crate::view::samples::sent();
        let ledger = Ledger::new(&run);
        let attempt = &run.attempts[0];
        assert_eq!(origin_note(&run, &ledger, attempt, attempt.end), None);
        let note = origin_note(&run, &ledger, attempt, run.last()).expect("an order was created");
        assert!(
            note.bad && note.text.starts_with("Order 1042 was created, though you got a 504"),
            "{}",
            note.text
        );
        let seen: String = origin(&run, attempt, run.last()).into_iter().map(|p| p.text).collect();
        assert!(seen.contains("COMMIT  order 1042") && seen.contains("the caller has gone"), "{seen}");
        assert_eq!(title(&run, attempt), "Attempt 1 of POST /orders");
    }

    #[test]
    fn logs_stand_file_by_file_and_the_application_s_own_is_said_to_be_simulated() {
        let run = crate::view::samples::sent();
        let files = logs(&run, &run.attempts[0]);
        let titles: Vec<&str> = files.iter().map(|f| f.title.as_str()).collect();
        assert_eq!(titles, ["nginx, access.log", "nginx, error.log", "the application on A"]);
        assert!(files[1].lines[0].1.contains("upstream timed out"));
        assert!(files[2].simulated && !files[0].simulated);
        for file in &files {
            assert!(file.lines.is_sorted_by_key(|(at, _)| *at));
        }
        let text = |known| log(&files, known).into_iter().map(|p| p.text).collect::<String>();
        assert_eq!(text(SimTime::ZERO), "");
        assert!(text(SimTime::from_secs(1)).starts_with("# the application on A (simulated)\n"));
        assert!(text(run.last()).starts_with("# nginx, access.log\n"));
    }

    #[test]
    fn the_command_sends_what_the_client_sent() {
        let run = crate::view::samples::sent();
        let ledger = Ledger::new(&run);
        assert_eq!(
            command(&run, &ledger, &run.attempts[0]),
            "curl -i --retry 5 -X POST http://orders.example/orders"
        );
        let mut scenario = crate::view::first::scenario();
        let mut request = Request::new(Method::Post, "/orders?x=1");
        request.headers = [
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Empty".to_owned(), String::new()),
        ]
        .into();
        request.body = "{\"who\": \"O'Brien\"}".to_owned();
        request.idempotency_key = IdempotencyKey::Given("k 1".to_owned());
        scenario
            .timeline
            .push(Change { at: SimTime::ZERO, action: Action::Send { client: "client".into(), request } });
        let run = Run::new(&scenario);
        assert_eq!(
            command(&run, &Ledger::new(&run), &run.attempts[0]),
            r#"curl -i --retry 5 -X POST -H 'Content-Type: application/json' -H 'X-Empty;' -H 'Idempotency-Key: k 1' --data-raw '{"who": "O'\''Brien"}' 'http://orders.example/orders?x=1'"#
        );
    }
}
