//! The page of a dataset.

pub(super) mod offer;

use axum::extract::Path;
use axum::response::Response;
use engine::Statistics;
use model::dataset::ColumnKind;
use model::{Dataset, Instant};
use serde_json::json;

use super::figures::{self, Thing};
use super::quality;
use crate::ask::{Ask, Trouble};
use crate::file::meaning;
use crate::frame::Section;
use crate::pages::dataset::{Citation, DatasetPage, Download, Fact, FactValue, JsonLd, Quality};
use crate::parts::{Badge, Cell, Crumbs, Head, Moment, Phrase, Table, Tone};
use crate::{format, reading, vocabulary};

/// How many things a page looks at.
pub(super) const THINGS_MAX: usize = 2000;
const PREVIEW_ROWS: usize = 8;
const DAY_MICROS: i64 = 86_400_000_000;

/// `GET /datensaetze/{slug}`
pub(crate) async fn show(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = page(&ask, &slug).await;
    ask.answer(answer)
}

async fn page(ask: &Ask, slug: &str) -> Result<Response, Trouble> {
    let dataset = ask.access.dataset(slug)?;
    let views = ask.access.entities_of(&dataset, THINGS_MAX)?;
    let statistics = ask.access.statistics(&dataset).await?;
    let things = figures::things(ask, &views);
    let (charts, chooser) = figures::chart(ask, &dataset, &statistics, &things).await?;
    let quality = quality::judge(ask, &dataset, &statistics);
    let downloads = offer::downloads(ask, &dataset, &statistics, &views);
    let language = ask.language;
    let view = DatasetPage {
        frame: ask.frame(Section::Data),
        crumbs: crumbs(ask, &dataset, None),
        slug: dataset.slug.to_string(),
        title: Phrase::of(&dataset.title, language),
        summary: Phrase::of(&dataset.summary, language),
        description: Phrase::of(&dataset.description, language),
        badges: badges(ask, &dataset, &statistics, &quality),
        chooser,
        preview: if charts.is_empty() { preview(ask, &dataset, &things) } else { None },
        charts,
        map: figures::map(ask, &dataset, &things),
        columns: columns(ask, &dataset),
        snippets: offer::snippets(ask, &dataset, &statistics, &views),
        facts: facts(ask, &dataset, &statistics),
        quality,
        provenance: Phrase::of(&dataset.provenance, language),
        landing_page: dataset.landing_page.as_ref().map(ToString::to_string),
        attribution: dataset.attribution.as_ref().map(|line| Phrase::german(line, language)),
        citation: citation(ask, &dataset, &statistics),
        metadata: [("text/turtle", "ttl"), ("application/rdf+xml", "rdf"), ("application/ld+json", "jsonld"), ("text/n3", "n3")]
            .map(|(media, ending)| (media, format!("/datensaetze/{}.{ending}", dataset.slug), "DCAT-AP.de"))
            .to_vec(),
        json_ld: json_ld(ask, &dataset, &statistics, &downloads),
        downloads,
    };
    Ok(ask.page(&view))
}

/// The way to a dataset, or to a page below it.
pub(super) fn crumbs(ask: &Ask, dataset: &Dataset, below: Option<&str>) -> Crumbs {
    let t = ask.t();
    let title = Phrase::of(&dataset.title, ask.language);
    let mut above = vec![(Phrase::plain(t.nav_home()), ask.href("/")), (Phrase::plain(t.list_title()), ask.href("/datensaetze"))];
    let here = match below {
        None => title,
        Some(here) => {
            above.push((title, ask.href(&format!("/datensaetze/{}", dataset.slug))));
            Phrase::plain(here)
        }
    };
    Crumbs { texts: t, above, here }
}

