//! The evidence for an attempt: the answer's bytes, the gateway's log, what the origin did, and the command.

use crate::sim::dialect::dialect;
use crate::sim::explain::noticed;
use crate::sim::message::Method;
use crate::sim::time::SimTime;
use crate::sim::trace::{Failure, Index, Note, Outcome, SpanKind};

use super::conditions;
use super::run::{Attempt, Run};
use super::{format, mark, names, text};

/// How a piece of raw text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Not at all.
    Plain,
    /// The name of a header, a keyword.
    Key,
    /// A comment.
    Dim,
    /// A string.
    Text,
    /// What decides.
    Mark,
}

/// A piece of raw text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inked {
    /// The text.
    pub text: String,
    /// How it is coloured.
    pub ink: Ink,
}

/// Raw text with colours; put together, the pieces are the text to the byte.
pub type Raw = Vec<Inked>;

fn piece(text: impl Into<String>, ink: Ink) -> Inked {
    Inked { text: text.into(), ink }
}

/// A sentence above raw text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What it says.
    pub text: String,
    /// It contradicts what the client was told.
    pub bad: bool,
}

/// The evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspector {
    /// `Attempt 1 of POST /orders`.
    pub title: String,
    /// The answer as it came.
    pub response: Raw,
    /// What is to be said about it.
    pub response_note: Option<Remark>,
    /// The gateway's log.
    pub log: Raw,
    /// What the origin did.
    pub origin: Raw,
    /// What is to be said about it.
    pub origin_note: Option<Remark>,
    /// The request as a command.
    pub command: String,
}

/// The evidence for an attempt, as far as the run is known.
pub fn inspector(run: &Run, attempt: &Attempt, known: SimTime) -> Inspector {
    let request = run.trace.request(attempt.span).cloned().unwrap_or_default();
    let (response, response_note) = response(run, attempt);
    Inspector {
        title: format!("Attempt {} of {} {}", attempt.key.number, request.method, request.path),
        response,
        response_note,
        log: log(run, attempt, known),
        origin: origin(run, attempt, known),
        origin_note: origin_note(run, attempt, known),
        command: command(run, attempt),
    }
}

fn response(run: &Run, attempt: &Attempt) -> (Raw, Option<Remark>) {
    let outcome = run.trace.span(attempt.span).outcome;
    let note =
        |failure: Failure| Some(Remark { text: text::capital(&format!("{}.", noticed(failure))), bad: true });
    match outcome {
        Outcome::Answer(message) => (coloured(&run.trace.render(message)), None),
        Outcome::Broken(message, failure) => (coloured(&run.trace.render(message)), note(failure)),
        Outcome::Failed(failure) => (Vec::new(), note(failure)),
        Outcome::Open | Outcome::Done | Outcome::Unfinished => (Vec::new(), None),
    }
}

/// An answer with its status line and the names of its headers coloured.
fn coloured(answer: &str) -> Raw {
    let (head, body) = answer.split_once("\r\n\r\n").map_or((answer, None), |(h, b)| (h, Some(b)));
    let mut raw = Vec::new();
    for (i, line) in head.split("\r\n").enumerate() {
        if i > 0 {
            raw.push(piece("\r\n", Ink::Plain));
        }
        let parts = match i {
            0 => line.strip_prefix("HTTP/1.1 ").map(|rest| ("HTTP/1.1", " ", rest, Ink::Mark)),
            _ => line.split_once(':').map(|(name, value)| (name, ":", value, Ink::Plain)),
        };
        match parts {
            Some((name, between, value, ink)) => {
                raw.push(piece(name, Ink::Key));
                raw.push(piece(between, Ink::Plain));
                raw.push(piece(value, ink));
            }
            None => raw.push(piece(line, Ink::Plain)),
        }
    }
    if let Some(body) = body {
        raw.push(piece(format!("\r\n\r\n{body}"), Ink::Plain));
    }
    raw
}

fn log(run: &Run, attempt: &Attempt, known: SimTime) -> Raw {
    let trace = &run.trace;
    let mut raw = Raw::new();
    for id in Index::new(trace).below(attempt.span) {
        let span = trace.span(id);
        if span.kind != SpanKind::GatewayRequest {
            continue;
        }
        let Some(name) = trace.dialect(span.node) else { continue };
        let lines = dialect(name).log_lines(trace, id);
        for file in ["access", "access.json", "error"] {
            let mut of_file = lines.iter().filter(|l| l.file == file && l.at <= known).peekable();
            if of_file.peek().is_none() {
                continue;
            }
            if !raw.is_empty() {
                raw.push(piece("\n", Ink::Plain));
            }
            raw.push(piece(format!("# {file}.log\n"), Ink::Dim));
            for line in of_file {
                raw.push(piece(format!("{}\n", line.text), Ink::Plain));
            }
        }
    }
    raw
}

