//! Before the crate is compiled: the table files are indexed, and C++ is linked statically.

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
    link_cpp(out);
}

/// The feature `xmp-toolkit` is C++, whose library is linked statically: as a shared one it adds over 2 ms to every start.
/// (What to do when there is no compiler says `.cargo/c++`.)
fn link_cpp(out: &Path) {
    let unix = env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|f| f == "unix");
    if env::var_os("CARGO_FEATURE_XMP_TOOLKIT").is_none() || !unix {
        return;
    }
    let compiler = env::var("CXX").unwrap_or_else(|_| "c++".into());
    // The wrapper before the compiler in `ccache c++` is no compiler.
    let compiler = compiler.split_whitespace().last().unwrap_or("c++");
    let Ok(answer) = Command::new(compiler).arg("-print-file-name=libstdc++.a").output() else { return };
    let library = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let library = Path::new(&library);
    // A folder of the search path that holds only the archive makes `-lstdc++` mean the archive. Where there is none
    // (macOS, or a system without it) the shared library does.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") && library.is_absolute() && library.is_file() {
        let link = out.join("libstdc++.a");
        let _ = std::fs::remove_file(&link);
        if std::os::unix::fs::symlink(library, &link).is_ok() {
            println!("cargo:rustc-link-search=native={}", out.display());
        }
    }
}
