//! Many inputs at once.

use super::Folder;
use crate::build;
use std::{
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
    time::{Duration, Instant},
};

#[test]
fn answers_come_in_input_order_from_any_number_of_threads() {
    let folder = Folder::new();
    folder.write("small.jpg", &build::clean());
    let mut large = build::photo();
    large.resize(3_000_000, 0);
    folder.write("large.jpg", &large);
    let list: String = (0..500)
        .map(|i| {
            if i % 7 == 0 {
                "large.jpg\n".into()
            } else if i % 5 == 0 {
                format!("missing{i}\n")
            } else {
                "small.jpg\n".into()
            }
        })
        .collect();
    let expected: Vec<&str> = list.lines().collect();
    for jobs in ["1", "2", "8"] {
        let run = folder.run_with_stdin(&["extract", "--files-from", "-", "-j", jobs], list.as_bytes()).expect(3);
        let rows = run.rows();
        let sources: Vec<&str> = rows.iter().map(|r| r["source"].as_str().unwrap()).collect();
        assert_eq!(sources, expected, "-j {jobs}");
    }
}

#[test]
fn directories_lists_globs_and_shares() {
    let folder = Folder::new();
    for name in ["d/a.jpg", "d/.hidden/b.jpg", "d/.git/c.jpg", "d/sub/c.png", "d/node_modules/x.jpg"] {
        folder.write(name, &build::clean());
    }
    std::os::unix::fs::symlink("a.jpg", folder.path("d/link.jpg")).unwrap();
    let sources = |args: &[&str]| -> Vec<String> {
        let run = folder.run(["extract", "--no-store", "--format", "jsonl"].iter().chain(args)).expect(0);
        run.rows().iter().map(|r| r["source"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(sources(&["d"]), ["d/.hidden/b.jpg", "d/a.jpg", "d/node_modules/x.jpg", "d/sub/c.png"], "no .git, no link");
    assert_eq!(sources(&["d/link.jpg"]), ["d/link.jpg"], "a link that is named");
    assert_eq!(sources(&["d", "-g", "*.jpg", "-g", "!node_modules"]), ["d/.hidden/b.jpg", "d/a.jpg"]);
    let mut shares: Vec<String> = ["1/3", "2/3", "3/3"].iter().flat_map(|s| sources(&["d", "--shard", s])).collect();
    shares.sort();
    assert_eq!(shares, sources(&["d"]), "every input in one share");
    let nul = folder.run_with_stdin(&["extract", "--files-from", "-", "-0"], b"d/a.jpg\0d/sub\0").expect(0);
    assert_eq!(nul.rows().len(), 2, "a directory in a list is walked");
}

#[test]
fn a_closed_pipe_does_not_end_a_removal_or_a_gate() {
    let folder = Folder::new();
    // More rows than a pipe holds, and the one that counts at the end.
    (0..600).for_each(|i| drop(folder.write(&format!("d/{i:03}-{}.jpg", "x".repeat(150)), &build::clean())));
    folder.write("d/z.jpg", &build::photo());
    for (args, status) in
        [(["check", "d", "-j1"], 1), (["check", "d", "-j4"], 1), (["remove", "d", "-i"], 0), (["check", "d", "-j2"], 0)]
    {
        let mut child = folder.command(args).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{args:?} ends quietly");
    }
}

#[test]
fn an_answer_does_not_wait_for_the_next_input() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::clean());
    for jobs in ["1", "4"] {
        let mut child = folder.command(["extract", "--files-from", "-", "-j", jobs]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        for _ in 0..3 {
            stdin.write_all(b"a.jpg\n").unwrap();
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            assert!(line.contains("\"source\":\"a.jpg\""), "-j {jobs}: {line}");
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_closed_pipe_ends_quietly_even_when_the_list_does_not_end() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::clean());
    for jobs in ["1", "4"] {
        let mut child = folder.command(["extract", "--files-from", "-", "-j", jobs]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdin.write_all(b"a.jpg\n").unwrap();
        stdout.read_line(&mut String::new()).unwrap();
        drop(stdout);
        // It notices with the next answer; the list stays open.
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            let _ = stdin.write_all(b"a.jpg\n");
            assert!(start.elapsed() < Duration::from_secs(10), "-j {jobs}");
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((stderr.as_str(), child.wait().unwrap().code()), ("", Some(0)), "-j {jobs}");
    }
}

#[test]
fn what_is_no_file_stalls_nothing() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::clean());
    let fifo = std::process::Command::new("mkfifo").arg(folder.path("fifo")).status();
    assert!(fifo.is_ok_and(|s| s.success()), "mkfifo is part of every POSIX system");
    let rows = folder.run(["extract", "fifo", "a.jpg", "/dev/zero"]).expect(3).rows();
    let codes: Vec<_> = rows.iter().map(|r| r["code"].as_str().unwrap_or("-")).collect();
    assert_eq!(codes, ["unreadable", "-", "unreadable"]);
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::clean());
    let list = "a.jpg\nmissing\n".to_string() + &"a.jpg\n".repeat(5000);
    let rows = folder.run_with_stdin(&["extract", "--files-from", "-", "--fail-fast", "-j1"], list.as_bytes()).expect(3).rows();
    assert_eq!(rows.len(), 2);
    let rows = folder.run_with_stdin(&["extract", "--files-from", "-", "--fail-fast", "-j4"], list.as_bytes()).expect(3).rows();
    assert!(rows.len() < 1000, "{}", rows.len());
}

#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::clean());
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return eprintln!("no /dev/full here: nothing tested") };
    let output = folder.command(["extract", "a.jpg"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stdout"));
}

/// 100,000 inputs, under 64 MiB. Long in a debug build: `cargo test -- --ignored`.
#[test]
#[ignore = "takes a while"]
fn memory_does_not_grow_with_the_number_of_files() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let list = "./a.jpg\n".repeat(100_000);
    for jobs in ["1", "4"] {
        let mut child = folder.command(["extract", "--files-from", "-", "-j", jobs]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let (mut rows, mut peak) = (0, 0);
        let list = &list;
        std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(list.as_bytes()).unwrap());
            for line in BufReader::new(child.stdout.take().unwrap()).lines() {
                line.unwrap();
                rows += 1;
                if rows % 10_000 == 0
                    && let Ok(text) = std::fs::read_to_string(&status)
                {
                    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
                    peak = line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(peak);
                }
            }
        });
        assert!(child.wait().unwrap().success());
        assert_eq!(rows, 100_000);
        assert!(peak < 64 * 1024, "{peak} KiB");
    }
}

