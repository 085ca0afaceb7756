//! Messages between the server and a process that works for it: a head in JSON, bytes, open files.

use rustix::{
    cmsg_space,
    fd::{BorrowedFd, OwnedFd},
    io::retry_on_intr,
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg,
        sendmsg,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write},
    mem::MaybeUninit,
    os::unix::net::UnixStream,
    time::Instant,
};

/// Files of one message: what is read, what is written.
const FILES: usize = 2;
/// The lengths of head and bytes, eight bytes each.
const LENGTHS: usize = 16;

/// What came in one message.
pub struct Message<T> {
    pub head: T,
    pub bytes: Vec<u8>,
    pub files: Vec<OwnedFd>,
}

/// Sends a message; the files come with its first byte.
pub fn send(mut socket: &UnixStream, head: &impl Serialize, bytes: &[u8], files: &[BorrowedFd<'_>]) -> io::Result<()> {
    let head = serde_json::to_vec(head)?;
    let lengths = [(head.len() as u64).to_be_bytes(), (bytes.len() as u64).to_be_bytes()].concat();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(ErrorKind::InvalidInput.into());
    }
    let sent = retry_on_intr(|| sendmsg(socket, &[IoSlice::new(&lengths)], &mut control, SendFlags::empty()))?;
    socket.write_all(lengths.get(sent..).unwrap_or_default())?;
    socket.write_all(&head)?;
    socket.write_all(bytes)
}

/// A socket that is read until a moment at most.
struct Until<'a>(&'a UnixStream, Option<Instant>);

impl Until<'_> {
    fn in_time(&self) -> io::Result<()> {
        let Some(end) = self.1 else { return Ok(()) };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { self.0.set_read_timeout(Some(left)) }
    }
}

impl Read for Until<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.in_time()?;
        self.0.read(buffer)
    }
}

/// The next message, of which neither head nor bytes may be longer than `limit`; `None` when the other side has ended. It has
/// to be there whole by `end`.
pub fn receive<T: DeserializeOwned>(socket: &UnixStream, limit: usize, end: Option<Instant>) -> io::Result<Option<Message<T>>> {
    let mut until = Until(socket, end);
    until.in_time()?;
    let mut lengths = [0; LENGTHS];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let first = retry_on_intr(|| recvmsg(socket, &mut [IoSliceMut::new(&mut lengths)], &mut control, RecvFlags::empty()))?;
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(given) = message {
            files.extend(given);
        }
    }
    if first.bytes == 0 {
        return Ok(None);
    }
    until.read_exact(lengths.get_mut(first.bytes..).unwrap_or_default())?;
    let (head, bytes) = lengths.split_at(LENGTHS / 2);
    let head = block(&mut until, head, limit)?;
    let bytes = block(&mut until, bytes, limit)?;
    Ok(Some(Message { head: serde_json::from_slice(&head)?, bytes, files }))
}

fn block(socket: &mut impl Read, length: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    let length = length.try_into().map_or(u64::MAX, u64::from_be_bytes);
    let length = usize::try_from(length).ok().filter(|&l| l <= limit).ok_or(ErrorKind::FileTooLarge)?;
    let mut block = vec![0; length];
    socket.read_exact(&mut block)?;
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::AsFd;
    use std::{fs::File, io::Seek};

    #[test]
    fn heads_bytes_and_files() {
        let (here, there) = UnixStream::pair().unwrap();
        let mut written = tempfile::tempfile().unwrap();
        let read = tempfile::tempfile().unwrap();
        send(&here, &"a head", b"bytes", &[read.as_fd(), written.as_fd()]).unwrap();
        send(&here, &7, b"", &[]).unwrap();
        send(&here, &8, &[0; 200], &[]).unwrap();
        drop(here);
        let message = receive::<String>(&there, 100, None).unwrap().unwrap();
        assert_eq!((message.head.as_str(), &message.bytes[..], message.files.len()), ("a head", &b"bytes"[..], 2));
        let mut second = File::from(message.files.into_iter().nth(1).unwrap());
        second.write_all(b"through the other end").unwrap();
        written.rewind().unwrap();
        assert_eq!(io::read_to_string(written).unwrap(), "through the other end");
        assert_eq!(receive::<u8>(&there, 100, None).unwrap().unwrap().head, 7);
        assert_eq!(receive::<u8>(&there, 100, None).err().unwrap().kind(), ErrorKind::FileTooLarge);
    }

    #[test]
    fn an_end_is_none_and_half_a_message_an_error() {
        let (here, there) = UnixStream::pair().unwrap();
        drop(here);
        assert!(receive::<u8>(&there, 100, None).unwrap().is_none());
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(&[0; 9]).unwrap();
        let soon = Instant::now() + std::time::Duration::from_millis(30);
        let late = receive::<u8>(&there, 100, Some(soon)).err().unwrap();
        assert!(matches!(late.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{late}");
        here.write_all(&[0; 9]).unwrap();
        drop(here);
        assert!(receive::<u8>(&there, 100, None).is_err());
    }
}
