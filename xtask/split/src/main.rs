//! Takes the page's module apart: `split <module> <folder> <name>`.
//!
//! A program of its own, so that `cargo xtask` does not wait for what it is made of.

use std::path::Path;

use eyre::eyre;
use wasm_split_cli_support::{Options, transform};

fn main() -> eyre::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder, name] = arguments.as_slice() else {
        return Err(eyre!("expected a module, a folder and a name, got {arguments:?}"));
    };
    let input = std::fs::read(module)?;
    let folder = Path::new(folder);
    let (main, glue, parts) =
        (folder.join(format!("{name}.wasm")), format!("./{name}.js"), format!("./{name}-parts.js"));
    let mut options = Options::new(&input);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.main_module = &glue;
    options.link_name = &parts;
    for part in transform(options)?.split_modules {
        println!("{}", part.display());
    }
    Ok(())
}
