//! The history of one tenant.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use arrow_array::RecordBatch;
use bytes::Bytes;
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Authorized, NumberSeries, Observation, Removals, Segment, SeriesKey, SeriesQuery};
use parquet::DecodeResult;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder, RowGroupSelection};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::statistics::Statistics;
use sha2::{Digest, Sha256};

use crate::cache::Footers;
use crate::columns::{Column, FORMAT, FORMAT_KEY, Layout};
use crate::error::{Reason, damaged};
use crate::objects::{Object, Objects};
use crate::prune::Wanted;
use crate::read::{self, End, Found, FoundNumbers};
use crate::seal::{Seal, span};
use crate::{Error, columns, encode};

/// From so many segments on, a question is read by several threads.
const MANY_SEGMENTS: usize = 4;
/// As many as one question may have.
const READERS_MAX: usize = 4;
/// Rows decoded at a time.
const BATCH_ROWS: usize = 8 << 10;

/// The history of one tenant: a folder of segments. Cloning shares it; every
/// call blocks.
#[derive(Debug, Clone)]
pub struct History(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    objects: Objects,
    footers: Footers,
    layout: Layout,
}

impl History {
    /// Opens the folder of a tenant's segments, and makes it when it is not there.
    ///
    /// # Errors
    /// [`Error::Disk`] when the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::with_layout(folder, Layout::default())
    }

    pub(crate) fn with_layout(folder: &Path, layout: Layout) -> Result<Self, Error> {
        Ok(Self(Arc::new(Inner { objects: Objects::open(folder)?, footers: Footers::default(), layout })))
    }

    /// Sorts observations into objects and names these, so that the intent to
    /// write them can be durable before [`Self::write`]. Each slice holds the
    /// observations of one series, and no series comes twice.
    #[must_use]
    pub fn plan<'a>(&self, series: impl IntoIterator<Item = &'a [Observation]>) -> Seal<'a> {
        Seal::plan(series, &self.0.layout)
    }

    /// Writes the objects of a seal. When it returns they survive a power cut;
    /// when it fails, writing the same seal again is harmless.
    ///
    /// # Errors
    /// [`Error::NotKept`] names a value that would not come back as it is,
    /// [`Error::Disk`] what the disk refused.
    pub fn write(&self, seal: &Seal<'_>) -> Result<Vec<Segment>, Error> {
        seal.parts().map(|(object, rows)| self.write_object(object, rows)).collect()
    }

    fn write_object(&self, object: &str, rows: &[&Observation]) -> Result<Segment, Error> {
        let bytes = encode::segment(object, rows, &self.0.layout)?;
        self.0.objects.put(object, &bytes)?;
        Ok(Segment {
            object: object.to_owned(),
            seq: span(rows.iter().map(|row| row.seq)).expect("an object has rows"),
            time: span(rows.iter().map(|row| row.time())).expect("an object has rows"),
            rows: rows.len() as u64,
            size_bytes: bytes.len() as u64,
            checksum: Sha256::digest(&bytes).into(),
        })
    }

    /// The observations that answer a question, by series and in order of
    /// time; of several about one instant only the one written last, unless
    /// all versions are asked for ([`SeriesQuery::asks_for`] says which). What
    /// is removed is not there.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn read(&self, question: &Authorized<SeriesQuery>, segments: &[Segment], removals: &Removals) -> Result<Vec<Observation>, Error> {
        self.observations(question.question(), segments, removals)
    }

    pub(crate) fn observations(
        &self,
        question: &SeriesQuery,
        segments: &[Segment],
        removals: &Removals,
    ) -> Result<Vec<Observation>, Error> {
        let mut wanted = Wanted::of(question);
        if question.limit == SeriesLimit::All {
            let found = self.gather(segments, &wanted, Column::ALL, |found: &mut Found<_>, batch| found.take(batch, &wanted, removals))?;
            return Ok(Found::joined(found).observations(question));
        }
        let mut found = Found::default();
        for (segment, unread) in from_the_end(segments, question.limit) {
            self.scan(std::slice::from_ref(segment), &wanted, Column::ALL, &mut |batch| found.take(batch, &wanted, removals))?;
            if let Some(end) = unread {
                wanted.leave(found.full(question, &wanted, end));
            }
        }
        Ok(found.observations(question))
    }

    /// The numbers that answer a question, by series: numeric Properties only,
    /// as doubles, decoded without touching anything else. Series without a
    /// number are left out. A window over `observedAt` speaks of
    /// [`Observation::time`] here.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn numbers(
        &self,
        question: &Authorized<SeriesQuery>,
        segments: &[Segment],
        removals: &Removals,
    ) -> Result<Vec<NumberSeries>, Error> {
        self.number_series(question.question(), segments, removals)
    }

    pub(crate) fn number_series(
        &self,
        question: &SeriesQuery,
        segments: &[Segment],
        removals: &Removals,
    ) -> Result<Vec<NumberSeries>, Error> {
        if question.time_property != TimeProperty::ObservedAt {
            let unlimited = SeriesQuery { limit: SeriesLimit::All, ..question.clone() };
            let observations = self.observations(&unlimited, segments, removals)?;
            return Ok(read::limit_numbers(read::numbers_of(observations), question.limit));
        }
        let wanted = Wanted::of(question);
        let columns = if wanted.is_of_the_past() { read::NUMBERS_THEN } else { read::NUMBERS };
        let found = self.gather(segments, &wanted, columns, |found: &mut FoundNumbers, batch| found.take(batch, &wanted, removals))?;
        Ok(FoundNumbers::joined(found).series(question.limit))
    }

    /// Which series the segments hold, in order.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn series(&self, segments: &[Segment]) -> Result<Vec<SeriesKey>, Error> {
        let wanted = Wanted::default();
        let mut keys = BTreeSet::new();
        self.scan(segments, &wanted, read::KEYS, &mut |batch| {
            keys.extend(read::runs(batch, &wanted)?.into_iter().map(|run| run.key));
            Ok(())
        })?;
        Ok(keys.into_iter().collect())
    }

    /// Checks a segment whole: its size, its SHA-256 and its footer.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`] name the segment.
    pub fn verify(&self, segment: &Segment) -> Result<(), Error> {
        self.0.footers.forget(&segment.object);
        let object = self.0.objects.get(&segment.object)?;
        footer(segment, &object).map(drop)
    }

    /// Removes an object; one that is not there is as good as removed.
    ///
    /// # Errors
    /// [`Error::Disk`] when the disk refuses.
    pub fn remove(&self, object: &str) -> Result<(), Error> {
        self.0.footers.forget(object);
        self.0.objects.remove(object)
    }

    /// Gives every batch that may hold something wanted to `take`.
    pub(crate) fn scan(
        &self,
        segments: &[Segment],
        wanted: &Wanted<'_>,
        columns: &[Column],
        take: &mut dyn FnMut(&RecordBatch) -> Result<(), Reason>,
    ) -> Result<(), Error> {
        for segment in segments.iter().filter(|segment| !wanted.misses(segment)) {
            let Some(mut batches) = self.batches(segment, wanted, columns)? else { continue };
            while let Some(batch) = batches.next()? {
                take(&batch).map_err(|reason| batches.damaged(reason))?;
            }
        }
        Ok(())
    }

    /// As [`Self::scan`], several segments at once where there are many: what
    /// was taken of each, in their order.
    fn gather<T: Default + Send>(
        &self,
        segments: &[Segment],
        wanted: &Wanted<'_>,
        columns: &[Column],
        take: impl Fn(&mut T, &RecordBatch) -> Result<(), Reason> + Sync,
    ) -> Result<Vec<T>, Error> {
        let segments: Vec<&Segment> = segments.iter().filter(|segment| !wanted.misses(segment)).collect();
        let next = AtomicUsize::new(0);
        let read = || {
            let mut all = Vec::new();
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(segment) = segments.get(place) else { return Ok(all) };
                let mut taken = T::default();
                let one = self.scan(std::slice::from_ref(*segment), wanted, columns, &mut |batch| take(&mut taken, batch));
                // After a fault nobody begins another segment.
                one.inspect_err(|_| next.store(segments.len(), Ordering::Relaxed))?;
                all.push((place, taken));
            }
        };
        let readers = if segments.len() < MANY_SEGMENTS {
            1
        } else {
            thread::available_parallelism().map_or(1, |cores| cores.get().min(READERS_MAX))
        };
        let mut all: Vec<(usize, T)> = thread::scope(|scope| {
            // Where the system has no thread to give, fewer read.
            let others: Vec<_> = (1..readers).filter_map(|_| thread::Builder::new().spawn_scoped(scope, read).ok()).collect();
            let own = read();
            let others = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            [own].into_iter().chain(others).collect::<Result<Vec<_>, Error>>()
        })?
        .into_iter()
        .flatten()
        .collect();
        all.sort_by_key(|(place, _)| *place);
        Ok(all.into_iter().map(|(_, taken)| taken).collect())
    }

    pub(crate) fn batches(&self, segment: &Segment, wanted: &Wanted<'_>, columns: &[Column]) -> Result<Option<Batches>, Error> {
        let object = self.0.objects.get(&segment.object)?;
        let footer = self.footer(segment, &object)?;
        Batches::of(segment, object, footer, wanted, columns)
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.0.objects
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// The footer of a segment; a file met for the first time, or changed since, is verified whole.
    fn footer(&self, segment: &Segment, object: &Object) -> Result<ArrowReaderMetadata, Error> {
        if object.tag.size_bytes == segment.size_bytes
            && let Some(known) = self.0.footers.get(&segment.object, object.tag)
        {
            return Ok(known);
        }
        let footer = footer(segment, object)?;
        self.0.footers.put(&segment.object, object.tag, footer.clone());
        Ok(footer)
    }
}

