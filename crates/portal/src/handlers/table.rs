//! All values of a dataset, and the way of one value back to its source.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::Response;
use engine::{Provenance, Statistics, View};
use model::dataset::{Column, ColumnKind};
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Attribute, Dataset, EntityId, Instant, Name, Observation, Query, SeriesQuery, TimeWindow};

use super::dataset::{THINGS_MAX, crumbs};
use super::days::Days;
use super::figures;
use crate::ask::{Ask, Trouble, redirect};
use crate::chart::{Step, zoned};
use crate::frame::{Frame, Section};
use crate::pages::dataset::{Fact, FactValue};
use crate::pages::table::{Answer, Origin, ProvenancePage, TablePage};
use crate::parts::{Cell, Choice, Head, Moment, Pagination, Phrase, Table};
use crate::{format, reading};

const ROWS: usize = 50;
const ROWS_I64: i64 = 50;
/// How much of a raw record a page shows.
const RAW_BYTES_MAX: usize = 64 * 1024;
/// How many of its fields a page shows.
const FIELDS_MAX: usize = 200;

/// `GET /datensaetze/{slug}/tabelle`
pub(crate) async fn show(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = table_page(&ask, &slug).await;
    ask.answer(answer)
}

async fn table_page(ask: &Ask, slug: &str) -> Result<Response, Trouble> {
    let dataset = ask.access.dataset(slug)?;
    let views = ask.access.entities_of(&dataset, THINGS_MAX)?;
    let statistics = ask.access.statistics(&dataset).await?;
    let has_times = statistics.columns.iter().any(|column| column.period.is_some_and(|(first, last)| first < last))
        && views.iter().any(|view| {
            dataset.measures().any(|column| view.entity().attribute(column.attribute).is_some_and(|a| a.observed_at.is_some()))
        });
    let rows = if has_times { over_time(ask, &dataset, &views, &statistics).await? } else { of_things(ask, &dataset)? };
    let t = ask.t();
    let page = TablePage {
        frame: Frame { indexed: ask.query.is_empty(), ..ask.frame(Section::Data) },
        crumbs: crumbs(ask, &dataset, Some(t.table_title_short())),
        slug: dataset.slug.to_string(),
        title: Phrase::of(&dataset.title, ask.language),
        places: places(ask, &dataset, &views),
        report_href: ask.param("melden").is_none().then(|| report_mode(ask)),
        from: ask.param("von").unwrap_or("").to_owned(),
        until: ask.param("bis").unwrap_or("").to_owned(),
        clocks: if has_times { figures::clocks(ask) } else { Vec::new() },
        downloads: if has_times { downloads(ask, &dataset) } else { Vec::new() },
        count: if ["ort", "von", "bis"].into_iter().any(|name| ask.param(name).is_some()) {
            String::new()
        } else if has_times {
            t.count_values(statistics.observations)
        } else {
            t.count_things(statistics.entities as u64)
        },
        table: rows.table,
        pagination: rows.pagination,
        older: rows.older,
        newest: rows.newest,
    };
    Ok(ask.page(&page))
}

/// This table, each value leading to the form that reports an error in it.
fn report_mode(ask: &Ask) -> String {
    let query = if ask.query.is_empty() { String::new() } else { format!("{}&", ask.query) };
    format!("{}?{query}melden=1", ask.href(&ask.path))
}

/// The rows of a page and the ways on.
struct Rows {
    table: Table,
    pagination: Option<Pagination>,
    older: Option<String>,
    newest: Option<String>,
}

fn places(ask: &Ask, dataset: &Dataset, views: &[View]) -> Vec<Choice> {
    let key = ask.param("ort");
    let all = Choice { value: String::new(), text: ask.t().dataset_all_places().to_owned(), chosen: key.is_none() };
    let each = figures::things(ask, views).into_iter().map(|thing| {
        let value = reading::key_of(dataset, &thing.view.entity().id).to_owned();
        Choice { chosen: key == Some(value.as_str()), text: thing.name, value }
    });
    std::iter::once(all).chain(each).collect()
}

fn is_numeric(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Measure | ColumnKind::Number)
}

/// The files of the rows that were chosen: name, address.
fn downloads(ask: &Ask, dataset: &Dataset) -> Vec<(String, String)> {
    let mut query = String::new();
    for name in ["ort", "von", "bis", "uhr"] {
        if let Some(value) = ask.param(name) {
            query.push_str(&format!("&{name}={}", web::params::encode(value)));
        }
    }
    let t = ask.t();
    let file = |name: &str, file: &str| {
        let address = format!("{file}{query}");
        let address = if address.contains('?') { address } else { address.replacen('&', "?", 1) };
        (name.to_owned(), ask.href(&format!("/datensaetze/{}/{address}", dataset.slug)))
    };
    vec![file("CSV", "daten.csv"), file(t.dataset_excel(), "daten.csv?form=excel"), file("JSON", "daten.json")]
}

