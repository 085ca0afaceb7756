//! TLS by the server itself: certificates of its operator, or one for trying out.

use super::Server;
use crate::{build, cli::Folder};
use std::io::{ErrorKind, Read};

/// A certificate for 127.0.0.1 and its key.
fn pair(folder: &Folder, name: &str) -> (String, String) {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let cert = folder.write(&format!("{name}.pem"), own.cert.pem().as_bytes());
    let key = folder.write(&format!("{name}.key"), own.signing_key.serialize_pem().as_bytes());
    (cert.to_str().unwrap().into(), key.to_str().unwrap().into())
}

/// Our own client reads a photo and has it cleaned.
fn works(server: &Server, ca: &str) {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let url = format!("https://{}", server.address);
    let service = ["--api-url", &url, "--key", &server.key, "--ca-cert", ca];
    let said = folder.run(["extract", "a.jpg"].iter().chain(&service)).expect(0).json();
    assert_eq!(said["metadata"]["exif"]["Make"], "Makers & Co");
    let removed = folder.run(["remove", "a.jpg"].iter().chain(&service)).expect(0).json();
    assert!(removed["downloadUrl"].as_str().unwrap().starts_with(&url), "{removed}");
    folder.run(["check", "a_cleaned.jpg"]).expect(0);
    // Nobody is taken for it without its certificate, and it does not speak plain HTTP.
    folder.run(["extract", "a.jpg", "--retries", "0", "--api-url", &url]).expect(5);
    folder.run(["extract", "a.jpg", "--retries", "0", "--api-url", &url.replace("https", "http")]).expect(5);
}

#[test]
fn with_the_operators_certificate() {
    let folder = Folder::new();
    let (cert, key) = pair(&folder, "own");
    works(&Server::start(&["--tls-cert", &cert, "--tls-key", &key]), &cert);
}

#[test]
fn with_one_for_trying_out() {
    let server = Server::start(&["--tls-self-signed"]);
    let ca = server.folder.path("data/self-signed.pem");
    assert!(server.log().contains(ca.to_str().unwrap()), "{}", server.log());
    works(&server, ca.to_str().unwrap());
}

/// A handshake alone holds no connection.
#[test]
fn silence_after_the_handshake_has_its_time() {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let server = Server::start(&["--tls-self-signed", "--idle-timeout", "0.3"]);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.folder.path("data/self-signed.pem")).unwrap()).unwrap();
    let ring = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
    let config = std::sync::Arc::new(versions.with_root_certificates(roots).with_no_client_auth());
    let mut client = rustls::ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    let mut socket = server.connect();
    while client.is_handshaking() {
        client.complete_io(&mut socket).unwrap();
    }
    let end = rustls::Stream::new(&mut client, &mut socket).read(&mut [0; 1]);
    // Whether it says goodbye is its own affair; the test's own patience would have another end.
    assert!(matches!(&end, Ok(0)) || matches!(&end, Err(e) if e.kind() == ErrorKind::UnexpectedEof), "{end:?}");
}

#[test]
fn files_that_do_not_serve_are_named() {
    let folder = Folder::new();
    let ((cert, key), (other, _)) = (pair(&folder, "own"), pair(&folder, "other"));
    let garbage = folder.write("garbage", b"garbage").to_str().unwrap().to_owned();
    let data = folder.path("data");
    let data = data.to_str().unwrap();
    for (cert, key, named) in [
        ("/nowhere/cert", key.as_str(), "--tls-cert /nowhere/cert"),
        (&cert, "/nowhere/key", "--tls-key /nowhere/key"),
        (&garbage, &key, &format!("--tls-cert {garbage}")),
        (&cert, &garbage, &format!("--tls-key {garbage}")),
        (&key, &cert, &format!("--tls-cert {key}")),
        (&other, &key, &format!("--tls-cert {other} and --tls-key {key}")),
    ] {
        let args = ["serve", "--listen", "127.0.0.1:0", "--data-dir", data, "--tls-cert", cert, "--tls-key", key];
        let run = folder.run(args).expect(2);
        assert!(run.stderr.contains(named), "{named}: {}", run.stderr);
    }
    for half in [["--tls-cert", &cert], ["--tls-key", &key]] {
        folder.run(["serve", "--data-dir", data].iter().chain(&half)).expect(2);
    }
}

#[test]
fn switches_in_the_environment() {
    let folder = Folder::new();
    let (twice, key, no_key) = ("cannot be used with", "the key of this run", "--tls-cert /nowhere");
    for (variable, value, said) in [
        ("EXIFKIT_TLS_SELF_SIGNED", "1", twice),
        ("EXIFKIT_TLS_SELF_SIGNED", "true", twice),
        ("EXIFKIT_TLS_SELF_SIGNED", "On", twice),
        // Not set, in effect: what comes next is wrong.
        ("EXIFKIT_TLS_SELF_SIGNED", "0", key),
        ("EXIFKIT_TLS_SELF_SIGNED", "nein", "'nein' for '--tls-self-signed'"),
        ("EXIFKIT_ALLOW_ANONYMOUS", "1", no_key),
        ("EXIFKIT_ALLOW_ANONYMOUS", "yes", no_key),
        ("EXIFKIT_ALLOW_ANONYMOUS", "no", key),
        ("EXIFKIT_ALLOW_ANONYMOUS", "", key),
        // What is no answer opens the server to nobody.
        ("EXIFKIT_ALLOW_ANONYMOUS", "none", "'none' for '--allow-anonymous'"),
        ("EXIFKIT_ALLOW_ANONYMOUS", "never", "'never' for '--allow-anonymous'"),
    ] {
        // Both ways to have TLS at once, or a certificate that is not there: it ends before it listens.
        let args = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", "/nowhere", "--tls-key", "/nowhere"];
        let run = folder.command(args).env(variable, value).env("EXIFKIT_DATA_DIR", folder.path("data")).output().unwrap();
        let text = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(2), "{text}");
        assert!(text.contains(said), "{variable}={value}: {text}");
        assert_eq!(text.contains(key), said == key, "{variable}={value}: {text}");
    }
}
