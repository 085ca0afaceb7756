//! What a request hands in: a file, or the url of one. The bytes go to a file without a name, which no crash leaves behind.

use super::{
    App,
    answer::Refusal,
    body::Incoming,
    log,
    multipart::{self, Multipart},
};
use crate::net::{
    guard::{self, Fetched},
    name,
};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use std::{fs::File, io::Write, sync::Arc};

/// So many bytes are written at once: what comes in smaller pieces is gathered, for every upload under way.
const GATHERED: usize = 32 * 1024;

/// The file to work on.
#[derive(Debug)]
pub struct Received {
    pub file: File,
    pub file_name: String,
}

/// Reads the body and fetches what it names.
pub async fn receive(
    app: &Arc<App>,
    headers: &HeaderMap,
    query: Option<String>,
    body: &mut Incoming,
) -> Result<Received, Refusal> {
    body.announced()?;
    let content_type = headers.get(header::CONTENT_TYPE).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let content_type = content_type.unwrap_or_default();
    let url = match multipart::boundary(&content_type) {
        Some(boundary) => match from_multipart(app, &boundary?, body).await? {
            Given::File(received) => return Ok(received),
            Given::Url(url) => Some(url),
            Given::Nothing => None,
        },
        None => url_of_body(&content_type, &body_without_file(&content_type, query.is_some(), body).await?)?,
    };
    // A field that was left empty names nothing.
    match url.filter(|u| !u.trim().is_empty()).or(query) {
        Some(url) => fetch(app, &url).await,
        None => Err(Refusal::invalid("neither a file nor a url is given")),
    }
}

enum Given {
    File(Received),
    Url(String),
    Nothing,
}

/// The first part `file`, else the first part `url`.
async fn from_multipart(app: &Arc<App>, boundary: &str, body: &mut Incoming) -> Result<Given, Refusal> {
    let (mut file, mut url) = (None, None);
    let mut parts = Multipart::new(body, boundary);
    while let Some(part) = parts.next().await? {
        match part.name.as_str() {
            "file" if file.is_none() => {
                let mut spool = Spool::new(app)?;
                while let Some(chunk) = parts.chunk().await? {
                    spool.add(chunk).await?;
                }
                // What a browser sends for a field without a file.
                if spool.written == 0 && part.file_name.as_deref().unwrap_or_default().is_empty() {
                    continue;
                }
                let file_name = name::of_upload(part.file_name.as_deref().unwrap_or_default());
                file = Some(Received { file: spool.finish().await?, file_name });
            }
            // What is wrong with it does not count beside a file.
            "url" if url.is_none() => match parts.text().await? {
                Ok(text) if text.trim().is_empty() => {}
                text => url = Some(text),
            },
            _ => {}
        }
    }
    // Else the connection could not be used again.
    body.rest().await?;
    Ok(match (file, url) {
        (Some(file), _) => Given::File(file),
        (None, Some(url)) => Given::Url(url?),
        (None, None) => Given::Nothing,
    })
}

fn is(content_type: &str, kind: &str) -> bool {
    content_type.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case(kind))
}

/// A body of another type than those that can name a url counts only when the query names one.
async fn body_without_file(content_type: &str, url_in_query: bool, body: &mut Incoming) -> Result<Vec<u8>, Refusal> {
    let known =
        is(content_type, "") || is(content_type, "application/json") || is(content_type, "application/x-www-form-urlencoded");
    match known {
        true => body.form().await,
        false if url_in_query => {
            body.drain().await;
            Ok(Vec::new())
        }
        false => Err(Refusal::media_type()),
    }
}

/// The `url` of a JSON object or of a form. Plain `curl -d` calls JSON a form.
fn url_of_body(content_type: &str, body: &[u8]) -> Result<Option<String>, Refusal> {
    let body = body.trim_ascii();
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if body.is_empty() {
        return Ok(None);
    }
    if body.starts_with(b"{") || is(content_type, "application/json") {
        #[derive(serde::Deserialize)]
        struct Named {
            url: Option<String>,
        }
        let named: Named =
            serde_json::from_slice(body).map_err(|_| Refusal::invalid("a JSON object {\"url\": \"…\"} is expected"))?;
        return Ok(named.url);
    }
    let mut fields = url::form_urlencoded::parse(body);
    Ok(fields.find(|(name, _)| name == "url").map(|(_, url)| url.into_owned()))
}

