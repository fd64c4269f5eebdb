//! The administration: overview, sources, definitions, runs, quarantine.

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Kind, QuarantineRow, QuarantineState, RunRow, RunState, SourceRow};

use super::table::{hex, shown};
use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::frame::Frame;
use crate::messages::Texts;
use crate::pages::admin::{HomePage, QuarantineItem, RunItem, RunPage, SourceItem, SourcePage, SourcesPage, Task};
use crate::pages::dataset::{Fact, FactValue};
use crate::parts::{Alert, Badge, Cell, Crumbs, Head, Moment, Phrase, Table, Tone};
use crate::state::WorkError;

const RUNS_SHOWN: usize = 15;
const QUARANTINE_SHOWN: usize = 20;
const VERSIONS_SHOWN: u64 = 20;

/// `GET /verwaltung`
pub(crate) async fn home(ask: Ask) -> Response {
    let answer = home_page(&ask);
    ask.answer(answer)
}

fn home_page(ask: &Ask) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let runs = ask.access.runs(None, 200)?;
    let page = HomePage {
        frame: ask.admin_frame(),
        tasks: tasks(ask, &runs)?,
        running: runs.iter().filter(|run| run.state == RunState::Running).map(|run| running(ask, run)).collect(),
        runs: runs_table(ask, runs.iter().take(RUNS_SHOWN), true),
        facts: platform_facts(ask)?,
    };
    Ok(ask.page(&page))
}

/// What waits for somebody: sources whose newest run failed, then quarantine.
fn tasks(ask: &Ask, runs: &[RunRow]) -> Result<Vec<Task>, Trouble> {
    let (t, mut tasks) = (ask.t(), Vec::new());
    for source in ask.access.sources()? {
        let newest = runs.iter().find(|run| run.source == source.name);
        if let Some(run) = newest.filter(|run| matches!(run.state, RunState::Failed | RunState::Interrupted)) {
            tasks.push(Task {
                badge: state_badge(run.state, t),
                text: t.admin_failed_task(&source.name, run.message.as_deref().unwrap_or(state_word(run.state, t))),
                action: (t.admin_look().to_owned(), run_href(ask, run.id)),
            });
        }
    }
    for (name, count) in ask.access.quarantine_counts()?.into_iter().filter(|(_, count)| *count > 0) {
        tasks.push(Task {
            badge: Badge::new(Tone::Warning, t.admin_quarantine()),
            text: t.admin_quarantine_task(count, &name),
            action: (t.admin_mend().to_owned(), format!("{}#quarantine", source_href(ask, &name))),
        });
    }
    Ok(tasks)
}

fn running(ask: &Ask, run: &RunRow) -> RunItem {
    let count = |n| format::count(n, ask.language);
    RunItem {
        source: run.source.clone(),
        href: run_href(ask, run.id),
        started: Moment::with_age(run.at, ask.now(), ask.language),
        progress: ask.t().admin_progress(count(run.records), count(run.written)),
    }
}

fn platform_facts(ask: &Ask) -> Result<Vec<Fact>, Trouble> {
    let (t, language) = (ask.t(), ask.language);
    let health = ask.state.engine().health();
    let mut facts = vec![
        text_fact(t.fact_datasets(), &format::count(ask.access.datasets()?.len() as u64, language)),
        text_fact(t.fact_sources(), &format::count(ask.access.sources()?.len() as u64, language)),
    ];
    if let Some(own) = health.tenants.iter().find(|one| one.tenant == *ask.tenant()) {
        facts.push(text_fact(t.fact_entities(), &format::count(own.entities as u64, language)));
        facts.push(text_fact(t.fact_log_position(), &format::count(own.log_seq, language)));
        facts.push(text_fact(t.fact_memory(), &format::size(own.memory_bytes as u64, language)));
    }
    Ok(facts)
}

fn text_fact(name: &str, value: &str) -> Fact {
    Fact { name: name.to_owned(), value: FactValue::Text(Phrase::plain(value)) }
}

fn source_href(ask: &Ask, name: &str) -> String {
    ask.href(&format!("/verwaltung/quellen/{}", web::params::encode(name)))
}