/// Whether the newest value is as new as the dataset promises.
pub(super) fn freshness(ask: &Ask, dataset: &Dataset, period: Option<(Instant, Instant)>) -> Option<Badge> {
    let (_, last) = period?;
    let t = ask.t();
    let (_, days) = vocabulary::frequency(dataset.frequency.as_deref().unwrap_or(""), t);
    let is_fresh = ask.now().micros() - last.micros() <= days * DAY_MICROS;
    Some(if is_fresh {
        Badge::new(Tone::Success, t.badge_fresh(format::moment_long(last, ask.language)))
    } else {
        Badge::new(Tone::Info, t.badge_historic(format::date_long(last, ask.language)))
    })
}

fn badges(ask: &Ask, dataset: &Dataset, statistics: &Statistics, quality: &Quality) -> Vec<Badge> {
    let t = ask.t();
    let (met, total) = quality::points(quality);
    let mut badges: Vec<Badge> = (!dataset.published).then(|| Badge::new(Tone::Warning, t.badge_draft())).into_iter().collect();
    badges.extend(freshness(ask, dataset, statistics.period));
    badges.push(Badge::new(Tone::Info, vocabulary::licence(&dataset.licence, t).short));
    badges.push(Badge::new(if met == total { Tone::Success } else { Tone::Info }, t.badge_quality(met, total)));
    badges
}

/// The current values of the first things.
fn preview(ask: &Ask, dataset: &Dataset, things: &[Thing<'_>]) -> Option<Table> {
    let t = ask.t();
    let shown: Vec<_> = dataset
        .columns
        .iter()
        .filter(|column| column.kind != ColumnKind::Place && !matches!(column.attribute.short(), "name" | "title"))
        .collect();
    if things.is_empty() || shown.is_empty() {
        return None;
    }
    let mut head = vec![Head::text(t.fact_thing())];
    head.extend(shown.iter().map(|column| {
        let name = reading::label(column, ask.language);
        if matches!(column.kind, ColumnKind::Measure | ColumnKind::Number) { Head::number(name) } else { Head::text(name) }
    }));
    let row = |thing: &Thing<'_>| {
        let cell = |column: &&model::dataset::Column| match reading::current(thing.view.entity(), column, t) {
            Some(text) if matches!(column.kind, ColumnKind::Measure | ColumnKind::Number) => Cell::number(&text),
            Some(text) => Cell::text(&text),
            None => Cell::missing(t.value_missing()),
        };
        std::iter::once(Cell::text(&thing.name).header()).chain(shown.iter().map(cell)).collect()
    };
    Some(Table {
        id: "preview-table".to_owned(),
        caption: t.dataset_table_caption().to_owned(),
        head,
        rows: things.iter().take(PREVIEW_ROWS).map(row).collect(),
    })
}

/// Address of a file of the dataset, with the public address in front where it is known.
fn file_url(ask: &Ask, dataset: &Dataset, file: &str) -> String {
    ask.frame(Section::Data).absolute(&format!("/datensaetze/{}/{file}", dataset.slug))
}

fn columns(ask: &Ask, dataset: &Dataset) -> Table {
    let t = ask.t();
    let rows = dataset.columns.iter().map(|column| {
        let unit = match reading::unit(column) {
            "" => t.dataset_no_unit(),
            unit => unit,
        };
        vec![
            Cell::text(reading::label(column, ask.language)).header(),
            Cell::text(&meaning(column, t)),
            Cell::text(unit),
            Cell::text(column.attribute.short()).raw(),
        ]
    });
    let head = [t.dataset_column(), t.dataset_meaning(), t.dataset_unit(), t.dataset_column_name()].map(Head::text).to_vec();
    Table { id: "columns-table".to_owned(), caption: t.dataset_columns_caption().to_owned(), head, rows: rows.collect() }
}