async fn fetch(app: &Arc<App>, url: &str) -> Result<Received, Refusal> {
    let refuse = |_| Refusal::url_fetch();
    let mut fetched = guard::fetch(url, &app.settings.fetch, &app.settings.url_map).await.map_err(refuse)?;
    let mut spool = Spool::new(app)?;
    if fetched.length().is_some_and(|l| l > spool.limit) {
        return Err(Refusal::too_large(spool.limit, "--max-upload-size"));
    }
    let file_name = name_of(&fetched);
    while let Some(chunk) = fetched.chunk().await.map_err(refuse)? {
        spool.add(chunk).await?;
    }
    Ok(Received { file: spool.finish().await?, file_name })
}

/// The name that the other side gives it, else the end of its address.
fn name_of(fetched: &Fetched) -> String {
    let given = fetched.disposition.as_ref().and_then(|header| name::of_disposition(&String::from_utf8_lossy(header)));
    given.unwrap_or_else(|| name::of_url(fetched.url.as_str()))
}

/// A file without a name that grows up to the limit.
struct Spool {
    app: Arc<App>,
    file: File,
    gathered: Vec<u8>,
    written: u64,
    limit: u64,
}

impl Spool {
    fn new(app: &Arc<App>) -> Result<Self, Refusal> {
        let file = tempfile::tempfile_in(app.store.uploads()).map_err(|e| {
            log::event("error", "upload", &e.to_string());
            Refusal::internal()
        })?;
        let limit = app.settings.limits.max_size;
        Ok(Spool { app: Arc::clone(app), file, gathered: Vec::new(), written: 0, limit })
    }

    async fn add(&mut self, chunk: Bytes) -> Result<(), Refusal> {
        self.written += chunk.len() as u64;
        if self.written > self.limit {
            return Err(Refusal::too_large(self.limit, "--max-upload-size"));
        }
        if self.gathered.is_empty() && chunk.len() >= GATHERED {
            return self.write(chunk).await;
        }
        self.gathered.extend_from_slice(&chunk);
        if self.gathered.len() >= GATHERED { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Refusal> {
        let bytes = std::mem::take(&mut self.gathered);
        self.write(bytes).await
    }

    /// Writes off the async threads.
    async fn write(&self, bytes: impl AsRef<[u8]> + Send + 'static) -> Result<(), Refusal> {
        self.app.enough_disk()?;
        let mut file = self.file.try_clone().map_err(|_| Refusal::internal())?;
        let written = tokio::task::spawn_blocking(move || file.write_all(bytes.as_ref())).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) if e.kind() == std::io::ErrorKind::StorageFull => Err(self.app.no_space()),
            _ => Err(Refusal::internal()),
        }
    }

    async fn finish(mut self) -> Result<File, Refusal> {
        if !self.gathered.is_empty() {
            self.flush().await?;
        }
        Ok(self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_in_bodies() {
        let form = "application/x-www-form-urlencoded";
        for (kind, body, want) in [
            ("application/json", r#"{"url":"http://a/"}"#, Some(Some("http://a/"))),
            ("application/json; charset=utf-8", "\u{feff}{\"url\":\"http://a/\",\"x\":1}", Some(Some("http://a/"))),
            ("application/json", "{}", Some(None)),
            ("application/json", "", Some(None)),
            ("application/json", "[]", None),
            ("application/json", r#"{"url":5}"#, None),
            (form, r#" {"url":"http://a/"}"#, Some(Some("http://a/"))),
            (form, "\u{feff} {\"url\":\"http://a/\"}", Some(Some("http://a/"))),
            (form, "x=1&url=http%3A%2F%2Fa%2F+b", Some(Some("http://a/ b"))),
            (form, "x=1", Some(None)),
            ("", r#"{"url":"http://a/"}"#, Some(Some("http://a/"))),
        ] {
            let found = url_of_body(kind, body.as_bytes()).ok();
            assert_eq!(found, want.map(|u| u.map(String::from)), "{kind} {body}");
        }
    }
}
