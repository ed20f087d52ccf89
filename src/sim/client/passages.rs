//! Which lines a client's library writes at the head of a request.
//!
//! Recorded in November 2026: curl 7.88.1, Wget 1.21.3, requests 2.34.2, urllib3 2.7.0, the fetch of Node 20.20.2. Other
//! libraries are not guessed: their requests have the lines that cannot be missing.

use super::policy::Policy;
use super::profile::profiles;
use crate::sim::dialect::{Hop, Passage, RequestBytes};
use crate::sim::scenario::Request;

const CURL: &str = "HTTP/1.1\nHost: {host}\nUser-Agent ? curl/8.23.0\nAccept ? */*\n*\nContent-Length: {length}\nContent-Type ? {form}";
const CURL_7: &str = "HTTP/1.1\nHost: {host}\nUser-Agent ? curl/7.88.1\nAccept ? */*\n*\nContent-Length: {length}\nContent-Type ? {form}";
const WGET: &str = "HTTP/1.1\nHost: {host}\nUser-Agent ? Wget/1.25.0\nAccept ? */*\nAccept-Encoding ? identity\nConnection: Keep-Alive\n*\nContent-Length: {length}";
const REQUESTS: &str = "HTTP/1.1\nHost: {host}\nUser-Agent ? python-requests/2.34.2\nAccept-Encoding ? gzip, deflate\nAccept ? */*\nConnection: keep-alive\n*\nContent-Length: {length0}";
const URLLIB3: &str = "HTTP/1.1\nHost: {host}\nAccept-Encoding ? identity\nContent-Length: {length0}\nUser-Agent ? python-urllib3/2.8.0\n*";
const FETCH: &str = "HTTP/1.1 lower\nhost: {host}\nconnection: keep-alive\n*\naccept ? */*\naccept-language ? *\nsec-fetch-mode ? cors\nuser-agent ? node\naccept-encoding ? gzip, deflate\ncontent-length: {length0}";
const BARE: Passage =
    Passage { lines: "HTTP/1.1\nHost: {host}\n*\nContent-Length: {length0}", ..Passage::AS_IT_CAME };

/// The name under which the API is reached.
pub const HOST: &str = "orders.example";

/// The client whose policy this is; none where several have the same one.
pub fn library_of(policy: &Policy) -> Option<&'static str> {
    let mut found = profiles().iter().filter(|p| p.policy == *policy).map(|p| p.client());
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// What the library of a policy writes.
fn passage(policy: &Policy) -> Passage {
    match library_of(policy) {
        Some("curl") => Passage::recorded(CURL),
        Some("curl7") => Passage::recorded(CURL_7),
        Some("wget") => Passage::recorded(WGET),
        Some("urllib3") => Passage::recorded(URLLIB3),
        Some("node-fetch-builtin") => Passage::recorded(FETCH),
        Some(name) if name.ends_with("requests") => Passage::recorded(REQUESTS),
        _ => BARE,
    }
}

/// A request as a client of this policy sends it, and how that is known; `call` is the call's number in the run, from 0.
pub fn sent(request: &Request, policy: &Policy, call: u32) -> (RequestBytes, Passage) {
    let mut headers = vec![("Host".to_owned(), HOST.to_owned())];
    headers.extend(request.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    headers.extend(request.idempotency_key.text(call).map(|key| ("Idempotency-Key".to_owned(), key)));
    let asked = RequestBytes {
        method: request.method,
        target: request.path.clone(),
        version: "HTTP/1.1",
        headers,
        body: request.body.clone(),
    };
    let passage = passage(policy);
    (asked.passed_on(passage, &Hop::default()), passage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::client::profile;
    use crate::sim::message::Method;

    fn post(body: &str) -> Request {
        Request { body: body.to_owned(), ..Request::new(Method::Post, "/orders") }
    }

    fn text(id: &str, request: &Request) -> String {
        let policy = &profile(id).expect(id).policy;
        sent(request, policy, 0).0.render().replace("\r\n", "\n")
    }

    #[test]
    fn a_library_is_known_by_a_policy_that_is_its_alone() {
        assert_eq!(library_of(&profile("curl/retry5").expect("a profile").policy), Some("curl"));
        for profile in profiles().iter() {
            let found = library_of(&profile.policy);
            assert!(found.is_none_or(|name| name == profile.client()), "{}: {found:?}", profile.id);
        }
    }

    #[test]
    fn requests_have_the_lines_that_were_recorded() {
        assert_eq!(
            text("curl/retry5", &post("")),
            "POST /orders HTTP/1.1\nHost: orders.example\nUser-Agent: curl/8.23.0\nAccept: */*\n\n"
        );
        let mut typed = post("{\"item\": 1}");
        typed.headers.insert("Content-Type".into(), "application/json".into());
        assert_eq!(
            text("curl/retry5", &typed),
            "POST /orders HTTP/1.1\nHost: orders.example\nUser-Agent: curl/8.23.0\nAccept: */*\nContent-Type: application/json\nContent-Length: 11\n\n{\"item\": 1}"
        );
        assert!(
            text("curl/retry5", &post("a")).contains("\nContent-Type: application/x-www-form-urlencoded\n")
        );
    }

    #[test]
    fn the_scenario_s_own_headers_and_key_are_sent() {
        let mut request = post("{}");
        request.headers.insert("Accept".into(), "application/json".into());
        request.idempotency_key = crate::sim::scenario::IdempotencyKey::Given("k-1".into());
        let bytes = sent(&request, &Policy::default(), 3).0;
        assert_eq!(bytes.header("accept"), Some("application/json"));
        assert_eq!(bytes.header("idempotency-key"), Some("k-1"));
        assert_eq!(bytes.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case("accept")).count(), 1);
    }
}
