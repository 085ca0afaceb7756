//! The built program, from argv to exit status.

mod batch;
mod check;
mod extract;
mod generated;
mod remove;
mod store;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A folder of its own to run the program in; it goes with the test.
pub struct Folder(tempfile::TempDir);

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    pub status: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, folders on the way included.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Names of all files, sorted, relative.
    pub fn files(&self) -> Vec<String> {
        let files = walkdir::WalkDir::new(self.0.path()).into_iter().map(Result::unwrap).filter(|e| !e.file_type().is_dir());
        let mut names: Vec<String> = files
            .map(|e| e.path().strip_prefix(self.0.path()).unwrap().display().to_string())
            .filter(|n| !n.starts_with("store/"))
            .collect();
        names.sort();
        names
    }

    /// The program, in this folder, with a store of its own.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exifkit"));
        command.args(args).current_dir(self.0.path()).env("EXIFKIT_STORE_DIR", self.path("store"));
        command.env_remove("EXIFKIT_NO_STORE").env_remove("EXIFKIT_API_URL").env_remove("EXIFKIT_KEY");
        command.env("NO_PROXY", "*");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        let output = self.command(args).output().unwrap();
        Run { status: output.status.code(), stdout: output.stdout, stderr: String::from_utf8_lossy(&output.stderr).into() }
    }

    pub fn run_with_stdin(&self, args: &[&str], stdin: &[u8]) -> Run {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // The program may not want it all.
            scope.spawn(move || drop(pipe.write_all(stdin)));
            let output = child.wait_with_output().unwrap();
            Run { status: output.status.code(), stdout: output.stdout, stderr: String::from_utf8_lossy(&output.stderr).into() }
        })
    }
}

impl Run {
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "stdout: {}\nstderr: {}", self.text(), self.stderr);
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into()
    }

    /// The one object on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.text(), self.stderr))
    }

    /// The objects on the lines of stdout.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }
}

/// Names of an object's fields, in order.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A file of `tests/golden`.
pub fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Sends a signal, without the program `kill`, which is not everywhere.
#[track_caller]
pub fn signal(process: u32, signal: Signal) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw).unwrap();
    kill_process(process, signal).unwrap();
}
