//! Reports of errors, for who answers them.

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{About, Kind, Report, ReportState};
use model::Instant;

use crate::ask::{Ask, Trouble, redirect};
use crate::frame::Frame;
use crate::handlers::report::{deleted, state_badge, told};
use crate::pages::dataset::{Fact, FactValue};
use crate::pages::report::{AnswerPage, ReportItem, ReportsPage};
use crate::parts::{Alert, Choice, Crumbs, Moment, Pagination, Phrase, Tone};

/// How many reports a page lists.
const ITEMS: u64 = 25;
/// How much of a message the list shows.
const MESSAGE_CHARS: usize = 160;

/// `GET /verwaltung/meldungen?stand=…`
pub(crate) async fn list(ask: Ask) -> Response {
    let answer = list_page(&ask);
    ask.answer(answer)
}

/// `GET /verwaltung/meldungen/{key}`
pub(crate) async fn show(ask: Ask, Path(key): Path<String>) -> Response {
    let answer = answer_page(&ask, &key, None, None).await;
    ask.answer(answer.map(|page| ask.page(&page)))
}

/// `POST /verwaltung/meldungen/{key}`
pub(crate) async fn settle(ask: Ask, Path(key): Path<String>, body: Body) -> Response {
    let answer = settled(&ask, &key, body).await;
    ask.answer(answer)
}

const STATES: [(&str, Option<ReportState>); 4] = [
    ("", Some(ReportState::Open)),
    ("beantwortet", Some(ReportState::Answered)),
    ("abgelehnt", Some(ReportState::Rejected)),
    ("alle", None),
];

fn list_page(ask: &Ask) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let (t, number) = (ask.t(), ask.page_number()?);
    let wanted = ask.param("stand").unwrap_or("");
    let state = STATES.into_iter().find(|(word, _)| *word == wanted).map_or(Some(ReportState::Open), |(_, state)| state);
    let mut reports = ask.access.reports()?;
    reports.retain(|report| state.is_none_or(|state| report.state == state));
    let pages = Pagination::pages_for(reports.len() as u64, ITEMS);
    if number > pages {
        return Err(Trouble::NotFound);
    }
    let first = usize::try_from((number - 1) * ITEMS).unwrap_or(usize::MAX);
    let shown = reports.iter().skip(first).take(usize::try_from(ITEMS).unwrap_or(usize::MAX));
    let page = ReportsPage {
        frame: ask.admin_frame(),
        crumbs: crumbs(ask, None),
        states: states(ask, state),
        count: t.count_reports(reports.len() as u64),
        reports: shown.map(|report| item(ask, report)).collect::<Result<_, _>>()?,
        pagination: (pages > 1).then(|| Pagination {
            texts: t,
            page: number,
            pages,
            base: format!("{}?stand={wanted}&seite=", ask.href(&ask.path), wanted = web::params::encode(wanted)),
        }),
    };
    Ok(ask.page(&page))
}

fn crumbs(ask: &Ask, here: Option<&str>) -> Crumbs {
    let t = ask.t();
    let mut above = vec![(Phrase::plain(t.admin_title()), ask.href("/verwaltung"))];
    above.extend(here.map(|_| (Phrase::plain(t.report_list_title()), ask.href("/verwaltung/meldungen"))));
    Crumbs { texts: t, above, here: Phrase::plain(here.unwrap_or(t.report_list_title())) }
}

fn states(ask: &Ask, chosen: Option<ReportState>) -> Vec<Choice> {
    let t = ask.t();
    let name = |state: Option<ReportState>| match state {
        Some(ReportState::Open) => t.report_state_open(),
        Some(ReportState::Answered) => t.report_state_answered(),
        Some(ReportState::Rejected) => t.report_state_rejected(),
        None => t.report_all(),
    };
    STATES.map(|(word, state)| Choice { value: word.to_owned(), text: name(state).to_owned(), chosen: state == chosen }).to_vec()
}

