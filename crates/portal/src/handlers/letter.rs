//! What the forms „Fehler melden“ and „Barriere melden“ have in common: a
//! message, an address for questions, and how they reach the engine.

use axum::http::StatusCode;
use axum::response::Response;
use engine::{About, CONTACT_BYTES_MAX, Kind, NewReport};
use web::Params;

use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::parts::{Alert, Phrase, Tone};

/// What was typed and what is wrong with it.
#[derive(Default)]
pub(super) struct Letter {
    pub(super) message: String,
    pub(super) contact: String,
    pub(super) trap: String,
    faults: Vec<(&'static str, String)>,
    /// What is wrong with all of it together: title, text.
    general: Option<(String, String)>,
}

/// A field of a form, without blanks around it.
pub(super) fn field(form: &Params, name: &str) -> String {
    form.all(name).next().unwrap_or("").trim().replace("\r\n", "\n")
}

impl Letter {
    /// What the form holds; `needed` is said where there is no message.
    pub(super) fn read(ask: &Ask, form: &Params, needed: &str, chars_max: usize) -> Self {
        let (t, count) = (ask.t(), |n: usize| format::count(n as u64, ask.language));
        let mut letter =
            Self { message: field(form, "meldung"), contact: field(form, "email"), trap: field(form, "webseite"), ..Self::default() };
        let length = letter.message.chars().count();
        if length == 0 {
            letter.faults.push(("meldung", needed.to_owned()));
        } else if length > chars_max {
            letter.faults.push(("meldung", t.report_message_long(count(length), count(chars_max))));
        }
        if !letter.contact.is_empty() && !is_address(&letter.contact) {
            letter.faults.push(("email", t.report_contact_wrong().to_owned()));
        }
        if !letter.trap.is_empty() {
            letter.faults.push(("webseite", t.report_trap_filled().to_owned()));
        }
        letter
    }

    /// What the engine is given.
    pub(super) fn report(&self, about: About, message: &str) -> NewReport {
        let contact = Some(self.contact.as_str()).filter(|contact| !contact.is_empty()).map(Into::into);
        NewReport { about, message: message.into(), contact }
    }

    /// Hands the report to the engine when nothing is wrong, and leads to its
    /// page. `None` when the form has to be shown again, which says why.
    pub(super) async fn send(&mut self, ask: &Ask, new: NewReport) -> Result<Option<Response>, Trouble> {
        let t = ask.t();
        if !self.faults.is_empty() {
            return Ok(None);
        }
        if !ask.state.may_report(ask.sender) {
            self.general = Some((t.report_wait().to_owned(), t.report_wait_text().to_owned()));
            return Ok(None);
        }
        match ask.access.report(new).await {
            Ok(key) => Ok(Some(redirect(&ask.href(&format!("/meldungen/{key}?neu=1"))))),
            Err(error) if error.kind() == Kind::Unavailable => {
                self.general = Some((t.report_full().to_owned(), t.report_full_text().to_owned()));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the form is answered with when it is shown again.
    pub(super) fn status(&self) -> StatusCode {
        if self.faults.is_empty() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY }
    }

    /// What is wrong with a field.
    pub(super) fn error(&self, name: &str) -> Option<String> {
        self.faults.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone())
    }

    /// What stands above the form when something is wrong.
    pub(super) fn alert(&self, ask: &Ask) -> Option<Alert> {
        match &self.general {
            Some((title, text)) => Some(Alert { takes_focus: true, ..Alert::new(Tone::Warning, title, text) }),
            None if self.faults.is_empty() => None,
            None => Some(Alert::errors(
                ask.t().report_errors_title(),
                self.faults.iter().map(|(name, text)| (Phrase::plain(text), Some((*name).to_owned()))).collect(),
            )),
        }
    }
}

/// Whether a text can be an e-mail address; whether it is one only a message can tell.
fn is_address(text: &str) -> bool {
    let is_plain =
        text.len() <= CONTACT_BYTES_MAX && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"(),:;\\?&".contains(c));
    is_plain
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.contains('@') && host.trim_matches('.').contains('.'))
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_look_like_addresses() {
        for right in ["a@b.de", "erika.muster+x@mail.beispiel.example"] {
            assert!(is_address(right), "{right}");
        }
        for wrong in ["a", "a@b", "@b.de", "a@", "a b@c.de", "a@b@c.de", "a@b.de?subject=x", "a@b.", "<a@b.de>"] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }
}