fn run_href(ask: &Ask, id: u64) -> String {
    ask.href(&format!("/verwaltung/laeufe/{id}"))
}

fn state_word(state: RunState, t: Texts) -> &'static str {
    match state {
        RunState::Running => t.admin_state_running(),
        RunState::Done => t.admin_state_done(),
        RunState::Failed => t.admin_state_failed(),
        RunState::Interrupted => t.admin_state_interrupted(),
    }
}

fn state_badge(state: RunState, t: Texts) -> Badge {
    let tone = match state {
        RunState::Running => Tone::Info,
        RunState::Done => Tone::Success,
        RunState::Interrupted => Tone::Warning,
        RunState::Failed => Tone::Danger,
    };
    Badge::new(tone, state_word(state, t))
}

fn runs_table<'a>(ask: &Ask, runs: impl Iterator<Item = &'a RunRow>, with_source: bool) -> Option<Table> {
    let (t, language) = (ask.t(), ask.language);
    let row = |run: &RunRow| {
        let number = format::count(run.id, language);
        let mut cells = vec![Cell::text(&t.admin_run(number)).header().link(run_href(ask, run.id))];
        if with_source {
            cells.push(Cell::text(&run.source));
        }
        cells.extend([
            Cell::text(state_word(run.state, t)),
            Cell::moment(&Moment::short(run.at, language)),
            Cell::text(&run.input),
            Cell::number(&format::count(run.records, language)),
            Cell::number(&format::count(run.quarantined, language)),
        ]);
        cells
    };
    let rows: Vec<Vec<Cell>> = runs.map(row).collect();
    let mut head = vec![Head::text(t.admin_column_run())];
    if with_source {
        head.push(Head::text(t.admin_column_source()));
    }
    head.extend([
        Head::text(t.admin_column_state()),
        Head::text(t.admin_column_started()),
        Head::text(t.admin_column_input()),
        Head::number(t.admin_records()),
        Head::number(t.admin_quarantined()),
    ]);
    (!rows.is_empty()).then(|| Table { id: "runs".to_owned(), caption: t.admin_runs_caption().to_owned(), head, rows })
}

/// `GET /verwaltung/quellen`
pub(crate) async fn sources(ask: Ask) -> Response {
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
        let waiting = counts.iter().find(|(name, _)| *name == source.name).map_or(0, |(_, count)| *count);
        items.push(SourceItem {
            href: source_href(ask, &source.name),
            badge: source_badge(&source, newest.as_ref(), t),
            kind: format!("{} {}", t.fact_version(), source.version),
            last_run: newest.map(|run| Moment::with_age(run.at, ask.now(), ask.language)),
            quarantined: (waiting > 0).then(|| t.count_quarantined(waiting)),
            name: source.name,
        });
    }
    let crumbs =
        Crumbs { texts: t, above: vec![(Phrase::plain(t.admin_title()), ask.href("/verwaltung"))], here: Phrase::plain(t.admin_sources()) };
    Ok(ask.page(&SourcesPage { frame: ask.admin_frame(), crumbs, sources: items }))
}

fn source_badge(source: &SourceRow, newest: Option<&RunRow>, t: Texts) -> Badge {
    match newest.map(|run| run.state) {
        _ if source.paused => Badge::new(Tone::Info, t.admin_state_paused()),
        None => Badge::new(Tone::Info, t.admin_state_waiting()),
        Some(RunState::Done) => Badge::new(Tone::Success, t.admin_state_ok()),
        Some(state) => state_badge(state, t),
    }
}

