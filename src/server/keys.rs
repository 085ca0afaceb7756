//! API keys: 256 random bits each, shown once, kept as SHA-256 in a file of lines `ID HASH CREATED OWNER`.

use super::log;
use crate::{
    engine::place::folder_of,
    error::{Code, Error},
};
use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use std::{
    io::Write,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};
use subtle::ConstantTimeEq;

/// What a key begins with, so that scanners of source code find one that leaked.
const PREFIX: &str = "exifkit_";

/// A key as it is kept: whoever reads the file has no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Names the key in lists and logs.
    pub id: String,
    pub hash: [u8; 32],
    pub created: String,
    pub owner: String,
}

/// A new key: what its user is shown, and what is kept.
pub fn generate(owner: &str) -> anyhow::Result<(String, Entry)> {
    let mut bits = [0; 32];
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(&mut bits).ok().context("the system gives no random numbers")?;
    let key = format!("{PREFIX}{}", hex(&bits));
    let hash = digest(&key);
    let entry = Entry { id: hex(&hash[..4]), hash, created: log::now(), owner: owner.to_string() };
    Ok((key, entry))
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Entry {
    fn line(&self) -> String {
        format!("{} {} {} {}\n", self.id, hex(&self.hash), self.created, self.owner)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        let (id, hash, created, owner) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let mut bytes = [0; 32];
        if hash.len() != 64 || !hash.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hash.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Entry { id: id.into(), hash: bytes, created: created.into(), owner: owner.trim().into() })
    }
}

/// The keys of a file. None when there is no file. A line that cannot be read is an error: it may be a key that was to be revoked.
pub fn read(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let text = text(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !is_comment(line));
    lines
        .map(|(i, line)| {
            Entry::parse(line).with_context(|| format!("{}:{}: expected ID SHA256 CREATED OWNER", path.display(), i + 1))
        })
        .collect()
}

fn text(path: &Path) -> anyhow::Result<String> {
    match std::fs::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        text => text.with_context(|| path.display().to_string()),
    }
}

fn is_comment(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#')
}

/// The text of a file that can be read as a whole: what its operator wrote between the keys stays there.
fn checked(path: &Path) -> anyhow::Result<String> {
    read(path)?;
    text(path)
}

/// Adds a key to the file; the key, which cannot be shown again.
pub fn create(path: &Path, owner: &str) -> anyhow::Result<(String, Entry)> {
    let owner = owner.trim();
    if owner.is_empty() || owner.chars().any(char::is_control) {
        bail!(Error::new(Code::InvalidRequest, "--owner: a name without control characters is expected"));
    }
    let _alone = alone(path)?;
    let mut text = checked(path)?;
    let (key, entry) = generate(owner)?;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text += &entry.line();
    write(path, &text)?;
    Ok((key, entry))
}

/// Takes the keys of that id out of the file; whether there were any.
pub fn revoke(path: &Path, id: &str) -> anyhow::Result<bool> {
    let _alone = alone(path)?;
    let text = checked(path)?;
    let stays = |line: &&str| is_comment(line) || Entry::parse(line).is_none_or(|entry| entry.id != id);
    let rest: String = text.split_inclusive('\n').filter(stays).collect();
    if rest == text {
        return Ok(false);
    }
    write(path, &rest)?;
    Ok(true)
}

/// Changes are made one after the other: a key that was just made, or taken out, must not be lost to another change.
fn alone(path: &Path) -> anyhow::Result<std::fs::File> {
    let folder = folder_of(path);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| folder.display().to_string())?;
    let mut name = path.as_os_str().to_os_string();
    name.push(".lock");
    let path = PathBuf::from(name);
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.with_context(|| path.display().to_string())?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).with_context(|| path.display().to_string())?;
    Ok(file)
}

/// Replaces the file at once: a server that reads it meanwhile sees the old keys or the new.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    put(path, text).with_context(|| path.display().to_string())
}

