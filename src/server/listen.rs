//! Connections: TLS, header limits and timers, an end in order.

use super::{App, settings::Limits, stream::Stream};
use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_rustls::TlsAcceptor;

const HANDSHAKE: Duration = Duration::from_secs(10);
/// A head that is longer than its limit by more than this is not read to its end, and gets a bare 431. What comes behind a head
/// is read into the same buffer, which every connection has.
const HEAD: usize = 32 * 1024;
/// Headers of one request.
const HEADERS: usize = 256;

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
        let Ok(place) = place else { break };
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
            connection(stream, &app.settings.limits, tls, router, watcher).await;
            app.metrics.connections.fetch_sub(1, Relaxed);
            drop(place);
        });
    }
    drop(listener);
    if let Ok(graceful) = Arc::try_unwrap(graceful) {
        graceful.shutdown().await;
    }
}

async fn connection(stream: TcpStream, limits: &Limits, tls: Option<TlsAcceptor>, router: Router, watcher: Watcher) {
    let stream = Stream::new(stream, limits.idle_time);
    // Over HTTP/2 clients lose a refusal that comes before the end of their upload.
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    // The limit holds for the pause before the next head, too. Without a timer it is off.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.idle_time);
    builder.http1().max_headers(HEADERS).max_buf_size(limits.head_size.saturating_add(HEAD));
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
