//! The page's module in parts: what a first visit needs, and what comes when it is first asked for.

use crate::module::without_custom_sections;
use crate::process::{cargo, command, execute, output, root};
use crate::{Result, libraries};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What makes modules smaller. From npm, where it comes built.
const BINARYEN: &str = "binaryen@132.0.0";

/// What the module may use: what Rust uses, and no more.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// How the page is compiled: views erased where they meet, which is smaller, and with what taking apart needs to know.
pub const RUSTFLAGS: &str = "--cfg erase_components -C link-arg=--emit-relocs";

/// Takes the module that cargo built apart and puts it into `dist` under the names that the page has for it already;
/// the name of the module.
pub fn split(dist: &Path, glue: &str) -> Result<String> {
    let name = glue.trim_start_matches("./").strip_suffix(".js").ok_or("the glue has no name")?;
    let built = root().join("target/wasm32-unknown-unknown/release/fivexx.wasm");
    let folder = root().join("target/parts");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    }
    let mut apart = cargo();
    apart.args(["run", "--quiet", "--package", "split", "--"]).arg(&built).arg(&folder).arg(name);
    let parts: Vec<PathBuf> = output(&mut apart)?.lines().map(PathBuf::from).collect();
    let bound = folder.join("bound");
    execute(
        command("wasm-bindgen")
            .args([
                "--target",
                "web",
                "--no-typescript",
                "--keep-lld-exports",
                "--out-name",
                name,
                "--out-dir",
            ])
            .arg(&bound)
            .arg(folder.join(format!("{name}.wasm"))),
    )?;
    let smaller = binaryen();
    if let Err(why) = &smaller {
        println!("== NOT MADE SMALLER by wasm-opt: {why}");
    }
    let main = format!("{name}_bg.wasm");
    shrink(&smaller, &bound.join(&main), &dist.join(&main))?;
    copy(&bound.join(glue.trim_start_matches("./")), &dist.join(glue.trim_start_matches("./")))?;
    let link = format!("{name}-parts.js");
    let mut loader = text(&folder.join(&link))?;
    for part in parts {
        let old = part.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let new = format!("{name}-{}", old.trim_start_matches("split_"));
        loader = loader.replace(&format!("\"./{old}\""), &format!("\"./{new}\""));
        shrink(&smaller, &part, &dist.join(new))?;
    }
    fs::write(dist.join(&link), loader).map_err(|error| format!("cannot write {link}: {error}"))?;
    Ok(main)
}

/// A module without what only a debugger reads, and smaller if there is what makes it so.
fn shrink(smaller: &Result<PathBuf>, from: &Path, to: &Path) -> Result {
    match smaller {
        Ok(program) => {
            let mut run = Command::new("node");
            run.arg(program).arg(from).args(["-Oz", "--strip-debug", "--strip-producers"]);
            run.args(["--strip-target-features"]).args(FEATURES).arg("-o").arg(to);
            execute(&mut run)
        }
        Err(_) => {
            let module =
                fs::read(from).map_err(|error| format!("cannot read {}: {error}", from.display()))?;
            let module = without_custom_sections(&module)?;
            fs::write(to, module).map_err(|error| format!("cannot write {}: {error}", to.display()))
        }
    }
}

/// Where wasm-opt is, installed if need be.
fn binaryen() -> Result<PathBuf> {
    let version = BINARYEN.split('@').nth(1).unwrap_or_default();
    let folder = root().join("target/libraries/binaryen").join(version);
    let program = folder.join("node_modules/binaryen/bin/wasm-opt");
    if !program.is_file() {
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        libraries::npm(&folder, &[BINARYEN])?;
    }
    Ok(program)
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result {
    fs::copy(from, to).map(|_| ()).map_err(|error| format!("cannot copy {}: {error}", from.display()))
}
