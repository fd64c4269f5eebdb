//! Accounts, tokens, sessions, small settings. Hashes come ready-made: no
//! secret reaches this crate.

use model::Instant;

use crate::backend::{Row, Session as Statements, Sql, sql};
use crate::{Account, AccountChange, Error, Session, TenantStore, TokenRow};

const ACCOUNT_PUT: Sql = sql!("account/put");
const ACCOUNT_ONE: Sql = sql!("account/one");
pub(crate) const ACCOUNT_ALL: Sql = sql!("account/all");
const ACCOUNT_REPLACE_PASSWORD: Sql = sql!("account/replace_password");
const ACCOUNT_REMOVE: Sql = sql!("account/remove");
const TOKEN_PUT: Sql = sql!("token/put");
const TOKEN_BY_HASH: Sql = sql!("token/by_hash");
const TOKEN_ALL: Sql = sql!("token/all");
const TOKEN_OF: Sql = sql!("token/of");
const TOKEN_REVOKE_OF_ENDED: Sql = sql!("token/revoke_of_ended");
const TOKEN_REVOKE: Sql = sql!("token/revoke");
const TOKEN_TOUCH: Sql = sql!("token/touch");
const SESSION_PUT: Sql = sql!("session/put");
const SESSION_BY_HASH: Sql = sql!("session/by_hash");
const SESSION_OF: Sql = sql!("session/of");
const SESSION_TOUCH: Sql = sql!("session/touch");
const SESSION_REMOVE: Sql = sql!("session/remove");
const SESSION_REMOVE_OF: Sql = sql!("session/remove_of");
const SESSION_REMOVE_OTHERS: Sql = sql!("session/remove_others");
const SESSION_REMOVE_EXPIRED: Sql = sql!("session/remove_expired");
const SETTING_PUT: Sql = sql!("setting/put");
const SETTING_GET: Sql = sql!("setting/get");
const SETTING_REMOVE: Sql = sql!("setting/remove");

