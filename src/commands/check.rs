//! `exifkit check`: a gate. Reads the same plan as `remove`, and writes nothing.

use super::{Name, Opener, Session, failure, notes, warnings};
use crate::{
    api::{self, Checked, Skipped},
    batch::{Item, Report, Sources, Status, Work},
    cli::{self, CheckFormat},
    engine::{
        findings::{self, Class, Finding},
        local, removal,
    },
    error::{Code, Error, Result},
    format::Selection,
    input::Input,
    output::{Format, Style, github, table},
};
use std::collections::BTreeSet;

impl From<CheckFormat> for Format {
    fn from(format: CheckFormat) -> Self {
        match format {
            CheckFormat::Json => Format::Json,
            CheckFormat::Jsonl => Format::Jsonl,
            CheckFormat::Table => Format::Table,
            CheckFormat::Github => Format::Github,
        }
    }
}

pub fn run(args: &cli::Check) -> Result<Status> {
    let selection = super::remove::selection(&args.kept)?;
    let sources = Sources::new(&args.inputs)?;
    let session = Session::new(&args.inputs, &args.running, args.format.map(Format::from));
    let work = Checker {
        style: session.style,
        opener: Opener::new(&args.inputs, &args.network, super::remove::PATIENCE),
        selection,
        fail_on: args.fail_on.clone(),
        show_values: args.show_values,
        verbose: args.running.verbose,
    };
    session.run(sources, &work)
}

struct Checker {
    style: Style,
    opener: Opener,
    selection: Selection,
    /// Classes that make the status 1; all when empty.
    fail_on: Vec<String>,
    show_values: bool,
    verbose: bool,
}

impl Work for Checker {
    const LASTS: bool = true;

    fn work(&self, item: &Item, row: &mut Vec<u8>) -> Result<Report> {
        let mut name = self.opener.name(item);
        let input = self.opener.open(item, &mut name)?;
        let prepared = removal::prepare(&input, &self.selection);
        input.intact()?;
        let (found, warnings) = match prepared {
            Ok(prepared) => {
                let found = if prepared.is_clean() { Vec::new() } else { at_least_one(prepared.findings()) };
                let said = [prepared.warnings(), prepared.lost()].concat();
                (found, warnings(&said))
            }
            Err(e) if e.code == Code::UnsupportedFormat => (read(&input, e)?, Vec::new()),
            Err(e) if e.code == Code::UnknownFormat && item.met() => {
                self.skip(&name, e.code, row);
                return Ok(Report::default());
            }
            Err(e) => return Err(e),
        };
        self.answer(&name, &found, &warnings, row);
        let counts = |f: &Finding| self.fail_on.is_empty() || self.fail_on.iter().any(|c| c == f.class.as_str());
        let status = if found.iter().any(counts) { Status::FOUND } else { Status::DONE };
        Ok(Report { status, notes: notes(&name.source, &warnings, self.verbose) })
    }

    fn fail(&self, item: &Item, error: &Error, row: &mut Vec<u8>) -> Report {
        failure(&self.style, &self.opener.name(item), error, row)
    }
}

/// What a removal would change is found, even when it has no name.
fn at_least_one(mut found: Vec<Finding>) -> Vec<Finding> {
    if found.is_empty() {
        found.push(Finding { class: Class::Other, place: "file".into(), name: "unneeded bytes".into(), value: String::new() });
    }
    found
}

/// A type that is read but cannot be cleaned: what is read is found. Without any of it nobody can tell.
fn read(input: &Input, refusal: Error) -> Result<Vec<Finding>> {
    let tags = local::extract(input)?.metadata.tags;
    input.intact()?;
    let stored = tags.iter().filter(|tag| !["File", "Composite"].contains(&tag.group.kind));
    let mut seen = BTreeSet::new();
    let found: Vec<Finding> = stored
        .filter(|tag| seen.insert((tag.group.place.clone(), tag.name.clone())))
        .map(|tag| Finding {
            class: findings::class(tag),
            place: tag.group.place.clone(),
            name: tag.name.clone(),
            value: tag.printed().into_owned(),
        })
        .collect();
    if found.is_empty() { Err(refusal) } else { Ok(found) }
}

impl Checker {
    fn skip(&self, name: &Name, code: Code, row: &mut Vec<u8>) {
        if matches!(self.style.format, Format::Json | Format::Jsonl) {
            self.style.json(&Skipped::new(code, &name.file_name, self.style.source(&name.source)), row);
        }
    }

    fn answer(&self, name: &Name, found: &[Finding], warnings: &[String], row: &mut Vec<u8>) {
        match self.style.format {
            Format::Github if found.is_empty() => {}
            Format::Github => github::error(&name.source, "Metadata found", &self.summary(found), row),
            Format::Table => self.table(name, found, row),
            _ => {
                let findings: Vec<api::Finding> = found
                    .iter()
                    .map(|f| api::Finding {
                        class: f.class.as_str(),
                        place: &f.place,
                        name: &f.name,
                        value: self.show_values.then_some(&f.value),
                    })
                    .collect();
                let status = if found.is_empty() { "clean" } else { "found" };
                let source = self.style.source(&name.source);
                let answer = Checked { success: true, status, file_name: &name.file_name, source, findings: &findings, warnings };
                self.style.json(&answer, row);
            }
        }
    }

    fn table(&self, name: &Name, found: &[Finding], row: &mut Vec<u8>) {
        table::heading(&format!("{}: {}", name.source, if found.is_empty() { "clean" } else { "found" }), &self.style, row);
        for (class, of_class) in by_class(found) {
            table::group(class, &self.style, row);
            for f in of_class {
                let what = if self.show_values { f.value.as_str() } else { f.place.as_str() };
                table::line(&f.name, what, row);
            }
        }
    }

    /// `gps: GPSLatitude, GPSLongitude; camera: Make`
    fn summary(&self, found: &[Finding]) -> String {
        let name = |f: &&Finding| if self.show_values { format!("{} = {}", f.name, f.value) } else { f.name.to_string() };
        let of_class = |(class, of_class): (&str, Vec<&Finding>)| {
            format!("{class}: {}", of_class.iter().map(name).collect::<Vec<_>>().join(", "))
        };
        by_class(found).into_iter().map(of_class).collect::<Vec<_>>().join("; ")
    }
}

fn by_class(found: &[Finding]) -> Vec<(&'static str, Vec<&Finding>)> {
    let of_class = |class: Class| (class.as_str(), found.iter().filter(|f| f.class == class).collect::<Vec<_>>());
    Class::ALL.into_iter().map(of_class).filter(|(_, found)| !found.is_empty()).collect()
}