fn item(ask: &Ask, report: &Report) -> Result<ReportItem, Trouble> {
    let mut message: String = report.message.chars().take(MESSAGE_CHARS).collect();
    if message.len() < report.message.len() {
        message.push('…');
    }
    Ok(ReportItem {
        badge: state_badge(report.state, ask.t()),
        about: told(ask, &report.about)?.line,
        href: ask.href(&format!("/verwaltung/meldungen/{}", report.key)),
        message,
        reported: Moment::with_age(report.reported_at, ask.now(), ask.language),
        deleted: deleted(ask, report),
    })
}

async fn answer_page(ask: &Ask, key: &str, typed: Option<&str>, wrong: Option<Wrong>) -> Result<AnswerPage, Trouble> {
    ask.require_editor()?;
    let t = ask.t();
    let report = ask.access.report_of(key)?;
    let moment = |at| FactValue::Time(Moment::with_age(at, ask.now(), ask.language));
    let mut facts = vec![Fact { name: t.report_reported().to_owned(), value: moment(report.reported_at) }];
    if report.state != ReportState::Open {
        facts.push(Fact { name: t.report_changed().to_owned(), value: moment(report.changed_at) });
    }
    facts.extend(deleted(ask, &report).map(|day| Fact { name: t.report_deleted().to_owned(), value: FactValue::Time(day) }));
    let alert = match wrong {
        Some(Wrong::Silent) => {
            Some(Alert::errors(t.report_errors_title(), vec![(Phrase::plain(t.report_need_answer()), Some("antwort".to_owned()))]))
        }
        Some(Wrong::Late) => Some(Alert { takes_focus: true, ..Alert::new(Tone::Warning, t.report_conflict(), t.report_conflict_text()) }),
        None => ask.param("gespeichert").map(|_| Alert::new(Tone::Success, t.report_saved(), "")),
    };
    Ok(AnswerPage {
        frame: Frame { failed: wrong.is_some(), ..ask.admin_frame() },
        crumbs: crumbs(ask, Some(t.report_one_title())),
        alert,
        badge: state_badge(report.state, t),
        is_open: report.state == ReportState::Open,
        subject: told(ask, &report.about)?.subject(&report.about, t),
        answer_hint: if matches!(report.about, About::Page(_)) { t.barrier_answer_hint() } else { t.report_answer_hint() },
        message: report.message.to_string(),
        facts,
        contact: ask.access.contact_of_report(key).await?,
        answer: typed.map_or_else(|| report.answer.as_deref().unwrap_or_default().to_owned(), str::to_owned),
        answer_error: (wrong == Some(Wrong::Silent)).then(|| t.report_need_answer().to_owned()),
        public_href: ask.href(&format!("/meldungen/{key}")),
        seen: report.changed_at.to_string(),
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    })
}

/// What a person can mend.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// An answer without words, or with too many.
    Silent,
    /// Somebody else was faster.
    Late,
}

async fn settled(ask: &Ask, key: &str, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    let field = |name: &str| form.all(name).next().unwrap_or("").trim().replace("\r\n", "\n");
    let answer = field("antwort");
    let state = match field("aktion").as_str() {
        "antworten" => ReportState::Answered,
        "schliessen" => ReportState::Rejected,
        "oeffnen" => ReportState::Open,
        other => return Err(ask.bad_param("aktion", other, "antworten, schliessen, oeffnen")),
    };
    let seen = Instant::parse(&field("stand")).map_err(|_| Trouble::Expired)?;
    // What is closed without a public answer has none.
    let said = (state == ReportState::Answered).then_some(answer.as_str());
    let wrong = match ask.access.settle_report(key, seen, state, said).await {
        Ok(()) => return Ok(redirect(&ask.href(&format!("/verwaltung/meldungen/{key}?gespeichert=1")))),
        Err(error) if error.kind() == Kind::Invalid => Wrong::Silent,
        Err(error) if error.kind() == Kind::Conflict => Wrong::Late,
        Err(error) => return Err(error.into()),
    };
    let page = answer_page(ask, key, Some(&answer), Some(wrong)).await?;
    Ok(ask.page_with(if wrong == Wrong::Late { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }, &page))
}

/// How many reports wait for an answer.
pub(super) fn waiting(ask: &Ask) -> Result<u64, Trouble> {
    Ok(ask.access.reports()?.iter().filter(|report| report.state == ReportState::Open).count() as u64)
}
