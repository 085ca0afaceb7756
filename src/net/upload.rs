//! A file on its way to a service: multipart/form-data with one part, read as it is sent.

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    fmt,
    fs::File,
    future::Future,
    io,
    ops::Range,
    os::unix::fs::FileExt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{Sleep, sleep},
};

/// So much is read at once.
const CHUNK: u64 = 64 * 1024;
/// More than systems hold of what was sent and not read yet.
const HELD: u64 = 16 * 1024 * 1024;
/// Most refusals are of the head of a request: they come before the file is begun.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Told how many bytes of the file are on their way.
pub type Watch = Arc<dyn Fn(u64) + Send + Sync>;

/// A file to be sent. May be sent more than once.
#[derive(Clone)]
pub struct Upload {
    name: String,
    content: Content,
    len: u64,
    pub watch: Option<Watch>,
}

#[derive(Clone)]
enum Content {
    Memory(Bytes),
    File(Arc<File>),
}

impl Upload {
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        Upload { name: name.to_owned(), content: Content::Memory(bytes.into()), len, watch: None }
    }

    /// Of an open regular file.
    pub fn from_file(name: &str, file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Upload { name: name.to_owned(), content: Content::File(Arc::new(file)), len, watch: None })
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes from `at` on, as many as are sent at once.
    fn read(&self, at: u64) -> io::Result<Bytes> {
        let want = (self.len - at).min(CHUNK);
        match &self.content {
            Content::Memory(bytes) => Ok(bytes.slice(at as usize..(at + want) as usize)),
            Content::File(file) => {
                let mut buffer = vec![0; want as usize];
                file.read_exact_at(&mut buffer, at)?;
                Ok(buffer.into())
            }
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("name", &self.name).field("len", &self.len).finish_non_exhaustive()
    }
}

/// Where to go slowly: what the other side may have had before it ceased to read.
#[derive(Clone, Debug)]
pub struct Slow {
    range: Range<u64>,
    pause: Duration,
}

impl Slow {
    /// Before the place where the connection broke.
    pub fn before(at: u64, pause: Duration) -> Self {
        Slow { range: at.saturating_sub(HELD)..at.saturating_add(CHUNK), pause }
    }
}

/// How far the body of a request is.
#[derive(Debug, Default)]
pub struct Sending {
    /// Bytes that went out so far.
    pub moved: AtomicU64,
    len: AtomicU64,
    /// The answer is there, and says no: nothing more goes out.
    pub stopped: AtomicBool,
}

impl Sending {
    /// Is some of it still here? Then the other side has no whole request, and cannot have done what it asks for.
    pub fn unfinished(&self) -> bool {
        self.moved.load(Relaxed) < self.len.load(Relaxed)
    }
}

/// The body of a request that sends a file.
pub struct Multipart {
    upload: Upload,
    head: Bytes,
    tail: Bytes,
    /// Of the whole body.
    at: u64,
    sending: Arc<Sending>,
    /// Ends when nobody waits for the answer any more.
    wanted: oneshot::Receiver<()>,
    /// It is the others' turn: an answer may be there already, and a fast network would let nobody look.
    yields: bool,
    slow: Option<Slow>,
    /// The one that is made now.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Multipart {
    /// The body, and the content type that goes with it.
    pub fn new(upload: &Upload, sending: &Arc<Sending>, wanted: oneshot::Receiver<()>, slow: Option<Slow>) -> (Self, String) {
        let boundary = format!("exifkit-{}", uuid::Uuid::new_v4().simple());
        // As browsers write names: UTF-8 as it is, but for what would end the header's field (HTML, "multipart form data").
        let name = upload.name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let (upload, sending) = (upload.clone(), Arc::clone(sending));
        let (head, tail) = (head.into(), tail.into());
        let body = Multipart { upload, head, tail, at: 0, sending, wanted, yields: false, slow, pause: None };
        body.sending.len.store(body.len(), Relaxed);
        (body, format!("multipart/form-data; boundary={boundary}"))
    }

    fn len(&self) -> u64 {
        self.head.len() as u64 + self.upload.len + self.tail.len() as u64
    }

    fn chunk(&self) -> io::Result<Bytes> {
        let (head, file) = (self.head.len() as u64, self.upload.len);
        if self.at < head {
            Ok(self.head.slice(self.at as usize..))
        } else if self.at < head + file {
            self.upload.read(self.at - head)
        } else {
            Ok(self.tail.slice((self.at - head - file) as usize..))
        }
    }

    fn pause_of(&self, slow: &Slow) -> Option<Duration> {
        match self.at == self.head.len() as u64 {
            true => Some(FIRST_PAUSE),
            false => slow.range.contains(&self.at).then_some(slow.pause),
        }
    }

    /// Lets others go first: once, or for a while.
    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = self.slow.as_ref().and_then(|slow| self.pause_of(slow)) {
            ready!(self.pause.get_or_insert_with(|| Box::pin(sleep(pause))).as_mut().poll(context));
            self.pause = None;
            return Poll::Ready(());
        }
        self.yields = !self.yields;
        if self.yields {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl http_body::Body for Multipart {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.at >= self.len() {
            return Poll::Ready(None);
        }
        if Pin::new(&mut self.wanted).poll(context).is_ready() {
            return Poll::Ready(Some(Err(io::Error::other("nobody waits for the answer any more"))));
        }
        if self.sending.stopped.load(Relaxed) {
            return Poll::Pending;
        }
        ready!(self.poll_turn(context));
        let chunk = match self.chunk() {
            Ok(chunk) => chunk,
            Err(e) => return Poll::Ready(Some(Err(e))),
        };
        self.at += chunk.len() as u64;
        self.sending.moved.store(self.at, Relaxed);
        if let Some(watch) = &self.upload.watch {
            watch(self.at.saturating_sub(self.head.len() as u64).min(self.upload.len));
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.at >= self.len()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len() - self.at)
    }
}
