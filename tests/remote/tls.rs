//! Certificates: whom the client trusts, and that it does not leave https.

use super::{EXTRACTED, Reply, Server, UUID};
use crate::{build, cli::Folder};
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::sync::Arc;

/// For a server on 127.0.0.1, and the certificate that vouches for it.
pub fn config() -> (Arc<rustls::ServerConfig>, String) {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key.into()).unwrap();
    (Arc::new(config), own.cert.pem())
}

#[test]
fn only_whom_the_system_or_the_user_trusts() {
    let (server, certificate) = Server::tls(|_, _| Reply::json(EXTRACTED));
    let folder = Folder::new();
    folder.write("ca.pem", certificate.as_bytes());
    let args = ["get", UUID, "--key", "s3cret-key", "--retries", "0", "--api-url", &server.url()];
    let run = folder.run(args).expect(5);
    assert!(run.stderr.contains("certificate"), "{}", run.stderr);
    assert_eq!(server.requests(), 0, "no key before it is known who listens");
    assert_eq!(folder.run(args.iter().chain(&["--ca-cert", "ca.pem"])).expect(0).text(), format!("{EXTRACTED}\n"));
    let mut bare = folder.command(args.iter().chain(&["--ca-cert", "ca.pem"]));
    let bare = bare.env("SSL_CERT_FILE", "none").env("SSL_CERT_DIR", "none").output().unwrap();
    assert!(bare.status.success(), "on a system without certificates");
}

#[test]
fn never_from_https_to_http() {
    let plain = Server::always(Reply::new(200, build::clean()));
    let far = format!("{}/far", plain.url());
    let (to_get, to_fetch) = (far.clone(), far.clone());
    let (redirecting, certificate) = Server::tls(move |_, _| Reply::new(302, "").header("Location", &to_get));
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.write("ca.pem", certificate.as_bytes());
    let ca = ["--ca-cert", "ca.pem"];
    folder.run(["get", UUID, "--api-url", &redirecting.url()].iter().chain(&ca)).expect(5);
    folder.run(["extract", &format!("{}/a.jpg", redirecting.url())].iter().chain(&ca)).expect(3);
    let (service, certificate) =
        Server::tls(move |_, _| Reply::json(&format!(r#"{{"success":true,"downloadUrl":"{to_fetch}"}}"#)));
    folder.write("ca.pem", certificate.as_bytes());
    folder.run(["remove", "a.jpg", "--api-url", &service.url()].iter().chain(&ca)).expect(5);
    assert_eq!((plain.requests(), folder.files()), (0, vec!["a.jpg".to_owned(), "ca.pem".to_owned()]));
}

#[test]
fn local_work_reads_no_certificate() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.run(["extract", "a.jpg", "--no-store", "--ca-cert", "missing"]).expect(0);
    let row = folder.run(["extract", "http://127.0.0.1:1/a.jpg", "--ca-cert", "missing"]).expect(3);
    assert!(row.stderr.contains("--ca-cert missing"), "{}", row.stderr);
}
