//! `exifkit extract`: metadata as JSON.

use super::{Name, Opener, Session, failure, network, notes, remote, warnings};
use crate::{
    api::{COMPLETED, Extracted, Groups, Skipped, View, groups::Shown, view::Pattern},
    batch::{Item, Report, Sources, Status, Work},
    cli::{self, ExtractFormat},
    engine::local::{self, Extraction},
    error::{Code, Error, Result},
    output::{self, Format, Style, csv, table},
    store::Store,
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Reading one file may take so long.
const PATIENCE: Duration = Duration::from_secs(60);

impl From<ExtractFormat> for Format {
    fn from(format: ExtractFormat) -> Self {
        match format {
            ExtractFormat::Json => Format::Json,
            ExtractFormat::Jsonl => Format::Jsonl,
            ExtractFormat::Table => Format::Table,
            ExtractFormat::Csv => Format::Csv,
        }
    }
}

pub fn run(args: &cli::Extract) -> Result<Status> {
    let service = network::service(&args.engine)?;
    let sources = Sources::new(&args.inputs)?;
    let format = args.format.map(Format::from);
    let session = match service {
        Some(_) => Session::with_jobs(&args.inputs, &args.running, format, || remote::JOBS),
        None => Session::new(&args.inputs, &args.running, format),
    };
    let explicit = args.inputs.files_from.is_none() && !args.inputs.operands.iter().any(|o| o.is_dir());
    // What the command line says counts more than the variable.
    let stores = !args.running.no_store && (args.store || explicit && !crate::store::turned_off());
    let work = Extractor {
        style: session.style,
        opener: Opener::new(&args.inputs, &args.engine.network, PATIENCE),
        view: view(&args.shown),
        store: stores.then(|| Mutex::new(Keeper { store: None, broken: false, quiet: args.running.quiet })),
        verbose: args.running.verbose,
    };
    match service {
        Some(service) => session.run(sources, &remote::Extractor::new(args, service, work)?),
        None => session.run(sources, &work),
    }
}

fn view(shown: &cli::Shown) -> View {
    let patterns = shown.tag.iter().map(|t| Pattern::new(t)).collect();
    View { family: shown.family, numeric: shown.numeric, binary: shown.binary, patterns }
}

pub(super) struct Extractor {
    pub(super) style: Style,
    pub(super) opener: Opener,
    pub(super) view: View,
    store: Option<Mutex<Keeper>>,
    pub(super) verbose: bool,
}

impl Work for Extractor {
    fn work(&self, item: &Item, row: &mut Vec<u8>) -> Result<Report> {
        let mut name = self.opener.name(item);
        let input = self.opener.open(item, &mut name)?;
        let extraction = local::extract(&input)?;
        input.intact()?;
        if extraction.file_type.is_none() && item.met() {
            self.skip(&name, row);
            return Ok(Report::default());
        }
        let groups = Groups::new(&self.view, &name.file_name, &input, &extraction);
        let warnings = warnings(&extraction.metadata.warnings);
        self.answer(&name, &groups, &extraction, &warnings, row);
        Ok(Report { status: Status::DONE, notes: notes(&name.source, &warnings, self.verbose) })
    }

    fn fail(&self, item: &Item, error: &Error, row: &mut Vec<u8>) -> Report {
        failure(&self.style, &self.opener.name(item), error, row)
    }
}

impl Extractor {
    pub(super) fn skip(&self, name: &Name, row: &mut Vec<u8>) {
        let skipped = Skipped::new(Code::UnknownFormat, &name.file_name, self.style.source(&name.source));
        if matches!(self.style.format, Format::Json | Format::Jsonl) {
            self.style.json(&skipped, row);
        }
    }

    fn answer(&self, name: &Name, groups: &Groups, extraction: &Extraction, warnings: &[String], row: &mut Vec<u8>) {
        match self.style.format {
            Format::Table => rows_of_table(name, groups, &self.style, row),
            Format::Csv => groups.each(|group, tag, value| {
                csv::line([&name.source, group, tag, &joined(value)], self.style.terminal, row);
            }),
            _ => {
                let uuid = self.store.as_ref().and_then(|store| keep(store, name, groups));
                let answer = Extracted {
                    success: true,
                    status: COMPLETED,
                    file_name: &name.file_name,
                    uuid: uuid.as_deref(),
                    metadata: groups,
                    source: self.style.source(&name.source),
                    warnings,
                };
                let tags = extraction.metadata.tags.len();
                row.reserve(512 + 48 * tags);
                self.style.extracted(&answer, row);
            }
        }
    }
}

/// A list on one line.
pub fn joined(value: Shown<'_>) -> std::borrow::Cow<'_, str> {
    match value {
        Shown::Text(text) => text,
        Shown::Value(value) => value.text().into(),
        Shown::Number(number) => number.to_string().into(),
        Shown::List(list) => list.join(", ").into(),
    }
}

fn rows_of_table(name: &Name, groups: &Groups, style: &Style, row: &mut Vec<u8>) {
    table::heading(&name.source, style, row);
    let mut last = String::new();
    groups.each(|group, tag, value| {
        if group != last {
            table::group(group, style, row);
            last = group.to_string();
        }
        table::line(tag, &joined(value), row);
    });
}

/// Metadata that is JSON already, as a table or CSV. Not every service groups its tags.
pub fn values(source: &str, metadata: &serde_json::Value, style: &Style, row: &mut Vec<u8>) {
    if style.format == Format::Table {
        table::heading(source, style, row);
    }
    let line = |group: &str, tag: &str, value: &serde_json::Value, row: &mut Vec<u8>| match style.format {
        Format::Table => table::line(tag, &text(value), row),
        _ => csv::line([source, group, tag, &text(value)], style.terminal, row),
    };
    let (groups, single): (Vec<_>, Vec<_>) = metadata.as_object().into_iter().flatten().partition(|(_, value)| value.is_object());
    single.into_iter().for_each(|(tag, value)| line("", tag, value, row));
    if !metadata.is_object() && !metadata.is_null() {
        line("", "metadata", metadata, row);
    }
    for (group, tags) in groups {
        if style.format == Format::Table {
            table::group(group, style, row);
        }
        tags.as_object().into_iter().flatten().for_each(|(tag, value)| line(group, tag, value, row));
    }
}

/// A value of any JSON type on one line.
fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The store, opened when the first result is there to be kept.
struct Keeper {
    store: Option<Store>,
    /// It has failed once: one warning is enough.
    broken: bool,
    quiet: bool,
}

/// Stores a result; the uuid under which `get` will find it. A store that does not work never fails an extraction.
fn keep(keeper: &Mutex<Keeper>, name: &Name, groups: &Groups) -> Option<String> {
    let metadata = serde_json::to_string(groups).ok()?;
    let mut keeper = keeper.lock().unwrap_or_else(PoisonError::into_inner);
    if keeper.broken {
        return None;
    }
    let result = match keeper.store.take().map_or_else(Store::open, Ok) {
        Ok(mut store) => {
            let result = store.put(&name.file_name, &metadata);
            keeper.store = Some(store);
            result
        }
        Err(e) => Err(e),
    };
    match result {
        Ok(uuid) => Some(uuid),
        Err(e) => {
            keeper.broken = true;
            if !keeper.quiet {
                output::message(&format!("the result is not stored for `get`: {e:#} (--no-store turns this off)"));
            }
            None
        }
    }
}
