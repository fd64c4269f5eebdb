//! Keys that somebody makes for their own programs: list, make, withdraw.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Kind, OWN_TOKEN_DAYS_MAX, OWN_TOKENS_MAX, Role, TOKEN_LABEL_CHARS_MAX, TokenInfo};
use web::Params;

use super::{Faults, PATH, error_of, home, page, role_word, who};
use crate::ask::{Ask, Trouble, redirect};
use crate::messages::Texts;
use crate::pages::account::{KeyItem, KeyPage, Keys, NewKey};
use crate::parts::{Choice, Crumbs, Field, Moment, Phrase};

/// For how many days a key is good unless somebody says otherwise.
const DAYS: u16 = 90;

/// What the form held.
struct Typed {
    label: String,
    days: String,
    role: Role,
}

impl Default for Typed {
    fn default() -> Self {
        Self { label: String::new(), days: DAYS.to_string(), role: Role::Reader }
    }
}

/// `GET /verwaltung/konto/schluessel/{id}`: the question before a key is withdrawn.
pub(crate) async fn ask_first(ask: Ask, Path(id): Path<String>) -> Response {
    let answer = question(&ask, &id).await;
    ask.answer(answer)
}

async fn question(ask: &Ask, id: &str) -> Result<Response, Trouble> {
    who(ask)?;
    let key = ask.access.own_tokens().await?.into_iter().find(|key| key.id == id).ok_or(Trouble::NotFound)?;
    let (t, frame) = (ask.t(), ask.admin_frame());
    Ok(ask.page(&KeyPage {
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
        crumbs: Crumbs {
            texts: t,
            above: vec![home(ask, &frame), (Phrase::plain(t.account_title()), ask.href(PATH))],
            here: Phrase::plain(t.keys_withdraw_title()),
        },
        key: item(ask, &key),
        frame,
    }))
}

/// The section as it is before anything is typed.
pub(super) async fn list(ask: &Ask) -> Result<Keys, Trouble> {
    section(ask, &[], &Typed::default()).await
}

/// Makes a key and shows it, this once.
pub(super) async fn make(ask: &Ask, form: &Params) -> Result<Response, Trouble> {
    let value = |name: &str| form.all(name).next().unwrap_or_default().trim().to_owned();
    let typed = Typed { label: value("bezeichnung"), days: value("tage"), role: role_of(ask, &value("rolle"))? };
    match try_it(ask, &typed).await? {
        Ok(secret) => {
            let mut keys = list(ask).await?;
            let address = ask.admin_frame().absolute("/ngsi-ld/v1/types");
            let line = format!("curl --fail -H \"Authorization: Bearer {secret}\" \"{address}\"");
            keys.made = Some(NewKey { label: typed.label, secret, line });
            Ok(ask.page_with(StatusCode::CREATED, &page(ask, &[], keys).await?))
        }
        Err(faults) => {
            let keys = section(ask, &faults, &typed).await?;
            Ok(ask.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page(ask, &faults, keys).await?))
        }
    }
}

/// Withdraws a key; one that was withdrawn meanwhile is withdrawn all the same.
pub(super) async fn withdraw(ask: &Ask, form: &Params) -> Result<Response, Trouble> {
    match ask.access.revoke_own_token(form.all("schluessel").next().unwrap_or_default()).await {
        Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
        _ => Ok(redirect(&ask.href(&format!("{PATH}?entzogen=1")))),
    }
}

/// The roles that somebody may give their keys, the least first.
fn roles(ask: &Ask) -> impl Iterator<Item = Role> {
    let own = ask.visitor.principal.role;
    Role::GRANTABLE.into_iter().filter(move |role| *role <= own)
}

fn role_of(ask: &Ask, word: &str) -> Result<Role, Trouble> {
    let expected = || roles(ask).map(Role::word).collect::<Vec<_>>().join(", ");
    roles(ask).find(|role| role.word() == word).ok_or_else(|| ask.bad_param("rolle", word, &expected()))
}

/// Makes the key, or says what is wrong with which field.
async fn try_it(ask: &Ask, typed: &Typed) -> Result<Result<String, Faults>, Trouble> {
    let t = ask.t();
    let mut faults = Faults::new();
    if typed.label.is_empty() {
        faults.push(("bezeichnung", t.keys_need_label().to_owned()));
    } else if typed.label.chars().count() > TOKEN_LABEL_CHARS_MAX || typed.label.chars().any(char::is_control) {
        faults.push(("bezeichnung", t.keys_label_long(TOKEN_LABEL_CHARS_MAX)));
    }
    let days = typed.days.parse().ok().filter(|days| (1..=OWN_TOKEN_DAYS_MAX).contains(days));
    if days.is_none() {
        faults.push(("tage", t.keys_wrong_days(OWN_TOKEN_DAYS_MAX)));
    }
    let Some(days) = days.filter(|_| faults.is_empty()) else { return Ok(Err(faults)) };
    match ask.access.create_own_token(&typed.label, typed.role, days).await {
        Ok(secret) => Ok(Ok(secret)),
        Err(error) if error.kind() == Kind::TooLarge => Ok(Err(vec![("bezeichnung", t.keys_too_many(OWN_TOKENS_MAX))])),
        Err(error) => Err(error.into()),
    }
}

async fn section(ask: &Ask, faults: &[(&'static str, String)], typed: &Typed) -> Result<Keys, Trouble> {
    let t = ask.t();
    let choice = |role: Role| Choice { value: role.word().to_owned(), text: role_word(role, t).to_owned(), chosen: role == typed.role };
    Ok(Keys {
        items: ask.access.own_tokens().await?.iter().map(|key| item(ask, key)).collect(),
        label: label_field(faults, typed, t),
        roles: roles(ask).map(choice).collect(),
        days: Field {
            hint: Some(t.keys_days_hint(OWN_TOKEN_DAYS_MAX)),
            value: typed.days.clone(),
            error: error_of(faults, "tage"),
            ..Field::new("tage", t.keys_days(), "number", "off")
        },
        made: None,
    })
}

fn label_field(faults: &[(&'static str, String)], typed: &Typed, t: Texts) -> Field {
    Field {
        hint: Some(t.keys_label_hint().to_owned()),
        value: typed.label.clone(),
        error: error_of(faults, "bezeichnung"),
        ..Field::new("bezeichnung", t.keys_label(), "text", "off")
    }
}

fn item(ask: &Ask, key: &TokenInfo) -> KeyItem {
    let moment = |at| Moment::short(at, ask.language);
    KeyItem {
        href: ask.href(&format!("{PATH}/schluessel/{}", key.id)),
        id: key.id.clone(),
        label: key.label.clone(),
        role: role_word(key.role, ask.t()),
        made: moment(key.created_at),
        used: key.last_used.map(|at| Moment::with_age(at, ask.now(), ask.language)),
        is_over: key.expires_at.is_some_and(|end| end <= ask.now()),
        ends: key.expires_at.map(moment),
    }
}
