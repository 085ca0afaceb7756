//! Many inputs: parallel work, one answer each, in input order, in bounded memory.

pub mod sources;

pub use sources::{Item, Origin, Sources};

use crate::{
    error::{Error, Result},
    interrupt,
    output::Rows,
    progress::Progress,
};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::{
    cell::Cell,
    collections::BTreeMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Answers per worker that may wait for an earlier one, and of all workers together.
const AHEAD: usize = 32;
const MAX_AHEAD: usize = 512;
/// Answers wait at most so long for others before they are written.
const PATIENCE: Duration = Duration::from_millis(50);
/// Stack of a worker: decoders nest.
const STACK: usize = 8 * 1024 * 1024;

/// An exit status of the process; of two the graver counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status(pub u8);

impl Status {
    pub const DONE: Status = Status(0);
    pub const FOUND: Status = Status(1);
    pub const FAILED: Status = Status(3);

    /// Gravity of the documented statuses: 2, 130, 5, 4, 3, 1.
    fn gravity(self) -> u8 {
        [1, 3, 4, 5, 130, 2].iter().position(|s| *s == self.0).map_or(0, |i| i as u8 + 1)
    }

    #[must_use]
    pub fn and(self, other: Status) -> Status {
        if other.gravity() > self.gravity() { other } else { self }
    }
}

/// What came of one input, beside its row.
#[derive(Debug, Default)]
pub struct Report {
    pub status: Status,
    /// Messages for stderr.
    pub notes: Vec<String>,
}

/// What is done with every input.
pub trait Work: Sync {
    /// It is done for more than its rows, and goes on when nobody reads them any more.
    const LASTS: bool = false;
    /// Does it, and adds the row of the answer.
    fn work(&self, item: &Item, row: &mut Vec<u8>) -> Result<Report>;
    /// Adds the row of a failure.
    fn fail(&self, item: &Item, error: &Error, row: &mut Vec<u8>) -> Report;
}

/// How a batch runs.
#[derive(Debug)]
pub struct Options {
    pub jobs: usize,
    pub fail_fast: bool,
    pub quiet: bool,
}

/// What came of a batch.
#[derive(Debug, Default)]
pub struct Outcome {
    pub status: Status,
    pub inputs: usize,
    pub failed: usize,
    /// Why the answers could not be written any more.
    pub unwritten: Option<io::Error>,
}

/// Works on every input.
pub fn run<W>(inputs: W, options: &Options, progress: &Progress, rows: &mut Rows, work: &impl Work) -> Outcome
where
    W: Iterator<Item = Item> + Ready + Send + 'static,
{
    std::panic::set_hook(Box::new(|panic| BUG.set(panic.to_string().replace('\n', " "))));
    let (outcome, flushed) = (Outcome::default(), Instant::now());
    let mut printer = Printer { options, progress, rows, outcome, flushed, lasts: work_lasts(work) };
    let result = if options.jobs <= 1 { alone(inputs, &mut printer, work) } else { together(inputs, &mut printer, work) };
    let result = result.and_then(|()| printer.finish());
    let mut outcome = printer.outcome;
    if interrupt::requested() {
        outcome.status = outcome.status.and(Status(interrupt::STATUS));
    }
    outcome.unwritten = result.err();
    outcome
}

fn work_lasts<W: Work>(_: &W) -> bool {
    W::LASTS
}

/// Knows whether the next one comes without waiting.
pub trait Ready {
    fn ready(&self) -> bool;
}

impl Ready for Sources {
    fn ready(&self) -> bool {
        Sources::ready(self)
    }
}

impl Ready for std::vec::IntoIter<Item> {
    fn ready(&self) -> bool {
        true
    }
}

struct Printer<'a> {
    options: &'a Options,
    progress: &'a Progress,
    rows: &'a mut Rows,
    outcome: Outcome,
    flushed: Instant,
    /// See [`Work::LASTS`].
    lasts: bool,
}

impl Printer<'_> {
    /// Prints an answer. Says whether to go on.
    fn print(&mut self, row: &[u8], report: Report) -> io::Result<bool> {
        self.outcome.inputs += 1;
        let failed = ![0, 1].contains(&report.status.0);
        self.outcome.failed += usize::from(failed);
        self.outcome.status = self.outcome.status.and(report.status);
        if !self.options.quiet && !report.notes.is_empty() {
            self.flush()?;
            self.progress.suspend(|| report.notes.iter().for_each(|note| crate::output::message(note)));
        }
        let written = self.rows.row(row);
        self.unread(written)?;
        self.progress.step();
        if self.flushed.elapsed() > PATIENCE {
            self.flush()?;
        }
        Ok(!(failed && self.options.fail_fast))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        let rows = &mut self.rows;
        let written = self.progress.suspend(|| rows.flush());
        self.unread(written)
    }

    fn finish(&mut self) -> io::Result<()> {
        let written = self.rows.finish();
        self.unread(written)
    }

    /// Rows that nobody reads any more are no reason to end work that is done for more than them.
    fn unread(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(e) if self.lasts && e.kind() == io::ErrorKind::BrokenPipe => {
                self.rows.discard();
                Ok(())
            }
            written => written,
        }
    }
}

/// One after the other, in this thread.
fn alone(mut inputs: impl Iterator<Item = Item> + Ready, printer: &mut Printer, work: &impl Work) -> io::Result<()> {
    let mut row = Vec::new();
    loop {
        if !inputs.ready() {
            printer.flush()?;
        }
        let Some(mut item) = inputs.next().filter(|_| !interrupt::requested()) else { return Ok(()) };
        row.clear();
        let report = guarded(work, &mut item, &mut row);
        if !printer.print(&row, report)? {
            return Ok(());
        }
    }
}