/// `GET /verwaltung/quellen/{name}`
pub(crate) async fn source(ask: Ask, Path(name): Path<String>) -> Response {
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
    let mut badges = vec![source_badge(&source, runs.first(), t)];
    if waiting > 0 {
        badges.push(Badge::new(Tone::Warning, t.count_quarantined(waiting)));
    }
    let after = ask.param("nach").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut rows = ask.access.quarantined(Some(name), after, QUARANTINE_SHOWN + 1)?;
    let has_more = rows.len() > QUARANTINE_SHOWN;
    rows.truncate(QUARANTINE_SHOWN);
    let next = rows.last().filter(|_| has_more).map(|row| format!("{}?nach={}#quarantine", source_href(ask, name), row.id));
    let status = if shown.has_faults { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SourcePage {
        frame: Frame { failed: shown.has_faults, ..ask.admin_frame() },
        crumbs: source_crumbs(ask, name, None),
        name: name.to_owned(),
        badges,
        alert: shown.alert.or_else(|| note(ask)),
        facts: source_facts(ask, &source),
        dataset: dataset_of(ask, &source),
        text: shown.text.unwrap_or_else(|| source.text.clone()),
        version: source.version.to_string(),
        has_faults: shown.has_faults,
        versions: versions(ask, &source),
        runs: runs_table(ask, runs.iter(), false),
        quarantine: quarantined(ask, rows),
        quarantine_count: t.admin_quarantine_lead(waiting),
        next,
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(status, &page))
}

fn source_crumbs(ask: &Ask, name: &str, below: Option<&str>) -> Crumbs {
    let t = ask.t();
    let mut above = vec![
        (Phrase::plain(t.admin_title()), ask.href("/verwaltung")),
        (Phrase::plain(t.admin_sources()), ask.href("/verwaltung/quellen")),
    ];
    let here = match below {
        None => Phrase::plain(name),
        Some(here) => {
            above.push((Phrase::plain(name), source_href(ask, name)));
            Phrase::plain(here)
        }
    };
    Crumbs { texts: t, above, here }
}

fn source_facts(ask: &Ask, source: &SourceRow) -> Vec<Fact> {
    let t = ask.t();
    vec![
        text_fact(t.fact_version(), &source.version.to_string()),
        text_fact(t.admin_column_who(), &source.actor),
        Fact { name: t.admin_column_when().to_owned(), value: FactValue::Time(Moment::with_age(source.at, ask.now(), ask.language)) },
    ]
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

fn quarantined(ask: &Ask, rows: Vec<QuarantineRow>) -> Vec<QuarantineItem> {
    let (t, language) = (ask.t(), ask.language);
    let item = |row: QuarantineRow| QuarantineItem {
        id: row.id.to_string(),
        record: t.admin_record(format::count(row.item.record, language)),
        reason: Phrase::english(&row.item.reason, language),
        field: row.item.field,
        raw: shown(&row.item.raw),
        at: Moment::short(row.item.at, language),
        run: (format::count(row.item.run, language), run_href(ask, row.item.run)),
    };
    rows.into_iter().map(item).collect()
}

/// What the page before this one did, as its address says.
fn note(ask: &Ask) -> Option<Alert> {
    let t = ask.t();
    let number = |name: &str| ask.param(name).and_then(|text| text.parse::<u64>().ok());
    if let Some(version) = number("gespeichert") {
        return Some(Alert::new(Tone::Success, t.admin_saved_title(version), t.admin_saved_text()));
    }
    if let (Some(done), Some(failed)) = (number("uebernommen"), number("offen")) {
        if done + failed == 0 {
            return Some(Alert::new(Tone::Info, t.admin_replay_none(), ""));
        }
        let count = |n| format::count(n, ask.language);
        let tone = if failed == 0 { Tone::Success } else { Tone::Warning };
        return Some(Alert::new(tone, t.admin_replayed_title(count(done), count(failed)), ""));
    }
    if let Some(discarded) = number("verworfen") {
        return Some(if discarded == 0 {
            Alert::new(Tone::Info, t.admin_none_chosen(), "")
        } else {
            Alert::new(Tone::Success, t.admin_discarded_title(discarded), "")
        });
    }
    ask.param("gestartet").map(|_| Alert::new(Tone::Success, t.admin_run_started_title(), t.admin_run_started_text()))
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
        Err(faults) => faults.iter().map(|fault| Phrase::english(fault, ask.language)).collect(),
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
            let faults = faults.iter().map(|fault| Phrase::english(fault, ask.language)).collect();
            source_page(ask, name, with_faults(t, faults, text))
        }
        Err(error) => refused(ask, name, error, Some(text)),
    }
}

