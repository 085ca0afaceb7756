//! The client against a real server: what it prints and writes is what local mode prints and writes.

use super::{Fixture, Server};
use crate::{
    build,
    cli::{Folder, Run},
    files,
};
use serde_json::Value;

/// Files of every kind: the samples, damaged ones, an empty one, one of no type that we know.
fn inputs(folder: &Folder) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |name: String, bytes: &[u8]| {
        folder.write(&name, bytes);
        names.push(name);
    };
    for (name, bytes) in files::all() {
        add(format!("whole-{name}"), &bytes);
        add(format!("cut-{name}"), &bytes[..bytes.len() * 2 / 3]);
        add(format!("short-{name}"), &bytes[..30]);
        let mut damaged = bytes.clone();
        (40..bytes.len()).step_by(97).for_each(|at| damaged[at] ^= 0x55);
        add(format!("damaged-{name}"), &damaged);
    }
    add("empty.jpg".into(), b"");
    add("notes.txt".into(), b"just some text");
    add("blå bær.jpg".into(), &build::photo());
    add("clean.jpg".into(), &build::clean());
    add("with \"quotes\".jpg".into(), &build::photo());
    names
}

/// Every 40th file of the corpus, where it is beside the repository.
fn corpus() -> Vec<String> {
    let paths = files::corpus::corpus().unwrap_or_default();
    paths.into_iter().step_by(40).map(|path| path.into_os_string().into_string().unwrap()).collect()
}

/// The same command on this machine and by the service.
struct Both {
    local: Run,
    remote: Run,
}

fn both(server: &Server, args: &[&str], names: &[String], target: Option<&str>) -> Both {
    let url = format!("http://{}", server.address);
    let run = |more: &[&str], place: &str| {
        let target = target.map(|t| format!("{t}-{place}"));
        let target = target.as_ref().map(|t| ["-O", t]);
        let all = args.iter().copied().chain(more.iter().copied()).chain(target.into_iter().flatten());
        server.folder.run(all.chain(["--"]).chain(names.iter().map(String::as_str)))
    };
    Both { local: run(&["--no-store"], "here"), remote: run(&["--api-url", &url, "--key", &server.key], "there") }
}

/// What both must say: all but names of results, and what only a service says.
fn comparable(row: &Value) -> Value {
    let mut row = row.clone();
    let fields = row.as_object_mut().unwrap();
    ["uuid", "downloadUrl", "options"].iter().for_each(|name| drop(fields.remove(*name)));
    row
}

#[track_caller]
fn same_rows(Both { local, remote }: Both, what: &str) {
    let (here, there) = (local.rows(), remote.rows());
    for (here, there) in here.iter().zip(&there) {
        assert_eq!(comparable(here), comparable(there), "{what}");
        assert_eq!(here["metadata"].to_string(), there["metadata"].to_string(), "{what}: the order of {}", here["source"]);
    }
    assert_eq!((here.len(), local.status), (there.len(), remote.status), "{what}\n{}", remote.stderr);
    assert_eq!(local.stderr, remote.stderr, "{what}");
}

const VIEWS: [&[&str]; 9] = [
    &[],
    &["-n"],
    &["--family", "1"],
    &["--family", "1", "--numeric"],
    &["-t", "Make", "-t", "GPS*"],
    &["-t", "exif:*", "-t", "file:size"],
    // By the place, though the groups are kinds; by a name that prints as another; and what is nowhere.
    &["-t", "IFD0:Make", "-t", "by-line"],
    &["--family", "1", "-t", "xmp:*", "-n"],
    &["-t", "nowhere:*"],
];

#[test]
fn extract_prints_the_same() {
    let server = Server::start(&[]);
    let names = inputs(&server.folder);
    for view in VIEWS {
        let jsonl = [&["extract", "--format", "jsonl"], view].concat();
        same_rows(both(&server, &jsonl, &names, None), &format!("{jsonl:?}"));
        for format in ["table", "csv"] {
            let args = [&["extract", "--format", format], view].concat();
            let Both { local, remote } = both(&server, &args, &names, None);
            assert_eq!((local.text(), local.status, local.stderr), (remote.text(), remote.status, remote.stderr), "{args:?}");
        }
    }
    for name in &names {
        for format in ["json", "table", "csv"] {
            let Both { local, remote } = both(&server, &["extract", "--format", format], std::slice::from_ref(name), None);
            assert_eq!((local.status, &local.stderr), (remote.status, &remote.stderr), "{name}");
            match format {
                "json" => assert_eq!(comparable(&local.json()), comparable(&remote.json()), "{name}"),
                _ => assert_eq!(local.text(), remote.text(), "{name}"),
            }
        }
    }
}

