//! What a server keeps: results and cleaned files of many owners by uuid, until they expire.
//!
//! An answer is sent after its row is in the database and its file under its name: a killed server forgets nothing that it
//! has acknowledged. A file without a row is an orphan, which the next sweep takes.

use super::now;
use anyhow::{Context, bail};
use rusqlite::{Connection, OptionalExtension, params};
use std::{
    collections::HashSet,
    fs::File,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS extractions (
    uuid TEXT PRIMARY KEY, created INTEGER NOT NULL, owner TEXT NOT NULL, file_name TEXT NOT NULL, metadata TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS extractions_by_age ON extractions (created);
CREATE TABLE IF NOT EXISTS removals (
    uuid TEXT PRIMARY KEY, created INTEGER NOT NULL, owner TEXT NOT NULL, file_name TEXT NOT NULL, mime TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS removals_by_age ON removals (created);";

/// Files without a name; where the system knows no such thing, files that lose it at once. What a kill left between is swept.
const UPLOADS: &str = "uploads";

/// The store of one server. Two servers cannot share a folder.
#[derive(Debug)]
pub struct Service {
    directory: PathBuf,
    retention: Duration,
    connection: Mutex<Connection>,
    /// Held as long as the server lives; goes with the process, however it ends.
    _lock: Mutex<Connection>,
    /// Cleaned files that have no row yet.
    unborn: Mutex<HashSet<String>>,
}

/// A cleaned file on its way, until it has its row. One that fails, or whose making panics, goes.
struct Birth<'a> {
    service: &'a Service,
    uuid: &'a str,
    done: bool,
}

impl<'a> Birth<'a> {
    fn of(service: &'a Service, uuid: &'a str) -> Self {
        service.unborn().insert(uuid.to_string());
        Birth { service, uuid, done: false }
    }
}

impl Drop for Birth<'_> {
    fn drop(&mut self) {
        if !self.done {
            // What cannot be deleted now goes with the next sweep.
            let _ = std::fs::remove_file(self.service.path(self.uuid));
        }
        self.service.unborn().remove(self.uuid);
    }
}

/// An extraction.
#[derive(Debug)]
pub struct Found {
    pub file_name: String,
    /// JSON, as it was answered.
    pub metadata: String,
}

/// A cleaned file.
#[derive(Debug)]
pub struct Cleaned {
    pub file: File,
    pub file_name: String,
    pub mime: String,
}

impl Service {
    pub fn open(directory: &Path, retention: Duration) -> anyhow::Result<Self> {
        super::private_directory(directory, "--data-dir").with_context(|| directory.display().to_string())?;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory.join("cleaned"))?;
        let lock = exclusive(&directory.join("lock.sqlite3"))
            .with_context(|| format!("{}: another server uses this folder (--data-dir)", directory.display()))?;
        // The lock is ours: whose uploads these were is dead.
        empty_directory(&directory.join(UPLOADS))?;
        let connection = Connection::open(directory.join(super::FILE)).with_context(|| directory.display().to_string())?;
        connection.busy_timeout(super::PATIENCE)?;
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "secure_delete", true)?;
        // In KiB. Rows are written once and seldom read, and the system caches the file.
        connection.pragma_update(None, "cache_size", -256)?;
        connection.execute_batch(SCHEMA)?;
        let unborn = Mutex::new(HashSet::new());
        let service = Service {
            directory: directory.into(),
            retention,
            connection: Mutex::new(connection),
            _lock: Mutex::new(lock),
            unborn,
        };
        service.sweep()?;
        Ok(service)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unborn(&self) -> MutexGuard<'_, HashSet<String>> {
        self.unborn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The youngest moment that has expired.
    fn expired(&self) -> i64 {
        now().saturating_sub(i64::try_from(self.retention.as_secs()).unwrap_or(i64::MAX))
    }

    /// Where uploads wait for their work, without a name.
    pub fn uploads(&self) -> PathBuf {
        self.directory.join(UPLOADS)
    }

    /// Does the database answer?
    pub fn ready(&self) -> bool {
        self.connection().query_row("SELECT 1", [], |_| Ok(())).is_ok()
    }

    /// Keeps a result; its uuid.
    pub fn put(&self, owner: &str, file_name: &str, metadata: &str) -> anyhow::Result<String> {
        let uuid = new_uuid();
        let connection = self.connection();
        let mut insert = connection.prepare_cached("INSERT INTO extractions VALUES (?1, ?2, ?3, ?4, ?5)")?;
        insert.execute(params![uuid, now(), owner, file_name, metadata])?;
        Ok(uuid)
    }

    /// A result that has not expired; with `owner`, only of that owner.
    pub fn find(&self, uuid: &str, owner: Option<&str>) -> anyhow::Result<Option<Found>> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(
            "SELECT file_name, metadata FROM extractions WHERE uuid = ?1 AND created > ?2 AND (?3 IS NULL OR owner = ?3)",
        )?;
        let found = |r: &rusqlite::Row| Ok(Found { file_name: r.get(0)?, metadata: r.get(1)? });
        Ok(select.query_row(params![uuid, self.expired(), owner], found).optional()?)
    }

    /// Makes, by `write`, a cleaned file, and keeps it; its uuid. What is written says its MIME type.
    pub fn put_cleaned<T, E: From<anyhow::Error>>(
        &self,
        owner: &str,
        file_name: &str,
        write: impl FnOnce(&mut File) -> Result<(String, T), E>,
    ) -> Result<(String, T), E> {
        let uuid = new_uuid();
        let mut birth = Birth::of(self, &uuid);
        let (mime, written) = self.write_cleaned(&uuid, write)?;
        self.insert_cleaned(&uuid, owner, file_name, &mime)?;
        birth.done = true;
        drop(birth);
        Ok((uuid, written))
    }

    fn insert_cleaned(&self, uuid: &str, owner: &str, file_name: &str, mime: &str) -> anyhow::Result<()> {
        let connection = self.connection();
        let mut insert = connection.prepare_cached("INSERT INTO removals VALUES (?1, ?2, ?3, ?4, ?5)")?;
        insert.execute(params![uuid, now(), owner, file_name, mime])?;
        Ok(())
    }

    fn write_cleaned<T, E: From<anyhow::Error>>(
        &self,
        uuid: &str,
        write: impl FnOnce(&mut File) -> Result<T, E>,
    ) -> Result<T, E> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = std::fs::OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).mode(0o600).open(self.path(uuid));
        let mut file = file.map_err(anyhow::Error::from)?;
        let written = write(&mut file)?;
        // When the machine fails, no row may outlive the bytes that it vouches for.
        file.sync_data().map_err(anyhow::Error::from)?;
        Ok(written)
    }

    fn path(&self, uuid: &str) -> PathBuf {
        self.directory.join("cleaned").join(uuid)
    }

    /// A cleaned file that has not expired.
    pub fn cleaned(&self, uuid: &str) -> anyhow::Result<Option<Cleaned>> {
        let row: Option<(String, String)> = self
            .connection()
            .prepare_cached("SELECT file_name, mime FROM removals WHERE uuid = ?1 AND created > ?2")?
            .query_row(params![uuid, self.expired()], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        let Some((file_name, mime)) = row else { return Ok(None) };
        match File::open(self.path(uuid)) {
            Ok(file) => Ok(Some(Cleaned { file, file_name, mime })),
            // Swept since.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Deletes what has expired, and files without a row.
    pub fn sweep(&self) -> anyhow::Result<()> {
        let expired = self.expired();
        {
            let connection = self.connection();
            connection.execute("DELETE FROM extractions WHERE created <= ?1", [expired])?;
            connection.execute("DELETE FROM removals WHERE created <= ?1", [expired])?;
        }
        let mut result = Ok(());
        for entry in self.directory.join("cleaned").read_dir()? {
            // One that cannot be deleted must not keep the others.
            result = result.and(self.sweep_orphan(&entry?));
        }
        result
    }

    /// Deletes a file without a row. Folders are none of ours.
    fn sweep_orphan(&self, entry: &std::fs::DirEntry) -> anyhow::Result<()> {
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        // In this order: a file ceases to be unborn when it has its row.
        if entry.file_type()?.is_dir() || self.unborn().contains(name) || self.has_row(name)? {
            return Ok(());
        }
        match std::fs::remove_file(entry.path()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).with_context(|| entry.path().display().to_string()),
            _ => Ok(()),
        }
    }

    fn has_row(&self, uuid: &str) -> anyhow::Result<bool> {
        let query = "SELECT EXISTS (SELECT 1 FROM removals WHERE uuid = ?1)";
        Ok(self.connection().query_row(query, [uuid], |r| r.get(0))?)
    }
}

fn empty_directory(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e).with_context(|| path.display().to_string()),
        _ => {}
    }
    std::fs::DirBuilder::new().mode(0o700).create(path).with_context(|| path.display().to_string())
}

