//! Before the crate is compiled: the table files are indexed, and the compiler's libraries are linked statically.

use std::{env, path::Path, process::Command};

#[path = "src/tags/lines.rs"]
mod lines;
#[path = "build/sections.rs"]
mod sections;
#[path = "build/tables.rs"]
mod tables;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rerun-if-changed=src/tags");
    println!("cargo:rerun-if-env-changed=CXX");
    let out = env::var_os("OUT_DIR").expect("Cargo names the folder of what a build script makes");
    let out = Path::new(&out);
    tables::index(Path::new("src/tags"), out);
    link_statically(out);
}

/// The compiler's own libraries are linked statically, where their archives are: as shared ones they cost every start of the
/// program half a millisecond (libgcc) or over two (libstdc++, which the feature `xmp-toolkit` needs).
/// (What to do when there is no compiler says `.cargo/c++`.)
fn link_statically(out: &Path) {
    let gnu = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux")
        && env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|e| e == "gnu");
    if !gnu || env::var("HOST") != env::var("TARGET") {
        return;
    }
    // An archive under the name of a library, in a folder of its own that is searched first, is what `-l` finds.
    let mut archives = vec![("libgcc_eh.a", "libgcc_s.a")];
    if env::var_os("CARGO_FEATURE_XMP_TOOLKIT").is_some() {
        archives.push(("libstdc++.a", "libstdc++.a"));
    }
    let compiler = env::var("CXX").unwrap_or_else(|_| "c++".into());
    // The wrapper before the compiler in `ccache c++` is no compiler.
    let compiler = compiler.split_whitespace().last().unwrap_or("c++");
    for (archive, name) in archives {
        let Ok(answer) = Command::new(compiler).arg(format!("-print-file-name={archive}")).output() else { return };
        let path = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        let path = Path::new(&path);
        if !path.is_absolute() || !path.is_file() {
            continue;
        }
        let link = out.join(name);
        let _ = std::fs::remove_file(&link);
        if std::os::unix::fs::symlink(path, &link).is_ok() {
            println!("cargo:rustc-link-search=native={}", out.display());
        }
    }
}
