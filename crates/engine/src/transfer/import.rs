//! The way back.

use std::io::{BufReader, Read};
use std::iter::Peekable;
use std::path::Path;
use std::sync::Arc;

use history::{History, SegmentWriter};
use model::{Attribute, Entity, EntityId, Observation, Segment, TenantContext, TenantId};
use parking_lot::Mutex;
use store::{Kept, NewTenant};

use super::export::{definition_path, history_error};
use super::folder::{Entry, Lines};
use super::rows::Line;
use super::{Forms, Manifest, Progress, REPORT_EVERY, Step, disk, unhex};
use crate::privacy::Envelope;
use crate::{DOOR, Engine, Error};

/// How many rows one transaction takes.
const ROWS: usize = 2_000;

/// Two imports of one name would write into one folder.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub(super) fn run(
    engine: &Engine,
    from: &Path,
    name: Option<&TenantId>,
    forms: &Forms,
    progress: Progress<'_>,
) -> Result<(TenantId, Manifest), Error> {
    let _alone = ONE_AT_A_TIME.lock();
    let manifest = Manifest::read(from)?;
    let tenant = name.unwrap_or(&manifest.tenant).clone();
    if engine.tenant(tenant.as_str()).is_ok() {
        return Err(Error::exists("tenant", &tenant));
    }
    manifest.verify(from, progress)?;
    let context = TenantContext::new(&DOOR, tenant.clone());
    let new = engine.begin_tenant(&context)?;
    let mut import = Import { from, manifest: &manifest, forms, progress, new: &new, done: 0 };
    import.tables()?;
    import.files()?;
    let segments = import.history()?;
    import.entities()?;
    new.adopt_history(&segments, manifest.position)?;
    new.finish()?;
    engine.open_tenant(context)?;
    Ok((tenant, manifest))
}

struct Import<'a> {
    from: &'a Path,
    manifest: &'a Manifest,
    forms: &'a Forms,
    progress: Progress<'a>,
    new: &'a NewTenant,
    /// What was done of the present step.
    done: u64,
}

