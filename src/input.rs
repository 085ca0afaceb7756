//! The bytes of a file, of memory, of a URL, or of a part of these: read where asked for, never whole by habit.

use crate::{
    error::{Error, Result},
    metadata::Blob,
    net::Ranged,
};
use std::{
    borrow::Cow,
    cell::{Cell, OnceCell, RefCell},
    fs::File,
    io::Write,
    ops::Range,
    os::unix::fs::FileExt,
    path::Path,
    rc::Rc,
    time::Instant,
};

/// So much of a file's beginning is read when it is opened: the headers of four photos in five lie within.
const HEAD: usize = 16 * 1024;
/// So much of it is held when what lies behind is asked for: to read further costs less than to ask often.
const STAGES: [usize; 2] = [32 * 1024, 64 * 1024];
/// The end of a file is looked at for trailers: so much of it stands for itself.
const END: u64 = 1024;
/// Of so many looks at bytes in memory one looks at the clock, too.
const CLOCK: u8 = 32;
/// Window of a copy.
const CHUNK: usize = 256 * 1024;
/// Room of a file in memory that is larger than small ones. What is freed of up to 32 MB glibc takes for the usual size of a
/// program's blocks, and from then on keeps twice that for each thread; what is larger goes back to the system. Room that is
/// not used costs nothing.
const SMALL: usize = 128 * 1024;
const GIVEN_BACK: usize = 32 * 1024 * 1024 + 1;
/// A single read into memory may not be larger than this: no metadata block is.
pub const MAX_BLOCK: u64 = 256 * 1024 * 1024;

#[derive(Debug)]
enum Source {
    File { file: File, head: Head },
    Memory(Vec<u8>),
    Url(Box<Remote>),
}

/// A file behind a URL.
#[derive(Debug)]
struct Remote {
    head: Vec<u8>,
    ranged: RefCell<Ranged>,
    /// The first range that could not be had, until somebody asks.
    fault: RefCell<Option<Error>>,
}

/// The beginning of a file. Its buffer goes from file to file of a batch: to take and clear a new one for each would
/// cost more than to read it.
#[derive(Debug)]
struct Head {
    first: Vec<u8>,
    /// The beginning again, as far as each of [`STAGES`] goes.
    more: [OnceCell<Vec<u8>>; STAGES.len()],
}

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

impl Head {
    fn read(file: &File, len: u64) -> Result<Head> {
        let mut first = SPARE.take();
        first.clear();
        let most = if len <= STAGES[0] as u64 { len as usize } else { HEAD };
        fill(file, &mut first, most)?;
        Ok(Head { first, more: Default::default() })
    }

    /// The beginning of a file of `len` bytes, if one stage of it has the bytes in `range`.
    fn with(&self, file: &File, range: Range<u64>, len: u64) -> Result<Option<&[u8]>> {
        if range.end <= self.first.len() as u64 {
            return Ok(Some(&self.first));
        }
        let stage = STAGES.iter().position(|&stage| range.end <= stage as u64);
        let Some(at) = stage.filter(|_| len.saturating_sub(range.start) > END) else { return Ok(None) };
        let stage = match self.more[at].get() {
            Some(stage) => stage,
            None => {
                let most = usize::try_from(len).unwrap_or(usize::MAX).min(STAGES[at]);
                let mut stage = Vec::with_capacity(most);
                stage.extend_from_slice(&self.first);
                fill(file, &mut stage, most)?;
                self.more[at].get_or_init(|| stage)
            }
        };
        Ok(Some(stage.as_slice()).filter(|held| range.end <= held.len() as u64))
    }
}

/// Reads what follows the bytes in `buffer` until there are `most`, or the file ends: in one call where the system allows it.
fn fill(file: &File, buffer: &mut Vec<u8>, most: usize) -> Result<()> {
    buffer.reserve_exact(most.saturating_sub(buffer.len()));
    while buffer.len() < most {
        let at = buffer.len() as u64;
        match rustix::io::pread(file, rustix::buffer::spare_capacity(buffer), at) {
            Ok(0) => break,
            Err(rustix::io::Errno::INTR) | Ok(_) => {}
            Err(e) => return Err(std::io::Error::from(e).into()),
        }
    }
    Ok(())
}

impl Drop for Head {
    fn drop(&mut self) {
        SPARE.set(std::mem::take(&mut self.first));
    }
}

#[derive(Debug)]
struct Shared {
    source: Source,
    len: u64,
    deadline: Cell<Option<Instant>>,
    /// How often bytes in memory were asked for.
    looks: Cell<u8>,
}

