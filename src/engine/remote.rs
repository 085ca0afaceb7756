//! The remote engine: a service that speaks the documented API (`extract`, an earlier result, `remove` and its download).

pub mod answer;
mod json;

pub use answer::Answer;

use crate::{
    error::{Code, Error, Result},
    format,
    input::Input,
    net::{
        Body, Client, Key, Request, Trouble, Upload,
        client::{Answered, Reply, excerpt, origin},
        retry::{self, Try},
    },
};
use std::{
    fs::File,
    io::{Seek, Write},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use url::Url;

/// An answer may not be larger than this.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;
/// Waits between two looks at a result that is not there yet: the first, and the longest.
const LOOK: Duration = Duration::from_millis(250);
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// A service, and who asks it.
#[derive(Debug)]
pub struct Service {
    client: Client,
    /// Ends in a slash.
    base: Url,
    key: Option<Key>,
    /// An upload whose answer was lost is sent again.
    resend: bool,
    /// What was said when the key was refused: nothing more is sent with it.
    refusal: OnceLock<String>,
    /// It could not be reached, often enough for one input: the next ones are tried once each, until one gets through.
    away: AtomicBool,
}

/// What a service is to work on.
#[derive(Debug)]
pub enum Subject {
    File(Upload),
    Url(String),
}

/// Query parameters beyond the documented ones: how to show, what to keep.
pub type Parameters = Vec<(&'static str, String)>;

impl Service {
    pub fn new(client: Client, base: Url, key: Option<Key>, resend: bool) -> Self {
        Service { client, base, key, resend, refusal: OnceLock::new(), away: AtomicBool::new(false) }
    }

    /// The metadata of a file.
    pub fn extract(&self, subject: &Subject, parameters: &Parameters) -> Result<Answer> {
        let answer = self.post("extract", subject, parameters)?;
        self.completed(answer, None)
    }

    /// Has a file cleaned; the answer says where the result is.
    pub fn remove(&self, subject: &Subject, parameters: &Parameters) -> Result<Answer> {
        let answer = self.post("remove", subject, parameters)?;
        let answer = self.completed(answer, None)?;
        let missing: Vec<&str> = parameters.iter().map(|(name, _)| *name).filter(|name| !answer.honours(name)).collect();
        if missing.is_empty() {
            return Ok(answer);
        }
        let text = format!("the service does not know --{}: its file would not be what was asked for", missing.join(", --"));
        Err(Error::new(Code::VerificationFailed, text))
    }

    /// An earlier result.
    pub fn get(&self, uuid: &str) -> Result<Answer> {
        let url = self.result(uuid).ok_or_else(|| Error::new(Code::NotFound, answer::NO_EXTRACTION))?;
        let answer = self.ask(true, &Request { key: self.key.as_ref(), ..Request::get(&url) })?;
        self.completed(answer, Some(url))
    }

    /// Writes the cleaned file that `answer` speaks of to `file`: no more than `limit` bytes.
    pub fn download(&self, answer: &Answer, limit: u64, file: &mut File) -> Result<()> {
        let url = self.download_url(answer)?;
        let fetched = self.client.retrying(true, || {
            file.rewind().and_then(|()| file.set_len(0)).map_err(Error::from)?;
            self.fetch(&url, limit, file)
        });
        fetched.map_err(|e| self.redacted(e))?;
        Ok(file.rewind()?)
    }

    /// The documents' download takes no key, so none is sent, to whatever host it is on.
    fn fetch(&self, url: &Url, limit: u64, file: &mut File) -> Try<()> {
        let reply = self.client.send(&Request { key: self.key.as_ref(), anonymous: true, ..Request::get(url) })?;
        let (status, answered) = (reply.status(), format!("{} answered {}", origin(url), reply.status_text()));
        let failed = |what: &str, body: &[u8]| {
            let code = if status == 404 { Code::NotFound } else { Code::ServerError };
            let said = excerpt(body, self.key.as_ref());
            Trouble::from(Error::new(code, format!("the cleaned file could not be fetched: {answered}{what}{said}")))
        };
        if status != 200 {
            return Err(failed("", &reply.body(64 * 1024).unwrap_or_default()));
        }
        if let Some(encoding) = reply.encoding() {
            return Err(failed(&format!(", but in a compressed form ({encoding}), which was not asked for"), b""));
        }
        let (words, promised) = (in_words(&reply), reply.header("content-length").and_then(|len| len.parse().ok()));
        if promised.is_some_and(|len: u64| len > limit) {
            return Err(Error::new(Code::TooLarge, format!("an answer larger than {limit} bytes")).into());
        }
        if reply.each(limit, |chunk| Ok(file.write_all(chunk)?))? == 0 {
            return Err(failed(", but the file is empty", b""));
        }
        let written = Input::from_file(file.try_clone().map_err(Error::from)?)?;
        // Services are known to call every file plain text; but an error is one, too.
        match words && format::detect(&written).is_none() {
            true => Err(failed(", but with no file", &written.up_to(0, 1024)?)),
            false => Ok(()),
        }
    }

    fn download_url(&self, answer: &Answer) -> Result<Url> {
        let given = match (answer.download_url(), answer.uuid()) {
            (Some(url), _) => url.to_owned(),
            (None, Some(uuid)) => format!("download-cleaned/{uuid}"),
            (None, None) => return Err(Error::new(Code::ServerError, "the answer has no downloadUrl")),
        };
        let bad = |why: &str| Error::new(Code::ServerError, format!("the downloadUrl {why}"));
        let url = self.base.join(&given).map_err(|_| bad("is no address"))?;
        match (self.base.scheme(), url.scheme()) {
            ("https", "http") => Err(bad("leads from https to http")),
            (_, "http" | "https") => Ok(url),
            _ => Err(bad("is not http")),
        }
    }

    fn post(&self, endpoint: &str, subject: &Subject, parameters: &Parameters) -> Result<Answer> {
        let mut url = self.base.clone();
        extend(&mut url, &["api", "v1", endpoint]);
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let body = match subject {
            Subject::File(upload) => Body::File(upload),
            Subject::Url(url) => Body::Json(serde_json::json!({ "url": url }).to_string()),
        };
        self.ask(self.resend, &Request { key: self.key.as_ref(), body, ..Request::get(&url) })
    }

    /// Asks until there is an answer, and reads it.
    fn ask(&self, lost_too: bool, request: &Request) -> Result<Answer> {
        if let Some(refusal) = self.refusal.get() {
            return Err(Error::new(Code::InvalidKey, format!("{refusal} (not asked again)")));
        }
        let posted = !matches!(request.body, Body::None);
        let retries = if self.away.load(Relaxed) { 0 } else { self.client.retries() };
        let mut unreached = false;
        let asked = retry::retrying(retries, lost_too, || {
            let answer = self.client.answer(request, MAX_ANSWER);
            unreached = matches!(&answer, Err(Trouble::Refused { error, .. }) if error.code == Code::Network);
            answer.map_err(|trouble| match trouble {
                Trouble::Lost(e) if !lost_too => {
                    let text = format!("{e}; not sent again, since the work may have been done (--resend does)");
                    Trouble::Lost(Error::new(e.code, text))
                }
                other => other,
            })
        });
        self.away.store(unreached, Relaxed);
        let Answered { status, status_text, body } = asked.map_err(|e| self.redacted(e))?;
        match Answer::read(status, &String::from_utf8_lossy(&body), self.key.as_ref()) {
            Err(e) if status == 404 && posted && e.code == Code::NotFound => {
                Err(Error::new(Code::ServerError, format!("{} has no such endpoint: {e}", origin(request.url))))
            }
            Err(e) if e.code == Code::ServerError => {
                Err(Error::new(e.code, format!("{} answered {status_text}: {e}", origin(request.url))))
            }
            Err(e) if status == 401 => {
                // Others may have asked at the same time.
                let _ = self.refusal.set(e.to_string());
                Err(e)
            }
            result => result,
        }
    }

    /// Looks after a result until it is there: at `url`, or where its uuid says.
    fn completed(&self, mut answer: Answer, url: Option<Url>) -> Result<Answer> {
        let (start, mut wait) = (Instant::now(), LOOK);
        while answer.unfinished() {
            let place = url.clone().or_else(|| self.result(answer.uuid()?));
            let place = place.ok_or_else(|| Error::new(Code::ServerError, "the service has not finished, and gave no uuid"))?;
            if start.elapsed() + wait > self.client.timeout() {
                let seconds = self.client.timeout().as_secs_f64();
                let text = format!("the service has not finished within {seconds} s (--timeout sets the limit)");
                return Err(Error::new(Code::ServerError, text));
            }
            std::thread::sleep(wait);
            wait = (wait * 2).min(LONGEST_LOOK);
            let next = self.ask(true, &Request { key: self.key.as_ref(), ..Request::get(&place) })?;
            answer = next.after(answer);
        }
        Ok(answer)
    }

    /// Where the result of that uuid is; `None` for what cannot be a path segment.
    fn result(&self, uuid: &str) -> Option<Url> {
        if matches!(uuid, "" | "." | "..") {
            return None;
        }
        let mut url = self.base.clone();
        extend(&mut url, &["api", "v1", "extract", uuid]);
        Some(url)
    }

    /// An error without the key, should somebody out there have repeated it.
    fn redacted(&self, e: Error) -> Error {
        match &self.key {
            Some(key) => Error::new(e.code, key.redact(&e.to_string()).into_owned()),
            None => e,
        }
    }
}

/// Does the answer call itself words, not a file?
fn in_words(reply: &Reply) -> bool {
    let kind = reply.header("content-type").unwrap_or_default().trim_start().to_ascii_lowercase();
    ["text/", "application/json", "application/problem+json"].iter().any(|words| kind.starts_with(words))
}

fn extend(url: &mut Url, segments: &[&str]) {
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
}

/// The address of a service, from what a user has. Ends in a slash.
pub fn base(text: &str) -> std::result::Result<Url, String> {
    let mut url = Url::parse(text.trim()).map_err(|e| format!("no address of a service: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err("a service is at http:// or https://".into());
    }
    // Neither is shown: both may hold a secret.
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a user name is not taken; --key-file or EXIFKIT_KEY give the key".into());
    }
    if url.query().is_some() {
        return Err("an address with a query is not taken; --key-file or EXIFKIT_KEY give the key".into());
    }
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/');
    // The document names whole endpoints; whoever copies one means its service.
    let root = ["/api/v1/extract", "/api/v1/remove", "/api/v1"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    let root = format!("{root}/");
    url.set_path(&root);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_services() {
        for (text, want) in [
            ("https://example.com", Some("https://example.com/")),
            (" http://localhost:8080/ ", Some("http://localhost:8080/")),
            ("https://example.com/tools/exif", Some("https://example.com/tools/exif/")),
            ("https://example.com/api/v1/extract", Some("https://example.com/")),
            ("https://example.com/x/api/v1/", Some("https://example.com/x/")),
            ("https://user:secret@example.com", None),
            ("https://example.com/api/v1/extract?key=secret", None),
            ("ftp://example.com", None),
            ("example.com", None),
        ] {
            let url = base(text);
            assert_eq!(url.as_ref().ok().map(Url::as_str), want, "{text}");
            assert!(!format!("{url:?}").contains("secret"), "{text}");
        }
    }
}
