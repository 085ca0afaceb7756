//! Results by uuid, for 24 hours: SQLite, so that many processes at once lose nothing and a crash breaks nothing.

pub mod service;

pub use service::Service;

use anyhow::Context;
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig, params};
use std::{
    fs::DirBuilder,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Results are kept so long.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Another process may hold the store so long.
const PATIENCE: Duration = Duration::from_secs(20);
const FILE: &str = "results.sqlite3";

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS results (
    uuid TEXT PRIMARY KEY, created INTEGER NOT NULL, file_name TEXT NOT NULL, metadata TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS results_by_age ON results (created);";

/// An earlier result.
#[derive(Debug)]
pub struct Result {
    pub uuid: String,
    pub file_name: String,
    /// As it was printed.
    pub metadata: serde_json::Value,
}

/// The local store, open for writing.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the user's store, makes it when there is none, and sweeps what has expired.
    pub fn open() -> anyhow::Result<Self> {
        let directory = directory().context("there is no home directory: set EXIFKIT_STORE_DIR")?;
        Self::open_in(&directory).with_context(|| directory.display().to_string())
    }

    fn open_in(directory: &Path) -> anyhow::Result<Self> {
        private_directory(directory, "EXIFKIT_STORE_DIR")?;
        let connection = Connection::open(directory.join(FILE))?;
        connection.busy_timeout(PATIENCE)?;
        // The last of many processes to close would copy the log back every time; the log is copied when it is long.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "secure_delete", true)?;
        if !journal_is_log(&connection)? {
            set_up(&connection)?;
        }
        let store = Store { connection };
        store.sweep()?;
        Ok(store)
    }

    fn sweep(&self) -> rusqlite::Result<()> {
        let oldest = now() - LIFETIME.as_secs() as i64;
        // Looking needs no lock; most of the time there is nothing to delete.
        let expired = "SELECT EXISTS (SELECT 1 FROM results WHERE created < ?1)";
        if self.connection.query_row(expired, [oldest], |row| row.get(0))? {
            self.connection.execute("DELETE FROM results WHERE created < ?1", [oldest])?;
        }
        Ok(())
    }

    /// Keeps a result; its new uuid.
    pub fn put(&mut self, file_name: &str, metadata: &str) -> anyhow::Result<String> {
        let uuid = uuid::Uuid::new_v4().hyphenated().to_string();
        let mut insert = self.connection.prepare_cached("INSERT INTO results VALUES (?1, ?2, ?3, ?4)")?;
        insert.execute(params![uuid, now(), file_name, metadata])?;
        Ok(uuid)
    }

    /// The result of that uuid in the user's store, if it is there and not too old. Makes no store.
    pub fn find(uuid: &str) -> anyhow::Result<Option<Result>> {
        match directory() {
            Some(directory) if directory.join(FILE).exists() => Self::find_in(&directory, uuid),
            _ => Ok(None),
        }
    }

    fn find_in(directory: &Path, uuid: &str) -> anyhow::Result<Option<Result>> {
        // Reading a log needs its index file, which a connection for reading only could not make.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(directory.join(FILE), flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let known: bool =
            connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'results')", [], |r| r.get(0))?;
        if !known {
            return Ok(None);
        }
        let oldest = now() - LIFETIME.as_secs() as i64;
        let row: Option<(String, String)> = connection
            .query_row(
                "SELECT file_name, metadata FROM results WHERE uuid = ?1 AND created >= ?2",
                params![uuid, oldest],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((file_name, metadata)) = row else { return Ok(None) };
        let metadata = serde_json::from_str(&metadata).context("the stored result is damaged")?;
        Ok(Some(Result { uuid: uuid.to_string(), file_name, metadata }))
    }
}

fn journal_is_log(connection: &Connection) -> rusqlite::Result<bool> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let tables: i64 =
        connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name IN ('results', 'results_by_age')", [], |r| r.get(0))?;
    Ok(mode == "wal" && tables == 2)
}

