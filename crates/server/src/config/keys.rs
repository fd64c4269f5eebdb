//! The keys of the configuration, in the order of the reference page.

use std::path::PathBuf;

use web::RequestLog;
use web::outbound::Targets;

use super::{Config, LogFormat, Secret};

/// One key.
pub(crate) struct Key {
    /// Its path, sections joined by dots.
    pub(crate) path: &'static str,
    /// Whether its value is never shown.
    pub(crate) secret: bool,
    /// Its value as it would stand in the file; empty when unset.
    pub(crate) get: fn(&Config) -> String,
    /// Takes a value, or says what was expected.
    pub(crate) set: fn(&mut Config, &toml::Value) -> Result<(), String>,
}

const fn key(path: &'static str, get: fn(&Config) -> String, set: fn(&mut Config, &toml::Value) -> Result<(), String>) -> Key {
    Key { path, secret: false, get, set }
}

/// All keys.
pub(crate) const KEYS: &[Key] = &[
    key("data", |c| quoted(&c.data.display().to_string()), |c, v| text(v).map(|t| c.data = t.into())),
    key("listen", |c| quoted(&c.listen), |c, v| address(v).map(|t| c.listen = t)),
    key("public_url", |c| optional(c.public_url.as_ref()), |c, v| url(v).map(|t| c.public_url = Some(t))),
    key("identifier_url", |c| optional(c.identifier_url.as_ref()), |c, v| url(v).map(|t| c.identifier_url = Some(t))),
    key("tenant", |c| quoted(&c.tenant), |c, v| tenant(v).map(|t| c.tenant = t)),
    key("workers", |c| c.workers.to_string(), |c, v| number(v, 1, 256).map(|n| c.workers = n)),
    key("municipality.name", |c| quoted(&c.municipality.name), |c, v| text(v).map(|t| c.municipality.name = t)),
    key("municipality.homepage", |c| optional(c.municipality.homepage.as_ref()), |c, v| page(v).map(|t| c.municipality.homepage = Some(t))),
    key(
        "municipality.contributor",
        |c| optional(c.municipality.contributor.as_ref()),
        |c, v| text(v).map(|t| c.municipality.contributor = Some(t)),
    ),
    key("municipality.email", |c| optional(c.municipality.email.as_ref()), |c, v| email(v).map(|t| c.municipality.email = Some(t))),
    key("municipality.imprint", |c| list(&c.municipality.imprint), |c, v| lines(v).map(|l| c.municipality.imprint = l)),
    key("municipality.notice", |c| optional(c.municipality.notice.as_ref()), |c, v| text(v).map(|t| c.municipality.notice = Some(t))),
    key("municipality.pages", |c| path(c.municipality.pages.as_ref()), |c, v| text(v).map(|t| c.municipality.pages = Some(t.into()))),
    key("log.format", |c| quoted(format_word(c.log.format)), |c, v| format(v).map(|f| c.log.format = f)),
    key("log.level", |c| quoted(&c.log.level), |c, v| level(v).map(|t| c.log.level = t)),
    key("log.requests", |c| quoted(requests_word(c.log.requests)), |c, v| requests(v).map(|r| c.log.requests = r)),
    key("http.connections_max", |c| c.http.connections_max.to_string(), |c, v| number(v, 1, 1_000_000).map(|n| c.http.connections_max = n)),
    key("http.header_timeout_s", |c| c.http.header_timeout_s.to_string(), |c, v| number(v, 1, 300).map(|n| c.http.header_timeout_s = n)),
    key("http.idle_timeout_s", |c| c.http.idle_timeout_s.to_string(), |c, v| number(v, 1, 3600).map(|n| c.http.idle_timeout_s = n)),
    key(
        "http.header_size_bytes_max",
        |c| c.http.header_size_bytes_max.to_string(),
        |c, v| number(v, 8192, 1 << 20).map(|n| c.http.header_size_bytes_max = n),
    ),
    key("http.grace_s", |c| c.http.grace_s.to_string(), |c, v| number(v, 0, 600).map(|n| c.http.grace_s = n)),
    key("engine.seal_after", |c| c.engine.seal_after.to_string(), |c, v| number(v, 1_000, 100_000_000).map(|n| c.engine.seal_after = n)),
    key(
        "engine.memory_mib_max",
        |c| c.engine.memory_mib_max.to_string(),
        |c, v| number(v, 16, 1 << 20).map(|n| c.engine.memory_mib_max = n),
    ),
    key("engine.wal_mib_max", |c| c.engine.wal_mib_max.to_string(), |c, v| number(v, 1, 1 << 16).map(|n| c.engine.wal_mib_max = n)),
    key("sources.folder", |c| path(c.sources.folder.as_ref()), |c, v| text(v).map(|t| c.sources.folder = Some(t.into()))),
    key("sources.targets", |c| list(&c.sources.targets), |c, v| targets(v).map(|l| c.sources.targets = l)),
    key("sources.secrets", |c| path(c.sources.secrets.as_ref()), |c, v| text(v).map(|t| c.sources.secrets = Some(t.into()))),
    key("sources.authorities", |c| path(c.sources.authorities.as_ref()), |c, v| text(v).map(|t| c.sources.authorities = Some(t.into()))),
    key("reports.kept_days", |c| c.reports.kept_days.to_string(), |c, v| number(v, 1, 3650).map(|n| c.reports.kept_days = n)),
    Key {
        path: "metrics.token",
        secret: true,
        get: |c| c.metrics_token.as_ref().map_or(String::new(), |s| quoted(&s.to_string())),
        set: |c, v| secret(v).map(|s| c.metrics_token = Some(s)),
    },
];

