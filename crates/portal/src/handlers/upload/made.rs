//! The fourth page: the dataset. Open it, withdraw it, replace its file, take its definition along.

use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::{Kind, RunRow, RunState};
use harmonise::Reason;
use harmonise::guess::with_published;

use super::receive::{Received, receive};
use super::{changed, crumbs, given, href, sample, start};
use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::frame::Frame;
use crate::pages::dataset::{Fact, FactValue};
use crate::pages::upload::MadePage;
use crate::parts::{Alert, Badge, Moment, Phrase, Tone};
use crate::state::WorkError;
use crate::upload::{self, Draft, Saved, Stage};

/// `GET /verwaltung/hochladen/{id}/datensatz`
pub(crate) async fn show(ask: Ask, Path(id): Path<String>) -> Response {
    let answer = made(&ask, &id).and_then(|draft| page(&ask, &draft, note(&ask)));
    ask.answer(answer)
}

/// A draft that became a dataset.
fn made(ask: &Ask, id: &str) -> Result<Draft, Trouble> {
    ask.require_editor()?;
    let draft = upload::draft(&ask.access, id)?;
    if draft.stage == Stage::Made { Ok(draft) } else { Err(Trouble::NotFound) }
}

/// What the page before this one did.
fn note(ask: &Ask) -> Option<Alert> {
    let t = ask.t();
    let (title, text) = match () {
        () if ask.param("neu").is_some() => (t.upload_made(), t.upload_made_now()),
        () if ask.param("offen").is_some() => (t.upload_opened(), t.upload_opened_now()),
        () if ask.param("zurueckgezogen").is_some() => (t.upload_withdrawn(), t.upload_withdrawn_now()),
        () if ask.param("ersetzt").is_some() => (t.upload_replaced(), t.upload_replaced_now()),
        () => return None,
    };
    Some(Alert::new(Tone::Success, title, text))
}

/// `GET /verwaltung/hochladen/{id}/definition.toml`
pub(crate) async fn export(ask: Ask, Path(id): Path<String>) -> Response {
    let answer = made(&ask, &id).and_then(|draft| {
        let source = ask.access.source(&draft.answers.slug, None)?;
        let name = format!("attachment; filename=\"{}.toml\"", draft.answers.slug);
        let headers = [(header::CONTENT_TYPE, "application/toml".to_owned()), (header::CONTENT_DISPOSITION, name)];
        Ok((headers, source.text).into_response())
    });
    ask.answer(answer)
}

/// `POST /verwaltung/hochladen/{id}/datensatz`: open or withdraw.
pub(crate) async fn switch(ask: Ask, Path(id): Path<String>, body: Body) -> Response {
    let answer = switch_to(&ask, &id, body).await;
    ask.answer(answer)
}

async fn switch_to(ask: &Ask, id: &str, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    let draft = made(ask, id)?;
    let open = form.all("aktion").next() == Some("oeffnen");
    if open && draft.answers.personal {
        let alert = Alert::new(Tone::Danger, ask.t().upload_stays_closed(), ask.t().upload_stays_closed_why());
        return page(ask, &draft, Some(alert));
    }
    let source = ask.access.source(&draft.answers.slug, None)?;
    let Some(text) = with_published(&source.text, open) else { return Err(Trouble::NotFound) };
    match ask.state.workshop().put(&ask.access, &text).await {
        Ok(_) => Ok(redirect(&href(ask, &draft, if open { "/datensatz?offen=1" } else { "/datensatz?zurueckgezogen=1" }))),
        Err(error) => failed(ask, &draft, error),
    }
}

fn failed(ask: &Ask, draft: &Draft, error: WorkError) -> Result<Response, Trouble> {
    let reason = match error {
        WorkError::Engine(error) => return Err(error.into()),
        WorkError::Definition(faults) => Reason::of(&faults),
        WorkError::Refused(reason) => reason,
    };
    let items = vec![(Phrase::reason(&reason, ask.language), None)];
    page(ask, draft, Some(Alert { items, ..Alert::new(Tone::Danger, ask.t().admin_refused_title(), "") }))
}

/// `POST /verwaltung/hochladen/{id}/ersetzen`: a newer file under the same definition.
pub(crate) async fn replace(ask: Ask, Path(id): Path<String>, form: Result<Multipart, MultipartRejection>) -> Response {
    let answer = match form {
        Ok(form) => replace_file(&ask, &id, form).await,
        Err(_) => Err(Trouble::Invalid(ask.t().upload_broken_off().to_owned())),
    };
    ask.answer(answer)
}

