//! What a first visit loads, and what comes later.

use crate::Result;
use crate::page::{dist, files_of_first_visit};
use std::fs;

/// Prints the size of every file that the built page names, raw and as a server sends it.
pub fn run() -> Result {
    let read = |file: &str| {
        fs::read(dist().join(file))
            .map_err(|error| format!("cannot read dist/{file}: {error}; `cargo xtask build` makes it"))
    };
    let html = String::from_utf8(read("index.html")?)
        .map_err(|error| format!("dist/index.html is no UTF-8: {error}"))?;
    let mut total = (0, 0);
    println!("{:>10} {:>10}  file", "raw", "brotli");
    for file in files_of_first_visit(&html) {
        let bytes = read(file)?;
        let packed = compressed(&bytes)?;
        println!("{:>10} {:>10}  {file}", bytes.len(), packed);
        total = (total.0 + bytes.len(), total.1 + packed);
    }
    println!("{:>10} {:>10}  in all, bytes, for a first visit", total.0, total.1);
    println!("\n{:>10} {:>10}  file that comes when it is first asked for", "raw", "brotli");
    let first = files_of_first_visit(&html);
    let entries = fs::read_dir(dist()).map_err(|error| format!("cannot read dist/: {error}"))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut later: Vec<String> = names
        .filter(|name| {
            !first.contains(&name.as_str()) && (name.ends_with(".wasm") || name.ends_with(".json"))
        })
        .collect();
    later.sort();
    for file in later {
        let bytes = read(&file)?;
        println!("{:>10} {:>10}  {file}", bytes.len(), compressed(&bytes)?);
    }
    Ok(())
}

fn compressed(bytes: &[u8]) -> Result<usize> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters)
        .map_err(|error| format!("brotli: {error}"))?;
    Ok(packed.len())
}
