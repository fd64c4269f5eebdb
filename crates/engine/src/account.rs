//! Accounts, tokens and sessions. Secrets are shown once and kept as hashes.

mod own;
mod own_tokens;
mod password;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use model::{Instant, TenantId, Text};
use parking_lot::RwLock;
use policy::{Action, Actor, Principal, Role};
use sha2::{Digest, Sha256};
use store::{AccountChange, Sentence, TokenRow};
use subtle::ConstantTimeEq;

use crate::tenant::Shared;
use crate::{Access, Engine, Error, Kind};
pub use own::OwnSession;
pub use own_tokens::{OWN_TOKEN_DAYS_MAX, OWN_TOKENS_MAX, TOKEN_LABEL_CHARS_MAX};
pub use password::PASSWORD_CHARS_MIN;
use password::{hash_password, is_right};

/// An account with a password, as the store keeps it.
pub use store::Account;

/// How long a session lasts at most: 12 h.
pub const SESSION_MICROS: i64 = 12 * 3_600_000_000;
/// After how long without use a session ends: 30 min.
pub const SESSION_IDLE_MICROS: i64 = 30 * 60_000_000;
/// How old a session's or token's last use may be before it is written again: 1 min.
const TOUCH_MICROS: i64 = 60_000_000;
/// The name of the setting that holds the hash of the first-run code.
const FIRST_RUN: &str = "first-run-code";
/// A session that was just made.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session's secret: for the cookie, nowhere else.
    pub secret: String,
    /// What forms must send back.
    pub csrf: String,
    /// Whose it is.
    pub principal: Principal,
}

/// A session that is known.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose it is.
    pub principal: Principal,
    /// What forms must send back.
    pub csrf: String,
}

/// An account, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountInfo {
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// When it was made.
    pub created_at: Instant,
    /// Whether nobody can log in with it until it gets a new password.
    pub disabled: bool,
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its public name.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// The role it gives.
    pub role: Role,
    /// The account of the person who made it; `None` is one of the operator.
    pub account: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// When it was taken back.
    pub revoked_at: Option<Instant>,
    /// When it was last used.
    pub last_used: Option<Instant>,
}

/// Tokens that were looked up within the last minute, so that a request asks
/// memory and not the disk. Forgotten when one is taken back.
#[derive(Default)]
pub(crate) struct TokenCache(RwLock<KnownTokens>);

#[derive(Default)]
struct KnownTokens {
    by_hash: HashMap<[u8; 32], KnownToken>,
    /// How often all were forgotten.
    forgotten: u64,
}

struct KnownToken {
    principal: Principal,
    expires_at: Option<Instant>,
    /// From when on it is looked up again, so that its last use is written.
    until: Instant,
}

impl TokenCache {
    fn get(&self, hash: &[u8; 32], now: Instant) -> Option<Principal> {
        let tokens = self.0.read();
        let known = tokens.by_hash.get(hash).filter(|known| now < known.until && known.expires_at.is_none_or(|end| now < end))?;
        Some(known.principal.clone())
    }

    /// To be asked before a token is looked up, and handed to [`Self::keep`].
    fn age(&self) -> u64 {
        self.0.read().forgotten
    }

    /// Keeps what was looked up, unless tokens were forgotten since: it may be the one taken back.
    fn keep(&self, age: u64, hash: [u8; 32], token: KnownToken) {
        let mut tokens = self.0.write();
        if tokens.forgotten == age {
            tokens.by_hash.insert(hash, token);
        }
    }

    fn forget(&self) {
        let mut tokens = self.0.write();
        tokens.by_hash.clear();
        tokens.forgotten += 1;
    }
}

