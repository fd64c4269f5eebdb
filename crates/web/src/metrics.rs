//! Counters of requests, for `/metrics` (Prometheus text format 0.0.4).
//!
//! The labels are bounded by construction: the surface (what family of
//! paths), the class of the status. Nothing here can name a person.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use http::StatusCode;

/// Families of paths: prefix and label. The last catches the rest.
const SURFACES: [(&str, &str); 6] = [
    ("/ngsi-ld/", "ngsi-ld"),
    ("/api/", "api"),
    ("/verwaltung", "verwaltung"),
    ("/catalog", "catalogue"),
    ("/static/", "static"),
    ("", "portal"),
];

/// Upper bounds of the histogram, in microseconds.
const BOUNDS_US: [u64; 12] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 10_000_000];

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    surfaces: [Surface; SURFACES.len()],
    /// Connections open now.
    pub(crate) connections: AtomicU64,
    /// Connections refused because of the cap.
    pub(crate) connections_refused: AtomicU64,
    panics: AtomicU64,
}

#[derive(Debug, Default)]
struct Surface {
    by_class: [AtomicU64; 5],
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

impl Metrics {
    /// Counts one answered request.
    pub fn count(&self, path: &str, status: StatusCode, took: Duration) {
        let index = SURFACES.iter().position(|(prefix, _)| path.starts_with(prefix)).unwrap_or(SURFACES.len() - 1);
        let surface = &self.surfaces[index];
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.iter().position(|bound| took_us <= *bound).unwrap_or(BOUNDS_US.len());
        surface.by_class[class].fetch_add(1, Relaxed);
        surface.buckets[bucket].fetch_add(1, Relaxed);
        surface.sum_us.fetch_add(took_us, Relaxed);
    }

    /// Counts a handler that panicked.
    pub fn count_panic(&self) {
        self.panics.fetch_add(1, Relaxed);
    }

    /// Writes the counters in Prometheus' text format.
    pub fn write(&self, out: &mut String) {
        out.push_str("# HELP allmende_http_requests_total Answered requests by surface and class of status.\n# TYPE allmende_http_requests_total counter\n");
        for (surface, (_, label)) in self.surfaces.iter().zip(SURFACES) {
            for (i, count) in surface.by_class.iter().enumerate() {
                line(
                    out,
                    format_args!("allmende_http_requests_total{{surface=\"{label}\",status=\"{}xx\"}} {}", i + 1, count.load(Relaxed)),
                );
            }
        }
        out.push_str(
            "# HELP allmende_http_request_seconds Time to the head of the answer.\n# TYPE allmende_http_request_seconds histogram\n",
        );
        for (surface, (_, label)) in self.surfaces.iter().zip(SURFACES) {
            surface.write_histogram(out, label);
        }
        for (name, kind, help, value) in [
            ("allmende_http_connections", "gauge", "Open connections.", &self.connections),
            ("allmende_http_connections_refused_total", "counter", "Connections refused because of the cap.", &self.connections_refused),
            ("allmende_http_panics_total", "counter", "Handlers that panicked.", &self.panics),
        ] {
            line(out, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {}", value.load(Relaxed)));
        }
    }
}

impl Surface {
    #[expect(clippy::cast_precision_loss, reason = "micro-seconds shown as seconds")]
    fn write_histogram(&self, out: &mut String, label: &str) {
        let mut total = 0;
        for (i, bucket) in self.buckets.iter().enumerate() {
            total += bucket.load(Relaxed);
            let bound = BOUNDS_US.get(i).map_or_else(|| "+Inf".to_owned(), |us| (*us as f64 / 1e6).to_string());
            line(out, format_args!("allmende_http_request_seconds_bucket{{surface=\"{label}\",le=\"{bound}\"}} {total}"));
        }
        line(out, format_args!("allmende_http_request_seconds_sum{{surface=\"{label}\"}} {}", self.sum_us.load(Relaxed) as f64 / 1e6));
        line(out, format_args!("allmende_http_request_seconds_count{{surface=\"{label}\"}} {total}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).and_then(|()| out.write_char('\n')).expect("writing into a String cannot fail");
}
