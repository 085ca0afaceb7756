//! `exifkit serve`: the documented API over the local engine. The only folder that names axum.
//!
//! A request passes [`listen`] (header limits; [`tls`]), [`routes`] (log, CORS, key, place in the queue), [`receive`] (its file, to
//! disk) and [`work`] (the engine, in the processes of [`worker`]); what was made is kept by [`crate::store::Service`].

mod answer;
mod body;
mod gate;
pub mod heap;
mod host;
pub mod keys;
mod listen;
mod log;
mod metrics;
mod multipart;
pub mod openapi;
mod page;
mod pool;
mod receive;
mod routes;
mod settings;
mod stream;
mod tls;
mod work;
pub mod worker;

pub use settings::{Limits, Settings, Tls};

use crate::store::Service;
use answer::Refusal;
use anyhow::{Context, bail};
use gate::Gate;
use keys::Keys;
use metrics::Metrics;
use pool::Pool;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Threads for what blocks, beside those that decode: writes of uploads, look-ups of names and in the store.
const BLOCKING: usize = 64;

/// What all requests share.
pub(crate) struct App {
    settings: Settings,
    store: Service,
    /// `None`: served without keys.
    keys: Option<Keys>,
    metrics: Metrics,
    /// Uploads at once.
    gate: Gate,
    /// Look-ups of results at once: uploads, which may be slow, do not keep them.
    look_ups: Gate,
    /// Files that are decoded at once.
    jobs: Pool,
    stopping: AtomicBool,
    /// What is still under way is given up.
    cut: AtomicBool,
}

impl App {
    fn enough_disk(&self) -> Result<(), Refusal> {
        match rustix::fs::statvfs(self.store.uploads()) {
            Ok(disk) if disk.f_bavail.saturating_mul(disk.f_frsize) < self.settings.limits.min_free => Err(self.no_space()),
            _ => Ok(()),
        }
    }

    fn no_space(&self) -> Refusal {
        Refusal::no_space(self.settings.limits.min_free, "--min-free-disk")
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    fn ready(&self) -> bool {
        let keys = self.keys.as_ref().is_none_or(Keys::ready);
        !self.stopping() && keys && self.store.ready() && self.enough_disk().is_ok()
    }
}

/// Serves until it is told to stop.
pub fn run(settings: Settings) -> anyhow::Result<()> {
    // It fails only when a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    log::panics();
    let mut keys = keys(&settings)?;
    let store = Service::open(&settings.data_dir, settings.retention)?;
    if let Some(keys) = keys.as_mut().filter(|keys| keys.is_empty()) {
        let key = keys.one_time()?;
        crate::output::message(&format!("no keys in {}; the key of this run is {key}", settings.keys_file.display()));
    }
    raise_open_files();
    // A look-up of a name cannot be ended: those of all requests together may not keep files from being read and written.
    let blocking = BLOCKING + settings.limits.requests;
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(blocking).build()?;
    let app = Arc::new(App {
        store,
        keys,
        metrics: Metrics::default(),
        gate: Gate::new(settings.limits.requests, settings.limits.queue),
        look_ups: Gate::new(settings.limits.requests, settings.limits.queue),
        jobs: Pool::new(settings.limits.jobs, settings.limits.work_memory, settings.limits.idle_time)?,
        stopping: false.into(),
        cut: false.into(),
        settings,
    });
    let result = threads.block_on(serve(&app));
    // Work that nobody waits for any more has its own deadline. Requests that are cut off here are logged.
    threads.shutdown_timeout(Duration::from_secs(2));
    if app.stopping() {
        log::event("info", "stopped", "");
    }
    result
}

/// Connections, their uploads and the processes that decode have more open files than the soft limit of most systems.
fn raise_open_files() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    // The limit stays as it is then.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// The keys of the file. Beyond this machine nobody is served by accident without one.
fn keys(settings: &Settings) -> anyhow::Result<Option<Keys>> {
    if settings.anonymous {
        return Ok(None);
    }
    let keys = Keys::open(settings.keys_file.clone())?;
    if keys.is_empty() && !settings.listen.ip().is_loopback() {
        let file = settings.keys_file.display();
        bail!(crate::error::Error::new(
            crate::error::Code::InvalidRequest,
            format!(
                "{} is open to others and {file} holds no key: make one with `exifkit serve keys create --owner NAME`, or say --allow-anonymous",
                settings.listen
            )
        ));
    }
    Ok(Some(keys))
}

async fn serve(app: &Arc<App>) -> anyhow::Result<()> {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let settings = &app.settings;
    let tls = settings.tls.as_ref().map(|tls| tls::acceptor(tls, settings)).transpose()?;
    let listener = listen::bind(settings.listen).await.with_context(|| settings.listen.to_string())?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    if let Some(address) = settings.metrics {
        let metrics = listen::bind(address).await.with_context(|| address.to_string())?;
        log::event("info", "metrics", &format!("http://{}/metrics", metrics.local_addr()?));
        tokio::spawn(listen::accept(Arc::clone(app), metrics, None, routes::metrics(Arc::clone(app)), stopped.clone()));
    }
    log::event("info", "listening", &format!("{scheme}://{}", listener.local_addr()?));
    let sweeper = tokio::spawn(sweep(Arc::clone(app)));
    let giver = tokio::spawn(give_back());
    let router = routes::router(Arc::clone(app), listener.local_addr()?)?;
    let serving = tokio::spawn(listen::accept(Arc::clone(app), listener, tls, router, stopped));
    listen::signal().await?;
    app.stopping.store(true, Relaxed);
    log::event("info", "stopping", "");
    // Who asks meanwhile is told so; then connections end in order.
    let ended = async {
        idle(app).await;
        let _ = stop.send(true);
        serving.await.context("the listener failed")
    };
    let cut = || {
        app.cut.store(true, Relaxed);
        log::event("info", "cut", &format!("{} connections", app.metrics.connections.load(Relaxed)));
        Ok(())
    };
    let result = tokio::select! {
        ended = ended => ended,
        _ = tokio::time::sleep(settings.limits.stop_time) => cut(),
        again = listen::signal() => again.and_then(|()| cut()),
    };
    sweeper.abort();
    giver.abort();
    result
}

/// Waits until no request is worked on.
async fn idle(app: &App) {
    while app.metrics.in_flight.load(Relaxed) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn sweep(app: Arc<App>) {
    loop {
        tokio::time::sleep(app.settings.sweep).await;
        // What fails is logged, and tried again.
        let _ = work::stored(&app, Service::sweep).await;
    }
}

/// The memory of connections that have ended.
async fn give_back() {
    loop {
        tokio::time::sleep(heap::PERIOD).await;
        let _ = tokio::task::spawn_blocking(heap::give_back).await;
    }
}