/// The newest values before a time: rows of (time, thing), one column per measure.
async fn over_time(ask: &Ask, dataset: &Dataset, views: &[View], statistics: &Statistics) -> Result<Rows, Trouble> {
    let measures: Vec<&Column> = dataset.measures().collect();
    let zone = figures::zone(ask);
    let chosen = Days::of(ask)?.window(zone);
    let (from, until) = (chosen.start, chosen.end);
    let before = match ask.param("vor") {
        None => until,
        Some(text) => Instant::parse(text).map_err(|_| ask.bad_param("vor", text, ask.t().error_expected_day()))?.min(until),
    };
    let entities = match ask.param("ort") {
        Some(key) => vec![reading::id_of(dataset, key)?],
        None => views.iter().map(|view| view.entity().id.clone()).collect(),
    };
    let attributes = measures.iter().map(|column| column.attribute).collect();
    let rows = newest(ask, entities, attributes, TimeWindow { start: from, end: before }, statistics).await?;
    // Each series gave its newest values, so the newest rows are whole; rows
    // of one instant stay together, the next page begins before it.
    let oldest = rows.keys().rev().nth(ROWS - 1).map(|(time, _)| *time);
    let names: BTreeMap<&EntityId, String> =
        views.iter().map(|view| (&view.entity().id, reading::name_of(view.entity(), ask.language))).collect();
    let shown = rows.iter().rev().take_while(|((time, _), _)| oldest.is_none_or(|oldest| *time >= oldest));
    let rows: Vec<Vec<Cell>> =
        shown.map(|((time, id), observations)| row(ask, dataset, &measures, &names, *time, id, observations)).collect();
    let t = ask.t();
    let mut head = vec![Head::text(&zoned(t.dataset_time(), zone)), Head::text(t.fact_thing())];
    head.extend(measures.iter().map(|column| Head::number(&reading::label_with_unit(column, t))));
    Ok(Rows {
        table: Table { id: "values".to_owned(), caption: t.table_caption().to_owned(), head, rows },
        pagination: None,
        older: oldest.map(|oldest| page_address(ask, Some(oldest))),
        newest: ask.param("vor").map(|_| page_address(ask, None)),
    })
}

type Found = BTreeMap<(Instant, EntityId), Vec<Observation>>;

/// The newest values in a window. Looks at its end first and goes back only
/// when that did not fill a page: history is read by time.
async fn newest(
    ask: &Ask,
    entities: Vec<EntityId>,
    attributes: Vec<Name>,
    window: TimeWindow,
    statistics: &Statistics,
) -> Result<Found, Trouble> {
    let (first, last) = statistics.period.unwrap_or((window.start, window.end));
    let (start, end) = (window.start.max(first), window.end.min(last.plus_micros(1)));
    let rows_in_all = statistics.observations / (statistics.columns.len().max(1) as u64) + 1;
    let mut reach = (last.micros() - first.micros()) / i64::try_from(rows_in_all).unwrap_or(i64::MAX) * 4 * ROWS_I64 + 1;
    loop {
        let from = start.max(end.plus_micros(-reach));
        let question = SeriesQuery {
            entities: entities.clone(),
            attributes: Some(attributes.clone()),
            window: TimeWindow { start: from, end },
            time_property: TimeProperty::ObservedAt,
            limit: SeriesLimit::Last(ROWS),
            ..SeriesQuery::default()
        };
        let mut rows = Found::new();
        for observation in ask.access.series(question).await?.into_iter().filter(|observation| observation.attribute.dataset.is_none()) {
            rows.entry((observation.time(), observation.entity.clone())).or_default().push(observation);
        }
        if rows.len() >= ROWS || from <= start {
            return Ok(rows);
        }
        reach = reach.saturating_mul(32);
    }
}

/// The address of this table, showing what is older than an instant.
fn page_address(ask: &Ask, before: Option<Instant>) -> String {
    let mut address = format!("{}?", ask.href(&ask.path));
    for name in ["ort", "von", "bis", "uhr", "melden"] {
        if let Some(value) = ask.param(name) {
            address.push_str(&format!("{name}={}&", web::params::encode(value)));
        }
    }
    match before {
        Some(before) => format!("{address}vor={before}"),
        None => address.trim_end_matches(['?', '&']).to_owned(),
    }
}

