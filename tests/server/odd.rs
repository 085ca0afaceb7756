//! What a service would see otherwise than this machine: odd names, and more patterns than it takes. The client makes up for it.

use super::Server;
use crate::{build, cli::Run};
use serde_json::Value;

const NAMES: [&str; 12] = [
    "a\\b.jpg",
    "a\"b.jpg",
    "a\\\"b.jpg",
    "a%22b.jpg",
    "a%0Ab.jpg",
    "a\nb.jpg",
    "a\tb.jpg",
    "a\u{85}b.jpg",
    " sp.jpg",
    "sp.jpg ",
    "a;b='c'.jpg",
    "\u{202e}gpj.exe",
];

fn comparable(run: &Run) -> Vec<Value> {
    let mut rows = run.rows();
    for row in &mut rows {
        ["uuid", "downloadUrl", "options"].iter().for_each(|name| drop(row.as_object_mut().unwrap().remove(*name)));
    }
    rows
}

#[track_caller]
fn same(server: &Server, args: &[&str], names: &[&str]) {
    let url = format!("http://{}", server.address);
    let run = |more: &[&str]| server.folder.run([args, more, &["--"], names].concat()).expect(0);
    let (local, remote) = (run(&["--no-store"]), run(&["--api-url", &url, "--key", &server.key]));
    match args.contains(&"csv") {
        true => assert_eq!(local.text(), remote.text(), "{args:?}"),
        false => assert_eq!(comparable(&local), comparable(&remote), "{args:?}"),
    }
    assert_eq!(local.stderr, remote.stderr, "{args:?}");
}

#[test]
fn names() {
    let server = Server::start(&[]);
    let long = format!("{}.jpg", "é".repeat(120));
    let names: Vec<&str> = NAMES.into_iter().chain([long.as_str()]).collect();
    names.iter().for_each(|name| drop(server.folder.write(name, &build::photo())));
    for args in [&["extract"][..], &["extract", "--format", "csv"], &["extract", "-t", "name"], &["remove", "--force"]] {
        same(&server, args, &names);
    }
    names.iter().for_each(|name| same(&server, &["extract"], &[name]));
    for name in ["", "..", "x/y.jpg", "a\nb"] {
        let url = format!("http://{}", server.address);
        let piped = |more: &[&str]| {
            let run = server.folder.run_with_stdin(&[&["extract", "-", "--stdin-name", name], more].concat(), &build::photo());
            comparable(&run.expect(0))
        };
        assert_eq!(piped(&["--no-store"]), piped(&["--api-url", &url, "--key", &server.key]), "{name}");
    }
}

#[test]
fn patterns() {
    let server = Server::start(&[]);
    server.folder.write("a.jpg", &build::photo());
    let many: Vec<String> = (0..40).map(|i| format!("Tag{i}")).chain(["exif:make".into(), "size".into()]).collect();
    let long = ["x".repeat(200), "orient*".into()];
    for patterns in [&many[..], &long, &many[9..], &many[10..]] {
        let args: Vec<&str> = ["extract"].into_iter().chain(patterns.iter().flat_map(|p| ["-t", p.as_str()])).collect();
        same(&server, &args, &["a.jpg"]);
    }
}
