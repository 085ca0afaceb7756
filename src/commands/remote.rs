//! `extract` and `remove` by a service: the same inputs, targets and rows as on this machine, the answers as they came.

use super::{Name, Opener, extract, notes, remove, too_large, unspooled};
use crate::{
    batch::{Item, Report, Status, Work, sources::usage},
    cli::{self, Preset, When},
    engine::{
        foreign,
        place::{self, Place, Staged},
        remote::{Answer, Parameters, Service, Subject},
    },
    error::{Code, Error, Result},
    format,
    input::Input,
    net::{Upload, name::travels},
    output::{Format, Style},
    progress::Progress,
};
use serde_json::Value;
use std::{
    fs::{File, Metadata},
    path::Path,
    sync::Arc,
    time::Instant,
};
use tempfile::SpooledData;

/// Uploads at once unless the user says how many: the service's work, not this machine's cores, takes the time.
pub const JOBS: usize = 4;

/// The parameter that has the service pick tags.
const TAG: &str = "tag";
/// What our own service takes of it: so many patterns, of so many bytes.
const MAX_TAGS: usize = 32;
const MAX_TAG: usize = 128;

/// A cleaned file may be larger than the original by an eighth and this: another layout, a fresh block of what is kept.
const MARGIN: u64 = 64 * 1024;
/// Of a URL, whose original is not here, unless `--max-size` says so.
const LARGEST: u64 = 8 << 30;

/// Of a type that is only read here.
const UNCOMPARED: &str = "what the service made of it could not be compared with it: exifkit only reads this type";

/// Sends inputs.
struct Sender {
    service: Service,
    parameters: Parameters,
    /// When to show how far the one upload is; never for many.
    progress: When,
}

impl Sender {
    fn new(service: Service, parameters: Parameters, style: Style, running: &cli::Running) -> Self {
        let progress = if style.single && !running.quiet { running.progress } else { When::Never };
        Sender { service, parameters, progress }
    }

    /// What is to be sent, and its bytes as far as they are here.
    fn subject(&self, opener: &Opener, item: &Item, name: &Name) -> Result<(Subject, Option<Input>)> {
        if let Some(url) = item.url() {
            return Ok((Subject::Url(url.to_owned()), None));
        }
        let (upload, input) = match item.stdin() {
            true => match opener.stdin()? {
                SpooledData::InMemory(bytes) => {
                    let bytes = bytes.into_inner();
                    (Upload::from_bytes(&name.file_name, bytes.clone()), Input::from_bytes(bytes))
                }
                SpooledData::OnDisk(file) => (of_file(name, &file)?, unspooled(SpooledData::OnDisk(file))?),
            },
            false => {
                let file = opener.file(item)?;
                (of_file(name, &file)?, Input::from_file(file)?)
            }
        };
        opener.fits(upload.len())?;
        Ok((Subject::File(upload), Some(input)))
    }

    /// Asks, with a bar as long as it takes.
    fn asked(
        &self,
        mut subject: Subject,
        name: &Name,
        ask: impl FnOnce(&Service, &Subject, &Parameters) -> Result<Answer>,
    ) -> Result<Answer> {
        let mut bar = Progress::none();
        if let Subject::File(upload) = &mut subject {
            bar = Progress::bytes(self.progress, upload.len());
            let watcher = bar.clone();
            upload.watch = Some(Arc::new(move |sent| watcher.set(sent)));
        }
        let answer = ask(&self.service, &subject, &self.parameters);
        bar.finish();
        let mut answer = answer?;
        if matches!(subject, Subject::File(_)) && !travels(&name.file_name) {
            answer.rename(&name.file_name)?;
        }
        Ok(answer)
    }

    fn sends(&self, parameter: &str) -> bool {
        self.parameters.iter().any(|(name, _)| *name == parameter)
    }
}

fn of_file(name: &Name, file: &File) -> Result<Upload> {
    Ok(Upload::from_file(&name.file_name, file.try_clone()?)?)
}

/// Met in a directory, and of no type that we know: not even sent.
fn of_no_interest(item: &Item, input: Option<&Input>) -> bool {
    item.met() && input.is_some_and(|input| format::detect(input).is_none())
}

/// The API has one code for all that cannot be cleaned; whether a type is known at all is seen here.
fn refined(error: Error, input: Option<&Input>) -> Error {
    match error.code {
        Code::UnsupportedFormat if input.is_some_and(|input| format::detect(input).is_none()) => {
            Error::new(Code::UnknownFormat, error.to_string())
        }
        _ => error,
    }
}

/// `extract`.
pub struct Extractor {
    sender: Sender,
    here: extract::Extractor,
    quiet: bool,
}

