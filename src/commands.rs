//! The commands: each opens inputs, asks the engine, hands the answers to output.

mod check;
mod extract;
mod get;
mod network;
mod remote;
pub(crate) mod remove;
mod serve;

use crate::{
    api::Failure,
    batch::{self, Item, Origin, Outcome, Ready, Report, Status, Work},
    cli::{self, Cli, Command},
    error::{Code, Error, Result},
    input::{Input, work_until},
    interrupt,
    metadata::Warning,
    output::{self, Format, Rows, Style, csv, github, table},
    progress::Progress,
    server,
};
use network::Network;
use std::{
    fs::File,
    io::{ErrorKind, Read, Seek},
    num::NonZero,
    time::{Duration, Instant},
};
use tempfile::SpooledData;

/// Bytes of stdin that are held in memory; what is more goes to an unnamed temporary file.
const HELD: usize = 16 * 1024 * 1024;
/// Bytes of stdin that are taken at all unless `--max-size` says so.
const MAX_STDIN: u64 = 8 << 30;

/// Runs the command. An error is wrong usage, or concerns no single input.
pub fn run(cli: Cli) -> anyhow::Result<Status> {
    match cli.command {
        Command::Extract(args) => Ok(extract::run(&args)?),
        Command::Get(args) => Ok(get::run(&args)?),
        Command::Remove(args) => Ok(remove::run(&args)?),
        Command::Check(args) => Ok(check::run(&args)?),
        Command::Serve(args) => serve::run(&args),
        Command::Worker { memory } => {
            server::worker::run(memory)?;
            Ok(Status::DONE)
        }
    }
}

/// The exit status of a command that came to nothing.
pub fn status_of(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<Error>().map_or(Status::FAILED.0, |e| e.code.exit_status())
}

/// How a command runs, and where its answers go.
struct Session {
    style: Style,
    options: batch::Options,
    progress: Progress,
    rows: Rows,
    verbose: bool,
    exit_zero: bool,
}

impl Session {
    /// On this machine: as many inputs at once as it has cores.
    fn new(inputs: &cli::Inputs, running: &cli::Running, format: Option<Format>) -> Self {
        Self::with_jobs(inputs, running, format, || std::thread::available_parallelism().map_or(1, NonZero::get))
    }

    /// So many at once, unless the user says how many.
    fn with_jobs(inputs: &cli::Inputs, running: &cli::Running, format: Option<Format>, jobs: impl Fn() -> usize) -> Self {
        let single = single(inputs);
        let style = Style::new(format, single, running.color);
        let header = match style.format {
            Format::Csv => csv::TAGS,
            _ => "",
        };
        let jobs = if single { 1 } else { running.jobs.map_or_else(jobs, usize::from) };
        let files_only =
            inputs.files_from.is_none() && inputs.operands.len() < jobs && !inputs.operands.iter().any(|o| o.is_dir());
        let jobs = if files_only { inputs.operands.len().max(1) } else { jobs };
        Session {
            style,
            options: batch::Options { jobs, fail_fast: running.fail_fast, quiet: running.quiet },
            progress: if single || running.quiet { Progress::none() } else { Progress::new(running.progress, inputs) },
            rows: Rows::new(style, header),
            verbose: running.verbose,
            exit_zero: running.exit_zero,
        }
    }

    /// Columns of this command's own.
    fn header(&mut self, header: &'static str) {
        self.rows = Rows::new(self.style, header);
    }

    /// Works on every input.
    fn run<W>(mut self, inputs: W, work: &impl Work) -> Result<Status>
    where
        W: Iterator<Item = Item> + Ready + Send + 'static,
    {
        let start = Instant::now();
        if !self.style.single {
            interrupt::install();
        }
        let outcome = batch::run(inputs, &self.options, &self.progress, &mut self.rows, work);
        self.progress.finish();
        if self.verbose {
            let (inputs, failed, seconds) = (outcome.inputs, outcome.failed, start.elapsed().as_secs_f64());
            output::message(&format!("{inputs} inputs, {failed} failed, {seconds:.2} s"));
        }
        self.status(outcome)
    }

    fn status(&self, outcome: Outcome) -> Result<Status> {
        if let Some(e) = outcome.unwritten.filter(|e| e.kind() != ErrorKind::BrokenPipe) {
            if e.get_ref().is_some_and(|e| e.is::<batch::NoThread>()) {
                return Err(Error::new(Code::Unreadable, e.to_string()));
            }
            return Err(Error::new(Code::Unreadable, format!("the answer cannot be written to stdout: {e}")));
        }
        let pardoned = self.exit_zero && [1, 3].contains(&outcome.status.0);
        Ok(if pardoned { Status::DONE } else { outcome.status })
    }
}

/// Does the command line name one explicit input? Not how many there are, but how they were asked for counts.
fn single(inputs: &cli::Inputs) -> bool {
    inputs.files_from.is_none() && inputs.operands.len() == 1 && !inputs.operands[0].is_dir()
}