fn row(
    ask: &Ask,
    dataset: &Dataset,
    measures: &[&Column],
    names: &BTreeMap<&EntityId, String>,
    time: Instant,
    id: &EntityId,
    observations: &[Observation],
) -> Vec<Cell> {
    let name = names.get(id).cloned().unwrap_or_else(|| id.to_string());
    let mut cells = vec![Cell::moment(&Moment::short_in(time, ask.language, figures::zone(ask))).header(), Cell::text(&name)];
    cells.extend(measures.iter().map(|column| {
        let found = observations.iter().find(|observation| observation.attribute.name == column.attribute);
        match found {
            Some(observation) => cell(ask, dataset, id, column, &observation.attribute, Some(time)),
            None => Cell::missing(ask.t().value_missing()),
        }
    }));
    cells
}

/// A value in addresses: thing, column, time.
pub(super) fn value_query(dataset: &Dataset, id: &EntityId, column: &Column, at: Option<Instant>) -> String {
    let key = web::params::encode(reading::key_of(dataset, id));
    let time = at.map_or_else(String::new, |at| format!("&zeit={at}"));
    format!("id={key}&spalte={}{time}", web::params::encode(column.attribute.short()))
}

/// A value with its unit.
pub(super) fn shown_value(ask: &Ask, column: &Column, attribute: &Attribute) -> String {
    match reading::value(&attribute.value, ask.t()) {
        None => ask.t().value_missing().to_owned(),
        Some(text) if is_numeric(column) => format::with_unit(&text, reading::unit(column)),
        Some(text) => text,
    }
}

/// A value that leads to its provenance, or to the form that reports an error in it.
fn cell(ask: &Ask, dataset: &Dataset, id: &EntityId, column: &Column, attribute: &Attribute, at: Option<Instant>) -> Cell {
    let t = ask.t();
    let Some(text) = reading::value(&attribute.value, t) else { return Cell::missing(t.value_missing()) };
    let is_reporting = ask.param("melden").is_some();
    let query = value_query(dataset, id, column, at);
    let href = ask.href(&if is_reporting {
        format!("/fehler-melden?datensatz={}&{query}", dataset.slug)
    } else {
        format!("/datensaetze/{}/herkunft?{query}{}", dataset.slug, figures::clock_query(figures::zone(ask), '&'))
    });
    let leads_to = if is_reporting { t.report_title() } else { t.dataset_link_value() };
    let flags: Vec<String> = reading::flags(attribute).iter().map(|flag| reading::flag_text(flag, t)).collect();
    let (text, hint) = if flags.is_empty() {
        (text, leads_to.to_owned())
    } else {
        (format!("{text} *"), format!("{}, {}", t.value_flagged(flags.join(", ")), leads_to))
    };
    let cell = if is_numeric(column) { Cell::number(&text) } else { Cell::text(&text) };
    cell.link(href).hint(hint)
}

/// Things with their current values, page by page.
fn of_things(ask: &Ask, dataset: &Dataset) -> Result<Rows, Trouble> {
    let (t, number) = (ask.t(), ask.page_number()?);
    let (views, total) = match ask.param("ort") {
        Some(key) => (vec![ask.access.entity(&reading::id_of(dataset, key)?)?], 1),
        None => {
            let offset = usize::try_from(number - 1).unwrap_or(usize::MAX).saturating_mul(ROWS);
            let page = ask.access.query(&Query { offset, count: true, ..Query::of(dataset.filter(), ROWS) })?;
            (page.views, page.total.unwrap_or(0))
        }
    };
    let pages = Pagination::pages_for(total as u64, ROWS as u64);
    if number > pages {
        return Err(Trouble::NotFound);
    }
    let columns: Vec<&Column> = dataset
        .columns
        .iter()
        .filter(|column| column.kind != ColumnKind::Place && !matches!(column.attribute.short(), "name" | "title"))
        .collect();
    let mut head = vec![Head::text(t.fact_thing())];
    head.extend(columns.iter().map(|column| {
        let name = reading::label_with_unit(column, t);
        if is_numeric(column) { Head::number(&name) } else { Head::text(&name) }
    }));
    let rows = views.iter().map(|view| {
        let entity = view.entity();
        let value = |column: &&Column| match entity.attribute(column.attribute) {
            Some(attribute) => cell(ask, dataset, &entity.id, column, attribute, attribute.observed_at),
            None => Cell::missing(t.value_missing()),
        };
        std::iter::once(Cell::text(&reading::name_of(entity, ask.language)).header()).chain(columns.iter().map(value)).collect()
    });
    Ok(Rows {
        table: Table { id: "values".to_owned(), caption: t.table_things_caption().to_owned(), head, rows: rows.collect() },
        pagination: (pages > 1).then(|| Pagination { texts: t, page: number, pages, base: format!("{}?seite=", ask.href(&ask.path)) }),
        older: None,
        newest: None,
    })
}

