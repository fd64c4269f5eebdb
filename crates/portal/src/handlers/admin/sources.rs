//! Sources: the list, the page of one with its definition, and what its buttons do.

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Kind, RunRow, RunState, SourceRow};
use harmonise::{Issue, Reason};
use model::Instant;

use super::{RUNS_SHOWN, quarantine, runs_table, source_crumbs, source_href, state_badge, text_fact};
use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::frame::Frame;
use crate::messages::Texts;
use crate::pages::admin::{SourceItem, SourcePage, SourcesPage};
use crate::pages::dataset::{Fact, FactValue};
use crate::parts::{Alert, Badge, Cell, Crumbs, Head, Moment, Phrase, Table, Tone};
use crate::state::{Standing, WorkError};

const VERSIONS_SHOWN: u64 = 20;

/// `GET /verwaltung/quellen`
pub(crate) async fn list(ask: Ask) -> Response {
    let answer = sources_page(&ask);
    ask.answer(answer)
}

fn sources_page(ask: &Ask) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let t = ask.t();
    let counts = ask.access.quarantine_counts()?;
    let mut items = Vec::new();
    for source in ask.access.sources()? {
        let newest = ask.access.runs(Some(&source.name), 1)?.into_iter().next();
        let standing = standing(ask, &source)?;
        let moment = |at| Moment::with_age(at, ask.now(), ask.language);
        let waiting = counts.iter().find(|(name, _)| *name == source.name).map_or(0, |(_, count)| *count);
        items.push(SourceItem {
            href: source_href(ask, &source.name),
            badge: source_badge(&source, &standing, newest.as_ref(), t),
            next_run: standing.due_at.map(|at| next_run(ask, at)),
            newest: standing.observed_at.map(moment),
            trouble: standing.trouble.as_ref().map(|trouble| Phrase::reason(trouble, ask.language)),
            kind: format!("{} {}", t.fact_version(), source.version),
            last_run: standing.checked_at.or(newest.map(|run| run.at)).map(moment),
            quarantined: (waiting > 0).then(|| t.count_quarantined(waiting)),
            name: source.name,
        });
    }
    let crumbs =
        Crumbs { texts: t, above: vec![(Phrase::plain(t.admin_title()), ask.href("/verwaltung"))], here: Phrase::plain(t.admin_sources()) };
    Ok(ask.page(&SourcesPage { frame: ask.admin_frame(), crumbs, sources: items }))
}

/// How a source does; what people can act on is no fault of the page.
pub(super) fn standing(ask: &Ask, source: &SourceRow) -> Result<Standing, Trouble> {
    match ask.state.workshop().standing(&ask.access, source) {
        Ok(standing) => Ok(standing),
        Err(WorkError::Engine(error)) => Err(error.into()),
        Err(WorkError::Refused(trouble)) => Ok(Standing { trouble: Some(trouble), ..Standing::default() }),
        Err(WorkError::Definition(faults)) => Ok(Standing { trouble: Some(Reason::of(&faults)), ..Standing::default() }),
    }
}

/// When a source is looked at next; one that is due is looked at now.
fn next_run(ask: &Ask, due: Instant) -> Moment {
    Moment::short(due.max(ask.now()), ask.language)
}

fn source_badge(source: &SourceRow, standing: &Standing, newest: Option<&RunRow>, t: Texts) -> Badge {
    match newest.map(|run| run.state) {
        _ if source.paused => Badge::new(Tone::Info, t.admin_state_paused()),
        Some(RunState::Running) => state_badge(RunState::Running, t),
        _ if standing.trouble.is_some() => state_badge(RunState::Failed, t),
        _ if standing.silent_since.is_some() => Badge::new(Tone::Warning, t.admin_silent()),
        _ if !standing.drift.is_empty() => Badge::new(Tone::Warning, t.admin_drift()),
        None => Badge::new(Tone::Info, t.admin_state_waiting()),
        Some(RunState::Done) => Badge::new(Tone::Success, t.admin_state_ok()),
        Some(state) => state_badge(state, t),
    }
}

