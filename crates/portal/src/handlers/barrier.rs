//! „Barriere melden“: a report about a page that somebody cannot use.

use axum::Extension;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use engine::{About, Kind, MESSAGE_CHARS_MAX, NewReport};
use web::{Params, Peer};

use super::report::{Told, is_address};
use crate::allowance::sender;
use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::frame::{Frame, Section};
use crate::pages::barrier::BarrierPage;
use crate::pages::document;
use crate::parts::{Alert, Crumbs, Field, Phrase, Tone};

const PATH: &str = "/barriere-melden";
/// Longest address of a page and longest name of tools, in characters.
const LINE_CHARS_MAX: usize = 200;

/// What was typed and what is wrong with it.
#[derive(Default)]
struct Attempt {
    message: String,
    page: String,
    tools: String,
    contact: String,
    trap: String,
    faults: Vec<(&'static str, String)>,
    /// What is wrong with all of it together: title, text.
    general: Option<(String, String)>,
}

/// `GET /barriere-melden`
pub(crate) async fn form(ask: Ask) -> Response {
    let attempt = Attempt { page: came_from(&ask).unwrap_or_default(), ..Attempt::default() };
    let answer = page(&ask, &attempt).map(|page| ask.page(&page));
    ask.answer(answer)
}

/// `POST /barriere-melden`
pub(crate) async fn send(ask: Ask, peer: Option<Extension<Peer>>, body: Body) -> Response {
    let answer = take(&ask, peer.map(|Extension(peer)| peer), body).await;
    ask.answer(answer)
}

/// The page of this site that led here.
fn came_from(ask: &Ask) -> Option<String> {
    let text = |name| ask.headers.get(name).and_then(|value| value.to_str().ok());
    let (_, rest) = text(header::REFERER)?.split_once("://")?;
    let path = rest.strip_prefix(text(header::HOST)?).filter(|path| path.starts_with('/'))?;
    let is_other = path.len() <= LINE_CHARS_MAX && !path.ends_with(PATH);
    is_other.then(|| path.to_owned())
}

async fn take(ask: &Ask, peer: Option<Peer>, body: Body) -> Result<Response, Trouble> {
    let mut attempt = read(ask, &ask.form(body).await?);
    if attempt.faults.is_empty() {
        match keep(ask, peer, &attempt).await? {
            Ok(key) => return Ok(redirect(&ask.href(&format!("/meldungen/{key}?neu=1")))),
            Err(general) => attempt.general = Some(general),
        }
    }
    let status = if attempt.faults.is_empty() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(ask.page_with(status, &page(ask, &attempt)?))
}

/// What the form holds, with what is wrong with it.
fn read(ask: &Ask, form: &Params) -> Attempt {
    let (t, count) = (ask.t(), |n: usize| format::count(n as u64, ask.language));
    let field = |name: &str| form.all(name).next().unwrap_or("").trim().replace("\r\n", "\n");
    let line = |name: &str| field(name).chars().filter(|c| !c.is_control()).take(LINE_CHARS_MAX).collect::<String>();
    let mut attempt = Attempt {
        message: field("meldung"),
        page: line("seite"),
        tools: line("hilfsmittel"),
        contact: field("email"),
        trap: field("webseite"),
        ..Attempt::default()
    };
    let (length, most) = (attempt.message.chars().count(), MESSAGE_CHARS_MAX - 2 * LINE_CHARS_MAX);
    if length == 0 {
        attempt.faults.push(("meldung", t.barrier_need_message().to_owned()));
    } else if length > most {
        attempt.faults.push(("meldung", t.report_message_long(count(length), count(most))));
    }
    if !attempt.contact.is_empty() && !is_address(&attempt.contact) {
        attempt.faults.push(("email", t.report_contact_wrong().to_owned()));
    }
    if !attempt.trap.is_empty() {
        attempt.faults.push(("webseite", t.report_trap_filled().to_owned()));
    }
    attempt
}

/// Hands the report to the engine; what a person can wait for comes back as title and text.
async fn keep(ask: &Ask, peer: Option<Peer>, attempt: &Attempt) -> Result<Result<model::Text, (String, String)>, Trouble> {
    let t = ask.t();
    if !ask.state.may_report(sender(peer, &ask.headers)) {
        return Ok(Err((t.report_wait().to_owned(), t.report_wait_text().to_owned())));
    }
    let mut message = attempt.message.clone();
    if !attempt.tools.is_empty() {
        message = format!("{message}\n\n{}", t.barrier_tools_used(&attempt.tools));
    }
    let contact = Some(attempt.contact.as_str()).filter(|contact| !contact.is_empty()).map(Into::into);
    let new = NewReport { about: About::Page(attempt.page.as_str().into()), message: message.into(), contact };
    match ask.access.report(new).await {
        Ok(key) => Ok(Ok(key)),
        Err(error) if error.kind() == Kind::Unavailable => Ok(Err((t.report_full().to_owned(), t.report_full_text().to_owned()))),
        Err(error) => Err(error.into()),
    }
}

fn page(ask: &Ask, attempt: &Attempt) -> Result<BarrierPage, Trouble> {
    let t = ask.t();
    let frame = ask.frame(Section::Other);
    let document = document::document("barriere-melden", ask.language, &frame.site).ok_or(Trouble::NotFound)?;
    let error = |name: &str| attempt.faults.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone());
    let field = |name: &str, label: &str, hint: &str, kind, value: &str| Field {
        hint: Some(hint.to_owned()),
        value: value.to_owned(),
        error: error(name),
        ..Field::new(name, label, kind, if kind == "email" { "email" } else { "off" })
    };
    let alert = match &attempt.general {
        Some((title, text)) => Some(Alert { takes_focus: true, ..Alert::new(Tone::Warning, title, text) }),
        None if attempt.faults.is_empty() => None,
        None => Some(Alert::errors(
            t.report_errors_title(),
            attempt.faults.iter().map(|(name, text)| (Phrase::plain(text), Some((*name).to_owned()))).collect(),
        )),
    };
    Ok(BarrierPage {
        frame: Frame { failed: alert.is_some(), ..frame },
        crumbs: Crumbs { texts: t, above: vec![(Phrase::plain(t.nav_home()), ask.href("/"))], here: Phrase::plain(&document.title) },
        document,
        alert,
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
        message: attempt.message.clone(),
        message_hint: t.barrier_message_hint(format::count((MESSAGE_CHARS_MAX - 2 * LINE_CHARS_MAX) as u64, ask.language)),
        message_error: error("meldung"),
        fields: vec![
            field("seite", t.barrier_page(), t.barrier_page_hint(), "text", &attempt.page),
            field("hilfsmittel", t.barrier_tools(), t.barrier_tools_hint(), "text", &attempt.tools),
            field("email", t.barrier_contact(), t.report_contact_hint(), "email", &attempt.contact),
        ],
        trap: attempt.trap.clone(),
        trap_error: error("webseite"),
    })
}

/// What such a report is about; a page of this site has a link.
pub(super) fn told(ask: &Ask, path: &str) -> Told {
    let is_ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let line = if path.is_empty() { ask.t().barrier_about_all().to_owned() } else { ask.t().barrier_about(path) };
    Told { line: line.as_str().into(), href: is_ours.then(|| path.to_owned()) }
}
