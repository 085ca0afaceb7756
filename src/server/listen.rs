//! Connections: TLS, header limits and timers, an end in order.

use super::{App, Settings, Tls, stream::Stream};
use anyhow::Context;
use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tokio_rustls::TlsAcceptor;

const HANDSHAKE: Duration = Duration::from_secs(10);
/// All headers of one request.
const HEAD: usize = 64 * 1024;
/// Answers that are under way when the server is told to stop may take so long.
const GRACE: Duration = Duration::from_secs(30);

pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Takes connections until it is told to stop, then lets answers under way end.
pub async fn accept(
    app: Arc<App>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    let places = Arc::new(Semaphore::new(app.settings.limits.connections));
    loop {
        // The system's own queue holds those for whom there is no place yet.
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            _ = stopped.changed() => break,
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, or the other side is gone already.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            // It changes once.
            _ = stopped.changed() => break,
        };
        let (app, tls, router, watcher) = (Arc::clone(&app), tls.clone(), router.clone(), graceful.watcher());
        tokio::spawn(async move {
            app.metrics.connections.fetch_add(1, Relaxed);
            let _ = stream.set_nodelay(true);
            let idle = app.settings.limits.idle_time;
            connection(Stream::new(stream, idle), idle, tls, router, watcher).await;
            app.metrics.connections.fetch_sub(1, Relaxed);
            drop(place);
        });
    }
    drop(listener);
    if let Ok(graceful) = Arc::try_unwrap(graceful) {
        let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    }
}

async fn connection(stream: Stream, idle: Duration, tls: Option<TlsAcceptor>, router: Router, watcher: Watcher) {
    // Over HTTP/2 clients lose a refusal that comes before the end of their upload.
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    // The limit holds for the pause before the next head, too. Without a timer it is off.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(HEAD);
    let service = TowerToHyperService::new(router);
    // A connection that breaks concerns its other end alone.
    match tls {
        None => drop(watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned()).await),
        Some(tls) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                drop(watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned()).await);
            }
        }
    }
}

/// Waits for SIGINT or SIGTERM.
pub async fn signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

pub fn tls(tls: &Tls, settings: &Settings) -> anyhow::Result<TlsAcceptor> {
    let (chain, key) = match tls {
        Tls::Files { cert, key } => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect);
            let chain = chain.with_context(|| format!("--tls-cert {}", cert.display()))?;
            (chain, PrivateKeyDer::from_pem_file(key).with_context(|| format!("--tls-key {}", key.display()))?)
        }
        Tls::SelfSigned => self_signed(settings)?,
    };
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A certificate for trying out, written beside the data so that clients can be told to trust it.
fn self_signed(settings: &Settings) -> anyhow::Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let mut names = vec!["localhost".to_string(), settings.listen.ip().to_string()];
    names.extend(settings.public_url.as_ref().and_then(|u| u.host_str()).map(String::from));
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    std::fs::create_dir_all(&settings.data_dir)?;
    let path = settings.data_dir.join("self-signed.pem");
    std::fs::write(&path, cert.pem()).with_context(|| path.display().to_string())?;
    super::log::event("info", "self_signed", &path.display().to_string());
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    Ok((vec![cert.der().clone()], key))
}
