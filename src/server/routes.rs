//! The paths, and what happens to every request before its handler: a number, a line in the log, CORS, the key.

use super::{
    App,
    answer::{Refusal, json, json_bytes},
    body::{Incoming, Outgoing},
    host,
    keys::Caller,
    log, openapi, page, receive,
    settings::Limits,
    work::{self, Options},
};
use crate::{
    api::{COMPLETED, Stored},
    store::service::Found,
};
use anyhow::Context;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header},
    middleware::{self, Next},
    routing::{MethodRouter, get, post},
};
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::sync::OwnedSemaphorePermit;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

type Shared = State<(Arc<App>, SocketAddr)>;
type Answer = Response<Body>;

const KEY: &str = "x-api-key";
/// All but what RFC 5987 lets stand in an extended parameter.
const ESCAPED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub fn router(app: Arc<App>, address: SocketAddr) -> anyhow::Result<Router> {
    let router = Router::new()
        .route("/api/v1/extract", only(post(extract), "POST"))
        .route("/api/v1/extract/{uuid}", only(get(result), "GET, HEAD"))
        .route("/api/v1/remove", only(post(remove), "POST"))
        .route("/download-cleaned/{uuid}", only(get(download), "GET, HEAD"))
        .route("/healthz", only(get(async || plain(StatusCode::OK, "ok\n")), "GET, HEAD"))
        .route("/readyz", only(get(ready), "GET, HEAD"))
        .route("/openapi.json", only(get(async || json_bytes(StatusCode::OK, openapi::document())), "GET, HEAD"));
    let router = page::routes(&app.settings)
        .into_iter()
        .fold(router, |router, (path, file)| router.route(path, only(get(async move || file.clone().response()), "GET, HEAD")));
    let router = router
        .fallback(async || Refusal::no_route().response())
        .layer(CatchPanicLayer::custom(|_| Refusal::internal().response()))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), admit));
    let router = match cors(&app.settings.origins)? {
        Some(cors) => router.layer(cors).layer(middleware::map_request(no_preflight)),
        None => router,
    };
    let shared = (Arc::clone(&app), address);
    Ok(router.layer(middleware::from_fn_with_state(app, observe)).with_state(shared))
}

/// The other listener: what Prometheus scrapes.
pub fn metrics(app: Arc<App>) -> Router {
    let scrape = async |State(app): State<Arc<App>>| {
        let mut response = plain(StatusCode::OK, app.metrics.text());
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    };
    Router::new()
        .route("/metrics", only(get(scrape), "GET, HEAD"))
        .fallback(async || Refusal::no_route().response())
        .with_state(app)
}

/// Other methods get the envelope, too.
fn only<S: Clone + Send + Sync + 'static>(route: MethodRouter<S>, allow: &'static str) -> MethodRouter<S> {
    route.fallback(async move || Refusal::method(allow).response())
}

/// Without any origin there is no layer.
fn cors(origins: &[String]) -> anyhow::Result<Option<CorsLayer>> {
    if origins.is_empty() {
        return Ok(None);
    }
    let allowed = if origins.iter().any(|o| o == "*") {
        AllowOrigin::any()
    } else {
        let list: Result<Vec<HeaderValue>, _> = origins.iter().map(|o| o.parse()).collect();
        AllowOrigin::list(list.context("--cors-origin")?)
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([HeaderName::from_static(KEY), header::CONTENT_TYPE])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER, header::CONTENT_DISPOSITION])
        .max_age(Duration::from_secs(3600));
    Ok(Some(layer))
}

/// The layer of CORS takes every OPTIONS for a preflight, and answers it with 200. One that asks for no method is none (Fetch,
/// 4.8): it goes on as a method that no path knows.
async fn no_preflight(mut request: Request) -> Request {
    if request.method() == Method::OPTIONS && !request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        *request.method_mut() = Method::TRACE;
    }
    request
}

/// Counts and logs a request, and gives it a number.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Answer {
    let (start, mut id) = (Instant::now(), uuid::Uuid::new_v4().simple().to_string());
    id.truncate(16);
    let (method, path) = (request.method().clone(), request.uri().path().to_string());
    app.metrics.in_flight.fetch_add(1, Relaxed);
    let mut counted = InFlight { app: Arc::clone(&app), id: &id, method: &method, path: &path, start, answered: false };
    let mut response = log::numbered(id.clone(), next.run(request)).await;
    counted.answered = true;
    drop(counted);
    let place = response.extensions_mut().remove::<Place>().and_then(|Place(place)| Arc::into_inner(place));
    let mut response = response.map(|body| Outgoing::within(app.settings.limits.request_time, body, place));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let status = response.status().as_u16();
    app.metrics.answered(&path, status, start.elapsed());
    let key_id = response.extensions().get::<Caller>().map_or("", |c| c.key_id.as_str());
    log::Line {
        level: if status >= 500 { "error" } else { "info" },
        event: "request",
        request: &id,
        method: method.as_str(),
        path: &log::path(&path),
        status: Some(status),
        milliseconds: Some(start.elapsed().as_millis() as u64),
        key_id,
        ..log::Line::default()
    }
    .write();
    response
}