/// The key of a path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Whether keys stand below a path.
pub(crate) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// The key that is spelt most like `path`.
pub(crate) fn nearest(path: &str) -> &'static str {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    // A right name in the wrong section is nearer than a similar name.
    KEYS.iter().map(|key| key.path).min_by_key(|known| (last(known) != last(path), distance(known, path))).unwrap_or_default()
}

/// How many letters must be added, removed or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = if ca == *cb { before } else { 1 + before.min(row[j]).min(row[j + 1]) };
            before = std::mem::replace(&mut row[j + 1], cost);
        }
    }
    row[b.len()]
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn optional(text: Option<&String>) -> String {
    text.map_or_else(String::new, |text| quoted(text))
}

fn path(path: Option<&PathBuf>) -> String {
    path.map_or_else(String::new, |path| quoted(&path.display().to_string()))
}

fn targets(value: &toml::Value) -> Result<Vec<String>, String> {
    let known = lines(value).ok().filter(|targets| Targets::with(targets).is_ok());
    known.ok_or_else(|| "[\"gis.intern.example\", \"10.0.0.5:8080\"]".to_owned())
}

/// Names of hosts: without scheme, port and path.
pub(super) fn hosts(value: &toml::Value) -> Result<Vec<String>, String> {
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let hosts = lines(value).ok().filter(|hosts| !hosts.is_empty() && hosts.iter().all(|host| host.split('.').all(is_label)));
    let lower = hosts.map(|hosts| hosts.iter().map(|host| host.to_ascii_lowercase()).collect());
    lower.ok_or_else(|| "[\"daten.nachbarstadt.example\"]".to_owned())
}

fn list(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { toml::Value::from(lines.to_vec()).to_string() }
}

fn lines(value: &toml::Value) -> Result<Vec<String>, String> {
    let texts = value.as_array().and_then(|items| items.iter().map(|item| item.as_str().map(ToOwned::to_owned)).collect());
    texts.ok_or_else(|| "[\"…\", \"…\"]".to_owned())
}

fn email(value: &toml::Value) -> Result<String, String> {
    let plain = |text: &String| {
        text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) && !text.contains([' ', '<', '>'])
    };
    text(value).ok().filter(plain).ok_or_else(|| "\"daten@musterstadt.example\"".to_owned())
}

fn page(value: &toml::Value) -> Result<String, String> {
    let web = |text: &String| model::id::is_absolute_iri(text) && (text.starts_with("https://") || text.starts_with("http://"));
    text(value).ok().filter(web).ok_or_else(|| "\"https://www.musterstadt.example/\"".to_owned())
}

fn text(value: &toml::Value) -> Result<String, String> {
    value.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned).ok_or_else(|| "\"…\"".to_owned())
}

fn number<N: TryFrom<i64>>(value: &toml::Value, min: i64, max: i64) -> Result<N, String> {
    let within = value.as_integer().filter(|n| (min..=max).contains(n));
    within.and_then(|n| N::try_from(n).ok()).ok_or_else(|| format!("{min} … {max}"))
}

fn address(value: &toml::Value) -> Result<String, String> {
    text(value).and_then(|text| parse_address(&text))
}

/// Checks `HOST:PORT`.
pub(crate) fn parse_address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
    port.map(|_| text.to_owned()).ok_or_else(|| "\"127.0.0.1:8080\", \"[::]:8080\"".to_owned())
}

fn url(value: &toml::Value) -> Result<String, String> {
    let text = text(value)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |rest: &str| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['?', '#', ' ', '@']);
    match rest.map(|rest| rest.trim_end_matches('/')) {
        // A path behind the host would need every link of the pages to know it.
        Some(rest) if plain(rest) && !rest.contains('/') => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("\"https://daten.musterstadt.example\"".to_owned()),
    }
}

fn tenant(value: &toml::Value) -> Result<String, String> {
    let text = text(value)?;
    model::TenantId::parse(&text).map(|_| text).map_err(|_| "\"musterstadt\" (a-z, 0-9, -)".to_owned())
}

fn level(value: &toml::Value) -> Result<String, String> {
    let text = text(value)?;
    let readable = tracing_subscriber::EnvFilter::builder().parse(&text).is_ok();
    if readable { Ok(text) } else { Err("\"error\", \"warn\", \"info\", \"debug\", \"info,engine=debug\"".to_owned()) }
}

fn format(value: &toml::Value) -> Result<LogFormat, String> {
    [LogFormat::Text, LogFormat::Json]
        .into_iter()
        .find(|f| value.as_str() == Some(format_word(*f)))
        .ok_or_else(|| "\"text\", \"json\"".to_owned())
}

fn format_word(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    }
}

fn requests(value: &toml::Value) -> Result<RequestLog, String> {
    let all = [RequestLog::All, RequestLog::Noteworthy, RequestLog::Off];
    all.into_iter().find(|r| value.as_str() == Some(requests_word(*r))).ok_or_else(|| "\"all\", \"noteworthy\", \"off\"".to_owned())
}

fn requests_word(requests: RequestLog) -> &'static str {
    match requests {
        RequestLog::All => "all",
        RequestLog::Noteworthy => "noteworthy",
        RequestLog::Off => "off",
    }
}

fn secret(value: &toml::Value) -> Result<Secret, String> {
    let long = text(value).ok().filter(|text| text.len() >= 16 && text.bytes().all(|b| b.is_ascii_graphic()));
    long.map(Secret).ok_or_else(|| "\"…\" (≥ 16 a-z, A-Z, 0-9, -, _, …)".to_owned())
}
