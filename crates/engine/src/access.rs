//! One principal in one tenant. Everything goes through here, and every
//! question is put to policy first.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use model::{Authorized, TenantId, Text};
use policy::{Action, Permit, Principal};

use crate::classes::{Classes, Visibility};
use crate::tenant::{Shared, Tenant};
use crate::{DOOR, Error, Kind};

/// One principal's access to a tenant. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    pub(crate) tenant: Arc<Tenant>,
    principal: Principal,
}

impl Access {
    pub(crate) fn new(tenant: Arc<Tenant>, principal: Principal) -> Self {
        Self { tenant, principal }
    }

    /// Which tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        self.tenant.shared.tenant()
    }

    /// Who is asking.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Counts the writes that readers see all of: as long as it stays, answers
    /// differ only by what the clock shows. It moves before a write is answered.
    #[must_use]
    pub fn edition(&self) -> u64 {
        self.shared().edition.load(Ordering::SeqCst)
    }

    /// The same tenant for the platform's own work on behalf of a source.
    ///
    /// # Errors
    /// When this principal may not manage sources.
    pub fn as_source(&self, name: &str) -> Result<Self, Error> {
        self.permit(Action::ManageSources)?;
        let principal = Principal::new(policy::Actor::Source(name.into()), policy::Role::Editor);
        Ok(Self::new(Arc::clone(&self.tenant), principal))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.tenant.shared
    }

    /// Asks policy.
    pub(crate) fn permit(&self, action: Action) -> Result<Permit, Error> {
        Ok(policy::decide(&self.principal, action)?)
    }

    pub(crate) fn actor(&self) -> Text {
        Text::from(self.principal.actor.to_string())
    }

    /// Looks at entities with the eyes of this principal.
    pub(crate) fn with_eyes<T>(&self, look: impl FnOnce(&Visibility<'_>) -> T) -> Result<T, Error> {
        let permit = self.permit(Action::Read)?;
        let classes: Arc<Classes> = self.shared().classes.load_full();
        let now = self.shared().clock.now();
        Ok(look(&Visibility::new(&classes, &permit, now)))
    }

    /// The proof that policy was asked about a question.
    pub(crate) fn authorized<Q>(question: Q) -> Authorized<Q> {
        Authorized::new(&DOOR, question)
    }

    /// Runs something that blocks and may take long: it can see whether the
    /// caller has gone away.
    pub(crate) async fn waited_for<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared, &Waiting) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let caller = Arc::new(());
        let waiting = Waiting::of(&caller);
        self.blocking(move |shared| work(shared, &waiting)).await
    }

    /// Runs something that blocks away from the threads that answer.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let shared = Arc::clone(self.shared());
        tokio::task::spawn_blocking(move || work(&shared)).await.unwrap_or_else(|_| Err(Error::internal("the work ended by a fault")))
    }
}

/// Whether somebody still waits for an answer: the future that asked holds
/// the other end and lets it go when it is dropped.
pub(crate) struct Waiting(Weak<()>);

impl Waiting {
    pub(crate) fn of(caller: &Arc<()>) -> Self {
        Self(Arc::downgrade(caller))
    }

    /// An error when nobody waits any more.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.0.strong_count() == 0 {
            return Err(Error::new(Kind::Unavailable, "nobody waits for the answer any more"));
        }
        Ok(())
    }
}
