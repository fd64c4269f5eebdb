//! The municipality's own pages of text: files in a folder, read once.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::anyhow;
use portal::{OwnTexts, TextFault};

use crate::config::Config;
use crate::fail;
use crate::messages::say;

/// The largest text taken.
const BYTES_MAX: u64 = 256 << 10;

/// Reads every Markdown file of the folder; without a folder there are none.
///
/// # Errors
/// When a folder that is configured is missing, or a file is no page: names it and the way out.
pub(super) fn read(config: &Config) -> anyhow::Result<OwnTexts> {
    let folder = config.pages();
    if config.municipality.pages.is_none() && !folder.exists() {
        return Ok(OwnTexts::default());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| fail::of_path(&error, &folder))? {
        let path = entry.map_err(|error| fail::of_path(&error, &folder))?.path();
        if path.extension() == Some(OsStr::new("md")) {
            files.push(read_one(&path)?);
        }
    }
    files.sort();
    OwnTexts::of(files).map_err(|(file, fault)| {
        let path = folder.join(file);
        match fault {
            TextFault::Name => anyhow!(say("fail.page-name", &[("path", &path.display()), ("names", &names())])),
            TextFault::Beginning => anyhow!(say("fail.page-beginning", &[("path", &path.display())])),
        }
    })
}

fn read_one(path: &Path) -> anyhow::Result<(String, String)> {
    let size = fs::metadata(path).map_err(|error| fail::of_path(&error, path))?.len();
    if size > BYTES_MAX {
        return Err(anyhow!(say("fail.page-size", &[("path", &path.display()), ("max", &(BYTES_MAX >> 10))])));
    }
    let text = fs::read_to_string(path).map_err(|error| fail::of_path(&error, path))?;
    Ok((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text))
}

/// The names a file may have: `impressum.de.md`, ….
fn names() -> String {
    let mut names: Vec<String> = portal::document_names().map(|name| format!("{name}.de.md")).collect();
    names.push("….en.md".to_owned());
    names.join(", ")
}
