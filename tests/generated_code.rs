//! Generated client code against real sockets: Node's `fetch`, ky, axios-retry, Python's `requests`, urllib3, tenacity,
//! Go and curl meet an origin on loopback that is in trouble, and must make the attempts and waits that the simulator
//! predicts. What is configuration of a proxy is parsed.
//!
//! Where a program or a library is not installed nothing is compared, and that is said. `node_modules` is looked for in
//! the folder that `FIVEXX_NODE_FOLDER` names and in the repository, Python's libraries in the active virtual
//! environment, in `.venv`, and in what `python3` itself has. The Rust text is compiled and run by a test of its module,
//! with stand-ins for its crates.

#![expect(clippy::disallowed_types, reason = "real programs are timed here")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use fivexx::interop::client_code::{Language, client_code};
use fivexx::sim::client::{Policy, profile, profiles};
use fivexx::sim::fault::{ApplicationError, CrashAfterRead, Fault, MalformedRetryAfter};
use fivexx::sim::message::Method;
use fivexx::sim::scenario::RetryAfter;
use fivexx::sim::time::SimDuration;
use fivexx::sim::trial::{Trial, Trouble, Until};

/// What the origin does to the first requests of a call, `times` of them; then it answers 200.
#[derive(Clone, Copy, Debug)]
struct Case {
    method: Method,
    /// None closes without an answer.
    answer: Option<(u16, &'static str)>,
    times: usize,
}

const EVER: usize = usize::MAX;

const CASES: [(Option<(u16, &str)>, usize); 7] = [
    (Some((503, "")), EVER),
    (Some((503, "1")), 1),
    (Some((503, "soon")), EVER),
    (Some((429, "1")), EVER),
    (Some((404, "")), EVER),
    (None, EVER),
    (None, 1),
];

/// Policies whose loops differ in each of their rules, with waits that a test can wait for.
const POLICIES: [(&str, &str); 9] = [
    (
        "doubling",
        r#"{"attempts": 4, "delay": {"exponential": {"base": "200ms", "cap": "500ms"}}, "statuses": [429, 503],
        "connection_errors": {"tls": false}, "retry_after": {"cap": "800ms"}}"#,
    ),
    (
        "full jitter",
        r#"{"attempts": 3, "delay": {"exponential": {"base": "400ms", "jitter": "full"}}, "statuses": ["5xx"],
        "methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"],
        "retry_after": {"seconds": false, "date": false}}"#,
    ),
    (
        "decorrelated",
        r#"{"attempts": 4, "delay": {"exponential": {"base": "150ms", "cap": "600ms", "jitter": "decorrelated"}},
        "statuses": [503], "retry_after": {"combine": "maximum", "malformed": "give_up"}}"#,
    ),
    (
        "smoothed",
        r#"{"attempts": 4, "delay": {"exponential": {"base": "200ms", "jitter": "smoothed"}}, "statuses": [404, 503],
        "connection_errors": false, "retry_after": {"combine": "add"}}"#,
    ),
    (
        "deadline",
        r#"{"attempts": null, "delay": {"fixed": "2500ms"}, "statuses": [503], "deadline": "4s",
        "deadline_rule": "no_retry_past", "retry_after": {"zero": false}}"#,
    ),
    ("total", r#"{"attempts": null, "delay": {"fixed": "2500ms"}, "statuses": [503], "deadline": "4s"}"#),
    (
        "deaf",
        r#"{"attempts": 3, "delay": {"linear": {"base": "200ms", "step": "300ms"}}, "statuses": [404, 503],
        "retry_after": {"seconds": false, "date": false}, "deadline": "4s", "deadline_rule": "no_wait_after"}"#,
    ),
    (
        "urllib3's own",
        r#"{"attempts": 4, "delay": {"exponential": {"base": "200ms", "cap": "600ms", "jitter": {"additive": "100ms"},
        "cap_last": true}}, "first_retry_at_once": true, "statuses": [503], "connection_errors": {"refused": "any_method",
        "unreachable": "any_method", "name_not_resolved": "any_method", "connect_timeout": "any_method",
        "truncated": false}, "retry_after": {"cap": "800ms", "statuses": [413, 429, 503], "repeats": true,
        "zero": false, "malformed": "give_up"}}"#,
    ),
    (
        "a subclass of urllib3's",
        r#"{"attempts": 3, "delay": {"linear": {"base": "200ms", "step": "300ms"}}, "statuses": [404, 503],
        "connection_errors": false, "retry_after": {"cap": "800ms", "zero": false}}"#,
    ),
];

/// Those that a loop has all of.
const LOOPS: [&str; 6] = ["doubling", "full jitter", "decorrelated", "smoothed", "deadline", "deaf"];

