//! The administration: overview, sources, runs, quarantine; what their pages share.

pub(crate) mod dashboards;
pub(crate) mod erasure;
pub(crate) mod overview;
pub(crate) mod quarantine;
pub(crate) mod reports;
pub(crate) mod retention;
pub(crate) mod runs;
pub(crate) mod sources;

use engine::{RunRow, RunState};

use crate::ask::Ask;
use crate::format;
use crate::messages::Texts;
use crate::pages::dataset::{Fact, FactValue};
use crate::parts::{Badge, Cell, Crumbs, Head, Moment, Phrase, Table, Tone};

/// How many runs a list shows.
const RUNS_SHOWN: usize = 15;

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

/// A run's state in words, with how often it came about.
fn state_of(run: &RunRow, ask: &Ask) -> String {
    let word = state_word(run.state, ask.t());
    if run.repeats == 0 { word.to_owned() } else { ask.t().admin_state_times(format::count(run.repeats + 1, ask.language), word) }
}

/// How often a run failed in the same way, first and last.
fn run_repeated(ask: &Ask, run: &RunRow) -> Option<String> {
    let moment = |at| format::moment_long(at, ask.language);
    Some(ask.t().admin_repeated(format::count(run.repeats + 1, ask.language), moment(run.at), moment(run.repeated_at?)))
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
            Cell::text(&state_of(run, ask)),
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