/// From now on reading fails after that moment, in whatever this thread opens: blocks inside blocks, inflated ones, too.
pub fn work_until(deadline: Option<Instant>) {
    DEADLINE.set(deadline);
}

/// A view of bytes that can be read anywhere. Cheap to clone and to narrow ([`Input::slice`]). Offsets are relative to the view.
#[derive(Clone, Debug)]
pub struct Input {
    shared: Rc<Shared>,
    /// Of the view within the source.
    start: u64,
    len: u64,
    /// Is the source the file itself?
    in_file: bool,
}

impl Input {
    /// Opens a regular file and reads its beginning.
    pub fn open(path: &Path) -> Result<Self> {
        Self::from_file(open_regular(path)?)
    }

    /// Of an open regular file.
    pub fn from_file(file: File) -> Result<Self> {
        let len = file.metadata()?.len();
        let head = Head::read(&file, len)?;
        Ok(Self::new(Source::File { file, head }, len))
    }

    /// Of bytes in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        Self::new(Source::Memory(bytes), len)
    }

    /// Of a block that does not stand in its file as it is: joined from pieces, inflated.
    pub fn from_block(bytes: Vec<u8>) -> Self {
        Input { in_file: false, ..Self::from_bytes(bytes) }
    }

    /// Of a file that is read by ranges.
    pub fn from_url(mut ranged: Ranged) -> Self {
        let (len, head) = (ranged.len(), ranged.take_head());
        let remote = Remote { head, ranged: RefCell::new(ranged), fault: RefCell::new(None) };
        Self::new(Source::Url(Box::new(remote)), len)
    }

    /// Fails when some of the bytes could not be had on the way: walkers and decoders take a block that cannot be read for
    /// damage and go on, but what a network failure hides is no damage of the file.
    pub fn intact(&self) -> Result<()> {
        match &self.shared.source {
            Source::Url(remote) => remote.fault.take().map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }

    fn new(source: Source, len: u64) -> Self {
        Input {
            shared: Rc::new(Shared { source, len, deadline: Cell::new(DEADLINE.get()), looks: Cell::new(0) }),
            start: 0,
            len,
            in_file: true,
        }
    }

    /// Reading fails after this moment (`code` damaged: no sound file takes that long).
    pub fn set_deadline(&self, deadline: Instant) {
        self.shared.deadline.set(Some(deadline));
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where this view begins in the file that it was cut from.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The part of this view in `range`, cut to what is there.
    pub fn slice(&self, range: Range<u64>) -> Input {
        let from = range.start.min(self.len);
        let to = range.end.clamp(from, self.len);
        Input { shared: Rc::clone(&self.shared), start: self.start + from, len: to - from, ..*self }
    }

    /// From `offset` to the end of this view.
    pub fn tail(&self, offset: u64) -> Input {
        self.slice(offset..self.len)
    }

    /// A range of this view as binary data, which stay in the file where they stand there.
    pub fn blob(&self, range: Range<u64>) -> Blob {
        if self.in_file {
            return Blob::Span(self.start.saturating_add(range.start)..self.start.saturating_add(range.end));
        }
        let bytes = self.up_to(range.start, range.end.saturating_sub(range.start));
        Blob::Bytes(bytes.map(Cow::into_owned).unwrap_or_default())
    }

    /// The whole file that this view was cut from.
    pub fn whole(&self) -> Input {
        Input { shared: Rc::clone(&self.shared), start: 0, len: self.shared.len, ..*self }
    }

    /// This view's bytes as far as they are in memory already: all of a small file, the beginning of a large one.
    pub fn head(&self) -> &[u8] {
        let memory = match &self.shared.source {
            Source::Memory(b) => b,
            Source::File { head, .. } => &head.first,
            Source::Url(remote) => &remote.head,
        };
        let from = (self.start as usize).min(memory.len());
        let to = ((self.start + self.len).min(memory.len() as u64)) as usize;
        &memory[from..to.max(from)]
    }

    /// Does the view begin with these bytes?
    pub fn starts_with(&self, magic: &[u8]) -> bool {
        self.head().starts_with(magic)
    }

    /// Exactly `len` bytes at `offset`. Fails when they are not all there ([`Error::truncated`]).
    pub fn bytes(&self, offset: u64, len: u64) -> Result<Cow<'_, [u8]>> {
        let end = offset.checked_add(len).filter(|&e| e <= self.len).ok_or_else(Error::truncated)?;
        self.in_time_now_and_then()?;
        let head = self.head();
        if end <= head.len() as u64 {
            return Ok(Cow::Borrowed(&head[offset as usize..end as usize]));
        }
        let range = self.start + offset..self.start + end;
        if let Source::File { file, head } = &self.shared.source
            && let Some(held) = head.with(file, range.clone(), self.shared.len)?
        {
            return Ok(Cow::Borrowed(&held[range.start as usize..range.end as usize]));
        }
        if len > MAX_BLOCK {
            return Err(Error::damaged("a block is too large to be read"));
        }
        let mut buffer = vec![0; len as usize];
        self.read_exact(offset, &mut buffer)?;
        Ok(Cow::Owned(buffer))
    }

    /// Up to `len` bytes at `offset`, fewer at the end.
    pub fn up_to(&self, offset: u64, len: u64) -> Result<Cow<'_, [u8]>> {
        let offset = offset.min(self.len);
        self.bytes(offset, len.min(self.len - offset))
    }

    /// The whole view, if it is no longer than `limit`.
    pub fn all(&self, limit: u64) -> Result<Cow<'_, [u8]>> {
        if self.len > limit {
            return Err(Error::damaged(format!("a block of {} bytes is larger than the limit of {limit}", self.len)));
        }
        self.bytes(0, self.len)
    }

    /// A look at the clock takes as long as several at bytes in memory.
    fn in_time_now_and_then(&self) -> Result<()> {
        let looks = self.shared.looks.get();
        self.shared.looks.set(looks.wrapping_add(1));
        if looks.is_multiple_of(CLOCK) { self.in_time() } else { Ok(()) }
    }

    fn in_time(&self) -> Result<()> {
        match self.shared.deadline.get() {
            Some(deadline) if Instant::now() > deadline => Err(Error::damaged("reading took too long")),
            _ => Ok(()),
        }
    }

    fn read_exact(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.in_time()?;
        match &self.shared.source {
            Source::Memory(b) => {
                let from = (self.start + offset) as usize;
                buffer.copy_from_slice(b.get(from..from + buffer.len()).ok_or_else(Error::truncated)?);
            }
            Source::File { file, .. } => file.read_exact_at(buffer, self.start + offset)?,
            Source::Url(remote) => remote.read_exact(self.start + offset, buffer)?,
        }
        Ok(())
    }

    /// Fills `buffer` from `offset` on, as far as the view goes; how many bytes that were.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let n = (buffer.len() as u64).min(self.len.saturating_sub(offset)) as usize;
        self.read_exact(offset, &mut buffer[..n])?;
        Ok(n)
    }

    /// `N` bytes at `offset`.
    pub fn array<const N: usize>(&self, offset: u64) -> Result<[u8; N]> {
        let bytes = self.bytes(offset, N as u64)?;
        bytes.as_ref().try_into().map_err(|_| Error::truncated())
    }

    pub fn u8(&self, offset: u64) -> Result<u8> {
        Ok(self.array::<1>(offset)?[0])
    }
    pub fn u16_be(&self, offset: u64) -> Result<u16> {
        self.array(offset).map(u16::from_be_bytes)
    }
    pub fn u16_le(&self, offset: u64) -> Result<u16> {
        self.array(offset).map(u16::from_le_bytes)
    }
    pub fn u32_be(&self, offset: u64) -> Result<u32> {
        self.array(offset).map(u32::from_be_bytes)
    }
    pub fn u32_le(&self, offset: u64) -> Result<u32> {
        self.array(offset).map(u32::from_le_bytes)
    }
    pub fn u64_be(&self, offset: u64) -> Result<u64> {
        self.array(offset).map(u64::from_be_bytes)
    }

    /// Writes the bytes in `range` to `to`, in windows. Fails when they are not all there.
    pub fn copy(&self, range: Range<u64>, to: &mut impl Write) -> Result<()> {
        self.windows(range, |window| Ok(to.write_all(window)?))
    }

    /// Hands the bytes in `range` to `each`, window by window. Fails when they are not all there.
    pub fn windows(&self, range: Range<u64>, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if range.start > range.end || range.end > self.len {
            return Err(Error::truncated());
        }
        let mut at = range.start;
        let held = self.head().len() as u64;
        if at < held {
            let to = range.end.min(held);
            each(&self.head()[at as usize..to as usize])?;
            at = to;
        }
        let mut buffer = vec![0; (range.end - at).min(CHUNK as u64) as usize];
        while at < range.end {
            let n = ((range.end - at) as usize).min(buffer.len());
            self.read_exact(at, &mut buffer[..n])?;
            each(&buffer[..n])?;
            at += n as u64;
        }
        Ok(())
    }

    /// The same view with all its bytes in memory, if it is no longer than `limit`; else the view as it is.
    /// For walks in full depth, which look at every byte.
    pub fn loaded(&self, limit: u64) -> Result<Input> {
        if self.len > limit.min(MAX_BLOCK) || self.head().len() as u64 == self.len {
            return Ok(self.clone());
        }
        let len = self.len as usize;
        let mut bytes = Vec::with_capacity(if len < SMALL { len } else { len.max(GIVEN_BACK) });
        bytes.resize(len, 0);
        self.read_exact(0, &mut bytes)?;
        let mut loaded = Input::from_bytes(bytes);
        if let (Some(deadline), Some(shared)) = (self.shared.deadline.get(), Rc::get_mut(&mut loaded.shared)) {
            shared.deadline.set(Some(deadline));
        }
        Ok(loaded)
    }
}

