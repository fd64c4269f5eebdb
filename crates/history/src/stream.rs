//! Segments one after the other, without ever holding one whole: read in
//! batches, and written from rows that come sorted.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use model::{Instant, Observation, Segment};
use parquet::arrow::ArrowWriter;
use sha2::{Digest, Sha256};

use crate::columns::{Column, Layout};
use crate::encode::{self, Fault};
use crate::error::Reason;
use crate::prune::Wanted;
use crate::seal::{span, weight_bytes_of};
use crate::{Error, History, columns, decode, read};

impl History {
    /// Gives all rows of a segment to `take`, in batches and in their order,
    /// corrected values too, until `take` answers `false`.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn rows(&self, segment: &Segment, take: &mut dyn FnMut(Vec<Observation>) -> bool) -> Result<(), Error> {
        let wanted = Wanted::default();
        let mut goes_on = true;
        self.scan(std::slice::from_ref(segment), &wanted, Column::ALL, &mut |batch| {
            if goes_on {
                let mut columns = decode::Rows::of(batch)?;
                let runs = read::runs(batch, &wanted)?.into_iter();
                let rows = runs.map(|run| columns.observations(&run.key, run.rows)).collect::<Result<Vec<_>, _>>()?;
                goes_on = take(rows.into_iter().flatten().collect());
            }
            Ok(())
        })
    }
}

/// What a written segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// First and last position in the log.
    pub seq: (u64, u64),
    /// First and last time ([`Observation::time`]).
    pub time: (Instant, Instant),
    /// How many values.
    pub rows: u64,
    /// How large.
    pub size_bytes: u64,
    /// SHA-256 of the file.
    pub checksum: [u8; 32],
}

/// Writes one segment from rows that come in the order of a segment. Equal
/// rows give equal bytes. Holds one row group at a time.
pub struct SegmentWriter {
    path: PathBuf,
    layout: Layout,
    group: Vec<Observation>,
    weight_bytes: usize,
    /// Begun with the first group: what suits its rows suits the file.
    file: Option<ArrowWriter<Hashing>>,
    span: Option<(u64, u64, Instant, Instant)>,
    rows: u64,
}

impl SegmentWriter {
    /// A writer of a new file.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self::with_layout(path, Layout::default())
    }

    pub(crate) fn with_layout(path: &Path, layout: Layout) -> Self {
        Self { path: path.to_owned(), layout, group: Vec::new(), weight_bytes: 0, file: None, span: None, rows: 0 }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Appends a row.
    ///
    /// # Errors
    /// [`Error::NotKept`] names a value that would not come back as it is,
    /// [`Error::Disk`] what the disk refused.
    pub fn push(&mut self, row: Observation) -> Result<(), Error> {
        let weight = weight_bytes_of(&row);
        let full = self.group.len() >= self.layout.group_rows_max || self.weight_bytes + weight > self.layout.group_weight_bytes_max;
        if full && !self.group.is_empty() {
            self.write_group()?;
        }
        self.weight_bytes += weight;
        self.group.push(row);
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), Error> {
        let rows: Vec<&Observation> = self.group.iter().collect();
        let batch = encode::batch(&rows).map_err(|fault| match fault {
            Fault::Value(error) => error,
            Fault::Shape(error) => self.not_made(&error),
        })?;
        self.group.clear();
        self.weight_bytes = 0;
        self.write(&batch)
    }

    /// Writes a row group.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = Hashing::create(&self.path).map_err(|error| self.refused("created", error))?;
                let properties = columns::properties(batch, &self.layout);
                ArrowWriter::try_new(file, columns::schema(), Some(properties)).map_err(|error| self.not_made(&error))?
            }
        };
        let written = file.write(batch).and_then(|()| file.flush());
        written.map_err(|error| self.said(&file, &error))?;
        self.file = Some(file);
        self.span(batch).map_err(|reason| self.not_made(&reason))
    }

    fn span(&mut self, batch: &RecordBatch) -> Result<(), Reason> {
        let (times, seqs) = (decode::instants(batch, Column::Time)?, decode::integers(batch, Column::Seq)?);
        let seqs = span(
            seqs.values().iter().map(|seq| seq.cast_unsigned()).chain(self.span.into_iter().flat_map(|(first, last, ..)| [first, last])),
        );
        let times = times.values().iter().map(|micros| Instant::from_micros(*micros));
        let times = span(times.chain(self.span.into_iter().flat_map(|(.., start, end)| [start, end])));
        self.span = seqs.zip(times).map(|((first, last), (start, end))| (first, last, start, end));
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Ends the file and makes it durable; `None`, and no file, when no row came.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(mut self) -> Result<Option<Written>, Error> {
        if !self.group.is_empty() {
            self.write_group()?;
        }
        let (Some(mut file), Some((first, last, start, end))) = (self.file.take(), self.span) else { return Ok(None) };
        let ended = file.finish().map(|_| ());
        ended.map_err(|error| self.said(&file, &error))?;
        let Hashing { file, hasher, size_bytes, .. } = file.inner();
        file.sync_all().map_err(|error| self.refused("written to disk", error))?;
        let checksum = hasher.clone().finalize().into();
        Ok(Some(Written { seq: (first, last), time: (start, end), rows: self.rows, size_bytes: *size_bytes, checksum }))
    }

    /// The encoder wraps what the disk said into its own words; the disk's are clearer.
    fn said(&self, file: &ArrowWriter<Hashing>, error: &dyn std::fmt::Display) -> Error {
        match file.inner().refused {
            Some(kind) => self.refused("written", kind.into()),
            None => self.not_made(error),
        }
    }

    fn refused(&self, action: &'static str, source: io::Error) -> Error {
        Error::Disk { path: self.path.display().to_string(), action, source }
    }

    fn not_made(&self, error: &dyn std::fmt::Display) -> Error {
        Error::NotMade { object: self.path.display().to_string(), reason: error.to_string() }
    }
}

/// A file that is hashed as it is written.
struct Hashing {
    file: File,
    hasher: Sha256,
    size_bytes: u64,
    refused: Option<io::ErrorKind>,
}

impl Hashing {
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Ok(Self { file, hasher: Sha256::new(), size_bytes: 0, refused: None })
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes).inspect_err(|error| self.refused = Some(error.kind()))?;
        self.hasher.update(&bytes[..length]);
        self.size_bytes += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
