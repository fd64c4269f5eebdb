//! Proofs of access: values that only the one door can make.
//!
//! Storage takes a [`TenantContext`] and [`Authorized`] questions. Both are
//! made with a [`DoorKey`], and only `engine` cuts one (`cargo xtask tidy`
//! fails where another crate names it).

use std::fmt;

use crate::TenantId;

/// The key of the one door. Only `engine` may cut it.
#[derive(Debug)]
pub struct DoorKey(());

impl DoorKey {
    /// Cuts the key. Reserved to `engine`; `cargo xtask tidy` enforces it.
    #[must_use]
    pub const fn cut() -> Self {
        Self(())
    }
}

/// Proof that the tenant was found through authentication, not through a string.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TenantContext(TenantId);

impl TenantContext {
    /// Made by the door for a tenant that exists.
    #[must_use]
    pub fn new(_key: &DoorKey, tenant: TenantId) -> Self {
        Self(tenant)
    }

    /// Which tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.0
    }
}

impl fmt::Debug for TenantContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantContext({})", self.0)
    }
}

/// A question that policy has answered: the question, narrowed to what the
/// principal may see.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorized<Q>(Q);

impl<Q> Authorized<Q> {
    /// Made by the door after policy has spoken.
    #[must_use]
    pub fn new(_key: &DoorKey, question: Q) -> Self {
        Self(question)
    }

    /// The question.
    #[must_use]
    pub fn question(&self) -> &Q {
        &self.0
    }
}
