//! Answers that come before the upload is through: a server that knows the key is wrong does not wait for the file.

use crate::{build, cli::Folder};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// What a server does with an upload.
#[derive(Clone, Copy)]
struct Manner {
    /// So much of the body it reads before it answers.
    reads: u64,
    /// And so much afterwards. What is left unread makes the system reset the connection.
    drains: u64,
    answer: (u16, &'static str),
}

fn head(reader: &mut impl BufRead) {
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
        line.clear();
    }
}

fn serve(stream: impl Read + Write, manner: Manner) {
    let mut reader = BufReader::new(stream);
    head(&mut reader);
    let _ = std::io::copy(&mut reader.by_ref().take(manner.reads), &mut std::io::sink());
    let (status, body) = manner.answer;
    let head = format!("HTTP/1.1 {status} Reason\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = reader.get_mut().write_all(format!("{head}{body}").as_bytes());
    let _ = reader.get_mut().flush();
    let _ = std::io::copy(&mut reader.take(manner.drains), &mut std::io::sink());
}

/// Its address.
fn server(manner: Manner, wrap: impl Fn(TcpStream) -> Box<dyn ReadWrite> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let stream = wrap(stream);
            thread::spawn(move || serve(stream, manner));
        }
    });
    address
}

trait ReadWrite: Read + Write + Send {}

impl<T: Read + Write + Send> ReadWrite for T {}

const KEY: (u16, &str) = (401, r#"{"success":false,"error":"Invalid API key"}"#);
const SIZE: (u16, &str) = (413, r#"{"success":false,"error":"Request too large","detail":"no more than 9 bytes"}"#);

const MANNERS: [Manner; 5] = [
    Manner { reads: 0, drains: 8_000_000, answer: KEY },
    // Those that reset.
    Manner { reads: 0, drains: 0, answer: KEY },
    Manner { reads: 100_000, drains: 0, answer: KEY },
    Manner { reads: 0, drains: 0, answer: SIZE },
    Manner { reads: 12_000_000, drains: 0, answer: SIZE },
];

fn answered(manner: Manner, url: &str, more: &[&str]) {
    let folder = Folder::new();
    folder.write("a.jpg", &[build::photo(), vec![0; 30_000_000]].concat());
    let (exit, code) = if manner.answer.0 == 401 { (4, "invalid_key") } else { (3, "too_large") };
    for command in ["extract", "remove"] {
        // What is a race on the other side must not be one here.
        for _ in 0..2 {
            let args = [command, "a.jpg", "--api-url", url, "--key", "wrong-key", "--retries", "0"];
            let run = folder.run(args.iter().chain(more)).expect(exit);
            assert_eq!(run.json()["code"], code, "{} {} {}", manner.reads, manner.drains, run.stderr);
        }
    }
}

#[test]
fn an_answer_before_the_upload_is_through_counts() {
    for manner in MANNERS {
        let address = server(manner, |stream| Box::new(stream));
        answered(manner, &format!("http://{address}"), &[]);
    }
}

/// One that hangs up in the middle of the file has not worked on it: it is asked again, and never twice for a whole one.
#[test]
fn half_an_upload_is_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (n, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let answer = (200, super::EXTRACTED);
            match n {
                0..4 => drop(stream),
                _ => serve(stream, Manner { reads: 30_000_000, drains: 1_000_000, answer }),
            }
        }
    });
    let folder = Folder::new();
    folder.write("a.jpg", &[build::photo(), vec![0; 30_000_000]].concat());
    let run = folder.run(["extract", "a.jpg", "--api-url", &url, "--retries", "3"]).expect(0);
    assert_eq!(run.text(), format!("{}\n", super::EXTRACTED));
}

#[test]
fn it_counts_over_tls() {
    let (config, certificate) = super::tls::config();
    let folder = Folder::new();
    let ca = folder.write("ca.pem", certificate.as_bytes());
    for manner in MANNERS {
        let config = Arc::clone(&config);
        let wrap = move |stream| -> Box<dyn ReadWrite> {
            Box::new(rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(&config)).unwrap(), stream))
        };
        let address = server(manner, wrap);
        answered(manner, &format!("https://{address}"), &["--ca-cert", ca.to_str().unwrap()]);
    }
}
