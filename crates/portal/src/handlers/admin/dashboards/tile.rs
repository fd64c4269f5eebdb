//! A tile changed by a clerk: its question, what its values mean, what a rule
//! says of them. The form says which state of the tile it was made from.

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Kind;

use super::typed::{Faults, TONES, Typed, tone_id, tone_text, upto_id, word_ids};
use super::{Kept, crumbs, find, refused};
use crate::ask::{Ask, Trouble, redirect, tag_of};
use crate::dashboard::{self, Dashboard, Tile, with_meaning};
use crate::format;
use crate::frame::Frame;
use crate::handlers::dashboard::tile_view;
use crate::handlers::report::{TITLE, with_title};
use crate::pages::board::{LevelFields, TilePage};
use crate::pages::dashboard::TileView;
use crate::parts::{Alert, Choice, Field, Phrase, Tone};
use crate::reading;
use crate::svg::Markup;

/// A tile that is there, with the definition it stands in.
struct Place {
    kept: Kept,
    at: usize,
}

impl Place {
    fn find(ask: &Ask, slug: &str, id: &str) -> Result<Option<Self>, Trouble> {
        let kept = find(ask, slug)?;
        Ok(kept.and_then(|kept| kept.board.tiles.iter().position(|tile| tile.id == id).map(|at| Self { kept, at })))
    }

    fn tile(&self) -> &Tile {
        &self.kept.board.tiles[self.at]
    }

    /// Names the state of the tile: another tile may change meanwhile.
    fn tag(&self) -> String {
        tag_of(format!("{:?}", self.tile()).as_bytes())
    }
}

/// What a form says back.
#[derive(Default)]
struct Said {
    faults: Faults,
    alert: Option<Alert>,
    status: StatusCode,
}

/// `GET /verwaltung/dashboards/{slug}/kachel/{id}`
pub(crate) async fn show(ask: Ask, Path((slug, id)): Path<(String, String)>) -> Response {
    let answer = show_tile(&ask, &slug, &id);
    ask.answer(answer)
}

/// `POST /verwaltung/dashboards/{slug}/kachel/{id}`: look at it, or save it.
pub(crate) async fn change(ask: Ask, Path((slug, id)): Path<(String, String)>, body: Body) -> Response {
    let answer = change_tile(&ask, &slug, &id, body).await;
    ask.answer(answer)
}

fn show_tile(ask: &Ask, slug: &str, id: &str) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let place = Place::find(ask, slug, id)?.ok_or(Trouble::NotFound)?;
    let typed = Typed::of(&place.tile().meaning(), ask.language);
    page(ask, Some(&place), &typed, &place.tag(), Said::default())
}

async fn change_tile(ask: &Ask, slug: &str, id: &str, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    let typed = Typed::read(&form);
    let seen = form.all("stand").next().unwrap_or_default();
    let Some(place) = Place::find(ask, slug, id)? else {
        let alert = late(ask.t().board_tile_gone(), ask.t().board_tile_gone_now());
        return page(ask, None, &typed, seen, Said { alert: Some(alert), status: StatusCode::CONFLICT, ..Said::default() });
    };
    if seen != place.tag() {
        return changed(ask, &place, &typed);
    }
    let meaning = match typed.meant(ask.t()) {
        Ok(meaning) => meaning,
        Err(faults) => {
            let items = faults.iter().map(|(field, text)| (Phrase::plain(text), Some(field.clone()))).collect();
            let alert = Some(Alert::errors(ask.t().admin_errors_title(), items));
            return page(ask, Some(&place), &typed, seen, Said { faults, alert, status: StatusCode::UNPROCESSABLE_ENTITY });
        }
    };
    let text = with_meaning(&place.kept.text, place.at, &place.tile().meaning(), &meaning).ok_or(Trouble::NotFound)?;
    let board = match Dashboard::parse(&text) {
        Ok(board) => board,
        Err(faults) => {
            let said = Said { alert: Some(refused(ask, &faults)), status: StatusCode::UNPROCESSABLE_ENTITY, ..Said::default() };
            return page(ask, Some(&place), &typed, seen, said);
        }
    };
    if form.all("aktion").next() == Some("ansehen") {
        let looked_at = Place { kept: Kept { board, ..place.kept }, at: place.at };
        return page(ask, Some(&looked_at), &typed, seen, Said::default());
    }
    match ask.access.replace_dashboard(slug, Some(&place.kept.text), board.published, &text).await {
        Ok(()) => Ok(redirect(&format!("{}?getan=gespeichert#{slug}", ask.href("/verwaltung/dashboards")))),
        Err(error) if error.kind() == Kind::Conflict => match Place::find(ask, slug, id)? {
            Some(now) => changed(ask, &now, &typed),
            None => Err(Trouble::NotFound),
        },
        Err(error) => Err(error.into()),
    }
}

