//! One's own account: another password, one's sessions, one's keys.

pub(crate) mod keys;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use engine::{Actor, Kind, NewSession, OwnSession, PASSWORD_CHARS_MIN, Role};
use web::{Params, cookie};

use crate::ask::{Ask, Trouble, redirect};
use crate::frame::Frame;
use crate::messages::Texts;
use crate::pages::account::{AccountPage, Keys, SessionItem};
use crate::pages::dataset::{Fact, FactValue};
use crate::parts::{Alert, Crumbs, Field, Moment, Phrase, Tone};

const PATH: &str = "/verwaltung/konto";

type Faults = Vec<(&'static str, String)>;

/// `GET /verwaltung/konto`
pub(crate) async fn show(ask: Ask) -> Response {
    let answer = look(&ask).await;
    ask.answer(answer)
}

async fn look(ask: &Ask) -> Result<Response, Trouble> {
    who(ask)?;
    Ok(ask.page(&page(ask, &[], keys::list(ask).await?).await?))
}

/// `POST /verwaltung/konto`
pub(crate) async fn change(ask: Ask, body: Body) -> Response {
    let answer = act(&ask, body).await;
    ask.answer(answer)
}

async fn act(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    let (_, secret) = who(ask)?;
    let form = ask.form(body).await?;
    match form.all("aktion").next() {
        Some("passwort") => change_password(ask, &form).await,
        Some("schluessel") => keys::make(ask, &form).await,
        Some("entziehen") => keys::withdraw(ask, &form).await,
        Some("andere") => {
            let ended = ask.access.end_other_sessions(secret).await?;
            Ok(redirect(&ask.href(&format!("{PATH}?beendet={ended}"))))
        }
        _ => {
            let key = form.all("sitzung").next().unwrap_or_default();
            // One that ended meanwhile has ended all the same.
            match ask.access.end_own_session(key).await {
                Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
                _ => Ok(redirect(&ask.href(&format!("{PATH}?beendet=1")))),
            }
        }
    }
}

/// The account's name and the secret of its session; tokens have neither.
fn who(ask: &Ask) -> Result<(&str, &str), Trouble> {
    match (&ask.visitor.principal.actor, &ask.visitor.session) {
        (Actor::Account(name), Some(secret)) => Ok((name, secret)),
        _ => Err(Trouble::Login),
    }
}

async fn change_password(ask: &Ask, form: &Params) -> Result<Response, Trouble> {
    let [old, new, again] = ["passwort", "neu", "wiederholung"].map(|name| form.all(name).next().unwrap_or_default());
    let mut faults = faults_of(old, new, again, ask.t());
    if faults.is_empty() {
        match try_it(ask, old, new).await? {
            Ok(session) => {
                let mut response = redirect(&ask.href(&format!("{PATH}?geaendert=1")));
                if let Some(cookie) = cookie::begin_session(&session.secret, ask.https) {
                    response.headers_mut().insert(header::SET_COOKIE, cookie);
                }
                return Ok(response);
            }
            Err(fault) => faults.push(fault),
        }
    }
    Ok(ask.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page(ask, &faults, keys::list(ask).await?).await?))
}

/// What can be seen without asking.
fn faults_of(old: &str, new: &str, again: &str, t: Texts) -> Faults {
    let mut faults = Faults::new();
    if old.is_empty() {
        faults.push(("passwort", t.account_need_old().to_owned()));
    }
    if new.chars().count() < PASSWORD_CHARS_MIN {
        faults.push(("neu", t.admin_password_short().to_owned()));
    } else if new == old {
        faults.push(("neu", t.account_same().to_owned()));
    } else if new != again {
        faults.push(("wiederholung", t.account_differs().to_owned()));
    }
    faults
}

