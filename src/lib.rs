//! exifkit reads the metadata of files, removes it, and proves the removal.
//!
//! The path of a file: a command ([`commands`]) opens an [`input::Input`] and asks the [`engine`]. The local engine
//! finds the container ([`format::detect`]), lets it report its parts ([`format::Format::walk`]), and hands each part to
//! the decoder of its standard ([`decode`]), which looks names and labels up in the tables ([`tags`]) and adds
//! [`metadata::Tag`]s. [`composite`] derives values from them, [`api`] gives the documented shape, [`output`] prints it.
//! Removing takes the same walk in full depth, asks the format for a [`format::Plan`], writes kept parts fresh
//! ([`encode`]), and proves the result before the rename.
//!
//! Three folders answer "where is X": containers are in [`format`], standards in [`decode`], tables in [`tags`].
// One declaration of the C library's is allowed, in `server::heap`.
#![deny(unsafe_code)]
// Tables of test cases are plain tuples.
#![cfg_attr(test, allow(clippy::type_complexity))]

pub mod api;
pub mod batch;
pub mod cli;
pub mod commands;
pub mod composite;
pub mod decode;
pub mod encode;
pub mod engine;
pub mod error;
pub mod format;
pub mod input;
pub mod interrupt;
pub mod metadata;
pub mod net;
pub mod output;
pub mod part;
pub mod progress;
pub mod server;
pub mod store;
pub mod tags;
