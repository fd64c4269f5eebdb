//! Keys for servers elsewhere: files that the operator keeps, one for each.
//!
//! `FOLDER/<tenant>/<name>`: the first line is the key, every further line a
//! host that may get it. So who writes definitions can use a key and can
//! neither read it nor send it elsewhere.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use harmonise::{Code, Message};
use model::TenantId;

/// The folder of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets(PathBuf);

impl Secrets {
    /// Keys in a folder.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// A tenant's key for a host. `name` is a slug. Blocks.
    pub(crate) fn read(&self, tenant: &TenantId, name: &str, host: &str) -> Result<String, Message> {
        let path = self.0.join(tenant.as_str()).join(name);
        let shown = path.display().to_string();
        let unreadable = |error: std::io::Error| Code::SecretUnreadable.with("name", name).with("detail", format!("{shown}: {error}"));
        let mode = std::fs::metadata(&path).map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Code::SecretOpen.with("detail", shown));
        }
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        let mut lines = text.lines().map(str::trim);
        let key = lines.next().unwrap_or_default();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return Err(Code::SecretEmpty.with("detail", shown));
        }
        if !lines.any(|known| known.eq_ignore_ascii_case(host)) {
            return Err(Code::SecretHost.with("name", name).with("host", host).with("detail", shown));
        }
        Ok(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, mode: u32, host: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let tenant = TenantId::parse("stadt").expect("a name");
        std::fs::create_dir(folder.path().join("stadt")).expect("made");
        let path = folder.path().join("stadt/parken");
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        match Secrets::at(folder.path()).read(&tenant, "parken", host) {
            Ok(key) => key,
            Err(message) => message.to_string().replace(&folder.path().display().to_string(), "…"),
        }
    }

    #[test]
    fn a_key_goes_to_its_hosts_only() {
        assert_eq!(read("abc 123\na.example\nB.example:8443\n", 0o600, "b.example:8443"), "abc 123");
        assert_eq!(
            read("abc\na.example\n", 0o600, "evil.example"),
            "the key `parken` may not be sent to `evil.example`; if it shall, write the host as a line into its file: …/stadt/parken"
        );
        assert_eq!(
            read("abc\na.example\n", 0o640, "a.example"),
            "others may read the key; take the rights from them with `chmod 600`: …/stadt/parken"
        );
        assert!(read("\na.example\n", 0o600, "a.example").contains("is no key"));
        let missing = Secrets::at("/nirgends").read(&TenantId::parse("stadt").expect("a name"), "x", "a.example");
        assert!(missing.expect_err("missing").to_string().contains("/nirgends/stadt/x"));
    }
}
