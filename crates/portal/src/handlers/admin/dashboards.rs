//! Dashboards made by clerks: a question, a value of a dataset, and it is a
//! tile. Two of them at once: who comes second is told and decides.

pub(crate) mod remove;
pub(crate) mod tile;
mod typed;

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Kind;
use harmonise::guess::slug_of;
use model::dataset::Column;
use model::{Dataset, Instant};

use crate::ask::{Ask, Trouble, redirect, tag_of};
use crate::dashboard::{Dashboard, Fault, NewTile, Take, edit};
use crate::frame::Frame;
use crate::messages::{Language, Texts};
use crate::pages::board::{Board, DashboardsPage};
use crate::parts::{Alert, Badge, Choice, Crumbs, Field, Phrase, Tone};
use crate::{format, reading, vocabulary};

const NAME_CHARS_MAX: usize = 150;
/// When values never count as old: a hundred years.
const NEVER_HOURS: i64 = 876_000;

/// What was typed into the form of a new tile.
#[derive(Default)]
struct Typed {
    board: String,
    name: String,
    value: String,
    question: String,
    take: String,
    faults: Vec<(&'static str, &'static str)>,
}

/// A dashboard with its definition.
struct Kept {
    board: Dashboard,
    text: String,
    changed_at: Instant,
}

/// `GET /verwaltung/dashboards`
pub(crate) async fn list(ask: Ask) -> Response {
    let answer = page(&ask, &Typed::default(), None);
    ask.answer(answer)
}

/// `POST /verwaltung/dashboards`: one more tile, on a dashboard that is there or on a new one.
pub(crate) async fn add(ask: Ask, body: Body) -> Response {
    let answer = add_tile(&ask, body).await;
    ask.answer(answer)
}

/// `POST /verwaltung/dashboards/{slug}`: open, withdraw, move or remove a tile.
pub(crate) async fn change(ask: Ask, Path(slug): Path<String>, body: Body) -> Response {
    let answer = change_board(&ask, &slug, body).await;
    ask.answer(answer)
}

fn page(ask: &Ask, typed: &Typed, refused: Option<(StatusCode, Alert)>) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let t = ask.t();
    let boards: Vec<Board> = readable(ask)?.iter().map(|one| board(ask, one)).collect();
    let incomplete = (!typed.faults.is_empty()).then_some(StatusCode::UNPROCESSABLE_ENTITY);
    let status = refused.as_ref().map(|(status, _)| *status).or(incomplete).unwrap_or_default();
    let error = |name: &str| typed.faults.iter().find(|(field, _)| *field == name).map(|(_, text)| (*text).to_owned());
    let field = |name: &str, label: &str, hint: &str, value: &str| Field {
        hint: Some(hint.to_owned()),
        value: value.to_owned(),
        error: error(name),
        ..Field::new(name, label, "text", "off")
    };
    let on = |value: &str, text: String| Choice { chosen: typed.board == value, value: value.to_owned(), text };
    let take =
        |take: Take| Choice { value: take.word().to_owned(), text: take_text(take, t).to_owned(), chosen: typed.take == take.word() };
    let faults = typed.faults.iter().map(|(field, text)| (Phrase::plain(text), Some((*field).to_owned()))).collect::<Vec<_>>();
    let view = DashboardsPage {
        frame: Frame { failed: status.is_client_error(), ..ask.admin_frame() },
        crumbs: crumbs(ask, None),
        alert: refused
            .map(|(_, alert)| alert)
            .or_else(|| (!faults.is_empty()).then(|| Alert::errors(t.admin_errors_title(), faults)))
            .or_else(|| note(ask)),
        on: std::iter::once(on("", t.board_new().to_owned()))
            .chain(boards.iter().map(|one| on(&one.slug, one.title.text.clone())))
            .collect(),
        boards,
        values: values(ask, &typed.value)?,
        name: field("name", t.board_name(), t.board_name_hint(), &typed.name),
        question: field("frage", t.board_question(), t.board_question_hint(), &typed.question),
        takes: Take::ALL.map(take).to_vec(),
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(status, &view))
}

fn crumbs(ask: &Ask, below: Option<&str>) -> Crumbs {
    let t = ask.t();
    let mut above = vec![(Phrase::plain(t.admin_title()), ask.href("/verwaltung"))];
    if below.is_some() {
        above.push((Phrase::plain(t.dashboard_list_title()), ask.href("/verwaltung/dashboards")));
    }
    Crumbs { texts: t, above, here: Phrase::plain(below.unwrap_or(t.dashboard_list_title())) }
}

fn take_text(take: Take, t: Texts) -> &'static str {
    match take {
        Take::Highest => t.board_highest(),
        Take::Lowest => t.board_lowest(),
        Take::Sum => t.board_sum(),
        Take::Mean => t.board_mean(),
    }
}