/// `GET /datensaetze/{slug}/herkunft?id=…&spalte=…&zeit=…`
pub(crate) async fn provenance(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = provenance_page(&ask, &slug).await;
    ask.answer(answer)
}

async fn provenance_page(ask: &Ask, slug: &str) -> Result<Response, Trouble> {
    let dataset = ask.access.dataset(slug)?;
    let id = reading::id_of(&dataset, ask.param("id").ok_or(Trouble::NotFound)?)?;
    let column = ask.param("spalte").and_then(|key| reading::column_of(&dataset, key)).ok_or(Trouble::NotFound)?;
    if let Some(from) = ask.param("ab") {
        return of_step(ask, &dataset, id, column, from).await;
    }
    let at = match ask.param("zeit") {
        None => None,
        Some(text) => Some(Instant::parse(text).map_err(|_| ask.bad_param("zeit", text, ask.t().error_expected_day()))?),
    };
    let view = ask.access.entity(&id)?;
    let provenance = ask.access.provenance(&id, column.attribute, None, at).await?;
    let (t, attribute) = (ask.t(), &provenance.observation.attribute);
    let value = shown_value(ask, column, attribute);
    let query = value_query(&dataset, &id, column, at.or(attribute.observed_at));
    let page = ProvenancePage {
        report_href: ask.href(&format!("/fehler-melden?datensatz={}&{query}", dataset.slug)),
        answers: answers(ask, &id, column)?,
        frame: Frame { indexed: false, ..ask.frame(Section::Data) },
        crumbs: crumbs(ask, &dataset, Some(t.provenance_title())),
        value,
        facts: value_facts(ask, view.entity(), column, attribute),
        recorded: Some(Moment::with_age(provenance.observation.recorded_at, ask.now(), ask.language)),
        writer: None,
        origin: origin(ask, &provenance).await?,
        corrections: None,
    };
    Ok(ask.page(&page))
}

/// The way from a point of a chart: to the one value it stands for, else to
/// the table of all of them.
async fn of_step(ask: &Ask, dataset: &Dataset, id: EntityId, column: &Column, from: &str) -> Result<Response, Trouble> {
    let bad = |name: &str, text: &str| ask.bad_param(name, text, ask.t().error_expected_day());
    let start = Instant::parse(from).map_err(|_| bad("ab", from))?;
    let word = ask.param("schritt").unwrap_or_default();
    let step = Step::of_word(word).ok_or_else(|| bad("schritt", word))?;
    let zone = figures::zone(ask);
    let end = match step {
        // The slider tells minutes.
        Step::Instant => start.plus_micros(60_000_000),
        _ => step.start(step.key(start, zone).saturating_add(1), zone),
    };
    let question = SeriesQuery {
        entities: vec![id.clone()],
        attributes: Some(vec![column.attribute]),
        window: TimeWindow { start, end },
        time_property: TimeProperty::ObservedAt,
        limit: SeriesLimit::Last(2),
        ..SeriesQuery::default()
    };
    let found: Vec<Observation> = ask.access.series(question).await?.into_iter().filter(|one| one.attribute.dataset.is_none()).collect();
    let path = match found.as_slice() {
        [] => return Err(Trouble::NotFound),
        [one] => format!("herkunft?{}{}", value_query(dataset, &id, column, Some(one.time())), figures::clock_query(zone, '&')),
        _ => {
            let key = web::params::encode(reading::key_of(dataset, &id));
            format!("tabelle?ort={key}&von={}&vor={end}{}", zone.local(start).date(), figures::clock_query(zone, '&'))
        }
    };
    Ok(redirect(&ask.href(&format!("/datensaetze/{}/{path}", dataset.slug))))
}

