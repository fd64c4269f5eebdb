//! Dashboards made by clerks: a question, a value of a dataset, and it is a tile.

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use harmonise::guess::slug_of;
use model::Dataset;
use model::dataset::Column;

use crate::ask::{Ask, Trouble, redirect};
use crate::dashboard::{Dashboard, NewTile, Take, edit};
use crate::frame::Frame;
use crate::messages::Language;
use crate::pages::admin::{Board, DashboardsPage};
use crate::parts::{Alert, Badge, Choice, Crumbs, Field, Phrase, Tone};
use crate::{reading, vocabulary};

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

fn page(ask: &Ask, typed: &Typed, refused: Option<Alert>) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let t = ask.t();
    let boards: Vec<Board> = readable(ask)?.iter().map(|(one, _)| board(ask, one)).collect();
    let failed = !typed.faults.is_empty() || refused.is_some();
    let error = |name: &str| typed.faults.iter().find(|(field, _)| *field == name).map(|(_, text)| (*text).to_owned());
    let field = |name: &str, label: &str, hint: &str, value: &str| Field {
        hint: Some(hint.to_owned()),
        value: value.to_owned(),
        error: error(name),
        ..Field::new(name, label, "text", "off")
    };
    let on = |value: &str, text: String| Choice { chosen: typed.board == value, value: value.to_owned(), text };
    let takes = Take::ALL.map(|take| Choice {
        value: take.word().to_owned(),
        text: match take {
            Take::Highest => t.board_highest(),
            Take::Lowest => t.board_lowest(),
            Take::Sum => t.board_sum(),
            Take::Mean => t.board_mean(),
        }
        .to_owned(),
        chosen: typed.take == take.word(),
    });
    let faults = typed.faults.iter().map(|(field, text)| (Phrase::plain(text), Some((*field).to_owned()))).collect::<Vec<_>>();
    let view = DashboardsPage {
        frame: Frame { failed, ..ask.admin_frame() },
        crumbs: Crumbs {
            texts: t,
            above: vec![(Phrase::plain(t.admin_title()), ask.href("/verwaltung"))],
            here: Phrase::plain(t.dashboard_list_title()),
        },
        alert: refused.or_else(|| (!faults.is_empty()).then(|| Alert::errors(t.report_errors_title(), faults))).or_else(|| note(ask)),
        on: std::iter::once(on("", t.board_new().to_owned()))
            .chain(boards.iter().map(|one| on(&one.slug, one.title.text.clone())))
            .collect(),
        boards,
        values: values(ask, &typed.value)?,
        name: field("name", t.board_name(), t.board_name_hint(), &typed.name),
        question: field("frage", t.board_question(), t.board_question_hint(), &typed.question),
        takes: takes.to_vec(),
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &view))
}

/// The dashboards whose definition reads, with their texts.
fn readable(ask: &Ask) -> Result<Vec<(Dashboard, String)>, Trouble> {
    let rows = ask.access.dashboards()?;
    Ok(rows.into_iter().filter_map(|row| Some((Dashboard::parse(&row.text).ok()?, row.text.to_string()))).collect())
}

fn board(ask: &Ask, one: &Dashboard) -> Board {
    let (t, language) = (ask.t(), ask.language);
    Board {
        slug: one.slug.clone(),
        title: Phrase::of(&one.title, language),
        href: ask.href(&format!("/dashboards/{}", one.slug)),
        action: ask.href(&format!("/verwaltung/dashboards/{}", one.slug)),
        is_open: one.published,
        badge: if one.published { Badge::new(Tone::Success, t.board_open()) } else { Badge::new(Tone::Warning, t.badge_draft()) },
        tiles: one.tiles.iter().map(|tile| (tile.id.clone(), Phrase::of(&tile.question, language))).collect(),
    }
}

/// Every value a tile can show: dataset and column.
fn values(ask: &Ask, chosen: &str) -> Result<Vec<Choice>, Trouble> {
    let mut datasets = ask.access.datasets()?;
    datasets.sort_by_cached_key(|one| one.title.get(ask.language.code()).to_lowercase());
    let choice = |dataset: &Dataset, column: &Column| {
        let value = format!("{} {}", dataset.slug, column.attribute.short());
        let text = format!("{}: {}", dataset.title.get(ask.language.code()), reading::label_with_unit(column, ask.t()));
        Choice { chosen: value == chosen, value, text }
    };
    Ok(datasets.iter().flat_map(|dataset| dataset.measures().map(|column| choice(dataset, column)).collect::<Vec<_>>()).collect())
}

fn note(ask: &Ask) -> Option<Alert> {
    let t = ask.t();
    let text = match ask.param("getan")? {
        "kachel" => t.board_made(),
        "offen" => t.board_opened(),
        "zurueckgezogen" => t.board_withdrawn(),
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
    let known = boards.iter().find(|(one, _)| one.slug == typed.board);
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
        Some((one, text)) => (one.slug.clone(), text.clone()),
        None => {
            let slug = free(&slug_of(&typed.name), |slug| boards.iter().any(|(one, _)| one.slug == slug));
            let begun = edit::begun(&slug, &typed.name, t.board_summary());
            (slug, begun)
        }
    };
    let id = free(&slug_of(&typed.question), |id| known.is_some_and(|(one, _)| one.tile(id).is_some()));
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
    keep(ask, &edit::with_tile(&before, &tile), &typed, &format!("kachel#{slug}")).await
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
    let Some((board, text)) = readable(ask)?.into_iter().find(|(one, _)| one.slug == slug) else { return Err(Trouble::NotFound) };
    let place = form.all("kachel").next().and_then(|id| board.tiles.iter().position(|tile| tile.id == id));
    let (changed, done) = match (form.all("aktion").next(), place) {
        (Some("oeffnen"), _) => (edit::with_published(&text, true), "offen"),
        (Some("zurueckziehen"), _) => (edit::with_published(&text, false), "zurueckgezogen"),
        (Some("hoch"), Some(at)) => (edit::raised(&text, at), "gespeichert"),
        (Some("entfernen"), Some(at)) => (edit::without(&text, at), "gespeichert"),
        _ => return Err(Trouble::NotFound),
    };
    keep(ask, &changed, &Typed::default(), &format!("{done}#{slug}")).await
}

/// Keeps a definition if it reads; else says what is wrong with it.
async fn keep(ask: &Ask, text: &str, typed: &Typed, done: &str) -> Result<Response, Trouble> {
    let dashboard = match Dashboard::parse(text) {
        Ok(dashboard) => dashboard,
        Err(faults) => {
            let items = faults.iter().map(|fault| (Phrase::plain(&fault.say(ask.language)), None)).collect();
            return page(ask, typed, Some(Alert::errors(ask.t().admin_refused_title(), items)));
        }
    };
    ask.access.put_dashboard(&dashboard.slug, dashboard.published, text).await?;
    Ok(redirect(&format!("{}?getan={done}", ask.href("/verwaltung/dashboards"))))
}
