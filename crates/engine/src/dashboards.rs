//! Dashboards: pages of tiles, declared by a definition. They are entities
//! like datasets; what their definition says, is for who shows them.

use std::sync::LazyLock;

use model::dataset::terms;
use model::{Attribute, Entity, EntityId, Instant, Json, Name, Text, Value};
use policy::Action;
use tokio::sync::Mutex;

use crate::operation::Operation;
use crate::{Access, Error, Kind};

/// One at a time looks whether a dashboard has changed and writes it.
static WRITING: Mutex<()> = Mutex::const_new(());

/// The entity type of dashboards.
pub(crate) fn dashboard() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/Dashboard"));
    *NAME
}

/// Property: the definition's text.
fn definition() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/definition"));
    *NAME
}

/// A dashboard as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardRow {
    /// Its name in addresses.
    pub slug: Text,
    /// Its definition.
    pub text: Text,
    /// When that was kept.
    pub changed_at: Instant,
}

impl Access {
    /// The dashboards that may be seen, by slug.
    ///
    /// # Errors
    /// As [`Access::query`].
    pub fn dashboards(&self) -> Result<Vec<DashboardRow>, Error> {
        let mut rows: Vec<DashboardRow> = self.with_eyes(|eyes| {
            let state = self.shared().state.read();
            let visible = state.of_type(dashboard()).filter(|stored| eyes.shows_entity(&stored.entity));
            visible.filter_map(|stored| row(&stored.entity)).collect()
        })?;
        rows.sort_by(|a, b| a.slug.cmp(&b.slug));
        Ok(rows)
    }

    /// The dashboard of a slug.
    ///
    /// # Errors
    /// [`crate::Kind::NotFound`], also when it may not be seen.
    pub fn dashboard(&self, slug: &str) -> Result<DashboardRow, Error> {
        let missing = || Error::not_found("dashboard", &slug.chars().take(100).collect::<String>());
        let view = self.entity(&id_of(slug).ok_or_else(missing)?).map_err(|_| missing())?;
        row(view.entity()).ok_or_else(missing)
    }

    /// Keeps a dashboard. Everybody may see one that is published.
    ///
    /// # Errors
    /// When the principal may not manage sources, or the slug is none.
    pub async fn put_dashboard(&self, slug: &str, published: bool, text: &str) -> Result<(), Error> {
        let _one = WRITING.lock().await;
        self.keep_dashboard(slug, published, text).await
    }

    /// The same, if its definition still reads `seen`; `None` where there
    /// must be no dashboard of that name.
    ///
    /// # Errors
    /// As [`Access::put_dashboard`], and [`Kind::Conflict`] when somebody else was faster.
    pub async fn replace_dashboard(&self, slug: &str, seen: Option<&str>, published: bool, text: &str) -> Result<(), Error> {
        self.permit(Action::ManageSources)?;
        let _one = WRITING.lock().await;
        self.still_reads(slug, seen)?;
        self.keep_dashboard(slug, published, text).await
    }

    async fn keep_dashboard(&self, slug: &str, published: bool, text: &str) -> Result<(), Error> {
        self.permit(Action::ManageSources)?;
        let id = id_of(slug).ok_or_else(|| Error::not_found("dashboard", &slug))?;
        let entity = Entity::new(id, dashboard())
            .with(Attribute::new(terms::slug(), Value::Property(Json::from(slug))))
            .with(Attribute::new(definition(), Value::Property(Json::from(text))))
            .with(Attribute::new(terms::published(), Value::Property(Json::Bool(published))));
        self.change(Operation::Upsert { entity, replace: true }).await
    }

    /// Takes a dashboard away, if its definition still reads `seen` where
    /// that is given. Its datasets stay.
    ///
    /// # Errors
    /// [`Kind::NotFound`]; [`Kind::Conflict`] when somebody else was faster;
    /// when the principal may not manage sources.
    pub async fn remove_dashboard(&self, slug: &str, seen: Option<&str>) -> Result<(), Error> {
        self.permit(Action::ManageSources)?;
        let _one = WRITING.lock().await;
        self.dashboard(slug)?;
        if seen.is_some() {
            self.still_reads(slug, seen)?;
        }
        let id = id_of(slug).ok_or_else(|| Error::not_found("dashboard", &slug))?;
        self.change(Operation::Delete(id)).await
    }

    fn still_reads(&self, slug: &str, seen: Option<&str>) -> Result<(), Error> {
        let now = match self.dashboard(slug) {
            Ok(row) => Some(row.text),
            Err(error) if error.kind() == Kind::NotFound => None,
            Err(error) => return Err(error),
        };
        if now.as_deref() == seen {
            Ok(())
        } else {
            Err(Error::new(Kind::Conflict, "somebody else has changed this dashboard; look at it again"))
        }
    }

    async fn change(&self, operation: Operation) -> Result<(), Error> {
        let receipt = self.write(vec![operation]).await?;
        receipt.outcomes.into_iter().collect::<Result<Vec<_>, _>>().map(|_| ())
    }
}

fn id_of(slug: &str) -> Option<EntityId> {
    let plain = !slug.is_empty() && slug.len() <= 100 && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain.then(|| EntityId::parse(&format!("urn:ngsi-ld:Dashboard:{slug}")).ok()).flatten()
}

fn row(entity: &Entity) -> Option<DashboardRow> {
    let text = |name: Name| entity.value(name).and_then(Value::as_str).map(Text::from);
    Some(DashboardRow { slug: text(terms::slug())?, text: text(definition())?, changed_at: entity.modified_at })
}
