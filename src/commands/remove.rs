//! `exifkit remove`: a cleaned copy, or clean in place.

use super::{Name, Opener, Session, failure, network, notes, remote, warnings};
use crate::{
    api::{COMPLETED, Removed, Skipped},
    batch::{Item, Origin, Report, Sources, Status, Work, sources::usage},
    cli::{self, Preset, RemoveFormat},
    engine::{
        place::{self, Place, Rules, Staged},
        removal::{self, Prepared},
    },
    error::{Code, Error, Result},
    format::{Keep, Selection},
    input::Input,
    metadata::Pattern,
    output::{Format, Style, csv, table},
    tags,
};
use std::{
    collections::HashMap,
    fs::File,
    io::Seek,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Status of work that was only looked at.
pub const DRY_RUN: &str = "dry-run";
/// Reading one file may take so long.
pub const PATIENCE: Duration = Duration::from_secs(600);

impl From<RemoveFormat> for Format {
    fn from(format: RemoveFormat) -> Self {
        match format {
            RemoveFormat::Json => Format::Json,
            RemoveFormat::Jsonl => Format::Jsonl,
            RemoveFormat::Table => Format::Table,
            RemoveFormat::Csv => Format::Csv,
        }
    }
}

pub fn run(args: &cli::Remove) -> Result<Status> {
    let service = network::service(&args.engine)?;
    let selection = selection(&args.kept)?;
    let place = place(args)?;
    let mut sources = Sources::new(&args.inputs)?;
    let format = if place == Place::Stdout { Some(Format::Json) } else { args.format.map(Format::from) };
    let mut session = match service {
        Some(_) => Session::with_jobs(&args.inputs, &args.running, format, || remote::JOBS),
        None => Session::new(&args.inputs, &args.running, format),
    };
    if format == Some(Format::Csv) {
        session.header(csv::REMOVALS);
    }
    if let (Place::File(_) | Place::Stdout, false) = (&place, session.style.single) {
        return Err(usage("--output takes one input; --output-dir takes several"));
    }
    match &place {
        Place::Directory(directory) => sources.avoid(directory),
        Place::InPlace { backup: Some(suffix) } => sources.leave_backups(suffix),
        _ => {}
    }
    let inputs = with_distinct_targets(sources, &place, args.dry_run)?;
    crate::interrupt::install();
    let work = Remover {
        style: session.style,
        opener: Opener::new(&args.inputs, &args.engine.network, PATIENCE),
        selection,
        place,
        rules: Rules { force: args.force, preserve_times: args.preserve_times },
        dry_run: args.dry_run,
        verbose: args.running.verbose,
    };
    match service {
        Some(service) => session.run(inputs.into_iter(), &remote::Remover::new(args, service, work)),
        None => session.run(inputs.into_iter(), &work),
    }
}

fn place(args: &cli::Remove) -> Result<Place> {
    if let Some(suffix) = &args.backup
        && (suffix.is_empty() || suffix.contains('/'))
    {
        return Err(usage("--backup: a suffix is some characters without a slash, like .orig"));
    }
    Ok(match (&args.output, &args.output_dir) {
        (Some(file), _) if file.as_os_str() == "-" => Place::Stdout,
        (Some(file), _) => Place::File(file.clone()),
        (None, Some(directory)) => Place::Directory(directory.clone()),
        (None, None) if args.in_place => Place::InPlace { backup: args.backup.clone() },
        (None, None) => Place::Beside,
    })
}

/// What `--keep` and `--preset` say.
pub fn selection(kept: &cli::Kept) -> Result<Selection> {
    let mut selection = match kept.preset {
        Preset::Default => Selection::default(),
        Preset::Strict => Selection::strict(),
    };
    for word in kept.keep.iter().map(|w| w.trim()).filter(|w| !w.is_empty()) {
        let keep = match word {
            "none" => {
                selection.keep.clear();
                continue;
            }
            "icc" => Keep::Icc,
            "orientation" => Keep::Orientation,
            "density" => Keep::Density,
            "gainmap" => Keep::Gainmap,
            "copyright" => Keep::Copyright,
            "dates" => Keep::Dates,
            "title" => Keep::Title,
            "thumbnail" => Keep::Thumbnail,
            "c2pa" => Keep::C2pa,
            // A mistyped name would lose what was to be kept.
            tag if known(tag) => {
                selection.tags.push(Pattern::new(tag));
                continue;
            }
            other => {
                return Err(usage(format!(
                    "--keep {other}: not known; there are none, icc, orientation, density, gainmap, copyright, dates, title, thumbnail, c2pa \
                     and tag names (Artist, exif:Make)"
                )));
            }
        };
        selection.keep.insert(keep);
    }
    Ok(selection)
}

/// Is it the name of a tag? Words of this list begin with a small letter, and names of tags with a capital, as ExifTool spells
/// them; in a group, and with `*` or `?`, that does not matter.
fn known(word: &str) -> bool {
    let pattern = Pattern::new(word);
    let named = word.contains([':', '*', '?']) || word.starts_with(|c: char| c.is_ascii_uppercase());
    // XMP may have properties of its own.
    let open = pattern.group().is_some_and(|group| group.to_ascii_lowercase().starts_with("xmp"));
    named && (open || tags::knows(&pattern))
}

/// All inputs, after a look at where they would be written: nothing is written before it is known that no target is
/// another's.
fn with_distinct_targets(sources: Sources, place: &Place, dry_run: bool) -> Result<Vec<Item>> {
    let mut items: Vec<Item> = Vec::new();
    let mut targets: HashMap<u128, usize> = HashMap::new();
    for item in sources {
        match (&item.origin, place) {
            (Origin::Stdin, Place::Beside | Place::Directory(_) | Place::InPlace { .. }) if !dry_run => {
                return Err(usage("remove - needs --output FILE, or --output - for stdout"));
            }
            (Origin::Met(root), Place::Beside) => {
                return Err(usage(format!("{}: a directory needs --in-place or --output-dir DIR", root.display())));
            }
            (Origin::Url, Place::InPlace { .. }) => {
                return Err(usage(format!("{}: a URL cannot be cleaned in place", item.shown())));
            }
            _ => {}
        }
        let target = target(&item, place).filter(|_| item.problem.is_none() && !item.stdin());
        if let Some(target) = target.map(|t| place::normal(&t)) {
            let key = xxhash_rust::xxh3::xxh3_128(target.as_os_str().as_bytes());
            if let Some(other) = targets.insert(key, items.len()) {
                let (one, two) = (items[other].shown(), item.shown());
                return Err(usage(format!("{one} and {two} would both be written to {}", target.display())));
            }
        }
        items.push(item);
    }
    Ok(items)
}

fn target(item: &Item, place: &Place) -> Option<PathBuf> {
    match (&item.origin, item.url()) {
        (_, Some(url)) => place.target(Path::new(&crate::net::name::of_url(url)), None),
        (Origin::Met(root), None) => place.target(&item.path, Some(root)),
        _ => place.target(&item.path, None),
    }
}

/// Of the file that is cleaned, if it is one of this machine.
pub(super) fn original(item: &Item) -> Result<Option<std::fs::Metadata>> {
    if item.stdin() || item.url().is_some() { Ok(None) } else { Ok(Some(std::fs::metadata(&item.path)?)) }
}

pub(super) struct Remover {
    pub(super) style: Style,
    pub(super) opener: Opener,
    pub(super) selection: Selection,
    pub(super) place: Place,
    pub(super) rules: Rules,
    pub(super) dry_run: bool,
    pub(super) verbose: bool,
}

/// What is said of a removal.
pub(super) struct Done {
    pub removed: Vec<String>,
    pub kept: Vec<String>,
    /// What was to be kept, and cannot be.
    pub lost: Vec<String>,
    pub warnings: Vec<String>,
    pub target: Option<PathBuf>,
    pub verified: bool,
}

impl Work for Remover {
    const LASTS: bool = true;

    fn work(&self, item: &Item, row: &mut Vec<u8>) -> Result<Report> {
        let mut name = self.opener.name(item);
        let target = self.target(item);
        // In place nothing is in the way of a file that is clean already.
        let in_place = matches!(self.place, Place::InPlace { .. });
        if let Some(target) = target.as_ref().filter(|_| !in_place) {
            place::free(&self.place, target, self.rules)?;
        }
        let original = original(item)?;
        let input = self.opener.open(item, &mut name)?;
        let prepared = removal::prepare(&input, &self.selection);
        input.intact()?;
        let prepared = match prepared {
            Err(e) if e.code == Code::UnknownFormat && item.met() => {
                self.skip(&name, e.code, row);
                return Ok(Report::default());
            }
            result => result?,
        };
        if let Some(target) = target.as_ref().filter(|_| in_place && !prepared.is_clean()) {
            place::free(&self.place, target, self.rules)?;
        }
        let mut said = warnings(prepared.warnings());
        let mut notes = notes(&name.source, &said, self.verbose);
        // What is lost against the user's word is news to everybody.
        let lost = warnings(prepared.lost());
        notes.extend(lost.iter().map(|w| format!("{}: {w}", name.source)));
        let verified = if self.dry_run {
            false
        } else {
            match &target {
                Some(target) => {
                    // A name that still shows the original is news to everybody.
                    let news = self.write(&prepared, original, target)?;
                    notes.extend(news.iter().map(|w| format!("{}: {w}", name.source)));
                    said.extend(news);
                }
                None => to_stdout(&prepared)?,
            }
            true
        };
        let done = Done { removed: prepared.removed(), kept: prepared.kept(), lost, warnings: said, target, verified };
        self.answer(&name, &done, row);
        Ok(Report { status: Status::DONE, notes })
    }

    fn fail(&self, item: &Item, error: &Error, row: &mut Vec<u8>) -> Report {
        let name = self.opener.name(item);
        let report = failure(&self.style, &name, error, row);
        match (&self.place, self.style.format) {
            // Nothing but cleaned bytes may come out there.
            (Place::Stdout, _) => row.clear(),
            (_, Format::Csv) => {
                row.clear();
                csv::line([name.source.as_str(), "failed", "", "", "", &error.to_string()], self.style.terminal, row);
            }
            _ => {}
        }
        report
    }
}

impl Remover {
    /// Where the cleaned file goes; `None`: stdout.
    pub(super) fn target(&self, item: &Item) -> Option<PathBuf> {
        target(item, &self.place).filter(|_| !item.stdin() || matches!(self.place, Place::File(_)))
    }

    /// Writes the cleaned file beside its target, proves it, and puts it there.
    fn write(&self, prepared: &Prepared, original: Option<std::fs::Metadata>, target: &Path) -> Result<Vec<String>> {
        if prepared.is_clean() && matches!(self.place, Place::InPlace { .. }) {
            return Ok(Vec::new());
        }
        let mut staged = Staged::new(&self.place, original, target, self.rules)?;
        proved(prepared, staged.file()?).map_err(|e| about(target, e))?;
        staged.commit()
    }

    pub(super) fn skip(&self, name: &Name, code: Code, row: &mut Vec<u8>) {
        match self.style.format {
            Format::Csv => csv::line([name.source.as_str(), "skipped", "", "", "", ""], self.style.terminal, row),
            Format::Table => {}
            _ => self.style.json(&Skipped::new(code, &name.file_name, self.style.source(&name.source)), row),
        }
    }

    /// The row of a removal in a format for people.
    pub(super) fn columns(&self, name: &Name, done: &Done, row: &mut Vec<u8>) {
        let target = done.target.as_ref().map(|t| t.to_string_lossy());
        match self.style.format {
            Format::Csv => {
                let (removed, kept) = (done.removed.join(" "), done.kept.join(" "));
                let target = target.as_deref().unwrap_or_default();
                let fields = [name.source.as_str(), self.status(), target, &removed, &kept, ""];
                csv::line(fields, self.style.terminal, row);
            }
            _ => {
                table::heading(&name.source, &self.style, row);
                table::line("target", target.as_deref().unwrap_or("-"), row);
                table::line("removed", &done.removed.join(", "), row);
                table::line("kept", &done.kept.join(", "), row);
                done.lost.iter().for_each(|w| table::line("lost", w, row));
                done.warnings.iter().for_each(|w| table::line("warning", w, row));
            }
        }
    }

    fn status(&self) -> &'static str {
        if self.dry_run { DRY_RUN } else { COMPLETED }
    }

    fn answer(&self, name: &Name, done: &Done, row: &mut Vec<u8>) {
        match self.style.format {
            _ if self.place == Place::Stdout && !self.dry_run => {}
            Format::Csv | Format::Table => self.columns(name, done, row),
            _ => {
                let url = done.target.as_ref().filter(|_| !self.dry_run).map(|t| file_url(t));
                let uuid = uuid::Uuid::new_v4().hyphenated().to_string();
                let answer = Removed {
                    success: true,
                    status: self.status(),
                    uuid: &uuid,
                    download_url: url.as_deref(),
                    file_name: &name.file_name,
                    removed: &done.removed,
                    kept: &done.kept,
                    verified: done.verified,
                    source: self.style.source(&name.source),
                    lost: &done.lost,
                    warnings: &done.warnings,
                };
                self.style.json(&answer, row);
            }
        }
    }
}

