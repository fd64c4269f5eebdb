//! The way out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::path::Path;

use history::SegmentWriter;
use model::dataset::terms;
use model::{Attribute, Dataset, Entity, Observation, Value};
use store::{Kept, QuarantineRow};

use super::folder::{Entry, Folder, Writer};
use super::{Forms, Manifest, Order, Progress, REPORT_EVERY, Step, dataset_line, disk, hex, rows};
use crate::past::Moment;
use crate::tenant::Shared;
use crate::{Error, Kind};

pub(super) fn run(shared: &Shared, moment: Moment, order: &Order, forms: &Forms, progress: Progress<'_>) -> Result<Manifest, Error> {
    let folder = Folder::begin(&order.target)?;
    let mut export = Export {
        shared,
        forms,
        progress,
        folder,
        personal: order.personal.is_some(),
        counts: BTreeMap::new(),
        left_out: BTreeMap::new(),
        sources_of_persons: HashSet::new(),
        known_sources: HashSet::new(),
        inputs: HashMap::new(),
    };
    for (path, content) in &order.documents {
        export.folder.whole(path, content)?;
    }
    export.tables(moment.seq)?;
    export.entities(&moment)?;
    export.history(&moment)?;
    export.files()?;
    let Export { folder, counts, left_out, .. } = export;
    folder.complete(Manifest {
        tenant: shared.tenant().clone(),
        version: order.version.clone(),
        position: moment.seq,
        exported_at: shared.clock.now(),
        personal: order.personal.is_some(),
        counts: counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        left_out: left_out.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        files: Vec::new(),
    })
}

struct Export<'a> {
    shared: &'a Shared,
    forms: &'a Forms,
    progress: Progress<'a>,
    folder: Folder,
    personal: bool,
    counts: BTreeMap<&'static str, u64>,
    left_out: BTreeMap<&'static str, u64>,
    known_sources: HashSet<String>,
    /// Sources of which one version brings data of persons.
    sources_of_persons: HashSet<String>,
    /// Raw inputs that runs have read, and whether they may speak of persons.
    inputs: HashMap<[u8; 32], bool>,
}

