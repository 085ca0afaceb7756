//! The feature `xmp-toolkit` is C++, whose library is linked statically: as a shared one it adds over 2 ms to every start.
//! (What to do when there is no compiler says `.cargo/c++`.)

use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CXX");
    let unix = env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|f| f == "unix");
    if env::var_os("CARGO_FEATURE_XMP_TOOLKIT").is_none() || !unix {
        return;
    }
    let compiler = env::var("CXX").unwrap_or_else(|_| "c++".into());
    // The wrapper before the compiler in `ccache c++` is no compiler.
    let compiler = compiler.split_whitespace().last().unwrap_or("c++");
    let Ok(answer) = Command::new(compiler).arg("-print-file-name=libstdc++.a").output() else { return };
    let library = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let (library, Some(out)) = (Path::new(&library), env::var_os("OUT_DIR")) else { return };
    // A folder of the search path that holds only the archive makes `-lstdc++` mean the archive. Where there is none
    // (macOS, or a system without it) the shared library does.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") && library.is_absolute() && library.is_file() {
        let link = Path::new(&out).join("libstdc++.a");
        let _ = std::fs::remove_file(&link);
        if std::os::unix::fs::symlink(library, &link).is_ok() {
            println!("cargo:rustc-link-search=native={}", Path::new(&out).display());
        }
    }
}