/// The numbers of the orders that an attempt created by a moment.
pub fn orders(run: &Run, attempt: &Attempt, by: SimTime) -> Vec<u32> {
    run.orders_of(attempt.span, by).into_iter().map(|(_, order)| order).collect()
}

/// What an origin did, line by line; times are seconds of the run.
fn origin(run: &Run, attempt: &Attempt, known: SimTime) -> Raw {
    let trace = &run.trace;
    let mut raw = Raw::new();
    let notes = Index::new(trace).notes_below(attempt.span);
    for (_, event) in notes.into_iter().take_while(|(_, e)| e.at <= known) {
        let span = trace.span(event.span);
        if !matches!(span.kind, SpanKind::Work | SpanKind::Query) {
            continue;
        }
        let request =
            || trace.request(event.span).map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default();
        let (words, ink) = match event.note {
            Note::FaultActed(i) => {
                let label =
                    trace.faults.get(i as usize).map(|f| super::steps::label(&f.fault)).unwrap_or_default();
                (format!("fault: {label}"), Ink::Dim)
            }
            Note::RequestRead => (request(), Ink::Plain),
            Note::Queued(before) => (format!("waits for a worker, {before} before it"), Ink::Plain),
            Note::Started(_) => ("a worker takes it".to_owned(), Ink::Plain),
            Note::Asked => ("asks the database".to_owned(), Ink::Plain),
            Note::QueryAnswered => ("the database has answered".to_owned(), Ink::Plain),
            Note::Committed(order) => (format!("COMMIT  order {order}"), Ink::Mark),
            Note::Wrote(m) => (names::answer(trace, m), Ink::Plain),
            Note::CallerLeft => ("the caller has gone: nobody reads this".to_owned(), Ink::Plain),
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
fn origin_note(run: &Run, attempt: &Attempt, known: SimTime) -> Option<Remark> {
    if !attempt.is_over() {
        return None;
    }
    let created = run.orders_of(attempt.span, known);
    let told = mark::label(attempt.status);
    let told_success = attempt.mark.good();
    let (committed, order) = *created.first()?;
    let text = match (told_success, committed > attempt.end) {
        (true, _) => format!("Order {order} was created, as you were told."),
        (false, true) => format!(
            "Order {order} was created, though you got {}: {} after that.",
            a(&told),
            format::duration(committed.since(attempt.end))
        ),
        (false, false) => format!("Order {order} was created, though you got {}.", a(&told)),
    };
    Some(Remark { text, bad: !told_success })
}

fn a(told: &str) -> String {
    if told.starts_with(|c: char| c.is_ascii_digit()) { format!("a {told}") } else { told.to_owned() }
}

/// The request as a command that a shell takes.
fn command(run: &Run, attempt: &Attempt) -> String {
    let request = run.trace.request(attempt.span).cloned().unwrap_or_default();
    let policy = run.trace.policy_of(attempt.call).cloned().unwrap_or_default();
    let mut command = "curl -i".to_owned();
    if conditions::preset_of(&policy).is_some_and(|p| p.id.starts_with("curl-")) {
        command.push_str(&format!(" --retry {}", policy.attempts.unwrap_or(u32::MAX).saturating_sub(1)));
    }
    match request.method {
        Method::Get => {}
        Method::Head => command.push_str(" --head"),
        other => command.push_str(&format!(" -X {other}")),
    }
    command.push_str(&format!(" {}", quoted(&format!("http://orders.example{}", request.path))));
    command
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_byte_of_an_answer() {
        for answer in [
            "HTTP/1.1 504 Gateway Time-out\r\nServer: nginx\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
            "garbage",
            "",
        ] {
            let joined: String = coloured(answer).into_iter().map(|p| p.text).collect();
            assert_eq!(joined, answer);
        }
    }

    #[test]
    fn words_for_a_shell_are_quoted_where_they_must_be() {
        assert_eq!(quoted("http://orders.example/orders/42"), "http://orders.example/orders/42");
        assert_eq!(quoted("/a b'c&d"), r"'/a b'\''c&d'");
    }

    #[test]
    fn the_origin_s_view_contradicts_what_the_client_was_told() {
        let run = crate::view::samples::sent();
        let attempt = &run.attempts[0];
        assert_eq!(inspector(&run, attempt, attempt.end).origin_note, None);
        let later = inspector(&run, attempt, run.last());
        let note = later.origin_note.expect("an order was created");
        assert!(
            note.bad && note.text.starts_with("Order 1042 was created, though you got a 504"),
            "{}",
            note.text
        );
        let response: String = later.response.iter().map(|p| p.text.as_str()).collect();
        assert!(response.starts_with("HTTP/1.1 504 Gateway Time-out\r\n"), "{response}");
        assert!(later.log.iter().any(|p| p.text.contains("upstream timed out")));
        assert_eq!(later.command, "curl -i --retry 5 -X POST http://orders.example/orders");
    }
}