/// Segments in the order in which they are read, each with what those after
/// it may reach to, so that the first or last values of a series are known
/// before all is read.
fn from_the_end(segments: &[Segment], limit: SeriesLimit) -> Vec<(&Segment, Option<End>)> {
    let mut ordered: Vec<&Segment> = segments.iter().collect();
    let ends: fn(&Segment) -> End = match limit {
        SeriesLimit::All => return ordered.into_iter().map(|segment| (segment, None)).collect(),
        SeriesLimit::Last(_) => |segment| End::UpTo(segment.time.1),
        SeriesLimit::First(_) => |segment| End::From(segment.time.0),
    };
    ordered.sort_by_key(|segment| match ends(segment) {
        End::UpTo(last) => -i128::from(last.micros()),
        End::From(first) => i128::from(first.micros()),
    });
    let unread: Vec<Option<End>> = ordered.iter().skip(1).map(|next| Some(ends(next))).chain([None]).collect();
    ordered.into_iter().zip(unread).collect()
}

/// Verifies a segment whole and reads its footer.
fn footer(segment: &Segment, object: &Object) -> Result<ArrowReaderMetadata, Error> {
    let damaged = damaged(&segment.object);
    if object.tag.size_bytes != segment.size_bytes {
        let reason = format!("it has {} bytes instead of {}", object.tag.size_bytes, segment.size_bytes);
        return Err(damaged(reason));
    }
    let bytes: Bytes = object.whole()?;
    if Sha256::digest(&bytes).as_slice() != segment.checksum.as_slice() {
        return Err(damaged("its checksum is another".into()));
    }
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let footer = ArrowReaderMetadata::load(&bytes, options).map_err(|error| damaged(error.to_string()))?;
    let format = footer.metadata().file_metadata().key_value_metadata().and_then(|pairs| {
        let pair = pairs.iter().find(|pair| pair.key == FORMAT_KEY)?;
        pair.value.clone()
    });
    match format.as_deref() {
        Some(format) => match columns::width(format) {
            Some(width) if footer.schema().fields()[..] == columns::schema().fields()[..width] => Ok(footer),
            Some(_) => Err(damaged("its columns are others".into())),
            None => Err(damaged(format!("its format is `{format}`, and this program reads up to `{FORMAT}`; update the program"))),
        },
        None => Err(damaged("it does not name its format".into())),
    }
}

