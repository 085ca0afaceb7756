//! Answers: the documented bodies, and the envelope of every refusal.

use crate::error::{Code, Error};
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde::Serialize;

/// A request that is not granted. `error` is the documented text of its status, `detail` says more.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: StatusCode,
    pub code: Code,
    pub detail: Option<String>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
    /// Methods that the path knows (405).
    allow: Option<&'static str>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    success: bool,
    error: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

impl Refusal {
    fn new(status: StatusCode, code: Code) -> Self {
        Refusal { status, code, detail: None, retry_after: None, allow: None }
    }

    fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidRequest).because(detail)
    }

    pub fn invalid_key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Code::InvalidKey)
    }

    /// Unknown, expired, foreign, malformed: one answer for all of them.
    pub fn no_extraction() -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::NotFound)
    }

    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::NotFound).because("there is nothing at this path")
    }

    pub fn method(allow: &'static str) -> Self {
        let refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::InvalidRequest);
        Refusal { allow: Some(allow), ..refusal.because(format!("the methods of this path are {allow}")) }
    }

    pub fn media_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidRequest)
            .because("send multipart/form-data with a file, or a url as JSON or as a form")
    }

    pub fn too_large(limit: u64, flag: &str) -> Self {
        Self::too_much(format!("larger than the limit of {limit} bytes ({flag})"))
    }

    pub fn head_too_large(limit: usize, flag: &str) -> Self {
        Self::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Code::TooLarge)
            .because(format!("the head of the request is larger than the limit of {limit} bytes ({flag})"))
    }

    /// More of something than its limit allows.
    pub fn too_much(detail: String) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge).because(detail)
    }

    /// Who asks believes to talk to another host.
    pub fn misdirected() -> Self {
        Self::new(StatusCode::MISDIRECTED_REQUEST, Code::InvalidRequest)
            .because("without keys this server answers only as localhost, by its address, or by the name of --public-url")
    }

    pub fn too_slow(seconds: f64, flag: &str) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, Code::InvalidRequest)
            .because(format!("the request took longer than the limit of {seconds} s ({flag})"))
    }

    pub fn too_many(limit: usize, flag: &str) -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited);
        Refusal { retry_after: Some(1), ..refusal.because(format!("more than {limit} requests at once ({flag})")) }
    }

    pub fn no_space(free: u64, flag: &str) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::ServerError);
        Refusal { retry_after: Some(60), ..refusal.because(format!("less than {free} bytes of disk are free ({flag})")) }
    }

    pub fn stopping() -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::ServerError);
        Refusal { retry_after: Some(5), ..refusal.because("the server cannot work now") }
    }

    /// A file that keeps the engine busy for too long will do so again.
    pub fn too_long(seconds: f64, flag: &str) -> Self {
        Self::internal().because(format!("the file took longer than the limit of {seconds} s ({flag})"))
    }

    /// One that takes all memory will do so again.
    pub fn ended(memory: u64, flag: &str) -> Self {
        Self::internal()
            .because(format!("reading the file was ended by the system: it may need more than {memory} bytes of memory ({flag})"))
    }

    /// One same answer for every address that is not fetched and every fetch that fails.
    pub fn url_fetch() -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::UrlFetchFailed).because("the url cannot be fetched")
    }

    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::ServerError)
    }

    /// What the engine says of a file.
    pub fn of(error: &Error) -> Self {
        match error.code {
            Code::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.code).because(error.to_string()),
            Code::UnsupportedFormat | Code::UnknownFormat => {
                Self::new(StatusCode::BAD_REQUEST, Code::UnsupportedFormat).because(error.to_string())
            }
            Code::Damaged | Code::Encrypted | Code::InvalidRequest => {
                Self::new(StatusCode::BAD_REQUEST, error.code).because(error.to_string())
            }
            Code::VerificationFailed => Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.code).because(error.to_string()),
            // Places and words of the system are nobody's business.
            _ => Self::internal(),
        }
    }

    fn error(&self) -> &'static str {
        match self.status {
            StatusCode::BAD_REQUEST => "Invalid request parameters",
            StatusCode::UNAUTHORIZED => "Invalid API key",
            StatusCode::NOT_FOUND if self.detail.is_some() => "Not found",
            StatusCode::NOT_FOUND => "No extraction found with the given UUID.",
            StatusCode::METHOD_NOT_ALLOWED => "Method not allowed",
            StatusCode::REQUEST_TIMEOUT => "Request timeout",
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "Request too large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "Unsupported media type",
            StatusCode::MISDIRECTED_REQUEST => "Misdirected request",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests",
            StatusCode::SERVICE_UNAVAILABLE => "Service unavailable",
            _ => "An error occurred while processing your request",
        }
    }

    fn body(&self) -> Envelope<'_> {
        Envelope { success: false, error: self.error(), code: self.code.as_str(), detail: self.detail.as_deref() }
    }

    /// The body, for the description of the API.
    pub fn envelope(&self) -> serde_json::Value {
        serde_json::to_value(self.body()).unwrap_or_default()
    }

    pub fn response(&self) -> Response<Body> {
        let mut response = json(self.status, &self.body());
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

/// An answer in JSON. Nothing that holds metadata may lie in a cache.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(body) {
        Ok(bytes) => json_bytes(status, bytes),
        Err(_) => Refusal::internal().response(),
    }
}

pub fn json_bytes(status: StatusCode, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
