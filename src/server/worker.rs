//! A process that decodes for the server, one file after the other.
//!
//! What a hostile file does to it (no end, all memory, no stack left) it does to this process alone, which has its limits: its
//! memory from the system, its time from here. Who rests for a while goes, and everything that decoding took goes with it.

mod process;
mod wire;

pub use process::run;

use super::{
    heap, log,
    work::{Failed, Options},
};
use crate::error::{Code, Error};
use anyhow::Context;
use rustix::fd::{BorrowedFd, OwnedFd};
use serde::{Deserialize, Serialize};
use std::{
    io::ErrorKind,
    os::unix::{net::UnixStream, process::CommandExt},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The argument that makes this program such a process.
pub const COMMAND: &str = "worker";
/// Beside the metadata an answer has lists of words and warnings, and all of it may be escaped.
const LISTS: usize = 1024 * 1024;

/// So long a task may take to be sent: it is short.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is to be done with the open files that come with it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    pub job: Job,
    /// The number of the request.
    pub request: String,
    pub file_name: String,
    pub options: Options,
    pub time: Duration,
    /// Bytes of an answer.
    pub answer_size: usize,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Job {
    /// Of one file: its metadata are the bytes of the answer.
    Extract,
    /// Of the first file, into the second.
    Remove,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub enum Done {
    Extracted {
        warnings: Vec<String>,
    },
    Removed(Cleaned),
    /// The deadline has passed.
    Late,
    /// The disk is full.
    Full,
    /// By its [`Code`] and its message.
    Failed {
        code: String,
        message: String,
    },
    /// By no fault of the file; the log has it.
    Broken,
}

/// What a removal says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cleaned {
    pub mime: String,
    pub removed: Vec<String>,
    pub kept: Vec<String>,
    pub lost: Vec<String>,
    pub warnings: Vec<String>,
}

/// The place of such a process: it is started when there is work.
pub struct Worker {
    /// Bytes that it may take.
    memory: u64,
    process: Option<Process>,
}

struct Process {
    child: Child,
    socket: UnixStream,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(memory: u64) -> anyhow::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let mut command = Command::new(program()?);
        command.arg0("exifkit").args([COMMAND, &memory.to_string()]);
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null());
        // What a terminal sends to its group is for the server, which ends work in order.
        let child = heap::untuned(&mut command).process_group(0).spawn()?;
        Ok(Process { child, socket })
    }

    /// How it ended. One that says nothing more is about to; it is not waited for.
    fn end(mut self) -> String {
        let patience = Instant::now() + Duration::from_secs(1);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = self.child.kill();
        self.child.wait().map_or_else(|e| e.to_string(), |status| status.to_string())
    }

    /// The process, unless it has ended meanwhile.
    fn alive(mut self) -> Option<Self> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }
}

/// This very program, even when another version has been put in its place.
fn program() -> std::io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

impl Worker {
    pub fn new(memory: u64) -> Self {
        Worker { memory, process: None }
    }

    /// Gives back all that the process holds.
    pub fn rest(&mut self) {
        self.process = None;
    }

    /// Has a task done. The process that fails at it is ended.
    pub fn ask(&mut self, task: &Task, files: &[BorrowedFd<'_>]) -> Result<(Done, Vec<u8>), Failed> {
        let process = self.given(task, files)?;
        // It looks at its time itself. That it does not is seen from here.
        let end = Instant::now() + task.time + task.time / 4;
        let limit = task.answer_size.saturating_add(LISTS);
        match wire::receive::<Done>(&process.socket, limit, Some(end)) {
            Ok(Some(message)) => {
                self.process = Some(process);
                Ok((message.head, message.bytes))
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(Failed::Late),
            Ok(None) | Err(_) => {
                log::event("error", "ended", &format!("a process that decodes: {}", process.end()));
                Err(Failed::Ended { memory: self.memory })
            }
        }
    }

    /// A process that has the task. One that was started earlier may have ended since.
    fn given(&mut self, task: &Task, files: &[BorrowedFd<'_>]) -> anyhow::Result<Process> {
        if let Some(process) = self.process.take().and_then(Process::alive)
            && wire::send(&process.socket, task, &[], files).is_ok()
        {
            return Ok(process);
        }
        let process = Process::start(self.memory).context("a process that decodes")?;
        wire::send(&process.socket, task, &[], files).context("a process that decodes")?;
        Ok(process)
    }
}

impl Done {
    /// A failure of its own kind.
    pub fn failed(self) -> Failed {
        match self {
            Done::Late => Failed::Late,
            Done::Failed { code, message } => {
                Failed::Engine(Error::new(Code::parse(&code).unwrap_or(Code::ServerError), message))
            }
            _ => Failed::Broken,
        }
    }
}
