//! Passwords: hashed, compared, changed. An account without a hash is disabled.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use policy::Action;
use store::{Account, AccountChange, Sentence};

use super::{change_account, dispensable, named};
use crate::{Access, Error};

/// The least length of a password.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// A hash to compare with when there is none, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$1iYmDBDhBqGUTz1ePbz3ckcNlpWfcHvdWvQY0c0tXcY";

impl Access {
    /// Gives an account another password and ends its sessions. A disabled
    /// account is thereby enabled.
    ///
    /// # Errors
    /// When the principal may not, there is no such account, or the password will not do.
    pub async fn set_password(&self, name: &str, password: &str) -> Result<(), Error> {
        self.permit(Action::Administer)?;
        let (name, password) = (name.to_owned(), password.to_owned());
        self.blocking(move |shared| {
            let hash = hash_password(&password)?;
            change_account(shared, &name, |all| Ok(with_hash(named(all, &name)?, &hash)))
        })
        .await
    }

    /// Lets nobody log in with an account any more and ends its sessions and
    /// tokens; its name stays for the audit.
    ///
    /// # Errors
    /// When the principal may not, there is no such account, or it is the last administrator.
    pub async fn disable_account(&self, name: &str) -> Result<(), Error> {
        self.permit(Action::Administer)?;
        let name = name.to_owned();
        self.blocking(move |shared| change_account(shared, &name, |all| Ok(with_hash(dispensable(all, &name)?, "")))).await
    }
}

fn with_hash(account: Account, hash: &str) -> AccountChange {
    AccountChange::Put(Account { password_hash: hash.to_owned(), ..account })
}

pub(super) fn hash_password(password: &str) -> Result<String, Error> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(Error::invalid(
            Sentence::new("password-short", "the password has fewer than {least} characters; take a longer one, several words for example")
                .with("least", PASSWORD_CHARS_MIN as u64),
        ));
    }
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| Error::internal(format!("the password could not be hashed: {error}")))?;
    Ok(hash.to_string())
}

/// Whether a password is the account's; takes as long when there is no account.
pub(super) fn is_right(password: &str, account: Option<&Account>) -> bool {
    let hash = account.filter(|account| !is_disabled(account)).map_or(NOBODY, |account| &account.password_hash);
    PasswordHash::new(hash).is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

/// Whether nobody can log in with it.
pub(super) fn is_disabled(account: &Account) -> bool {
    account.password_hash.is_empty()
}
