//! What a database must be able to do for the store: five things. Everything
//! else is written once, above this line, with SQL that stands in files.

use std::path::Path;

use model::Instant;

use crate::{AppendError, Error};

/// A statement, read from a file under `sql/` at compile time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql(pub(crate) &'static str);

/// The statement of a file: `sql!("log/append")`.
macro_rules! sql {
    ($name:literal) => {
        $crate::backend::Sql(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $name, ".sql")))
    };
}
pub(crate) use sql;

/// A database of one tenant.
pub(crate) trait Backend: Send + Sync {
    /// Runs reads that see one consistent state.
    fn read(&self, work: &mut dyn FnMut(&dyn Session) -> Result<(), Error>) -> Result<(), Error>;

    /// Runs one transaction: durable when it returns, gone when `work` fails.
    fn write(&self, work: &mut dyn FnMut(&dyn Session) -> Result<(), Error>) -> Result<(), AppendError>;

    /// Makes what was deleted unreadable in the files, and gives its space back.
    fn scrub(&self) -> Result<(), Error>;

    /// Writes a consistent copy of the whole database to a new file, while writes go on.
    fn copy_to(&self, file: &Path) -> Result<(), Error>;

    /// Looks at every page; names what is wrong.
    fn check(&self) -> Result<Vec<String>, Error>;
}

/// Statements within one read or one transaction.
pub(crate) trait Session {
    /// Runs a statement; says how many rows it changed.
    fn execute(&self, sql: Sql, params: &[Cell<'_>]) -> Result<u64, Error>;

    /// Hands every row of the answer to `each`, until that fails.
    fn query(&self, sql: Sql, params: &[Cell<'_>], each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>) -> Result<(), Error>;
}

impl dyn Session + '_ {
    /// All rows of an answer.
    pub(crate) fn all<T>(&self, sql: Sql, params: &[Cell<'_>], read: impl Fn(&dyn Row) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        self.query(sql, params, &mut |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of an answer.
    pub(crate) fn first<T>(&self, sql: Sql, params: &[Cell<'_>], read: impl Fn(&dyn Row) -> Result<T, Error>) -> Result<Option<T>, Error> {
        self.all(sql, params, read).map(|rows| rows.into_iter().next())
    }
}

/// A value on its way into or out of the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// One row of an answer.
pub(crate) trait Row {
    fn cell(&self, column: usize) -> Result<Cell<'_>, Error>;
}

impl dyn Row + '_ {
    /// The cell in a column, as some type or `None` for NULL.
    pub(crate) fn get<'r, T: FromCell<'r>>(&'r self, column: usize) -> Result<T, Error> {
        let cell = self.cell(column)?;
        T::from_cell(cell).ok_or_else(|| Error::corrupt("a row of the database", format!("column {column} holds {cell:.40?}")))
    }
}

/// What a cell can be read as.
pub(crate) trait FromCell<'a>: Sized {
    fn from_cell(cell: Cell<'a>) -> Option<Self>;
}

macro_rules! from_cell {
    ($($type:ty: $pattern:pat => $value:expr),+ $(,)?) => {
        $(impl<'a> FromCell<'a> for $type {
            fn from_cell(cell: Cell<'a>) -> Option<Self> {
                match cell { $pattern => $value, _ => None }
            }
        })+
    };
}

from_cell! {
    i64: Cell::Int(value) => Some(value),
    // The same 64 bits: numbers from outside may use all of them.
    u64: Cell::Int(value) => Some(value.cast_unsigned()),
    bool: Cell::Int(value) => Some(value != 0),
    Instant: Cell::Int(value) => Some(Instant::from_micros(value)),
    &'a str: Cell::Text(value) => Some(value),
    String: Cell::Text(value) => Some(value.to_owned()),
    &'a [u8]: Cell::Blob(value) => Some(value),
    Vec<u8>: Cell::Blob(value) => Some(value.to_vec()),
    [u8; 32]: Cell::Blob(value) => value.try_into().ok(),
    [u8; 16]: Cell::Blob(value) => value.try_into().ok(),
}

impl<'a, T: FromCell<'a>> FromCell<'a> for Option<T> {
    fn from_cell(cell: Cell<'a>) -> Option<Self> {
        if cell == Cell::Null { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}

macro_rules! into_cell {
    ($($type:ty: $value:ident => $cell:expr),+ $(,)?) => {
        $(impl<'a> From<$type> for Cell<'a> {
            fn from($value: $type) -> Self { $cell }
        })+
    };
}

into_cell! {
    i64: value => Cell::Int(value),
    u64: value => Cell::Int(value.cast_signed()),
    usize: value => Cell::Int(i64::try_from(value).unwrap_or(i64::MAX)),
    bool: value => Cell::Int(i64::from(value)),
    Instant: value => Cell::Int(value.micros()),
    &'a str: value => Cell::Text(value),
    &'a String: value => Cell::Text(value),
    &'a [u8]: value => Cell::Blob(value),
    &'a Vec<u8>: value => Cell::Blob(value),
    &'a [u8; 32]: value => Cell::Blob(value),
    &'a [u8; 16]: value => Cell::Blob(value),
}

impl<'a, T> From<Option<T>> for Cell<'a>
where
    Cell<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Cell::from)
    }
}
