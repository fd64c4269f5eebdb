//! One's own tokens: keys that somebody makes for their own programs. They end
//! when their account is disabled or removed, and can make none themselves.

use policy::Role;
use store::{Account, TokenRow};

use super::password::is_disabled;
use super::{TokenInfo, info_of, new_token, principal_of};
use crate::{Access, Error, Kind};

/// How many tokens of their own somebody can have at a time.
pub const OWN_TOKENS_MAX: usize = 20;
/// For how many days such a token is good at most.
pub const OWN_TOKEN_DAYS_MAX: u16 = 365;
/// The greatest length of what a token is for.
pub const TOKEN_LABEL_CHARS_MAX: usize = 64;
const DAY_MICROS: i64 = 24 * 3_600_000_000;

impl Access {
    /// Makes a token of one's own, good for so many days; the secret is shown this once.
    ///
    /// # Errors
    /// [`Kind::Invalid`] when label or days will not do, [`Kind::Forbidden`] when the role is
    /// more than one's own or a token asks, [`Kind::TooLarge`] when there are enough of them.
    pub async fn create_own_token(&self, label: &str, role: Role, days: u16) -> Result<String, Error> {
        let (name, label) = (self.own_account()?, label.trim().to_owned());
        if label.is_empty() || label.chars().count() > TOKEN_LABEL_CHARS_MAX || label.chars().any(char::is_control) {
            return Err(Error::invalid(format!("a key needs a name of 1 to {TOKEN_LABEL_CHARS_MAX} characters in one line")));
        }
        if !(1..=OWN_TOKEN_DAYS_MAX).contains(&days) {
            return Err(Error::invalid(format!("a key cannot be good for {days} days; take 1 to {OWN_TOKEN_DAYS_MAX}")));
        }
        self.blocking(move |shared| {
            let now = shared.clock.now();
            let (token, secret) = new_token(label, role, now, Some(now.plus_micros(i64::from(days) * DAY_MICROS)))?;
            let token = TokenRow { account: Some(name.to_string()), ..token };
            shared.store.put_token_of(&name, &token, |account, others| {
                let account = account.ok_or_else(|| Error::not_found("account", &name))?;
                let alive = others.iter().filter(|other| other.revoked_at.is_none() && other.expires_at.is_none_or(|end| end > now));
                may_have(&account, role, alive.count())
            })??;
            Ok(secret)
        })
        .await
    }

    /// One's own tokens, the newest first; those taken back are left out.
    ///
    /// # Errors
    /// When nobody is logged in.
    pub async fn own_tokens(&self) -> Result<Vec<TokenInfo>, Error> {
        let name = self.own_account()?;
        self.blocking(move |shared| {
            Ok(shared.store.tokens_of(&name)?.into_iter().filter(|token| token.revoked_at.is_none()).map(info_of).collect())
        })
        .await
    }

    /// Takes one of one's own tokens back, from now on.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is no such token of this account.
    pub async fn revoke_own_token(&self, id: &str) -> Result<(), Error> {
        let (name, id) = (self.own_account()?, id.to_owned());
        self.blocking(move |shared| {
            let is_own = shared.store.tokens_of(&name)?.iter().any(|token| token.id == id);
            let revoked = is_own && shared.store.revoke_token(&id, shared.clock.now())?;
            shared.tokens.forget();
            if revoked { Ok(()) } else { Err(Error::not_found("token", &id)) }
        })
        .await
    }
}

/// Whether an account may have one more token of a role.
fn may_have(account: &Account, role: Role, alive: usize) -> Result<(), Error> {
    let own = principal_of(account)?.role;
    if is_disabled(account) || role > own || !Role::GRANTABLE.contains(&role) {
        let message = format!("an account of the role `{}` cannot make a key of the role `{}`", own.word(), role.word());
        return Err(Error::new(Kind::Forbidden, message));
    }
    if alive >= OWN_TOKENS_MAX {
        return Err(Error::new(Kind::TooLarge, format!("there are {alive} keys already; take one back first")));
    }
    Ok(())
}
