//! Addresses for machines: permanent links, site map, robots.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Dataset;

use crate::ask::{Ask, Trouble, redirect};
use crate::frame::Section;
use crate::messages::Language;
use crate::svg::escape;
use crate::{format, pages};

/// The permanent path of a dataset: by its id, which stays when the slug changes.
pub(super) fn permanent_path(dataset: &Dataset) -> String {
    format!("/id/datensatz/{}", web::params::encode(key(dataset)))
}

fn key(dataset: &Dataset) -> &str {
    let id = dataset.id.as_str();
    id.strip_prefix("urn:ngsi-ld:Dataset:").unwrap_or(id)
}

/// `GET /id/datensatz/{key}` → 303 to the page.
pub(crate) async fn permanent(ask: Ask, Path(wanted): Path<String>) -> Response {
    let found = ask
        .access
        .datasets()
        .map_err(Trouble::from)
        .and_then(|all| all.into_iter().find(|dataset| key(dataset) == wanted).ok_or(Trouble::NotFound));
    match found {
        Ok(dataset) => redirect(&ask.href(&format!("/datensaetze/{}", dataset.slug))),
        Err(trouble) => ask.answer(Err(trouble)),
    }
}

/// `GET /robots.txt`
pub(crate) async fn robots(ask: Ask) -> Response {
    let mut text = String::from("User-agent: *\nDisallow: /verwaltung\nDisallow: /en/verwaltung\nDisallow: /suche\nDisallow: /en/suche\n");
    if let Some(base) = &ask.site().public_url {
        text.push_str(&format!("Sitemap: {base}/sitemap.xml\n"));
    }
    plain("text/plain; charset=utf-8", text)
}

/// `GET /sitemap.xml` (sitemaps.org, protocol 0.9), with both languages of each page.
pub(crate) async fn sitemap(ask: Ask) -> Response {
    match sitemap_xml(&ask).await {
        Ok(xml) => plain("application/xml; charset=utf-8", xml),
        Err(trouble) => ask.answer(Err(trouble)),
    }
}

async fn sitemap_xml(ask: &Ask) -> Result<String, Trouble> {
    let frame = ask.frame(Section::Other);
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    let mut add = |path: &str, changed: Option<String>| {
        for language in Language::ALL {
            let mut address = String::new();
            escape(&frame.absolute(&format!("{}{path}", language.prefix())), &mut address);
            let lastmod = changed.as_ref().map_or_else(String::new, |date| format!("<lastmod>{date}</lastmod>"));
            xml.push_str(&format!("<url><loc>{address}</loc>{lastmod}</url>\n"));
        }
    };
    add("/", None);
    add("/datensaetze", None);
    add("/dashboards", None);
    for dataset in ask.access.datasets()? {
        let changed = ask.access.statistics(&dataset).await?.modified_at.map(|at| format::local(at).date().to_string());
        add(&format!("/datensaetze/{}", dataset.slug), changed);
    }
    for row in ask.access.dashboards()? {
        add(&format!("/dashboards/{}", row.slug), None);
    }
    for slug in pages::document::slugs() {
        add(&format!("/{slug}"), None);
    }
    xml.push_str("</urlset>\n");
    Ok(xml)
}

fn plain(media_type: &'static str, text: String) -> Response {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))],
        text,
    )
        .into_response()
}