/// Makes the tables. Of several processes that do it at once, one has to wait; the change to a log does not wait by itself.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    let start = std::time::Instant::now();
    loop {
        let result = connection
            .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
            .and_then(|()| connection.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT;")));
        match result {
            Err(e) if busy(&e) && start.elapsed() < PATIENCE => {
                let _ = connection.execute_batch("ROLLBACK");
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn busy(e: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(e.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

/// Has the user turned storing off, with `EXIFKIT_NO_STORE`?
pub fn turned_off() -> bool {
    let said = std::env::var("EXIFKIT_NO_STORE").unwrap_or_default().to_ascii_lowercase();
    !matches!(said.as_str(), "" | "0" | "n" | "no" | "f" | "false" | "off")
}

/// `EXIFKIT_STORE_DIR`, else the XDG state directory.
pub fn directory() -> Option<PathBuf> {
    let path = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    path("EXIFKIT_STORE_DIR").or_else(|| {
        let state = path("XDG_STATE_HOME").filter(|p| p.is_absolute());
        Some(state.or_else(|| Some(path("HOME")?.join(".local/state")))?.join("exifkit"))
    })
}

/// Makes the folder, or closes it to others: names and places stand in it. One that holds somebody else's files stays as it is.
/// `setting` says where the folder is.
fn private_directory(directory: &Path, setting: &str) -> anyhow::Result<()> {
    match std::fs::metadata(directory) {
        Ok(meta) if meta.permissions().mode() & 0o077 == 0 => Ok(()),
        Ok(_) if directory.join(FILE).exists() || !holds_other_files(directory)? => {
            Ok(std::fs::set_permissions(directory, PermissionsExt::from_mode(0o700))?)
        }
        Ok(_) => anyhow::bail!(
            "others may look into this folder, and it holds other files: close it to them (chmod 700), or name a folder of its own ({setting})"
        ),
        Err(_) => Ok(DirBuilder::new().recursive(true).mode(0o700).create(directory)?),
    }
}

/// What is in a folder before its store is: keys that were made first, and what a fresh volume has.
const OWN: [&str; 3] = ["keys", "keys.lock", "lost+found"];

fn holds_other_files(directory: &Path) -> std::io::Result<bool> {
    for entry in directory.read_dir()? {
        let name = entry?.file_name();
        if !OWN.iter().any(|own| name == *own) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_found_until_they_expire() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("store");
        let mut store = Store::open_in(&directory).unwrap();
        assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        let uuid = store.put("a.jpg", r#"{"File":{"Size":3,"Name":"a.jpg"}}"#).unwrap();
        let found = Store::find_in(&directory, &uuid).unwrap().unwrap();
        assert_eq!(found.metadata.to_string(), r#"{"File":{"Size":3,"Name":"a.jpg"}}"#, "in the order that it was stored");
        assert!(Store::find_in(&directory, "other").unwrap().is_none());

        store.connection.execute("UPDATE results SET created = created - 86401", []).unwrap();
        assert!(Store::find_in(&directory, &uuid).unwrap().is_none(), "expired, though not swept yet");
        drop(Store::open_in(&directory).unwrap());
        let left: i64 = store.connection.query_row("SELECT count(*) FROM results", [], |r| r.get(0)).unwrap();
        assert_eq!(left, 0, "swept at the next start");
    }
    #[test]
    fn folders_are_closed_unless_they_are_somebody_elses() {
        let closed = 0o700;
        for (holds, after) in [
            (&[][..], closed),
            (&[FILE, "photo.jpg"], closed),
            (&["keys", "keys.lock"], closed),
            (&["lost+found"], closed),
            (&["keys", "photo.jpg"], 0o755),
            (&["keys.old"], 0o755),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
            holds.iter().for_each(|name| std::fs::write(folder.path().join(name), b"").unwrap());
            let said = private_directory(folder.path(), "--a-flag").map_err(|e| e.to_string());
            let mode = std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode, said.is_ok()), (after, after == closed), "{holds:?}");
            assert!(said.err().is_none_or(|e| e.contains("chmod 700") && e.contains("--a-flag")), "{holds:?}");
        }
    }
}
