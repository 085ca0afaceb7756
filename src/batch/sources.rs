//! Which files: operands, directories, lists; globs and shares.

use crate::{
    cli,
    error::{Code, Error, Result},
};
use globset::{GlobBuilder, GlobMatcher};
use std::{
    borrow::Cow,
    ffi::{OsStr, OsString},
    fs::File,
    io::{BufRead, BufReader, Read},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::MetadataExt,
    },
    path::{Path, PathBuf},
    sync::Arc,
};
use walkdir::WalkDir;

/// A name in a list may not be longer than this: no system takes a longer path.
const MAX_NAME: u64 = 64 * 1024;

/// One input.
#[derive(Debug)]
pub struct Item {
    /// As it was given, or the operand joined with the path below it. `-` is stdin, see [`Item::stdin`].
    pub path: PathBuf,
    pub origin: Origin,
    /// It was a regular file a moment ago: opening it does not wait for anybody.
    pub regular: bool,
    /// Why it cannot even be tried: a directory that cannot be listed.
    pub problem: Option<Error>,
}

/// How an input came to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An operand.
    Named,
    Listed,
    /// Met in this directory, or below it.
    Met(Arc<Path>),
    Stdin,
    /// The path is a URL.
    Url,
}

impl Item {
    /// Met in a directory: of no interest when its type is unknown.
    pub fn met(&self) -> bool {
        matches!(self.origin, Origin::Met(_))
    }

    pub fn stdin(&self) -> bool {
        self.origin == Origin::Stdin
    }

    /// What it is called in answers and messages.
    pub fn shown(&self) -> Cow<'_, str> {
        self.url().map_or_else(|| self.path.to_string_lossy(), crate::net::name::shown)
    }

    /// The URL that this is.
    pub fn url(&self) -> Option<&str> {
        self.path.to_str().filter(|_| self.origin == Origin::Url)
    }
}

/// What a walk comes upon.
type Entries = Box<dyn Iterator<Item = walkdir::Result<walkdir::DirEntry>> + Send>;

/// All inputs of a command line, found one by one.
pub struct Sources {
    operands: std::vec::IntoIter<PathBuf>,
    list: Option<List>,
    /// The directory that is walked now.
    walk: Option<(Arc<Path>, Entries)>,
    globs: Arc<Globs>,
    shard: Option<cli::Shard>,
    /// Device and inode of the directory that the answers are written to.
    avoid: Option<(u64, u64)>,
    /// Files with this at the end of their names are backups of those without.
    backups: Option<String>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("operands", &self.operands).finish_non_exhaustive()
    }
}

impl Sources {
    /// Fails on wrong usage.
    pub fn new(args: &cli::Inputs) -> Result<Self> {
        if args.operands.is_empty() && args.files_from.is_none() {
            return Err(usage("no input: name files or directories, `-` for stdin, or a list with --files-from"));
        }
        let stdin = args.operands.iter().chain(&args.files_from).filter(|p| is_stdin(p)).count();
        if stdin > 1 {
            return Err(usage("`-` (stdin) can be read only once"));
        }
        let list = args.files_from.as_deref().map(|path| List::open(path, args.null)).transpose()?;
        let globs = Arc::new(Globs::new(&args.glob)?);
        Ok(Sources {
            operands: args.operands.clone().into_iter(),
            list,
            walk: None,
            globs,
            shard: args.shard,
            avoid: None,
            backups: None,
        })
    }

    /// Never walks into this directory.
    pub fn avoid(&mut self, directory: &Path) {
        self.avoid = std::fs::metadata(directory).ok().map(|m| (m.dev(), m.ino()));
    }

    /// Never takes the backup of a file for an input, when it is met beside that file.
    pub fn leave_backups(&mut self, suffix: &str) {
        self.backups = Some(suffix.to_owned());
    }

    fn is_backup(&self, item: &Item) -> bool {
        let Some(suffix) = self.backups.as_ref().filter(|_| item.met()) else { return false };
        let original = item.path.as_os_str().as_bytes().strip_suffix(suffix.as_bytes());
        original.is_some_and(|path| !path.ends_with(b"/") && Path::new(OsStr::from_bytes(path)).is_file())
    }

    /// The number of inputs that a second look at the same command line finds, when that is possible: a pipe gives each name
    /// once, to whoever reads first, and what is under `/dev` may share its place with the first reader.
    pub fn count(args: &cli::Inputs) -> Option<usize> {
        let again = |list: &Path| !is_stdin(list) && !list.starts_with("/dev") && list.is_file();
        if !args.files_from.as_deref().is_none_or(again) {
            return None;
        }
        Some(Sources::new(args).ok()?.count_all())
    }

    fn count_all(self) -> usize {
        Iterator::count(self)
    }

