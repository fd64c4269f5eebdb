//! The folder: files that are hashed as they are written, and the manifest
//! that lists them. It is written last: a folder without it is not complete.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use model::{Instant, Json, TenantId};
use sha2::{Digest, Sha256};

use super::{FORMAT, Progress, Step, disk, hex, instant};
use crate::Error;

const NAME: &str = "manifest.json";

/// Bytes between two reports.
const REPORT_BYTES: u64 = 256 << 20;

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Whose data.
    pub tenant: TenantId,
    /// The version of the program that wrote it.
    pub version: String,
    /// The last commit of the log that it holds.
    pub position: u64,
    /// When it was written.
    pub exported_at: Instant,
    /// Whether values of persons are in it.
    pub personal: bool,
    /// How many of each kind are in it.
    pub counts: BTreeMap<String, u64>,
    /// How many of each kind were left out.
    pub left_out: BTreeMap<String, u64>,
    /// Every other file.
    pub files: Vec<Entry>,
}

/// One file of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Below the folder, with `/`.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its content.
    pub checksum: [u8; 32],
}

impl Manifest {
    fn to_json(&self) -> Json {
        let number = |number: u64| Json::from(number.cast_signed());
        let counted =
            |counts: &BTreeMap<String, u64>| Json::Object(counts.iter().map(|(name, count)| (name.into(), number(*count))).collect());
        let files = self.files.iter().map(|file| {
            let checksum = Json::from(hex(&file.checksum).as_str());
            Json::object([("path", Json::from(file.path.as_str())), ("size", number(file.size_bytes)), ("sha256", checksum)])
        });
        Json::object([
            ("format", Json::from(FORMAT)),
            ("program", Json::from("Allmende")),
            ("version", Json::from(self.version.as_str())),
            ("tenant", Json::from(self.tenant.as_str())),
            ("position", number(self.position)),
            ("exportedAt", instant(self.exported_at)),
            ("personal", Json::from(self.personal)),
            ("counts", counted(&self.counts)),
            ("leftOut", counted(&self.left_out)),
            ("files", Json::Array(files.collect())),
        ])
    }

    /// Reads the manifest of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(NAME);
        if !path.is_file() {
            let message =
                format!("`{}` is not a complete export: it has no `{NAME}`; name the folder that `export` wrote", folder.display());
            return Err(Error::invalid(message));
        }
        let text = fs::read(&path).map_err(|error| disk("read", &path, &error))?;
        let limits = model::json::Limits { members_max: usize::MAX, ..Default::default() };
        let wrong = |detail: &str| Error::invalid(format!("`{}`: {detail}; take the folder as `export` wrote it", path.display()));
        let json = model::json::parse_with(&text, limits).map_err(|error| wrong(&error.to_string()))?;
        match json.get("format").and_then(number) {
            Some(format) if format == FORMAT.cast_unsigned() => {}
            Some(format) => {
                let message = format!("`{}` has format {format}, this version knows {FORMAT}: install the newer version", path.display());
                return Err(Error::invalid(message));
            }
            None => return Err(wrong("`format` is missing or no number")),
        }
        Self::from_json(&json).ok_or_else(|| wrong("an entry is missing or has another shape"))
    }

    fn from_json(json: &Json) -> Option<Self> {
        let text = |member: &str| json.get(member)?.as_str();
        let counted = |member: &str| -> Option<BTreeMap<String, u64>> {
            json.get(member)?.as_object()?.iter().map(|(name, count)| Some((name.to_string(), number(count)?))).collect()
        };
        Some(Self {
            tenant: TenantId::parse(text("tenant")?).ok()?,
            version: text("version")?.to_owned(),
            position: number(json.get("position")?)?,
            exported_at: Instant::parse(text("exportedAt")?).ok()?,
            personal: *json.get("personal")? == Json::Bool(true),
            counts: counted("counts")?,
            left_out: counted("leftOut")?,
            files: json.get("files")?.as_array()?.iter().map(entry).collect::<Option<_>>()?,
        })
    }

    /// Compares every file with what is listed.
    pub(super) fn verify(&self, folder: &Path, progress: Progress<'_>) -> Result<(), Error> {
        let all = self.files.iter().map(|file| file.size_bytes).sum();
        let (mut done, mut said) = (0, 0);
        for file in &self.files {
            let path = folder.join(&file.path);
            if !path.is_file() {
                return Err(Error::invalid(format!("`{}` is missing; take the folder as `export` wrote it", path.display())));
            }
            if hash(&path)? != (file.size_bytes, file.checksum) {
                return Err(Error::invalid(format!(
                    "`{}` is not the file that was exported: size or checksum differ from `{NAME}`; take the folder as `export` wrote it",
                    path.display()
                )));
            }
            done += file.size_bytes;
            if done - said >= REPORT_BYTES {
                said = done;
                progress(Step::Compared(done, all));
            }
        }
        Ok(())
    }

    /// The files below a folder of the export, in order.
    pub(super) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.files.iter().filter(move |file| file.path.starts_with(folder))
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }
}