/// Writes the cleaned file and reads it again.
fn proved(prepared: &Prepared, file: &mut File) -> Result<()> {
    prepared.write(file)?;
    file.rewind()?;
    prepared.verify(&Input::from_file(file.try_clone()?)?)
}

fn to_stdout(prepared: &Prepared) -> Result<()> {
    let mut file = tempfile::tempfile()?;
    proved(prepared, &mut file)?;
    copy_to_stdout(&mut file)
}

pub(super) fn copy_to_stdout(file: &mut File) -> Result<()> {
    file.rewind()?;
    match std::io::copy(file, &mut std::io::stdout().lock()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new(Code::Unreadable, format!("stdout cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}

/// Of a failure between reading and renaming only the system's own concern the target.
fn about(target: &Path, e: Error) -> Error {
    match std::error::Error::source(&e) {
        Some(source) => Error::new(e.code, format!("{} cannot be written: {source}", target.display())),
        None => e,
    }
}

/// The URL of a local file (RFC 8089).
fn file_url(path: &Path) -> String {
    let mut url = String::from("file://");
    for &byte in place::normal(path).as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => url.push(byte as char),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(keep: &[&str], preset: Preset) -> Result<Selection> {
        selection(&cli::Kept { keep: keep.iter().map(|s| s.to_string()).collect(), preset })
    }

    #[test]
    fn what_is_kept() {
        assert_eq!(kept(&[], Preset::Default).unwrap().keep, Selection::default().keep);
        assert!(kept(&["none"], Preset::Default).unwrap().keep.is_empty());
        let some = kept(&["none", "dates", "exif:Make", "Artist"], Preset::Strict).unwrap();
        assert_eq!(some.keep, [Keep::Dates].into());
        assert_eq!(some.tags.len(), 2);
        for word in ["orientaton", "Aritst", "exfi:Artist", "IFD0:Aritst", "artist", "Quux*"] {
            assert!(kept(&[word], Preset::Default).is_err(), "{word} is no tag");
        }
        for word in
            ["Artist", "IFD0:Artist", "ExifIFD:ISO", "GPS*", "IPTC:City", "xmp-photoshop:City", "Keywords", "xmp:Own", "exif:*"]
        {
            assert!(kept(&[word], Preset::Default).is_ok(), "{word}");
        }
    }

    #[test]
    fn urls_of_files() {
        assert_eq!(file_url(Path::new("/a b/ü%.jpg")), "file:///a%20b/%C3%BC%25.jpg");
    }
}
