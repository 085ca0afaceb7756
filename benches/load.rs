//! A bounded load on a server: `cargo bench --bench load -- 60` starts one, uploads to it for 60 seconds over 100 connections,
//! twice, and fails when an answer is a 5xx or is lost, or when memory or files after either run are not as at the start.
//! `-- 20 127.0.0.1:8090 PID` measures another server, which only extracts, for 20 seconds, once.
//!
//! Files are a sample with coded data of random length: 10 KB to 5 MB, all sizes' logarithms equally frequent. One upload of a
//! hundred trickles, one is cut short, one of ten is a removal.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

const PHOTO: &[u8] = include_bytes!("../tests/samples/photo.jpg");
const CONNECTIONS: u64 = 100;
const SIZES: (f64, f64) = (10e3, 5e6);
/// Connections close, memory goes back.
const SETTLING: Duration = Duration::from_secs(20);
/// How much more memory of its own a server may hold after a load than after its first two requests: tables of connections and of
/// timers have grown to what the load needed, and stay so. It must not depend on how long or how often the load came.
const MARGIN_KB: u64 = 2 * 1024;

fn main() {
    let numbers: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(seconds) = numbers.first().and_then(|s| s.parse().ok()).map(Duration::from_secs) else {
        return println!("load: how many seconds? cargo bench --bench load -- 60");
    };
    match &numbers[1..] {
        [address, pid] => {
            let target = Target { address: address.clone(), key: String::new(), pid: pid.clone(), removes: false };
            run(&target, seconds).print();
        }
        _ => own(seconds),
    }
}

/// Two runs on a server of our own.
fn own(seconds: Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut server, target) = start(folder.path());
    State::of(&target, folder.path()).print("at the start");
    // Tables are read for the first file; they stay.
    let mut removed = first_requests(&target);
    thread::sleep(SETTLING);
    let before = State::of(&target, folder.path());
    before.print("after the first two requests");
    for _ in 0..2 {
        let tally = run(&target, seconds);
        tally.print();
        assert!(tally.faults() == 0, "answers of 5xx, or lost ones");
        removed += tally.removed;
        thread::sleep(SETTLING);
        let after = State::of(&target, folder.path());
        after.print("after the run and 20 s");
        let fits = after.own <= before.own + MARGIN_KB;
        assert!(fits, "memory of its own: {} KB at the start, {} KB at the end", before.own, after.own);
        assert!(after.open <= before.open + 2, "open files: {} at the start, {} at the end", before.open, after.open);
        assert!(after.processes == 0, "processes that decode were left");
        assert!(after.uploads == 0, "uploads were left");
        assert!(after.cleaned == removed, "{} cleaned files of {removed} removals", after.cleaned);
    }
    server.0.kill().and_then(|()| server.0.wait()).expect("it ends");
    println!("no fault, no leak");
}

/// An extraction and a removal; how many cleaned files they leave.
fn first_requests(target: &Target) -> usize {
    let body = upload(&coded(), SIZES.0 as usize);
    for removes in [false, true] {
        let mut stream = TcpStream::connect(&target.address).expect("a connection");
        let (status, _) = exchange(&mut stream, target, removes, &body, 1).expect("an answer");
        assert_eq!(status, 200);
    }
    1
}

struct Target {
    address: String,
    key: String,
    pid: String,
    removes: bool,
}

/// A server that goes with the run, however that ends.
struct Own(Child);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path) -> (Own, Target) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exifkit"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.join("data")).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the server starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its log"));
    let (mut key, mut address) = (String::new(), String::new());
    while address.is_empty() {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).expect("a line") > 0, "the server ended");
        if let Some(at) = line.find("exifkit_") {
            key = line[at..].trim().into();
        }
        if line.contains("\"listening\"") {
            address = line.rsplit("//").next().and_then(|rest| rest.split('"').next()).unwrap_or_default().into();
        }
    }
    // Its log is read, or it would wait.
    thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    let pid = child.id().to_string();
    (Own(child), Target { address, key, pid, removes: true })
}

/// What a server holds.
struct State {
    rss: u64,
    /// Without the pages of the program itself, which come as they are needed and can go at any time.
    own: u64,
    peak: u64,
    open: usize,
    /// Those that decode for it.
    processes: usize,
    uploads: usize,
    cleaned: usize,
}

impl State {
    fn of(target: &Target, folder: &Path) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{}/status", target.pid)).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find(|l| l.starts_with(name)).unwrap_or_default();
            line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        let count = |path: &Path| std::fs::read_dir(path).map_or(0, Iterator::count);
        State {
            rss: field("VmRSS:"),
            own: field("RssAnon:"),
            peak: field("VmHWM:"),
            processes: processes(&target.pid),
            open: count(Path::new(&format!("/proc/{}/fd", target.pid))),
            uploads: count(&folder.join("data/uploads")),
            cleaned: count(&folder.join("data/cleaned")),
        }
    }

    fn print(&self, when: &str) {
        let State { rss, own, peak, open, processes, uploads, cleaned } = self;
        println!(
            "{when}: {rss} KB resident ({peak} KB at most), {own} KB of its own, {open} open files, {processes} processes \
             beside it, {uploads} uploads, {cleaned} cleaned files"
        );
    }
}

fn processes(pid: &str) -> usize {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    children.map(|line| line.split_whitespace().count()).sum()
}

