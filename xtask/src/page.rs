//! The release page: what Trunk builds, with the policy that nothing from elsewhere may run in it.

use crate::parts;
use crate::process::{command, execute, root, step};
use crate::tools::{TRUNK, WASM_BINDGEN};
use crate::{Result, tools};
use std::fs;
use std::path::{Path, PathBuf};

/// One directive a line. The end-to-end tests send the same policy as a header.
const POLICY: &str = include_str!("../content-security-policy.txt");

/// What the page's settings are made of; fetched when they are first opened.
const SCHEMA: &str = "scenario.schema.json";

/// Where the built page lies.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the release page into `dist/`.
pub fn build() -> Result {
    tools::ensure(&[TRUNK, WASM_BINDGEN])?;
    step("building the release page into dist/", || {
        let mut trunk = command("trunk");
        trunk.args(["build", "--release", "--features", "split", "--dist", "dist"]);
        execute(trunk.env("RUSTFLAGS", parts::RUSTFLAGS))?;
        let path = dist().join("index.html");
        let built = String::from_utf8(read(&path)?).map_err(|error| format!("index.html: {error}"))?;
        let name = attribute(&built, "data-wasm").ok_or("index.html has no script with data-wasm")?;
        let glue = attribute(&built, "data-js").ok_or("index.html has no script with data-js")?;
        let module = read(&dist().join(parts::split(&dist(), glue)?))?;
        let built = one_style(&built, glue)?;
        let schema = dist().join(SCHEMA);
        write(&schema, &without_space(&read(&schema)?))?;
        write(&path, seal(&built, name, module.len())?.as_bytes())
    })
}

/// The page with its policy and with the size of the module, which boot.js needs for a true progress bar.
///
/// Only the built page gets a policy: `trunk serve` adds an inline script that reloads the page.
fn seal(html: &str, module: &str, size: usize) -> Result<String> {
    if let Some(inline) = inline_code(html) {
        return Err(format!(
            "index.html contains `{inline}`, which the policy of the built page blocks; put it into a file"
        ));
    }
    let charset = r#"<meta charset="utf-8">"#;
    let policy = POLICY.lines().collect::<Vec<_>>().join("; ");
    let meta = format!("{charset}\n    <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    let with_policy = replace_once(html, charset, &meta)?;

    let wasm = format!("data-wasm=\"{module}\"");
    replace_once(&with_policy, &wasm, &format!("{wasm} data-bytes=\"{size}\""))
}

/// The page with one style sheet in place of many: fewer requests, and less after compression.
fn one_style(html: &str, glue: &str) -> Result<String> {
    let name = glue.trim_start_matches("./").replace(".js", ".css");
    let (mut page, mut style) = (String::new(), Vec::new());
    for line in html.split_inclusive('\n') {
        let sheet = line.contains("rel=\"stylesheet\"").then(|| attribute(line, "href")).flatten();
        let Some(sheet) = sheet else {
            page.push_str(line);
            continue;
        };
        if style.is_empty() {
            page.push_str(&format!("    <link rel=\"stylesheet\" href=\"./{name}\">\n"));
        }
        let path = dist().join(sheet);
        style.extend(read(&path)?);
        fs::remove_file(&path).map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
    }
    write(&dist().join(name), &style)?;
    Ok(page)
}

/// The files of `dist/` that the page itself names, which is what a first visit loads.
pub fn files_of_first_visit(html: &str) -> Vec<&str> {
    let mut files = vec!["index.html"];
    for name in ["href", "src", "data-js", "data-wasm"] {
        let start = format!(" {name}=\"");
        files.extend(
            html.match_indices(&start).filter_map(|(at, _)| html[at + start.len()..].split('"').next()),
        );
    }
    files = files.into_iter().map(|file| file.trim_start_matches("./")).collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// JSON without the space between its parts.
fn without_space(json: &[u8]) -> Vec<u8> {
    let (mut in_text, mut escaped) = (false, false);
    let keep = |byte: &&u8| {
        let kept = in_text || !byte.is_ascii_whitespace();
        if **byte == b'"' && !escaped {
            in_text = !in_text;
        }
        escaped = in_text && **byte == b'\\' && !escaped;
        kept
    };
    json.iter().filter(keep).copied().collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Result {
    fs::write(path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    html.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn inline_code(html: &str) -> Option<&str> {
    let tags = html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest));
    tags.into_iter().find(|tag| {
        let script = tag.starts_with("script") && !tag.contains(" src=");
        let style = *tag == "style" || tag.starts_with("style ") || tag.contains(" style=");
        let handler = !tag.starts_with('!')
            && tag.split_whitespace().skip(1).any(|word| word.starts_with("on") && word.contains('='));
        script || style || handler
    })
}

fn replace_once(text: &str, from: &str, to: &str) -> Result<String> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        count => Err(format!("index.html has `{from}` {count} times instead of once")),
    }
}

#[cfg(test)]
mod tests {
    use super::{files_of_first_visit, inline_code, without_space};

    #[test]
    fn space_within_texts_stays() {
        let json = br#"{ "a b": [ 1, "c \" d \\" ],
            "e": " " }"#;
        assert_eq!(without_space(json), br#"{"a b":[1,"c \" d \\"],"e":" "}"#);
    }

    #[test]
    fn inline_code_is_found() {
        for inline in [
            "<script>go()</script>",
            "<p style=\"color:red\">",
            "<style>p{}</style>",
            "<button onclick=\"go()\">",
        ] {
            assert!(inline_code(inline).is_some(), "{inline}");
        }
        for clean in [
            "<script type=\"module\" src=\"./boot.js\"></script>",
            "<link rel=\"stylesheet\" href=\"./a.css\">",
            "<!-- only = once -->",
        ] {
            assert_eq!(inline_code(clean), None, "{clean}");
        }
    }

    #[test]
    fn first_visit_loads_what_the_page_names() {
        let html = r#"<link rel="icon" href="./icon.svg"><link rel="modulepreload" href="./a.js"><script src="./boot.js" data-js="./a.js" data-wasm="./a.wasm">"#;
        assert_eq!(files_of_first_visit(html), ["a.js", "a.wasm", "boot.js", "icon.svg", "index.html"]);
    }
}
