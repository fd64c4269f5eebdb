//! Accounts and tokens as the operator handles them. The answers are JSON for
//! the other side of the control socket.

use anyhow::anyhow;
use engine::{Access, Role};
use model::Instant;
use serde_json::{Value, json};

use crate::messages::say;

/// Makes a token; the answer holds its secret, this once.
pub(super) async fn create_token(access: &Access, role: &str, label: &str, expires_at: Instant) -> anyhow::Result<Value> {
    Ok(json!({ "token": access.create_token(label, role_of(role)?, Some(expires_at)).await? }))
}

/// All tokens, without their secrets.
pub(super) fn tokens(access: &Access) -> anyhow::Result<Value> {
    let time = |instant: Option<Instant>| instant.map(|instant| instant.to_string());
    let tokens = access.tokens()?;
    let rows = tokens.iter().map(|token| {
        json!({
            "id": token.id, "role": token.role.word(), "label": token.label, "account": token.account, "created": token.created_at.to_string(),
            "expires": time(token.expires_at), "used": time(token.last_used), "revoked": time(token.revoked_at),
        })
    });
    Ok(rows.collect())
}

/// All accounts.
pub(super) fn users(access: &Access) -> anyhow::Result<Value> {
    let row = |account: &engine::AccountInfo| {
        json!({
            "name": account.name, "role": account.role.word(), "created": account.created_at.to_string(), "disabled": account.disabled,
        })
    };
    Ok(access.accounts()?.iter().map(row).collect())
}

/// The role of a word.
pub(super) fn role_of(word: &str) -> anyhow::Result<Role> {
    Role::GRANTABLE.into_iter().find(|role| role.word() == word).ok_or_else(|| anyhow!(say("fail.role", &[("role", &word)])))
}