fn policy(json: &str) -> Policy {
    serde_json::from_str(json).expect(json)
}

impl Case {
    fn all() -> Vec<Self> {
        let of = |method| CASES.map(|(answer, times)| Self { method, answer, times });
        [of(Method::Get), of(Method::Post)].concat()
    }

    /// The least and the most attempts, and of each wait the least and the most, in milliseconds.
    fn predicted(self, policy: &Policy) -> ((usize, usize), Vec<(f64, f64)>) {
        let fault: Fault = match self.answer {
            None => CrashAfterRead::default().into(),
            Some((status, said)) => {
                let seconds = said.parse().map_or(RetryAfter::Absent, RetryAfter::Seconds);
                let malformed = (said == "soon").then_some(MalformedRetryAfter::Word);
                ApplicationError { status, retry_after: seconds, malformed, ..ApplicationError::default() }
                    .into()
            }
        };
        let until = if self.times == EVER { Until::Never } else { Until::Attempts(self.times) };
        let mut trial = Trial {
            policy: policy.clone(),
            method: self.method,
            trouble: Trouble { until, ..Trouble::from(fault) },
            horizon: SimDuration::from_secs(60),
            seed: 0,
        };
        let mut attempts = (EVER, 0);
        let mut waits: Vec<(f64, f64)> = Vec::new();
        for seed in 0..if policy.delay.is_random() { 300 } else { 1 } {
            trial.seed = seed;
            let tried = trial.run();
            attempts = (attempts.0.min(tried.attempts.len()), attempts.1.max(tried.attempts.len()));
            for (i, wait) in tried.delays().iter().map(|wait| wait.as_secs_f64() * 1e3).enumerate() {
                match waits.get_mut(i) {
                    Some(range) => *range = (range.0.min(wait), range.1.max(wait)),
                    None => waits.push((wait, wait)),
                }
            }
        }
        (attempts, waits)
    }
}

/// An origin in trouble, and when requests reached it, in milliseconds.
struct Origin {
    url: String,
    seen: Arc<Mutex<Vec<f64>>>,
}

impl Origin {
    /// Its threads end with the test's process.
    fn start(case: Case) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (began, record) = (Instant::now(), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that leaves early is not this test's concern.
                let _ = Self::answer(&stream, case, began, &record);
            }
        });
        Self { url, seen }
    }

    fn answer(stream: &TcpStream, case: Case, began: Instant, seen: &Mutex<Vec<f64>>) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut body = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(length) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                body = length.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        std::io::copy(&mut reader.take(body), &mut std::io::sink())?;
        let number = {
            let mut seen = seen.lock().expect("nobody panics with it");
            seen.push(began.elapsed().as_secs_f64() * 1e3);
            seen.len()
        };
        let (status, said) = match case.answer {
            _ if number > case.times => (200, ""),
            None => return Ok(()),
            Some(answer) => answer,
        };
        let header = if said.is_empty() { String::new() } else { format!("Retry-After: {said}\r\n") };
        let mut stream = stream;
        write!(stream, "HTTP/1.1 {status} Said\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n")
    }
}

/// A program that reads its text from standard input.
struct Program {
    name: PathBuf,
    arguments: &'static [&'static str],
    folder: PathBuf,
}

impl Program {
    fn new(name: impl Into<PathBuf>, arguments: &'static [&'static str]) -> Self {
        Self { name: name.into(), arguments, folder: PathBuf::from(".") }
    }

    /// Runs it to its end.
    fn run(&self, text: &str, url: &str) {
        let mut child = Command::new(&self.name)
            .args(self.arguments)
            .current_dir(&self.folder)
            // No proxy stands between.
            .env("NO_PROXY", "*")
            .env("URL", url)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it was there before");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(text.as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}\n{text}", self.name.display());
    }
}

/// Compares what reached an origin with what the simulator says.
fn differences(name: &str, policy: &Policy, case: Case, origin: &Origin) -> Vec<String> {
    let seen = origin.seen.lock().expect("nobody panics with it");
    let (attempts, waits) = case.predicted(policy);
    let mut wrong = Vec::new();
    if !(attempts.0..=attempts.1).contains(&seen.len()) {
        wrong.push(format!("{name}, {case:?}: {} attempts, predicted {attempts:?}", seen.len()));
    }
    for (i, (pair, (least, most))) in seen.windows(2).zip(&waits).enumerate() {
        let wait = pair[1] - pair[0];
        // Timers are early by a millisecond or two at most, busy machines late; chance's range is that of 300 draws.
        let slack = 8.0 + (most - least) / 50.0;
        if wait < least - slack || wait > most + slack + 400.0 {
            wrong.push(format!(
                "{name}, {case:?}: wait {i} took {wait:.0} ms, predicted {least:.0} to {most:.0}"
            ));
        }
    }
    wrong
}

