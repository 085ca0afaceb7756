//! A file behind a URL, read where asked for: a photo costs its headers, not its megabytes.

use super::{
    client::{Client, Reply, Request, origin},
    name,
    retry::{Trouble, Try},
};
use crate::error::{Code, Error, Result};
use std::{io::Write, sync::Arc};
use url::Url;

/// What is asked for first: the headers of most files lie within.
pub const HEAD: u64 = 64 * 1024;
/// The least that is asked for later on; more when the file is read through.
const WINDOW: u64 = 64 * 1024;
const LARGEST_WINDOW: u64 = 2 * 1024 * 1024;
/// Whoever sends less of what was asked for would have to be asked for ever.
const LEAST: u64 = 4 * 1024;
/// Windows that are kept.
const KEPT: usize = 16;
/// So much is taken at once unless `--max-size` says so.
const MAX_WHOLE: u64 = 1 << 30;
/// A body in memory; what is more goes to a temporary file.
const HELD: usize = 16 * 1024 * 1024;

/// What a URL gave.
#[derive(Debug)]
pub enum Fetched {
    /// By ranges.
    Ranged(Box<Ranged>),
    /// At once: the other side knows no ranges, or the file is small.
    Whole(tempfile::SpooledData),
}

/// A file that is read by ranges.
#[derive(Debug)]
pub struct Ranged {
    client: Arc<Client>,
    url: Url,
    version: Version,
    len: u64,
    head: Vec<u8>,
    /// Offset and bytes, the oldest first.
    windows: Vec<(u64, Vec<u8>)>,
    window: u64,
}

/// What tells one state of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    etag: Option<String>,
    modified: Option<String>,
}

impl Version {
    fn of(reply: &Reply) -> Self {
        Version { etag: reply.header_text("etag"), modified: reply.header_text("last-modified") }
    }
}

/// Fetches the beginning of a file, or all of it when that is how it comes. With it the name that the other side gives it.
pub fn open(client: &Arc<Client>, url: &Url, limit: Option<u64>) -> Result<(Fetched, Option<String>)> {
    client.retrying(true, || begin(client, url, limit)).map_err(fetch_failed)
}

/// Whatever happened on the way, for the user it is this input that could not be had.
fn fetch_failed(e: Error) -> Error {
    match e.code {
        Code::TooLarge | Code::InvalidRequest | Code::UrlFetchFailed => e,
        _ => Error::new(Code::UrlFetchFailed, e.to_string()),
    }
}

fn begin(client: &Arc<Client>, url: &Url, limit: Option<u64>) -> Try<(Fetched, Option<String>)> {
    let ask = |range| client.send(&Request { range, ..Request::get(url) });
    let mut reply = ask(Some((0, HEAD - 1)))?;
    // The last byte that comes, and how many there are.
    let mut part = content_range(&reply).filter(|(first, ..)| *first == 0 && reply.encoding().is_none()).map(|r| (r.1, r.2));
    let more = part.is_some_and(|(last, total)| last >= HEAD && last + 1 < total);
    if matches!(reply.status(), 400 | 416 | 501) || (reply.status() == 206 && part.is_none()) || more {
        // An empty file has no first byte; not everybody takes a range; and a part of who knows what is no use.
        reply = ask(None)?;
        part = None;
    }
    if let (200 | 206, Some(encoding)) = (reply.status(), reply.encoding()) {
        let text = format!("{} sent it in a compressed form ({encoding}), which was not asked for", origin(url));
        return Err(Error::new(Code::UrlFetchFailed, text).into());
    }
    let name = reply.header_text("content-disposition").and_then(|header| name::of_disposition(&header));
    match (reply.status(), part) {
        (206, Some((_, total))) if limit.is_some_and(|limit| total > limit) => Err(too_large(limit.unwrap_or(total)).into()),
        (206, Some((last, total))) if last + 1 == total => {
            let spool = whole(reply, limit.unwrap_or(MAX_WHOLE).min(total), Some(total))?;
            Ok((Fetched::Whole(spool), name))
        }
        (206, Some((last, total))) => {
            let (url, version, client) = (reply.url().clone(), Version::of(&reply), Arc::clone(client));
            let head = exactly(reply, last + 1)?;
            let mut ranged = Ranged { client, url, version, len: total, head, windows: Vec::new(), window: WINDOW };
            ranged.complete_head()?;
            Ok((Fetched::Ranged(Box::new(ranged)), name))
        }
        (200, _) => Ok((Fetched::Whole(whole(reply, limit.unwrap_or(MAX_WHOLE), None)?), name)),
        _ => Err(Error::new(Code::UrlFetchFailed, format!("{} answered {}", origin(url), reply.status_text())).into()),
    }
}

/// All that comes; where it is known how much that is, no less.
fn whole(reply: Reply, limit: u64, len: Option<u64>) -> Try<tempfile::SpooledData> {
    let promised = reply.header("content-length").and_then(|l| l.parse::<u64>().ok());
    if promised.is_some_and(|len| len > limit) {
        return Err(too_large(limit).into());
    }
    let mut spool = tempfile::SpooledTempFile::new(HELD);
    let fetched = reply.each(limit, |chunk| Ok(spool.write_all(chunk)?));
    match fetched {
        Err(Trouble::Final(e)) if e.code == Code::TooLarge => Err(too_large(limit).into()),
        Err(trouble) => Err(trouble),
        Ok(came) if len.is_some_and(|len| came < len) => Err(fewer()),
        Ok(_) => Ok(spool.into_inner()),
    }
}