fn with_faults(t: Texts, faults: Vec<Phrase>, text: String) -> Shown {
    let title = t.admin_faults_title(faults.len() as u64);
    let items = faults.into_iter().map(|fault| (fault, Some("text".to_owned()))).collect();
    Shown { alert: Some(Alert::errors(title, items)), text: Some(text), has_faults: true }
}

/// What people can act on is shown on the page they came from.
fn refused(ask: &Ask, name: &str, error: WorkError, text: Option<String>) -> Result<Response, Trouble> {
    let message = match error {
        WorkError::Engine(error) if matches!(error.kind(), Kind::Exists | Kind::Conflict | Kind::Invalid | Kind::NoSpace) => {
            error.to_string()
        }
        WorkError::Engine(error) => return Err(error.into()),
        other => other.to_string(),
    };
    let alert = Alert {
        items: vec![(Phrase::english(&message, ask.language), None)],
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

/// `GET /verwaltung/laeufe/{id}`
pub(crate) async fn run(ask: Ask, Path(id): Path<String>) -> Response {
    let answer = run_page(&ask, &id);
    ask.answer(answer)
}

fn run_page(ask: &Ask, id: &str) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let run = ask.access.run(id.parse().map_err(|_| Trouble::NotFound)?)?;
    let (t, language) = (ask.t(), ask.language);
    let is_bad = matches!(run.state, RunState::Failed | RunState::Interrupted);
    let alert = run.message.as_ref().map(|message| Alert {
        items: vec![(Phrase::english(message, language), None)],
        ..Alert::new(if is_bad { Tone::Danger } else { Tone::Info }, state_word(run.state, t), "")
    });
    let number = format::count(run.id, language);
    let own = |row: &QuarantineRow| row.item.run == run.id;
    let waiting: Vec<QuarantineRow> =
        ask.access.quarantined(Some(&run.source), 0, 500)?.into_iter().filter(own).take(QUARANTINE_SHOWN).collect();
    let page = RunPage {
        frame: ask.admin_frame(),
        crumbs: source_crumbs(ask, &run.source, Some(&t.admin_run(&number))),
        id: number,
        badge: state_badge(run.state, t),
        alert,
        facts: run_facts(ask, &run),
        outcome: outcome(&run, t),
        quarantine: quarantined(ask, waiting),
        source: (run.source.clone(), source_href(ask, &run.source)),
    };
    Ok(ask.page(&page))
}

fn run_facts(ask: &Ask, run: &RunRow) -> Vec<Fact> {
    let (t, language) = (ask.t(), ask.language);
    let mut facts = vec![
        Fact { name: t.fact_source().to_owned(), value: FactValue::Link(Phrase::plain(&run.source), source_href(ask, &run.source)) },
        text_fact(t.fact_input(), &run.input),
        text_fact(t.fact_version(), &run.version.to_string()),
        Fact { name: t.fact_started().to_owned(), value: FactValue::Time(Moment::with_age(run.at, ask.now(), language)) },
    ];
    if let Some(finished) = run.finished_at {
        facts.push(text_fact(t.fact_took(), &format::duration(finished.micros() - run.at.micros(), language)));
    }
    facts.push(text_fact(t.fact_checksum(), &hex(&run.checksum)));
    facts
}

fn outcome(run: &RunRow, t: Texts) -> Table {
    let row = |name: &str, count: u64| vec![Cell::text(name).header(), Cell::number(&format::count(count, t.language))];
    Table {
        id: "outcome".to_owned(),
        caption: t.admin_outcome_caption().to_owned(),
        head: vec![Head::text(t.admin_outcome_what()), Head::number(t.admin_outcome_count())],
        rows: vec![
            row(t.admin_records(), run.records),
            row(t.admin_written(), run.written),
            row(t.admin_unchanged(), run.unchanged),
            row(t.admin_corrected(), run.corrected),
            row(t.admin_flagged(), run.flagged),
            row(t.admin_quarantined(), run.quarantined),
        ],
    }
}
