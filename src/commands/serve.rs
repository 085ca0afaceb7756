//! `exifkit serve`: the flags into settings; `serve keys`: the file of keys.

use crate::{
    batch::{Status, sources::usage},
    cli::{KeysCommand, Serve, ServeCommand, ServePlace},
    net::guard::{Policy, UrlMap},
    output,
    server::{self, Limits, Settings, Tls, keys},
    store,
};
use anyhow::Context;
use std::{
    io::Write,
    num::NonZero,
    path::{Path, PathBuf},
    time::Duration,
};

pub fn run(args: &Serve) -> anyhow::Result<Status> {
    let data_dir = data_dir(&args.place)?;
    let keys_file = args.place.keys_file.clone().unwrap_or_else(|| data_dir.join("keys"));
    if let Some(ServeCommand::Keys(command)) = &args.command {
        return manage(command, &keys_file);
    }
    let settings = settings(args, data_dir, keys_file)?;
    server::heap::tune();
    server::run(settings)?;
    Ok(Status::DONE)
}

fn data_dir(place: &ServePlace) -> anyhow::Result<PathBuf> {
    let own = || store::directory().map(|d| d.join("server"));
    place.data_dir.clone().or_else(own).context("there is no home directory: --data-dir says where to keep results")
}

fn settings(args: &Serve, data_dir: PathBuf, keys_file: PathBuf) -> anyhow::Result<Settings> {
    let mut url_map = UrlMap::default();
    for entry in &args.url_map {
        url_map.add(entry).map_err(|e| usage(format!("--url-map {entry}: {e}")))?;
    }
    let tls = match (&args.tls_cert, &args.tls_key) {
        // For clap a variable that says no would be in conflict, too.
        (Some(_), _) if args.tls_self_signed => {
            return Err(usage("--tls-self-signed cannot be used with --tls-cert: either is the certificate").into());
        }
        (Some(cert), Some(key)) => Some(Tls::Files { cert: cert.clone(), key: key.clone() }),
        _ => args.tls_self_signed.then_some(Tls::SelfSigned),
    };
    if args.public_url.as_ref().is_some_and(|url| !is_base(url)) {
        return Err(usage("--public-url: http://HOST or https://HOST is expected, perhaps with a port and a path").into());
    }
    let bad = |text: &String| usage(format!("--cors-origin {text}: https://HOST is expected, perhaps with a port, or *"));
    let origins = args.cors_origin.iter().map(|text| origin(text).ok_or_else(|| bad(text))).collect::<Result<_, _>>()?;
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    let bytes = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    Ok(Settings {
        listen: args.listen,
        metrics: args.metrics_listen,
        tls,
        public_url: args.public_url.clone(),
        keys_file,
        anonymous: args.allow_anonymous,
        data_dir,
        retention: Duration::from_secs(u64::from(args.retention_hours) * 3600),
        sweep: args.sweep_interval,
        origins,
        limits: Limits {
            max_size: args.max_upload_size,
            head_size: bytes(args.max_head_size),
            parts: args.max_parts.into(),
            part_headers: bytes(args.max_part_headers),
            form_size: bytes(args.max_form_size),
            tags: args.max_tags.into(),
            tag_length: args.max_tag_length.into(),
            answer_size: bytes(args.max_answer_size),
            idle_time: args.idle_timeout,
            request_time: args.request_timeout,
            work_time: args.work_timeout,
            work_memory: args.work_memory,
            stop_time: args.stop_timeout,
            requests: args.max_requests.into(),
            queue: args.queue.into(),
            connections: args.max_connections.into(),
            jobs: args.jobs.map_or_else(cores, usize::from),
            min_free: args.min_free_disk,
        },
        fetch: Policy { ports: args.url_port.clone(), ..Policy::default() },
        url_map,
    })
}

/// What a browser sends as the origin of a page there: in lower case, without the default port. `*` is all of them.
fn origin(text: &str) -> Option<String> {
    if text == "*" {
        return Some(text.into());
    }
    let url = url::Url::parse(text).ok().filter(|url| is_base(url) && url.path() == "/")?;
    Some(url.origin().ascii_serialization())
}

/// Can paths be added to it?
fn is_base(url: &url::Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

fn manage(command: &KeysCommand, file: &Path) -> anyhow::Result<Status> {
    let mut out = std::io::stdout().lock();
    match command {
        KeysCommand::Create { owner } => {
            let (key, entry) = keys::create(file, owner)?;
            writeln!(out, "{key}")?;
            output::message(&format!("key {} of {}; it cannot be shown again", entry.id, entry.owner));
        }
        KeysCommand::List => {
            for entry in keys::read(file)? {
                writeln!(out, "{}  {}  {}", entry.id, entry.created, output::safe(&entry.owner))?;
            }
        }
        KeysCommand::Revoke { id } => {
            if !keys::revoke(file, id)? {
                anyhow::bail!("there is no key {id} in {}", file.display());
            }
        }
    }
    Ok(Status::DONE)
}
