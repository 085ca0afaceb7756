//! Where a removal writes: the target of each input, and the one safe way to put a file there.
//!
//! A cleaned file is written under a temporary name beside its target, proved there, and renamed: whatever happens, the
//! target is whole, the old file or the new one.

use crate::{
    error::{Code, Error, Result},
    interrupt::Temporary,
};
use std::{
    ffi::OsString,
    fs::{File, FileTimes, Metadata, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Component, Path, PathBuf},
};

/// Where the cleaned files of a command go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `image_cleaned.jpg` beside `image.jpg`.
    Beside,
    /// This file.
    File(PathBuf),
    /// Bytes on stdout.
    Stdout,
    /// Under relative paths in this directory.
    Directory(PathBuf),
    /// Over the original; it stays under its name with this suffix.
    InPlace { backup: Option<String> },
}

impl Place {
    /// The target of the input at `path`, that was met in the directory `root` if there is one. `None`: stdout.
    pub fn target(&self, path: &Path, root: Option<&Path>) -> Option<PathBuf> {
        match self {
            Place::Beside => Some(path.with_file_name(cleaned_name(path))),
            Place::File(file) => Some(file.clone()),
            Place::Stdout => None,
            Place::Directory(directory) => Some(directory.join(mirrored(path, root))),
            // A link is followed: what it points to is cleaned, and it stays a link.
            Place::InPlace { .. } => Some(path.canonicalize().unwrap_or_else(|_| path.to_path_buf())),
        }
    }
}

/// `image_cleaned.jpg` of `image.jpg`.
fn cleaned_name(path: &Path) -> OsString {
    let mut name = path.file_stem().unwrap_or_default().to_os_string();
    name.push("_cleaned");
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    name
}

/// The path of an input below the output directory. Relative paths stay; an absolute one goes under its own name, or that of
/// the directory it was met in; nothing climbs out.
fn mirrored(path: &Path, root: Option<&Path>) -> PathBuf {
    let top = root.unwrap_or(path);
    let below = match (path.is_absolute(), top.parent()) {
        (true, Some(parent)) => path.strip_prefix(parent).unwrap_or(path),
        _ => path,
    };
    let mut inside = PathBuf::new();
    for component in below.components() {
        match component {
            Component::Normal(name) => inside.push(name),
            Component::ParentDir => drop(inside.pop()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    inside
}

/// A path in a form that is equal for equal targets, as far as that can be told without asking the disk.
pub fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut normal = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// How a target may be treated.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What exists may be overwritten.
    pub force: bool,
    /// The cleaned file gets the times of the original.
    pub preserve_times: bool,
}

/// A file on its way to its target.
#[derive(Debug)]
pub struct Staged {
    temporary: Temporary,
    target: PathBuf,
    /// None: stdin.
    original: Option<Metadata>,
    rules: Rules,
    in_place: bool,
    /// Name that the original is kept under.
    backup: Option<PathBuf>,
    pub warnings: Vec<String>,
}

/// Fails when the target exists and must not be overwritten; in place, when the backup does. And when there is no folder for it,
/// unless that will be made.
pub fn free(place: &Place, target: &Path, rules: Rules) -> Result<()> {
    if !matches!(place, Place::Directory(_)) {
        let folder = folder_of(target);
        folder.metadata().map_err(|e| unwritable(folder, &e))?;
    }
    let backup = backup_of(place, target);
    let in_the_way = match place {
        Place::InPlace { .. } => backup.as_deref(),
        _ => Some(target),
    };
    match in_the_way.and_then(|path| Some((path, path.symlink_metadata().ok()?))) {
        // A device, a pipe, a folder: it would be gone.
        Some((path, meta)) if !meta.is_file() && !meta.is_symlink() => Err(Error::new(
            Code::TargetExists,
            format!("{} is no file, so it is not replaced (--output - writes to stdout)", path.display()),
        )),
        Some((path, _)) if !rules.force => Err(exists(path)),
        _ => Ok(()),
    }
}

fn backup_of(place: &Place, target: &Path) -> Option<PathBuf> {
    let Place::InPlace { backup: Some(suffix) } = place else { return None };
    let mut name = target.as_os_str().to_os_string();
    name.push(suffix);
    Some(name.into())
}

impl Staged {
    /// Creates the temporary file beside `target`, folders on the way included.
    pub fn new(place: &Place, original: Option<Metadata>, target: &Path, rules: Rules) -> Result<Self> {
        let in_place = matches!(place, Place::InPlace { .. });
        let folder = folder_of(target);
        let create = || {
            // As `cp` does: the mode of the original, less what the user's mask takes. In place all of it, see `dress`.
            let mode = if in_place { 0o600 } else { original.as_ref().map_or(0o666, |o| o.mode() & 0o777) };
            let mut builder = tempfile::Builder::new();
            builder.prefix(".exifkit-").suffix(".tmp").permissions(PermissionsExt::from_mode(mode)).tempfile_in(folder)
        };
        let temporary = Temporary::create(create).or_else(|e| match e.kind() {
            io::ErrorKind::NotFound if matches!(place, Place::Directory(_)) => {
                std::fs::create_dir_all(folder)?;
                Temporary::create(create)
            }
            _ => Err(e),
        });
        let temporary = temporary.map_err(|e| unwritable(folder, &e))?;
        let backup = backup_of(place, target);
        Ok(Staged { temporary, target: target.to_path_buf(), original, rules, in_place, backup, warnings: Vec::new() })
    }

    pub fn file(&mut self) -> io::Result<&mut File> {
        self.temporary.file()
    }

    /// Puts the file in its place; what is to be said about it.
    pub fn commit(mut self) -> Result<Vec<String>> {
        self.put().map_err(|e| match (e.kind(), &self.backup) {
            (io::ErrorKind::AlreadyExists, Some(backup)) => exists(backup),
            (io::ErrorKind::AlreadyExists, None) => exists(&self.target),
            _ => unwritable(&self.target, &e),
        })?;
        Ok(std::mem::take(&mut self.warnings))
    }

    fn put(&mut self) -> io::Result<()> {
        let Rules { force, preserve_times } = self.rules;
        if let (true, Some(original)) = (preserve_times, &self.original) {
            let times = FileTimes::new().set_modified(original.modified()?).set_accessed(original.accessed()?);
            self.temporary.file()?.set_times(times)?;
        }
        match (&self.original, self.in_place) {
            (Some(original), true) => {
                if !unchanged(original, &self.target) {
                    return Err(io::Error::other("it was changed while it was cleaned"));
                }
                let warnings = dress(self.temporary.file()?, original)?;
                self.warnings.extend(warnings);
                self.replace()
            }
            _ if force => self.temporary.replace(&self.target),
            _ => self.temporary.rename_new(&self.target),
        }
    }

    fn replace(&mut self) -> io::Result<()> {
        self.temporary.file()?.sync_all()?;
        if let Some(backup) = &self.backup {
            self.back_up(backup)?;
        }
        if let Err(e) = self.temporary.replace(&self.target) {
            // The original stands as it was; its second name is not wanted then.
            self.backup.iter().for_each(|b| drop(std::fs::remove_file(b)));
            return Err(e);
        }
        File::open(folder_of(&self.target))?.sync_all()
    }

    /// A second name for the original: no moment without it.
    fn back_up(&self, backup: &Path) -> io::Result<()> {
        let target = &self.target;
        if self.rules.force && backup.symlink_metadata().is_ok() {
            std::fs::remove_file(backup)?;
        }
        std::fs::hard_link(target, backup).or_else(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => Err(e),
            // A file system without links.
            _ => {
                // Nobody else reads it before it has the mode of the original.
                let copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(backup)?;
                copied(target, copy).inspect_err(|_| drop(std::fs::remove_file(backup)))
            }
        })
    }
}

/// Is what was cleaned still there? Whoever has edited the file meanwhile would lose what he did.
fn unchanged(original: &Metadata, target: &Path) -> bool {
    let state = |m: &Metadata| (m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec());
    std::fs::metadata(target).is_ok_and(|now| state(&now) == state(original))
}

fn copied(original: &Path, mut copy: File) -> io::Result<()> {
    io::copy(&mut File::open(original)?, &mut copy)?;
    copy.set_permissions(std::fs::metadata(original)?.permissions())?;
    copy.sync_all()
}

/// Gives the new file owner and mode of the original; what could not be done, and what the user should know.
fn dress(file: &File, original: &Metadata) -> io::Result<Vec<String>> {
    let mut warnings = Vec::new();
    if original.nlink() > 1 {
        warnings.push("the file has other names (hard links): they still hold the original".into());
    }
    let (uid, gid, mode) = (original.uid(), original.gid(), original.mode() & 0o7777);
    let mine = file.metadata()?;
    if (mine.uid(), mine.gid()) != (uid, gid) && fchown(file, Some(uid), Some(gid)).is_err() {
        // Only root may give files away; the group may still be possible.
        let _ = fchown(file, None, Some(gid));
        warnings.push(format!("the owner ({uid}:{gid}) could not be kept"));
    }
    file.set_permissions(PermissionsExt::from_mode(mode))?;
    Ok(warnings)
}

/// Where a file is.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> Error {
    Error::new(Code::TargetExists, format!("{} exists already", path.display()))
}