/// Mode 0600, of the same owner as before: the server that reads it may be another user than who changes it.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
    let owned = |old: std::fs::Metadata| fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
    match std::fs::metadata(path) {
        Ok(old) => owned(old)?,
        // Only root can give it to whoever has the folder, and need not.
        Err(_) => drop(std::fs::metadata(folder_of(path)).and_then(owned)),
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub owner: String,
    /// Of the key; for the log.
    pub key_id: String,
}

/// The keys that a server knows. A file that changed is read again, so that a revoked key is refused at once.
#[derive(Debug)]
pub struct Keys {
    path: PathBuf,
    /// Keys without a file: the one-time key.
    own: Vec<Entry>,
    file: Mutex<Known>,
}

/// The file as it was read last.
#[derive(Debug)]
struct Known {
    stamp: Option<Stamp>,
    entries: Vec<Entry>,
    /// Why these are not the keys of the file as it is now.
    trouble: Option<String>,
}

type Stamp = (SystemTime, i64, i64, u64, u64);

impl Keys {
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let (stamp, entries) = (stamp(&path), read(&path)?);
        Ok(Keys { file: Mutex::new(Known { stamp, entries, trouble: None }), path, own: Vec::new() })
    }

    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.current().entries.is_empty()
    }

    /// Are these the keys that the operator wrote?
    pub fn ready(&self) -> bool {
        self.current().trouble.is_none()
    }

    /// Makes a key that lives as long as the server.
    pub fn one_time(&mut self) -> anyhow::Result<String> {
        let (key, entry) = generate("local")?;
        self.own.push(entry);
        Ok(key)
    }

    /// The keys as of now.
    fn current(&self) -> MutexGuard<'_, Known> {
        let mut known = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        known.refresh(&self.path);
        known
    }

    /// Whose key is it? Takes the same time for every key: all entries are compared, and all bits of each.
    pub fn caller(&self, key: &str) -> Option<Caller> {
        let hash = digest(key);
        let mut found = None;
        let known = self.current();
        for entry in self.own.iter().chain(&known.entries) {
            if bool::from(entry.hash.ct_eq(&hash)) {
                found = Some(entry);
            }
        }
        found.map(|e| Caller { owner: e.owner.clone(), key_id: e.id.clone() })
    }
}

impl Known {
    /// A file that can be read no more changes nothing: a slip of the pen must not lock everybody out. One that is gone
    /// leaves no key valid. Either is said once in the log, and by `/readyz` until it is mended.
    fn refresh(&mut self, path: &Path) {
        let now = stamp(path);
        // Not every trouble leaves a mark on the file.
        if self.stamp == now && self.trouble.is_none() {
            return;
        }
        let gone = now.is_none() && (self.stamp.is_some() || self.trouble.is_some());
        self.stamp = now;
        let trouble = match read(path) {
            Ok(entries) => {
                self.entries = entries;
                gone.then(|| format!("{}: the file is gone: no key is valid", path.display()))
            }
            Err(e) => Some(format!("{e:#}: the keys that were read last stay valid")),
        };
        if trouble != self.trouble {
            match &trouble {
                Some(trouble) => log::event("error", "keys_file", trouble),
                None => log::event("info", "keys_file", &format!("{}: read again", path.display())),
            }
            self.trouble = trouble;
        }
    }
}

