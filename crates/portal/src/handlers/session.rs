//! Logging in and out, and the first account.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use engine::{Kind, NewSession, Role};
use web::{Params, cookie};

use crate::ask::{Ask, Trouble, redirect};
use crate::frame::{Frame, Section};
use crate::messages::Texts;
use crate::pages::admin::LoginPage;
use crate::parts::{Alert, Field, Phrase};

const PASSWORD_CHARS_MIN: usize = 12;

/// What was typed and what is wrong with it.
#[derive(Default)]
struct Attempt {
    code: String,
    account: String,
    faults: Vec<(&'static str, String)>,
    /// What is wrong with all of it together.
    general: Option<(String, String)>,
}

/// `GET /verwaltung/anmelden`
pub(crate) async fn form(ask: Ask) -> Response {
    if ask.visitor.session.is_some() {
        return redirect(&ask.href(next(ask.param("weiter")).unwrap_or(home(ask.visitor.principal.role))));
    }
    let answer = is_first_start(&ask).await.map(|first| {
        let page = page(&ask, first, next(ask.param("weiter")).unwrap_or_default(), &Attempt::default());
        ask.page(&page)
    });
    ask.answer(answer)
}

/// `POST /verwaltung/anmelden`
pub(crate) async fn log_in(ask: Ask, body: Body) -> Response {
    let answer = attempt(&ask, body).await;
    ask.answer(answer)
}

/// `POST /verwaltung/abmelden`
pub(crate) async fn log_out(ask: Ask, body: Body) -> Response {
    let answer = end_session(&ask, body).await;
    ask.answer(answer)
}

async fn is_first_start(ask: &Ask) -> Result<bool, Trouble> {
    let (engine, tenant) = (ask.state.engine().clone(), ask.tenant().clone());
    let known = tokio::task::spawn_blocking(move || engine.has_account(&tenant)).await;
    known.map_or_else(|error| Err(Trouble::Engine(engine::Error::new(Kind::Internal, error.to_string()))), |known| Ok(!known?))
}

/// Where a role begins.
fn home(role: Role) -> &'static str {
    if matches!(role, Role::Editor | Role::Administrator) { "/verwaltung" } else { "/verwaltung/konto" }
}

/// Where somebody wanted to go after the login: a path of this site and nothing
/// else; `/verwaltung` itself is only where people begin.
fn next(wanted: Option<&str>) -> Option<&str> {
    let is_local =
        |path: &&str| path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']) && path.len() < 2000;
    wanted.filter(is_local).filter(|path| *path != "/verwaltung")
}

async fn attempt(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    let form = ask.form(body).await?;
    let first = is_first_start(ask).await?;
    let target = next(form.all("weiter").next());
    let mut attempt = read(&form, first, ask.t());
    let password = form.all("passwort").next().unwrap_or("");
    if attempt.faults.is_empty() {
        match try_it(ask, first, &attempt, password).await? {
            Ok(session) => return Ok(begin(ask, &session, target.unwrap_or(home(session.principal.role)))),
            Err(general) => attempt.general = Some(general),
        }
    }
    Ok(ask.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page(ask, first, target.unwrap_or_default(), &attempt)))
}

/// What the form holds, with the faults that can be seen without asking.
fn read(form: &Params, first: bool, t: Texts) -> Attempt {
    let field = |name: &str| form.all(name).next().unwrap_or("").trim().to_owned();
    let mut attempt = Attempt { code: field("code"), account: field("konto"), ..Attempt::default() };
    let password = form.all("passwort").next().unwrap_or("");
    let mut fault = |name: &'static str, text: &str| attempt.faults.push((name, text.to_owned()));
    if first && field("code").is_empty() {
        fault("code", t.admin_need_code());
    }
    if field("konto").is_empty() {
        fault("konto", t.admin_need_account());
    }
    if password.is_empty() {
        fault("passwort", t.admin_need_password());
    } else if first && password.chars().count() < PASSWORD_CHARS_MIN {
        fault("passwort", t.admin_password_short());
    }
    attempt
}

/// Asks the engine; what a person can mend comes back as title and text.
async fn try_it(ask: &Ask, first: bool, attempt: &Attempt, password: &str) -> Result<Result<NewSession, (String, String)>, Trouble> {
    let t = ask.t();
    let guess = ask.guess(&attempt.account);
    let Some(_turn) = ask.state.login_turn(&guess).await else { return Ok(Err((t.admin_login_wait().to_owned(), String::new()))) };
    let engine = ask.state.engine();
    let outcome = if first {
        engine.first_account(ask.tenant(), &attempt.code, &attempt.account, password).await
    } else {
        engine.login(ask.tenant(), &attempt.account, password).await
    };
    match outcome {
        Ok(session) => {
            ask.state.note_login(&guess, true);
            Ok(Ok(session))
        }
        Err(error) if error.kind() == Kind::Unauthorized => {
            ask.state.note_login(&guess, false);
            let (title, text) = if first { (t.admin_wrong_code(), "") } else { (t.admin_login_failed(), t.admin_login_failed_hint()) };
            Ok(Err((title.to_owned(), text.to_owned())))
        }
        Err(error) if error.kind() == Kind::Invalid => Ok(Err((t.admin_account_form().to_owned(), String::new()))),
        Err(error) => Err(error.into()),
    }
}

/// The session's cookie, and on to where the visitor wanted to go.
fn begin(ask: &Ask, session: &NewSession, target: &str) -> Response {
    let mut response = redirect(&ask.href(target));
    if let Some(cookie) = cookie::begin_session(&session.secret, ask.https) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn end_session(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    ask.form(body).await?;
    if let Some(secret) = &ask.visitor.session {
        ask.state.engine().logout(ask.tenant(), secret).await?;
    }
    let mut response = redirect(&ask.href("/"));
    response.headers_mut().insert(header::SET_COOKIE, cookie::end_session(ask.https));
    Ok(response)
}

fn page(ask: &Ask, first: bool, next: &str, attempt: &Attempt) -> LoginPage {
    let t = ask.t();
    let error = |name: &str| attempt.faults.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone());
    let mut fields = Vec::new();
    if first {
        let hint = Some(t.admin_first_code_hint().to_owned());
        fields.push(Field {
            hint,
            value: attempt.code.clone(),
            error: error("code"),
            ..Field::new("code", t.admin_first_code(), "text", "one-time-code")
        });
    }
    fields.push(Field {
        value: attempt.account.clone(),
        error: error("konto"),
        ..Field::new("konto", t.admin_account(), "text", "username")
    });
    let kind = if first { "new-password" } else { "current-password" };
    let hint = first.then(|| t.admin_password_hint().to_owned());
    fields.push(Field { hint, error: error("passwort"), ..Field::new("passwort", t.admin_password(), "password", kind) });
    let alert = match &attempt.general {
        Some((title, text)) => {
            let (label, field) = if first { (t.admin_first_code(), "code") } else { (t.admin_account(), "konto") };
            Some(Alert { text: text.clone(), ..Alert::errors(title.clone(), vec![(Phrase::plain(label), Some(field.to_owned()))]) })
        }
        None if attempt.faults.is_empty() => None,
        None => Some(Alert::errors(
            t.admin_errors_title(),
            attempt.faults.iter().map(|(name, text)| (Phrase::plain(text), Some((*name).to_owned()))).collect(),
        )),
    };
    let frame = Frame { indexed: false, failed: alert.is_some(), ..ask.frame(Section::Other) };
    LoginPage { frame, first_start: first, alert, fields, next: next.to_owned() }
}
