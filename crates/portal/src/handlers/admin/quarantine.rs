//! Records that were set aside: shown, mapped again, discarded.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use engine::{QuarantineRow, QuarantineState};
use harmonise::Reason;

use super::sources::refused;
use super::{run_href, source_href};
use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::handlers::table::shown;
use crate::pages::admin::QuarantineItem;
use crate::parts::{Alert, Moment, Phrase, Tone};

const SHOWN: usize = 20;

/// The records of a source that wait, from where the address says, and where the next ones are.
pub(super) fn of_source(ask: &Ask, name: &str) -> Result<(Vec<QuarantineItem>, Option<String>), Trouble> {
    let after = ask.param("nach").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut rows = ask.access.quarantined(Some(name), after, SHOWN + 1)?;
    let has_more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    let next = rows.last().filter(|_| has_more).map(|row| format!("{}?nach={}#quarantine", source_href(ask, name), row.id));
    Ok((items(ask, rows), next))
}

/// The first records that a run set aside and that wait.
pub(super) fn of_run(ask: &Ask, source: &str, run: u64) -> Result<Vec<QuarantineItem>, Trouble> {
    let own = |row: &QuarantineRow| row.item.run == run;
    Ok(items(ask, ask.access.quarantined(Some(source), 0, 500)?.into_iter().filter(own).take(SHOWN).collect()))
}

fn items(ask: &Ask, rows: Vec<QuarantineRow>) -> Vec<QuarantineItem> {
    let (t, language) = (ask.t(), ask.language);
    let item = |row: QuarantineRow| QuarantineItem {
        id: row.id.to_string(),
        record: t.admin_record(format::count(row.item.record, language)),
        reason: Phrase::reason(&Reason::read(&row.item.reason), language),
        field: row.item.field,
        raw: shown(&row.item.raw),
        at: Moment::short(row.item.at, language),
        run: (format::count(row.item.run, language), run_href(ask, row.item.run)),
    };
    rows.into_iter().map(item).collect()
}

/// What was decided about the quarantine, as the address says.
pub(super) fn note(ask: &Ask) -> Option<Alert> {
    let t = ask.t();
    let number = |name: &str| ask.param(name).and_then(|text| text.parse::<u64>().ok());
    if let (Some(done), Some(failed)) = (number("uebernommen"), number("offen")) {
        if done + failed == 0 {
            return Some(Alert::new(Tone::Info, t.admin_replay_none(), ""));
        }
        let count = |n| format::count(n, ask.language);
        let tone = if failed == 0 { Tone::Success } else { Tone::Warning };
        return Some(Alert::new(tone, t.admin_replayed_title(count(done), count(failed)), ""));
    }
    match number("verworfen")? {
        0 => Some(Alert::new(Tone::Info, t.admin_none_chosen(), "")),
        discarded => Some(Alert::new(Tone::Success, t.admin_discarded_title(discarded), "")),
    }
}
/// `POST /verwaltung/quellen/{name}/quarantaene`: map again, or discard what was chosen.
pub(crate) async fn settle(ask: Ask, Path(name): Path<String>, body: Body) -> Response {
    let answer = settle_quarantine(&ask, &name, body).await;
    ask.answer(answer)
}

async fn settle_quarantine(ask: &Ask, name: &str, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    ask.access.source(name, None)?;
    let target = source_href(ask, name);
    if form.all("aktion").next() == Some("verwerfen") {
        let ids = own_ids(ask, name, &form)?;
        let count = ids.len();
        if count > 0 {
            ask.access.settle_quarantine(ids, QuarantineState::Discarded, None).await?;
        }
        return Ok(redirect(&format!("{target}?verworfen={count}")));
    }
    match ask.state.workshop().replay(&ask.access, name).await {
        Ok(done) => Ok(redirect(&format!("{target}?uebernommen={}&offen={}", done.settled, done.waiting))),
        Err(error) => refused(ask, name, error, None),
    }
}

/// The records chosen, as far as they wait in this source's quarantine.
fn own_ids(ask: &Ask, name: &str, form: &web::Params) -> Result<Vec<u64>, Trouble> {
    let mut chosen = Vec::new();
    for id in form.all("id").filter_map(|text| text.parse::<u64>().ok()) {
        let waits = ask.access.quarantined(Some(name), id.saturating_sub(1), 1)?.first().is_some_and(|row| row.id == id);
        if waits {
            chosen.push(id);
        }
    }
    Ok(chosen)
}