fn unauthorized(message: &str) -> Error {
    Error::new(Kind::Unauthorized, message)
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Random bytes as lower-case hexadecimal digits.
fn random_hex(bytes: usize) -> Result<String, Error> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|error| Error::internal(format!("the system gives no random numbers: {error}")))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn check_account_name(name: &str) -> Result<(), Error> {
    let ok = (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'));
    if ok {
        Ok(())
    } else {
        Err(Error::invalid(
            Sentence::new("account-name", "`{name}` cannot be an account's name; take 1 to 64 letters, digits and `.-_@`")
                .with("name", name),
        ))
    }
}

/// What forms of a session must send back: derived, so that nothing more is kept.
fn csrf_of(secret: &str) -> String {
    digest(&format!("csrf:{secret}"))[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Engine {
    async fn at_tenant<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        work: impl FnOnce(&Shared) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.access(tenant, Principal::anonymous())?.blocking(work).await
    }

    /// The principal of a token.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] when the token is unknown, expired or taken back.
    pub async fn principal_of_token(&self, tenant: &TenantId, secret: &str) -> Result<Principal, Error> {
        let hash = digest(secret);
        let loaded = self.loaded(tenant)?;
        if let Some(principal) = loaded.shared.tokens.get(&hash, loaded.shared.clock.now()) {
            return Ok(principal);
        }
        self.at_tenant(tenant, move |shared| {
            let (now, age) = (shared.clock.now(), shared.tokens.age());
            let token = shared.store.token_by_hash(&hash)?.ok_or_else(|| unauthorized("the token is not known in this tenant"))?;
            if token.revoked_at.is_some() {
                return Err(unauthorized("the token was taken back"));
            }
            if token.expires_at.is_some_and(|end| end <= now) {
                return Err(unauthorized("the token has expired; ask for a new one"));
            }
            if token.last_used.is_none_or(|last| now.micros() - last.micros() > TOUCH_MICROS) {
                note_use(shared, shared.store.touch_token(&token.id, now));
            }
            let role =
                Role::from_word(&token.role).ok_or_else(|| Error::internal(format!("the token `{}` has no known role", token.id)))?;
            let principal = Principal::new(Actor::Token(token.id.into()), role);
            shared.tokens.keep(
                age,
                hash,
                KnownToken { principal: principal.clone(), expires_at: token.expires_at, until: now.plus_micros(TOUCH_MICROS) },
            );
            Ok(principal)
        })
        .await
    }

    /// Begins a session of an account.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] when name and password do not belong together.
    pub async fn login(&self, tenant: &TenantId, name: &str, password: &str) -> Result<NewSession, Error> {
        let (name, password) = (name.to_owned(), password.to_owned());
        self.at_tenant(tenant, move |shared| {
            let account = shared.store.account(&name)?;
            let right = is_right(&password, account.as_ref());
            match account {
                Some(account) if right => session_of(shared, &account),
                _ => Err(unauthorized("name and password do not belong together")),
            }
        })
        .await
    }

    /// The session of a secret.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] when it is unknown or over.
    pub async fn principal_of_session(&self, tenant: &TenantId, secret: &str) -> Result<Session, Error> {
        let secret = secret.to_owned();
        self.at_tenant(tenant, move |shared| {
            let (now, hash) = (shared.clock.now(), digest(&secret));
            let over = || unauthorized("the session is over; log in again");
            let session = shared.store.session_by_hash(&hash)?.ok_or_else(over)?;
            if session.expires_at <= now || session.last_used.plus_micros(SESSION_IDLE_MICROS) <= now {
                shared.store.remove_session(&hash)?;
                return Err(over());
            }
            if now.micros() - session.last_used.micros() > TOUCH_MICROS {
                note_use(shared, shared.store.touch_session(&hash, now));
            }
            let account = shared.store.account(&session.account)?.filter(|account| !password::is_disabled(account)).ok_or_else(over)?;
            Ok(Session { principal: principal_of(&account)?, csrf: csrf_of(&secret) })
        })
        .await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn logout(&self, tenant: &TenantId, secret: &str) -> Result<(), Error> {
        let hash = digest(secret);
        self.at_tenant(tenant, move |shared| Ok(shared.store.remove_session(&hash).map(|_| ())?)).await
    }

    /// A new one-time code while the tenant has no account; the one before is void. Blocks.
    ///
    /// # Errors
    /// When the store does not answer.
    pub fn first_run_code(&self, tenant: &TenantId) -> Result<Option<String>, Error> {
        let tenant = self.loaded(tenant)?;
        if !tenant.shared.store.accounts()?.is_empty() {
            return Ok(None);
        }
        let hex = random_hex(8)?;
        let code = format!("{}-{}-{}-{}", &hex[0..4], &hex[4..8], &hex[8..12], &hex[12..16]);
        let hash: String = digest(&code).iter().map(|byte| format!("{byte:02x}")).collect();
        tenant.shared.store.put_setting(FIRST_RUN, &hash)?;
        Ok(Some(code))
    }

    /// Whether the tenant has an account; without one the form of the first start is shown. Blocks.
    ///
    /// # Errors
    /// When the store does not answer.
    pub fn has_account(&self, tenant: &TenantId) -> Result<bool, Error> {
        Ok(!self.loaded(tenant)?.shared.store.accounts()?.is_empty())
    }

    /// Makes the first administrator with the one-time code and begins a session.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] when the code is wrong or used, [`Kind::Invalid`] when name or password will not do.
    pub async fn first_account(&self, tenant: &TenantId, code: &str, name: &str, password: &str) -> Result<NewSession, Error> {
        let (code, name, password) = (code.trim().to_lowercase(), name.to_owned(), password.to_owned());
        self.at_tenant(tenant, move |shared| {
            let given: String = digest(&code).iter().map(|byte| format!("{byte:02x}")).collect();
            let kept = shared.store.setting(FIRST_RUN)?.unwrap_or_default();
            let used = || unauthorized("the code is wrong or was used; a new one is printed when the platform starts without an account");
            if !bool::from(kept.as_bytes().ct_eq(given.as_bytes())) || !shared.store.accounts()?.is_empty() {
                return Err(used());
            }
            let account = new_account(shared, &name, &password, Role::Administrator)?;
            change_account(shared, &name, |all| if all.is_empty() { Ok(AccountChange::Put(account.clone())) } else { Err(used()) })?;
            shared.store.remove_setting(FIRST_RUN)?;
            begin_session(shared, &account)
        })
        .await
    }
}

impl Access {
    /// Makes an account.
    ///
    /// # Errors
    /// When the principal may not, the name is taken, or name or password will not do.
    pub async fn create_account(&self, name: &str, password: &str, role: Role) -> Result<(), Error> {
        self.permit(Action::Administer)?;
        let (name, password) = (name.to_owned(), password.to_owned());
        self.blocking(move |shared| {
            let account = new_account(shared, &name, &password, role)?;
            change_account(shared, &name, |all| match named(all, &name) {
                Ok(_) => Err(Error::exists("account", &name)),
                Err(_) => Ok(AccountChange::Put(account.clone())),
            })
        })
        .await
    }

    /// All accounts.
    ///
    /// # Errors
    /// When the principal may not.
    pub fn accounts(&self) -> Result<Vec<AccountInfo>, Error> {
        self.permit(Action::Administer)?;
        let accounts = self.shared().store.accounts()?;
        Ok(accounts
            .into_iter()
            .map(|a| AccountInfo {
                role: Role::from_word(&a.role).unwrap_or(Role::Public),
                disabled: password::is_disabled(&a),
                name: a.name,
                created_at: a.created_at,
            })
            .collect())
    }

    /// Removes an account and ends its sessions and tokens.
    ///
    /// # Errors
    /// When the principal may not, there is no such account, or it is the last administrator.
    pub async fn remove_account(&self, name: &str) -> Result<(), Error> {
        self.permit(Action::Administer)?;
        let name = name.to_owned();
        self.blocking(move |shared| change_account(shared, &name, |all| dispensable(all, &name).map(|_| AccountChange::Remove))).await
    }

    /// Makes a token; the secret is shown this once.
    ///
    /// # Errors
    /// When the principal may not.
    pub async fn create_token(&self, label: &str, role: Role, expires_at: Option<Instant>) -> Result<String, Error> {
        self.permit(Action::Administer)?;
        let label = label.to_owned();
        self.blocking(move |shared| {
            let (token, secret) = new_token(label, role, shared.clock.now(), expires_at)?;
            shared.store.put_token(&token)?;
            Ok(secret)
        })
        .await
    }

    /// All tokens, without their secrets.
    ///
    /// # Errors
    /// When the principal may not.
    pub fn tokens(&self) -> Result<Vec<TokenInfo>, Error> {
        self.permit(Action::Administer)?;
        Ok(self.shared().store.tokens()?.into_iter().map(info_of).collect())
    }

    /// Takes a token back, from now on.
    ///
    /// # Errors
    /// When the principal may not or there is no such token.
    pub async fn revoke_token(&self, id: &str) -> Result<(), Error> {
        self.permit(Action::Administer)?;
        let id = id.to_owned();
        self.blocking(move |shared| {
            let revoked = shared.store.revoke_token(&id, shared.clock.now())?;
            shared.tokens.forget();
            if revoked { Ok(()) } else { Err(Error::not_found("token", &id)) }
        })
        .await
    }

    /// The audit: headers of the log, newest first.
    ///
    /// # Errors
    /// When the principal may not.
    pub fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<model::Header>, Error> {
        self.permit(Action::Administer)?;
        Ok(self.shared().store.audit(before, limit)?)
    }
}

/// Changes an account as `decide` says of all that are there; nobody comes
/// between, so that of two administrators who disable each other one stays.
fn change_account(shared: &Shared, name: &str, decide: impl Fn(Vec<Account>) -> Result<AccountChange, Error>) -> Result<(), Error> {
    let changed = shared.store.change_account(name, shared.clock.now(), decide)?;
    // Its tokens may have ended with it.
    shared.tokens.forget();
    changed
}

fn named(accounts: Vec<Account>, name: &str) -> Result<Account, Error> {
    accounts.into_iter().find(|account| account.name == name).ok_or_else(|| Error::not_found("account", &name))
}

/// An account without which somebody still administers the tenant.
fn dispensable(accounts: Vec<Account>, name: &str) -> Result<Account, Error> {
    let administers = |account: &Account| account.role == Role::Administrator.word() && !password::is_disabled(account);
    let others_administer = accounts.iter().any(|account| account.name != name && administers(account));
    let account = named(accounts, name)?;
    if administers(&account) && !others_administer {
        return Err(Error::new(
            Kind::Conflict,
            Sentence::new("last-administrator", "`{name}` is the last administrator; make another one first").with("name", name),
        ));
    }
    Ok(account)
}

/// That a last use could not be noted, on a full disk for example, keeps nobody out.
fn note_use(shared: &Shared, noted: Result<(), store::Error>) {
    if let Err(error) = noted {
        tracing::warn!(tenant = %shared.tenant(), %error, "the last use of a credential could not be noted");
    }
}

/// A token and its secret.
fn new_token(label: String, role: Role, now: Instant, expires_at: Option<Instant>) -> Result<(TokenRow, String), Error> {
    let id = random_hex(6)?;
    let secret = format!("alm_{id}_{}", random_hex(32)?);
    let (hash, role) = (digest(&secret), role.word().to_owned());
    Ok((TokenRow { id, hash, label, role, account: None, created_at: now, expires_at, revoked_at: None, last_used: None }, secret))
}

fn info_of(token: TokenRow) -> TokenInfo {
    TokenInfo {
        role: Role::from_word(&token.role).unwrap_or(Role::Public),
        id: token.id,
        label: token.label,
        account: token.account,
        created_at: token.created_at,
        expires_at: token.expires_at,
        revoked_at: token.revoked_at,
        last_used: token.last_used,
    }
}

fn new_account(shared: &Shared, name: &str, password: &str, role: Role) -> Result<Account, Error> {
    check_account_name(name)?;
    Ok(Account {
        name: name.to_owned(),
        role: role.word().to_owned(),
        password_hash: hash_password(password)?,
        created_at: shared.clock.now(),
        must_change: false,
    })
}

/// Begins a session of an account as it was when its password was compared.
/// That takes a while: a password changed meanwhile has ended all sessions,
/// and must end this one too.
fn session_of(shared: &Shared, account: &Account) -> Result<NewSession, Error> {
    let session = begin_session(shared, account)?;
    let now = shared.store.account(&account.name)?;
    if now.is_some_and(|now| now.password_hash == account.password_hash) {
        return Ok(session);
    }
    shared.store.remove_session(&digest(&session.secret))?;
    Err(unauthorized("the account was changed meanwhile; log in again"))
}

fn begin_session(shared: &Shared, account: &Account) -> Result<NewSession, Error> {
    let (now, secret) = (shared.clock.now(), random_hex(32)?);
    shared.store.put_session(&store::Session {
        hash: digest(&secret),
        account: account.name.clone(),
        created_at: now,
        last_used: now,
        expires_at: now.plus_micros(SESSION_MICROS),
    })?;
    Ok(NewSession { csrf: csrf_of(&secret), principal: principal_of(account)?, secret })
}

fn principal_of(account: &Account) -> Result<Principal, Error> {
    let role =
        Role::from_word(&account.role).ok_or_else(|| Error::internal(format!("the account `{}` has no known role", account.name)))?;
    Ok(Principal::new(Actor::Account(Text::from(account.name.as_str())), role))
}
