//! What the C library keeps of memory that was given back.
//!
//! After a load what is still in use, little as it is, lies scattered over the buffers of all connections that there were at once.
//! By itself glibc gives the system only the end of a heap; when it is asked, every free page of every heap, but the ends of one
//! heap alone ([`give_back`]). And a page is not free while one small block of it waits in the cache of a thread, which nothing
//! empties. Hence [`tune`]: one heap, and no such caches. (Uploads are not served slower so: `cargo bench --bench load`. Files are
//! decoded in processes of their own, which are not tuned.)

use std::{env, os::unix::process::CommandExt, process::Command, time::Duration};

/// Read at the start of a process alone (glibc manual, "Memory Allocation Tunables").
const VARIABLE: &str = "GLIBC_TUNABLES";
const TUNABLES: &str = "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1";

/// That this process was started by itself. To say it twice would help nobody: of a program with privileges (capabilities of its file
/// are enough) newer C libraries take the variable away.
const MARK: &str = "EXIFKIT_TUNED";

/// Between two times of giving back: threads without work end after as long.
pub const PERIOD: Duration = Duration::from_secs(10);

/// Starts this process again, as itself, with those settings, unless it has them already. Where that cannot be done the server
/// serves as well, and keeps more.
pub fn tune() {
    let Some(value) = with(&given()).filter(|_| env::var_os(MARK).is_none()) else { return };
    if let (true, Ok(program)) = (cfg!(all(target_os = "linux", target_env = "gnu")), env::current_exe()) {
        let mut args = env::args_os();
        let name = args.next().unwrap_or_else(|| "exifkit".into());
        let _ = Command::new(program).arg0(name).args(args).env(VARIABLE, value).env(MARK, "1").exec();
    }
}

/// For a process that ends with what it took: the settings as they were before [`tune`].
pub fn untuned(command: &mut Command) -> &mut Command {
    command.env_remove(MARK);
    match without(&given()) {
        None => command.env_remove(VARIABLE),
        Some(given) => command.env(VARIABLE, given),
    }
}

fn given() -> String {
    env::var(VARIABLE).unwrap_or_default()
}

/// The settings with ours behind them; `None` if one of these is among them: whoever says it knows better, and we say it once.
fn with(given: &str) -> Option<String> {
    let mut names = TUNABLES.split(':').filter_map(|tunable| tunable.split('=').next());
    match given {
        "" => Some(TUNABLES.into()),
        given => (!names.any(|name| given.contains(name))).then(|| format!("{given}:{TUNABLES}")),
    }
}

/// The settings without ours at their end; `None` if there are no others.
fn without(given: &str) -> Option<&str> {
    let others = given.strip_suffix(TUNABLES).map_or(given, |others| others.trim_end_matches(':'));
    (!others.is_empty()).then_some(others)
}

/// Gives the system every page that nothing lies in.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    c::malloc_trim(0);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
mod c {
    // SAFETY: malloc_trim(3): any thread may call it at any time, with any number. It takes the locks that malloc takes, and touches
    // nothing that is in use.
    unsafe extern "C" {
        pub safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_settings_stay() {
        let rows = [
            ("", Some(TUNABLES), None),
            (
                "glibc.malloc.check=3",
                Some("glibc.malloc.check=3:glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1"),
                Some("glibc.malloc.check=3"),
            ),
            ("glibc.malloc.arena_max=7", None, Some("glibc.malloc.arena_max=7")),
            (TUNABLES, None, None),
        ];
        for (given, tuned, untuned) in rows {
            assert_eq!(with(given).as_deref(), tuned, "{given}");
            assert_eq!(without(tuned.unwrap_or(given)), untuned, "{given}");
        }
    }
}
