//! The frame of every page: language, site, navigation, who is logged in.

use crate::assets::Assets;
use crate::messages::{Language, Texts};
use crate::pages::document::OwnTexts;
use crate::parts::Phrase;
use model::dataset::Texts as Translated;

/// What the municipality says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The municipality: `Stadt Musterstadt`.
    pub owner: String,
    /// The portal: `Datenportal Musterstadt`.
    pub name: Translated,
    /// The public address without a slash at its end; links that must be absolute need it.
    pub public_url: Option<String>,
    /// Whom to write to.
    pub email: String,
    /// Who is responsible for the pages: lines of the imprint.
    pub imprint: Vec<String>,
    /// A remark at the foot of every page.
    pub notice: Option<Translated>,
    /// Pages of text of its own.
    pub texts: OwnTexts,
    /// How many days after they were settled reports are deleted.
    pub reports_kept_days: u16,
}

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The account's name.
    pub name: String,
    /// The token every form of the session carries.
    pub csrf: String,
    /// Whether the pages of the administration are theirs to see.
    pub administers: bool,
}

impl User {
    /// Where they begin: pages that are refused to them are not offered.
    #[must_use]
    pub fn home(&self) -> &'static str {
        if self.administers { "/verwaltung" } else { "/verwaltung/konto" }
    }
}

/// Which entry of the navigation a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// None of them.
    Other,
    /// Datasets and search.
    Data,
    /// Dashboards.
    Dashboards,
    /// Interfaces for programs.
    Interfaces,
    /// About the portal.
    About,
    /// Administration.
    Admin,
}

/// The frame of one page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The texts of the language.
    pub t: Texts,
    /// The municipality.
    pub site: Site,
    /// The path without the language in front: `/datensaetze`.
    pub path: String,
    /// The query without `?`; empty when there is none.
    pub query: String,
    /// Which entry of the navigation is marked.
    pub section: Section,
    /// Who is logged in.
    pub user: Option<User>,
    /// Whether search engines may keep the page.
    pub indexed: bool,
    /// Whether the header has the search field; not where the page itself has one.
    pub searchable: bool,
    /// Whether a form on the page failed: the title says so.
    pub failed: bool,
    /// Whether there are dashboards to lead to.
    pub has_dashboards: bool,
}

impl Frame {
    /// The frame of a public page.
    #[must_use]
    pub fn new(language: Language, site: Site, path: &str, query: &str, section: Section) -> Self {
        Self {
            t: language.texts(),
            site,
            path: path.to_owned(),
            query: query.to_owned(),
            section,
            user: None,
            indexed: true,
            searchable: true,
            failed: false,
            has_dashboards: false,
        }
    }

    /// The page's language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.t.language
    }

    /// Whether whoever looks may see the pages of the administration.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.administers)
    }

    /// Address of another page in this language.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        format!("{}{path}", self.language().prefix())
    }

    /// This page in another language, query kept.
    #[must_use]
    pub fn in_language(&self, language: Language) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{}{}{query}", language.prefix(), self.path)
    }

    /// The one address search engines shall keep: absolute, without a query.
    #[must_use]
    pub fn canonical(&self, language: Language) -> Option<String> {
        self.site.public_url.as_ref().map(|base| format!("{base}{}{}", language.prefix(), self.path))
    }

    /// An absolute address where the public address is known, else the path.
    #[must_use]
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.site.public_url.as_deref().unwrap_or(""))
    }

    /// The portal's name in the page's language.
    #[must_use]
    pub fn site_name(&self) -> &str {
        self.site.name.get(self.language().code())
    }

    /// The remark at the foot.
    #[must_use]
    pub fn notice(&self) -> Option<Phrase> {
        self.site.notice.as_ref().map(|texts| Phrase::of(texts, self.language()))
    }

    /// Address of a built file, empty when there is none.
    #[must_use]
    pub fn asset(&self, name: &str) -> Option<String> {
        Assets::get().address(name)
    }

    /// The municipality's name, marked as German on English pages.
    #[must_use]
    pub fn owner(&self) -> Phrase {
        Phrase::german(&self.site.owner, self.language())
    }
}