const KEPT: [&[&str]; 6] = [
    &[],
    &["--keep", "none"],
    &["--preset", "strict"],
    &["--keep", "dates,copyright,title,thumbnail"],
    &["--keep", "Artist,exif:Make"],
    &["--preset", "strict", "--keep", "icc,c2pa,density"],
];

/// Compares what both have written, too.
#[track_caller]
fn same_files(server: &Server, target: &str, names: &[String]) -> usize {
    let read = |place: &str, name: &String| std::fs::read(server.folder.path(&format!("{target}-{place}/{name}"))).ok();
    let mut written = 0;
    for name in names {
        let (here, there) = (read("here", name), read("there", name));
        written += usize::from(here.is_some());
        assert!(here == there, "{target}/{name}: {:?} and {:?} bytes", here.map(|b| b.len()), there.map(|b| b.len()));
    }
    written
}

#[test]
fn remove_writes_the_same() {
    let server = Server::start(&[]);
    let names = inputs(&server.folder);
    for (i, kept) in KEPT.iter().enumerate() {
        let (args, target) = ([&["remove", "--format", "jsonl"], *kept].concat(), format!("out{i}"));
        same_rows(both(&server, &args, &names, Some(&target)), &format!("{args:?}"));
        assert!(same_files(&server, &target, &names) > 10, "{kept:?}");
    }
    let dry = both(&server, &["remove", "--dry-run", "--format", "jsonl"], &names, None);
    same_rows(Both { local: without_proof(dry.local), remote: without_proof(dry.remote) }, "a dry run");
    let csv = |run: Run| run.text().replace("-here/", "/").replace("-there/", "/");
    let Both { local, remote } = both(&server, &["remove", "--format", "csv"], &names, Some("csv"));
    assert_eq!(csv(local), csv(remote));
}

/// Of a dry run the service proves more than was asked for.
fn without_proof(mut run: Run) -> Run {
    let text = run.text().replace("\"verified\":true", "\"verified\":false");
    run.stdout = text.into_bytes();
    run
}

#[test]
fn a_directory_gives_the_same_rows() {
    let server = Server::start(&[]);
    inputs(&server.folder).iter().for_each(|name| {
        std::fs::create_dir_all(server.folder.path("d/e")).unwrap();
        std::fs::rename(server.folder.path(name), server.folder.path(&format!("d/e/{name}"))).unwrap();
    });
    let directory = ["d".to_string()];
    same_rows(both(&server, &["extract"], &directory, None), "extract d");
    same_rows(both(&server, &["remove"], &directory, Some("out")), "remove d");
}

#[test]
fn real_files_give_the_same() {
    let names = corpus();
    if names.is_empty() {
        return;
    }
    let server = Server::start(&["--max-upload-size", "1G"]);
    for view in [&[][..], &["--family", "1", "-n"]] {
        same_rows(both(&server, &[&["extract"], view].concat(), &names, None), &format!("{view:?}"));
    }
    same_rows(both(&server, &["remove"], &names, Some("out")), "remove");
    let targets: Vec<String> = names.iter().map(|n| n.rsplit('/').next().unwrap().to_owned()).collect();
    assert!(same_files(&server, "out", &targets) > 0);
}

#[test]
fn what_the_api_cannot_carry_is_wrong_usage() {
    let server = Server::start(&[]);
    server.folder.write("a.jpg", &build::photo());
    let names = ["a.jpg".to_string()];
    for (args, named) in [(&["extract", "--binary"][..], "--binary"), (&["remove", "--keep", "oreintation"], "oreintation")] {
        let remote = both(&server, args, &names, None).remote.expect(2);
        assert!(remote.stderr.contains(named), "{}", remote.stderr);
    }
    assert_eq!(server.folder.files().iter().filter(|f| f.contains("cleaned.jpg")).count(), 0);
}

#[test]
fn stdin_stdout_and_in_place_give_the_same() {
    let server = Server::start(&[]);
    let url = format!("http://{}", server.address);
    let service = ["--api-url", &url, "--key", &server.key];
    for (name, bytes) in files::all() {
        let piped = |more: &[&str]| server.folder.run_with_stdin(&[&["remove", "-", "-o", "-"], more].concat(), &bytes);
        let (local, remote) = (piped(&[]), piped(&service));
        assert!(local.stdout == remote.stdout, "{name}");
        assert_eq!((local.status, local.stderr), (remote.status, remote.stderr), "{name}");
        let in_place = |place: &str, more: &[&str]| {
            server.folder.write(&format!("{place}/{name}"), &bytes);
            let run = server.folder.run([&["remove", "-i", "--backup", ".orig", &format!("{place}/{name}")], more].concat());
            let backup = server.folder.path(&format!("{place}/{name}.orig")).exists();
            let cleaned = server.folder.read(&format!("{place}/{name}"));
            // Once more: of a clean file no backup is made, so none is in the way.
            let again = server.folder.run([&["remove", "-i", "--backup", ".orig", &format!("{place}/{name}")], more].concat());
            (run.status, cleaned, backup, again.status)
        };
        assert!(in_place("here", &[]) == in_place("there", &service), "{name}");
    }
}