type Answer = (usize, Vec<u8>, Report);

/// Not a single thread could be started.
#[derive(Debug)]
pub struct NoThread(io::Error);

impl std::fmt::Display for NoThread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a thread cannot be started (-j1 needs none): {}", self.0)
    }
}

impl std::error::Error for NoThread {}

fn no_thread(e: io::Error) -> io::Error {
    io::Error::other(NoThread(e))
}

/// In several threads. A thread of its own finds the inputs and is at most `AHEAD` answers per worker ahead of the printer.
fn together<W>(inputs: W, printer: &mut Printer, work: &impl Work) -> io::Result<()>
where
    W: Iterator<Item = Item> + Send + 'static,
{
    let workers = printer.options.jobs;
    let ahead = (workers * AHEAD).min(workers.max(MAX_AHEAD));
    let (tickets, returned) = bounded::<()>(ahead);
    // A worker ends at `None`: the finder may be stuck in reading stdin when the printer wants to stop.
    let (jobs, todo) = bounded::<Option<(usize, Item)>>(ahead + workers);
    let (answers, done) = bounded::<Answer>(ahead);
    let stop = Arc::new(AtomicBool::new(false));

    let finder = (jobs.clone(), Arc::clone(&stop));
    let find = move || find(inputs, &tickets, &finder.0, &finder.1, workers);
    thread::Builder::new().spawn(find).map_err(no_thread)?;
    thread::scope(|scope| {
        for begun in 0..workers {
            let (todo, answers, stop) = (todo.clone(), answers.clone(), Arc::clone(&stop));
            let worker = thread::Builder::new().stack_size(STACK);
            match worker.spawn_scoped(scope, move || work_off(&todo, &answers, &stop, work)) {
                // Fewer do it, too.
                Err(_) if begun > 0 => break,
                worker => drop(worker.map_err(no_thread)?),
            }
        }
        drop((todo, answers));
        let mut waiting = BTreeMap::new();
        let result = print_in_order(&done, &returned, &stop, &mut waiting, printer);
        stop.store(true, Ordering::Relaxed);
        drop(returned);
        for _ in 0..workers {
            let _ = jobs.send(None);
        }
        // Files in hand are done, and said, even when the rest is not wanted any more.
        waiting.extend(done.iter().map(|(index, row, report)| (index, (row, report))));
        result?;
        waiting.into_values().try_for_each(|(row, report)| printer.print(&row, report).map(drop))
    })
}

fn find(
    inputs: impl Iterator<Item = Item>,
    tickets: &Sender<()>,
    jobs: &Sender<Option<(usize, Item)>>,
    stop: &AtomicBool,
    workers: usize,
) {
    for job in inputs.enumerate() {
        if tickets.send(()).is_err() || stop.load(Ordering::Relaxed) || jobs.send(Some(job)).is_err() {
            break;
        }
    }
    for _ in 0..workers {
        let _ = jobs.send(None);
    }
}

fn work_off(todo: &Receiver<Option<(usize, Item)>>, answers: &Sender<Answer>, stop: &AtomicBool, work: &impl Work) {
    while let Ok(Some((index, mut item))) = todo.recv() {
        if stop.load(Ordering::Relaxed) {
            continue;
        }
        let mut row = Vec::new();
        let report = guarded(work, &mut item, &mut row);
        if answers.send((index, row, report)).is_err() {
            return;
        }
    }
}

/// Prints answers in input order until there are no more, or no more are wanted. What came too early then is left in `waiting`.
fn print_in_order(
    done: &Receiver<Answer>,
    returned: &Receiver<()>,
    stop: &AtomicBool,
    waiting: &mut BTreeMap<usize, (Vec<u8>, Report)>,
    printer: &mut Printer,
) -> io::Result<()> {
    let mut next = 0;
    loop {
        if done.is_empty() {
            printer.flush()?;
        }
        match done.recv_timeout(Duration::from_millis(100)) {
            Ok((index, row, report)) => waiting.insert(index, (row, report)),
            Err(RecvTimeoutError::Timeout) if interrupt::requested() => break,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        while let Some((row, report)) = waiting.remove(&next) {
            next += 1;
            let _ = returned.recv();
            if !printer.print(&row, report)? {
                stop.store(true, Ordering::Relaxed);
                return Ok(());
            }
        }
        if interrupt::requested() {
            break;
        }
    }
    Ok(())
}

thread_local! {
    /// Message of the last panic in this thread.
    static BUG: Cell<String> = const { Cell::new(String::new()) };
}

/// A bug in one file's way must not end the batch.
fn guarded(work: &impl Work, item: &mut Item, row: &mut Vec<u8>) -> Report {
    let result = match item.problem.take() {
        Some(problem) => Err(problem),
        None => catch_unwind(AssertUnwindSafe(|| work.work(item, row))).unwrap_or_else(|_| {
            Err(Error::damaged(format!("exifkit itself failed on this file; please report it with this text: {}", BUG.take())))
        }),
    };
    result.unwrap_or_else(|error| {
        row.clear();
        work.fail(item, &error, row)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_status_counts() {
        let order = [0, 1, 3, 4, 5, 130, 2];
        for (i, a) in order.iter().enumerate() {
            for b in &order[..=i] {
                assert_eq!(Status(*a).and(Status(*b)), Status(*a));
                assert_eq!(Status(*b).and(Status(*a)), Status(*a));
            }
        }
    }
}
