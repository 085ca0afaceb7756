//! The certificate that the server shows.

use super::{Settings, Tls};
use crate::error::{Code, Error};
use anyhow::Context;
use rustls::{
    CertificateError, Error as TlsError, RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use std::{net::IpAddr, path::Path, sync::Arc};
use tokio_rustls::TlsAcceptor;

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

pub fn acceptor(tls: &Tls, settings: &Settings) -> anyhow::Result<TlsAcceptor> {
    let mut config = match tls {
        Tls::Files { cert, key } => {
            let config = config(files(cert, key)?);
            config.map_err(|e| usage(format!("--tls-cert {} and --tls-key {}: {e}", cert.display(), key.display())))?
        }
        Tls::SelfSigned => config(self_signed(settings)?)?,
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Fails when the key is not that of the first certificate.
fn config((chain, key): Pair) -> Result<ServerConfig, TlsError> {
    ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)
}

fn usage(text: String) -> Error {
    Error::new(Code::InvalidRequest, text)
}

fn files(cert: &Path, key: &Path) -> Result<Pair, Error> {
    let bad = |e: &str| usage(format!("--tls-cert {}: {e}", cert.display()));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect);
    let chain = chain.map_err(|e| bad(&e.to_string()))?;
    let first = chain.first().ok_or_else(|| bad("there is no certificate (PEM) in it"))?;
    valid_now(first).map_err(|e| bad(&e))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| usage(format!("--tls-key {}: {e}", key.display())))?;
    Ok((chain, key))
}

/// What no client will take is not shown to any: damaged, expired, not valid yet. Who issued it is the clients' concern, and
/// that is looked at after the times.
fn valid_now(certificate: &CertificateDer<'static>) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    let damaged = |_| "the certificate is damaged".to_string();
    roots.add(certificate.clone()).map_err(damaged)?;
    let verifier = WebPkiServerVerifier::builder(Arc::new(roots)).build().map_err(|e| e.to_string())?;
    let name = ServerName::try_from("localhost").map_err(|e| e.to_string())?;
    match verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::now()) {
        Err(TlsError::InvalidCertificate(
            e @ (CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }),
        )) => Err(e.to_string()),
        _ => Ok(()),
    }
}

/// A certificate for trying out, written beside the data so that clients can be told to trust it.
fn self_signed(settings: &Settings) -> anyhow::Result<Pair> {
    let names = names(settings.listen.ip(), settings.public_url.as_ref());
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    std::fs::create_dir_all(&settings.data_dir)?;
    let path = settings.data_dir.join("self-signed.pem");
    std::fs::write(&path, cert.pem()).with_context(|| path.display().to_string())?;
    super::log::event("info", "self_signed", &path.display().to_string());
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    Ok((vec![cert.der().clone()], key))
}

/// What the server is called: by this machine in any case, also when it listens to all addresses.
fn names(listen: IpAddr, public_url: Option<&url::Url>) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).into();
    let listen = Some(listen).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string());
    let public = public_url.and_then(|u| u.host_str()).map(|host| host.trim_matches(['[', ']']).to_string());
    for name in listen.into_iter().chain(public) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate of these years, and its key.
    fn pair(from: i32, to: i32) -> (String, String) {
        let mut parameters = rcgen::CertificateParams::new(vec!["a.example".to_string()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(from, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(to, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        (parameters.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    /// Of an authority that nobody here knows.
    fn issued() -> (String, String) {
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let issuer = rcgen::Issuer::new(rcgen::CertificateParams::new(vec![]).unwrap(), authority_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["a.example".to_string()]).unwrap();
        (parameters.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn names_of_the_one_for_trying_out() {
        let own = ["localhost", "127.0.0.1", "::1"];
        for (listen, public, more) in [
            ("0.0.0.0", None, &[][..]),
            ("::", None, &[]),
            ("127.0.0.1", Some("https://localhost:8443/x"), &[]),
            ("192.0.2.7", Some("https://meta.example"), &["192.0.2.7", "meta.example"]),
            ("::1", Some("https://[2001:db8::1]/"), &["2001:db8::1"]),
        ] {
            let public = public.map(|url| url::Url::parse(url).unwrap());
            assert_eq!(names(listen.parse().unwrap(), public.as_ref()), [&own[..], more].concat(), "{listen}");
        }
    }

    #[test]
    fn what_is_wrong_with_which_file() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let ((good, key), (other, _), (old, old_key)) = (pair(2020, 4000), pair(2020, 4000), pair(2001, 2002));
        let ((young, young_key), (issued, issued_key)) = (pair(3000, 4000), issued());
        let scrambled = format!("-----BEGIN CERTIFICATE-----\nAAAA{}", &good[good.len() / 2..]);
        for (cert, key, why) in [
            (&good, &key, None),
            (&issued, &issued_key, None),
            (&other, &key, Some("the-cert and --tls-key")),
            (&old, &old_key, Some("--tls-cert {}/the-cert: certificate expired")),
            (&young, &young_key, Some("--tls-cert {}/the-cert: certificate not valid yet")),
            (&"garbage".to_string(), &key, Some("--tls-cert {}/the-cert: there is no certificate")),
            (&scrambled, &key, Some("--tls-cert {}/the-cert: ")),
            (&key, &key, Some("--tls-cert {}/the-cert: there is no certificate")),
            (&good, &good, Some("--tls-key {}/the-key: ")),
            (&good, &"garbage".to_string(), Some("--tls-key {}/the-key: ")),
        ] {
            let (cert, key) = (write("the-cert", cert), write("the-key", key));
            let made = files(&cert, &key).and_then(|pair| {
                config(pair).map_err(|e| usage(format!("--tls-cert {} and --tls-key {}: {e}", cert.display(), key.display())))
            });
            let why = why.map(|w| w.replace("{}", folder.path().to_str().unwrap()));
            match (&made, &why) {
                (Ok(_), None) => {}
                (Err(e), Some(why)) if e.to_string().contains(why) => {}
                _ => panic!("{why:?}: {:?}", made.err().map(|e| e.to_string())),
            }
        }
        let gone = files(Path::new("/nowhere/cert"), Path::new("/nowhere/key")).unwrap_err().to_string();
        assert!(gone.contains("--tls-cert /nowhere/cert"), "{gone}");
    }
}
