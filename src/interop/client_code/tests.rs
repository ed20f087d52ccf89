//! Generated code is run where its language is installed: it must make the attempts and waits of the simulator.

use std::process::{Command, Stdio};

use super::*;
use crate::sim::client::{PROFILES, profile};
use crate::sim::fault::{ApplicationError, Fault};
use crate::sim::message::Method;
use crate::sim::scenario::RetryAfter;
use crate::sim::trial::{Trial, Trouble, Until};

const HOUR: SimDuration = SimDuration::from_secs(3_600);

/// A trouble with the header that the fakes below send for it.
const TROUBLES: [(&str, u16, Option<u32>, usize); 6] = [
    ("503 for ever", 503, None, usize::MAX),
    ("503 twice", 503, None, 2),
    ("503 with 2 s", 503, Some(2), usize::MAX),
    ("503 with 3600 s", 503, Some(3_600), usize::MAX),
    ("429 with 1 s", 429, Some(1), usize::MAX),
    ("404", 404, None, usize::MAX),
];

/// Policies whose waits are no chance and whose rules a loop can follow.
const CERTAIN: [&str; 11] = [
    "fetch-with-retry/as-printed",
    "curl/retry5",
    "wget/tries5_retry-on-http-error",
    "urllib3/total5_bf1_forcelist",
    "urllib3/total5_bf0.1_forcelist_allmethods",
    "httpx/httpx-retries_default",
    "tenacity+requests/expo_1_max10_stop5",
    "undici/RetryAgent_no_throw",
    "ky/default",
    "p-retry+fetch/default",
    "backon+reqwest/exponential_default",
];

/// The waits in milliseconds that the simulator has, all of them below an hour.
fn simulated(
    policy: &Policy,
    method: Method,
    (_, status, retry_after, times): (&str, u16, Option<u32>, usize),
) -> Vec<u64> {
    let retry_after = retry_after.map_or(RetryAfter::Absent, RetryAfter::Seconds);
    let fault = Fault::from(ApplicationError { status, retry_after, ..ApplicationError::default() });
    let until = if times == usize::MAX { Until::Never } else { Until::Attempts(times) };
    let trouble = Trouble { until, ..Trouble::from(fault) };
    let trial = Trial { policy: policy.clone(), method, trouble, horizon: HOUR.times(24), seed: 0 };
    // An attempt itself takes 2 ms here and nothing there.
    trial.run().delays().iter().map(|wait| (wait.as_millis() + 5) / 10 * 10).collect()
}

/// Runs a program that reads its text from standard input; none if there is no such program.
fn output(program: &str, arguments: &[&str], text: &str) -> Option<String> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: {program} is not installed; the generated code was not run");
        return None;
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {errors}\n{text}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

/// What a run must print: one line for each call, `waits`.
fn expected(policy: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    for method in [Method::Get, Method::Post] {
        for trouble in TROUBLES {
            let waits: Vec<String> = simulated(policy, method, trouble).iter().map(u64::to_string).collect();
            lines.push(format!("{method} {}: {}", trouble.0, waits.join(" ")));
        }
    }
    lines
}

fn compare(id: &str, said: &str) {
    let policy = &profile(id).expect(id).policy;
    let said: Vec<&str> = said.lines().map(str::trim_end).collect();
    let expected = expected(policy);
    let expected: Vec<&str> = expected.iter().map(|line| line.trim_end()).collect();
    assert_eq!(said, expected, "{id}");
}