/// What came of a run.
#[derive(Default)]
struct Tally {
    statuses: std::collections::BTreeMap<u16, u64>,
    lost: u64,
    cut: u64,
    slow: u64,
    removed: usize,
    bytes: u64,
    /// Of uploads that neither trickle nor are cut.
    times: Vec<Duration>,
    seconds: f64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        other.statuses.into_iter().for_each(|(status, n)| *self.statuses.entry(status).or_default() += n);
        self.lost += other.lost;
        self.cut += other.cut;
        self.slow += other.slow;
        self.removed += other.removed;
        self.bytes += other.bytes;
        self.times.extend(other.times);
    }

    fn faults(&self) -> u64 {
        self.lost + self.statuses.range(500..).map(|(_, n)| n).sum::<u64>()
    }

    fn print(&self) {
        let answered: u64 = self.statuses.values().sum();
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).map_or(0.0, |t| t.as_secs_f64() * 1e3);
        println!(
            "{answered} answers in {:.0} s: {:.0} a second, {:.0} MB/s; p50 {:.1} ms, p99 {:.1} ms; by status {:?}; \
             {} trickled, {} cut short, {} lost",
            self.seconds,
            answered as f64 / self.seconds,
            self.bytes as f64 / self.seconds / 1e6,
            at(0.5),
            at(0.99),
            self.statuses,
            self.slow,
            self.cut,
            self.lost,
        );
    }
}

fn run(target: &Target, seconds: Duration) -> Tally {
    let coded = coded();
    let (start, total) = (Instant::now(), Mutex::new(Tally::default()));
    thread::scope(|scope| {
        for seed in 0..CONNECTIONS {
            let (coded, total) = (&coded, &total);
            scope.spawn(move || {
                let tally = client(target, coded, Random(seed + 1), start + seconds);
                total.lock().expect("no client panics").add(tally);
            });
        }
    });
    let mut total = total.into_inner().expect("no client panics");
    total.seconds = start.elapsed().as_secs_f64();
    total
}

/// xorshift64*: the same load every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Is it one of so many?
    fn one_of(&mut self, n: u64) -> bool {
        (self.next() >> 32).is_multiple_of(n)
    }

    fn size(&mut self) -> usize {
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        (SIZES.0 * (SIZES.1 / SIZES.0).powf(share)) as usize
    }
}

/// Coded data as of a scan: random, and 0xff is followed by 0.
fn coded() -> Vec<u8> {
    let mut random = Random(42);
    let mut bytes = Vec::with_capacity(SIZES.1 as usize + 2);
    while bytes.len() < SIZES.1 as usize {
        let byte = (random.next() >> 56) as u8;
        bytes.push(byte);
        if byte == 0xff {
            bytes.push(0);
        }
    }
    bytes
}

fn upload(coded: &[u8], size: usize) -> Vec<u8> {
    let end = PHOTO.windows(2).rposition(|w| w == b"\xff\xd9").expect("the end of the image");
    let mut more = &coded[..size.saturating_sub(PHOTO.len())];
    more = more.strip_suffix(b"\xff").unwrap_or(more);
    let head = "--l0ad\r\nContent-Disposition: form-data; name=\"file\"; filename=\"image.jpg\"\r\n\r\n".as_bytes();
    [head, &PHOTO[..end], more, &PHOTO[end..], b"\r\n--l0ad--\r\n"].concat()
}

fn client(target: &Target, coded: &[u8], mut random: Random, end: Instant) -> Tally {
    let (mut tally, mut connection) = (Tally::default(), None);
    while Instant::now() < end {
        let removes = target.removes && random.one_of(10);
        let (slow, cut) = (random.one_of(100), random.one_of(100));
        let size = if slow { 20_000 } else { random.size() };
        let body = upload(coded, size);
        let begin = Instant::now();
        let Ok(mut stream) = connection.take().map_or_else(|| TcpStream::connect(&target.address), Ok) else {
            tally.lost += 1;
            continue;
        };
        if cut {
            let _ = head(&mut stream, target, removes, body.len()).and_then(|()| stream.write_all(&body[..body.len() / 2]));
            tally.cut += 1;
            continue;
        }
        let pieces = if slow { 20 } else { 1 };
        match exchange(&mut stream, target, removes, &body, pieces) {
            Ok((status, again)) => {
                *tally.statuses.entry(status).or_default() += 1;
                tally.bytes += body.len() as u64;
                tally.removed += usize::from(removes && status == 200);
                connection = again.then_some(stream);
            }
            Err(_) => tally.lost += 1,
        }
        if slow { tally.slow += 1 } else { tally.times.push(begin.elapsed()) }
    }
    tally
}

fn head(stream: &mut TcpStream, target: &Target, removes: bool, length: usize) -> std::io::Result<()> {
    let (Target { address, key, .. }, path) = (target, if removes { "remove" } else { "extract" });
    let head = format!(
        "POST /api/v1/{path} HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {key}\r\nContent-Type: multipart/form-data; boundary=l0ad\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())
}

/// Sends an upload, in so many pieces; the status of the answer, and whether the connection can be used again.
fn exchange(stream: &mut TcpStream, target: &Target, removes: bool, body: &[u8], pieces: usize) -> std::io::Result<(u16, bool)> {
    stream.set_nodelay(true)?;
    head(stream, target, removes, body.len())?;
    for piece in body.chunks(body.len().div_ceil(pieces)) {
        stream.write_all(piece)?;
        if pieces > 1 {
            thread::sleep(Duration::from_millis(100));
        }
    }
    let mut reader = BufReader::new(stream);
    let (mut status, mut length, mut again) = (0, 0, true);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest.split(' ').next().and_then(|s| s.parse().ok()).unwrap_or(0);
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        again &= line != "connection: close";
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer)?;
    Ok((status, again))
}
