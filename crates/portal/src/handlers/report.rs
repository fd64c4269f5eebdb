//! „Fehler melden“: the form, what becomes of it, and the page of a report for whoever sent it.

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{About, CONTACT_BYTES_MAX, Kind, MESSAGE_CHARS_MAX, NewReport, Report, ReportState, ReportedValue};
use model::dataset::Column;
use model::{Dataset, Entity, Instant};
use web::{Params, Peer};

use super::dataset::crumbs;
use super::table::{shown_value, value_facts, value_query};
use crate::allowance::sender;
use crate::ask::{Ask, Trouble, redirect};
use crate::frame::{Frame, Section};
use crate::messages::Texts;
use crate::pages::dataset::{Fact, FactValue};
use crate::pages::report::{ChooseFirstPage, ReportPage, StatusPage};
use crate::parts::{Alert, Badge, Crumbs, Field, Moment, Phrase, Tone};
use crate::svg::Markup;
use crate::{format, reading};

/// The value a form is about, as the page shows it.
struct Subject {
    about: ReportedValue,
    dataset: std::sync::Arc<Dataset>,
    facts: Vec<Fact>,
    query: String,
}

/// What was typed and what is wrong with it.
#[derive(Default)]
struct Attempt {
    message: String,
    contact: String,
    trap: String,
    faults: Vec<(&'static str, String)>,
    /// What is wrong with all of it together: title, text.
    general: Option<(String, String)>,
}

/// `GET /fehler-melden?datensatz=…&id=…&spalte=…&zeit=…`
pub(crate) async fn form(ask: Ask) -> Response {
    let answer = form_page(&ask).await;
    ask.answer(answer)
}

/// `POST /fehler-melden`
pub(crate) async fn send(ask: Ask, peer: Option<Extension<Peer>>, body: Body) -> Response {
    let answer = take(&ask, peer.map(|Extension(peer)| peer), body).await;
    ask.answer(answer)
}

/// `GET /meldungen/{key}`
pub(crate) async fn status(ask: Ask, Path(key): Path<String>) -> Response {
    let answer = status_page(&ask, &key);
    ask.answer(answer)
}

async fn form_page(ask: &Ask) -> Result<Response, Trouble> {
    if ask.param("datensatz").is_none() {
        let t = ask.t();
        let above = vec![(Phrase::plain(t.nav_home()), ask.href("/"))];
        let crumbs = Crumbs { texts: t, above, here: Phrase::plain(t.report_title()) };
        return Ok(ask.page(&ChooseFirstPage { frame: ask.frame(Section::Other), crumbs }));
    }
    let subject = subject(ask, &ask.params).await?;
    Ok(ask.page(&page(ask, subject, &Attempt::default())))
}

/// The value that an address or a form names.
async fn subject(ask: &Ask, named: &Params) -> Result<Subject, Trouble> {
    let field = |name: &str| named.all(name).next().map(str::trim).filter(|value| !value.is_empty());
    let dataset = ask.access.dataset(field("datensatz").ok_or(Trouble::NotFound)?)?;
    let id = reading::id_of(&dataset, field("id").ok_or(Trouble::NotFound)?)?;
    let column = field("spalte").and_then(|key| reading::column_of(&dataset, key)).ok_or(Trouble::NotFound)?;
    let at = match field("zeit") {
        None => None,
        Some(text) => Some(Instant::parse(text).map_err(|_| ask.bad_param("zeit", text, ask.t().error_expected_day()))?),
    };
    let view = ask.access.entity(&id)?;
    let found = ask.access.provenance(&id, column.attribute, None, at).await?;
    let attribute = &found.observation.attribute;
    let shown = shown_value(ask, column, attribute);
    let mut facts = vec![text_fact(ask.t().report_shown(), &shown)];
    facts.extend(value_facts(ask, view.entity(), column, attribute));
    // The newest value changes: what was seen has a time where it has one.
    let observed_at = at.or(attribute.observed_at);
    let query = value_query(&dataset, &id, column, observed_at);
    let about = ReportedValue { dataset: dataset.id.clone(), entity: id, attribute: column.attribute, observed_at, shown: shown.into() };
    Ok(Subject { about, facts, query, dataset })
}

fn text_fact(name: &str, value: &str) -> Fact {
    Fact { name: name.to_owned(), value: FactValue::Text(Phrase::plain(value)) }
}

async fn take(ask: &Ask, peer: Option<Peer>, body: Body) -> Result<Response, Trouble> {
    let form = ask.form(body).await?;
    let subject = subject(ask, &form).await?;
    let mut attempt = read(&form, ask.t(), ask.language);
    if attempt.faults.is_empty() {
        match keep(ask, peer, &subject, &attempt).await? {
            Ok(key) => return Ok(redirect(&ask.href(&format!("/meldungen/{key}?neu=1")))),
            Err(general) => attempt.general = Some(general),
        }
    }
    let status = if attempt.faults.is_empty() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(ask.page_with(status, &page(ask, subject, &attempt)))
}

/// Hands the report to the engine; what a person can wait for comes back as title and text.
async fn keep(
    ask: &Ask,
    peer: Option<Peer>,
    subject: &Subject,
    attempt: &Attempt,
) -> Result<Result<model::Text, (String, String)>, Trouble> {
    let t = ask.t();
    if !ask.state.may_report(sender(peer, &ask.headers)) {
        return Ok(Err((t.report_wait().to_owned(), t.report_wait_text().to_owned())));
    }
    let contact = Some(attempt.contact.as_str()).filter(|contact| !contact.is_empty()).map(Into::into);
    let new = NewReport { about: About::Value(subject.about.clone()), message: attempt.message.as_str().into(), contact };
    match ask.access.report(new).await {
        Ok(key) => Ok(Ok(key)),
        Err(error) if error.kind() == Kind::Unavailable => Ok(Err((t.report_full().to_owned(), t.report_full_text().to_owned()))),
        Err(error) => Err(error.into()),
    }
}

/// What the form holds, with what is wrong with it.
fn read(form: &Params, t: Texts, language: crate::messages::Language) -> Attempt {
    let field = |name: &str| form.all(name).next().unwrap_or("").trim().replace("\r\n", "\n");
    let mut attempt = Attempt { message: field("meldung"), contact: field("email"), trap: field("webseite"), ..Attempt::default() };
    let length = attempt.message.chars().count();
    let count = |n: usize| format::count(n as u64, language);
    if length == 0 {
        attempt.faults.push(("meldung", t.report_need_message().to_owned()));
    } else if length > MESSAGE_CHARS_MAX {
        attempt.faults.push(("meldung", t.report_message_long(count(length), count(MESSAGE_CHARS_MAX))));
    }
    if !attempt.contact.is_empty() && !is_address(&attempt.contact) {
        attempt.faults.push(("email", t.report_contact_wrong().to_owned()));
    }
    if !attempt.trap.is_empty() {
        attempt.faults.push(("webseite", t.report_trap_filled().to_owned()));
    }
    attempt
}

/// Whether a text can be an e-mail address; whether it is one only a message can tell.
pub(super) fn is_address(text: &str) -> bool {
    let is_plain =
        text.len() <= CONTACT_BYTES_MAX && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"(),:;\\?&".contains(c));
    is_plain
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.contains('@') && host.trim_matches('.').contains('.'))
}

