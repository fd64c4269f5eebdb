//! Durable update and batch upsert, against the same bytes synced in equal batches.

use anyhow::{Result, ensure};

use crate::client::load;
use crate::codec::entity_json;
use crate::disk;
use crate::reading::median;
use crate::report::Row;
use crate::server::Server;

pub(crate) fn measure(server: &Server) -> Result<Vec<Row>> {
    Ok(vec![updates(server)?, batches(server)?])
}

/// PATCH of one attribute over 64 connections; history and audit are always on.
fn updates(server: &Server) -> Result<Row> {
    let script = format!(
        r#"
        wrk.method = "PATCH"
        wrk.headers["Content-Type"] = "application/json"
        wrk.headers["Authorization"] = "Bearer {}"
        local n = 0
        request = function()
            n = n + 1
            local body = '{{"temperature":{{"type":"Property","value":' .. (n % 1000) / 10 .. ',"unitCode":"CEL","observedAt":"2026-05-04T10:00:00.' .. string.format("%06d", n % 1000000) .. 'Z"}}}}'
            return wrk.format(nil, "/ngsi-ld/v1/entities/urn:ngsi-ld:Bench:read-" .. (n % 1000) .. "/attrs", nil, body)
        end
        "#,
        server.token
    );
    let before = server.metric("allmende_log_seq")?;
    let mut ours = Vec::new();
    let mut done = 0.0;
    for _ in 0..3 {
        let rate = load(&server.url("/"), &[], 64, Some(&script))?.requests_per_s;
        done += rate * 6.0;
        ours.push(rate);
    }
    let commits = server.metric("allmende_log_seq")? - before;
    // Requests of one caller that share a sync share a log row: rows are batches.
    let batch = (done / commits).round().max(1.0);
    // What a PATCH carries: 120 bytes of body, and id, actor and times around it.
    let reference = disk::records_per_s(server.folder(), 240, batch as usize)?;
    Ok(Row::share("durable attribute update, 64 connections", "updates/s", median(ours), reference, 0.4, "≥ 40 % of equal batches to disk"))
}

/// Upserts of 100 entities of 1 KB over 8 connections.
fn batches(server: &Server) -> Result<Row> {
    let entities: Vec<String> = (0..100).map(|n| entity_json("N", n)).collect();
    let body = format!("[{}]", entities.join(","));
    ensure!(!body.contains('\''), "the body fits into a Lua string");
    let script = format!(
        r#"
        wrk.method = "POST"
        wrk.headers["Content-Type"] = "application/json"
        wrk.headers["Authorization"] = "Bearer {}"
        local body = '{body}'
        local n = 0
        request = function()
            n = n + 1
            local own = body:gsub("N%-", (n % 500) .. "-"):gsub('"value":21.5', '"value":' .. n)
            return wrk.format(nil, "/ngsi-ld/v1/entityOperations/upsert", nil, own)
        end
        "#,
        server.token
    );
    let mut ours = Vec::new();
    for _ in 0..3 {
        ours.push(load(&server.url("/"), &[], 8, Some(&script))?.requests_per_s * 100.0);
    }
    let reference = disk::records_per_s(server.folder(), entities[0].len(), 800)?;
    let ours = median(ours);
    Ok(Row {
        met: ours >= 60_000.0,
        ..Row::share("batch upsert, 100 per request, durable", "entities/s", ours, reference, 0.0, "≥ 60 000 entities/s")
    })
}
