//! Generated code is run where its language is installed: it must make the attempts and waits of the simulator.

use std::process::{Command, Stdio};

use super::*;
use crate::sim::client::{PRESETS, profile, profiles};
use crate::sim::fault::{ApplicationError, Fault};
use crate::sim::message::Method;
use crate::sim::scenario::RetryAfter;
use crate::sim::time::SimDuration;
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

const READS_FRACTIONS: &str = "undici/RetryAgent_no_throw";

/// Stand-ins for the crates that the Rust text names, with waits that take no time.
const RUST_CRATES: &str = r#"
mod reqwest {
    pub struct Error;
    pub type Result<T> = std::result::Result<T, Error>;
    pub struct Method(pub &'static str);
    impl Method { pub fn as_str(&self) -> &str { self.0 } }
    pub struct Value(String);
    impl Value { pub fn to_str(&self) -> std::result::Result<&str, Error> { Ok(&self.0) } }
    pub struct Headers(Option<Value>);
    impl Headers { pub fn get(&self, _: &str) -> Option<&Value> { self.0.as_ref() } }
    #[derive(Clone, Copy)]
    pub struct Status(u16);
    impl Status { pub fn as_u16(self) -> u16 { self.0 } }
    pub struct Response { status: Status, headers: Headers }
    impl Response {
        pub fn status(&self) -> Status { self.status }
        pub fn headers(&self) -> &Headers { &self.headers }
    }
    pub struct RequestBuilder;
    impl RequestBuilder {
        pub fn timeout(self, _: std::time::Duration) -> Self { self }
        pub async fn send(self) -> Result<Response> {
            let (status, wait, times) = crate::TROUBLE.get();
            crate::MET.set(crate::MET.get() + 1);
            let fails = crate::MET.get() <= times;
            let header = if fails { wait.map(|wait: &str| Value(wait.to_owned())) } else { None };
            Ok(Response { status: Status(if fails { status } else { 200 }), headers: Headers(header) })
        }
    }
}
mod tokio {
    pub mod time {
        pub async fn sleep(wait: std::time::Duration) {
            crate::WAITS.with_borrow_mut(|waits| waits.push((wait.as_millis() + 5) / 10 * 10));
        }
    }
}
mod httpdate {
    pub fn parse_http_date(_: &str) -> Result<std::time::SystemTime, ()> { Err(()) }
}
thread_local! {
    static TROUBLE: std::cell::Cell<(u16, Option<&'static str>, usize)> = const { std::cell::Cell::new((0, None, 0)) };
    static MET: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    static WAITS: std::cell::RefCell<Vec<u128>> = const { std::cell::RefCell::new(Vec::new()) };
}
fn finished<F: std::future::Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => unreachable!("nothing here waits"),
    }
}
"#;

#[test]
fn the_rust_is_compiled_and_makes_the_attempts_and_waits_of_the_simulator() {
    let folder = std::env::temp_dir().join(format!("fivexx-client-code-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the program");
    let troubles: Vec<String> = TROUBLES
        .iter()
        .map(|(name, status, wait, times)| {
            format!("(\"{name}\", ({status}, {:?}, {times}usize))", wait.map(|wait| wait.to_string()))
        })
        .collect();
    let (mut modules, mut calls) = (String::new(), String::new());
    for (n, id) in CERTAIN.iter().enumerate() {
        let code = client_code(&profile(id).expect(id).policy, Language::Rust);
        modules.push_str(&format!(
            "mod policy{n} {{\n#[allow(unused_imports)]\nuse crate::{{httpdate, reqwest, tokio}};\n{}}}\n",
            code.text
        ));
        calls.push_str(&format!(
            "for method in [\"GET\", \"POST\"] {{ for (name, trouble) in [{}] {{
                TROUBLE.set(trouble);
                MET.set(0);
                let _ = finished(policy{n}::request(|| reqwest::RequestBuilder, &reqwest::Method(method)));
                let waits = WAITS.take().iter().map(u128::to_string).collect::<Vec<_>>().join(\" \");
                println!(\"{n} {{method}} {{name}}: {{waits}}\");
            }} }}\n",
            troubles.join(", ")
        ));
    }
    // Numbers to a parser of Rust, and none to the policy, which reads fractions.
    let reads = CERTAIN.iter().position(|id| *id == READS_FRACTIONS).expect("it is one of them");
    calls.push_str(&format!(
        "for odd in [\"inf\", \"NaN\", \"1e3\", \"+5\", \"-1\", \"soon\", \"{}\"] {{
            TROUBLE.set((503, Some(odd), usize::MAX));
            MET.set(0);
            let _ = finished(policy{reads}::request(|| reqwest::RequestBuilder, &reqwest::Method(\"GET\")));
            println!(\"odd: {{}}\", WAITS.take().iter().map(u128::to_string).collect::<Vec<_>>().join(\" \"));
        }}\n",
        "9".repeat(400)
    ));
    let text = format!("#![allow(dead_code)]\n{RUST_CRATES}\n{modules}\nfn main() {{\n{calls}}}\n");
    let program = folder.join("client_code");
    let out = program.to_str().expect("a folder's name in UTF-8");
    let compiled = output("rustc", &["--edition", "2024", "-D", "unused", "-o", out, "-"], &text);
    let said = compiled.and_then(|_| output(out, &[], ""));
    std::fs::remove_dir_all(&folder).expect("the folder is there");
    let Some(said) = said else { return };
    for (n, id) in CERTAIN.iter().enumerate() {
        let lines = said.lines().filter_map(|line| line.strip_prefix(&format!("{n} ")));
        compare(id, &lines.collect::<Vec<_>>().join("\n"));
    }
    let policy = &profile(READS_FRACTIONS).expect("a profile").policy;
    let own = simulated(policy, Method::Get, TROUBLES[0]).iter().map(u64::to_string).collect::<Vec<_>>();
    let odd: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("odd: ")).collect();
    assert_eq!(odd, vec![own.join(" "); 7]);
}

#[test]
fn every_profile_can_be_written_in_every_language() {
    let presets = PRESETS.iter().map(|preset| (preset.id, (preset.policy)()));
    let profiles = profiles().iter().map(|profile| (profile.id.as_str(), profile.policy.clone()));
    for (id, policy) in presets.chain(profiles) {
        for language in Language::ALL {
            let code = client_code(&policy, language);
            assert!(code.text.lines().any(|line| !line.starts_with(['#', '/'])), "{id}, {language:?}");
            let marks = |open: char, close: char| {
                let count = |mark| code.text.chars().filter(|c| *c == mark).count();
                count(open) == count(close)
            };
            assert!(marks('(', ')') && marks('{', '}') && marks('[', ']'), "{}: {}", id, code.text);
            for what in &code.missing {
                assert!(what.ends_with('.') && code.text.contains(what.as_str()), "{}: {what}", id);
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
