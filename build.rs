//! Lists the rules and match lists that are built in, so that a file put into `rules/` or `lists/` needs no second mention.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let mut code = String::new();
    for (name, folder, ending) in [("RULES", "rules", "yml"), ("LISTS", "lists", "toml"), ("FRAMEWORKS", "rules", "toml")] {
        println!("cargo::rerun-if-changed={folder}");
        let mut files: Vec<String> = fs::read_dir(Path::new(&root).join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|file| Path::new(file).extension().is_some_and(|found| found == ending))
            .collect();
        files.sort();
        let _ = writeln!(code, "pub(super) const {name}: &[(&str, &str)] = &[");
        for file in files {
            let _ = writeln!(code, "(\"built-in {folder}/{file}\", include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{folder}/{file}\"))),");
        }
        code.push_str("];\n");
    }
    let out = env::var("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&out).join("builtin.rs"), code).unwrap_or_else(|error| println!("cargo::error=cannot write the list of rules: {error}"));
}
