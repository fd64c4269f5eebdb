//! Erasure of a person, for administrators.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{ErasurePlan, Kind};
use model::EntityId;

use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::frame::Frame;
use crate::pages::erasure::{ErasurePage, FoundPerson};
use crate::parts::{Alert, Cell, Crumbs, Field, Head, Moment, Phrase, Table, Tone};

const PATH: &str = "/verwaltung/loeschen";
/// How many runs are named.
const RUNS_SHOWN: usize = 20;

/// `GET /verwaltung/loeschen?id=…`
pub(crate) async fn show(ask: Ask) -> Response {
    let alert = ask.param("geloescht").map(|_| Alert::new(Tone::Success, ask.t().erasure_done(), ask.t().erasure_done_text()));
    let answer = page(&ask, ask.param("id"), None, alert).await;
    ask.answer(answer.map(|page| ask.page(&page)))
}

/// `POST /verwaltung/loeschen`
pub(crate) async fn erase(ask: Ask, body: Body) -> Response {
    let answer = erased(&ask, body).await;
    ask.answer(answer)
}

async fn erased(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    let field = |name: &str| form.all(name).next().unwrap_or("").trim().to_owned();
    let (id, reason) = (field("person"), field("grund"));
    let person = EntityId::parse(&id).map_err(|_| Trouble::NotFound)?;
    match ask.access.erase(&person, &[], &reason).await {
        Ok(_) => Ok(redirect(&ask.href(&format!("{PATH}?geloescht=1")))),
        Err(error) if error.kind() == Kind::Invalid => {
            let page = page(ask, Some(&id), Some(&reason), None).await?;
            Ok(ask.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// `refused`: the reason that was not good enough.
async fn page(ask: &Ask, id: Option<&str>, refused: Option<&str>, alert: Option<Alert>) -> Result<ErasurePage, Trouble> {
    ask.require_editor()?;
    let t = ask.t();
    let ledger = ledger(ask).await?;
    let mut field = Field { hint: Some(t.erasure_id_hint().to_owned()), ..Field::new("id", t.erasure_id(), "text", "off") };
    let mut found = None;
    if let Some(id) = id {
        id.clone_into(&mut field.value);
        match EntityId::parse(id) {
            Err(_) => field.error = Some(t.erasure_no_id().to_owned()),
            Ok(person) => match ask.access.plan_erasure(&person, &[]).await {
                Ok(plan) => found = Some(found_person(ask, &plan, refused)),
                Err(error) if error.kind() == Kind::NotFound => field.error = Some(t.erasure_nothing().to_owned()),
                Err(error) => return Err(error.into()),
            },
        }
    }
    let failed = field.error.is_some() || refused.is_some();
    let alert = match (refused, &field.error) {
        (Some(_), _) => Some(Alert::errors(t.erasure_check(), vec![(Phrase::plain(t.erasure_need_reason()), Some("grund".to_owned()))])),
        (None, Some(error)) => Some(Alert::errors(t.erasure_check(), vec![(Phrase::plain(error), Some("id".to_owned()))])),
        (None, None) => alert,
    };
    let above = vec![(Phrase::plain(t.admin_title()), ask.href("/verwaltung"))];
    Ok(ErasurePage {
        frame: Frame { failed, ..ask.admin_frame() },
        crumbs: Crumbs { texts: t, above, here: Phrase::plain(t.erasure_title()) },
        alert,
        id: field,
        found,
        ledger,
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    })
}

fn found_person(ask: &Ask, plan: &ErasurePlan, refused: Option<&str>) -> FoundPerson {
    let (t, count) = (ask.t(), |n: u64| format::count(n, ask.language));
    let mut facts = vec![if plan.is_current { t.erasure_current() } else { t.erasure_former() }.to_owned()];
    facts.push(t.erasure_values(count(plan.values)));
    facts.push(if plan.has_key { t.erasure_key() } else { t.erasure_no_key() }.to_owned());
    facts.push(t.erasure_reports(count(plan.reports as u64)));
    if !plan.runs.is_empty() {
        let left = plan.runs.len().saturating_sub(RUNS_SHOWN) as u64;
        let more = if left > 0 { format!(" (+{})", count(left)) } else { String::new() };
        let runs: Vec<String> = plan.runs.iter().take(RUNS_SHOWN).map(|run| count(*run)).collect();
        facts.push(t.erasure_runs(format!("{}{more}", runs.join(", "))));
    }
    facts.push(t.erasure_files(count(plan.files as u64)));
    facts.push(t.erasure_records(count(plan.records as u64)));
    let reason = Field {
        hint: Some(t.erasure_reason_hint().to_owned()),
        value: refused.unwrap_or_default().to_owned(),
        error: refused.map(|_| t.erasure_need_reason().to_owned()),
        ..Field::new("grund", t.erasure_reason(), "text", "off")
    };
    FoundPerson { id: plan.entity.to_string(), facts, reason }
}

async fn ledger(ask: &Ask) -> Result<Option<Table>, Trouble> {
    let t = ask.t();
    let row = |one: engine::ErasureReceipt| {
        vec![
            Cell::moment(&Moment::short(one.at, ask.language)).header(),
            Cell::text(&one.subject).raw(),
            Cell::number(&format::count(one.values, ask.language)),
            Cell::text(&one.reason),
            Cell::text(one.actor.trim_start_matches("user:")),
            Cell::text(if one.is_finished { t.erasure_gone() } else { t.erasure_going() }),
        ]
    };
    let rows: Vec<Vec<Cell>> = ask.access.erasures().await?.into_iter().map(row).collect();
    let head = vec![
        Head::text(t.retention_at()),
        Head::text(t.erasure_subject()),
        Head::number(t.retention_values()),
        Head::text(t.erasure_reason()),
        Head::text(t.erasure_by()),
        Head::text(t.erasure_disk()),
    ];
    Ok((!rows.is_empty()).then(|| Table { id: "ledger".to_owned(), caption: t.erasure_ledger().to_owned(), head, rows }))
}