/// Whoever counts the inputs for the bar must not read what can be read only once.
#[test]
fn a_list_that_is_a_pipe_is_read_once() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::clean());
    let made = std::process::Command::new("mkfifo").arg(folder.path("list")).status();
    assert!(made.is_ok_and(|s| s.success()), "mkfifo is part of every POSIX system");
    let path = folder.path("list");
    let writer = std::thread::spawn(move || std::fs::write(path, "a.jpg\n".repeat(3000)).unwrap());
    let rows = folder.run(["extract", "--files-from", "list", "--progress", "always"]).expect(0).rows();
    assert_eq!(rows.len(), 3000);
    writer.join().unwrap();
}

/// Of inputs in hand when the first fails, the later ones may be done first.
#[test]
fn the_last_rows_come_in_order_too() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::clean());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x.jpg", listener.local_addr().unwrap());
    let fails = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        stream.write_all(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    });
    let mut child = folder.command(["extract", "-j3", "--fail-fast", &url, "-", "a.jpg"]).stdin(Stdio::piped()).spawn().unwrap();
    fails.join().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    child.stdin.take().unwrap().write_all(&build::clean()).unwrap();
    let output = child.wait_with_output().unwrap();
    let rows = output.stdout.split(|&b| b == b'\n').filter(|row| !row.is_empty());
    let rows: Vec<serde_json::Value> = rows.map(|row| serde_json::from_slice(row).unwrap()).collect();
    let sources: Vec<_> = rows.iter().map(|row| row["source"].as_str().unwrap()).collect();
    assert_eq!(sources, [url.as_str(), "-", "a.jpg"]);
}
