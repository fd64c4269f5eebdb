//! The third page: what only a person knows. Then the dataset is made.

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Kind;
use harmonise::Reason;
use harmonise::guess::{Answers, definition, slug_of, type_name};
use web::Params;

use super::covered::{self, Suggestion};
use super::{changed, crumbs, href, open_draft, open_with_form, seen};
use crate::ask::{Ask, Trouble, redirect};
use crate::frame::Frame;
use crate::messages::Texts;
use crate::pages::upload::AnswersPage;
use crate::parts::{Alert, Choice, Phrase, Tone};
use crate::state::WorkError;
use crate::upload::{self, Draft, Saved, Stage};
use crate::vocabulary;

/// The licences people choose from, the usual one first.
const LICENCES: [&str; 5] = ["dl-by-de/2.0", "dl-zero-de/2.0", "cc-by/4.0", "cc-zero", "geoNutz/20130319"];
const TITLE_CHARS_MAX: usize = 150;
const SUMMARY_CHARS_MAX: usize = 1_000;

/// `GET /verwaltung/hochladen/{id}/angaben`
pub(crate) async fn show(ask: Ask, Path(id): Path<String>) -> Response {
    let answer = show_draft(&ask, &id).await;
    ask.answer(answer)
}

async fn show_draft(ask: &Ask, id: &str) -> Result<Response, Trouble> {
    match open_draft(ask, id)? {
        Ok(draft) => {
            let suggestion = Suggestion::of(ask, &draft).await?;
            page(ask, &draft, &suggestion, None, Vec::new(), None)
        }
        Err(dataset) => Ok(redirect(&dataset)),
    }
}

/// `POST /verwaltung/hochladen/{id}/angaben`: keep the answers, and make the dataset when they are whole.
pub(crate) async fn change(ask: Ask, Path(id): Path<String>, body: Body) -> Response {
    let answer = change_draft(&ask, &id, body).await;
    ask.answer(answer)
}

async fn change_draft(ask: &Ask, id: &str, body: Body) -> Result<Response, Trouble> {
    let (mut draft, form) = match open_with_form(ask, id, body).await? {
        Ok(open) => open,
        Err(dataset) => return Ok(redirect(&dataset)),
    };
    let persons = persons(&form);
    let asked = form.all("aktion").next();
    let suggestion = Suggestion::of(ask, &draft).await?;
    draft.answers = read(&form, &draft);
    if asked == Some("zeitraum") {
        draft.answers.temporal = suggestion.period();
    }
    draft.revision = seen(&form);
    let draft = match upload::save(&ask.access, draft.clone(), ask.now()).await {
        Ok(Saved::Done(saved)) => saved,
        Ok(Saved::Changed(now)) => {
            draft.revision = now.revision;
            return page(ask, &draft, &suggestion, persons, Vec::new(), Some(changed(ask, &now)));
        }
        Err(error) if error.kind() == Kind::NoSpace => {
            let (t, items) = (ask.t(), Vec::new());
            let full = Alert { text: t.upload_no_space_typed().to_owned(), ..Alert::errors(t.upload_no_space(), items) };
            return page(ask, &draft, &suggestion, persons, Vec::new(), Some(full));
        }
        Err(error) => return Err(error.into()),
    };
    match asked {
        Some("zurueck") => return Ok(redirect(&href(ask, &draft, ""))),
        Some("zeitraum") => return page(ask, &draft, &suggestion, persons, Vec::new(), Some(covered::taken(ask.t()))),
        _ => {}
    }
    let faults = faults(ask.t(), &draft, persons, form.all("geprueft").next().is_some());
    if !faults.is_empty() {
        return page(ask, &draft, &suggestion, persons, faults, None);
    }
    match make(ask, draft).await? {
        Ok(draft) => Ok(redirect(&href(ask, &draft, "/datensatz?neu=1"))),
        Err((draft, reason)) => {
            let items = vec![(Phrase::reason(&Reason::read(&reason), ask.language), None)];
            let alert = Alert { items, takes_focus: true, ..Alert::new(Tone::Danger, ask.t().admin_refused_title(), "") };
            page(ask, &draft, &suggestion, persons, Vec::new(), Some(alert))
        }
    }
}

/// Whether the data speak of persons; `None` when nothing was chosen.
fn persons(form: &Params) -> Option<bool> {
    form.all("personen").next().and_then(|word| match word {
        "ja" => Some(true),
        "nein" => Some(false),
        _ => None,
    })
}