/// A body of that length.
fn exactly(reply: Reply, len: u64) -> Try<Vec<u8>> {
    let bytes = reply.body(len)?;
    if bytes.len() as u64 == len { Ok(bytes) } else { Err(fewer()) }
}

fn fewer() -> Trouble {
    Trouble::Lost(changed("fewer bytes came than were promised"))
}

fn too_large(limit: u64) -> Error {
    Error::new(Code::TooLarge, format!("larger than {limit} bytes; --max-size sets the limit"))
}

fn changed(what: &str) -> Error {
    Error::new(Code::UrlFetchFailed, format!("{what}; try again"))
}

/// `bytes 0-99/1234` (RFC 9110, section 14.4) of a 206.
fn content_range(reply: &Reply) -> Option<(u64, u64, u64)> {
    if reply.status() != 206 {
        return None;
    }
    parse_range(reply.header("content-range")?)
}

fn parse_range(header: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = header.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, total) = (first.trim().parse().ok()?, last.trim().parse().ok()?, total.trim().parse().ok()?);
    (first <= last && last < total).then_some((first, last, total))
}

impl Ranged {
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The beginning, for a reader who keeps it himself.
    pub fn take_head(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.head)
    }

    /// Types are told by the beginning: of a head that came short the rest is fetched.
    fn complete_head(&mut self) -> Result<()> {
        let (held, want) = (self.head.len(), self.len.min(HEAD) as usize);
        if held < want {
            let mut rest = vec![0; want - held];
            self.read_exact(held as u64, &mut rest)?;
            self.head.append(&mut rest);
        }
        Ok(())
    }

    /// Fills `buffer` from `offset` on. All of it must lie within the file.
    pub fn read_exact(&mut self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let end = offset.checked_add(buffer.len() as u64).filter(|e| *e <= self.len).ok_or_else(Error::truncated)?;
        let mut at = offset;
        while at < end {
            let rest = &mut buffer[(at - offset) as usize..];
            let n = match self.held(at) {
                [] => self.fetch(at, rest)?,
                held => {
                    let n = held.len().min(rest.len());
                    rest[..n].copy_from_slice(&held[..n]);
                    n
                }
            };
            at += n as u64;
        }
        Ok(())
    }

    /// The bytes from `at` on as far as they are held; none when the first is not.
    fn held(&self, at: u64) -> &[u8] {
        let holder = self.windows.iter().find(|(start, bytes)| (*start..start + bytes.len() as u64).contains(&at));
        holder.map_or(&[], |(start, bytes)| &bytes[(at - start) as usize..])
    }

    /// Fetches from `at` on what fills `buffer`, or a window of which it takes a part; how many bytes that were.
    fn fetch(&mut self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let follows = self.windows.last().is_some_and(|(start, bytes)| start + bytes.len() as u64 == at);
        self.window = if follows { (self.window * 2).min(LARGEST_WINDOW) } else { WINDOW };
        let want = self.window.max(buffer.len() as u64).min(self.len - at);
        let bytes = self.client.retrying(true, || self.range(at, want)).map_err(fetch_failed)?;
        let n = bytes.len().min(buffer.len());
        buffer[..n].copy_from_slice(&bytes[..n]);
        if bytes.len() as u64 <= LARGEST_WINDOW {
            if self.windows.len() == KEPT {
                self.windows.remove(0);
            }
            self.windows.push((at, bytes));
        }
        Ok(n)
    }

    /// So many bytes from there, or fewer if that is how they are given.
    fn range(&self, at: u64, len: u64) -> Try<Vec<u8>> {
        let wanted = at + len - 1;
        let reply = self.client.send(&Request { range: Some((at, wanted)), ..Request::get(&self.url) })?;
        let same = Version::of(&reply) == self.version && reply.encoding().is_none();
        match content_range(&reply).filter(|_| same) {
            Some((first, last, total)) if first == at && last <= wanted && total == self.len => {
                let came = last - at + 1;
                if came < len.min(LEAST) {
                    let text = format!("{} gives no more than {came} bytes at once", origin(&self.url));
                    return Err(Error::new(Code::UrlFetchFailed, text).into());
                }
                exactly(reply, came)
            }
            _ => Err(match reply.status() {
                200 | 206 | 412 | 416 => changed("the file has changed while it was read"),
                _ => changed(&format!("{} answered {}", origin(&self.url), reply.status_text())),
            }
            .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn content_ranges() {
        for (header, want) in [
            ("bytes 0-99/1234", Some((0, 99, 1234))),
            ("bytes 5-5/6", Some((5, 5, 6))),
            ("bytes 0-99/*", None),
            ("bytes */1234", None),
            ("bytes 9-5/20", None),
            ("bytes 0-20/20", None),
            ("items 0-1/2", None),
        ] {
            assert_eq!(super::parse_range(header), want, "{header}");
        }
    }
}
