//! A static server for the built page, as strict as the strictest host that it should work on.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tiny_http::{Header, Request, Response, Server};

/// The policy that the build writes into the page; sent as a header as well, which is the stronger form.
/// One directive a line.
pub const POLICY: &str = include_str!("../../../xtask/content-security-policy.txt");

/// The built page under some folder of a site of this machine. Serving ends when this is dropped.
pub struct Site {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
    origin: String,
    base: String,
}

impl Site {
    /// Serves `FIVEXX_DIST` under `base`, such as `/` or `/docs/fivexx/`; everything else is a 404.
    #[must_use]
    pub fn serve(base: &str) -> Site {
        let dist = std::env::var_os("FIVEXX_DIST").map(PathBuf::from);
        let dist = dist.expect("FIVEXX_DIST names no folder; `cargo xtask test e2e` sets it");
        assert!(dist.join("index.html").is_file(), "{} has no index.html", dist.display());
        assert!(
            base.starts_with('/') && base.ends_with('/'),
            "the base {base:?} must start and end with a slash"
        );

        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port on this machine"));
        let address = server.server_addr().to_ip().expect("an address with a port");
        let (worker, folder) = (Arc::clone(&server), base.to_owned());
        let thread = thread::spawn(move || {
            for request in worker.incoming_requests() {
                answer(request, &dist, &folder);
            }
        });
        Site { server, thread: Some(thread), origin: format!("http://{address}"), base: base.to_owned() }
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The whole address of a route of the page, such as `""` or `"#s=..."`.
    #[must_use]
    pub fn address(&self, route: &str) -> String {
        format!("{}{}{route}", self.origin, self.base)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(request: Request, dist: &Path, base: &str) {
    let file = file_for(request.url(), dist, base);
    let (status, media_type, body) = match file.as_ref().and_then(|file| fs::read(file).ok()) {
        Some(body) => (200, file.as_deref().map_or("", media_type), body),
        None => (404, "text/plain; charset=utf-8", b"not here".to_vec()),
    };
    let mut response = Response::from_data(body).with_status_code(status);
    let policy = POLICY.lines().collect::<Vec<_>>().join("; ");
    let headers = [
        ("Content-Type", media_type),
        ("Content-Security-Policy", policy.as_str()),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ];
    for (name, value) in headers {
        response.add_header(Header::from_bytes(name, value).expect("a header of ASCII"));
    }
    // The browser may have gone; that is its right.
    let _ = request.respond(response);
}

fn file_for(url: &str, dist: &Path, base: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.strip_prefix(base)?;
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| dist.join(path))
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