/// Refuses what no path takes. Within the layer of CORS: a page that may use the API can read why.
async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Answer {
    let head_size = app.settings.limits.head_size;
    if size_of_head(&request) > head_size {
        return Refusal::head_too_large(head_size, "--max-head-size").response();
    }
    match host::is_ours(&app.settings, request.uri(), request.headers()) {
        true => next.run(request).await,
        false => Refusal::misdirected().response(),
    }
}

/// Bytes of the request's line and headers.
fn size_of_head(request: &Request) -> usize {
    let uri = request.uri();
    let target = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    request.method().as_str().len() + target + "  HTTP/1.1\r\n".len() + headers.sum::<usize>()
}

/// The place of a request, which its answer keeps until it is sent.
#[derive(Clone)]
struct Place(Arc<OwnedSemaphorePermit>);

/// Counts down also when a request is dropped, since the other side has gone or the server stops, and says so.
struct InFlight<'a> {
    app: Arc<App>,
    id: &'a str,
    method: &'a Method,
    path: &'a str,
    start: Instant,
    answered: bool,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.app.metrics.in_flight.fetch_sub(1, Relaxed);
        if self.answered {
            return;
        }
        let cut = self.app.cut.load(Relaxed);
        if !cut {
            self.app.metrics.abandoned.fetch_add(1, Relaxed);
        }
        log::Line {
            event: "request",
            request: self.id,
            method: self.method.as_str(),
            path: &log::path(self.path),
            milliseconds: Some(self.start.elapsed().as_millis() as u64),
            detail: if cut { "the server stopped" } else { "the other side went away" },
            ..log::Line::default()
        }
        .write();
    }
}

fn plain(status: StatusCode, text: impl Into<Body>) -> Answer {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

async fn ready(State((app, _)): Shared) -> Answer {
    match tokio::task::spawn_blocking(move || app.ready()).await {
        Ok(true) => plain(StatusCode::OK, "ready\n"),
        _ => Refusal::stopping().response(),
    }
}

/// What the query of a request says.
#[derive(Debug, Default)]
struct Query {
    key: Option<String>,
    url: Option<String>,
    /// Parameters by name and value; those of our extension are read where they count.
    options: Vec<(String, String)>,
}

impl Query {
    fn of(uri: &Uri) -> Self {
        let mut query = Query::default();
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "key" => query.key = query.key.or(Some(value.into_owned())),
                "url" => query.url = query.url.or(Some(value.into_owned()).filter(|u| !u.trim().is_empty())),
                _ => query.options.push((name.into_owned(), value.into_owned())),
            }
        }
        query
    }

    fn options(&self, limits: &Limits) -> Result<Options, Refusal> {
        let mut options = Options::default();
        self.options.iter().try_for_each(|(name, value)| options.take(name, value, limits))?;
        Ok(options)
    }
}

/// The key of a request: the header counts more than the query; an empty one is none.
fn key<'a>(headers: &'a HeaderMap, query: &'a Query) -> Option<std::borrow::Cow<'a, str>> {
    let header = headers.get(KEY).map(|v| String::from_utf8_lossy(v.as_bytes())).filter(|k| !k.trim().is_empty());
    header.or(query.key.as_deref().map(Into::into)).filter(|k| !k.trim().is_empty())
}

/// Whose request it is. `None` without a key; an invalid one is refused.
fn caller(app: &App, headers: &HeaderMap, query: &Query) -> Result<Option<Caller>, Refusal> {
    let Some(keys) = &app.keys else { return Ok(None) };
    match key(headers, query) {
        None => Ok(None),
        Some(key) => keys.caller(key.trim()).map(Some).ok_or_else(Refusal::invalid_key),
    }
}

async fn extract(State(shared): Shared, request: Request) -> Answer {
    upload(shared, request, false).await
}

async fn remove(State(shared): Shared, request: Request) -> Answer {
    upload(shared, request, true).await
}

/// E1 and E3.
async fn upload((app, address): (Arc<App>, SocketAddr), request: Request, removes: bool) -> Answer {
    let (head, body) = request.into_parts();
    let query = Query::of(&head.uri);
    let mut body = Incoming::new(body, &app.settings.limits);
    // Before a byte of the body is read.
    let caller = match caller(&app, &head.headers, &query) {
        Ok(None) if app.keys.is_some() => Err(Refusal::invalid_key()),
        result => result,
    };
    let owner = caller.as_ref().ok().and_then(|c| c.as_ref()).map(|c| c.owner.clone()).unwrap_or_default();
    let result = match &caller {
        Ok(_) => {
            let base = host::base(&app.settings, &head.uri, &head.headers, address);
            uploaded(&app, &head.headers, query, &mut body, owner, removes.then_some(base)).await
        }
        Err(refusal) => Err(refusal.clone()),
    };
    let mut response = match result {
        Ok((json, place)) => {
            let mut response = json_bytes(StatusCode::OK, json);
            response.extensions_mut().insert(Place(Arc::new(place)));
            response
        }
        Err(refusal) => {
            // Who waits for `100 Continue` has sent nothing yet, and need not.
            if !head.headers.contains_key(header::EXPECT) || body.bytes_read() > 0 {
                body.drain().await;
            }
            refusal.response()
        }
    };
    app.metrics.received(body.bytes_read());
    if let Ok(Some(caller)) = caller {
        response.extensions_mut().insert(caller);
    }
    response
}

