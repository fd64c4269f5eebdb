//! What happens when the disk is full or the write-ahead log grows: tests of
//! the embedded backend below the public face.

use std::path::Path;

use crate::backend::{Backend, Cell, Sql};
use crate::sqlite::{Migration, Sqlite};
use crate::{Error, Kind};

const SCHEMA: &[Migration] = &[Migration("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;")];
const PUT: Sql = Sql("INSERT INTO t (body) VALUES (?1)");
const DELETE: Sql = Sql("DELETE FROM t");
const COUNT: Sql = Sql("SELECT count(*) FROM t");

fn open(folder: &Path, wal_max_bytes: u64) -> Sqlite {
    Sqlite::open(&folder.join("x.db"), wal_max_bytes, SCHEMA).expect("opens")
}

fn put(db: &Sqlite, length: usize) -> Result<(), crate::AppendError> {
    let body = vec![0xab; length];
    db.write(&mut |s| s.execute(PUT, &[Cell::Blob(&body)]).map(|_| ()))
}

fn count(db: &Sqlite) -> i64 {
    crate::tenant::read(db, |s| s.first(COUNT, &[], |row| row.get(0))).expect("reads").expect("a row")
}

fn size(folder: &Path, name: &str) -> u64 {
    std::fs::metadata(folder.join(name)).map_or(0, |found| found.len())
}

#[test]
fn a_full_disk_is_named_and_gets_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path(), 1 << 20);
    put(&db, 1000).expect("fits");
    db.limit_pages(8);
    for _ in 0..3 {
        let error = put(&db, 100_000).expect_err("full");
        assert!(error.certain);
        assert_eq!(error.source.kind(), Kind::NoSpace);
    }
    assert_eq!(count(&db), 1, "reads go on, nothing is half there");
    db.limit_pages(1_000_000);
    put(&db, 100_000).expect("fits again");
    assert_eq!(count(&db), 2);
    assert_eq!(db.check().expect("looks"), Vec::<String>::new());
}

#[test]
fn nothing_is_built_on_what_a_failed_sync_left_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path(), 64 << 20);
    // A reader keeps the log from going when the writer goes.
    assert_eq!(count(&db), 0);
    put(&db, 100_000).expect("fits");
    let before = size(folder.path(), "x.db-wal");
    db.give_up_writer();
    put(&db, 10).expect("goes on");
    let after = size(folder.path(), "x.db-wal");
    assert!(before > 100_000 && after < 50_000, "the log had {before} bytes and begins anew with {after}");
    assert_eq!(count(&db), 2);
    // What it showed before is in the database itself, without the log.
    let alone = tempfile::tempdir().expect("a folder");
    std::fs::copy(folder.path().join("x.db"), alone.path().join("x.db")).expect("copied");
    assert_eq!(count(&open(alone.path(), 1 << 20)), 1);
}

#[test]
fn failed_work_is_undone() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path(), 1 << 20);
    let error = db
        .write(&mut |s| {
            s.execute(PUT, &[Cell::Blob(b"x")])?;
            Err(Error::invalid("no"))
        })
        .expect_err("fails");
    assert!(error.certain);
    assert_eq!(count(&db), 0);
    put(&db, 10).expect("goes on");
}

#[test]
fn the_write_ahead_log_stays_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path(), 256 << 10);
    for _ in 0..40 {
        put(&db, 60_000).expect("fits");
    }
    let wal = size(folder.path(), "x.db-wal");
    assert!(wal <= (256 << 10) + 100_000, "the log has {wal} bytes");
    assert_eq!(count(&db), 40);
}

#[test]
fn a_reader_does_not_keep_the_writer_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path(), 64 << 10);
    put(&db, 10).expect("fits");
    let other = rusqlite::Connection::open(folder.path().join("x.db")).expect("opens");
    other.execute_batch("BEGIN; SELECT count(*) FROM t;").expect("reads");
    for _ in 0..20 {
        put(&db, 30_000).expect("fits");
    }
    assert!(size(folder.path(), "x.db-wal") > 600_000, "the reader holds it back");
    other.execute_batch("COMMIT").expect("ends");
    for _ in 0..3 {
        put(&db, 30_000).expect("fits");
    }
    assert!(size(folder.path(), "x.db-wal") < 200_000, "it has shrunk again");
}

#[test]
fn what_was_deleted_is_overwritten_and_given_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path(), 1 << 30);
    for _ in 0..40 {
        put(&db, 500_000).expect("fits");
    }
    db.write(&mut |s| s.execute(DELETE, &[]).map(|_| ())).expect("deletes");
    db.scrub().expect("scrubs");
    assert!(size(folder.path(), "x.db") < 100_000);
    assert_eq!(size(folder.path(), "x.db-wal"), 0);
    assert_eq!(count(&db), 0);
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    drop(open(folder.path(), 1 << 20));
    rusqlite::Connection::open(&path).and_then(|c| c.pragma_update(None, "user_version", 9)).expect("tampers");
    let error = Sqlite::open(&path, 1 << 20, SCHEMA).map(|_| ()).expect_err("refused");
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(error.to_string().contains("has schema 9, this version knows 1"), "{error}");
}

#[test]
fn a_damaged_database_is_called_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    std::fs::write(&path, vec![b'x'; 8192]).expect("writes");
    let error = Sqlite::open(&path, 1 << 20, SCHEMA).map(|_| ()).expect_err("refused");
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(std::fs::read(&path).expect("reads"), vec![b'x'; 8192], "nothing was deleted");
}
