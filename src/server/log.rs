//! One JSON object a line on stderr for every request. Neither keys nor whole uuids stand in it.

use serde::Serialize;
use std::{
    future::Future,
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

/// A request that was answered.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    pub time: String,
    pub level: &'static str,
    pub event: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub request: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub method: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub key_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub detail: &'a str,
}

impl Default for Line<'_> {
    fn default() -> Self {
        Line {
            time: now(),
            level: "info",
            event: "",
            request: "",
            method: "",
            path: "",
            status: None,
            milliseconds: None,
            key_id: "",
            detail: "",
        }
    }
}

impl Line<'_> {
    /// A line that cannot be written is lost.
    pub fn write(&self) {
        if let Ok(mut line) = serde_json::to_vec(self) {
            line.push(b'\n');
            let _ = std::io::stderr().lock().write_all(&line);
        }
    }
}

tokio::task_local! {
    /// The number of the request that is worked on.
    static REQUEST: String;
}

/// Answers a request under its number.
pub async fn numbered<T>(request: String, answer: impl Future<Output = T>) -> T {
    REQUEST.scope(request, answer).await
}

/// The number of this task's request; none at start and end.
pub fn request() -> String {
    REQUEST.try_with(String::clone).unwrap_or_default()
}

/// Works for a request on a thread of its own.
pub fn working<T>(request: String, work: impl FnOnce() -> T) -> T {
    REQUEST.sync_scope(request, work)
}

pub fn event(level: &'static str, event: &str, detail: &str) {
    Line { level, event, detail, request: &request(), ..Line::default() }.write();
}

/// Of a panic its place alone: the message may quote the file.
pub fn panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        event("error", "panic", &place);
    }));
}

/// A path without what opens something: of a segment that is a uuid, or may be one, its first characters.
pub fn path(path: &str) -> String {
    let short = |segment: &str| match segment.char_indices().nth(16) {
        Some(_) => format!("{}…", segment.chars().take(8).collect::<String>()),
        None => segment.to_string(),
    };
    let shortened: Vec<String> = path.split('/').take(8).map(|s| if is_word(s) { s.to_string() } else { short(s) }).collect();
    shortened.join("/")
}

/// Words of our own routes.
fn is_word(segment: &str) -> bool {
    matches!(segment, "download-cleaned")
}

/// The time as RFC 3339 has it.
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    stamp(seconds)
}

/// Days are counted in eras of 400 years that begin in March, so that a leap day is the last of its year.
fn stamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (seconds, want) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"),
        ] {
            assert_eq!(stamp(seconds), want);
        }
    }

    #[test]
    fn a_uuid_is_never_logged_whole() {
        for (given, want) in [
            ("/api/v1/extract/123e4567-e89b-12d3-a456-426614174000", "/api/v1/extract/123e4567…"),
            ("/download-cleaned/123e4567e89b12d3a456426614174000", "/download-cleaned/123e4567…"),
            ("/api/v1/extract", "/api/v1/extract"),
        ] {
            assert_eq!(path(given), want);
        }
    }
}