impl Extractor {
    pub fn new(args: &cli::Extract, service: Service, here: extract::Extractor) -> Result<Self> {
        if args.shown.binary {
            return Err(usage("--binary works on this machine only: the API has no binary values"));
        }
        let mut parameters = Parameters::new();
        if args.shown.family != 0 {
            parameters.push(("family", args.shown.family.to_string()));
        }
        if args.shown.numeric {
            parameters.push(("n", "true".into()));
        }
        // Whoever reads the file knows both names of a group; we see one of them in the answer. Of more patterns than our own
        // service takes none is sent: by the names in the answer is better than not at all.
        let tags = &args.shown.tag;
        if tags.len() <= MAX_TAGS && tags.iter().all(|pattern| pattern.len() <= MAX_TAG) {
            parameters.extend(tags.iter().map(|pattern| (TAG, pattern.clone())));
        }
        Ok(Extractor { sender: Sender::new(service, parameters, here.style, &args.running), here, quiet: args.running.quiet })
    }

    /// Only the tags that were asked for. A service that does not pick them itself: by the names that it gives them.
    fn filter(&self, answer: &mut Answer) -> Result<()> {
        let view = &self.here.view;
        if view.patterns.is_empty() || (self.sender.sends(TAG) && answer.honours(TAG)) {
            return Ok(());
        }
        answer.retain(|group, tag| view.shows_name(group, tag))
    }

    /// Of a URL the size is known when the service tells it.
    fn fits(&self, answer: &Answer) -> Result<()> {
        let size = answer.metadata().get("File").and_then(|file| file.get("Size"));
        let size = size.and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
        size.map_or(Ok(()), |size| self.here.opener.fits(size))
    }

    fn row(&self, name: &Name, answer: &mut Answer, row: &mut Vec<u8>) {
        let style = &self.here.style;
        match style.format {
            Format::Table | Format::Csv => extract::values(&name.source, answer.metadata(), style, row),
            _ => json(style, name, answer, row),
        }
    }
}

impl Work for Extractor {
    fn work(&self, item: &Item, row: &mut Vec<u8>) -> Result<Report> {
        let name = self.here.opener.name(item);
        let (subject, input) = self.sender.subject(&self.here.opener, item, &name)?;
        if of_no_interest(item, input.as_ref()) {
            self.here.skip(&name, row);
            return Ok(Report::default());
        }
        let mut answer = self.sender.asked(subject, &name, Service::extract)?;
        if input.is_none() {
            self.fits(&answer)?;
        }
        let mut said = warnings(&answer, &name, self.here.verbose);
        let unknown = self.sender.parameters.iter().filter(|(p, _)| *p != TAG && !answer.honours(p));
        for (parameter, _) in unknown.filter(|_| !self.quiet) {
            said.push(format!("{}: the service does not know {}; this is what came", name.source, flag(parameter)));
        }
        self.filter(&mut answer)?;
        self.row(&name, &mut answer, row);
        Ok(Report { status: Status::DONE, notes: said })
    }

    fn fail(&self, item: &Item, error: &Error, row: &mut Vec<u8>) -> Report {
        self.here.fail(item, error, row)
    }
}

/// `remove`: the service cleans, the result is fetched and put where it would have been put on this machine.
pub struct Remover {
    sender: Sender,
    here: remove::Remover,
}

impl Remover {
    pub fn new(args: &cli::Remove, service: Service, here: remove::Remover) -> Self {
        let mut parameters = Parameters::new();
        if !args.kept.keep.is_empty() {
            parameters.push(("keep", args.kept.keep.join(",")));
        }
        if args.kept.preset == Preset::Strict {
            parameters.push(("preset", "strict".into()));
        }
        Remover { sender: Sender::new(service, parameters, here.style, &args.running), here }
    }

    /// Fetches the cleaned file, proves it, and puts it in its place; what is to be said about it.
    fn write(
        &self,
        answer: &mut Answer,
        input: Option<&Input>,
        original: Option<Metadata>,
        target: &Path,
    ) -> Result<Vec<String>> {
        let mut staged = Staged::new(&self.here.place, original, target, self.here.rules)?;
        let same = self.fetch(answer, input, staged.file()?)?;
        if same && matches!(self.here.place, Place::InPlace { .. }) {
            return Ok(Vec::new());
        }
        place::free(&self.here.place, target, self.here.rules)?;
        staged.commit()
    }