/// All cases of some policies at once, in one process for each policy. `program_text` makes the program of the
/// generated text and of the calls.
fn compare(
    program: &Program,
    language: Language,
    policies: &[&str],
    program_text: impl Fn(&str, &[(String, Method)]) -> String + Sync,
) {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let check = |name: &&str| {
            let program_text = &program_text;
            let (name, json) = *POLICIES.iter().find(|(n, _)| n == name).expect("one of them");
            scope.spawn(move || {
                let policy = policy(json);
                let code = client_code(&policy, language);
                assert_eq!(code.missing, Vec::<String>::new(), "{name}: {language:?} has all of it");
                // A busy machine may be late once; what is wrong is so each time.
                let once = || {
                    let origins: Vec<(Case, Origin)> =
                        Case::all().into_iter().map(|case| (case, Origin::start(case))).collect();
                    let urls: Vec<_> = origins.iter().map(|(case, o)| (o.url.clone(), case.method)).collect();
                    program.run(&program_text(&code.text, &urls), "");
                    let wrong =
                        origins.iter().map(|(case, origin)| differences(name, &policy, *case, origin));
                    wrong.flatten().collect::<Vec<_>>()
                };
                let mut wrong = once();
                for _ in 0..2 {
                    if wrong.is_empty() {
                        break;
                    }
                    wrong = once();
                }
                wrong
            })
        };
        let threads: Vec<_> = policies.iter().map(check).collect();
        threads.into_iter().flat_map(|t| t.join().expect("it compares")).collect()
    });
    assert!(wrong.is_empty(), "{language:?}:\n{}", wrong.join("\n"));
}

/// True if the program runs; says so if not.
fn installed(program: &str, arguments: &[&str]) -> bool {
    let runs = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !runs {
        eprintln!(
            "SKIPPED: `{program} {}` does not run; the generated code was not run",
            arguments.join(" ")
        );
    }
    runs
}

/// Node where it finds a library.
fn node(library: &str) -> Option<Program> {
    let named = std::env::var_os("FIVEXX_NODE_FOLDER").map(PathBuf::from);
    let folders = named.into_iter().chain([PathBuf::from(env!("CARGO_MANIFEST_DIR"))]);
    let folder = folders.into_iter().find(|folder| folder.join("node_modules").join(library).is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: no node_modules with {library}; the generated code was not run");
    }
    let folder = folder.filter(|_| installed("node", &["--version"]))?;
    Some(Program { folder, ..Program::new("node", &["--input-type=module"]) })
}

fn in_node(code: &str, calls: &[(String, Method)]) -> String {
    let calls: Vec<String> =
        calls.iter().map(|(url, method)| format!("request(\"{url}\", {{ method: \"{method}\" }})")).collect();
    format!("{code}\nawait Promise.allSettled([{}]);", calls.join(", "))
}

#[test]
fn the_javascript_in_node() {
    if installed("node", &["--version"]) {
        let program = Program::new("node", &["--input-type=module"]);
        compare(&program, Language::JavaScript, &LOOPS, in_node);
    }
}

#[test]
fn the_options_of_ky() {
    if let Some(program) = node("ky") {
        compare(&program, Language::Ky, &["doubling", "full jitter", "total"], in_node);
    }
}

#[test]
fn the_options_of_axios_retry() {
    if let Some(program) = node("axios-retry") {
        compare(&program, Language::AxiosRetry, &[&LOOPS[..], &["total"]].concat(), in_node);
    }
}

/// A Python that runs a line.
fn python(line: &'static str) -> Option<Program> {
    let environments = [
        std::env::var_os("VIRTUAL_ENV").map(PathBuf::from),
        Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv")),
    ];
    let mut programs: Vec<PathBuf> =
        environments.into_iter().flatten().map(|e| e.join("bin/python3")).collect();
    programs.push(PathBuf::from("python3"));
    let runs = |program: &PathBuf| {
        Command::new(program).args(["-c", line]).output().is_ok_and(|output| output.status.success())
    };
    let found = programs.into_iter().find(runs).map(|program| Program::new(program, &["-"]));
    if found.is_none() {
        eprintln!("SKIPPED: no Python runs `{line}`; the generated text was not tried");
    }
    found
}

fn in_python(code: &str, calls: &[(String, Method)]) -> String {
    let count = calls.len();
    let calls: Vec<String> = calls.iter().map(|(url, method)| format!("(\"{method}\", \"{url}\")")).collect();
    format!(
        "{code}\nimport concurrent.futures as f\nwith f.ThreadPoolExecutor({count}) as pool:\n    for call in [{}]:\n        pool.submit(request, *call)\n",
        calls.join(", ")
    )
}

