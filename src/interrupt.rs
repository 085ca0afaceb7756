//! Ctrl-C: work stops between files, and no temporary file stays behind.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Exit status of an interrupted process, as shells have it (128 + SIGINT).
pub const STATUS: u8 = 130;
/// So long may the file that is worked on take to end by itself.
const GRACE: Duration = Duration::from_millis(300);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Temporary files that exist now.
static LIVE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn live() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on SIGINT, SIGTERM and SIGHUP end the work in order: after the files in hand, or after a short while without them.
pub fn install() {
    // It fails only when a handler is there already.
    let _ = ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        std::thread::sleep(GRACE);
        // Held until the end, so that no new file appears.
        let live = live();
        for path in live.iter() {
            let _ = std::fs::remove_file(path);
        }
        std::process::exit(i32::from(STATUS));
    });
}

/// Has the user had enough?
pub fn requested() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// A temporary file that goes when this is dropped or the process is interrupted, unless it has been renamed by then.
#[derive(Debug)]
pub struct Temporary {
    file: Option<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl Temporary {
    /// Creates one. `create` may not create another.
    pub fn create(create: impl FnOnce() -> io::Result<tempfile::NamedTempFile>) -> io::Result<Self> {
        let mut live = live();
        let file = create()?;
        let path = file.path().to_path_buf();
        live.insert(path.clone());
        Ok(Temporary { file: Some(file), path })
    }

    /// The open file. Fails after it has been renamed.
    pub fn file(&mut self) -> io::Result<&mut std::fs::File> {
        self.file.as_mut().map(tempfile::NamedTempFile::as_file_mut).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Renames the file to `target`, over what is there.
    pub fn replace(&mut self, target: &Path) -> io::Result<()> {
        self.rename(|file| file.persist(target))
    }

    /// Renames the file to `target`, which must not exist.
    pub fn rename_new(&mut self, target: &Path) -> io::Result<()> {
        self.rename(|file| file.persist_noclobber(target))
    }

    fn rename(
        &mut self,
        persist: impl FnOnce(tempfile::NamedTempFile) -> Result<std::fs::File, tempfile::PersistError>,
    ) -> io::Result<()> {
        let file = self.file.take().ok_or(io::ErrorKind::NotFound)?;
        // A failed rename drops, and so removes, the file.
        persist(file).map(drop).map_err(|e| e.error)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The file first: until then an interruption still has to know of it.
        drop(self.file.take());
        live().remove(&self.path);
    }
}