/// The dashboards whose definition reads.
fn readable(ask: &Ask) -> Result<Vec<Kept>, Trouble> {
    let rows = ask.access.dashboards()?;
    let kept = rows.into_iter().filter_map(|row| {
        let board = Dashboard::parse(&row.text).ok()?;
        Some(Kept { board, text: row.text.to_string(), changed_at: row.changed_at })
    });
    Ok(kept.collect())
}

/// The dashboard of a name.
fn find(ask: &Ask, slug: &str) -> Result<Option<Kept>, Trouble> {
    Ok(readable(ask)?.into_iter().find(|one| one.board.slug == slug))
}

fn board(ask: &Ask, kept: &Kept) -> Board {
    let (t, language, one) = (ask.t(), ask.language, &kept.board);
    Board {
        slug: one.slug.clone(),
        title: Phrase::of(&one.title, language),
        href: ask.href(&format!("/dashboards/{}", one.slug)),
        action: ask.href(&format!("/verwaltung/dashboards/{}", one.slug)),
        is_open: one.published,
        badge: if one.published { Badge::new(Tone::Success, t.board_open()) } else { Badge::new(Tone::Warning, t.badge_draft()) },
        tiles: one.tiles.iter().map(|tile| (tile.id.clone(), Phrase::of(&tile.question, language))).collect(),
        stand: tag_of(kept.text.as_bytes()),
    }
}

/// Every value a tile can show: dataset and column.
fn values(ask: &Ask, chosen: &str) -> Result<Vec<(String, Vec<Choice>)>, Trouble> {
    let mut datasets = ask.access.datasets()?;
    datasets.sort_by_cached_key(|one| one.title.get(ask.language.code()).to_lowercase());
    let choice = |dataset: &Dataset, column: &Column| {
        let value = format!("{} {}", dataset.slug, column.attribute.short());
        Choice { chosen: value == chosen, value, text: reading::label_with_unit(column, ask.t()) }
    };
    let group = |dataset: &Dataset| {
        let columns: Vec<Choice> = dataset.measures().map(|column| choice(dataset, column)).collect();
        (!columns.is_empty()).then(|| (dataset.title.get(ask.language.code()).to_owned(), columns))
    };
    Ok(datasets.iter().filter_map(|dataset| group(dataset)).collect())
}

fn note(ask: &Ask) -> Option<Alert> {
    let t = ask.t();
    let text = match ask.param("getan")? {
        "kachel" => t.board_made(),
        "offen" => t.board_opened(),
        "zurueckgezogen" => t.board_withdrawn(),
        "entfernt" => t.board_removed(),
        _ => t.board_saved(),
    };
    Some(Alert::new(Tone::Success, text, ""))
}

async fn add_tile(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let (t, form) = (ask.t(), ask.form(body).await?);
    let text = |name: &str| form.all(name).next().unwrap_or("").trim().chars().take(NAME_CHARS_MAX).collect::<String>();
    let mut typed = Typed {
        board: text("dashboard"),
        name: text("name"),
        value: text("wert"),
        question: text("frage"),
        take: text("zahl"),
        faults: Vec::new(),
    };
    let boards = readable(ask)?;
    let known = boards.iter().find(|one| one.board.slug == typed.board);
    if known.is_none() && typed.name.is_empty() {
        typed.faults.push(("name", t.board_need_name()));
    }
    let found = typed.value.split_once(' ').and_then(|(slug, key)| Some((ask.access.dataset(slug).ok()?, key)));
    let column = found.as_ref().and_then(|(dataset, key)| reading::column_of(dataset, key));
    if column.is_none() {
        typed.faults.push(("wert", t.board_need_value()));
    }
    if typed.question.is_empty() {
        typed.faults.push(("frage", t.board_need_question()));
    }
    let (Some((dataset, _)), Some(column), true) = (&found, column, typed.faults.is_empty()) else { return page(ask, &typed, None) };
    let (slug, before) = match known {
        Some(one) => (one.board.slug.clone(), one.text.clone()),
        None => {
            let slug = free(&slug_of(&typed.name), |slug| boards.iter().any(|one| one.board.slug == slug));
            let begun = edit::begun(&slug, &typed.name, t.board_summary());
            (slug, begun)
        }
    };
    let id = free(&slug_of(&typed.question), |id| known.is_some_and(|one| one.board.tile(id).is_some()));
    let take = Take::ALL.into_iter().find(|take| take.word() == typed.take).unwrap_or(Take::Highest);
    let tile = NewTile {
        id: &id,
        question: &typed.question,
        dataset: &dataset.slug,
        attribute: column.attribute.short(),
        take,
        stale_hours: stale_hours(dataset),
        sentence: Language::ALL.map(|language| sentence(take, language)),
    };
    keep(ask, known.map(|one| one.text.as_str()), &edit::with_tile(&before, &tile), &typed, &format!("kachel#{slug}")).await
}

