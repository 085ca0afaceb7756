//! What the C library keeps of memory that was given back.
//!
//! glibc gives the system only the end of a heap. After a load what is still in use, little as it is, lies scattered over the
//! buffers of all connections that there were at once, and none of them goes. Buffers that are mapped each by itself do go; from
//! which size on that is done, glibc reads from the environment (`mallopt(3)`), at the start of a process alone.

use std::{env, os::unix::process::CommandExt, process::Command};

/// The variable, and its value: half a buffer of a connection.
pub const SETTING: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "32768");

/// Starts this process again, as itself, with that setting, unless it has one already. Where that cannot be done the server
/// serves as well, and keeps more.
pub fn tune() {
    let (name, value) = SETTING;
    if !cfg!(all(target_os = "linux", target_env = "gnu")) || env::var_os(name).is_some() {
        return;
    }
    if let Ok(program) = env::current_exe() {
        let _ = Command::new(program).args(env::args_os().skip(1)).env(name, value).exec();
    }
}
