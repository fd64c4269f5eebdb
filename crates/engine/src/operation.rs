//! What a request may ask to be written.

use model::{Attribute, Entity, EntityId, Instant, Iri, Name, Scope, UnitCode, Value};

use crate::Error;

/// One thing to write. Each is atomic by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// A new entity; refused when its id is known (NGSI-LD V1.9.1, clause 5.6.1).
    Create(Entity),
    /// The entity, new or not (clause 5.6.8).
    Upsert {
        /// The entity.
        entity: Entity,
        /// Whether what is not sent goes; else as [`Operation::Update`].
        replace: bool,
    },
    /// More attributes (clause 5.6.3).
    Append {
        /// What to add.
        fragment: Fragment,
        /// Whether instances that are there are replaced.
        overwrite: bool,
    },
    /// Instances replaced whole or appended, Null deletes (clause 5.6.2).
    Update(Fragment),
    /// Members of one instance replaced (clause 5.6.4).
    PatchAttribute {
        /// The entity.
        id: EntityId,
        /// What of the attribute to replace.
        patch: AttributePatch,
    },
    /// An attribute deleted (clause 5.6.5).
    DeleteAttribute {
        /// The entity.
        id: EntityId,
        /// The attribute.
        name: Name,
        /// Which of its instances.
        which: Instances,
    },
    /// The entity deleted from the current state; its history stays (clause 5.6.6).
    Delete(EntityId),
}

impl Operation {
    /// The entity it concerns.
    #[must_use]
    pub fn entity(&self) -> &EntityId {
        match self {
            Self::Create(entity) | Self::Upsert { entity, .. } => &entity.id,
            Self::Append { fragment, .. } | Self::Update(fragment) => &fragment.id,
            Self::PatchAttribute { id, .. } | Self::DeleteAttribute { id, .. } | Self::Delete(id) => id,
        }
    }
}

/// What a request says of a member that need not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// Nothing: it stays as it is.
    #[default]
    Keep,
    /// It goes.
    Remove,
    /// It becomes this.
    Set(T),
}

impl<T> Edit<T> {
    /// What is there afterwards.
    #[must_use]
    pub fn apply(self, there: Option<T>) -> Option<T> {
        match self {
            Self::Keep => there,
            Self::Remove => None,
            Self::Set(new) => Some(new),
        }
    }
}

/// What is not sent stays.
impl<T> From<Option<T>> for Edit<T> {
    fn from(sent: Option<T>) -> Self {
        sent.map_or(Self::Keep, Self::Set)
    }
}

/// A part of an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Fragment {
    /// Which entity.
    pub id: EntityId,
    /// Types to add.
    pub types: Vec<Name>,
    /// Scopes to set; `None` leaves them.
    pub scopes: Option<Vec<Scope>>,
    /// From when on it is gone by itself.
    pub expires_at: Edit<Instant>,
    /// Attribute instances.
    pub attributes: Vec<Attribute>,
    /// Instances to delete.
    pub removed: Vec<(Name, Option<Iri>)>,
}

impl Fragment {
    /// A part that says nothing yet.
    #[must_use]
    pub fn new(id: EntityId) -> Self {
        Self { id, types: Vec::new(), scopes: None, expires_at: Edit::Keep, attributes: Vec::new(), removed: Vec::new() }
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
            && self.scopes.is_none()
            && self.expires_at == Edit::Keep
            && self.attributes.is_empty()
            && self.removed.is_empty()
    }
}

/// Members of one attribute instance to replace.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributePatch {
    /// The attribute.
    pub name: Name,
    /// Which instance.
    pub dataset: Option<Iri>,
    /// The value, of the type the instance has; `None` leaves it.
    pub value: Option<Value>,
    /// When it was observed.
    pub observed_at: Edit<Instant>,
    /// Its unit.
    pub unit: Edit<UnitCode>,
    /// Sub-attributes to set.
    pub sub: Vec<Attribute>,
    /// Sub-attributes to delete.
    pub removed_sub: Vec<Name>,
    /// From when on it is gone by itself.
    pub expires_at: Edit<Instant>,
}

impl AttributePatch {
    /// Whether nothing is to be replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_none()
            && self.observed_at == Edit::Keep
            && self.unit == Edit::Keep
            && self.expires_at == Edit::Keep
            && self.sub.is_empty()
            && self.removed_sub.is_empty()
    }
}

/// Which instances of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instances {
    /// The one without `datasetId`.
    Default,
    /// The one with this `datasetId`.
    One(Iri),
    /// All.
    All,
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The entity is new.
    Created,
    /// The entity was changed.
    Updated {
        /// Attributes that were written.
        updated: Vec<Name>,
        /// Attributes that were not, and why.
        not_updated: Vec<(Name, String)>,
    },
    /// All was as sent already.
    Unchanged,
    /// It is gone.
    Deleted,
}

/// The answer to a request: durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// What became of each operation, in order.
    pub outcomes: Vec<Result<Outcome, Error>>,
    /// The log's position when it was written: state read at or after it shows it.
    pub seq: u64,
}

/// What became of imported records: durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportReceipt {
    /// Values that are new.
    pub written: u64,
    /// Values that were there already.
    pub unchanged: u64,
    /// Values that replace another for the same time.
    pub corrected: u64,
    /// Entities that are new.
    pub created: u64,
}

impl std::ops::AddAssign for ImportReceipt {
    fn add_assign(&mut self, more: Self) {
        self.written += more.written;
        self.unchanged += more.unchanged;
        self.corrected += more.corrected;
        self.created += more.created;
    }
}