/// `GET /verwaltung/quellen/{name}`
pub(crate) async fn show(ask: Ask, Path(name): Path<String>) -> Response {
    let answer = source_page(&ask, &name, Shown::default());
    ask.answer(answer)
}

/// What the page of a source shows besides what is stored.
#[derive(Default)]
struct Shown {
    alert: Option<Alert>,
    /// Text that was sent and is not kept.
    text: Option<String>,
    has_faults: bool,
}

fn source_page(ask: &Ask, name: &str, shown: Shown) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let t = ask.t();
    let source = ask.access.source(name, None)?;
    let runs = ask.access.runs(Some(name), RUNS_SHOWN)?;
    let waiting = ask.access.quarantine_counts()?.into_iter().find(|(known, _)| known == name).map_or(0, |(_, count)| count);
    let standing = standing(ask, &source)?;
    let mut badges = vec![source_badge(&source, &standing, runs.first(), t)];
    if waiting > 0 {
        // Nothing is in order while lines wait, though the run itself went well.
        badges.retain(|badge| badge.tone != Tone::Success);
        badges.push(Badge::new(Tone::Warning, t.count_quarantined(waiting)));
    }
    let (quarantine, next) = quarantine::of_source(ask, name)?;
    let status = if shown.has_faults { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SourcePage {
        frame: Frame { failed: shown.has_faults, ..ask.admin_frame() },
        crumbs: source_crumbs(ask, name, None),
        name: name.to_owned(),
        badges,
        alert: shown.alert.or_else(|| note(ask)),
        notices: notices(ask, &standing),
        has_drift: !standing.drift.is_empty(),
        paused: source.paused,
        facts: source_facts(ask, &source, &standing),
        dataset: dataset_of(ask, &source),
        text: shown.text.unwrap_or_else(|| source.text.clone()),
        version: source.version.to_string(),
        has_faults: shown.has_faults,
        versions: versions(ask, &source),
        runs: runs_table(ask, runs.iter(), false),
        quarantine,
        quarantine_count: t.admin_quarantine_lead(waiting),
        next,
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(status, &page))
}

/// What is wrong with a source, and what somebody should know about it.
fn notices(ask: &Ask, standing: &Standing) -> Vec<Alert> {
    let t = ask.t();
    let said = |tone, title: &str, reasons: &[Reason]| Alert {
        items: reasons.iter().map(|reason| (Phrase::reason(reason, ask.language), None)).collect(),
        ..Alert::new(tone, title, "")
    };
    let mut notices = Vec::new();
    if let Some(trouble) = &standing.trouble {
        let alert = said(Tone::Danger, t.admin_trouble_title(), std::slice::from_ref(trouble));
        notices.push(Alert { text: repeated(ask, standing).unwrap_or_default(), ..alert });
    }
    if let Some(since) = standing.silent_since {
        notices.push(Alert::new(Tone::Warning, t.admin_silent_title(format::moment_long(since, ask.language)), t.admin_silent_text()));
    }
    if !standing.drift.is_empty() {
        notices.push(said(Tone::Warning, t.admin_drift_title(), &standing.drift));
    }
    notices
}

/// How often in a row a source failed, and since when, when that was more than once.
pub(super) fn repeated(ask: &Ask, standing: &Standing) -> Option<String> {
    let (count, since) = standing.failures;
    let since = format::moment_long(since.filter(|_| count > 1)?, ask.language);
    let last = format::moment_long(standing.checked_at?, ask.language);
    Some(ask.t().admin_repeated(format::count(count, ask.language), since, last))
}

