//! Scope queries.

use super::ScopePattern;
use crate::{Scope, Text};

/// Text that should be a scope pattern and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scope pattern: expected levels such as `/musterstadt/altstadt`, `+` for any one level, `#` only as the last")]
pub struct InvalidScopePattern(pub String);

impl ScopePattern {
    /// Reads one term of a scope query: `/a/b`, `/a/+`, `/a/#`, `/#`
    /// (NGSI-LD V1.9.1, clause 4.19). A missing leading `/` is added, as it is on scopes.
    ///
    /// # Errors
    /// [`InvalidScopePattern`] names the text.
    pub fn parse(text: &str) -> Result<Self, InvalidScopePattern> {
        let invalid = || InvalidScopePattern(text.chars().take(200).collect());
        let path = text.strip_prefix('/').unwrap_or(text);
        let (path, below) = match path.strip_suffix('#') {
            Some("") => return Ok(Self { levels: Vec::new(), below: true }),
            Some(rest) => (rest.strip_suffix('/').ok_or_else(invalid)?, true),
            None => (path, false),
        };
        let levels: Option<Vec<Option<Text>>> = path
            .split('/')
            .map(|level| match level {
                "+" => Some(None),
                level => Scope::parse(level).ok().filter(|scope| scope.levels().count() == 1).map(|_| Some(level.into())),
            })
            .collect();
        Ok(Self { levels: levels.ok_or_else(invalid)?, below })
    }

    /// Whether a scope matches.
    #[must_use]
    pub fn covers(&self, scope: &Scope) -> bool {
        let mut levels = scope.levels();
        let head = self.levels.iter().all(|wanted| levels.next().is_some_and(|level| wanted.as_ref().is_none_or(|wanted| wanted == level)));
        head && (self.below || levels.next().is_none())
    }
}