#[test]
fn the_python_with_requests() {
    if let Some(program) = python("import requests") {
        compare(&program, Language::Python, &LOOPS, in_python);
    }
}

#[test]
fn the_retry_of_urllib3() {
    if let Some(program) = python("import requests, urllib3; urllib3.Retry(retry_after_max=1)") {
        compare(&program, Language::Urllib3, &["urllib3's own", "a subclass of urllib3's"], in_python);
    }
}

#[test]
fn the_retrying_of_tenacity() {
    if let Some(program) = python("import requests; from tenacity import stop_before_delay") {
        compare(&program, Language::Tenacity, &LOOPS, in_python);
    }
}

#[test]
fn the_go_with_net_http() {
    if !installed("go", &["version"]) {
        return;
    }
    compare(&Program::new("sh", &["-s"]), Language::Go, &LOOPS, |code, calls| {
        let calls: Vec<String> =
            calls.iter().map(|(url, method)| format!("\tcall(\"{method}\", \"{url}\")\n")).collect();
        format!(
            "folder=$(mktemp -d) && mkdir $folder/client && cd $folder || exit 1
cat > go.mod <<'END'
module tried

go 1.19
END
cat > client/client.go <<'END'
{code}END
cat > main.go <<'END'
package main

import (
	\"net/http\"
	\"sync\"
	\"tried/client\"
)

var calls sync.WaitGroup

func call(method, url string) {{
	calls.Add(1)
	go func() {{
		defer calls.Done()
		client.Do(func() (*http.Request, error) {{ return http.NewRequest(method, url, nil) }})
	}}()
}}

func main() {{
{}	calls.Wait()
}}
END
if command -v gofmt > gofmt.said && test -n \"$(gofmt -l client)\"; then gofmt -d client >&2; exit 1; fi
go run .; status=$?
cd / && rm -r $folder
exit $status
",
            calls.concat()
        )
    });
}

/// Each profile's text in a language of configurations.
fn configurations(language: Language) -> Vec<(&'static str, String)> {
    profiles()
        .iter()
        .map(|profile| (profile.id.as_str(), client_code(&profile.policy, language).text))
        .collect()
}

#[test]
fn the_route_of_envoy_is_yaml() {
    let Some(program) = python("import yaml") else { return };
    let texts: Vec<String> = configurations(Language::Envoy)
        .iter()
        .map(|(id, text)| {
            format!("route = yaml.safe_load({text:?})['route']\nassert route['cluster'] == 'origin', {id:?}\nretry = route.get('retry_policy')\nassert retry is None or retry['num_retries'] > 0 and retry['retry_on'], {id:?}\n")
        })
        .collect();
    program.run(&format!("import yaml\n{}", texts.concat()), "");
}

#[test]
fn nginx_takes_its_configuration() {
    if !installed("nginx", &["-v"]) {
        return;
    }
    let folder = std::env::temp_dir().join(format!("fivexx-nginx-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("nginx.conf");
    for (id, text) in configurations(Language::Nginx) {
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", folder.join(name).display()))
            .concat();
        let pid = folder.join("pid");
        let whole = format!(
            "pid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{text}}}\n",
            pid.display()
        );
        std::fs::write(&file, &whole).expect("it can be written");
        let output = Command::new("nginx").arg("-t").arg("-e").arg("stderr").arg("-c").arg(&file).output();
        let output = output.expect("it was there before");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{id}: {said}\n{whole}");
    }
    std::fs::remove_dir_all(&folder).expect("the folder is there");
}

#[test]
fn the_call_of_curl() {
    if !installed("curl", &["--version"]) {
        return;
    }
    // curl waits whole seconds.
    let mut policy = profile("curl/retry5").expect("a profile").policy.clone();
    policy.attempts = Some(3);
    policy.delay = fivexx::sim::client::Delay::Fixed(SimDuration::from_secs(1));
    let code = client_code(&policy, Language::Shell);
    assert_eq!(
        (code.text.as_str(), code.missing.len()),
        ("curl --include --retry 2 --retry-delay 1 \"$URL\"\n", 0)
    );
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let check = |case: Case| {
            let (policy, text) = (&policy, &code.text);
            scope.spawn(move || {
                let origin = Origin::start(case);
                // A call that gets no answer ends with curl's own status.
                Program::new("sh", &["-s"]).run(&format!("{text}true\n"), &origin.url);
                differences("curl", policy, case, &origin)
            })
        };
        let cases = Case::all().into_iter().filter(|case| case.method == Method::Get);
        let threads: Vec<_> = cases.map(check).collect();
        threads.into_iter().flat_map(|t| t.join().expect("it compares")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