fn facts(ask: &Ask, dataset: &Dataset, statistics: &Statistics) -> Vec<Fact> {
    let (t, language) = (ask.t(), ask.language);
    let mut facts = Vec::new();
    let mut add = |name: &str, value: FactValue| facts.push(Fact { name: name.to_owned(), value });
    let publisher = Phrase::german(&dataset.publisher.name, language);
    add(
        t.fact_publisher(),
        match &dataset.publisher.homepage {
            Some(page) => FactValue::Link(publisher, page.to_string()),
            None => FactValue::Text(publisher),
        },
    );
    let periods = dataset.temporal_coverage(statistics.period);
    if !periods.is_empty() {
        add(t.fact_period(), FactValue::Text(Phrase::plain(&format::periods(&periods, language))));
    }
    if let Some(spatial) = &dataset.spatial {
        add(t.fact_area(), FactValue::Text(Phrase::german(&spatial.label, language)));
    }
    let extent = if statistics.observations > 0 {
        format!("{}, {}", t.count_things(statistics.entities as u64), t.count_values(statistics.observations))
    } else {
        t.count_things(statistics.entities as u64)
    };
    add(t.fact_rows(), FactValue::Text(Phrase::plain(&extent)));
    if let Some(code) = &dataset.frequency {
        add(t.fact_frequency(), FactValue::Text(Phrase::plain(vocabulary::frequency(code, t).0)));
    }
    let licence = vocabulary::licence(&dataset.licence, t);
    add(t.fact_licence(), FactValue::Link(Phrase::plain(&licence.name), licence.href));
    if let Some(at) = statistics.modified_at {
        add(t.fact_changed(), FactValue::Time(Moment::with_age(at, ask.now(), language)));
    }
    if let Some(contact) = &dataset.contact {
        let name = Phrase::german(&contact.name, language);
        let address =
            contact.email.as_ref().map(|email| format!("mailto:{email}")).or_else(|| contact.url.as_ref().map(ToString::to_string));
        add(t.fact_contact(), address.map_or_else(|| FactValue::Text(name.clone()), |address| FactValue::Link(name.clone(), address)));
    }
    facts
}

fn citation(ask: &Ask, dataset: &Dataset, statistics: &Statistics) -> Citation {
    let (t, language) = (ask.t(), ask.language);
    let as_of = statistics.modified_at.unwrap_or_else(|| ask.now());
    Citation {
        publisher: Phrase::german(&dataset.publisher.name, language),
        year: format::local(as_of).year().to_string(),
        title: Phrase::of(&dataset.title, language),
        as_of: format::date_long(as_of, language),
        url: ask.frame(Section::Data).absolute(&super::machine::permanent_path(dataset)),
        licence: vocabulary::licence(&dataset.licence, t).name,
    }
}

/// schema.org/Dataset, for search engines.
fn json_ld(ask: &Ask, dataset: &Dataset, statistics: &Statistics, downloads: &[Download]) -> JsonLd {
    let (t, code) = (ask.t(), ask.language.code());
    let date = |at: Instant| format::local(at).date().to_string();
    let mut value = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": dataset.title.get(code),
        "description": dataset.summary.get(code),
        "url": ask.frame(Section::Data).absolute(&ask.href(&ask.path)),
        "license": vocabulary::licence(&dataset.licence, t).href,
        "isAccessibleForFree": true,
        "keywords": dataset.keywords.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
        "creator": { "@type": "Organization", "name": dataset.publisher.name.as_str() },
        "identifier": ask.frame(Section::Data).absolute(&super::machine::permanent_path(dataset)),
        "distribution": downloads
            .iter()
            .map(|file| json!({ "@type": "DataDownload", "name": file.format, "encodingFormat": file.media_type, "contentUrl": file.url }))
            .collect::<Vec<_>>(),
    });
    let periods = dataset.temporal_coverage(statistics.period);
    if !periods.is_empty() {
        let intervals = periods.iter().map(|(first, last)| format!("{}/{}", date(*first), date(*last)));
        value["temporalCoverage"] = intervals.collect();
    }
    if let Some(at) = statistics.modified_at {
        value["dateModified"] = json!(date(at));
    }
    if let Some(spatial) = &dataset.spatial {
        value["spatialCoverage"] = json!(spatial.label.as_str());
    }
    JsonLd::new(&value)
}