fn page(ask: &Ask, subject: Subject, attempt: &Attempt) -> ReportPage {
    let t = ask.t();
    let error = |name: &str| attempt.faults.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone());
    let alert = match &attempt.general {
        Some((title, text)) => Some(Alert { takes_focus: true, ..Alert::new(Tone::Warning, title, text) }),
        None if attempt.faults.is_empty() => None,
        None => Some(Alert::errors(
            t.report_errors_title(),
            attempt.faults.iter().map(|(name, text)| (Phrase::plain(text), Some((*name).to_owned()))).collect(),
        )),
    };
    let zeit = subject.about.observed_at.map(|at| at.to_string()).unwrap_or_default();
    let hidden = [
        ("csrf", ask.visitor.csrf.clone().unwrap_or_default()),
        ("datensatz", subject.dataset.slug.to_string()),
        ("id", subject.about.entity.to_string()),
        ("spalte", subject.about.attribute.iri().to_owned()),
        ("zeit", zeit),
    ];
    let contact = Field {
        hint: Some(t.report_contact_hint().to_owned()),
        value: attempt.contact.clone(),
        error: error("email"),
        ..Field::new("email", t.report_contact(), "email", "email")
    };
    ReportPage {
        frame: Frame { indexed: false, failed: alert.is_some(), ..ask.frame(Section::Data) },
        crumbs: crumbs(ask, &subject.dataset, Some(t.report_title())),
        alert,
        action: ask.href("/fehler-melden"),
        hidden: hidden.map(|(name, value)| (name, value)).to_vec(),
        facts: subject.facts,
        value_href: ask.href(&format!("/datensaetze/{}/herkunft?{}", subject.dataset.slug, subject.query)),
        message: attempt.message.clone(),
        message_hint: t.report_message_hint(format::count(MESSAGE_CHARS_MAX as u64, ask.language)),
        message_error: error("meldung"),
        contact,
        trap: attempt.trap.clone(),
        trap_error: error("webseite"),
    }
}

