//! What the flags say about services and URLs. Nothing is started before the first request.

use super::{cli, unspooled};
use crate::{
    batch::sources::usage,
    engine::remote::{self, Service},
    error::{Code, Error, Result},
    input::Input,
    net::{self, Client, Key, ranged},
};
use std::sync::{Arc, Mutex, PoisonError};

/// The service that does the work, if one was named.
pub fn service(engine: &cli::Engine) -> Result<Option<Service>> {
    let Some(address) = engine.api_url.clone().or_else(|| variable("EXIFKIT_API_URL")) else { return Ok(None) };
    let base = remote::base(&address).map_err(|e| usage(format!("--api-url: {e}")))?;
    let client = Client::new(net::Options { reuses: false, ..options(&engine.network) })?;
    Ok(Some(Service::new(client, base, key(engine)?, engine.resend)))
}

fn key(engine: &cli::Engine) -> Result<Option<Key>> {
    let given = match (&engine.key, &engine.key_file) {
        (Some(key), _) => key.checked().map_err(|e| usage(format!("--key: {e}")))?,
        (None, Some(path)) => Key::from_file(path).map_err(|e| usage(format!("--key-file {e}")))?,
        (None, None) => match variable("EXIFKIT_KEY") {
            Some(key) => Key::given(&key).checked().map_err(|e| usage(format!("EXIFKIT_KEY: {e}")))?,
            None => return Ok(None),
        },
    };
    Ok(Some(given))
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.trim().is_empty())
}

fn options(flags: &cli::Network) -> net::Options {
    let cli::Network { timeout, retries, ca_cert } = flags.clone();
    net::Options { timeout, retries, ca_cert, reuses: true }
}

/// The client for files behind URLs, made when it is wanted first.
pub struct Network {
    options: net::Options,
    client: Mutex<Option<Arc<Client>>>,
}

impl Network {
    pub fn new(flags: &cli::Network) -> Self {
        Network { options: options(flags), client: Mutex::new(None) }
    }

    fn client(&self) -> Result<Arc<Client>> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match &*client {
            Some(client) => Ok(Arc::clone(client)),
            None => Ok(Arc::clone(client.insert(Arc::new(Client::new(self.options.clone())?)))),
        }
    }

    /// Opens a file behind a URL; with it the name that the other side gives it.
    pub fn open(&self, url: &str, max_size: Option<u64>) -> Result<(Input, Option<String>)> {
        let url = url::Url::parse(url).map_err(|e| Error::new(Code::UrlFetchFailed, format!("is no address: {e}")))?;
        let (fetched, name) = ranged::open(&self.client()?, &url, max_size)?;
        let input = match fetched {
            ranged::Fetched::Ranged(ranged) => Input::from_url(*ranged),
            ranged::Fetched::Whole(spool) => unspooled(spool)?,
        };
        Ok((input, name))
    }
}