/// What the municipality said about reported errors of this value, at any time.
fn answers(ask: &Ask, id: &EntityId, column: &Column) -> Result<Vec<Answer>, Trouble> {
    let answer = |report: engine::Report| {
        let text = report.answer?.to_string();
        let observed_at = match &report.about {
            engine::About::Value(about) => about.observed_at,
            engine::About::Page(_) => None,
        };
        let about = observed_at.map(|at| format::moment_long(at, ask.language));
        Some(Answer { about, text, at: Moment::with_age(report.changed_at, ask.now(), ask.language) })
    };
    match ask.access.answers_about(id, column.attribute) {
        Ok(reports) => Ok(reports.into_iter().filter_map(answer).collect()),
        Err(error) if error.kind() == engine::Kind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn value_facts(ask: &Ask, entity: &model::Entity, column: &Column, attribute: &Attribute) -> Vec<Fact> {
    let (t, language, zone) = (ask.t(), ask.language, figures::zone(ask));
    let text = |name: &str, value: &str| Fact { name: name.to_owned(), value: FactValue::Text(Phrase::plain(value)) };
    let mut facts = vec![
        text(t.fact_thing(), &reading::name_of(entity, language)),
        text(t.fact_column(), reading::label(column, language)),
        text(t.dataset_entity(), entity.id.as_str()),
    ];
    if let Some(at) = attribute.observed_at {
        facts.push(Fact {
            name: t.fact_observed_at().to_owned(),
            value: FactValue::Time(Moment { iso: at.to_string(), text: zoned(&zone.moment_long(at, language), zone), age: None }),
        });
    }
    let duration = attribute.sub.iter().find(|sub| sub.name == reading::duration()).and_then(|sub| sub.value.as_str().map(str::to_owned));
    if let Some(iso) = duration {
        facts.push(text(t.fact_duration(), &format::iso_duration(&iso, language)));
    }
    for flag in reading::flags(attribute) {
        facts.push(text(t.fact_quality(), &reading::flag_text(&flag, t)));
    }
    facts
}

/// Run, file and record behind a value.
async fn origin(ask: &Ask, provenance: &Provenance) -> Result<Option<Origin>, Trouble> {
    let (Some(origin), Some(run)) = (&provenance.observation.origin, &provenance.run) else { return Ok(None) };
    let is_editor = ask.require_editor().is_ok();
    let raw = match ask.state.workshop().raw(&ask.access, origin.run, origin.record).await {
        Ok(raw) => raw,
        Err(error) => {
            tracing::warn!(%error, run = origin.run, record = origin.record, "a raw record could not be read back");
            None
        }
    };
    let rules = ask.state.workshop().rules(&ask.access, origin.run, provenance.observation.attribute.name).unwrap_or_else(|error| {
        tracing::warn!(%error, run = origin.run, "the rules behind a value could not be read");
        Vec::new()
    });
    let login = format!("{}?weiter={}", ask.href("/verwaltung/anmelden"), web::params::encode(&format!("{}?{}", ask.path, ask.query)));
    let language = ask.language;
    Ok(Some(Origin {
        source: run.source.clone(),
        run: format::count(run.id, language),
        started: Moment::with_age(run.at, ask.now(), language),
        input: run.input.clone(),
        checksum: hex(&run.checksum),
        version: run.version.to_string(),
        rules: rules.iter().map(|rule| Phrase::reason(rule, language)).collect(),
        record: ask.t().provenance_record_line(format::count(origin.record, language)),
        fields: raw.as_ref().and_then(|found| fields(ask, found)),
        login_href: (!is_editor && raw.is_none()).then_some(login),
        raw: raw.map(|found| shown(&found.bytes)),
        run_href: is_editor.then(|| ask.href(&format!("/verwaltung/laeufe/{}", run.id))),
    }))
}

/// What stands under each column of a record.
fn fields(ask: &Ask, found: &harmonise::Found) -> Option<Table> {
    let t = ask.t();
    let row = |(name, text): &(model::Text, model::Text)| {
        let cell = if text.is_empty() { Cell::missing(t.value_missing()) } else { Cell::text(&shown(text.as_bytes())) };
        vec![Cell::text(name).header(), cell]
    };
    let rows: Vec<Vec<Cell>> = found.fields.iter().take(FIELDS_MAX).map(row).collect();
    let head = vec![Head::text(t.provenance_field()), Head::text(t.provenance_content())];
    (!rows.is_empty()).then(|| Table { id: "fields".to_owned(), caption: t.provenance_fields().to_owned(), head, rows })
}

/// A checksum as people compare it.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Raw bytes as text, not more than a page can bear.
pub(super) fn shown(raw: &[u8]) -> String {
    let cut = &raw[..raw.len().min(RAW_BYTES_MAX)];
    let mut text = String::from_utf8_lossy(cut).into_owned();
    if cut.len() < raw.len() {
        text.push('…');
    }
    text
}
