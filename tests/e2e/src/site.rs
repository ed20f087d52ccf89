//! A static server for the built page, as strict as the strictest host that it should work on.
//!
//! One thread and one request to a connection: a browser opens many at once, also some on which it says nothing.

use std::fs;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The policy that the build writes into the page; sent as a header as well, which is the stronger form.
/// One directive a line.
pub const POLICY: &str = include_str!("../../../xtask/content-security-policy.txt");

/// The built page under some folder of a site of this machine. Serving ends when this is dropped.
pub struct Site {
    acceptor: Option<JoinHandle<()>>,
    closed: Arc<AtomicBool>,
    address: String,
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

        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on this machine");
        let address = listener.local_addr().expect("the port just taken").to_string();
        let closed = Arc::new(AtomicBool::new(false));
        let (stop, folder) = (Arc::clone(&closed), base.to_owned());
        let acceptor = thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let (dist, folder) = (dist.clone(), folder.clone());
                // The browser may go away at any time; that is its right.
                thread::spawn(move || drop(answer(&connection, &dist, &folder)));
            }
        });
        let origin = format!("http://{address}");
        Site { acceptor: Some(acceptor), closed, address, origin, base: base.to_owned() }
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
        self.closed.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees that it is over.
        let _ = TcpStream::connect(&self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// Reads one request and answers it. Only its first line matters: no file depends on a header.
fn answer(mut connection: &TcpStream, dist: &Path, base: &str) -> Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut lines = BufReader::new(connection.take(64 * 1024)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // Read to the end of the head: closing with something unread would reset the connection.
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);

    let file = match request.split(' ').collect::<Vec<_>>()[..] {
        ["GET", url, _] => file_for(url, dist, base),
        _ => None,
    };
    let (status, media_type, body) = match file.as_ref().map(|file| (file, fs::read(file))) {
        Some((file, Ok(body))) => ("200 OK", media_type(file), body),
        _ => ("404 Not Found", "text/plain; charset=utf-8", b"not here".to_vec()),
    };
    let policy = POLICY.lines().collect::<Vec<_>>().join("; ");
    write!(
        connection,
        "HTTP/1.1 {status}\r\n\
         Content-Type: {media_type}\r\n\
         Content-Length: {}\r\n\
         Content-Security-Policy: {policy}\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Referrer-Policy: no-referrer\r\n\
         Cache-Control: no-store\r\n\
         Connection: close\r\n\r\n",
        body.len()
    )?;
    connection.write_all(&body)
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
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
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