async fn uploaded(
    app: &Arc<App>,
    headers: &HeaderMap,
    query: Query,
    body: &mut Incoming,
    owner: String,
    base: Option<String>,
) -> Result<(Vec<u8>, OwnedSemaphorePermit), Refusal> {
    if app.stopping() {
        return Err(Refusal::stopping());
    }
    let options = query.options(&app.settings.limits)?;
    if base.is_some() {
        options.selection()?;
    }
    let place = app.gate.enter(app.settings.limits.request_time).await?;
    app.enough_disk()?;
    let received = receive::receive(app, headers, query.url, body).await?;
    let json = match base {
        Some(base) => work::remove(app, owner, received, options, base).await,
        None => work::extract(app, owner, received, options).await,
    };
    Ok((json?, place))
}

/// The last segment of the path, if it is a uuid. Of its spellings the one with dashes alone is so long.
fn uuid_of(uri: &Uri) -> Result<String, Refusal> {
    let segment = uri.path().rsplit('/').next().filter(|s| s.len() == uuid::fmt::Hyphenated::LENGTH);
    let uuid = segment.and_then(|s| uuid::Uuid::parse_str(s).ok());
    uuid.map(|u| u.hyphenated().to_string()).ok_or_else(Refusal::no_extraction)
}

/// E2.
async fn result(State((app, _)): Shared, request: Request) -> Answer {
    let caller = match caller(&app, request.headers(), &Query::of(request.uri())) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.response(),
    };
    let uri = request.into_parts().0.uri;
    let owner = caller.as_ref().map(|c| c.owner.clone());
    let mut response = found(&app, &uri, owner).await.unwrap_or_else(|r| r.response());
    if let Some(caller) = caller {
        response.extensions_mut().insert(caller);
    }
    response
}

async fn found(app: &Arc<App>, uri: &Uri, owner: Option<String>) -> Result<Answer, Refusal> {
    let uuid = uuid_of(uri)?;
    let place = app.look_ups.enter(app.settings.limits.request_time).await?;
    let asked = uuid.clone();
    let found = work::stored(app, move |store| store.find(&asked, owner.as_deref())).await?;
    let Found { file_name, metadata } = found.ok_or_else(Refusal::no_extraction)?;
    // As it was stored: to read it and to write it again would take many times its memory.
    let metadata = serde_json::value::RawValue::from_string(metadata).map_err(|_| Refusal::internal())?;
    let stored = Stored { success: true, status: COMPLETED, filename: &file_name, uuid: &uuid, metadata: &*metadata };
    let mut answer = json(StatusCode::OK, &stored);
    answer.extensions_mut().insert(Place(Arc::new(place)));
    Ok(answer)
}

/// E4.
async fn download(State((app, _)): Shared, request: Request) -> Answer {
    let uri = request.into_parts().0.uri;
    cleaned(&app, &uri).await.unwrap_or_else(|r| r.response())
}

async fn cleaned(app: &Arc<App>, uri: &Uri) -> Result<Answer, Refusal> {
    let uuid = uuid_of(uri)?;
    let found = work::stored(app, move |store| store.cleaned(&uuid)).await?.ok_or_else(Refusal::no_extraction)?;
    let length = found.file.metadata().map_err(|_| Refusal::internal())?.len();
    let stream = tokio_util::io::ReaderStream::with_capacity(tokio::fs::File::from_std(found.file), 64 * 1024);
    let mut response = Response::new(Body::from_stream(stream));
    let name = cleaned_name(&found.file_name);
    let name = percent_encoding::utf8_percent_encode(&name, ESCAPED);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&found.mime).map_err(|_| Refusal::internal())?);
    let disposition = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}")).map_err(|_| Refusal::internal())?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// `image_cleaned.jpg` of `image.jpg`, as `exifkit remove` names it.
fn cleaned_name(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem}_cleaned.{extension}"),
        _ => format!("{name}_cleaned"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_counts_more_than_the_query() {
        let query = Query::of(&"/x?key=q&url=u&n=1".parse().unwrap());
        let mut headers = HeaderMap::new();
        assert_eq!(key(&headers, &query).as_deref(), Some("q"));
        headers.insert(KEY, "h".parse().unwrap());
        assert_eq!(key(&headers, &query).as_deref(), Some("h"));
        assert_eq!(key(&HeaderMap::new(), &Query::default()), None);
    }
}
