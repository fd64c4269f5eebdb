//! One run: what it read and what became of it.

use axum::extract::Path;
use axum::response::Response;
use engine::{RunRow, RunState};
use harmonise::Reason;

use super::{quarantine, run_repeated, source_crumbs, source_href, state_badge, state_word, text_fact};
use crate::ask::{Ask, Trouble};
use crate::format;
use crate::handlers::table::hex;
use crate::messages::Texts;
use crate::pages::admin::RunPage;
use crate::pages::dataset::{Fact, FactValue};
use crate::parts::{Alert, Cell, Head, Moment, Phrase, Table, Tone};

/// `GET /verwaltung/laeufe/{id}`
pub(crate) async fn show(ask: Ask, Path(id): Path<String>) -> Response {
    let answer = run_page(&ask, &id);
    ask.answer(answer)
}

fn run_page(ask: &Ask, id: &str) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let run = ask.access.run(id.parse().map_err(|_| Trouble::NotFound)?)?;
    let (t, language) = (ask.t(), ask.language);
    let is_bad = matches!(run.state, RunState::Failed | RunState::Interrupted);
    let alert = run.message.as_ref().map(|message| Alert {
        items: vec![(Phrase::reason(&Reason::read(message), language), None)],
        text: run_repeated(ask, &run).unwrap_or_default(),
        ..Alert::new(if is_bad { Tone::Danger } else { Tone::Info }, state_word(run.state, t), "")
    });
    let number = format::count(run.id, language);
    let page = RunPage {
        frame: ask.admin_frame(),
        crumbs: source_crumbs(ask, &run.source, Some(&t.admin_run(&number))),
        id: number,
        badge: state_badge(run.state, t),
        alert,
        facts: run_facts(ask, &run),
        outcome: outcome(&run, t),
        quarantine: quarantine::of_run(ask, &run.source, run.id)?,
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