fn late(title: impl Into<String>, text: &str) -> Alert {
    Alert { takes_focus: true, ..Alert::new(Tone::Warning, title, text) }
}

/// Somebody else was faster: what was typed stays, and where it differs from
/// what is there now, that is said. Saving again is then a decision.
fn changed(ask: &Ask, now: &Place, typed: &Typed) -> Result<Response, Trouble> {
    let t = ask.t();
    let theirs = Typed::of(&now.tile().meaning(), ask.language);
    let items = typed.differs(&theirs, t).into_iter().map(|(text, field)| (Phrase::plain(&text), field));
    let when = format::moment_long(now.kept.changed_at, ask.language);
    let alert = Alert { items: items.collect(), ..late(t.board_changed(when), t.board_changed_tile()) };
    page(ask, Some(now), typed, &now.tag(), Said { alert: Some(alert), status: StatusCode::CONFLICT, ..Said::default() })
}

fn page(ask: &Ask, place: Option<&Place>, typed: &Typed, stand: &str, said: Said) -> Result<Response, Trouble> {
    let t = ask.t();
    let error = |id: &str| said.faults.iter().find(|(field, _)| field == id).map(|(_, text)| text.clone());
    let field =
        |id: &str, label: &str, value: &str| Field { value: value.to_owned(), error: error(id), ..Field::new(id, label, "text", "off") };
    let hinted = |hint: &str, field: Field| Field { hint: Some(hint.to_owned()), ..field };
    let unit = place.and_then(|place| unit(ask, place.tile())).unwrap_or_default();
    let level = |(number, row): (usize, &super::typed::Row)| {
        let [word, word_en] = word_ids(number);
        let upto = if unit.is_empty() { t.board_upto().to_owned() } else { t.board_upto_in(&unit) };
        LevelFields {
            legend: t.board_level(number),
            upto: field(&upto_id(number), &upto, &row.upto),
            tone: tone_id(number),
            tones: TONES
                .map(|tone| Choice { value: tone.word().to_owned(), text: tone_text(tone, t).to_owned(), chosen: tone == row.tone })
                .to_vec(),
            word: field(&word, t.board_word(), &row.word[0]),
            word_en: field(&word_en, t.board_word_en(), &row.word[1]),
        }
    };
    let view = TilePage {
        frame: Frame { failed: said.status.is_client_error(), ..ask.admin_frame() },
        crumbs: crumbs(ask, Some(t.board_edit_title())),
        alert: said.alert,
        shows: place.map(|place| shows(ask, place.tile())),
        question: hinted(t.board_question_hint(), field("frage", t.board_question(), &typed.question[0])),
        question_en: field("frage-en", t.board_question_en(), &typed.question[1]),
        levels: (1..).zip(&typed.levels).map(level).collect(),
        rule: typed.rule.clone(),
        rule_error: error("regel"),
        source: hinted(t.board_source_hint(), field("quelle", t.board_source(), &typed.source)),
        url: hinted(t.board_url_hint(), field("adresse", t.board_url(), &typed.url)),
        preview: place.filter(|_| said.faults.is_empty()).map(|place| preview(ask, place)),
        stand: stand.to_owned(),
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(said.status, &view))
}

fn unit(ask: &Ask, tile: &Tile) -> Option<String> {
    let dataset = ask.access.dataset(&tile.dataset).ok()?;
    reading::column_of(&dataset, &tile.attribute).map(|column| reading::unit(column).to_owned())
}

/// What a tile shows, in a line.
fn shows(ask: &Ask, tile: &Tile) -> Markup {
    let t = ask.t();
    let Ok(dataset) = ask.access.dataset(&tile.dataset) else { return Markup::from(t.dashboard_no_dataset()) };
    let Some(column) = reading::column_of(&dataset, &tile.attribute) else { return Markup::from(t.dashboard_no_dataset()) };
    let value = format!("{TITLE}: {}", reading::label_with_unit(column, t));
    with_title(&t.board_shows(super::take_text(tile.take, t), value), &Phrase::of(&dataset.title, ask.language))
}

fn preview(ask: &Ask, place: &Place) -> TileView {
    let answer = dashboard::answer(&ask.access, place.tile(), ask.now(), ask.t());
    tile_view(ask, &ask.access, &place.kept.board, place.tile(), answer)
}