impl Import<'_> {
    fn step(&mut self, more: u64, step: fn(u64) -> Step) {
        let before = self.done / REPORT_EVERY;
        self.done += more;
        if self.done / REPORT_EVERY > before {
            (self.progress)(step(self.done));
        }
    }

    fn tables(&mut self) -> Result<(), Error> {
        self.table("audit.ndjson", |line| line.header())?;
        self.sources()?;
        self.table("source-states.ndjson", |line| line.schedule())?;
        self.table("runs.ndjson", |line| line.run())?;
        self.table("quarantine.ndjson", |line| line.quarantine())?;
        self.table("personal/quarantine.ndjson", |line| line.quarantine())?;
        self.table("file-removals.ndjson", |line| line.removal())?;
        self.table("accounts.ndjson", |line| line.account())
    }

    /// The lines of a file, or none when the export has no such file.
    fn lines(&self, path: &str) -> Result<Option<Lines>, Error> {
        if self.manifest.has(path) { Lines::open(&self.from.join(path)).map(Some) } else { Ok(None) }
    }

    fn table(&mut self, path: &str, read: impl Fn(&Line) -> Result<Kept, String>) -> Result<(), Error> {
        let Some(mut lines) = self.lines(path)? else { return Ok(()) };
        let mut rows = Vec::new();
        while let Some(row) = lines.next(|line| read(&Line::parse(line)?))? {
            rows.push(row);
            if rows.len() == ROWS {
                self.write(&mut rows)?;
            }
        }
        self.write(&mut rows)
    }

    fn write(&mut self, rows: &mut Vec<Kept>) -> Result<(), Error> {
        self.new.write_rows(rows)?;
        self.step(rows.len() as u64, Step::Rows);
        rows.clear();
        Ok(())
    }

    fn sources(&mut self) -> Result<(), Error> {
        let Some(mut lines) = self.lines("sources.ndjson")? else { return Ok(()) };
        while let Some(mut source) = lines.next(|line| Line::parse(line)?.source())? {
            let listed = definition_path(&source.name, source.version);
            if !self.manifest.has(&listed) {
                return Err(Error::invalid(format!("`sources.ndjson` names `{listed}`, which is not in the export")));
            }
            let path = self.from.join(&listed);
            source.text = std::fs::read_to_string(&path).map_err(|error| disk("read", &path, &error))?;
            self.write(&mut vec![Kept::Source(source)])?;
        }
        Ok(())
    }

    fn files(&mut self) -> Result<(), Error> {
        self.done = 0;
        for entry in self.manifest.below("files/").chain(self.manifest.below("personal/files/")) {
            let path = self.from.join(&entry.path);
            let file = std::fs::File::open(&path).map_err(|error| disk("read", &path, &error))?;
            let stored = self.new.store().put_file(&mut BufReader::new(file) as &mut dyn Read)?;
            let named = entry.path.rsplit('/').next().and_then(unhex);
            if named.as_deref() != Some(&stored.checksum[..]) {
                return Err(Error::invalid(format!("`{}` does not hold what its name says", path.display())));
            }
            self.step(1, Step::Files);
        }
        Ok(self.new.note_left_behind(self.manifest.exported_at)?)
    }

    /// Every file becomes a segment; values of persons go back into envelopes.
    fn history(&mut self) -> Result<Vec<Segment>, Error> {
        self.done = 0;
        let envelope = Envelope::open(self.new.store().clone())?;
        let mut segments = Vec::new();
        for (folder, is_personal) in [("history/", false), ("personal/history/", true)] {
            let mut there = self.manifest.below(folder).peekable();
            if there.peek().is_none() {
                continue;
            }
            let source = History::open(&self.from.join(folder))?;
            for entry in there {
                let segment = self.segment(&source, entry, folder, is_personal.then_some(&envelope), segments.len())?;
                segments.extend(segment);
            }
        }
        Ok(segments)
    }

    fn segment(
        &mut self,
        source: &History,
        entry: &Entry,
        folder: &str,
        envelope: Option<&Envelope>,
        number: usize,
    ) -> Result<Option<Segment>, Error> {
        // What was exported comes before whatever will be sealed later.
        let object = format!("{:012}-{:012}-{number:016x}.parquet", 0, 0);
        let mut writer = SegmentWriter::new(&self.new.store().history_folder().join(&object));
        let listed = Segment {
            object: entry.path[folder.len()..].to_owned(),
            seq: (0, u64::MAX),
            time: (model::Instant::from_micros(i64::MIN), model::Instant::from_micros(i64::MAX)),
            rows: 0,
            size_bytes: entry.size_bytes,
            checksum: entry.checksum,
        };
        let mut failed = None;
        source.rows(&listed, &mut |rows| {
            failed = self.rows(rows, &mut writer, envelope).err();
            failed.is_none()
        })?;
        failed.map_or(Ok(()), Err)?;
        let written = writer.finish().map_err(history_error)?;
        Ok(written.map(|written| Segment {
            object,
            seq: written.seq,
            time: written.time,
            rows: written.rows,
            size_bytes: written.size_bytes,
            checksum: written.checksum,
        }))
    }

    fn rows(&mut self, rows: Vec<Observation>, writer: &mut SegmentWriter, envelope: Option<&Envelope>) -> Result<(), Error> {
        self.step(rows.len() as u64, Step::Values);
        let mut subjects = Vec::new();
        for mut row in rows {
            if row.seq > self.manifest.position {
                return Err(Error::invalid(format!("a value of `{}` names commit {}, which is not in the export", row.entity, row.seq)));
            }
            if let Some(envelope) = envelope {
                subjects.push((envelope.seal(&row.entity, &mut row.attribute)?, row.seq));
            }
            writer.push(row).map_err(history_error)?;
        }
        if !subjects.is_empty() {
            self.new.note_subjects(&subjects)?;
        }
        Ok(())
    }

    /// The current state, in order, as a snapshot.
    fn entities(&mut self) -> Result<(), Error> {
        self.done = 0;
        let envelope = Envelope::open(self.new.store().clone())?;
        let read = self.forms.read_entity;
        let (open, personal) = (self.lines("entities.ndjson")?, self.lines("personal/entities.ndjson")?);
        let mut personal = entities(personal, read).peekable();
        let mut all = Vec::new();
        for entity in entities(open, read) {
            let mut entity = entity?;
            entity.attributes.extend(sealed_of(&entity.id, &mut personal, &envelope)?);
            all.push(Arc::new(entity));
            self.step(1, Step::Entities);
        }
        match personal.next() {
            Some(Ok(left)) => {
                return Err(Error::invalid(format!(
                    "`personal/entities.ndjson` names `{}`, which `entities.ndjson` does not have there",
                    left.id
                )));
            }
            Some(Err(error)) => return Err(error),
            None => {}
        }
        if self.manifest.counts.get("entities").copied().unwrap_or(0) != all.len() as u64 {
            return Err(Error::invalid(format!("`entities.ndjson` has {} entities, and the manifest counts others", all.len())));
        }
        if self.manifest.position > 0 {
            self.new.store().write_snapshot(self.manifest.position, &mut all.iter().map(|entity| &**entity))?;
        }
        Ok(())
    }
}

/// The entities of a file, one by one.
fn entities(lines: Option<Lines>, read: fn(&[u8]) -> Result<Entity, String>) -> impl Iterator<Item = Result<Entity, Error>> {
    let mut lines = lines;
    std::iter::from_fn(move || lines.as_mut().and_then(|lines| lines.next(read).transpose()))
}

/// The personal attributes of an entity, when it is the next that has some.
fn sealed_of(
    id: &EntityId,
    personal: &mut Peekable<impl Iterator<Item = Result<Entity, Error>>>,
    envelope: &Envelope,
) -> Result<Vec<Attribute>, Error> {
    let Some(next) = personal.next_if(|next| next.as_ref().map_or(true, |entity| entity.id == *id)) else { return Ok(Vec::new()) };
    let mut attributes = next?.attributes;
    for attribute in &mut attributes {
        envelope.seal(id, attribute)?;
    }
    Ok(attributes)
}
