//! "Was läuft, was ist kaputt": the administration's first page.

use axum::response::Response;
use engine::{RunRow, RunState, SourceRow};
use harmonise::Reason;

use super::{RUNS_SHOWN, reports, retention, run_href, run_repeated, runs_table, source_href, sources, state_badge, state_word, text_fact};
use crate::ask::{Ask, Trouble};
use crate::format;
use crate::pages::admin::{HomePage, RunItem, Task};
use crate::pages::dataset::Fact;
use crate::parts::{Badge, Moment, Tone};

/// `GET /verwaltung`
pub(crate) async fn home(ask: Ask) -> Response {
    let answer = home_page(&ask);
    ask.answer(answer)
}

fn home_page(ask: &Ask) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let runs = ask.access.runs(None, 200)?;
    let sources = ask.access.sources()?;
    let troubled = troubled(ask, &sources, &runs)?;
    let page = HomePage {
        frame: ask.admin_frame(),
        standing: standing(ask, &sources, &troubled)?,
        tasks: troubled.into_iter().flat_map(|(_, tasks)| tasks).chain(retention::tasks(ask)).chain(waiting(ask)?).collect(),
        running: runs.iter().filter(|run| run.state == RunState::Running).map(|run| running(ask, run)).collect(),
        runs: runs_table(ask, runs.iter().take(RUNS_SHOWN), true),
        facts: platform_facts(ask)?,
        retention: retention::href(ask),
    };
    Ok(ask.page(&page))
}

/// The sources that need somebody, each with what is wrong.
fn troubled<'a>(ask: &Ask, sources: &'a [SourceRow], runs: &[RunRow]) -> Result<Vec<(&'a str, Vec<Task>)>, Trouble> {
    let mut troubled = Vec::new();
    for source in sources {
        let tasks = of_source(ask, source, runs.iter().find(|run| run.source == source.name))?;
        if !tasks.is_empty() {
            troubled.push((source.name.as_str(), tasks));
        }
    }
    Ok(troubled)
}

/// What is wrong with a source: it failed, fell silent or changed.
fn of_source(ask: &Ask, source: &SourceRow, newest: Option<&RunRow>) -> Result<Vec<Task>, Trouble> {
    let (t, mut tasks) = (ask.t(), Vec::new());
    let failed = newest.filter(|run| matches!(run.state, RunState::Failed | RunState::Interrupted));
    if let Some(run) = failed {
        tasks.push(Task {
            badge: state_badge(run.state, t),
            text: with(t.admin_failed_task(&source.name, why(ask, run)), run_repeated(ask, run)),
            action: (t.admin_look().to_owned(), run_href(ask, run.id)),
        });
    }
    let look = (t.admin_look().to_owned(), source_href(ask, &source.name));
    let standing = sources::standing(ask, source)?;
    // A run that failed was told of already.
    if let Some(trouble) = standing.trouble.as_ref().filter(|_| failed.is_none() && !source.paused) {
        let text = t.admin_trouble_task(&source.name, trouble.say(ask.language.of_faults()));
        let text = with(text, sources::repeated(ask, &standing));
        tasks.push(Task { badge: state_badge(RunState::Failed, t), text, action: look.clone() });
    }
    if let Some(since) = standing.silent_since {
        let text = t.admin_silent_task(&source.name, format::moment_long(since, ask.language));
        tasks.push(Task { badge: Badge::new(Tone::Warning, t.admin_silent()), text, action: look.clone() });
    }
    if !standing.drift.is_empty() {
        let said: Vec<String> = standing.drift.iter().map(|drift| drift.say(ask.language.of_faults())).collect();
        let text = t.admin_drift_task(&source.name, said.join(" "));
        tasks.push(Task { badge: Badge::new(Tone::Warning, t.admin_drift()), text, action: look });
    }
    Ok(tasks)
}

/// How many sources run, need somebody, or rest: a sentence each.
fn standing(ask: &Ask, sources: &[SourceRow], troubled: &[(&str, Vec<Task>)]) -> Result<Vec<String>, Trouble> {
    let quarantined = ask.access.quarantine_counts()?;
    let needs =
        |name: &str| troubled.iter().any(|(known, _)| *known == name) || quarantined.iter().any(|(known, n)| known == name && *n > 0);
    let broken = sources.iter().filter(|source| needs(&source.name)).count() as u64;
    let paused = sources.iter().filter(|source| source.paused && !needs(&source.name)).count() as u64;
    let t = ask.t();
    let all = [
        (sources.len() as u64 - broken - paused, t.count_sources_fine(sources.len() as u64 - broken - paused)),
        (broken, t.count_sources_broken(broken)),
        (paused, t.count_sources_paused(paused)),
    ];
    Ok(all.into_iter().filter(|(count, _)| *count > 0).map(|(_, sentence)| sentence).collect())
}

/// What waits besides: records in quarantine, reports.
fn waiting(ask: &Ask) -> Result<Vec<Task>, Trouble> {
    let (t, mut tasks) = (ask.t(), Vec::new());
    for (name, count) in ask.access.quarantine_counts()?.into_iter().filter(|(_, count)| *count > 0) {
        tasks.push(Task {
            badge: Badge::new(Tone::Warning, t.admin_quarantine()),
            text: t.admin_quarantine_task(count, &name),
            action: (t.admin_mend().to_owned(), format!("{}#quarantine", source_href(ask, &name))),
        });
    }
    let waiting = reports::waiting(ask)?;
    if waiting > 0 {
        tasks.push(Task {
            badge: Badge::new(Tone::Warning, t.report_list_title()),
            text: t.report_task(waiting),
            action: (t.admin_look().to_owned(), ask.href("/verwaltung/meldungen")),
        });
    }
    Ok(tasks)
}

/// A sentence and perhaps one more.
fn with(text: String, more: Option<String>) -> String {
    more.map_or_else(|| text.clone(), |more| format!("{text} {more}"))
}

/// Why a run failed, in the page's language.
fn why(ask: &Ask, run: &RunRow) -> String {
    let said = run.message.as_deref().map(|message| Reason::read(message).say(ask.language.of_faults()));
    said.unwrap_or_else(|| state_word(run.state, ask.t()).to_owned())
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
