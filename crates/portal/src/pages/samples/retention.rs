//! A sample of the page of retention.

use super::{EVIL, admin_frame, crumbs, table};
use crate::messages::Language;
use crate::pages::retention::{Kept, RetentionPage};
use crate::parts::{Alert, Badge, Phrase, Tone};

pub(super) fn all(language: Language) -> Vec<(String, String)> {
    let empty = RetentionPage { datasets: Vec::new(), alert: None, ..page(language) };
    vec![("retention".to_owned(), page(language).to_string()), ("retention-empty".to_owned(), empty.to_string())]
}

fn page(language: Language) -> RetentionPage {
    let t = language.texts();
    let waits = Kept {
        slug: "luft".into(),
        title: Phrase::german(EVIL, language),
        href: "/datensaetze/luft".into(),
        badge: Badge::new(Tone::Warning, t.retention_waits()),
        rules: vec![t.retention_rule(EVIL, "2 Jahre")],
        due: t.retention_due("23,1 %", "184.000", "42.504"),
        parts: Some(table(language, "due-luft")),
        reasons: vec![t.retention_share().to_owned(), t.retention_clock(EVIL)],
        confirm: Some((EVIL.into(), t.retention_confirm())),
        receipts: Some(table(language, "receipts-luft")),
    };
    let rests = Kept {
        slug: "rad".into(),
        badge: Badge::new(Tone::Success, t.retention_nothing()),
        due: t.retention_nothing_due().to_owned(),
        parts: None,
        confirm: None,
        receipts: None,
        ..waits.clone()
    };
    RetentionPage {
        frame: admin_frame(language, "/verwaltung/aufbewahrung"),
        crumbs: crumbs(language, t.retention_title()),
        alert: Some(Alert::new(Tone::Success, t.retention_done(), t.retention_done_text())),
        datasets: vec![waits, rests],
        csrf: "abc".into(),
    }
}
