//! One record read again: the way back from a value to its source.

use std::ops::ControlFlow;

use model::{Json, Text};

use super::Input;
use crate::definition::Definition;
use crate::fields::as_text;
use crate::read::{self, Body, Fatal, Raw, Shape, Visitor};

/// A record as it stands in its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its bytes as they came, as in [`super::Rejected::raw`].
    pub bytes: Vec<u8>,
    /// What stands under each column or member, in order; nothing when the record cannot be read.
    pub fields: Vec<(Text, Text)>,
}

/// Reads one record again.
///
/// # Errors
/// [`Fatal`] when the input cannot be read up to there.
pub fn record_at(definition: &Definition, input: Input<'_>, record: u64) -> Result<Option<Found>, Fatal> {
    let mut finder = Finder { wanted: record, found: None };
    read::read(definition, input.reader, &mut finder)?;
    Ok(finder.found)
}

struct Finder {
    wanted: u64,
    found: Option<Found>,
}

impl Visitor for Finder {
    fn begin(&mut self, _: &Shape) -> Result<(), Fatal> {
        Ok(())
    }

    fn record(&mut self, shape: &Shape, raw: Raw) -> Result<ControlFlow<()>, Fatal> {
        if raw.record < self.wanted {
            return Ok(ControlFlow::Continue(()));
        }
        self.found = (raw.record == self.wanted).then(|| Found { fields: fields_of(shape, &raw.body), bytes: raw.bytes });
        Ok(ControlFlow::Break(()))
    }

    fn ignored(&mut self) {}
}

/// A record's fields as texts.
fn fields_of(shape: &Shape, body: &Body) -> Vec<(Text, Text)> {
    let text = |value: &Json| as_text(value).map_or_else(Text::default, |text| Text::from(text.as_ref()));
    match (body, &shape.header) {
        (Body::Cells(cells), Some(header)) => header.names.iter().cloned().zip(cells.iter().map(text)).collect(),
        (Body::Tree { value: Json::Object(members), .. }, _) => members.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        _ => Vec::new(),
    }
}