/// A report's state as a badge.
pub(super) fn state_badge(state: ReportState, t: Texts) -> Badge {
    match state {
        ReportState::Open => Badge::new(Tone::Warning, t.report_state_open()),
        ReportState::Answered => Badge::new(Tone::Success, t.report_state_answered()),
        ReportState::Rejected => Badge::new(Tone::Info, t.report_state_rejected()),
    }
}

/// Where the title of a dataset goes in a sentence: no text has this character.
const TITLE: char = '\u{1}';

/// A sentence with a title in its gap, marked with its language.
fn with_title(sentence: &str, title: &Phrase) -> Markup {
    let (before, after) = sentence.split_once(TITLE).unwrap_or((sentence, ""));
    let mut line = Markup::from(before);
    match title.lang {
        Some(lang) => line.text("span", &[("lang", &lang)], &title.text),
        None => line.words(&title.text),
    }
    line.words(after);
    line
}

/// What a report is about, as far as it is still there for this reader.
pub(super) struct Told {
    /// Dataset, thing, column, time in a line.
    pub(super) line: Markup,
    /// Where the value and its origin are.
    pub(super) href: Option<String>,
}

/// Tells what a report is about.
pub(super) fn told(ask: &Ask, about: &About) -> Result<Told, Trouble> {
    let (t, language) = (ask.t(), ask.language);
    let about = match about {
        About::Value(about) => about,
        About::Page(path) => return Ok(super::barrier::told(ask, path)),
    };
    let dataset = ask.access.datasets()?.into_iter().find(|dataset| dataset.id == about.dataset);
    let Some(dataset) = dataset else { return Ok(Told { line: Markup::from(&*about.shown), href: None }) };
    let column: Option<&Column> = dataset.columns.iter().find(|column| column.attribute == about.attribute);
    let view = ask.access.entity(&about.entity).ok();
    let name = view.as_ref().map_or_else(|| about.entity.to_string(), |view| name(view.entity(), language));
    let label = column.map_or(about.attribute.short(), |column| reading::label(column, language));
    let mut line = t.report_about(label, TITLE, name, &about.shown);
    if let Some(at) = about.observed_at {
        line = format!("{line}, {}", format::moment_long(at, language));
    }
    let href = column.filter(|_| view.is_some()).map(|column| {
        ask.href(&format!("/datensaetze/{}/herkunft?{}", dataset.slug, value_query(&dataset, &about.entity, column, about.observed_at)))
    });
    Ok(Told { line: with_title(&line, &Phrase::of(&dataset.title, language)), href })
}

fn name(entity: &Entity, language: crate::messages::Language) -> String {
    reading::name_of(entity, language)
}

fn status_page(ask: &Ask, key: &str) -> Result<Response, Trouble> {
    let report: Report = ask.access.report_of(key)?;
    let t = ask.t();
    let told = told(ask, &report.about)?;
    let above = vec![(Phrase::plain(t.nav_home()), ask.href("/")), (Phrase::plain(t.report_title()), ask.href("/fehler-melden"))];
    let frame = Frame { indexed: false, ..ask.frame(Section::Other) };
    let page = StatusPage {
        crumbs: Crumbs { texts: t, above, here: Phrase::plain(t.report_status_title()) },
        alert: ask.param("neu").map(|_| Alert::new(Tone::Success, t.report_thanks(), t.report_thanks_text())),
        badge: state_badge(report.state, t),
        about: told.line,
        value_href: told.href,
        message: report.message.to_string(),
        answer: report.answer.as_ref().map(ToString::to_string),
        explained: match report.state {
            ReportState::Open => t.report_open_text(),
            ReportState::Answered if matches!(report.about, About::Page(_)) => t.barrier_answered_text(),
            ReportState::Answered => t.report_answered_text(),
            ReportState::Rejected => t.report_rejected_text(),
        },
        reported: Moment::with_age(report.reported_at, ask.now(), ask.language),
        changed: (report.state != ReportState::Open).then(|| Moment::with_age(report.changed_at, ask.now(), ask.language)),
        address: frame.absolute(&ask.href(&ask.path)),
        frame,
    };
    Ok(ask.page(&page))
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_look_like_addresses() {
        for right in ["a@b.de", "erika.muster+x@mail.beispiel.example"] {
            assert!(is_address(right), "{right}");
        }
        for wrong in ["a", "a@b", "@b.de", "a@", "a b@c.de", "a@b@c.de", "a@b.de?subject=x", "a@b.", "<a@b.de>"] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }
}
