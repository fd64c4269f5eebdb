//! Which files a source may read, and which of them it means.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use harmonise::{Code, Glob, Transport};
use model::{Instant, TenantId};

use crate::Error;
use crate::schedule::SETTLE;
use crate::state::micros;

/// How many files a folder may hold: beyond it the path is probably wrong.
const FILES_MAX: usize = 100_000;

/// Where paths of definitions begin, and what they may not leave. Definitions
/// are written by people who may not read the machine's other files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    base: PathBuf,
    root: PathBuf,
}

/// A file a source means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputFile {
    /// Its path relative to the source's folder.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) size_bytes: u64,
    pub(crate) modified: SystemTime,
}

/// What tells that a file is another one: its size and when it was written.
type Mark = (u64, SystemTime);

/// The version under which files of a source were looked at, and what they were then.
type Done = (u64, HashMap<String, Mark>);

/// Which files of which sources were looked at under which version, so that a
/// watched folder is not read whole again and again. Forgotten with the process.
#[derive(Default)]
pub(crate) struct DoneWith(Mutex<HashMap<(TenantId, String), Done>>);

impl DoneWith {
    /// The files that a planned look takes in: those that are settled, and not known.
    /// Says also whether one was left because somebody may still write to it.
    pub(crate) fn fresh(
        &self,
        tenant: &TenantId,
        source: &str,
        version: u64,
        files: Vec<InputFile>,
        now: Instant,
    ) -> (Vec<InputFile>, bool) {
        let settled_at = u64::try_from(now.micros() - micros(SETTLE))
            .map_or(SystemTime::UNIX_EPOCH, |at| SystemTime::UNIX_EPOCH + Duration::from_micros(at));
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&(tenant.clone(), source.to_owned())).filter(|(seen, _)| *seen == version).map(|(_, files)| files);
        let is_known = |file: &InputFile| known.and_then(|known| known.get(&file.name)) == Some(&file.mark());
        let (settled, waiting): (Vec<_>, Vec<_>) =
            files.into_iter().filter(|file| !is_known(file)).partition(|file| file.modified <= settled_at);
        (settled, !waiting.is_empty())
    }

    /// Notes that a file was looked at.
    pub(crate) fn add(&self, tenant: &TenantId, source: &str, version: u64, name: String, mark: Mark) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry((tenant.clone(), source.to_owned())).or_default();
        if known.0 != version {
            *known = (version, HashMap::new());
        }
        known.1.insert(name, mark);
    }
}

impl InputFile {
    pub(crate) fn mark(&self) -> Mark {
        (self.size_bytes, self.modified)
    }
}

impl Folders {
    /// Paths begin at a folder and stay in it.
    #[must_use]
    pub fn at(base: impl Into<PathBuf>) -> Self {
        let base = base.into();
        Self { root: base.clone(), base }
    }

    /// Paths begin at a folder and stay in another one around it.
    #[must_use]
    pub fn within(base: impl Into<PathBuf>, root: impl Into<PathBuf>) -> Self {
        Self { base: base.into(), root: root.into() }
    }

    /// The files of a transport, by name. Blocks.
    pub(crate) fn files(&self, source: &str, transport: &Transport) -> Result<Vec<InputFile>, Error> {
        match transport {
            Transport::Http(_) => Err(Error::Transport(Code::SourceIsAsked.with("source", source))),
            Transport::Push => Err(Error::Transport(Code::SourceTakesPush.with("source", source))),
            Transport::File { path } => {
                let path = self.resolve(path)?;
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                Ok(vec![self.file(name, path)?])
            }
            Transport::Folder { path, glob } => self.folder(path, glob),
        }
    }

    /// That a transport has no files.
    pub(crate) fn empty(transport: &Transport) -> Error {
        match transport {
            Transport::Folder { path, glob } => Error::Path(Code::FolderNoFile.with("folder", path.as_str()).with("glob", glob.text())),
            _ => Error::Path(Code::NoFile.into()),
        }
    }

