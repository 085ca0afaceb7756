//! The one integration binary. Where a new test goes:
//!
//! - what the built program does, from argv to exit status: `cli/`, a file per command or concern;
//! - the built program as a server, over sockets: `server/`;
//! - what a module does by itself: beside its code, in `src/`;
//! - answers that are compared whole: `golden/`.
//!
//! Files that tests work on are built byte by byte by `build/`; nothing outside the repository is needed.

mod build;
mod cli;
mod server;
