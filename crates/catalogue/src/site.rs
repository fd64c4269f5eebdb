//! What the catalogue says of the platform that gives it out.

use model::Text;
use model::dataset::{Agent, Texts};

/// The platform as harvesters see it. Made by `server` from its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    public_url: String,
    identifier_url: String,
    /// What the catalogue is called.
    pub title: Texts,
    /// What is in it.
    pub description: Texts,
    /// Who answers for the catalogue.
    pub publisher: Agent,
    /// Code of the DCAT-AP.de list of contributors, such as `hessen`. GovData
    /// wants exactly one; only the operator knows which.
    pub contributor: Option<Text>,
}

/// A public address that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the public address `{0}` cannot be used: expected `http://` or `https://`, a host and nothing after it but a path, for example `https://daten.musterstadt.de`"
)]
pub struct InvalidSite(pub String);

impl Site {
    /// The platform of a municipality at an address.
    ///
    /// # Errors
    /// [`InvalidSite`] names the address.
    pub fn new(public_url: &str, municipality: &str) -> Result<Self, InvalidSite> {
        let url = checked(public_url)?;
        Ok(Self {
            title: Texts {
                de: format!("Datenkatalog {municipality}").into(),
                en: Some(format!("Data catalogue of {municipality}").into()),
            },
            description: Texts {
                de: format!("Offene Daten, die {municipality} herausgibt, mit Beschreibung, Lizenz und Abruf.").into(),
                en: Some(format!("Open data given out by {municipality}, with description, licence and access.").into()),
            },
            publisher: Agent { name: municipality.into(), homepage: Some(format!("{url}/").into()) },
            contributor: None,
            identifier_url: url.clone(),
            public_url: url,
        })
    }

    /// The same with identifiers from an earlier address. Harvesters know a
    /// dataset by its identifier: it must stay when the platform moves to
    /// another host.
    ///
    /// # Errors
    /// [`InvalidSite`] names the address.
    pub fn with_identifiers_of(mut self, url: &str) -> Result<Self, InvalidSite> {
        self.identifier_url = checked(url)?;
        Ok(self)
    }

    /// The public address without a closing slash.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The page of a dataset: its permanent link.
    #[must_use]
    pub fn page_of(&self, slug: &str) -> String {
        format!("{}/datensaetze/{slug}", self.public_url)
    }

    /// What harvesters know a dataset by (`dct:identifier`).
    #[must_use]
    pub fn identifier_of(&self, slug: &str) -> String {
        format!("{}/datensaetze/{slug}", self.identifier_url)
    }
}

fn checked(url: &str) -> Result<String, InvalidSite> {
    let trimmed = url.trim_end_matches('/');
    let rest = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
    let ok = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['?', '#', '@']))
        && oxrdf::NamedNode::new(trimmed).is_ok();
    if ok { Ok(trimmed.to_owned()) } else { Err(InvalidSite(url.chars().take(200).collect())) }
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn addresses_are_checked() {
        for good in ["https://daten.musterstadt.de", "http://127.0.0.1:8080/", "https://muster.de/daten"] {
            assert!(Site::new(good, "Musterstadt").is_ok(), "{good}");
        }
        for bad in ["", "daten.musterstadt.de", "ftp://x", "https://", "https://a b", "https://x?y", "https://x#y", "https://user@x"] {
            assert!(Site::new(bad, "Musterstadt").is_err(), "{bad}");
        }
    }

    #[test]
    fn identifiers_survive_a_move() {
        let moved = Site::new("https://neu.example", "Musterstadt").and_then(|site| site.with_identifiers_of("https://alt.example"));
        let moved = moved.expect("both are addresses");
        assert_eq!(moved.page_of("luft"), "https://neu.example/datensaetze/luft");
        assert_eq!(moved.identifier_of("luft"), "https://alt.example/datensaetze/luft");
    }
}