    /// Will the next input come without waiting for somebody else?
    pub fn ready(&self) -> bool {
        self.walk.is_some() || self.operands.len() > 0 || self.list.as_ref().is_none_or(List::ready)
    }

    fn next_item(&mut self) -> Option<Item> {
        loop {
            if let Some((root, walk)) = &mut self.walk {
                match walk.find_map(|entry| met(entry, root, &self.globs)) {
                    Some(item) => return Some(item),
                    None => self.walk = None,
                }
            }
            let (path, origin) = match self.operands.next() {
                Some(path) if is_stdin(&path) => {
                    return Some(Item { path, origin: Origin::Stdin, regular: false, problem: None });
                }
                Some(path) => (path, Origin::Named),
                None => match self.list.as_mut()?.next()? {
                    Ok(path) => (path, Origin::Listed),
                    Err(e) => {
                        let path = self.list.take()?.name;
                        return Some(Item { path, origin: Origin::Listed, regular: false, problem: Some(e) });
                    }
                },
            };
            if is_url(&path) {
                if origin == Origin::Named || self.globs.take(&path, false) {
                    return Some(Item { path, origin: Origin::Url, regular: false, problem: None });
                }
                continue;
            }
            let kind = std::fs::metadata(&path).ok().map(|m| m.file_type());
            if kind.is_some_and(|k| k.is_dir()) {
                self.begin(&path);
            } else if origin == Origin::Named || self.globs.take(&path, false) {
                return Some(Item { path, origin, regular: kind.is_some_and(|k| k.is_file()), problem: None });
            }
        }
    }

    fn begin(&mut self, root: &Path) {
        let (globs, avoid, top) = (Arc::clone(&self.globs), self.avoid, root.to_path_buf());
        let wanted = move |entry: &walkdir::DirEntry| {
            if entry.depth() == 0 {
                return true;
            }
            if entry.file_name() == ".git" {
                return false;
            }
            if !entry.file_type().is_dir() {
                return true;
            }
            let below = entry.path().strip_prefix(&top).unwrap_or(entry.path());
            !globs.leaves_out(below) && !avoid.is_some_and(|a| entry.metadata().is_ok_and(|m| (m.dev(), m.ino()) == a))
        };
        // Sorted: a folder is read whole before its first file is worked on, so that what is written into it is not met.
        let walk = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(wanted);
        self.walk = Some((Arc::from(root), Box::new(walk)));
    }
}

/// What a walk came upon, if it is an input.
fn met(entry: walkdir::Result<walkdir::DirEntry>, root: &Arc<Path>, globs: &Globs) -> Option<Item> {
    let origin = Origin::Met(Arc::clone(root));
    match entry {
        Ok(entry) if entry.file_type().is_file() => {
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
            globs.take(below, true).then(|| Item { path: entry.into_path(), origin, regular: true, problem: None })
        }
        Ok(_) => None,
        Err(e) => {
            let path = e.path().unwrap_or(root).to_path_buf();
            let problem = Error::new(Code::Unreadable, format!("the directory cannot be listed: {}", reason(e)));
            Some(Item { path, origin, regular: false, problem: Some(problem) })
        }
    }
}

fn reason(e: walkdir::Error) -> String {
    let text = e.to_string();
    e.into_io_error().map_or(text, |e| e.to_string())
}

impl Iterator for Sources {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let item = self.next_item()?;
            if self.shard.is_none_or(|s| share(&item.path, s.of) == s.index) && !self.is_backup(&item) {
                return Some(item);
            }
        }
    }
}

/// The share that a path falls into, of so many, counted from 1: by the path as it is given, the same on every machine.
fn share(path: &Path, of: u64) -> u64 {
    xxhash_rust::xxh3::xxh3_64(path.as_os_str().as_bytes()) % of + 1
}

/// Wrong usage.
pub fn usage(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::InvalidRequest, message)
}

fn is_stdin(path: impl AsRef<Path>) -> bool {
    path.as_ref().as_os_str() == "-"
}

fn is_url(path: &Path) -> bool {
    let begins = |text: &str, scheme: &str| text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    path.to_str().is_some_and(|text| begins(text, "http://") || begins(text, "https://"))
}

/// A list of names, one a line or each ended by a NUL.
struct List {
    name: PathBuf,
    reader: BufReader<Box<dyn Read + Send>>,
    stdin: bool,
    end: u8,
}

impl List {
    fn open(path: &Path, null: bool) -> Result<Self> {
        let stdin = is_stdin(path);
        let reader: Box<dyn Read + Send> = if stdin {
            Box::new(std::io::stdin())
        } else {
            Box::new(File::open(path).map_err(|e| usage(format!("{}: the list cannot be opened: {e}", path.display())))?)
        };
        Ok(List {
            name: path.to_path_buf(),
            reader: BufReader::with_capacity(64 * 1024, reader),
            stdin,
            end: if null { 0 } else { b'\n' },
        })
    }

