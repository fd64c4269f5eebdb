//! One's own account: another password, one's sessions.

use model::{Instant, Text};
use policy::Actor;

use super::password::{hash_password, is_disabled, is_right};
use super::{NewSession, SESSION_IDLE_MICROS, begin_session, digest, unauthorized};
use crate::{Access, Error, Kind};

/// A session of one's own. Where it was begun is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// What names it: the beginning of its hash, of no use for logging in.
    pub key: String,
    /// When it began.
    pub created_at: Instant,
    /// When it was last used, to the minute.
    pub last_used: Instant,
    /// When it ends at the latest.
    pub expires_at: Instant,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

impl Access {
    /// The account that asks.
    pub(super) fn own_account(&self) -> Result<Text, Error> {
        match &self.principal().actor {
            Actor::Account(name) => Ok(name.clone()),
            _ => Err(Error::new(Kind::Forbidden, "only somebody who is logged in has an account; log in with a name and a password")),
        }
    }

    /// Gives one's own account another password. All sessions end, a new one begins.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] when `old` is not the password, [`Kind::Invalid`] when
    /// `new` will not do, [`Kind::Conflict`] when somebody changed the account meanwhile.
    pub async fn change_own_password(&self, old: &str, new: &str) -> Result<NewSession, Error> {
        let (name, old, new) = (self.own_account()?, old.to_owned(), new.to_owned());
        self.blocking(move |shared| {
            let account = shared.store.account(&name)?;
            if !is_right(&old, account.as_ref()) {
                return Err(unauthorized("this is not the password of the account"));
            }
            let account = account.filter(|account| !is_disabled(account)).ok_or_else(|| Error::not_found("account", &name))?;
            if old == new {
                return Err(Error::invalid("the new password is the old one; take another"));
            }
            let changed = shared.store.replace_password(&name, &account.password_hash, &hash_password(&new)?)?;
            if !changed {
                return Err(Error::new(Kind::Conflict, "the account was changed meanwhile; log in again"));
            }
            begin_session(shared, &account)
        })
        .await
    }

    /// One's own sessions, the newest first; `secret` is the one that asks.
    ///
    /// # Errors
    /// When nobody is logged in.
    pub async fn own_sessions(&self, secret: &str) -> Result<Vec<OwnSession>, Error> {
        let (name, current) = (self.own_account()?, digest(secret));
        self.blocking(move |shared| {
            let now = shared.clock.now();
            let alive = |session: &store::Session| session.expires_at > now && session.last_used.plus_micros(SESSION_IDLE_MICROS) > now;
            let own = |session: store::Session| OwnSession {
                key: key_of(&session.hash),
                created_at: session.created_at,
                last_used: session.last_used,
                expires_at: session.expires_at,
                is_current: session.hash == current,
            };
            Ok(shared.store.sessions_of(&name)?.into_iter().filter(alive).map(own).collect())
        })
        .await
    }

    /// Ends one of one's own sessions.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is no such session of this account.
    pub async fn end_own_session(&self, key: &str) -> Result<(), Error> {
        let (name, key) = (self.own_account()?, key.to_owned());
        self.blocking(move |shared| {
            let sessions = shared.store.sessions_of(&name)?;
            let session = sessions.iter().find(|session| key_of(&session.hash) == key).ok_or_else(|| Error::not_found("session", &key))?;
            Ok(shared.store.remove_session(&session.hash).map(|_| ())?)
        })
        .await
    }

    /// Ends all of one's own sessions but the one of `secret`; answers how many.
    ///
    /// # Errors
    /// When nobody is logged in.
    pub async fn end_other_sessions(&self, secret: &str) -> Result<u64, Error> {
        let (name, kept) = (self.own_account()?, digest(secret));
        self.blocking(move |shared| Ok(shared.store.remove_other_sessions(&name, &kept)?)).await
    }
}

fn key_of(hash: &[u8; 32]) -> String {
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
