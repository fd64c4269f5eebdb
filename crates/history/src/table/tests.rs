use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

fn column(name: &str, kind: Kind) -> Column {
    Column { name: name.into(), kind, notes: vec![("unit".into(), "µg/m³".into())] }
}

fn about() -> Vec<(String, String)> {
    vec![("license".into(), "dl-by-de/2.0".into())]
}

/// The file of a writer that is filled by `fill`, and how often bytes were ready before its end.
fn file(columns: &[Column], fill: impl FnOnce(&mut Writer, &mut Vec<u8>) -> usize) -> (Bytes, usize) {
    let mut writer = Writer::new(columns, about()).expect("columns");
    let mut bytes = Vec::new();
    let pieces = fill(&mut writer, &mut bytes);
    writer.finish().expect("encoded");
    bytes.extend(writer.take());
    (Bytes::from(bytes), pieces)
}

fn batches(bytes: &Bytes) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).expect("Parquet").build().expect("a reader");
    reader.collect::<Result<_, _>>().expect("rows")
}

#[test]
fn cells_come_back_typed_and_with_their_notes() {
    let columns = [column("name", Kind::Text), column("no2", Kind::Number), column("ok", Kind::Flag), column("time", Kind::Moment)];
    let at = Instant::parse("2026-05-01T10:00:00.25Z").expect("valid");
    let (bytes, _) = file(&columns, |writer, _| {
        writer.row([Cell::Text("Weseler Straße"), Cell::Number(-1234.5), Cell::Flag(true), Cell::Moment(at)]).expect("a row");
        // Text in a column of numbers, and too few cells.
        writer.row([Cell::Empty, Cell::Text("k. A.")]).expect("a row");
        0
    });
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).expect("Parquet");
    let metadata = reader.metadata().file_metadata().key_value_metadata().expect("metadata").clone();
    assert!(metadata.iter().any(|pair| pair.key == "license" && pair.value.as_deref() == Some("dl-by-de/2.0")));
    assert_eq!(reader.schema().field(1).metadata()["unit"], "µg/m³");
    assert!(format!("{:?}", reader.metadata().row_group(0).column(0).compression()).starts_with("ZSTD"));
    let rows = &batches(&bytes)[0];
    assert_eq!(rows.column(0).as_string::<i32>().value(0), "Weseler Straße");
    assert_eq!(rows.column(1).as_primitive::<Float64Type>().value(0), -1234.5);
    assert!(rows.column(2).as_boolean().value(0));
    assert_eq!(rows.column(3).as_primitive::<TimestampMicrosecondType>().value(0), at.micros());
    assert!(rows.columns().iter().all(|column| column.is_null(1)));
}

#[test]
fn a_table_without_rows_and_one_of_300_columns_are_tables() {
    let columns: Vec<Column> = (0..300).map(|n| column(&format!("größe_{n}"), Kind::Number)).collect();
    let (empty, _) = file(&columns, |_, _| 0);
    let reader = ParquetRecordBatchReaderBuilder::try_new(empty.clone()).expect("Parquet");
    assert_eq!(reader.schema().fields().len(), 300);
    assert_eq!(batches(&empty).iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    let (one, _) = file(&columns, |writer, _| {
        writer.row((0..300).map(|n| Cell::Number(f64::from(n)))).expect("a row");
        0
    });
    assert_eq!(batches(&one)[0].column(299).as_primitive::<Float64Type>().value(0), 299.0);
}

#[test]
fn a_long_table_is_given_out_while_it_is_written() {
    const ROWS: usize = GROUP_ROWS * 2 + 7;
    let (bytes, pieces) = file(&[column("n", Kind::Number)], |writer, bytes| {
        let mut pieces = 0;
        for n in 0..ROWS {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            writer.row([Cell::Number(n as f64)]).expect("a row");
            let ready = writer.take();
            pieces += usize::from(ready.len() > 1000);
            bytes.extend(ready);
        }
        pieces
    });
    assert_eq!(pieces, 2);
    let mut next = 0.0;
    for batch in batches(&bytes) {
        for value in batch.column(0).as_primitive::<Float64Type>().values() {
            assert_eq!(*value, next);
            next += 1.0;
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let read = next as usize;
    assert_eq!(read, ROWS);
}