/// Opens a file, and nothing that is no file.
pub fn open_regular(path: &Path) -> Result<File> {
    // Looked at before it is opened: opening a FIFO would wait for its other end, and some devices act on it.
    let meta = std::fs::metadata(path)?;
    if meta.is_dir() {
        return Err(Error::new(crate::error::Code::Unreadable, "is a directory"));
    }
    if !meta.is_file() {
        return Err(Error::new(crate::error::Code::Unreadable, "is not a regular file"));
    }
    Ok(File::open(path)?)
}

impl Remote {
    fn read_exact(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let held = self.head.get(offset as usize..).unwrap_or_default();
        let n = held.len().min(buffer.len());
        buffer[..n].copy_from_slice(&held[..n]);
        if n == buffer.len() {
            return Ok(());
        }
        // After a failure nothing more is asked for: the answer is an error in any case.
        if let Some(fault) = self.fault.borrow().as_ref() {
            return Err(Error::new(fault.code, fault.to_string()));
        }
        self.ranged.borrow_mut().read_exact(offset + n as u64, &mut buffer[n..]).map_err(|e| {
            let copy = Error::new(e.code, e.to_string());
            *self.fault.borrow_mut() = Some(e);
            copy
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_stay_inside_the_view() {
        let input = Input::from_bytes((0..100).collect());
        let view = input.slice(10..20);
        assert_eq!(view.bytes(0, 2).unwrap().as_ref(), [10, 11]);
        assert!(view.bytes(9, 2).is_err());
        assert!(view.bytes(u64::MAX, 2).is_err());
        assert_eq!(view.up_to(8, 100).unwrap().len(), 2);
        assert_eq!(view.slice(5..500).len(), 5);
        assert_eq!(view.slice(500..600).len(), 0);
        assert_eq!(view.whole().len(), 100);
    }

    #[test]
    fn a_large_file_is_read_beyond_its_head() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        use std::io::Seek;
        file.rewind().unwrap();
        let input = Input::from_file(file).unwrap();
        assert_eq!(input.head().len(), HEAD);
        // Inside of each stage, over its edge, and behind the last.
        for at in [0, HEAD - 10, HEAD, STAGES[0] - 10, STAGES[0], STAGES[1] - 10, STAGES[1], 150_000] {
            let view = input.slice(100..150_300);
            assert_eq!(view.bytes(at as u64, 20).unwrap().as_ref(), &bytes[at + 100..at + 120], "{at}");
        }
        let mut copied = Vec::new();
        input.copy(100..199_999, &mut copied).unwrap();
        assert_eq!(copied, &bytes[100..199_999]);
        assert_eq!(input.loaded(1 << 20).unwrap().head(), &bytes[..]);
    }

    #[test]
    fn blocks_that_are_opened_have_the_time_of_their_file() {
        work_until(Some(Instant::now()));
        let block = Input::from_block(vec![7; 9]);
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(block.u8(3).is_err());
        work_until(None);
        assert_eq!(Input::from_block(vec![7; 9]).u8(3).unwrap(), 7);
    }

    #[test]
    fn binary_data_are_where_they_stand() {
        let bytes: Vec<u8> = (0..100).collect();
        let (file, block) = (Input::from_bytes(bytes.clone()), Input::from_block(bytes));
        assert_eq!(file.slice(10..50).blob(3..5), Blob::Span(13..15));
        assert_eq!(block.slice(10..50).blob(3..5), Blob::Bytes(vec![13, 14]));
        assert_eq!(block.slice(10..50).whole().blob(98..300), Blob::Bytes(vec![98, 99]));
        assert_eq!(file.slice(1..2).blob(u64::MAX..u64::MAX), Blob::Span(u64::MAX..u64::MAX));
    }
}