fn entry(json: &Json) -> Option<Entry> {
    let path = json.get("path")?.as_str()?;
    // A forged manifest must not lead out of the folder.
    let is_below = Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) && !path.is_empty();
    let checksum = super::unhex(json.get("sha256")?.as_str()?)?.try_into().ok()?;
    is_below.then_some(Entry { path: path.to_owned(), size_bytes: number(json.get("size")?)?, checksum })
}

fn number(json: &Json) -> Option<u64> {
    match json {
        Json::Number(number) => number.as_i64().and_then(|value| u64::try_from(value).ok()),
        _ => None,
    }
}

fn hash(path: &Path) -> Result<(u64, [u8; 32]), Error> {
    let failed = |error: std::io::Error| disk("read", path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut size_bytes, mut buffer) = (Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        let length = file.read(&mut buffer).map_err(failed)?;
        if length == 0 {
            return Ok((size_bytes, hasher.finalize().into()));
        }
        hasher.update(&buffer[..length]);
        size_bytes += length as u64;
    }
}

/// Whether a folder may be filled: new or empty, and outside of the data directory.
pub(super) fn check_target(target: &Path, data: &Path) -> Result<(), Error> {
    let failed = |error: std::io::Error| disk("read the folder", target, &error);
    if target.exists() && fs::read_dir(target).map_err(failed)?.next().is_some() {
        return Err(Error::invalid(format!("`{}` is not empty; name a new folder", target.display())));
    }
    let absolute = std::path::absolute(target).map_err(failed)?;
    let there = absolute.ancestors().find(|path| path.exists()).unwrap_or(&absolute);
    let real = |path: &Path| path.canonicalize().map_err(|error| disk("find", path, &error));
    if real(there)?.starts_with(real(data)?) {
        return Err(Error::invalid(format!("`{}` lies in the data directory; name a folder elsewhere", target.display())));
    }
    Ok(())
}

/// A folder that is being filled. Dropped before it is complete, it is emptied again.
pub(super) struct Folder {
    root: PathBuf,
    was_there: bool,
    complete: bool,
    /// What was made directly in the folder.
    made: BTreeSet<PathBuf>,
    pub(super) files: Vec<Entry>,
}

impl Folder {
    pub(super) fn begin(root: &Path) -> Result<Self, Error> {
        let was_there = root.exists();
        make(root)?;
        Ok(Self { root: root.to_owned(), was_there, complete: false, made: BTreeSet::new(), files: Vec::new() })
    }

    /// The path of a file to come, its folder made.
    pub(super) fn place(&mut self, path: &str) -> Result<PathBuf, Error> {
        let place = self.root.join(path);
        self.made.extend(Path::new(path).iter().next().map(|name| self.root.join(name)));
        place.parent().map_or(Ok(()), make)?;
        Ok(place)
    }