impl Export<'_> {
    fn count(&mut self, what: &'static str) {
        let count = self.counts.entry(what).or_default();
        *count += 1;
        let step = match what {
            "entities" => Step::Entities(*count),
            "values" => Step::Values(*count),
            "files" => Step::Files(*count),
            _ => Step::Rows(*count),
        };
        if count.is_multiple_of(REPORT_EVERY) {
            (self.progress)(step);
        }
    }

    fn leave_out(&mut self, what: &'static str) {
        *self.left_out.entry(what).or_default() += 1;
    }

    /// The small tables, all as of one moment.
    fn tables(&mut self, upto: u64) -> Result<(), Error> {
        let store = self.shared.store.clone();
        let mut open: BTreeMap<&'static str, Writer> = BTreeMap::new();
        let mut failed = None;
        let walked = store.read_all(upto, &mut |row| {
            self.row(row, &mut open).map_err(|error| {
                let stop = store::Error::Invalid(error.to_string().into());
                failed = Some(error);
                stop
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        walked?;
        open.into_values().try_for_each(|writer| self.folder.end(writer))
    }

    fn row(&mut self, row: Kept, open: &mut BTreeMap<&'static str, Writer>) -> Result<(), Error> {
        let file = match &row {
            Kept::Header(_) => ("commits", "audit.ndjson"),
            Kept::Source(source) => {
                self.known_sources.insert(source.name.clone());
                if (self.forms.concerns_persons)(&source.text) {
                    self.sources_of_persons.insert(source.name.clone());
                }
                self.folder.whole(&definition_path(&source.name, source.version), source.text.as_bytes())?;
                ("sourceVersions", "sources.ndjson")
            }
            Kept::Schedule(row) if row.state == store::SourceState::default() => return Ok(()),
            Kept::Schedule(_) => ("sourceStates", "source-states.ndjson"),
            Kept::Run(run) => {
                let concerns = self.may_speak_of_persons(&run.source);
                *self.inputs.entry(run.checksum).or_default() |= concerns;
                ("runs", "runs.ndjson")
            }
            Kept::Quarantine(QuarantineRow { item, .. }) if self.may_speak_of_persons(&item.source) => {
                if !self.personal {
                    self.leave_out("quarantine");
                    return Ok(());
                }
                ("quarantine", "personal/quarantine.ndjson")
            }
            Kept::Quarantine(_) => ("quarantine", "quarantine.ndjson"),
            Kept::Removal(_) => ("fileRemovals", "file-removals.ndjson"),
            Kept::Account(_) => ("accounts", "accounts.ndjson"),
        };
        self.count(file.0);
        self.line(open, file.1, &rows::write(&row).to_string())
    }

    /// Nobody knows what a source brings whose definition is not there.
    fn may_speak_of_persons(&self, source: &str) -> bool {
        self.sources_of_persons.contains(source) || !self.known_sources.contains(source)
    }

    fn line(&mut self, open: &mut BTreeMap<&'static str, Writer>, path: &'static str, line: &str) -> Result<(), Error> {
        if !open.contains_key(path) {
            open.insert(path, self.folder.file(path)?);
        }
        open.get_mut(path).map_or(Ok(()), |writer| writer.line(line))
    }

    /// Entities in order of creation; their personal attributes apart.
    fn entities(&mut self, moment: &Moment) -> Result<(), Error> {
        let mut open = BTreeMap::new();
        for entity in &moment.entities {
            let (personal, rest): (Vec<Attribute>, Vec<Attribute>) = entity.attributes.iter().cloned().partition(is_sealed);
            let line = self.entity_line(&Entity { attributes: rest, ..without_attributes(entity) })?;
            self.count("entities");
            self.line(&mut open, "entities.ndjson", &line)?;
            if entity.is_a(terms::dataset())
                && let Ok(dataset) = Dataset::from_entity(entity)
            {
                self.count("datasets");
                self.line(&mut open, "datasets.ndjson", &dataset_line(&dataset).to_string())?;
            }
            let opened = personal.into_iter().map(|attribute| self.opened(attribute)).collect::<Result<Vec<_>, _>>()?;
            let attributes: Vec<Attribute> = opened.into_iter().flatten().collect();
            if !attributes.is_empty() {
                let line = self.entity_line(&Entity { attributes, ..without_attributes(entity) })?;
                self.line(&mut open, "personal/entities.ndjson", &line)?;
            }
        }
        open.into_values().try_for_each(|writer| self.folder.end(writer))
    }

    /// A line that is proved to read back as the same entity.
    fn entity_line(&self, entity: &Entity) -> Result<String, Error> {
        let line = (self.forms.write_entity)(entity);
        match (self.forms.read_entity)(line.as_bytes()) {
            Ok(back) if is_same(entity, &back) => Ok(line),
            Ok(_) => Err(Error::internal(format!("the entity `{}` would read back as something else; nothing was exported", entity.id))),
            Err(reason) => Err(Error::internal(format!("the entity `{}` would not read back: {reason}; nothing was exported", entity.id))),
        }
    }

    /// The attribute in plain; `None` where it is left out or its key was destroyed.
    fn opened(&mut self, attribute: Attribute) -> Result<Option<Attribute>, Error> {
        if !self.personal {
            self.leave_out("personalValues");
            return Ok(None);
        }
        let opened = self.shared.envelope.opened(&attribute)?;
        match opened {
            Some(_) => self.count("personalValues"),
            None => self.leave_out("erasedValues"),
        }
        Ok(opened)
    }

    /// Segment by segment, the unsealed tail last; each is a file, and the
    /// personal rows of each another one.
    fn history(&mut self, moment: &Moment) -> Result<(), Error> {
        let mut segments = moment.segments.to_vec();
        segments.sort_by(|a, b| a.object.cmp(&b.object));
        let mut numbers = Numbers::default();
        for segment in &segments {
            let mut part = Part::default();
            let mut failed = None;
            moment.history.rows(segment, &mut |rows| {
                let rows = rows.into_iter().filter(|row| moment.holds(row));
                let outcome = self.rows(rows, &mut part, &numbers);
                failed = outcome.err();
                failed.is_none()
            })?;
            failed.map_or(Ok(()), Err)?;
            self.end_part(part, &mut numbers)?;
        }
        let mut part = Part::default();
        self.rows(moment.tail.iter().cloned(), &mut part, &numbers)?;
        self.end_part(part, &mut numbers)
    }

    fn rows(&mut self, rows: impl Iterator<Item = Observation>, part: &mut Part, numbers: &Numbers) -> Result<(), Error> {
        for row in rows {
            let (is_personal, row) = if is_sealed(&row.attribute) {
                let Some(attribute) = self.opened(row.attribute)? else { continue };
                (true, Observation { attribute, ..row })
            } else {
                (false, row)
            };
            let writer = if is_personal { &mut part.personal } else { &mut part.open };
            if writer.is_none() {
                *writer = Some(SegmentWriter::new(&self.folder.place(&numbers.path(is_personal))?));
            }
            if let Some(writer) = writer {
                writer.push(row).map_err(history_error)?;
            }
            self.count("values");
        }
        Ok(())
    }

    fn end_part(&mut self, part: Part, numbers: &mut Numbers) -> Result<(), Error> {
        for (is_personal, writer) in [(false, part.open), (true, part.personal)] {
            let Some(writer) = writer else { continue };
            let path = numbers.path(is_personal);
            if let Some(written) = writer.finish().map_err(history_error)? {
                self.folder.files.push(Entry { path, size_bytes: written.size_bytes, checksum: written.checksum });
                *numbers.of(is_personal) += 1;
            }
        }
        Ok(())
    }

    /// Raw inputs under their checksums. What no run has read, nobody has
    /// described: it may speak of persons.
    fn files(&mut self) -> Result<(), Error> {
        for checksum in self.shared.store.kept_files()? {
            let concerns = self.inputs.get(&checksum).copied().unwrap_or(true);
            if concerns && !self.personal {
                self.leave_out("files");
                continue;
            }
            let name = hex(&checksum);
            let path = format!("{}files/{}/{name}", if concerns { "personal/" } else { "" }, &name[..2]);
            let Some(mut content) = self.shared.store.open_file(&checksum)? else { continue };
            let mut writer = self.folder.file(&path)?;
            let mut buffer = vec![0; 128 << 10];
            loop {
                let length = content.read(&mut buffer).map_err(|error| disk("read the raw input", Path::new(&name), &error))?;
                if length == 0 {
                    break;
                }
                writer.bytes(&buffer[..length])?;
            }
            self.folder.end(writer)?;
            self.count("files");
        }
        Ok(())
    }
}

/// Where a version of a definition lies.
pub(super) fn definition_path(name: &str, version: u64) -> String {
    format!("sources/{name}/{version}.toml")
}

/// The files of one segment.
#[derive(Default)]
struct Part {
    open: Option<SegmentWriter>,
    personal: Option<SegmentWriter>,
}

/// How many files of history there are.
#[derive(Default)]
struct Numbers {
    open: u64,
    personal: u64,
}

impl Numbers {
    fn of(&mut self, is_personal: bool) -> &mut u64 {
        if is_personal { &mut self.personal } else { &mut self.open }
    }

    fn path(&self, is_personal: bool) -> String {
        if is_personal {
            format!("personal/history/{:06}.parquet", self.personal + 1)
        } else {
            format!("history/{:06}.parquet", self.open + 1)
        }
    }
}

pub(super) fn is_sealed(attribute: &Attribute) -> bool {
    matches!(attribute.value, Value::Sealed(_))
}

fn without_attributes(entity: &Entity) -> Entity {
    Entity {
        id: entity.id.clone(),
        types: entity.types.clone(),
        scopes: entity.scopes.clone(),
        attributes: Vec::new(),
        expires_at: entity.expires_at,
        created_at: entity.created_at,
        modified_at: entity.modified_at,
    }
}

/// Whether both are equal but for the order of instances of different names.
fn is_same(one: &Entity, two: &Entity) -> bool {
    fn same_attributes(one: &[Attribute], two: &[Attribute]) -> bool {
        one.len() == two.len() && one.iter().all(|a| two.iter().any(|b| same_attribute(a, b)))
    }
    fn same_attribute(a: &Attribute, b: &Attribute) -> bool {
        a.name == b.name
            && a.dataset == b.dataset
            && a.value == b.value
            && (a.observed_at, a.expires_at, a.created_at, a.modified_at) == (b.observed_at, b.expires_at, b.created_at, b.modified_at)
            && a.unit == b.unit
            && same_attributes(&a.sub, &b.sub)
    }
    (&one.id, &one.types, &one.scopes) == (&two.id, &two.types, &two.scopes)
        && (one.expires_at, one.created_at, one.modified_at) == (two.expires_at, two.created_at, two.modified_at)
        && same_attributes(&one.attributes, &two.attributes)
}

/// A full disk is the operator's matter, all else ours.
pub(super) fn history_error(error: history::Error) -> Error {
    match &error {
        history::Error::Disk { source, path, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
            Error::new(Kind::NoSpace, format!("no space left on the disk of `{path}`; free some, then the same works again"))
        }
        _ => Error::from(error),
    }
}
