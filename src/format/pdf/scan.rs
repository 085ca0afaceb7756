//! A damaged file's objects, found by looking through all of it.

use super::{file::Piece, xref::Trailer};
use crate::{
    decode::pdf::syntax::{Dict, Object, is_space},
    error::Result,
    input::Input,
};

/// So much of a file is looked through.
const MAX_SCAN: u64 = 512 * 1024 * 1024;
const WINDOW: u64 = 1024 * 1024;
/// `4294967295 65535 obj` and what is looked at behind it.
const BEFORE: usize = 24;
const BEHIND: usize = 256;
const MAX_OBJECTS: usize = 1_000_000;
const MAX_TRAILERS: usize = 100;
/// Places that are looked at for one, at most so many, and so many bytes behind each: what is none may go on to the end of the file.
const MAX_ATTEMPTS: usize = 1000;
const MAX_TRAILER: u64 = 256 * 1024;
const MAX_BUNDLES: usize = 10_000;

#[derive(Default)]
pub struct Found {
    /// Number and offset; later ones replace earlier ones.
    pub objects: Vec<(u32, u64)>,
    /// Object streams.
    pub bundles: Vec<u32>,
    /// Newest first.
    pub trailers: Vec<Trailer>,
}

impl Found {
    fn wants_trailer(&self, attempts: &mut usize) -> bool {
        *attempts += 1;
        self.trailers.len() < MAX_TRAILERS && *attempts <= MAX_ATTEMPTS
    }
}

/// The file up to where a trailer at `offset` may end.
fn near(input: &Input, offset: u64) -> Input {
    input.slice(0..offset.saturating_add(MAX_TRAILER).min(input.len()))
}

/// Looks for `N G obj` and `trailer`.
pub fn scan(input: &Input) -> Result<Found> {
    let mut found = Found::default();
    let mut catalog = None;
    let mut attempts = 0;
    let mut at = 0;
    while at < input.len().min(MAX_SCAN) {
        // Windows overlap, so that nothing is cut in two; a hit counts in the window where it ends.
        let from = at.saturating_sub(BEFORE as u64);
        let text = input.up_to(from, WINDOW + (BEFORE + BEHIND) as u64)?;
        let inner = (at - from) as usize..((at - from + WINDOW) as usize).min(text.len());
        for end in memchr::memmem::find_iter(&text, b"obj").filter(|e| inner.contains(e)) {
            let Some((number, start)) = number_before(&text[..end]) else { continue };
            if found.objects.len() >= MAX_OBJECTS {
                break;
            }
            let offset = from + start as u64;
            found.objects.push((number, offset));
            let behind = &text[end..(end + BEHIND).min(text.len())];
            // Not into the next object.
            let behind = &behind[..memchr::memmem::find(behind, b"endobj").unwrap_or(behind.len())];
            let says = |word: &[u8]| memchr::memmem::find(behind, word).is_some();
            if says(b"/ObjStm") && found.bundles.len() < MAX_BUNDLES {
                found.bundles.push(number);
            } else if says(b"/XRef") && found.wants_trailer(&mut attempts) {
                found.trailers.extend(trailer(Piece::indirect(&near(input, offset), offset)));
            } else if says(b"/Catalog") {
                catalog = Some(number);
            }
        }
        for start in memchr::memmem::find_iter(&text, b"trailer").filter(|s| inner.contains(s)) {
            if found.wants_trailer(&mut attempts) {
                let offset = from + start as u64 + 7;
                found.trailers.extend(trailer(Piece::read(&near(input, offset), offset)));
            }
        }
        at += WINDOW;
    }
    found.trailers.reverse();
    // Without any trailer the catalog is known by its type.
    if let (true, Some(number)) = (found.trailers.is_empty(), catalog) {
        let dict = Dict(vec![(b"Root".to_vec(), Object::Ref(number, 0))]);
        found.trailers.push(Trailer { dict, span: 0..0 });
    }
    Ok(found)
}

fn trailer(piece: Result<Piece>) -> Option<Trailer> {
    let piece = piece.ok()?;
    match piece.object {
        Object::Dict(dict) if dict.get(b"Root").is_some() => Some(Trailer { dict, span: piece.span }),
        _ => None,
    }
}

/// The object number of `N G ` at the end of the text, and where it begins.
fn number_before(text: &[u8]) -> Option<(u32, usize)> {
    let blanks = |t: &[u8]| t.len() - t.iter().rev().take(4).take_while(|&&b| is_space(b)).count();
    let digits = |t: &[u8]| t.len() - t.iter().rev().take(11).take_while(|b| b.is_ascii_digit()).count();
    let generation_end = blanks(text);
    let generation = digits(&text[..generation_end]);
    let number_end = blanks(&text[..generation]);
    let number = digits(&text[..number_end]);
    if generation == generation_end || number_end == generation || number == number_end {
        return None;
    }
    std::str::from_utf8(&text[number..number_end]).ok()?.parse().ok().map(|n| (n, number))
}