fn read(form: &Params, draft: &Draft) -> Answers {
    let text = |name: &str| {
        let text = form.all(name).next().unwrap_or("").replace("\r\n", "\n");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let theme = text("thema");
    let licence = text("lizenz");
    Answers {
        // Reserved when making was tried before: it never changes again.
        slug: draft.answers.slug.clone(),
        title: text("titel").chars().take(TITLE_CHARS_MAX).collect(),
        summary: text("aussage").chars().take(SUMMARY_CHARS_MAX).collect(),
        publisher: text("herausgeber").chars().take(TITLE_CHARS_MAX).collect(),
        licence: if LICENCES.contains(&licence.as_str()) { licence } else { LICENCES[0].to_owned() },
        theme: vocabulary::THEMES.iter().any(|(code, _)| *code == theme).then_some(theme),
        temporal: covered::read(form),
        provenance: crate::messages::Language::De.texts().upload_provenance(&draft.file),
        personal: persons(form).unwrap_or(false),
        published: false,
    }
}

/// What is missing, with the id of its field.
fn faults(t: Texts, draft: &Draft, persons: Option<bool>, checked: bool) -> Vec<(&'static str, String)> {
    let answers = &draft.answers;
    let mut faults = Vec::new();
    for (field, text, fault) in [
        ("titel", &answers.title, t.upload_need_title()),
        ("aussage", &answers.summary, t.upload_need_summary()),
        ("herausgeber", &answers.publisher, t.upload_need_publisher()),
    ] {
        if text.is_empty() {
            faults.push((field, fault.to_owned()));
        }
    }
    faults.extend(answers.temporal.iter().flat_map(|period| covered::faults(t, period)));
    match persons {
        None => faults.push(("personen-ja", t.upload_need_persons().to_owned())),
        Some(false) if !checked && draft.plan.personal().next().is_some() => {
            faults.push(("geprueft", t.upload_need_checked().to_owned()));
        }
        Some(_) => {}
    }
    faults
}

/// Makes the dataset: a name that is free, the definition, then the file's
/// rows. The name is kept first, so that a second try makes no second dataset.
async fn make(ask: &Ask, mut draft: Draft) -> Result<Result<Draft, (Draft, String)>, Trouble> {
    if draft.answers.slug.is_empty() {
        draft.answers.slug = free_slug(ask, &draft.answers.title)?;
        draft = saved(ask, draft).await?;
    }
    let text = definition(&draft.plan, &draft.answers);
    match ask.state.workshop().put(&ask.access, &text).await {
        Ok(_) => {}
        Err(WorkError::Engine(error)) => return Err(error.into()),
        Err(WorkError::Definition(faults)) => return Ok(Err((draft, Reason::of(&faults).stored()))),
        Err(other) => return Ok(Err((draft, other.to_string()))),
    }
    draft.stage = Stage::Made;
    let draft = saved(ask, draft).await?;
    let (slug, file, kept) = (draft.answers.slug.clone(), draft.file.clone(), draft.kept());
    // What does not fit as a whole stands in the list of runs, which the next page shows.
    match ask.state.workshop().take_kept(&ask.access, &slug, &file, kept).await {
        Ok(()) | Err(WorkError::Refused(_)) => Ok(Ok(draft)),
        Err(WorkError::Engine(error)) => Err(error.into()),
        Err(other) => Ok(Err((draft, other.to_string()))),
    }
}

/// Saves what nobody else can have changed meanwhile in a way that matters.
async fn saved(ask: &Ask, draft: Draft) -> Result<Draft, Trouble> {
    match upload::save(&ask.access, draft, ask.now()).await? {
        Saved::Done(draft) => Ok(draft),
        Saved::Changed(_) => Err(Trouble::Invalid(ask.t().upload_changed_text().to_owned())),
    }
}

/// A name that no dataset, source or type has.
fn free_slug(ask: &Ask, title: &str) -> Result<String, Trouble> {
    let base = slug_of(title);
    let datasets = ask.access.datasets()?;
    let sources = ask.access.sources()?;
    let types = ask.access.types()?;
    let is_free = |slug: &String| {
        let own = type_name(slug);
        datasets.iter().all(|dataset| dataset.slug != *slug && dataset.entity_type.short() != own)
            && sources.iter().all(|source| source.name != *slug)
            && types.iter().all(|(name, _)| name.short() != own)
    };
    let numbered = (2..).map(|count| format!("{base}-{count}"));
    std::iter::once(base.clone()).chain(numbered).find(is_free).ok_or(Trouble::NotFound)
}

fn page(
    ask: &Ask,
    draft: &Draft,
    suggestion: &Suggestion,
    persons: Option<bool>,
    faults: Vec<(&'static str, String)>,
    alert: Option<Alert>,
) -> Result<Response, Trouble> {
    let (t, answers) = (ask.t(), &draft.answers);
    let failed = !faults.is_empty();
    let items = faults.iter().map(|(field, text)| (Phrase::plain(text), Some((*field).to_owned()))).collect();
    let alert = if failed { Some(Alert::errors(t.admin_errors_title(), items)) } else { alert };
    let fault = |name: &str| faults.iter().find(|(field, _)| *field == name).map(|(_, text)| text.clone());
    let was_answered = !answers.publisher.is_empty();
    let licence_choice = |code: &str| {
        let licence = vocabulary::licence(code, t);
        let chosen = if was_answered { code == answers.licence } else { code == LICENCES[0] };
        Choice { value: code.to_owned(), text: format!("{} – {}", licence.short, licence.name), chosen }
    };
    let theme = |(code, _): (&str, &str)| {
        let chosen = answers.theme.as_deref() == Some(code);
        vocabulary::theme(code, t).map(|text| Choice { value: code.to_owned(), text: text.to_owned(), chosen })
    };
    let none = Choice { value: String::new(), text: t.upload_no_theme().to_owned(), chosen: answers.theme.is_none() };
    let page = AnswersPage {
        frame: Frame { failed, ..ask.admin_frame() },
        crumbs: crumbs(ask, t.upload_answers_title()),
        file: draft.file.clone(),
        alert,
        title: answers.title.clone(),
        title_error: fault("titel"),
        summary: answers.summary.clone(),
        summary_error: fault("aussage"),
        publisher: if was_answered { answers.publisher.clone() } else { ask.site().owner.clone() },
        publisher_error: fault("herausgeber"),
        licences: LICENCES.map(licence_choice).to_vec(),
        themes: std::iter::once(none).chain(vocabulary::THEMES.into_iter().filter_map(theme)).collect(),
        period: covered::fields(t, answers.temporal.as_ref(), fault),
        suggestion: suggestion.say(ask),
        persons,
        persons_error: fault("personen-ja"),
        personal: draft.plan.personal().map(|column| column.field.clone()).collect::<Vec<_>>().join("“, „"),
        checked_error: fault("geprueft"),
        action: href(ask, draft, "/angaben"),
        back: href(ask, draft, ""),
        revision: draft.revision.to_string(),
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
}
