//! API keys: 256 random bits each, shown once, kept as SHA-256 in a file of lines `ID HASH CREATED OWNER`.

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use std::{
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
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
    let entry = Entry { id: hex(&hash[..4]), hash, created: super::log::now(), owner: owner.to_string() };
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
    let text = match std::fs::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.with_context(|| path.display().to_string())?,
    };
    let lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    lines
        .map(|(i, line)| {
            Entry::parse(line).with_context(|| format!("{}:{}: expected ID SHA256 CREATED OWNER", path.display(), i + 1))
        })
        .collect()
}

/// Adds a key to the file; the key, which cannot be shown again.
pub fn create(path: &Path, owner: &str) -> anyhow::Result<(String, Entry)> {
    if owner.is_empty() || owner.chars().any(char::is_control) {
        bail!("an owner is a name without control characters");
    }
    let _alone = alone(path)?;
    let mut entries = read(path)?;
    let (key, entry) = generate(owner)?;
    entries.push(entry.clone());
    write(path, &entries)?;
    Ok((key, entry))
}

/// Takes the keys of that id out of the file; whether there were any.
pub fn revoke(path: &Path, id: &str) -> anyhow::Result<bool> {
    let _alone = alone(path)?;
    let mut entries = read(path)?;
    let before = entries.len();
    entries.retain(|e| e.id != id);
    if entries.len() == before {
        return Ok(false);
    }
    write(path, &entries)?;
    Ok(true)
}

/// Changes are made one after the other: a key that was just made, or taken out, must not be lost to another change.
fn alone(path: &Path) -> anyhow::Result<std::fs::File> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| folder.display().to_string())?;
    let path = path.with_extension("lock");
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.with_context(|| path.display().to_string())?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).with_context(|| path.display().to_string())?;
    Ok(file)
}

/// Replaces the file at once: a server that reads it meanwhile sees the old keys or the new.
fn write(path: &Path, entries: &[Entry]) -> anyhow::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.set_permissions(PermissionsExt::from_mode(0o600))?;
    for entry in entries {
        file.write_all(entry.line().as_bytes())?;
    }
    file.sync_all()?;
    Ok(std::fs::rename(temporary, path)?)
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
    file: Mutex<(Option<Stamp>, Vec<Entry>)>,
}

type Stamp = (SystemTime, u64, u64);

impl Keys {
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let entries = read(&path)?;
        Ok(Keys { file: Mutex::new((stamp(&path), entries)), path, own: Vec::new() })
    }

    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.lock().1.is_empty()
    }

    /// Makes a key that lives as long as the server.
    pub fn one_time(&mut self) -> anyhow::Result<String> {
        let (key, entry) = generate("local")?;
        self.own.push(entry);
        Ok(key)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Option<Stamp>, Vec<Entry>)> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose key is it? Takes the same time for every key: all entries are compared, and all bits of each.
    pub fn caller(&self, key: &str) -> Option<Caller> {
        let hash = digest(key);
        let mut file = self.lock();
        let now = stamp(&self.path);
        if file.0 != now {
            // A file that cannot be read leaves no key valid.
            *file = (now, read(&self.path).unwrap_or_default());
        }
        let mut found = None;
        for entry in self.own.iter().chain(&file.1) {
            if bool::from(entry.hash.ct_eq(&hash)) {
                found = Some(entry);
            }
        }
        found.map(|e| Caller { owner: e.owner.clone(), key_id: e.id.clone() })
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len(), meta.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        std::fs::write(&path, "nonsense\n").unwrap();
        assert_eq!(keys.caller(&ben), None);
        assert!(Keys::open(path).is_err());
    }
}