fn unwritable(path: &Path, e: &io::Error) -> Error {
    // The reason alone: the temporary name that `tempfile` puts behind it is nothing to the user.
    let text = e.to_string();
    let reason = text.split_once(" at path ").map_or(text.as_str(), |(reason, _)| reason);
    Error::new(Code::Unreadable, format!("{} cannot be written: {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let dir = Place::Directory("out".into());
        let cases: &[(&Place, &str, Option<&str>, &str)] = &[
            (&Place::Beside, "a/image.jpg", None, "a/image_cleaned.jpg"),
            (&Place::Beside, "image", None, "image_cleaned"),
            (&Place::Beside, ".hidden", None, ".hidden_cleaned"),
            (&Place::File("x".into()), "a.jpg", None, "x"),
            (&dir, "a.jpg", None, "out/a.jpg"),
            (&dir, "./p/a.jpg", None, "out/p/a.jpg"),
            (&dir, "../p/a.jpg", None, "out/p/a.jpg"),
            (&dir, "p/../../a.jpg", None, "out/a.jpg"),
            (&dir, "/abs/p/a.jpg", None, "out/a.jpg"),
            (&dir, "p/q/a.jpg", Some("p"), "out/p/q/a.jpg"),
            (&dir, "./q/a.jpg", Some("."), "out/q/a.jpg"),
            (&dir, "/abs/p/q/a.jpg", Some("/abs/p"), "out/p/q/a.jpg"),
            (&dir, "/q/a.jpg", Some("/"), "out/q/a.jpg"),
        ];
        for (place, path, root, want) in cases {
            assert_eq!(place.target(Path::new(path), root.map(Path::new)).unwrap(), Path::new(want), "{place:?} {path}");
        }
        assert_eq!(normal(Path::new("/a/./b/../c")), Path::new("/a/c"));
    }
}