fn source_facts(ask: &Ask, source: &SourceRow, standing: &Standing) -> Vec<Fact> {
    let t = ask.t();
    let time = |name: &str, moment| Fact { name: name.to_owned(), value: FactValue::Time(moment) };
    let ago = |at| Moment::with_age(at, ask.now(), ask.language);
    let mut facts = vec![
        text_fact(t.fact_version(), &source.version.to_string()),
        text_fact(t.admin_column_who(), &source.actor),
        time(t.admin_column_when(), ago(source.at)),
    ];
    facts.extend(standing.checked_at.map(|at| time(t.admin_fact_checked(), ago(at))));
    facts.extend(standing.due_at.map(|at| time(t.admin_fact_due(), next_run(ask, at))));
    facts.extend(standing.observed_at.map(|at| time(t.admin_fact_observed(), ago(at))));
    facts
}

/// The dataset that a definition declares, found by its slug.
fn dataset_of(ask: &Ask, source: &SourceRow) -> Option<(Phrase, String)> {
    let declared =
        |slug: &str| source.text.lines().any(|line| line.trim_start().starts_with("slug") && line.contains(&format!("\"{slug}\"")));
    let dataset = ask.access.datasets().ok()?.into_iter().find(|dataset| declared(&dataset.slug))?;
    Some((Phrase::of(&dataset.title, ask.language), ask.href(&format!("/datensaetze/{}", dataset.slug))))
}

fn versions(ask: &Ask, source: &SourceRow) -> Option<Table> {
    let t = ask.t();
    let oldest = source.version.saturating_sub(VERSIONS_SHOWN - 1).max(1);
    let rows: Vec<Vec<Cell>> = (oldest..=source.version)
        .rev()
        .filter_map(|version| ask.access.source(&source.name, Some(version)).ok())
        .map(|row| {
            vec![Cell::text(&row.version.to_string()).header(), Cell::moment(&Moment::short(row.at, ask.language)), Cell::text(&row.actor)]
        })
        .collect();
    let head = [t.admin_column_version(), t.admin_column_when(), t.admin_column_who()].map(Head::text).to_vec();
    (rows.len() > 1).then(|| Table { id: "versions".to_owned(), caption: t.admin_versions_caption().to_owned(), head, rows })
}

/// What the page before this one did, as its address says.
fn note(ask: &Ask) -> Option<Alert> {
    let t = ask.t();
    if let Some(version) = ask.param("gespeichert").and_then(|text| text.parse::<u64>().ok()) {
        return Some(Alert::new(Tone::Success, t.admin_saved_title(version), t.admin_saved_text()));
    }
    match ask.param("zustand") {
        Some("angehalten") => return Some(Alert::new(Tone::Success, t.admin_paused_title(), t.admin_paused_text())),
        Some("fortgesetzt") => return Some(Alert::new(Tone::Success, t.admin_resumed_title(), t.admin_resumed_text())),
        Some("spalten") => return Some(Alert::new(Tone::Success, t.admin_columns_accepted_title(), "")),
        _ => {}
    }
    if ask.param("gestartet").is_some() {
        return Some(Alert::new(Tone::Success, t.admin_run_started_title(), t.admin_run_started_text()));
    }
    quarantine::note(ask)
}
/// `POST /verwaltung/quellen/{name}`: check or save the definition.
pub(crate) async fn change(ask: Ask, Path(name): Path<String>, body: Body) -> Response {
    let answer = change_source(&ask, &name, body).await;
    ask.answer(answer)
}

