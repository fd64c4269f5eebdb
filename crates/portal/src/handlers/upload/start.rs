//! The first page: choose a file, or go on with one.

use axum::extract::Multipart;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Kind;
use harmonise::guess::{Given, Refusal, propose};

use super::receive::{Received, receive};
use super::{FILE_BYTES_MAX, href, sample, words};
use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::frame::Frame;
use crate::pages::upload::{DraftItem, StartPage};
use crate::parts::{Alert, Badge, Moment, Phrase, Tone};
use crate::upload::{self, Draft, Saved, Stage};

/// `GET /verwaltung/hochladen`
pub(crate) async fn show(ask: Ask) -> Response {
    let t = ask.t();
    let alert = ask.param("verworfen").map(|fate| {
        let text = match fate {
            "gelesen" => t.upload_discarded_read(),
            "geteilt" => t.upload_discarded_shared(),
            _ => t.upload_discarded_removed(),
        };
        Alert::new(Tone::Success, t.upload_discarded(), text)
    });
    let answer = page(&ask, alert, StatusCode::OK);
    ask.answer(answer)
}

/// `POST /verwaltung/hochladen`: a file comes.
pub(crate) async fn take(ask: Ask, form: Result<Multipart, axum::extract::multipart::MultipartRejection>) -> Response {
    let answer = match form {
        Ok(form) => take_file(&ask, form).await,
        Err(_) => Err(Trouble::Invalid(ask.t().upload_broken_off().to_owned())),
    };
    ask.answer(answer)
}

async fn take_file(ask: &Ask, form: Multipart) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let (name, kept) = match receive(ask, form).await? {
        Received::File { name, kept } => (name, kept),
        other => return page(ask, Some(alert(ask, &other)), other.status()),
    };
    match sample(ask, kept.checksum, Given::default()).await? {
        Ok(found) => {
            let draft = Draft::new(&ask.access, &name, &kept, propose(&found), ask.now());
            match upload::save(&ask.access, draft, ask.now()).await {
                Ok(Saved::Done(draft) | Saved::Changed(draft)) => Ok(redirect(&href(ask, &draft, ""))),
                // There was room for the file but not for the draft: without it nobody finds the file.
                Err(error) if error.kind() == Kind::NoSpace => {
                    upload::forget(&ask.access, &kept).await?;
                    page(ask, Some(alert(ask, &Received::NoSpace)), Received::NoSpace.status())
                }
                Err(error) => Err(error.into()),
            }
        }
        Err(refusal) => {
            upload::forget(&ask.access, &kept).await?;
            page(ask, Some(refused(ask, &name, &refusal)), StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

/// Why nothing was taken, and what to do now.
pub(super) fn alert(ask: &Ask, received: &Received) -> Alert {
    let t = ask.t();
    let (title, text) = match received {
        Received::Refused { name, refusal } => return refused(ask, name, refusal),
        Received::TooLarge { size_bytes } => (
            t.upload_too_large(format::size(FILE_BYTES_MAX, ask.language), format::size(*size_bytes, ask.language)),
            t.upload_too_large_now().to_owned(),
        ),
        Received::NoSpace => (t.upload_no_space().to_owned(), t.upload_no_space_now().to_owned()),
        Received::Nothing | Received::File { .. } => (t.upload_nothing().to_owned(), String::new()),
    };
    with_field(ask, title, text)
}

/// Why a file is no table.
pub(super) fn refused(ask: &Ask, name: &str, refusal: &Refusal) -> Alert {
    let (title, text) = words::refusal(ask.t(), name, refusal);
    with_field(ask, title, text)
}

fn with_field(ask: &Ask, title: String, text: String) -> Alert {
    let items = vec![(Phrase::plain(ask.t().upload_other_file()), Some("datei".to_owned()))];
    Alert { text, ..Alert::errors(title, items) }
}

fn page(ask: &Ask, alert: Option<Alert>, status: StatusCode) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let failed = status != StatusCode::OK;
    let drafts = upload::drafts(&ask.access)?.iter().map(|draft| item(ask, draft)).collect();
    let page = StartPage {
        frame: Frame { failed, ..ask.admin_frame() },
        alert,
        has_error: failed,
        limit: format::size(FILE_BYTES_MAX, ask.language),
        drafts,
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(status, &page))
}

fn item(ask: &Ask, draft: &Draft) -> DraftItem {
    let t = ask.t();
    let (badge, below) = match draft.stage {
        Stage::Open => (Badge::new(Tone::Info, t.upload_stage_open()), ""),
        Stage::Made => (Badge::new(Tone::Success, t.upload_stage_made()), "/datensatz"),
    };
    let title = if draft.answers.title.is_empty() { &draft.file } else { &draft.answers.title };
    DraftItem {
        title: title.clone(),
        href: href(ask, draft, below),
        badge,
        facts: format!("{}, {}", draft.file, format::size(draft.size_bytes, ask.language)),
        at: Moment::with_age(draft.at(), ask.now(), ask.language),
    }
}