/// A name that nothing has yet.
fn free(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|one| !is_taken(one)).unwrap_or_default()
}

/// When a value is old: as the dataset's page has it.
fn stale_hours(dataset: &Dataset) -> i64 {
    let days = dataset.frequency.as_ref().map_or(0, |code| vocabulary::frequency(code, Language::De.texts()).1);
    if days == 0 { NEVER_HOURS } else { days * 24 }
}

/// The sentence of an answer, with the placeholders of definitions.
fn sentence(take: Take, language: Language) -> String {
    let t = language.texts();
    match take {
        Take::Highest => t.board_says_highest("{place}"),
        Take::Lowest => t.board_says_lowest("{place}"),
        Take::Sum => t.board_says_sum("{count}"),
        Take::Mean => t.board_says_mean("{count}"),
    }
}

async fn change_board(ask: &Ask, slug: &str, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    let Some(kept) = find(ask, slug)? else { return Err(Trouble::NotFound) };
    let (asked, tile) = (form.all("aktion").next(), form.all("kachel").next());
    if form.all("stand").next() != Some(tag_of(kept.text.as_bytes()).as_str()) {
        let alert = changed(ask, Some(kept.changed_at));
        let is_there = tile.is_none_or(|id| kept.board.tile(id).is_some());
        return if asked == Some("entfernen") && is_there {
            remove::page(ask, &kept, tile, Some(alert))
        } else {
            late(ask, &Typed::default(), alert)
        };
    }
    let place = tile.and_then(|id| kept.board.tiles.iter().position(|tile| tile.id == id));
    let text = &kept.text;
    let (after, done) = match (asked, place) {
        (Some("oeffnen"), _) => (edit::with_published(text, true), "offen"),
        (Some("zurueckziehen"), _) => (edit::with_published(text, false), "zurueckgezogen"),
        (Some("hoch"), Some(at)) => (edit::raised(text, at), "gespeichert"),
        (Some("entfernen"), Some(at)) => (edit::without(text, at), "gespeichert"),
        (Some("entfernen"), None) if tile.is_none() => return remove_board(ask, &kept).await,
        _ => return Err(Trouble::NotFound),
    };
    keep(ask, Some(text), &after, &Typed::default(), &format!("{done}#{slug}")).await
}

async fn remove_board(ask: &Ask, kept: &Kept) -> Result<Response, Trouble> {
    match ask.access.remove_dashboard(&kept.board.slug, Some(&kept.text)).await {
        Ok(()) => Ok(redirect(&format!("{}?getan=entfernt", ask.href("/verwaltung/dashboards")))),
        Err(error) if error.kind() == Kind::Conflict => late(ask, &Typed::default(), changed(ask, None)),
        Err(error) => Err(error.into()),
    }
}

/// Somebody else was faster.
fn changed(ask: &Ask, at: Option<Instant>) -> Alert {
    let t = ask.t();
    let title = at.map_or_else(|| t.board_changed_just_now().to_owned(), |at| t.board_changed(format::moment_long(at, ask.language)));
    Alert { takes_focus: true, ..Alert::new(Tone::Warning, title, t.board_changed_text()) }
}

/// The page after somebody else was faster, with what was typed.
fn late(ask: &Ask, typed: &Typed, alert: Alert) -> Result<Response, Trouble> {
    page(ask, typed, Some((StatusCode::CONFLICT, alert)))
}

/// What is wrong with a definition.
fn refused(ask: &Ask, faults: &[Fault]) -> Alert {
    let items = faults.iter().map(|fault| (Phrase::plain(&fault.say(ask.language)), None)).collect();
    Alert::errors(ask.t().admin_refused_title(), items)
}

/// Keeps a definition if it reads and nobody else changed what it was made
/// from; else says what is wrong.
async fn keep(ask: &Ask, before: Option<&str>, text: &str, typed: &Typed, done: &str) -> Result<Response, Trouble> {
    let dashboard = match Dashboard::parse(text) {
        Ok(dashboard) => dashboard,
        Err(faults) => return page(ask, typed, Some((StatusCode::UNPROCESSABLE_ENTITY, refused(ask, &faults)))),
    };
    match ask.access.replace_dashboard(&dashboard.slug, before, dashboard.published, text).await {
        Ok(()) => Ok(redirect(&format!("{}?getan={done}", ask.href("/verwaltung/dashboards")))),
        Err(error) if error.kind() == Kind::Conflict => late(ask, typed, changed(ask, None)),
        Err(error) => Err(error.into()),
    }
}
