//! Programs in other languages against the built program as a service over TLS: ours, which are beside this file, and those of the
//! documentation of the API, where it lies beside the repository.

pub mod document;
mod own;

use crate::{
    cli::Folder,
    server::{Fixture, Server},
};
use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// What runs programs of a language. A program that is there does not count without what the probe asks for.
struct Language {
    name: &'static str,
    programs: &'static [&'static str],
    probe: &'static [&'static str],
    extension: &'static str,
}

const SHELL: Language =
    Language { name: "curl", programs: &["sh"], probe: &["-c", "curl --json '{}' --version"], extension: "sh" };
const PYTHON: Language = Language {
    name: "Python with requests",
    // Debian's packages are for Debian's Python.
    programs: &["python3", "/usr/bin/python3"],
    probe: &["-c", "import requests"],
    extension: "py",
};
const NODE: Language = Language {
    name: "Node",
    programs: &["node"],
    probe: &["-e", "fetch; FormData; Blob; new (require('node:buffer').File)([], '')"],
    extension: "mjs",
};
const PHP: Language = Language {
    name: "PHP with curl",
    programs: &["php"],
    probe: &["-r", "exit(extension_loaded('curl') && extension_loaded('openssl') ? 0 : 1);"],
    extension: "php",
};
const RUBY: Language =
    Language { name: "Ruby", programs: &["ruby"], probe: &["-rnet/http", "-rjson", "-ropenssl", "-e", ""], extension: "rb" };

impl Language {
    /// Its program, or nothing with a word about it.
    fn program(&self) -> Option<&'static str> {
        let works = |program: &&str| Command::new(program).args(self.probe).output().is_ok_and(|o| o.status.success());
        let found = self.programs.iter().copied().find(works);
        if found.is_none() {
            absent(self.name);
        }
        found
    }
}

/// What a test needs is not on this machine: it is skipped, unless `EXIFKIT_REQUIRE_PEERS` forbids that.
pub fn absent(what: &str) {
    let required = std::env::var_os("EXIFKIT_REQUIRE_PEERS").is_some_and(|v| v == "1");
    assert!(!required, "there is no {what} here, and EXIFKIT_REQUIRE_PEERS=1");
    skipped(&format!("there is no {what} here"));
}

/// Says why a test is skipped. A macro's text would be kept back, as of every test that passes.
fn skipped(why: &str) {
    let _ = std::io::stderr().write_all(format!("skipped: {why}\n").as_bytes());
}

/// The photo that all of them read and clean.
pub fn photo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/photo.jpg")
}

/// A web server on which every path is that photo.
pub fn site() -> Fixture {
    let photo = std::fs::read(photo()).unwrap();
    Fixture::start(move |_| {
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", photo.len());
        [head.as_bytes(), &photo].concat()
    })
}

/// The server, a site for what it fetches, and a folder with the photo and what this machine says of it.
struct Service {
    server: Server,
    _site: Fixture,
    certificate: PathBuf,
    extracted: Value,
    cleaned: Vec<u8>,
}

impl Service {
    /// Its certificate is one of the server's making, or one that is handed to it.
    fn start(self_signed: bool) -> Self {
        let (folder, site) = (Folder::new(), site());
        std::fs::copy(photo(), folder.path("image.jpg")).unwrap();
        let extracted = folder.run(["extract", "image.jpg", "--no-store"]).expect(0).json();
        folder.run(["remove", "image.jpg", "--output", "local.jpg"]).expect(0);
        let cleaned = folder.read("local.jpg");
        let map = format!("example.com=http://{}", site.address);
        let server = if self_signed {
            Server::start_in(folder, &["--url-map", &map, "--tls-self-signed"])
        } else {
            let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
            let cert = folder.write("cert.pem", own.cert.pem().as_bytes());
            let key = folder.write("key.pem", own.signing_key.serialize_pem().as_bytes());
            let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
            Server::start_in(folder, &["--url-map", &map, "--tls-cert", cert, "--tls-key", key])
        };
        let certificate = server.folder.path(if self_signed { "data/self-signed.pem" } else { "cert.pem" });
        Service { server, _site: site, certificate, extracted, cleaned }
    }

    /// A command in the folder that trusts the server, each program by the means of its own.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.server.folder.path("")).env("NO_PROXY", "*").env("no_proxy", "127.0.0.1");
        for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            command.env(name, &self.certificate);
        }
        if program == "php" {
            for option in ["curl.cainfo", "openssl.cafile"] {
                command.arg("-d").arg(format!("{option}={}", self.certificate.display()));
            }
        }
        command.env("EXIFKIT_API_URL", format!("https://{}", self.server.address)).env("EXIFKIT_KEY", &self.server.key);
        command
    }

    /// Runs a program to its end. The answers that it prints, a line each.
    #[track_caller]
    fn answers(&self, command: &mut Command) -> Vec<Value> {
        let output = command.output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let context = || format!("{command:?}\nstdout: {stdout}\nstderr: {stderr}\nserver: {}", self.server.log());
        assert!(output.status.success(), "{}", context());
        stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{}", context()))).collect()
    }

    /// That answers are so many extractions, looked up results and removals, each whole and right.
    #[track_caller]
    fn check(&self, answers: &[Value], counts: [usize; 3]) {
        let kind = |answer: &&Value, field: &str| answer.get(field).is_some();
        let of = |field| answers.iter().filter(|a| kind(a, field)).collect::<Vec<_>>();
        let (removed, got) = (of("downloadUrl"), of("filename"));
        let extracted: Vec<_> = of("metadata").into_iter().filter(|a| !kind(a, "filename")).collect();
        assert_eq!([extracted.len(), got.len(), removed.len()], counts, "{answers:#?}");
        assert_eq!(answers.len(), counts.iter().sum::<usize>(), "{answers:#?}");
        for answer in answers {
            assert_eq!((&answer["success"], &answer["status"]), (&true.into(), &"completed".into()), "{answer:#}");
        }
        for (answer, name) in extracted.iter().map(|a| (a, "fileName")).chain(got.iter().map(|a| (a, "filename"))) {
            assert_eq!(answer[name], "image.jpg");
            assert_eq!(answer["metadata"]["exif"]["FNumber"], "2.8");
            assert_eq!(answer["metadata"], self.extracted["metadata"]);
        }
        let base = format!("https://{}/download-cleaned/", self.server.address);
        for answer in removed {
            assert_eq!(answer["downloadUrl"], format!("{base}{}", answer["uuid"].as_str().unwrap()));
        }
    }
}
