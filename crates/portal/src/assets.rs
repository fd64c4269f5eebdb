//! Styles, islands and fonts: the folder `frontend/dist`, embedded.
//!
//! Files are known by hashed names only, so they may be cached for ever; text
//! files are served as the build compressed them. Without the folder every
//! page is complete, only unstyled, and the log says so once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../../frontend/dist"]
#[allow_missing = true]
struct Dist;

/// The names of the built files.
#[derive(Debug, Default)]
pub struct Assets {
    /// From the plain name to the hashed one.
    names: BTreeMap<String, String>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::load);

impl Assets {
    /// The files of this build.
    #[must_use]
    pub fn get() -> &'static Self {
        &ASSETS
    }

    fn load() -> Self {
        let manifest = Dist::get("manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok());
        if manifest.is_none() {
            tracing::warn!("the pages come without styles: `frontend/dist` was not built; run `make build`");
        }
        Self { names: manifest.unwrap_or_default() }
    }

    /// Address of a file by its plain name; `None` when it was not built.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<String> {
        self.names.get(name).map(|hashed| format!("/static/{hashed}"))
    }

    fn holds(&self, hashed: &str) -> bool {
        self.names.values().any(|known| known == hashed)
    }
}

/// Serves a built file by its hashed name: `GET /static/{file}`.
pub async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    if !Assets::get().holds(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let packed = ["br", "gzip"].into_iter().filter(|coding| accepts(accepted, coding)).find_map(|coding| {
        let ending = if coding == "br" { "br" } else { "gz" };
        Dist::get(&format!("{file}.{ending}")).map(|content| (Some(coding), content))
    });
    let Some((coding, content)) = packed.or_else(|| Dist::get(&file).map(|content| (None, content))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(content.data.into_owned()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(&file)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Whether `Accept-Encoding` takes a coding (RFC 9110, section 12.5.3).
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0);
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

fn media_type(file: &str) -> &'static str {
    match file.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_codings_are_not_used() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("", "br"));
        assert!(!accepts("brotli", "br"));
    }

    #[test]
    fn a_build_without_files_has_no_addresses() {
        assert_eq!(Assets::default().address("app.css"), None);
        assert!(!Assets::default().holds(""));
    }
}
