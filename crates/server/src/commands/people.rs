//! `allmende user …` and `allmende token …`.

use serde_json::Value;

use super::{password, perform, rows};
use crate::cli::{InTenant, Token, User};
use crate::control::Request;
use crate::messages::say;
use crate::out;

pub(super) fn user(user: User) -> anyhow::Result<()> {
    match user {
        User::Add { name, role, tenant: InTenant { tenant, place } } => {
            let password = password::ask()?;
            perform(&place, Request::UserAdd { tenant, name: name.clone(), role: role.word().into(), password })?;
            out::line(&say("user.added", &[("name", &name), ("role", &role.word())]));
        }
        User::List { tenant: InTenant { tenant, place } } => {
            let mut accounts = perform(&place, Request::UserList { tenant })?;
            for account in accounts.as_array_mut().into_iter().flatten() {
                account["access"] = access_of(&account["disabled"]).into();
            }
            rows(&accounts, &["name", "role", "created", "access"]);
        }
        User::Password { name, tenant: InTenant { tenant, place } } => {
            let password = password::ask()?;
            perform(&place, Request::UserPassword { tenant, name: name.clone(), password })?;
            out::line(&say("user.password", &[("name", &name)]));
        }
        User::Disable { name, tenant: InTenant { tenant, place } } => {
            perform(&place, Request::UserDisable { tenant, name: name.clone() })?;
            out::line(&say("user.disabled", &[("name", &name)]));
        }
        User::Remove { name, tenant: InTenant { tenant, place } } => {
            perform(&place, Request::UserRemove { tenant, name: name.clone() })?;
            out::line(&say("user.removed", &[("name", &name)]));
        }
    }
    Ok(())
}

fn access_of(disabled: &Value) -> String {
    if disabled == &Value::Bool(true) { say("user.access-disabled", &[]) } else { say("user.access-open", &[]) }
}

pub(super) fn token(token: Token) -> anyhow::Result<()> {
    match token {
        Token::Create { role, label, days, tenant: InTenant { tenant, place } } => {
            let label = label.unwrap_or_else(|| say("token.label", &[]));
            let answer = perform(&place, Request::TokenCreate { tenant, role: role.word().into(), label, days })?;
            // Only the token, so that scripts can take it as it is.
            out::line(answer["token"].as_str().unwrap_or_default());
        }
        Token::List { tenant: InTenant { tenant, place } } => {
            rows(
                &perform(&place, Request::TokenList { tenant })?,
                &["id", "role", "label", "account", "created", "expires", "used", "revoked"],
            );
        }
        Token::Revoke { id, tenant: InTenant { tenant, place } } => {
            perform(&place, Request::TokenRevoke { tenant, id: id.clone() })?;
            out::line(&say("token.revoked", &[("id", &id)]));
        }
    }
    Ok(())
}