/// What differs when a file was written, replaced, or opened to us again.
fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.ctime(), meta.ctime_nsec(), meta.len(), meta.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn many_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/keys");
        let (_, gone) = create(&path, "to be revoked").unwrap();
        std::thread::scope(|scope| {
            (0..16).for_each(|i| {
                drop(scope.spawn({
                    let path = &path;
                    move || create(path, &format!("owner {i}")).unwrap()
                }))
            });
            scope.spawn(|| assert!(revoke(&path, &gone.id).unwrap()));
        });
        let mut owners: Vec<String> = read(&path).unwrap().into_iter().map(|e| e.owner).collect();
        owners.sort();
        let mut want: Vec<String> = (0..16).map(|i| format!("owner {i}")).collect();
        want.sort();
        assert_eq!(owners, want);
    }

    #[test]
    fn a_key_is_valid_until_it_is_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let (ann, entry) = create(&path, "Ann of Ålesund").unwrap();
        let (ben, _) = create(&path, "Ben").unwrap();
        assert_eq!(ann.len(), PREFIX.len() + 64);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&ann[PREFIX.len()..]), "only hashes are kept");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let keys = Keys::open(path.clone()).unwrap();
        assert_eq!(keys.caller(&ann).unwrap().owner, "Ann of Ålesund");
        assert_eq!(keys.caller(&ben).unwrap().owner, "Ben");
        for wrong in ["", "x", &ann[1..], &format!("{ann} ")] {
            assert_eq!(keys.caller(wrong), None, "{wrong:?}");
        }
        assert!(revoke(&path, &entry.id).unwrap());
        assert!(!revoke(&path, &entry.id).unwrap());
        assert_eq!(keys.caller(&ann), None, "at once");
        assert!(keys.caller(&ben).is_some());
    }

    /// Whoever revokes a key is often root; the server that reads the file is not.
    #[test]
    fn the_file_stays_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.lock");
        let (_, entry) = create(&path, "Ann").unwrap();
        let own = std::fs::metadata(&path).unwrap().uid();
        // Only root can give files away.
        let other = if fchown(std::fs::File::open(&path).unwrap(), Some(65_534), None).is_ok() { 65_534 } else { own };
        create(&path, "Ben").unwrap();
        assert!(revoke(&path, &entry.id).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().uid(), other);
        assert_eq!(read(&path).unwrap().len(), 1);
        assert!(folder.path().join("x.lock.lock").exists(), "its lock is another file");
    }

    #[test]
    fn a_file_that_turns_bad() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let (ann, _) = create(&path, "Ann").unwrap();
        let keys = Keys::open(path.clone()).unwrap();
        let good = std::fs::read_to_string(&path).unwrap();
        let known = |key: &str| (keys.caller(key).is_some(), keys.ready());
        assert_eq!(known(&ann), (true, true));
        std::fs::write(&path, format!("{good}nonsense\n")).unwrap();
        assert_eq!(known(&ann), (true, false), "the last good ones");
        assert!(Keys::open(path.clone()).is_err() && create(&path, "Ben").is_err());
        // In its place something that cannot be read at all.
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(known(&ann), (true, false));
        std::fs::remove_dir(&path).unwrap();
        assert_eq!(known(&ann), (false, false), "gone is gone");
        std::fs::write(&path, &good).unwrap();
        assert_eq!(known(&ann), (true, true));
        let (ben, _) = create(&path, "Ben").unwrap();
        assert_eq!(known(&ben), (true, true));
        // Where there never was a file, nothing is wrong.
        let none = Keys::open(folder.path().join("none")).unwrap();
        assert!(none.ready() && none.is_empty() && none.ready());
    }

    #[test]
    fn what_stands_between_the_keys_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, "# of the house\n\n# Ann, until May").unwrap();
        let (_, ann) = create(&path, " Ann ").unwrap();
        assert_eq!(ann.owner, "Ann");
        let (_, ben) = create(&path, "Ben").unwrap();
        let want = |more: &str| format!("# of the house\n\n# Ann, until May\n{more}");
        let text = || std::fs::read_to_string(&path).unwrap();
        assert_eq!(text(), want(&(ann.line() + &ben.line())));
        assert!(revoke(&path, &ann.id).unwrap());
        assert_eq!(text(), want(&ben.line()));
        for nobody in ["", " ", "\t", "a\nb"] {
            let refused = create(&path, nobody).unwrap_err();
            assert!(refused.to_string().contains("--owner"), "{refused}");
        }
        assert_eq!(text(), want(&ben.line()));
    }
}
