//! The side of the process that works: it takes tasks from its standard input, a socket, until that ends.

use super::{
    super::{
        log,
        work::{Failed, bounded},
    },
    Cleaned, Done, Job, Task, wire,
};
use crate::{
    api::Groups,
    commands,
    engine::{local, removal},
    error::{Code, Error},
    input::{Input, work_until},
};
use anyhow::Context;
use rustix::{
    fd::{AsFd, OwnedFd},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};
use std::{
    fs::File,
    io::{ErrorKind, Seek},
    os::unix::net::UnixStream,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

/// Bytes of a task: names and patterns, which the server has bounded.
const MAX_TASK: usize = 16 * 1024 * 1024;

/// Works for the server that started this process, with so many bytes of memory.
pub fn run(memory: u64) -> anyhow::Result<()> {
    // A signal to all is for the server: it ends work in order, and then this process.
    ctrlc::set_handler(|| {})?;
    let socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    limit(memory).context("the limits of a process that decodes")?;
    log::panics();
    while let Some(message) = wire::receive::<Task>(&socket, MAX_TASK, None).context("this command is the server's own")? {
        let request = message.head.request.clone();
        let (done, bytes) = log::working(request, || contained(&message.head, message.files));
        if wire::send(&socket, &done, &bytes, &[]).is_err() {
            // The server has gone.
            break;
        }
    }
    Ok(())
}

/// The system refuses what is beyond, which ends this process.
fn limit(memory: u64) -> anyhow::Result<()> {
    let at_most = |resource, bytes: u64| {
        // The system's own limit may be lower, and cannot be raised.
        let bytes = Some(getrlimit(resource).maximum.map_or(bytes, |hard| hard.min(bytes)));
        setrlimit(resource, Rlimit { current: bytes, maximum: bytes })
    };
    at_most(Resource::Data, memory)?;
    // A dump of memory would lie about with what was uploaded.
    at_most(Resource::Core, 0)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

fn contained(task: &Task, files: Vec<OwnedFd>) -> (Done, Vec<u8>) {
    let deadline = Instant::now() + task.time;
    work_until(Some(deadline));
    // A panic's hook has logged it.
    let result = catch_unwind(AssertUnwindSafe(|| work(task, files, deadline))).unwrap_or(Err(Failed::Broken));
    let done = match result {
        Ok(done) => return done,
        Err(Failed::Late) => Done::Late,
        // What was not read in time looks like damage.
        Err(Failed::Engine(e)) if e.code == Code::Damaged && Instant::now() > deadline => Done::Late,
        Err(Failed::Engine(e)) if e.io_kind() == Some(ErrorKind::StorageFull) => Done::Full,
        Err(Failed::Engine(e)) => Done::Failed { code: e.code.as_str().into(), message: e.to_string() },
        Err(Failed::Server(e)) => {
            log::event("error", "engine", &format!("{e:#}"));
            Done::Broken
        }
        Err(Failed::Broken | Failed::Ended { .. } | Failed::Refused(_)) => Done::Broken,
    };
    (done, Vec::new())
}

fn work(task: &Task, files: Vec<OwnedFd>, deadline: Instant) -> Result<(Done, Vec<u8>), Failed> {
    let mut files = files.into_iter().map(File::from);
    let mut next = || files.next().context("a task without its file");
    match task.job {
        Job::Extract => extract(task, next()?, deadline),
        Job::Remove => {
            let (input, output) = (next()?, next()?);
            // A list that does not fit is no answer.
            let done = remove(task, input, output)?;
            bounded(&done, task.answer_size)?;
            Ok((done, Vec::new()))
        }
    }
}

fn extract(task: &Task, file: File, deadline: Instant) -> Result<(Done, Vec<u8>), Failed> {
    let input = Input::from_file(file)?;
    let extraction = local::extract(&input)?;
    if Instant::now() > deadline {
        // Not half of it for the whole.
        return Err(Failed::Late);
    }
    let view = task.options.view();
    let groups = Groups::new(&view, &task.file_name, &input, &extraction);
    let done = Done::Extracted { warnings: commands::warnings(&extraction.metadata.warnings) };
    bounded(&done, task.answer_size)?;
    Ok((done, bounded(&groups, task.answer_size)?))
}

fn remove(task: &Task, input: File, mut output: File) -> Result<Done, Failed> {
    let selection = task.options.selection().map_err(|r| Error::new(r.code, r.detail.unwrap_or_default()))?;
    let input = Input::from_file(input)?;
    let prepared = removal::prepare(&input, &selection)?;
    prepared.write(&mut output)?;
    output.rewind().map_err(Error::from)?;
    prepared.verify(&Input::from_file(output)?)?;
    Ok(Done::Removed(Cleaned {
        mime: prepared.file_type.mime.into(),
        removed: prepared.removed(),
        kept: prepared.kept(),
        lost: commands::warnings(prepared.lost()),
        warnings: commands::warnings(prepared.warnings()),
    }))
}