#[test]
fn the_javascript_makes_the_attempts_and_waits_of_the_simulator() {
    let troubles: Vec<String> = TROUBLES
        .iter()
        .map(|(name, status, wait, times)| {
            let wait = wait.map_or("null".to_owned(), |wait| format!("\"{wait}\""));
            let times = if *times == usize::MAX { "Infinity".to_owned() } else { times.to_string() };
            format!("[\"{name}\", {status}, {wait}, {times}]")
        })
        .collect();
    for id in CERTAIN {
        let code = client_code(&profile(id).expect(id).policy, Language::JavaScript);
        let text = format!(
            "{}
const waits = [];
let met = 0, trouble;
globalThis.setTimeout = (then, ms) => {{ waits.push(Math.round(ms / 10) * 10); queueMicrotask(then); }};
AbortSignal.timeout = () => undefined;
globalThis.fetch = async () => {{
  const [, status, wait, times] = trouble;
  const fails = ++met <= times;
  return new Response(null, {{ status: fails ? status : 200, headers: fails && wait ? {{ \"Retry-After\": wait }} : {{}} }});
}};
for (const method of [\"GET\", \"POST\"]) for (trouble of [{}]) {{
  met = waits.length = 0;
  await request(\"http://origin/\", {{ method }}).catch(() => {{}});
  console.log(`${{method}} ${{trouble[0]}}: ${{waits.join(\" \")}}`);
}}",
            code.text,
            troubles.join(", ")
        );
        match output("node", &["--input-type=module"], &text) {
            Some(said) => compare(id, &said),
            None => return,
        }
    }
}

#[test]
fn the_python_makes_the_attempts_and_waits_of_the_simulator() {
    let troubles: Vec<String> = TROUBLES
        .iter()
        .map(|(name, status, wait, times)| {
            let wait = wait.map_or("None".to_owned(), |wait| format!("\"{wait}\""));
            format!("(\"{name}\", {status}, {wait}, {})", (*times).min(1_000_000))
        })
        .collect();
    for id in CERTAIN {
        let code = client_code(&profile(id).expect(id).policy, Language::Python);
        // A module in place of requests, and a sleep that takes no time.
        let text = format!(
            "import sys, time, types
fake = types.ModuleType(\"requests\")
class RequestException(Exception): pass
class Response:
    def __init__(self, status, headers): self.status_code, self.headers = status, headers
def answer(method, url, **options):
    global met
    met += 1
    _, status, wait, times = trouble
    fails = met <= times
    return Response(status if fails else 200, {{\"Retry-After\": wait}} if fails and wait else {{}})
fake.RequestException, fake.request = RequestException, answer
sys.modules[\"requests\"] = fake
waits = []
time.sleep = lambda seconds: waits.append(str(int(seconds * 100 + 0.5) * 10))
{}
for method in (\"GET\", \"POST\"):
    for trouble in [{}]:
        met = 0
        waits.clear()
        try:
            request(method, \"http://origin/\")
        except RequestException:
            pass
        print(f\"{{method}} {{trouble[0]}}: {{' '.join(waits)}}\")
",
            code.text,
            troubles.join(", ")
        );
        match output("python3", &["-"], &text) {
            Some(said) => compare(id, &said),
            None => return,
        }
    }
}

#[test]
fn every_profile_can_be_written_in_every_language() {
    for profile in PROFILES.iter() {
        for language in Language::ALL {
            let code = client_code(&profile.policy, language);
            let marks = |open: char, close: char| {
                let count = |mark| code.text.chars().filter(|c| *c == mark).count();
                count(open) == count(close)
            };
            assert!(marks('(', ')') && marks('{', '}') && marks('[', ']'), "{}: {}", profile.id, code.text);
            for what in &code.missing {
                assert!(what.ends_with('.') && code.text.contains(what.as_str()), "{}: {what}", profile.id);
            }
        }
    }
}

#[test]
fn curl_says_itself_and_tells_what_it_cannot() {
    let of = |id: &str| client_code(&profile(id).expect(id).policy, Language::Shell);
    assert_eq!(of("curl/retry5").text, "curl --include --retry 5 \"$URL\"\n");
    assert_eq!(of("curl/retry5_all-errors").text, "curl --include --retry 5 --retry-all-errors \"$URL\"\n");
    assert_eq!(of("curl/retry5_max-time5").text, "curl --include --retry 5 --retry-max-time 5 \"$URL\"\n");
    let fixed = of("curl/retry5_delay1_connrefused").text;
    assert_eq!(fixed, "curl --include --retry 5 --retry-delay 1 --retry-connrefused \"$URL\"\n");
    let corrected = of("fetch-with-retry/corrected");
    assert!(
        corrected.text.contains("curl --include --retry 3 --retry-all-errors --max-time 10"),
        "{}",
        corrected.text
    );
    assert_eq!(corrected.missing.len(), 4, "{:?}", corrected.missing);
}

#[test]
fn the_wait_of_each_jitter_is_its_formula() {
    let of = |id: &str| client_code(&profile(id).expect(id).policy, Language::JavaScript).text;
    for (id, expected) in [
        (
            "fetch-with-retry/corrected",
            "let wait = Math.random() * (Math.min(10000, 1000 * 2 ** (retry - 1)));",
        ),
        ("wget/tries5", "let wait = Math.min(10000, 1000 + (retry - 1) * 1000);"),
        ("got/default", "let wait = 1000 * 2 ** (retry - 1) + 100 * Math.random();"),
        (
            "stamina+requests/default",
            "let wait = Math.min(5000, 100 * 2 ** (retry - 1) + 1000 * Math.random());",
        ),
    ] {
        assert!(of(id).contains(expected), "{id}: {}", of(id));
    }
}
