//! „Barriere melden“: a report about a page that somebody cannot use.

use axum::body::Body;
use axum::http::header;
use axum::response::Response;
use engine::{About, MESSAGE_CHARS_MAX};
use web::Params;

use super::letter::{Letter, field};
use super::report::Told;
use crate::ask::{Ask, Trouble};
use crate::format;
use crate::frame::{Frame, Section};
use crate::pages::barrier::BarrierPage;
use crate::pages::document;
use crate::parts::{Crumbs, Field, Phrase};

pub(super) const PATH: &str = "/barriere-melden";
/// Longest address of a page and longest name of tools, in characters.
const LINE_CHARS_MAX: usize = 200;

/// What was typed.
#[derive(Default)]
struct Attempt {
    letter: Letter,
    page: String,
    tools: String,
}

/// `GET /barriere-melden`
pub(crate) async fn form(ask: Ask) -> Response {
    let attempt = Attempt { page: came_from(&ask).unwrap_or_default(), ..Attempt::default() };
    let answer = page(&ask, &attempt).map(|page| ask.page(&page));
    ask.answer(answer)
}

/// `POST /barriere-melden`
pub(crate) async fn send(ask: Ask, body: Body) -> Response {
    let answer = take(&ask, body).await;
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

async fn take(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    let mut attempt = read(ask, &ask.form(body).await?);
    let mut message = attempt.letter.message.clone();
    if !attempt.tools.is_empty() {
        message = format!("{message}\n\n{}", ask.t().barrier_tools_used(&attempt.tools));
    }
    let new = attempt.letter.report(About::Page(attempt.page.as_str().into()), &message);
    match attempt.letter.send(ask, new).await? {
        Some(kept) => Ok(kept),
        None => Ok(ask.page_with(attempt.letter.status(), &page(ask, &attempt)?)),
    }
}

/// What the form holds.
fn read(ask: &Ask, form: &Params) -> Attempt {
    let line = |name: &str| field(form, name).chars().filter(|c| !c.is_control()).take(LINE_CHARS_MAX).collect();
    let letter = Letter::read(ask, form, ask.t().barrier_need_message(), MESSAGE_CHARS_MAX - 2 * LINE_CHARS_MAX);
    Attempt { letter, page: line("seite"), tools: line("hilfsmittel") }
}

fn page(ask: &Ask, attempt: &Attempt) -> Result<BarrierPage, Trouble> {
    let (t, letter) = (ask.t(), &attempt.letter);
    let frame = ask.frame(Section::Other);
    let document = document::document("barriere-melden", ask.language, &frame.site).ok_or(Trouble::NotFound)?;
    let input = |name: &str, label: &str, hint: &str, kind, value: &str| Field {
        hint: Some(hint.to_owned()),
        value: value.to_owned(),
        error: letter.error(name),
        ..Field::new(name, label, kind, if kind == "email" { "email" } else { "off" })
    };
    let alert = letter.alert(ask);
    Ok(BarrierPage {
        frame: Frame { failed: alert.is_some(), ..frame },
        crumbs: Crumbs { texts: t, above: vec![(Phrase::plain(t.nav_home()), ask.href("/"))], here: Phrase::plain(&document.title) },
        document,
        alert,
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
        message: letter.message.clone(),
        message_hint: t.barrier_message_hint(format::count((MESSAGE_CHARS_MAX - 2 * LINE_CHARS_MAX) as u64, ask.language)),
        message_error: letter.error("meldung"),
        fields: vec![
            input("seite", t.barrier_page(), t.barrier_page_hint(), "text", &attempt.page),
            input("hilfsmittel", t.barrier_tools(), t.barrier_tools_hint(), "text", &attempt.tools),
            input("email", t.barrier_contact(), t.report_contact_hint(), "email", &letter.contact),
        ],
        trap: letter.trap.clone(),
        trap_error: letter.error("webseite"),
    })
}

/// What such a report is about; a page of this site has a link.
pub(super) fn told(ask: &Ask, path: &str) -> Told {
    let is_ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let line = if path.is_empty() { ask.t().barrier_about_all().to_owned() } else { ask.t().barrier_about(path) };
    Told { line: line.as_str().into(), href: is_ours.then(|| path.to_owned()) }
}
