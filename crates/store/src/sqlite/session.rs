//! Statements on a connection, prepared once and kept.

use std::path::Path;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};

use crate::Error;
use crate::backend::{Cell, Row, Session, Sql};

pub(super) struct SqliteSession<'a> {
    pub(super) connection: &'a Connection,
    pub(super) path: &'a Path,
}

impl SqliteSession<'_> {
    fn fail(&self, source: rusqlite::Error) -> Error {
        Error::database(self.path, source)
    }
}

impl Session for SqliteSession<'_> {
    fn execute(&self, sql: Sql, params: &[Cell<'_>]) -> Result<u64, Error> {
        let mut statement = self.connection.prepare_cached(sql.0).map_err(|e| self.fail(e))?;
        statement.execute(params_from_iter(params)).map(|changed| changed as u64).map_err(|e| self.fail(e))
    }

    fn query(&self, sql: Sql, params: &[Cell<'_>], each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(sql.0).map_err(|e| self.fail(e))?;
        let mut rows = statement.query(params_from_iter(params)).map_err(|e| self.fail(e))?;
        while let Some(row) = rows.next().map_err(|e| self.fail(e))? {
            each(&SqliteRow { row, path: self.path })?;
        }
        Ok(())
    }
}

struct SqliteRow<'a> {
    row: &'a rusqlite::Row<'a>,
    path: &'a Path,
}

impl Row for SqliteRow<'_> {
    fn cell(&self, column: usize) -> Result<Cell<'_>, Error> {
        let odd = |what: &str| Error::corrupt(format!("the database `{}`", self.path.display()), format!("column {column} holds {what}"));
        match self.row.get_ref(column).map_err(|e| Error::database(self.path, e))? {
            ValueRef::Null => Ok(Cell::Null),
            ValueRef::Integer(value) => Ok(Cell::Int(value)),
            ValueRef::Text(text) => std::str::from_utf8(text).map(Cell::Text).map_err(|_| odd("a text that is not UTF-8")),
            ValueRef::Blob(bytes) => Ok(Cell::Blob(bytes)),
            ValueRef::Real(_) => Err(odd("a floating-point number")),
        }
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Int(value) => ValueRef::Integer(*value),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