/// A file behind a url: read by us, or fetched by the service, under the same name.
#[test]
fn urls_give_the_same() {
    let site = Fixture::start(|path| {
        let disposition = match path {
            "/a/none.jpg" | "/a%20b%C3%A6.jpg?x=/y" | "/" => "X: y",
            "/quoted" => "Content-Disposition: inline; filename=\"../q \\\"x\\\".jpg\"",
            "/percent" => "Content-Disposition: inline; filename=\"a%22b.jpg\"",
            "/extended" => "Content-Disposition: inline; filename=n.jpg; filename*=UTF-8''bl%C3%A5.jpg",
            "/latin" => "Content-Disposition: inline; filename*=ISO-8859-1''bl%E5.jpg",
            "/empty.jpg" => "Content-Disposition: inline; filename=\"\"",
            "/odd.jpg" => "Content-Disposition: inline; filename*=nonsense",
            _ => return b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
        };
        let head = format!("HTTP/1.1 200 OK\r\n{disposition}\r\nConnection: close\r\n\r\n");
        [head.as_bytes(), &build::photo()].concat()
    });
    let map = format!("{0}=http://{0}", site.address);
    let server = Server::start(&["--url-map", &map]);
    let paths = ["a/none.jpg", "a%20b%C3%A6.jpg?x=/y", "", "quoted", "percent", "extended", "latin", "empty.jpg", "odd.jpg"];
    let urls: Vec<String> = paths.iter().map(|path| format!("http://{}/{path}", site.address)).collect();
    same_rows(both(&server, &["extract"], &urls, None), "extract");
    same_rows(both(&server, &["remove", "--force"], &urls[..2], Some("out")), "remove");
    let missing = vec![format!("http://{}/missing", site.address), urls[0].clone()];
    let Both { local, remote } = both(&server, &["extract"], &missing, None);
    assert_eq!((local.status, &local.rows()[0]["code"]), (Some(3), &"url_fetch_failed".into()));
    assert_eq!((remote.status, &remote.rows()[0]["code"]), (Some(3), &"url_fetch_failed".into()));
}

#[test]
fn get_prints_the_same() {
    let server = Server::start(&[]);
    server.folder.write("a.jpg", &files::all()[0].1);
    let url = format!("http://{}", server.address);
    let service = ["--api-url", &url, "--key", &server.key];
    let uuid = |more: &[&str]| {
        let run = server.folder.run([&["extract", "a.jpg"], more].concat()).expect(0);
        run.json()["uuid"].as_str().unwrap().to_owned()
    };
    let (here, there) = (uuid(&[]), uuid(&service));
    for format in ["json", "jsonl", "table", "csv"] {
        let get = |uuid: &str, more: &[&str]| server.folder.run([&["get", uuid, "--format", format], more].concat());
        let (local, remote) = (get(&here, &[]).expect(0), get(&there, &service).expect(0));
        assert_eq!(local.text().replace(&here, "UUID"), remote.text().replace(&there, "UUID"), "{format}");
        for unknown in ["123e4567-e89b-42d3-a456-426614174000", "malformed", "..", ""] {
            let (local, remote) = (get(unknown, &[]).expect(4), get(unknown, &service).expect(4));
            assert_eq!((local.text(), local.stderr), (remote.text(), remote.stderr), "{format} {unknown}");
        }
    }
}

/// What our own server refuses early arrives, however large the upload is.
#[test]
fn refusals_of_large_uploads_arrive() {
    let server = Server::start(&["--max-upload-size", "1M"]);
    server.folder.write("a.jpg", &[build::photo(), vec![0; 40_000_000]].concat());
    let url = format!("http://{}", server.address);
    for (command, key, exit, code) in [
        ("extract", "a-wrong-key", 4, "invalid_key"),
        ("remove", "a-wrong-key", 4, "invalid_key"),
        ("extract", server.key.as_str(), 3, "too_large"),
        ("remove", server.key.as_str(), 3, "too_large"),
    ] {
        let run = server.folder.run([command, "a.jpg", "--api-url", &url, "--key", key, "--retries", "0"]).expect(exit);
        assert_eq!(run.json()["code"], code);
        assert_eq!(run.stderr.contains("--max-upload-size"), code == "too_large", "{}", run.stderr);
    }
}
