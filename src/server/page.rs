//! The page at `/` for a person with a browser, embedded in the binary. It asks nobody but us.

use axum::{
    body::Body,
    http::{HeaderValue, Response, header},
};

/// Scripts and styles of our own only, no frames; the preview and the cleaned file are blobs of the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    kind: &'static str,
    bytes: &'static [u8],
}

pub fn routes() -> [(&'static str, Asset); 3] {
    [
        ("/", Asset { kind: "text/html; charset=utf-8", bytes: include_bytes!("page/index.html") }),
        ("/page.css", Asset { kind: "text/css; charset=utf-8", bytes: include_bytes!("page/page.css") }),
        ("/page.js", Asset { kind: "text/javascript; charset=utf-8", bytes: include_bytes!("page/page.js") }),
    ]
}

impl Asset {
    pub fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.bytes));
        for (name, value) in [
            (header::CONTENT_TYPE, self.kind),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-cache"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