async fn change_source(ask: &Ask, name: &str, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    let t = ask.t();
    let known = ask.access.source(name, None)?;
    // Browsers send line ends as CR LF; files have LF.
    let text = form.all("text").next().unwrap_or("").replace("\r\n", "\n");
    let faults = match ask.state.workshop().check(&text) {
        Ok(found) if found == name => Vec::new(),
        Ok(found) => vec![Phrase::plain(&t.admin_name_changed(found, name))],
        Err(faults) => said(ask, &faults),
    };
    if !faults.is_empty() {
        return source_page(ask, name, with_faults(t, faults, text));
    }
    if form.all("aktion").next() != Some("speichern") {
        let alert = Alert::new(Tone::Success, t.admin_checked_title(), t.admin_checked_text());
        return source_page(ask, name, Shown { alert: Some(alert), text: Some(text), has_faults: false });
    }
    if form.all("version").next() != Some(known.version.to_string().as_str()) {
        let alert = Alert::new(Tone::Warning, t.admin_conflict_title(), t.admin_conflict_text(known.version));
        return source_page(ask, name, Shown { alert: Some(alert), text: Some(text), has_faults: false });
    }
    match ask.state.workshop().put(&ask.access, &text).await {
        Ok(version) => Ok(redirect(&format!("{}?gespeichert={version}", source_href(ask, name)))),
        Err(WorkError::Definition(faults)) => {
            let faults = said(ask, &faults);
            source_page(ask, name, with_faults(t, faults, text))
        }
        Err(error) => refused(ask, name, error, Some(text)),
    }
}

fn said(ask: &Ask, faults: &[Issue]) -> Vec<Phrase> {
    faults.iter().map(|fault| Phrase::plain(&fault.say(ask.language.of_faults()))).collect()
}

fn with_faults(t: Texts, faults: Vec<Phrase>, text: String) -> Shown {
    let title = t.admin_faults_title(faults.len() as u64);
    let items = faults.into_iter().map(|fault| (fault, Some("text".to_owned()))).collect();
    Shown { alert: Some(Alert::errors(title, items)), text: Some(text), has_faults: true }
}

/// What people can act on is shown on the page they came from.
pub(super) fn refused(ask: &Ask, name: &str, error: WorkError, text: Option<String>) -> Result<Response, Trouble> {
    let message = match error {
        WorkError::Engine(error) if matches!(error.kind(), Kind::Exists | Kind::Conflict | Kind::Invalid | Kind::NoSpace) => {
            Reason::Text(error.to_string())
        }
        WorkError::Engine(error) => return Err(error.into()),
        WorkError::Definition(faults) => Reason::of(&faults),
        WorkError::Refused(reason) => reason,
    };
    let alert = Alert {
        items: vec![(Phrase::reason(&message, ask.language), None)],
        ..Alert::new(Tone::Danger, ask.t().admin_refused_title(), "")
    };
    source_page(ask, name, Shown { alert: Some(alert), text, has_faults: false })
}

/// `POST /verwaltung/quellen/{name}/lauf`
pub(crate) async fn run_now(ask: Ask, Path(name): Path<String>, body: Body) -> Response {
    let answer = start_run(&ask, &name, body).await;
    ask.answer(answer)
}

async fn start_run(ask: &Ask, name: &str, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    ask.form(body).await?;
    ask.access.source(name, None)?;
    match ask.state.workshop().start(&ask.access, name).await {
        Ok(()) => Ok(redirect(&format!("{}?gestartet=1", source_href(ask, name)))),
        Err(error) => refused(ask, name, error, None),
    }
}

/// `POST /verwaltung/quellen/{name}/zustand`: pause, resume, or take changed columns to be right.
pub(crate) async fn steer(ask: Ask, Path(name): Path<String>, body: Body) -> Response {
    let answer = steer_source(&ask, &name, body).await;
    ask.answer(answer)
}

async fn steer_source(ask: &Ask, name: &str, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    let done = match form.all("aktion").next() {
        Some("anhalten") => ask.access.set_source_paused(name, true).await.map(|()| "angehalten")?,
        Some("fortsetzen") => ask.access.set_source_paused(name, false).await.map(|()| "fortgesetzt")?,
        Some("spalten") => match ask.state.workshop().accept_columns(&ask.access, name).await {
            Ok(()) => "spalten",
            Err(error) => return refused(ask, name, error, None),
        },
        _ => return source_page(ask, name, Shown::default()),
    };
    Ok(redirect(&format!("{}?zustand={done}", source_href(ask, name))))
}
