//! Apache Parquet: for those who work with whole columns. Numbers are of 64
//! bits, times instants in UTC; licence and source are metadata of the file,
//! label, meaning and unit of the columns.

use axum::BoxError;
use engine::table::{self, Kind};
use model::dataset::{Column, ColumnKind};

use super::cell::{self, Cell};
use super::{Layout, Row, Writer, about};

/// Flag of a value that a column of numbers cannot hold.
const NOT_A_NUMBER: &str = "not-a-number";

pub(super) struct Parquet {
    layout: Layout,
    kinds: Vec<Kind>,
    file: table::Writer,
}

impl Parquet {
    pub(super) fn new(layout: Layout) -> Result<Self, BoxError> {
        let meanings = about::meanings(&layout);
        let kinds: Vec<Kind> = layout.sources().into_iter().zip(&meanings).map(|(column, meaning)| kind(column, &meaning.name)).collect();
        let columns = meanings.into_iter().zip(&kinds).map(|(meaning, kind)| table::Column {
            name: meaning.name,
            kind: *kind,
            notes: [("label", meaning.label), ("description", meaning.text), ("unit", meaning.unit)]
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(key, text)| (key.to_owned(), text))
                .collect(),
        });
        let facts = layout.about.facts.iter().map(|fact| (fact.key.to_owned(), fact.value.clone())).collect();
        let file = table::Writer::new(&columns.collect::<Vec<_>>(), facts)?;
        Ok(Self { layout, kinds, file })
    }
}

/// What a column holds: declared for the dataset's, known for those of every file.
fn kind(column: Option<&Column>, name: &str) -> Kind {
    match column.map(|column| column.kind) {
        Some(ColumnKind::Measure | ColumnKind::Number) => Kind::Number,
        Some(_) => Kind::Text,
        None => match name {
            "time" => Kind::Moment,
            "longitude" | "latitude" => Kind::Number,
            _ => Kind::Text,
        },
    }
}

impl Writer for Parquet {
    fn row(&mut self, row: &Row<'_>) -> Result<(), BoxError> {
        let mut cells = cell::cells(&self.layout, row);
        let mut misfits = String::new();
        for ((cell, kind), name) in cells.iter().zip(&self.kinds).zip(&self.layout.names) {
            if *kind == Kind::Number && !matches!(cell, Cell::Number(_) | Cell::Degrees(_) | Cell::Empty) {
                misfits.push_str(&format!(" {name}:{NOT_A_NUMBER}"));
            }
        }
        if let (false, Some(quality)) = (misfits.is_empty(), cells.last_mut()) {
            *quality = Cell::Text(format!("{}{misfits}", quality.plain()).trim_start().to_owned().into());
        }
        let texts: Vec<_> = cells.iter().map(Cell::plain).collect();
        self.file.row(cells.iter().zip(&texts).zip(&self.kinds).map(|((cell, text), kind)| match (kind, cell) {
            (_, Cell::Empty) => table::Cell::Empty,
            (Kind::Number, Cell::Number(number)) => table::Cell::Number(number.as_f64()),
            (Kind::Number, Cell::Degrees(degrees)) => table::Cell::Number(*degrees),
            (Kind::Moment, Cell::Moment(at)) => table::Cell::Moment(*at),
            (Kind::Text, _) => table::Cell::Text(text),
            _ => table::Cell::Empty,
        }))?;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        Ok(self.file.finish()?)
    }

    fn take(&mut self) -> Vec<u8> {
        self.file.take()
    }
}
