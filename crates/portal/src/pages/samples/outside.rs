//! Samples of what goes out and comes back: the interface of a dataset, reports of errors.

use super::{EVIL, admin_frame, choices, crumbs, facts, frame, now};
use crate::frame::{Frame, Section};
use crate::messages::Language;
use crate::pages::api::{Answered, ApiPage, Question};
use crate::pages::report::{AnswerPage, ChooseFirstPage, ReportItem, ReportPage, ReportsPage, StatusPage, Subject};
use crate::parts::{Alert, Badge, Field, Moment, Phrase, Snippet, Tone};

pub(super) fn all(language: Language) -> Vec<(String, String)> {
    let choose = ChooseFirstPage { frame: frame(language, "/fehler-melden", Section::Other), crumbs: crumbs(language, "Melden") };
    let mut pages = vec![
        ("api".to_owned(), api(language).to_string()),
        ("report".into(), report(language, false).to_string()),
        ("report-status".into(), status(language).to_string()),
        ("reports".into(), reports(language).to_string()),
        ("report-answer".into(), answer(language).to_string()),
    ];
    // Two states of one page have one title: these two are looked at under the name of a failed form.
    if language == Language::De {
        pages.push(("source-faults".into(), report(language, true).to_string()));
        pages.push(("search-empty".into(), choose.to_string()));
    }
    pages
}

fn api(language: Language) -> ApiPage {
    let snippet =
        |id: &str| Snippet { texts: language.texts(), id: format!("code-{id}"), tool: id.to_owned(), code: format!("curl \"{EVIL}\"") };
    let url = "https://daten.musterstadt.example/ngsi-ld/v1/entities?type=a&limit=2".to_owned();
    ApiPage {
        frame: frame(language, "/datensaetze/luft/api", Section::Data),
        crumbs: crumbs(language, "Schnittstelle"),
        slug: "luft".into(),
        title: Phrase::german(EVIL, language),
        questions: vec![Question {
            name: "Verlauf".into(),
            url: url.clone(),
            try_href: "/datensaetze/luft/api?frage=verlauf#probe".into(),
        }],
        kinds: choices(&["Dinge", "Verlauf"]),
        things: choices(&["Geist", EVIL]),
        columns: choices(&["NO₂", "Ozon"]),
        count: "2".into(),
        count_max: 100,
        answered: Answered {
            kind: "dinge",
            url,
            status: "200 OK".into(),
            is_fine: true,
            media_type: "application/json".into(),
            size: "1,4 kB".into(),
            text: EVIL.into(),
            is_whole: false,
            snippets: vec![snippet("request-curl")],
        },
        snippets: vec![snippet("curl")],
        licence: "Datenlizenz".into(),
    }
}

fn report(language: Language, faults: bool) -> ReportPage {
    let t = language.texts();
    let wrong = |text: &str| faults.then(|| text.to_owned());
    let alert = Alert::errors(t.report_errors_title(), vec![(Phrase::plain(t.report_need_message()), Some("meldung".into()))]);
    ReportPage {
        frame: Frame { indexed: false, failed: faults, ..frame(language, "/fehler-melden", Section::Data) },
        crumbs: crumbs(language, "Melden"),
        alert: faults.then_some(alert),
        action: "/fehler-melden".into(),
        hidden: vec![("csrf", String::new()), ("datensatz", "luft".into()), ("id", EVIL.into())],
        facts: facts(language),
        value_href: "/datensaetze/luft/herkunft?id=a&spalte=no2".into(),
        message: EVIL.into(),
        message_hint: t.report_message_hint("2.000"),
        message_error: wrong(t.report_need_message()),
        contact: Field { error: wrong(t.report_contact_wrong()), ..Field::new("email", t.report_contact(), "email", "email") },
        trap: if faults { EVIL.into() } else { String::new() },
        trap_error: wrong(t.report_trap_filled()),
    }
}

fn status(language: Language) -> StatusPage {
    let t = language.texts();
    StatusPage {
        frame: frame(language, "/meldungen/00", Section::Other),
        crumbs: crumbs(language, "Ihre Meldung"),
        alert: Some(Alert::new(Tone::Success, t.report_thanks(), t.report_thanks_text())),
        badge: Badge::new(Tone::Success, t.report_state_answered()),
        subject: Subject {
            heading: t.report_which(),
            line: EVIL.into(),
            link: Some((t.report_to_value(), "/datensaetze/luft/herkunft?id=a&spalte=no2".into())),
            gone: None,
        },
        message: EVIL.into(),
        answer: Some(EVIL.into()),
        explained: t.report_answered_text(),
        reported: Moment::with_age(now(), now(), language),
        changed: Some(Moment::with_age(now(), now(), language)),
        deleted: Some(Moment::date(now(), language)),
        address: "https://daten.musterstadt.example/meldungen/00".into(),
    }
}

fn reports(language: Language) -> ReportsPage {
    let t = language.texts();
    let item = ReportItem {
        badge: Badge::new(Tone::Warning, t.report_state_open()),
        about: EVIL.into(),
        href: "/verwaltung/meldungen/00".into(),
        message: EVIL.into(),
        reported: Moment::with_age(now(), now(), language),
        deleted: Some(Moment::date(now(), language)),
    };
    ReportsPage {
        frame: admin_frame(language, "/verwaltung/meldungen"),
        crumbs: crumbs(language, "Meldungen"),
        states: choices(&["Offen", "Alle"]),
        count: t.count_reports(1),
        reports: vec![item],
        pagination: None,
    }
}

fn answer(language: Language) -> AnswerPage {
    let t = language.texts();
    AnswerPage {
        frame: admin_frame(language, "/verwaltung/meldungen/00"),
        crumbs: crumbs(language, "Meldung"),
        alert: None,
        badge: Badge::new(Tone::Warning, t.report_state_open()),
        is_open: true,
        subject: Subject { heading: t.report_which(), line: EVIL.into(), link: None, gone: Some(t.report_gone()) },
        answer_hint: t.report_answer_hint(),
        message: EVIL.into(),
        facts: facts(language),
        contact: Some("erika@beispiel.example".into()),
        answer: EVIL.into(),
        answer_error: Some(t.report_need_answer().into()),
        public_href: "/meldungen/00".into(),
        seen: now().to_string(),
        csrf: "csrf".into(),
    }
}
