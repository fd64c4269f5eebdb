//! The search for programs: `GET /suche.json`, described in `docs/openapi.json`.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use engine::Hit;
use model::dataset::Texts as Translated;
use serde_json::{Value, json};

use super::{HITS_PER_PAGE, Searched};
use crate::ask::{Ask, Trouble, is_known, tag_of, unchanged};
use crate::facets::Facet;
use crate::frame::Section;
use crate::vocabulary;

/// The most hits of one answer.
const HITS_MAX: usize = 100;

/// `GET /suche.json?q=…`: the parameters of the page, and `anzahl` hits at once.
pub(crate) async fn json(ask: Ask) -> Response {
    match document(&ask) {
        Ok(document) => answer(&ask, &document),
        Err(Trouble::Invalid(text)) => web::Problem::invalid(text).into_response(),
        Err(trouble) => ask.answer(Err(trouble)),
    }
}

fn answer(ask: &Ask, document: &Value) -> Response {
    let text = document.to_string();
    let tag = tag_of(text.as_bytes());
    if is_known(&ask.headers, &tag) {
        return unchanged(&tag);
    }
    let mut response = ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], text).into_response();
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    // Open data may be read by scripts of other sites.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

fn document(ask: &Ask) -> Result<Value, Trouble> {
    let size = match ask.param("anzahl") {
        None => HITS_PER_PAGE,
        Some(text) => text
            .parse()
            .ok()
            .filter(|size| (1..=HITS_MAX).contains(size))
            .ok_or_else(|| ask.bad_param("anzahl", text, &ask.t().error_expected_size(HITS_MAX)))?,
    };
    let searched = Searched::of(ask, true)?;
    let number = ask.page_number()?;
    let from = usize::try_from(number - 1).unwrap_or(usize::MAX).saturating_mul(size);
    let total = searched.hits.len();
    let frame = ask.frame(Section::Data);
    let next = (from.saturating_add(size) < total).then(|| {
        let query = searched.chosen.query(&searched.q, None);
        frame.absolute(&ask.href(&format!("/suche.json?{query}anzahl={size}&seite={}", number + 1)))
    });
    Ok(json!({
        "q": searched.q,
        "total": total,
        "page": number,
        "next": next,
        "hits": searched.hits.iter().skip(from).take(size).map(|hit| hit_json(ask, hit)).collect::<Vec<_>>(),
        "facets": facets(ask, &searched),
        "corrections": searched.found.corrections.iter().map(|one| json!({ "asked": one.asked, "meant": one.meant })).collect::<Vec<_>>(),
        "missing": searched.found.missing,
        "partial": searched.found.is_partial,
        "nearest": searched.found.nearest,
        "places": searched.found.places.iter().map(|place| json!({ "key": place.key.as_str(), "name": place.name.as_deref() })).collect::<Vec<_>>(),
    }))
}

fn hit_json(ask: &Ask, hit: &Hit) -> Value {
    let dataset = &hit.dataset;
    let absolute = |path: String| ask.frame(Section::Data).absolute(&path);
    json!({
        "id": absolute(super::super::machine::permanent_path(dataset)),
        "slug": dataset.slug.as_str(),
        "url": absolute(ask.href(&format!("/datensaetze/{}", dataset.slug))),
        "score": hit.score,
        "title": translated(&dataset.title),
        "summary": translated(&dataset.summary),
        "publisher": dataset.publisher.name.as_str(),
        "licence": vocabulary::licence(&dataset.licence, ask.t()).href,
        "themes": dataset.themes.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
        "keywords": dataset.keywords.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
        "place": dataset.spatial.as_ref().map(|spatial| json!({ "id": spatial.iri.as_str(), "label": spatial.label.as_str() })),
        "newest": hit.freshness.newest.map(|at| at.to_string()),
        "modified": hit.freshness.modified.map(|at| at.to_string()),
    })
}

fn translated(texts: &Translated) -> Value {
    json!({ "de": texts.de.as_str(), "en": texts.en.as_deref() })
}

fn facets(ask: &Ask, searched: &Searched) -> Value {
    let of_facet = |(facet, values): (Facet, &Vec<crate::facets::Value>)| {
        let value = |one: &crate::facets::Value| {
            json!({
                "value": one.value,
                "label": facet.value_label(&one.value, ask.t()),
                "count": one.count,
                "chosen": searched.chosen.has(facet, &one.value),
            })
        };
        (facet.param().to_owned(), values.iter().map(value).collect::<Vec<_>>().into())
    };
    Value::Object(Facet::ALL.into_iter().zip(&searched.counts).map(of_facet).collect())
}