/// All fail only when the database cannot be read or written.
impl TenantStore {
    /// The account of a name.
    ///
    /// # Errors
    /// See the block.
    pub fn account(&self, name: &str) -> Result<Option<Account>, Error> {
        self.inner().read(|s| s.first(ACCOUNT_ONE, &[name.into()], read_account))
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// See the block.
    pub fn accounts(&self) -> Result<Vec<Account>, Error> {
        self.inner().read(|s| s.all(ACCOUNT_ALL, &[], read_account))
    }

    /// Makes, changes or removes the account of a name as `decide` says, and
    /// ends its sessions; its tokens are taken back `at` that moment when it is
    /// gone or disabled. `decide` is given all accounts, by name, and nobody
    /// changes one between its look and the write; what it refuses changes nothing.
    ///
    /// # Errors
    /// The outer one see the block; the inner one is that of `decide`.
    pub fn change_account<E>(
        &self,
        name: &str,
        at: Instant,
        decide: impl Fn(Vec<Account>) -> Result<AccountChange, E>,
    ) -> Result<Result<(), E>, Error> {
        self.inner().write(|s| {
            match decide(s.all(ACCOUNT_ALL, &[], read_account)?) {
                Err(refused) => return Ok(Err(refused)),
                Ok(AccountChange::Put(account)) => put(s, &account)?,
                Ok(AccountChange::Remove) => s.execute(ACCOUNT_REMOVE, &[name.into()]).map(|_| ())?,
            }
            s.execute(SESSION_REMOVE_OF, &[name.into()])?;
            s.execute(TOKEN_REVOKE_OF_ENDED, &[name.into(), at.into()])?;
            Ok(Ok(()))
        })
    }

    /// Gives an account another password, if its hash is still `old`, and ends
    /// its sessions; says whether it did.
    ///
    /// # Errors
    /// See the block.
    pub fn replace_password(&self, name: &str, old: &str, new: &str) -> Result<bool, Error> {
        self.inner().write(|s| {
            let replaced = s.execute(ACCOUNT_REPLACE_PASSWORD, &[name.into(), old.into(), new.into()])? > 0;
            if replaced {
                s.execute(SESSION_REMOVE_OF, &[name.into()])?;
            }
            Ok(replaced)
        })
    }

    /// Makes a token, or replaces the one of that id.
    ///
    /// # Errors
    /// See the block.
    pub fn put_token(&self, token: &TokenRow) -> Result<(), Error> {
        self.inner().write(|s| put_token(s, token))
    }

    /// Makes a token of an account, unless `decide` refuses it. `decide` is given
    /// the account and its tokens, and nobody changes either between its look and the write.
    ///
    /// # Errors
    /// The outer one see the block; the inner one is that of `decide`.
    pub fn put_token_of<E>(
        &self,
        account: &str,
        token: &TokenRow,
        decide: impl Fn(Option<Account>, Vec<TokenRow>) -> Result<(), E>,
    ) -> Result<Result<(), E>, Error> {
        self.inner().write(|s| {
            let decided = decide(s.first(ACCOUNT_ONE, &[account.into()], read_account)?, s.all(TOKEN_OF, &[account.into()], read_token)?);
            if decided.is_ok() {
                put_token(s, token)?;
            }
            Ok(decided)
        })
    }

    /// The tokens of an account, the newest first, also expired and revoked ones.
    ///
    /// # Errors
    /// See the block.
    pub fn tokens_of(&self, account: &str) -> Result<Vec<TokenRow>, Error> {
        self.inner().read(|s| s.all(TOKEN_OF, &[account.into()], read_token))
    }

    /// The token of a hash, also when it is expired or revoked.
    ///
    /// # Errors
    /// See the block.
    pub fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, Error> {
        self.inner().read(|s| s.first(TOKEN_BY_HASH, &[hash.into()], read_token))
    }

    /// All tokens, the oldest first.
    ///
    /// # Errors
    /// See the block.
    pub fn tokens(&self) -> Result<Vec<TokenRow>, Error> {
        self.inner().read(|s| s.all(TOKEN_ALL, &[], read_token))
    }

    /// Takes a token back; says whether there was one that was not.
    ///
    /// # Errors
    /// See the block.
    pub fn revoke_token(&self, id: &str, at: Instant) -> Result<bool, Error> {
        self.inner().write(|s| s.execute(TOKEN_REVOKE, &[id.into(), at.into()])).map(|revoked| revoked > 0)
    }

    /// Notes that a token was used. Costs a sync: call it once in a while, not per request.
    ///
    /// # Errors
    /// See the block.
    pub fn touch_token(&self, id: &str, at: Instant) -> Result<(), Error> {
        self.inner().write(|s| s.execute(TOKEN_TOUCH, &[id.into(), at.into()])).map(|_| ())
    }

    /// Begins a session; removes those that had expired by then.
    ///
    /// # Errors
    /// See the block.
    pub fn put_session(&self, session: &Session) -> Result<(), Error> {
        let params = [
            (&session.hash).into(),
            (&session.account).into(),
            session.created_at.into(),
            session.last_used.into(),
            session.expires_at.into(),
        ];
        self.inner().write(|s| {
            s.execute(SESSION_REMOVE_EXPIRED, &[session.created_at.into()])?;
            s.execute(SESSION_PUT, &params).map(|_| ())
        })
    }

    /// The session of a hash, also when it is expired.
    ///
    /// # Errors
    /// See the block.
    pub fn session_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Session>, Error> {
        self.inner().read(|s| s.first(SESSION_BY_HASH, &[hash.into()], read_session))
    }

    /// The sessions of an account, the newest first, also expired ones.
    ///
    /// # Errors
    /// See the block.
    pub fn sessions_of(&self, account: &str) -> Result<Vec<Session>, Error> {
        self.inner().read(|s| s.all(SESSION_OF, &[account.into()], read_session))
    }

    /// Ends all sessions of an account but one; says how many.
    ///
    /// # Errors
    /// See the block.
    pub fn remove_other_sessions(&self, account: &str, kept: &[u8; 32]) -> Result<u64, Error> {
        self.inner().write(|s| s.execute(SESSION_REMOVE_OTHERS, &[account.into(), kept.into()]))
    }

    /// Notes that a session was used. Costs a sync: call it once in a while, not per request.
    ///
    /// # Errors
    /// See the block.
    pub fn touch_session(&self, hash: &[u8; 32], at: Instant) -> Result<(), Error> {
        self.inner().write(|s| s.execute(SESSION_TOUCH, &[hash.into(), at.into()])).map(|_| ())
    }

    /// Ends a session; says whether there was one.
    ///
    /// # Errors
    /// See the block.
    pub fn remove_session(&self, hash: &[u8; 32]) -> Result<bool, Error> {
        self.inner().write(|s| s.execute(SESSION_REMOVE, &[hash.into()])).map(|removed| removed > 0)
    }

    /// Keeps a small setting of the tenant.
    ///
    /// # Errors
    /// See the block.
    pub fn put_setting(&self, key: &str, value: &str) -> Result<(), Error> {
        self.inner().write(|s| s.execute(SETTING_PUT, &[key.into(), value.into()])).map(|_| ())
    }

    /// The value of a setting.
    ///
    /// # Errors
    /// See the block.
    pub fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        self.inner().read(|s| s.first(SETTING_GET, &[key.into()], |row| row.get(0)))
    }

    /// Removes a setting; says whether there was one.
    ///
    /// # Errors
    /// See the block.
    pub fn remove_setting(&self, key: &str) -> Result<bool, Error> {
        self.inner().write(|s| s.execute(SETTING_REMOVE, &[key.into()])).map(|removed| removed > 0)
    }
}

pub(crate) fn put(session: &dyn Statements, account: &Account) -> Result<(), Error> {
    let params = [
        (&account.name).into(),
        (&account.role).into(),
        (&account.password_hash).into(),
        account.created_at.into(),
        account.must_change.into(),
    ];
    session.execute(ACCOUNT_PUT, &params).map(|_| ())
}

pub(crate) fn read_account(row: &dyn Row) -> Result<Account, Error> {
    Ok(Account { name: row.get(0)?, role: row.get(1)?, password_hash: row.get(2)?, created_at: row.get(3)?, must_change: row.get(4)? })
}

fn put_token(session: &dyn Statements, token: &TokenRow) -> Result<(), Error> {
    let params = [
        (&token.id).into(),
        (&token.hash).into(),
        (&token.label).into(),
        (&token.role).into(),
        token.account.as_ref().into(),
        token.created_at.into(),
        token.expires_at.into(),
        token.revoked_at.into(),
        token.last_used.into(),
    ];
    session.execute(TOKEN_PUT, &params).map(|_| ())
}

fn read_token(row: &dyn Row) -> Result<TokenRow, Error> {
    Ok(TokenRow {
        id: row.get(0)?,
        hash: row.get(1)?,
        label: row.get(2)?,
        role: row.get(3)?,
        account: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        revoked_at: row.get(7)?,
        last_used: row.get(8)?,
    })
}

fn read_session(row: &dyn Row) -> Result<Session, Error> {
    Ok(Session { hash: row.get(0)?, account: row.get(1)?, created_at: row.get(2)?, last_used: row.get(3)?, expires_at: row.get(4)? })
}
