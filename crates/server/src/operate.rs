//! What operators and their tools ask: `/livez`, `/readyz`, `/metrics`, `/openapi.json`.

use std::fmt::{Display, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use subtle::ConstantTimeEq;
use web::{Fault, Metrics, Problem};

use crate::config::Secret;
use crate::messages::say;
use crate::operator::Operator;

/// The description of all APIs. A test asks the running server for each path in it.
const OPENAPI: &str = include_str!("../../../docs/openapi.json");

/// What the routes here know.
#[derive(Clone)]
pub(crate) struct Operate {
    pub(crate) operator: Arc<Operator>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stopping: Arc<AtomicBool>,
    pub(crate) metrics_token: Option<Secret>,
}

/// The routes.
pub(crate) fn router(state: Operate) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi))
        .with_state(state)
}

/// The process answers.
async fn livez() -> Response {
    state_of(StatusCode::OK, &json!({ "live": true }))
}

/// The process takes reads and writes; while it stops it no longer does. A
/// tenant that is closed is named and does not make the others unready.
async fn readyz(State(state): State<Operate>) -> Response {
    let health = state.operator.engine().health();
    let stopping = state.stopping.load(Ordering::SeqCst);
    // A tenant that takes no writes is still read, and must be reached to take them again.
    let ready = !stopping;
    let open =
        health.tenants.iter().map(|one| json!({ "tenant": one.tenant.as_str(), "open": true, "writable": one.last_error.is_none() }));
    // Where the data lie is nobody's business here.
    let data = format!("{}/", state.operator.config().data.display());
    let closed = state.operator.closed().into_iter().map(|(tenant, cause)| {
        json!({ "tenant": tenant.as_str(), "open": false, "writable": false, "cause": cause.replace(&data, ""), "remedy": say("closed.remedy", &[]) })
    });
    let tenants: Vec<_> = open.chain(closed).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    state_of(status, &json!({ "ready": ready, "stopping": stopping, "tenants": tenants }))
}

fn state_of(status: StatusCode, state: &serde_json::Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], state.to_string()).into_response()
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1"), (CACHE_CONTROL, "public, max-age=300")], OPENAPI).into_response()
}

/// Counters and gauges in Prometheus' text format. With a configured token only for who has it.
async fn metrics(State(state): State<Operate>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(Secret(expected)) = &state.metrics_token {
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Bearer "));
        if !sent.is_some_and(|sent| bool::from(sent.as_bytes().ct_eq(expected.as_bytes()))) {
            return Err(Problem::of(Fault::Unauthorized, "the counters need the token of `metrics.token`"));
        }
    }
    let text = tokio::task::spawn_blocking(move || write_all(&state)).await.map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (CACHE_CONTROL, "no-store")], text).into_response())
}

fn write_all(state: &Operate) -> String {
    let mut out = String::with_capacity(16 * 1024);
    state.metrics.write(&mut out);
    write_tenants(&mut out, &state.operator);
    write_process(&mut out, &state.operator);
    out
}

fn write_tenants(out: &mut String, operator: &Operator) {
    let tenants = operator.engine().health().tenants;
    type Column = (&'static str, &'static str, fn(&engine::TenantHealth) -> u64);
    let columns: [Column; 7] = [
        ("allmende_entities", "Entities in memory.", |t| t.entities as u64),
        ("allmende_memory_bytes", "Estimated memory of the entities.", |t| t.memory_bytes as u64),
        ("allmende_tail_observations", "Values that are not sealed yet.", |t| t.tail as u64),
        ("allmende_segments", "Sealed segments of history.", |t| t.segments as u64),
        ("allmende_log_seq", "Position of the change log.", |t| t.log_seq),
        ("allmende_sealed_seq", "Position up to which history is sealed.", |t| t.sealed_upto),
        ("allmende_writable", "1 while the last write succeeded.", |t| u64::from(t.last_error.is_none())),
    ];
    for (name, help, value) in columns {
        head(out, name, help);
        for tenant in &tenants {
            line(out, &format_args!("{name}{{tenant=\"{}\"}} {}", tenant.tenant, value(tenant)));
        }
    }
    head(out, "allmende_open", "1 for a tenant that is served, 0 for one whose data do not open.");
    for (tenant, open) in tenants.iter().map(|one| (&one.tenant, 1)).chain(operator.engine().closed().keys().map(|tenant| (tenant, 0))) {
        line(out, &format_args!("allmende_open{{tenant=\"{tenant}\"}} {open}"));
    }
    head(out, "allmende_quarantined_records", "Records set aside and not settled, by source.");
    for tenant in &tenants {
        for (source, count) in operator.quarantine_counts(&tenant.tenant) {
            line(
                out,
                &format_args!("allmende_quarantined_records{{tenant=\"{}\",source=\"{}\"}} {count}", tenant.tenant, escaped(&source)),
            );
        }
    }
}

fn write_process(out: &mut String, operator: &Operator) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        line.and_then(|rest| rest.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok())
    };
    let descriptors = std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64);
    let disk = rustix::fs::statvfs(&operator.config().data).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    for (name, help, value) in [
        ("process_resident_memory_bytes", "Memory of the process.", kib("VmRSS").map(|kib| kib * 1024)),
        ("process_threads", "Threads of the process.", kib("Threads")),
        ("process_open_fds", "Open file descriptors.", descriptors),
        ("allmende_disk_free_bytes", "Free space on the disk of the data directory.", disk),
    ] {
        if let Some(value) = value {
            head(out, name, help);
            line(out, &format_args!("{name} {value}"));
        }
    }
}

fn head(out: &mut String, name: &str, help: &str) {
    line(out, &format_args!("# HELP {name} {help}\n# TYPE {name} gauge"));
}

fn line(out: &mut String, text: &dyn Display) {
    writeln!(out, "{text}").expect("writing into a String cannot fail");
}

/// A label's value (Prometheus text format: backslash, quote and line feed are escaped).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
