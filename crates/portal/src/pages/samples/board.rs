//! Samples of the editor of dashboards.

use super::{EVIL, admin_frame, choices, crumbs, now};
use crate::messages::Language;
use crate::pages::board::{Board, DashboardsPage, LevelFields, RemovePage, TilePage};
use crate::pages::dashboard::{TileAnswer, TileView};
use crate::parts::{Alert, Badge, Field, Moment, Phrase, Tone};

pub(super) fn all(language: Language) -> Vec<(String, String)> {
    let pages = [("boards", list(language).to_string()), ("tile", tile(language).to_string()), ("remove", remove(language).to_string())];
    pages.map(|(name, page)| (name.to_owned(), page)).into()
}

fn field(name: &str) -> Field {
    Field { value: EVIL.into(), error: Some(EVIL.into()), ..Field::new(name, EVIL, "text", "off") }
}

fn list(language: Language) -> DashboardsPage {
    let board = Board {
        slug: "heute".into(),
        title: Phrase::german(EVIL, language),
        href: "/dashboards/heute".into(),
        action: "/verwaltung/dashboards/heute".into(),
        is_open: true,
        badge: Badge::new(Tone::Success, "Offen"),
        tiles: vec![("luft".into(), Phrase::german(EVIL, language)), ("rad".into(), Phrase::plain("Wie viele?"))],
        stand: EVIL.into(),
    };
    DashboardsPage {
        frame: admin_frame(language, "/verwaltung/dashboards"),
        crumbs: crumbs(language, "Dashboards"),
        alert: None,
        boards: vec![board],
        on: choices(&["Neu", EVIL]),
        values: vec![("Luft".to_owned(), choices(&["NO₂", EVIL])), (EVIL.to_owned(), choices(&["PM10"]))],
        takes: choices(&["Höchster", "Mittel"]),
        name: field("name"),
        question: field("frage"),
        csrf: "csrf".into(),
    }
}

fn tile(language: Language) -> TilePage {
    let t = language.texts();
    let level = |number: usize| LevelFields {
        legend: t.board_level(number),
        upto: field(&format!("stufe{number}-bis")),
        tone: format!("stufe{number}-ton"),
        tones: choices(&[t.board_tone_success(), t.board_tone_danger()]),
        word: field(&format!("stufe{number}-wort")),
        word_en: field(&format!("stufe{number}-wort-en")),
    };
    let late = Alert::errors(t.board_changed("23. November"), vec![(Phrase::plain(EVIL), Some("frage".into()))]);
    TilePage {
        frame: admin_frame(language, "/verwaltung/dashboards/heute/kachel/luft"),
        crumbs: crumbs(language, t.board_edit_title()),
        alert: Some(late),
        shows: Some(EVIL.into()),
        question: field("frage"),
        question_en: field("frage-en"),
        levels: vec![level(1), level(2)],
        rule: [EVIL.into(), EVIL.into()],
        rule_error: Some(EVIL.into()),
        source: field("quelle"),
        url: field("adresse"),
        preview: Some(preview(language)),
        stand: EVIL.into(),
        csrf: "csrf".into(),
    }
}

fn preview(language: Language) -> TileView {
    let answer = TileAnswer {
        value: Some("42".into()),
        badge: Some(Badge::new(Tone::Danger, EVIL)),
        at: Some(Moment::with_age(now(), now(), language)),
        ..TileAnswer::missing(language.texts(), EVIL)
    };
    TileView {
        id: "luft".into(),
        question: Phrase::german(EVIL, language),
        answer,
        threshold: Some((Phrase::german(EVIL, language), Phrase::german("EU", language), Some("https://a.example/".into()))),
        dataset: Some((Phrase::german(EVIL, language), "/datensaetze/luft".into())),
        source: None,
        href: "/dashboards/heute/kachel/luft".into(),
    }
}

fn remove(language: Language) -> RemovePage {
    let t = language.texts();
    RemovePage {
        frame: admin_frame(language, "/verwaltung/dashboards/heute/entfernen"),
        crumbs: crumbs(language, t.board_remove_board()),
        heading: t.board_remove_board(),
        alert: None,
        title: Phrase::german(EVIL, language),
        text: t.board_remove_board_text("https://daten.musterstadt.example/dashboards/heute"),
        goes: vec![Phrase::german(EVIL, language)],
        tile: Some("luft".into()),
        definition: "/verwaltung/dashboards/heute/definition.toml".into(),
        action: "/verwaltung/dashboards/heute".into(),
        back: "/verwaltung/dashboards#heute".into(),
        stand: EVIL.into(),
        csrf: "csrf".into(),
    }
}