    fn folder(&self, folder: &str, glob: &Glob) -> Result<Vec<InputFile>, Error> {
        let top = self.resolve(folder)?;
        let mut found = BTreeMap::new();
        let mut waiting = vec![top.clone()];
        while let Some(here) = waiting.pop() {
            for entry in std::fs::read_dir(&here).map_err(|error| unreadable(&here, &error))? {
                let path = entry.map_err(|error| unreadable(&here, &error))?.path();
                if path.is_dir() {
                    // A link to a folder above would be walked for ever.
                    if !path.is_symlink() {
                        waiting.push(path);
                    }
                    continue;
                }
                let relative = path.strip_prefix(&top).unwrap_or(&path);
                let name = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
                if glob.matches(&name) {
                    found.insert(name, path);
                }
                if found.len() > FILES_MAX {
                    let too_full = Code::FolderTooFull.with("folder", folder).with("max", FILES_MAX).with("glob", glob.text());
                    return Err(Error::Path(too_full));
                }
            }
        }
        found.into_iter().map(|(name, path)| self.file(name, path)).collect()
    }

    fn file(&self, name: String, path: PathBuf) -> Result<InputFile, Error> {
        let real = path.canonicalize().map_err(|error| unreadable(&path, &error))?;
        self.check_inside(&real, &name)?;
        let found = real.metadata().and_then(|data| Ok((data.len(), data.modified()?)));
        let (size_bytes, modified) = found.map_err(|error| unreadable(&path, &error))?;
        Ok(InputFile { name, path: real, size_bytes, modified })
    }

    /// The real place of a definition's path.
    fn resolve(&self, path: &str) -> Result<PathBuf, Error> {
        let given = Path::new(path);
        if given.components().any(|part| matches!(part, Component::Prefix(_))) {
            return Err(outside(path));
        }
        let joined = self.base.join(given);
        let real = joined.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::Path(Code::PathMissing.with("path", path)),
            _ => unreadable(given, &error),
        })?;
        self.check_inside(&real, path)?;
        Ok(real)
    }

    fn check_inside(&self, real: &Path, shown: &str) -> Result<(), Error> {
        let root = self.root.canonicalize().map_err(|error| unreadable(&self.root, &error))?;
        if real.starts_with(&root) { Ok(()) } else { Err(outside(shown)) }
    }
}

fn outside(path: &str) -> Error {
    Error::Path(Code::PathOutside.with("path", path))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::Path(Code::PathUnreadable.with("path", path.display().to_string()).with("detail", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("in/b.csv", "1"), ("in/a.csv", "12"), ("in/tief/c.csv", "1"), ("in/a.txt", "1"), ("geheim.csv", "1")] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        folder
    }

    #[track_caller]
    fn check(transport: &Transport, expected: &str) {
        let folder = folder();
        let found = Folders::at(folder.path().join("in")).files("x", transport);
        let text = match found {
            Ok(files) if files.is_empty() => Folders::empty(transport).to_string(),
            Ok(files) => files.iter().map(|file| format!("{} {}", file.name, file.size_bytes)).collect::<Vec<_>>().join(", "),
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expected);
    }

    fn all(path: &str, glob: &str) -> Transport {
        Transport::Folder { path: path.into(), glob: Glob::parse(glob).expect("a pattern") }
    }

    #[test]
    fn files_are_found_in_order() {
        check(&all(".", "*.csv"), "a.csv 2, b.csv 1");
        check(&all(".", "**/*.csv"), "a.csv 2, b.csv 1, tief/c.csv 1");
        check(&Transport::File { path: "a.txt".into() }, "a.txt 1");
        check(&all(".", "*.xlsx"), "no file in the folder `.` fits `*.xlsx`; put files there or mend the pattern");
        check(
            &Transport::File { path: "fehlt.csv".into() },
            "there is no `fehlt.csv` in the folder of the sources; put it there or mend the path",
        );
    }

    #[test]
    fn nothing_outside_is_read() {
        let outside = |path: &str| {
            format!(
                "`{path}` lies outside the folder of the sources; copy the file into it, or let the operator set the folder in the configuration"
            )
        };
        check(&Transport::File { path: "../geheim.csv".into() }, &outside("../geheim.csv"));
        check(&Transport::File { path: "/etc/passwd".into() }, &outside("/etc/passwd"));
        check(&all("..", "*.csv"), &outside(".."));
    }

    #[test]
    fn a_wider_root_lets_paths_climb() {
        let folder = folder();
        let folders = Folders::within(folder.path().join("in"), folder.path());
        assert_eq!(folders.files("x", &Transport::File { path: "../geheim.csv".into() }).expect("inside the root").len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out() {
        let folder = folder();
        std::os::unix::fs::symlink(folder.path().join("geheim.csv"), folder.path().join("in/link.csv")).expect("linked");
        let found = Folders::at(folder.path().join("in")).files("x", &all(".", "link.csv"));
        assert!(matches!(found, Err(Error::Path(message)) if message.code == Code::PathOutside));
    }
}
