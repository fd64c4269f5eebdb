//! Pages for what went wrong: what happened, why, what now.

use askama::Template;

use crate::frame::Frame;

/// An error page. The status stands in the answer, never in front of a person.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// Its frame.
    pub frame: Frame,
    /// What happened.
    pub title: String,
    /// Why, and what now.
    pub text: String,
    /// An id for questions, found in the log.
    pub reference: Option<String>,
    /// Ways on: text, address.
    pub actions: Vec<(String, String)>,
}

impl ErrorPage {
    /// There is no such page.
    #[must_use]
    pub fn not_found(frame: Frame) -> Self {
        let t = frame.t;
        Self {
            title: t.error_not_found_title().to_owned(),
            text: t.error_not_found_text().to_owned(),
            reference: None,
            actions: vec![
                (t.error_to_search().to_owned(), frame.href("/suche")),
                (t.error_to_datasets().to_owned(), frame.href("/datensaetze")),
            ],
            frame: Frame { indexed: false, ..frame },
        }
    }

    /// Something broke on our side.
    #[must_use]
    pub fn internal(frame: Frame, reference: String) -> Self {
        let t = frame.t;
        Self {
            title: t.error_internal_title().to_owned(),
            text: t.error_internal_text().to_owned(),
            reference: Some(reference),
            actions: vec![(t.error_to_start().to_owned(), frame.href("/"))],
            frame: Frame { indexed: false, ..frame },
        }
    }

    /// The data cannot be reached at the moment.
    #[must_use]
    pub fn unavailable(frame: Frame) -> Self {
        let t = frame.t;
        Self {
            title: t.error_unavailable_title().to_owned(),
            text: t.error_unavailable_text().to_owned(),
            reference: None,
            actions: vec![(t.error_to_start().to_owned(), frame.href("/"))],
            frame: Frame { indexed: false, ..frame },
        }
    }

    /// The disk is full.
    #[must_use]
    pub fn no_space(frame: Frame) -> Self {
        let t = frame.t;
        Self { title: t.upload_no_space().to_owned(), text: t.error_no_space_text().to_owned(), ..Self::unavailable(frame) }
    }

    /// The page needs a right that the reader does not have.
    #[must_use]
    pub fn forbidden(frame: Frame) -> Self {
        let t = frame.t;
        Self {
            title: t.error_forbidden_title().to_owned(),
            text: t.error_forbidden_text().to_owned(),
            reference: None,
            // Logging in again would lead back here.
            actions: vec![match &frame.user {
                Some(user) => (t.account_title().to_owned(), frame.href(user.home())),
                None => (t.admin_login_title().to_owned(), frame.href("/verwaltung/anmelden")),
            }],
            frame: Frame { indexed: false, ..frame },
        }
    }

    /// What was sent cannot be used.
    #[must_use]
    pub fn bad_request(frame: Frame, text: String) -> Self {
        let t = frame.t;
        Self {
            title: t.error_bad_request_title().to_owned(),
            text,
            reference: None,
            actions: vec![(t.error_to_start().to_owned(), frame.href("/"))],
            frame: Frame { indexed: false, ..frame },
        }
    }

    /// A form came without the session's token.
    #[must_use]
    pub fn expired(frame: Frame) -> Self {
        let t = frame.t;
        Self {
            title: t.error_expired_title().to_owned(),
            text: t.error_expired_text().to_owned(),
            reference: None,
            actions: vec![match &frame.user {
                Some(user) if !user.administers => (t.account_title().to_owned(), frame.href(user.home())),
                _ => (t.admin_title().to_owned(), frame.href("/verwaltung")),
            }],
            frame: Frame { indexed: false, ..frame },
        }
    }
}