/// The file of an item, as the user names it.
struct Name {
    source: String,
    file_name: String,
}

impl Name {
    fn of(item: &Item, stdin_name: Option<&str>) -> Self {
        let source = item.shown().into_owned();
        let file_name = match (&item.origin, stdin_name) {
            (Origin::Stdin, name) => name.unwrap_or("stdin").to_string(),
            (Origin::Url, _) => crate::net::name::of_url(&source),
            _ => item.path.file_name().map_or_else(|| source.clone(), |n| n.to_string_lossy().into_owned()),
        };
        Name { source, file_name }
    }
}

/// How inputs are opened.
struct Opener {
    max_size: Option<u64>,
    stdin_name: Option<String>,
    /// Reading one file may take so long.
    patience: Duration,
    network: Network,
}

impl Opener {
    fn new(inputs: &cli::Inputs, network: &cli::Network, patience: Duration) -> Self {
        let network = Network::new(network);
        Opener { max_size: inputs.max_size, stdin_name: inputs.stdin_name.clone(), patience, network }
    }

    fn name(&self, item: &Item) -> Name {
        Name::of(item, self.stdin_name.as_deref())
    }

    /// Opens the input; what is read of it and out of it from now on has its time. One behind a URL may bring a name of its own.
    fn open(&self, item: &Item, name: &mut Name) -> Result<Input> {
        work_until(None);
        let input = match item.url() {
            Some(url) => {
                let (input, given) = self.network.open(url, self.max_size)?;
                name.file_name = given.unwrap_or_else(|| std::mem::take(&mut name.file_name));
                input
            }
            None if item.stdin() => unspooled(self.stdin()?)?,
            None => Input::from_file(self.file(item)?)?,
        };
        self.fits(input.len())?;
        let deadline = Instant::now() + self.patience;
        input.set_deadline(deadline);
        work_until(Some(deadline));
        Ok(input)
    }

    /// Is an input of that size taken?
    fn fits(&self, len: u64) -> Result<()> {
        self.max_size.filter(|max| len > *max).map_or(Ok(()), |max| Err(too_large(max)))
    }

    fn file(&self, item: &Item) -> Result<File> {
        if item.regular { Ok(File::open(&item.path)?) } else { crate::input::open_regular(&item.path) }
    }

    fn stdin(&self) -> Result<SpooledData> {
        let max = self.max_size.unwrap_or(MAX_STDIN);
        let mut spool = tempfile::SpooledTempFile::new(HELD);
        let read = std::io::copy(&mut std::io::stdin().lock().take(max.saturating_add(1)), &mut spool)?;
        if read > max {
            return Err(too_large(max));
        }
        spool.rewind()?;
        Ok(spool.into_inner())
    }
}

/// An input of bytes that came in one go.
fn unspooled(spool: SpooledData) -> Result<Input> {
    match spool {
        SpooledData::InMemory(bytes) => Ok(Input::from_bytes(bytes.into_inner())),
        SpooledData::OnDisk(file) => Input::from_file(file),
    }
}

fn too_large(max: u64) -> Error {
    Error::new(Code::TooLarge, format!("larger than {max} bytes; --max-size sets the limit"))
}

pub(crate) fn warnings(found: &[Warning]) -> Vec<String> {
    found.iter().map(|w| if w.place.is_empty() { w.text.to_string() } else { format!("{}: {}", w.place, w.text) }).collect()
}

/// Messages about warnings, for `--verbose`.
fn notes(source: &str, warnings: &[String], verbose: bool) -> Vec<String> {
    if verbose { warnings.iter().map(|w| format!("{source}: {w}")).collect() } else { Vec::new() }
}

/// Adds the row of a failure in any format but CSV, whose columns differ from command to command.
fn failure(style: &Style, name: &Name, error: &Error, row: &mut Vec<u8>) -> Report {
    match style.format {
        Format::Json | Format::Jsonl => style.json(&Failure::new(error, &name.file_name, &name.source), row),
        Format::Table => table::failure(&name.source, &error.to_string(), style, row),
        Format::Github => github::error(&name.source, "exifkit", &error.to_string(), row),
        Format::Csv => csv::line([&name.source, "", "error", &error.to_string()], style.terminal, row),
    }
    let status = match error.code.exit_status() {
        // One input of many is never the fault of the command line.
        2 => Status::FAILED,
        status => Status(status),
    };
    Report { status, notes: vec![format!("{}: {error}{}", name.source, way_out(error.code))] }
}

/// What one can do about it.
fn way_out(code: Code) -> &'static str {
    match code {
        Code::TargetExists => " (--force overwrites)",
        Code::UnsupportedFormat => " (exifkit itself cleans JPEG, PNG, WebP and GIF so far)",
        Code::Encrypted => " (decrypt it first)",
        Code::InvalidKey => " (--key-file or EXIFKIT_KEY give the key)",
        _ => "",
    }
}