    /// Begins a file.
    pub(super) fn file(&mut self, path: &str) -> Result<Writer, Error> {
        let place = self.place(path)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place);
        let file = file.map_err(|error| disk("create", &place, &error))?;
        Ok(Writer { path: path.to_owned(), place, out: BufWriter::with_capacity(128 << 10, file), hasher: Sha256::new(), size_bytes: 0 })
    }

    /// Ends a file.
    pub(super) fn end(&mut self, writer: Writer) -> Result<(), Error> {
        self.files.push(writer.finish()?);
        Ok(())
    }

    /// Writes a file in one piece.
    pub(super) fn whole(&mut self, path: &str, content: &[u8]) -> Result<(), Error> {
        let mut writer = self.file(path)?;
        writer.bytes(content)?;
        self.end(writer)
    }

    /// Writes the manifest: from now on the folder is complete.
    pub(super) fn complete(mut self, mut manifest: Manifest) -> Result<Manifest, Error> {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        manifest.files = std::mem::take(&mut self.files);
        let mut writer = self.file(NAME)?;
        writer.bytes(format!("{}\n", pretty(&manifest.to_json())).as_bytes())?;
        writer.finish()?;
        let synced = File::open(&self.root).and_then(|folder| folder.sync_all());
        synced.map_err(|error| disk("sync the folder", &self.root, &error))?;
        self.complete = true;
        Ok(manifest)
    }
}

/// One member and one file per line: people read it too.
fn pretty(json: &Json) -> String {
    let Some(members) = json.as_object() else { return json.to_string() };
    let lines = members.iter().map(|(name, value)| match value.as_array() {
        Some(items) => format!("\"{name}\":[\n{}\n]", items.iter().map(Json::to_string).collect::<Vec<_>>().join(",\n")),
        None => format!("\"{name}\":{value}"),
    });
    format!("{{\n{}\n}}", lines.collect::<Vec<_>>().join(",\n"))
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.complete {
            return;
        }
        let mut removed = Ok(());
        for path in self.made.iter().filter(|path| path.exists()) {
            removed = removed.and(if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) });
        }
        if !self.was_there {
            removed = removed.and(fs::remove_dir(&self.root));
        }
        if let Err(error) = removed {
            tracing::warn!(folder = %self.root.display(), %error, "what is left of an unfinished export could not be removed");
        }
    }
}

fn make(folder: &Path) -> Result<(), Error> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| disk("create the folder", folder, &error))
}

/// A file that is being written.
pub(super) struct Writer {
    path: String,
    place: PathBuf,
    out: BufWriter<File>,
    hasher: Sha256,
    size_bytes: u64,
}

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.size_bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|error| disk("write", &self.place, &error))
    }

    pub(super) fn line(&mut self, line: &str) -> Result<(), Error> {
        self.bytes(line.as_bytes())?;
        self.bytes(b"\n")
    }

    fn finish(self) -> Result<Entry, Error> {
        let Self { path, place, out, hasher, size_bytes } = self;
        let failed = |error: std::io::Error| disk("write", &place, &error);
        let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        Ok(Entry { path, size_bytes, checksum: hasher.finalize().into() })
    }
}

/// The lines of an NDJSON file with their numbers.
pub(super) struct Lines {
    path: PathBuf,
    source: BufReader<File>,
    number: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| disk("read", path, &error))?;
        Ok(Self { path: path.to_owned(), source: BufReader::with_capacity(128 << 10, file), number: 0 })
    }

    /// The next line, read by `read`; `None` at the end.
    pub(super) fn next<T>(&mut self, read: impl FnOnce(&[u8]) -> Result<T, String>) -> Result<Option<T>, Error> {
        let mut line = Vec::new();
        let length = std::io::BufRead::read_until(&mut self.source, b'\n', &mut line);
        if length.map_err(|error| disk("read", &self.path, &error))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let value = read(line.strip_suffix(b"\n").unwrap_or(&line));
        value.map(Some).map_err(|reason| Error::invalid(format!("`{}`, line {}: {reason}", self.path.display(), self.number)))
    }
}