    /// A name can be had without waiting.
    fn ready(&self) -> bool {
        !self.stdin || memchr::memchr(self.end, self.reader.buffer()).is_some()
    }

    fn next(&mut self) -> Option<Result<PathBuf>> {
        loop {
            let mut name = Vec::new();
            match (&mut self.reader).take(MAX_NAME).read_until(self.end, &mut name) {
                Ok(0) => return None,
                Ok(n) if n as u64 == MAX_NAME => {
                    let help = if self.end == 0 { "does it end names in NUL bytes?" } else { "is it a list of names?" };
                    return Some(Err(Error::new(Code::Unreadable, format!("a name in the list is too long ({help})"))));
                }
                Ok(_) => {}
                Err(e) => return Some(Err(Error::new(Code::Unreadable, format!("the list cannot be read: {e}")))),
            }
            if name.last() == Some(&self.end) {
                name.pop();
            }
            if self.end == b'\n' && name.last() == Some(&b'\r') {
                name.pop();
            }
            if !name.is_empty() {
                return Some(Ok(OsString::from_vec(name).into()));
            }
        }
    }
}

/// `--glob`: the last pattern that matches decides; what none matches is taken unless there is a pattern that takes.
#[derive(Debug)]
struct Globs {
    rows: Vec<(GlobMatcher, bool)>,
    otherwise: bool,
}

impl Globs {
    fn new(patterns: &[String]) -> Result<Self> {
        let mut rows = Vec::new();
        for pattern in patterns {
            let (text, takes) = match pattern.strip_prefix('!') {
                Some(rest) => (rest, false),
                None => (pattern.as_str(), true),
            };
            let text = text.trim_end_matches('/');
            // A pattern without a slash is one of names, at any depth.
            let text = if text.contains('/') { text.trim_start_matches('/').to_string() } else { format!("**/{text}") };
            let glob = GlobBuilder::new(&text).literal_separator(true).build();
            rows.push((glob.map_err(|e| usage(format!("--glob {pattern}: {e}")))?.compile_matcher(), takes));
        }
        let otherwise = !rows.iter().any(|(_, takes)| *takes);
        Ok(Globs { rows, otherwise })
    }

    /// Is this file wanted? Of a walked one, `path` is below the walk's root, and its folders have been asked about.
    fn take(&self, path: &Path, walked: bool) -> bool {
        if self.rows.is_empty() {
            return true;
        }
        let path = path.strip_prefix(".").unwrap_or(path);
        if !walked && path.ancestors().skip(1).any(|folder| !folder.as_os_str().is_empty() && self.leaves_out(folder)) {
            return false;
        }
        self.rows.iter().rev().find(|(glob, _)| glob.is_match(path)).map_or(self.otherwise, |(_, takes)| *takes)
    }

    /// Is this folder left out, and so all below it?
    fn leaves_out(&self, folder: &Path) -> bool {
        self.rows.iter().rev().find(|(glob, _)| glob.is_match(folder)).is_some_and(|(_, takes)| !takes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_take_and_leave_out() {
        let cases: &[(&[&str], &str, bool)] = &[
            (&[], "a/b.jpg", true),
            (&["*.jpg"], "a/b.jpg", true),
            (&["*.jpg"], "./b.jpg", true),
            (&["*.jpg"], "a/b.png", false),
            (&["!*.png"], "a/b.jpg", true),
            (&["!*.png"], "a/b.png", false),
            (&["*.jpg", "!a/*"], "a/b.jpg", false),
            (&["!a", "*.jpg"], "a/b.jpg", false),
            (&["a/**/*.jpg"], "a/x/y/b.jpg", true),
            (&["a/*.jpg"], "a/x/b.jpg", false),
            (&["*.{jpg,png}"], "b.png", true),
        ];
        for (patterns, path, want) in cases {
            let globs = Globs::new(&patterns.iter().map(|s| s.to_string()).collect::<Vec<_>>()).unwrap();
            assert_eq!(globs.take(Path::new(path), false), *want, "{patterns:?} {path}");
        }
        assert!(Globs::new(&["[".into()]).is_err());
    }

    #[test]
    fn addresses_are_told_from_names() {
        for (text, want) in [
            ("http://a/b", true),
            ("HTTPS://a/b", true),
            ("Http://a", true),
            ("http:/a", false),
            ("http", false),
            ("httpå//", false),
            ("ftp://a", false),
        ] {
            assert_eq!(is_url(Path::new(text)), want, "{text}");
        }
    }

    #[test]
    fn shares_cover_all_once() {
        for i in 0..100 {
            let path = PathBuf::from(format!("dir/{i}.jpg"));
            assert!((1..=4).contains(&share(&path, 4)));
        }
        assert_eq!(share(Path::new("dir/1.jpg"), 1), 1);
    }
}
