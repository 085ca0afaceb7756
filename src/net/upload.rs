//! A file on its way to a service: multipart/form-data with one part, read as it is sent.

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    fmt,
    fs::File,
    io,
    os::unix::fs::FileExt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

/// So much is read at once.
const CHUNK: u64 = 64 * 1024;

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

/// The body of a request that sends a file.
pub struct Multipart {
    upload: Upload,
    head: Bytes,
    tail: Bytes,
    /// Of the whole body.
    at: u64,
    /// Bytes sent so far, for whoever watches that something moves.
    moved: Arc<AtomicU64>,
}

impl Multipart {
    /// The body, and the content type that goes with it.
    pub fn new(upload: &Upload, moved: Arc<AtomicU64>) -> (Self, String) {
        let boundary = format!("exifkit-{}", uuid::Uuid::new_v4().simple());
        // As browsers write names: UTF-8 as it is, but for what would end the header's field (HTML, "multipart form data").
        let name = upload.name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let body = Multipart { upload: upload.clone(), head: head.into(), tail: tail.into(), at: 0, moved };
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
}

impl http_body::Body for Multipart {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.at >= self.len() {
            return Poll::Ready(None);
        }
        let chunk = match self.chunk() {
            Ok(chunk) => chunk,
            Err(e) => return Poll::Ready(Some(Err(e))),
        };
        self.at += chunk.len() as u64;
        self.moved.store(self.at, Ordering::Relaxed);
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
