//! The one integration binary. Where a new test goes:
//!
//! - what the built program does, from argv to exit status: `cli/`, a file per command or concern;
//! - what the library makes of whole files: `files/`. Damage (`hostile`), markers (`canary`), second readers (`readers`), `--keep`;
//! - what it does over the network, against a server that misbehaves: `remote/`;
//! - the built program as a server, over sockets: `server/`;
//! - programs in other languages as its clients, ours and the documentation's: `examples/`;
//! - the page at `/`, and pages of other origins, in Chromium: `browser/`;
//! - what a module does by itself: beside its code, in `src/`;
//! - what README.md and fuzz/ list, against the code: `docs/`;
//! - answers that are compared whole: `golden/`.
//!
//! Files that tests work on are built byte by byte by `build/`, `samples/` among them; nothing outside the repository is needed. Fuzz targets
//! are in `fuzz/`, which says how to run them.

mod browser;
mod build;
mod cli;
mod docs;
mod examples;
mod files;
mod remote;
mod server;