/// Asks the engine, as slowly and as seldom as a login may.
async fn try_it(ask: &Ask, old: &str, new: &str) -> Result<Result<NewSession, (&'static str, String)>, Trouble> {
    let (name, _) = who(ask)?;
    let (t, guess) = (ask.t(), ask.guess(name));
    let Some(_turn) = ask.state.login_turn(&guess).await else {
        return Ok(Err(("passwort", t.admin_login_wait().to_owned())));
    };
    match ask.access.change_own_password(old, new).await {
        Ok(session) => Ok(Ok(session)),
        Err(error) if error.kind() == Kind::Unauthorized => {
            ask.state.note_login(&guess, false);
            Ok(Err(("passwort", t.account_wrong_old().to_owned())))
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(ask: &Ask, faults: &[(&'static str, String)], keys: Keys) -> Result<AccountPage, Trouble> {
    let (name, secret) = who(ask)?;
    let t = ask.t();
    let sessions = ask.access.own_sessions(secret).await?;
    let mut frame = ask.admin_frame();
    frame.failed = !faults.is_empty();
    Ok(AccountPage {
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
        crumbs: Crumbs { texts: t, above: vec![home(ask, &frame)], here: Phrase::plain(t.account_title()) },
        alert: alert(ask, faults),
        facts: vec![fact(t.admin_account(), name), fact(t.account_role(), role_word(ask.visitor.principal.role, t))],
        fields: fields(faults, t),
        has_others: sessions.iter().any(|session| !session.is_current),
        sessions: sessions.iter().map(|session| item(ask, session)).collect(),
        keys,
        frame,
    })
}

/// What these pages lie below: the administration, for readers the start.
fn home(ask: &Ask, frame: &Frame) -> (Phrase, String) {
    match frame.administers() {
        true => (Phrase::plain(ask.t().admin_title()), ask.href("/verwaltung")),
        false => (Phrase::plain(ask.t().nav_home()), ask.href("/")),
    }
}

fn fact(name: &str, value: &str) -> Fact {
    Fact { name: name.to_owned(), value: FactValue::Text(Phrase::plain(value)) }
}

fn role_word(role: Role, t: Texts) -> &'static str {
    match role {
        Role::Administrator => t.account_role_administrator(),
        Role::Editor => t.account_role_editor(),
        _ => t.account_role_reader(),
    }
}

/// What went wrong, or what was done by the form before.
fn alert(ask: &Ask, faults: &[(&'static str, String)]) -> Option<Alert> {
    let t = ask.t();
    if !faults.is_empty() {
        let items = faults.iter().map(|(name, text)| (Phrase::plain(text), Some((*name).to_owned()))).collect();
        return Some(Alert::errors(t.admin_errors_title(), items));
    }
    if ask.param("geaendert").is_some() {
        return Some(Alert::new(Tone::Success, t.account_changed(), t.account_changed_text()));
    }
    if ask.param("entzogen").is_some() {
        return Some(Alert::new(Tone::Success, t.keys_withdrawn(), ""));
    }
    let ended = ask.param("beendet")?.parse().ok()?;
    Some(Alert::new(Tone::Success, t.account_ended(ended), ""))
}

fn error_of(faults: &[(&'static str, String)], field: &str) -> Option<String> {
    faults.iter().find(|(known, _)| *known == field).map(|(_, text)| text.clone())
}

fn fields(faults: &[(&'static str, String)], t: Texts) -> Vec<Field> {
    [
        ("passwort", t.account_old(), "current-password", None),
        ("neu", t.account_new(), "new-password", Some(t.account_rules(PASSWORD_CHARS_MIN))),
        ("wiederholung", t.account_again(), "new-password", None),
    ]
    .map(|(name, label, kind, hint)| Field { hint, error: error_of(faults, name), ..Field::new(name, label, "password", kind) })
    .into()
}

fn item(ask: &Ask, session: &OwnSession) -> SessionItem {
    let moment = |at| Moment::short(at, ask.language);
    SessionItem {
        key: (!session.is_current).then(|| session.key.clone()),
        began: moment(session.created_at),
        used: Moment::with_age(session.last_used, ask.now(), ask.language),
        ends: moment(session.expires_at),
    }
}
