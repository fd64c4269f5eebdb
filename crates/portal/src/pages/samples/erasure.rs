//! A sample of the page of erasure.

use super::{EVIL, admin_frame, crumbs, table};
use crate::messages::Language;
use crate::pages::erasure::{ErasurePage, FoundPerson};
use crate::parts::{Alert, Field, Phrase};

pub(super) fn all(language: Language) -> Vec<(String, String)> {
    let t = language.texts();
    let page = ErasurePage {
        frame: admin_frame(language, "/verwaltung/loeschen"),
        crumbs: crumbs(language, t.erasure_title()),
        alert: Some(Alert::errors(t.erasure_check(), vec![(Phrase::plain(EVIL), Some("grund".into()))])),
        id: Field { value: EVIL.into(), ..Field::new("id", t.erasure_id(), "text", "off") },
        found: Some(FoundPerson {
            id: EVIL.into(),
            facts: vec![t.erasure_current().into(), t.erasure_runs(EVIL)],
            reason: Field { error: Some(EVIL.into()), ..Field::new("grund", t.erasure_reason(), "text", "off") },
        }),
        ledger: Some(table(language, "ledger")),
        csrf: "abc".into(),
    };
    vec![("erasure".to_owned(), page.to_string())]
}