fn new_uuid() -> String {
    uuid::Uuid::new_v4().hyphenated().to_string()
}

/// A lock that ends with the process.
fn exclusive(path: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    if let Err(e) = connection.execute_batch("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;") {
        bail!("{e}");
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn owners_expiry_and_orphans() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("data");
        let service = Service::open(&directory, Duration::from_secs(100)).unwrap();
        assert!(Service::open(&directory, Duration::from_secs(100)).is_err(), "one server a folder");
        let uuid = service.put("ann", "a.jpg", r#"{"File":{}}"#).unwrap();
        for (owner, found) in [(None, true), (Some("ann"), true), (Some("ben"), false)] {
            assert_eq!(service.find(&uuid, owner).unwrap().is_some(), found, "{owner:?}");
        }
        let write = |f: &mut File| f.write_all(b"clean").map(|()| ("image/jpeg".into(), ())).map_err(anyhow::Error::from);
        let (cleaned, ()) = service.put_cleaned("ann", "a.jpg", write).unwrap();
        assert!(service.cleaned(&cleaned).unwrap().is_some());
        assert!(service.find(&cleaned, None).unwrap().is_none() && service.cleaned(&uuid).unwrap().is_none());
        let failed: anyhow::Result<(String, ())> = service.put_cleaned("ann", "b", |_| bail!("no"));
        assert!(failed.is_err());
        let panics = || service.put_cleaned("ann", "c", |_| -> anyhow::Result<(String, ())> { panic!("a decoder") });
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
        assert_eq!(std::fs::read_dir(directory.join("cleaned")).unwrap().count(), 1, "one that panicked leaves nothing");
        assert!(service.unborn().is_empty());

        std::fs::write(directory.join("uploads/.tmpAbCdEf"), b"x").unwrap();
        std::fs::write(directory.join("cleaned/orphan"), b"x").unwrap();
        std::fs::create_dir(directory.join("cleaned/folder")).unwrap();
        drop(service);
        let service = Service::open(&directory, Duration::from_secs(100)).unwrap();
        std::fs::remove_dir(directory.join("cleaned/folder")).unwrap();
        let files = || std::fs::read_dir(directory.join("cleaned")).unwrap().count();
        assert_eq!(files(), 1, "the orphan is gone, the failed one was never there");
        assert_eq!(std::fs::read_dir(service.uploads()).unwrap().count(), 0, "half an upload is gone, too");
        assert!(service.find(&uuid, None).unwrap().is_some() && service.cleaned(&cleaned).unwrap().is_some());

        for table in ["extractions", "removals"] {
            service.connection().execute(&format!("UPDATE {table} SET created = created - 101"), []).unwrap();
        }
        assert!(service.find(&uuid, None).unwrap().is_none() && service.cleaned(&cleaned).unwrap().is_none(), "not swept yet");
        assert_eq!(files(), 1);
        service.sweep().unwrap();
        assert_eq!(files(), 0);
    }
}
