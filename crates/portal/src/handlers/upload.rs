//! Own data in the browser: from a file to a dataset in four pages.

pub(crate) mod answers;
mod covered;
pub(crate) mod made;
pub(crate) mod preview;
mod receive;
pub(crate) mod start;
mod words;

use std::io::Read;

use axum::body::Body;
use harmonise::guess::{Given, Layout, Refusal, Sample};
use web::Params;

use crate::ask::{Ask, Trouble};
use crate::parts::{Alert, Crumbs, Phrase, Tone};
use crate::upload::{self, Draft, Stage};

/// The largest file that is taken.
pub(crate) const FILE_BYTES_MAX: u64 = 500_000_000;

/// A draft that is worked on, for who may; or the address of the dataset it became.
fn open_draft(ask: &Ask, id: &str) -> Result<Result<Draft, String>, Trouble> {
    ask.require_editor()?;
    let draft = upload::draft(&ask.access, id)?;
    Ok(if draft.stage == Stage::Made { Err(href(ask, &draft, "/datensatz")) } else { Ok(draft) })
}

/// The same with a form that changes it.
async fn open_with_form(ask: &Ask, id: &str, body: Body) -> Result<Result<(Draft, Params), String>, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    Ok(open_draft(ask, id)?.map(|draft| (draft, form)))
}

/// Which state of the draft a form was made from.
fn seen(form: &Params) -> u64 {
    form.all("stand").next().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The address of a draft's page.
fn href(ask: &Ask, draft: &Draft, below: &str) -> String {
    ask.href(&format!("/verwaltung/hochladen/{}{below}", draft.id))
}

fn crumbs(ask: &Ask, here: &str) -> Crumbs {
    let t = ask.t();
    let above = vec![
        (Phrase::plain(t.admin_title()), ask.href("/verwaltung")),
        (Phrase::plain(t.upload_title()), ask.href("/verwaltung/hochladen")),
    ];
    Crumbs { texts: t, above, here: Phrase::plain(here) }
}

/// What a person said of the layout, so that the file is read that way again.
fn given(layout: &Layout) -> Given {
    Given { encoding: layout.encoding.clone(), delimiter: layout.delimiter, sheet: layout.sheet.clone(), header: Some(layout.header) }
}

/// The beginning of a kept file.
async fn sample(ask: &Ask, checksum: [u8; 32], given: Given) -> Result<Result<Sample, Refusal>, Trouble> {
    let (access, runtime) = (ask.access.clone(), tokio::runtime::Handle::current());
    let looking = tokio::task::spawn_blocking(move || {
        let mut open = || -> std::io::Result<Box<dyn Read + Send>> {
            let found = runtime.block_on(access.open_file(&checksum)).map_err(std::io::Error::other)?;
            found.ok_or_else(|| std::io::ErrorKind::NotFound.into())
        };
        harmonise::guess::look(&mut open, &given)
    });
    looking.await.map_err(|error| Trouble::Engine(engine::Error::new(engine::Kind::Internal, error.to_string())))
}

/// Somebody else saved the draft in between.
fn changed(ask: &Ask, now: &Draft) -> Alert {
    let t = ask.t();
    let who = now.by.rsplit_once(':').map_or(now.by.as_str(), |(_, name)| name).trim();
    let when = crate::format::clock(now.at(), ask.language);
    Alert { takes_focus: true, ..Alert::new(Tone::Warning, t.upload_changed_title(when, who), t.upload_changed_text()) }
}