/// Whether no selected row has anything in a column: such a column need not be read.
fn is_empty(footer: &ParquetMetaData, selections: &[RowGroupSelection], column: Column) -> bool {
    column.may_be_empty()
        && selections.iter().map(|selection| footer.row_group(selection.row_group_index())).all(|group| {
            let empty = group.column(column.place()).statistics().and_then(Statistics::null_count_opt);
            empty.is_some_and(|empty| i64::try_from(empty) == Ok(group.num_rows()))
        })
}

/// The batches of a segment that may hold something wanted, in their order.
pub(crate) struct Batches {
    name: String,
    object: Object,
    decoder: ParquetPushDecoder,
}

impl Batches {
    /// `None` when the footer rules everything out.
    fn of(
        segment: &Segment,
        object: Object,
        footer: ArrowReaderMetadata,
        wanted: &Wanted<'_>,
        columns: &[Column],
    ) -> Result<Option<Self>, Error> {
        let selections = wanted.select(footer.metadata());
        if selections.is_empty() {
            return Ok(None);
        }
        let there = footer.parquet_schema().num_columns();
        let filled = columns.iter().filter(|column| column.place() < there && !is_empty(footer.metadata(), &selections, **column));
        let projection = ProjectionMask::leaves(footer.parquet_schema(), filled.map(|column| column.place()));
        let decoder = ParquetPushDecoderBuilder::new_with_metadata(footer)
            .with_row_group_selections(selections)
            .with_projection(projection)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|error| damaged(&segment.object)(error.to_string()))?;
        Ok(Some(Self { name: segment.object.clone(), object, decoder }))
    }

    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, Error> {
        loop {
            match self.decoder.try_decode().map_err(|error| self.damaged(error.to_string()))? {
                DecodeResult::Data(batch) => return Ok(Some(batch)),
                DecodeResult::NeedsData(ranges) => {
                    let data = self.object.ranges(&ranges)?;
                    self.decoder.push_ranges(ranges, data).map_err(|error| self.damaged(error.to_string()))?;
                }
                DecodeResult::Finished => return Ok(None),
            }
        }
    }

    pub(crate) fn damaged(&self, reason: Reason) -> Error {
        damaged(&self.name)(reason)
    }
}
