//! The socket of a connection: whoever stops taking an answer is given up, and a refusal is not lost on the way.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// Closing over bytes that nobody has read resets the connection, and the answer with it (RFC 9112, 9.6): so long they are
/// read and thrown away.
const LINGER: Duration = Duration::from_secs(2);

pub struct Stream {
    socket: TcpStream,
    /// The other side must take something within this time.
    idle: Duration,
    /// Since when it has taken nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Until when to linger, once our side is closed.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub fn new(socket: TcpStream, idle: Duration) -> Self {
        Stream { socket, idle, stalled: None, lingering: None }
    }

    fn timed<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let idle = self.idle;
        let end = self.stalled.get_or_insert_with(|| Box::pin(sleep(idle)));
        end.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.timed(cx, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.timed(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Stream { socket, lingering, .. } = &mut *self;
        if lingering.is_none() {
            ready!(Pin::new(&mut *socket).poll_shutdown(cx))?;
        }
        let end = lingering.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        let mut scratch = [0; 8 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            if end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            match ready!(Pin::new(&mut *socket).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                // The other side has closed, too, or is gone.
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}
