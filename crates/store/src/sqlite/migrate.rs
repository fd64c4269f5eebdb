//! The schema, brought up to date step by step: each step in one transaction
//! with its number.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::{Error, Sentence};

/// One step of a schema; its number is its place in the list, from 1.
pub(crate) struct Migration(pub(crate) &'static str);

pub(super) fn run(connection: &mut Connection, path: &Path, migrations: &[Migration]) -> Result<(), Error> {
    let fail = |e| Error::database(path, e);
    let done: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fail)?;
    if done as usize > migrations.len() {
        return Err(Error::invalid(
            Sentence::new(
                "schema-newer",
                "the database `{path}` has schema {found}, this version knows {known}: install the newer version again",
            )
            .with("path", &path.display())
            .with("found", u64::from(done))
            .with("known", migrations.len() as u64),
        ));
    }
    for (number, migration) in (1u32..).zip(migrations).skip(done as usize) {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
        step.execute_batch(migration.0).map_err(fail)?;
        step.pragma_update(None, "user_version", number).map_err(fail)?;
        step.commit().map_err(fail)?;
    }
    Ok(())
}
