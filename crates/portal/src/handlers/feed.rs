//! Atom feeds (RFC 4287): new and changed datasets, and what became of one.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use model::{Dataset, Instant};

use super::machine::permanent_path;
use crate::ask::{Ask, Trouble, is_known, tag_of, unchanged};
use crate::format;
use crate::frame::Section;
use crate::svg::escape;

/// How many entries a feed has.
const ENTRIES_MAX: usize = 50;
/// How many runs of a source are looked at for the days of a dataset.
const RUNS_MAX: usize = 5_000;

/// One entry.
struct Entry {
    /// Permanent (RFC 4287, section 4.2.6).
    id: String,
    title: String,
    summary: String,
    href: String,
    author: String,
    published: Option<Instant>,
    updated: Instant,
}

/// `GET /changes.atom`
pub(crate) async fn all(ask: Ask) -> Response {
    let answer = changed_datasets(&ask).await;
    ask.answer(answer)
}

/// `GET /datensaetze/{slug}/changes.atom`
pub(crate) async fn one(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = changes_of(&ask, &slug).await;
    ask.answer(answer)
}

async fn changed_datasets(ask: &Ask) -> Result<Response, Trouble> {
    let (t, frame) = (ask.t(), ask.frame(Section::Data));
    let mut entries = Vec::new();
    for dataset in ask.access.datasets()? {
        let about = ask.access.entity(&dataset.id)?;
        let (published, declared) = (about.entity().created_at, about.entity().modified_at);
        let changed = ask.access.statistics(&dataset).await?.modified_at;
        let summary = dataset.summary.get(ask.language.code());
        entries.push(Entry {
            id: dataset.id.to_string(),
            title: dataset.title.get(ask.language.code()).to_owned(),
            summary: if published == declared && changed.is_none_or(|at| at <= declared) {
                t.feed_new(summary)
            } else {
                t.feed_changed(summary)
            },
            href: frame.absolute(&ask.href(&format!("/datensaetze/{}", dataset.slug))),
            author: dataset.publisher.name.to_string(),
            published: Some(published),
            updated: changed.map_or(declared, |changed| changed.max(declared)),
        });
    }
    entries.sort_by(|a, b| (b.updated, &a.id).cmp(&(a.updated, &b.id)));
    entries.truncate(ENTRIES_MAX);
    let title = t.feed_all_title(frame.site_name());
    Ok(answer(ask, &title, &format!("urn:allmende:changes:{}", ask.tenant()), &ask.href("/datensaetze"), entries))
}

async fn changes_of(ask: &Ask, slug: &str) -> Result<Response, Trouble> {
    let dataset = ask.access.dataset(slug)?;
    let (t, frame) = (ask.t(), ask.frame(Section::Data));
    let page = ask.href(&format!("/datensaetze/{slug}"));
    let about = ask.access.entity(&dataset.id)?;
    let entry = |id: String, title: String, summary: String, href: String, updated: Instant| Entry {
        id,
        title,
        summary,
        href: frame.absolute(&href),
        author: dataset.publisher.name.to_string(),
        published: None,
        updated,
    };
    let mut entries = Vec::new();
    for (day, (written, corrected, last)) in days(ask, &dataset).await? {
        let date = format::date_long(last, ask.language);
        let mut said = vec![t.feed_written(written)];
        said.extend((corrected > 0).then(|| t.feed_corrected(corrected)));
        let href = permanent_path(&dataset);
        entries.push(entry(format!("{}:{day}", dataset.id), said.join(", "), t.feed_day(date, said.join(", ")), href, last));
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated));
    entries.truncate(ENTRIES_MAX - 1);
    let (title, summary) = (dataset.title.get(ask.language.code()), dataset.summary.get(ask.language.code()));
    entries.push(entry(dataset.id.to_string(), t.feed_published().to_owned(), summary.to_owned(), page.clone(), about.entity().created_at));
    Ok(answer(ask, &t.feed_dataset_title(title), &format!("{}:changes", dataset.id), &page, entries))
}

/// Values that came and were corrected by day, with when the last of them came.
async fn days(ask: &Ask, dataset: &Dataset) -> Result<BTreeMap<Date, (u64, u64, Instant)>, Trouble> {
    let mut days: BTreeMap<Date, (u64, u64, Instant)> = BTreeMap::new();
    for change in ask.access.changes(dataset, RUNS_MAX).await? {
        let day = days.entry(format::local(change.at).date()).or_insert((0, 0, change.at));
        *day = (day.0 + change.written, day.1 + change.corrected, day.2.max(change.at));
    }
    Ok(days)
}

/// The feed as a document. Every entry has an author (section 4.1.2), text is
/// escaped, times are RFC 3339.
fn answer(ask: &Ask, title: &str, id: &str, page: &str, entries: Vec<Entry>) -> Response {
    let frame = ask.frame(Section::Data);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n",
        ask.language.code()
    );
    let updated = entries.iter().map(|entry| entry.updated).max().unwrap_or_else(|| Instant::from_micros(0));
    element(&mut xml, "id", id);
    element(&mut xml, "title", title);
    element(&mut xml, "updated", &updated.to_string());
    link(&mut xml, "self", "application/atom+xml", &frame.absolute(&ask.href(&ask.path)));
    link(&mut xml, "alternate", "text/html", &frame.absolute(page));
    element(&mut xml, "generator", "Allmende");
    for entry in entries {
        xml.push_str("<entry>\n");
        element(&mut xml, "id", &entry.id);
        element(&mut xml, "title", &entry.title);
        xml.push_str("<author>");
        element(&mut xml, "name", &entry.author);
        xml.push_str("</author>\n");
        if let Some(at) = entry.published {
            element(&mut xml, "published", &at.to_string());
        }
        element(&mut xml, "updated", &entry.updated.to_string());
        link(&mut xml, "alternate", "text/html", &entry.href);
        element(&mut xml, "summary", &entry.summary);
        xml.push_str("</entry>\n");
    }
    xml.push_str("</feed>\n");
    let tag = tag_of(xml.as_bytes());
    if is_known(&ask.headers, &tag) {
        return unchanged(&tag);
    }
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], xml).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn element(xml: &mut String, name: &str, text: &str) {
    xml.push_str(&format!("<{name}>"));
    escape(text, xml);
    xml.push_str(&format!("</{name}>\n"));
}

fn link(xml: &mut String, rel: &str, media_type: &str, href: &str) {
    xml.push_str(&format!("<link rel=\"{rel}\" type=\"{media_type}\" href=\""));
    escape(href, xml);
    xml.push_str("\"/>\n");
}