    /// Fetches the cleaned file, and proves of it what can be proved here. Is it the original, byte by byte?
    fn fetch(&self, answer: &mut Answer, input: Option<&Input>, file: &mut File) -> Result<bool> {
        let limit = match input {
            Some(input) => input.len() + input.len() / 8 + MARGIN,
            None => self.here.opener.max_size.unwrap_or(LARGEST),
        };
        self.sender.service.download(answer, limit, file).map_err(|e| match (e.code, input) {
            (Code::TooLarge, Some(_)) => {
                let text =
                    format!("what the service sent as the cleaned file is larger than {limit} bytes, too large for a copy");
                Error::new(Code::VerificationFailed, text)
            }
            (Code::TooLarge, None) => too_large(limit),
            _ => e,
        })?;
        let output = Input::from_file(file.try_clone()?)?;
        let deadline = Instant::now() + remove::PATIENCE;
        input.into_iter().chain([&output]).for_each(|input| input.set_deadline(deadline));
        let compared = foreign::verify(input, &output, &self.here.selection)?;
        let Some(input) = input else { return Ok(false) };
        // Whatever the service says of itself: this is what was done with what has come.
        answer.set("verified", compared.into());
        same(input, &output)
    }
}

fn same(one: &Input, other: &Input) -> Result<bool> {
    if one.len() != other.len() {
        return Ok(false);
    }
    let (mut at, mut same) = (0, true);
    one.windows(0..one.len(), |window| {
        same = same && other.bytes(at, window.len() as u64)?.as_ref() == window;
        at += window.len() as u64;
        Ok(())
    })?;
    Ok(same)
}

impl Work for Remover {
    const LASTS: bool = true;

    fn work(&self, item: &Item, row: &mut Vec<u8>) -> Result<Report> {
        let here = &self.here;
        let name = here.opener.name(item);
        let target = here.target(item);
        // In place nothing is in the way of a file that is clean already.
        if let Some(target) = target.as_ref().filter(|_| !matches!(here.place, Place::InPlace { .. })) {
            place::free(&here.place, target, here.rules)?;
        }
        let original = remove::original(item)?;
        let (subject, input) = self.sender.subject(&here.opener, item, &name)?;
        if of_no_interest(item, input.as_ref()) {
            here.skip(&name, Code::UnknownFormat, row);
            return Ok(Report::default());
        }
        let asked = self.sender.asked(subject, &name, Service::remove);
        let mut answer = asked.map_err(|e| refined(e, input.as_ref()))?;
        let mut said = warnings(&answer, &name, here.verbose);
        said.extend(list(&answer, "lost").iter().map(|w| format!("{}: {w}", name.source)));
        match &target {
            _ if here.dry_run => {
                answer.set("status", remove::DRY_RUN.into());
                answer.take("downloadUrl");
                // Of what is written, which is nothing.
                if answer.fields().contains_key("verified") {
                    answer.set("verified", false.into());
                }
            }
            Some(target) => {
                let news = self.write(&mut answer, input.as_ref(), original, target)?;
                said.extend(news.iter().map(|w| format!("{}: {w}", name.source)));
            }
            None => {
                let mut file = tempfile::tempfile()?;
                self.fetch(&mut answer, input.as_ref(), &mut file)?;
                remove::copy_to_stdout(&mut file)?;
            }
        }
        if !here.dry_run && input.is_some() && answer.fields().get("verified") == Some(&Value::Bool(false)) {
            said.push(format!("{}: {UNCOMPARED}", name.source));
        }
        match here.style.format {
            Format::Table | Format::Csv => here.columns(&name, &done(&answer, target), row),
            _ if here.place == Place::Stdout && !here.dry_run => {}
            _ => json(&here.style, &name, &mut answer, row),
        }
        Ok(Report { status: Status::DONE, notes: said })
    }

    fn fail(&self, item: &Item, error: &Error, row: &mut Vec<u8>) -> Report {
        self.here.fail(item, error, row)
    }
}

fn done(answer: &Answer, target: Option<std::path::PathBuf>) -> remove::Done {
    let (removed, kept) = (list(answer, "removed"), list(answer, "kept"));
    let (lost, warnings) = (list(answer, "lost"), list(answer, "warnings"));
    remove::Done { removed, kept, lost, warnings, target, verified: false }
}

/// A list of strings.
fn list(answer: &Answer, name: &str) -> Vec<String> {
    let elements = answer.fields().get(name).and_then(Value::as_array).into_iter().flatten();
    elements.filter_map(|e| Some(e.as_str()?.to_owned())).collect()
}

fn warnings(answer: &Answer, name: &Name, verbose: bool) -> Vec<String> {
    notes(&name.source, &list(answer, "warnings"), verbose)
}

/// The service's JSON as it came, and which operand it is of.
fn json(style: &Style, name: &Name, answer: &mut Answer, row: &mut Vec<u8>) {
    if let Some(source) = style.source(&name.source) {
        answer.set("source", source.into());
    }
    style.raw(answer.text(), answer.fields(), row);
}

/// The flag that a query parameter stands for.
fn flag(parameter: &str) -> String {
    if parameter == "n" { "--numeric".into() } else { format!("--{parameter}") }
}
