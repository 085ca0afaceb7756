//! The page at `/` for a person with a browser, embedded in the binary. It asks nobody but us.

use super::Settings;
use axum::{
    body::Body,
    http::{HeaderValue, Response, header},
};
use bytes::Bytes;

/// Scripts, styles and pictures of our own only, no frames, and no text that becomes markup; the preview is a blob of the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// A file of the page.
#[derive(Clone, Debug)]
pub struct Asset {
    kind: &'static str,
    bytes: Bytes,
}

/// Paths are relative on the page, so that it also works below a path of a proxy.
pub fn routes(settings: &Settings) -> [(&'static str, Asset); 5] {
    let fixed = |kind, bytes| Asset { kind, bytes: Bytes::from_static(bytes) };
    [
        ("/", Asset { kind: "text/html; charset=utf-8", bytes: html(settings).into() }),
        ("/page.css", fixed("text/css; charset=utf-8", include_bytes!("page/page.css"))),
        ("/page.js", fixed("text/javascript; charset=utf-8", include_bytes!("page/page.js"))),
        ("/icon.svg", fixed("image/svg+xml", include_bytes!("page/icon.svg"))),
        ("/world.svg", fixed("image/svg+xml", include_bytes!("page/world.svg"))),
    ]
}

/// The page, with what it has to know of this server.
fn html(settings: &Settings) -> String {
    let hours = settings.retention.as_secs() / 3600;
    include_str!("page/index.html")
        .replace("{max-size}", &settings.limits.max_size.to_string())
        .replace("{key}", if settings.anonymous { "none" } else { "required" })
        .replace("{retention}", &if hours == 1 { "an hour".into() } else { format!("{hours} hours") })
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
