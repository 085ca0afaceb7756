//! Counters in Prometheus' text format, on a listener of their own.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Upper bounds of the durations that are told apart, in milliseconds.
const BOUNDS: [u64; 10] = [1, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000];
const ENDPOINTS: [&str; 5] = ["extract", "get", "remove", "download", "other"];
const STATUSES: [u16; 15] = [200, 204, 304, 400, 401, 404, 405, 408, 413, 415, 421, 429, 431, 500, 503];

#[derive(Debug, Default)]
pub struct Metrics {
    /// By endpoint and status; the last column is for statuses that are not listed.
    answers: [[AtomicU64; STATUSES.len() + 1]; ENDPOINTS.len()],
    durations: [[AtomicU64; BOUNDS.len() + 1]; ENDPOINTS.len()],
    microseconds: [AtomicU64; ENDPOINTS.len()],
    received: AtomicU64,
    pub in_flight: AtomicU64,
    /// Requests whose other side went away.
    pub abandoned: AtomicU64,
    pub connections: AtomicU64,
}

/// Which of the endpoints a path belongs to.
pub fn endpoint(path: &str) -> usize {
    match path {
        "/api/v1/extract" => 0,
        "/api/v1/remove" => 2,
        p if p.starts_with("/api/v1/extract/") => 1,
        p if p.starts_with("/download-cleaned/") => 3,
        _ => 4,
    }
}

impl Metrics {
    pub fn answered(&self, path: &str, status: u16, took: Duration) {
        let endpoint = endpoint(path);
        let column = STATUSES.iter().position(|s| *s == status).unwrap_or(STATUSES.len());
        self.answers[endpoint][column].fetch_add(1, Relaxed);
        let milliseconds = took.as_millis() as u64;
        let bucket = BOUNDS.iter().position(|b| milliseconds < *b).unwrap_or(BOUNDS.len());
        self.durations[endpoint][bucket].fetch_add(1, Relaxed);
        self.microseconds[endpoint].fetch_add(took.as_micros() as u64, Relaxed);
    }

    pub fn received(&self, bytes: u64) {
        self.received.fetch_add(bytes, Relaxed);
    }

    /// The text that is scraped.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Memory does not fail.
        let mut line = |l: std::fmt::Arguments| text.write_fmt(l).unwrap_or_default();
        line(format_args!("# HELP exifkit_requests_total Requests that were answered.\n# TYPE exifkit_requests_total counter\n"));
        for (name, row) in ENDPOINTS.iter().zip(&self.answers) {
            for (i, count) in row.iter().enumerate().filter(|(_, c)| c.load(Relaxed) > 0) {
                let status = STATUSES.get(i).map_or("other".into(), u16::to_string);
                let count = count.load(Relaxed);
                line(format_args!("exifkit_requests_total{{endpoint=\"{name}\",status=\"{status}\"}} {count}\n"));
            }
        }
        line(format_args!(
            "# HELP exifkit_request_seconds Time from the head of a request to its answer.\n# TYPE exifkit_request_seconds histogram\n"
        ));
        for (i, name) in ENDPOINTS.iter().enumerate() {
            let mut sum = 0;
            for (bound, count) in BOUNDS.iter().zip(&self.durations[i]) {
                sum += count.load(Relaxed);
                let le = *bound as f64 / 1000.0;
                line(format_args!("exifkit_request_seconds_bucket{{endpoint=\"{name}\",le=\"{le}\"}} {sum}\n"));
            }
            sum += self.durations[i][BOUNDS.len()].load(Relaxed);
            let seconds = self.microseconds[i].load(Relaxed) as f64 / 1e6;
            line(format_args!("exifkit_request_seconds_bucket{{endpoint=\"{name}\",le=\"+Inf\"}} {sum}\n"));
            line(format_args!("exifkit_request_seconds_sum{{endpoint=\"{name}\"}} {seconds}\n"));
            line(format_args!("exifkit_request_seconds_count{{endpoint=\"{name}\"}} {sum}\n"));
        }
        for (name, kind, help, value) in [
            ("received_bytes_total", "counter", "Bytes of bodies that were read.", &self.received),
            ("requests_abandoned_total", "counter", "Requests whose other side went away.", &self.abandoned),
            ("requests_in_flight", "gauge", "Requests that are worked on now.", &self.in_flight),
            ("connections", "gauge", "Connections that are open now.", &self.connections),
        ] {
            let value = value.load(Relaxed);
            line(format_args!("# HELP exifkit_{name} {help}\n# TYPE exifkit_{name} {kind}\nexifkit_{name} {value}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let metrics = Metrics::default();
        metrics.answered("/api/v1/extract", 200, Duration::from_millis(7));
        metrics.answered("/api/v1/extract/123", 404, Duration::from_secs(60));
        metrics.answered("/", 418, Duration::ZERO);
        metrics.answered("/", 431, Duration::ZERO);
        let text = metrics.text();
        for line in [
            "exifkit_requests_total{endpoint=\"extract\",status=\"200\"} 1\n",
            "exifkit_requests_total{endpoint=\"get\",status=\"404\"} 1\n",
            "exifkit_requests_total{endpoint=\"other\",status=\"other\"} 1\n",
            "exifkit_requests_total{endpoint=\"other\",status=\"431\"} 1\n",
            "exifkit_request_seconds_bucket{endpoint=\"extract\",le=\"0.005\"} 0\n",
            "exifkit_request_seconds_bucket{endpoint=\"extract\",le=\"0.01\"} 1\n",
            "exifkit_request_seconds_bucket{endpoint=\"get\",le=\"30\"} 0\n",
            "exifkit_request_seconds_bucket{endpoint=\"get\",le=\"+Inf\"} 1\n",
            "exifkit_connections 0\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