async fn replace_file(ask: &Ask, id: &str, form: Multipart) -> Result<Response, Trouble> {
    let draft = made(ask, id)?;
    let (name, kept) = match receive(ask, form).await? {
        Received::File { name, kept } => (name, kept),
        other => return page(ask, &draft, Some(start::alert(ask, &other))),
    };
    let found = match sample(ask, kept.checksum, given(&draft.plan.layout)).await? {
        Ok(found) => found,
        Err(refusal) => {
            upload::forget(&ask.access, &kept).await?;
            return page(ask, &draft, Some(start::refused(ask, &name, &refusal)));
        }
    };
    let missing: Vec<&str> = draft
        .plan
        .columns
        .iter()
        .map(|column| column.field.as_str())
        .filter(|field| !found.header.iter().any(|name| name == field))
        .collect();
    if !missing.is_empty() {
        upload::forget(&ask.access, &kept).await?;
        let t = ask.t();
        return page(
            ask,
            &draft,
            Some(Alert::errors(
                t.upload_other_columns(missing.join("“, „"), &name),
                vec![(Phrase::plain(t.upload_other_file()), Some("datei".to_owned()))],
            )),
        );
    }
    let draft = match upload::save(&ask.access, draft.clone().with_file(&name, &kept), ask.now()).await {
        Ok(Saved::Done(draft)) => draft,
        Ok(Saved::Changed(now)) => {
            upload::forget(&ask.access, &kept).await?;
            return page(ask, &now, Some(changed(ask, &now)));
        }
        Err(error) if error.kind() == Kind::NoSpace => {
            upload::forget(&ask.access, &kept).await?;
            return page(ask, &draft, Some(start::alert(ask, &Received::NoSpace)));
        }
        Err(error) => return Err(error.into()),
    };
    match ask.state.workshop().take_kept(&ask.access, &draft.answers.slug, &name, kept).await {
        Ok(()) | Err(WorkError::Refused(_)) => Ok(redirect(&href(ask, &draft, "/datensatz?ersetzt=1"))),
        Err(error) => failed(ask, &draft, error),
    }
}

fn page(ask: &Ask, draft: &Draft, alert: Option<Alert>) -> Result<Response, Trouble> {
    let t = ask.t();
    let slug = &draft.answers.slug;
    let dataset = ask.access.dataset(slug)?;
    let newest = ask.access.runs(Some(slug), 1)?.into_iter().next();
    let failed = alert.as_ref().is_some_and(|alert| alert.takes_focus);
    let page = MadePage {
        frame: Frame { failed, ..ask.admin_frame() },
        crumbs: crumbs(ask, &dataset.title.de),
        title: Phrase::of(&dataset.title, ask.language),
        alert,
        trouble: newest.as_ref().and_then(|run| trouble(ask, run)),
        badge: if dataset.published { Badge::new(Tone::Success, t.upload_is_open()) } else { Badge::new(Tone::Info, t.upload_is_closed()) },
        is_open: dataset.published,
        is_personal: draft.answers.personal,
        facts: facts(ask, draft, newest.as_ref()),
        dataset: ask.href(&format!("/datensaetze/{slug}")),
        source: ask.href(&format!("/verwaltung/quellen/{slug}")),
        definition: href(ask, draft, "/definition.toml"),
        action: href(ask, draft, "/datensatz"),
        replace: href(ask, draft, "/ersetzen"),
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
}

fn facts(ask: &Ask, draft: &Draft, run: Option<&RunRow>) -> Vec<Fact> {
    let (t, language) = (ask.t(), ask.language);
    let text = |name: &str, value: String| Fact { name: name.to_owned(), value: FactValue::Text(Phrase::plain(&value)) };
    let mut facts = vec![text(t.fact_input(), draft.file.clone())];
    if let Some(run) = run {
        facts.push(Fact { name: t.fact_started().to_owned(), value: FactValue::Time(Moment::with_age(run.at, ask.now(), language)) });
        facts.push(text(t.admin_records(), format::count(run.records, language)));
        facts.push(text(t.admin_written(), format::count(run.written, language)));
        facts.push(text(t.admin_unchanged(), format::count(run.unchanged, language)));
        facts.push(text(t.admin_corrected(), format::count(run.corrected, language)));
        facts.push(text(t.admin_quarantined(), format::count(run.quarantined, language)));
    }
    facts
}

/// What the newest run could not take.
fn trouble(ask: &Ask, run: &RunRow) -> Option<Alert> {
    let t = ask.t();
    match run.state {
        RunState::Failed | RunState::Interrupted => {
            let reason = run.message.as_deref().map(|message| (Phrase::reason(&Reason::read(message), ask.language), None));
            Some(Alert {
                items: reason.into_iter().collect(),
                ..Alert::new(Tone::Danger, t.upload_run_failed(), t.upload_run_failed_now())
            })
        }
        RunState::Running => Some(Alert::new(Tone::Info, t.upload_running(), t.upload_running_now())),
        RunState::Done if run.quarantined > 0 => {
            Some(Alert::new(Tone::Warning, t.upload_set_aside(run.quarantined), t.upload_set_aside_now()))
        }
        RunState::Done => None,
    }
}
