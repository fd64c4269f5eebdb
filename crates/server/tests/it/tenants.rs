//! Two municipalities in one installation: each sees its own.

use crate::platform::{Answer, Platform, Scene, entity};

/// Two tenants with the same identifier in both, and a token of each.
struct Two {
    scene: Scene,
    platform: Platform,
    own: String,
    foreign: String,
}

impl Two {
    fn new() -> Self {
        let scene = Scene::new();
        let platform = scene.start();
        let said = scene.run("tenant create nachbarstadt").ok();
        assert!(said.contains("Mandant nachbarstadt angelegt") && said.contains("Einmal-Code: "), "{said}");
        let token = |tenant: &str| scene.run(&format!("token create --role administrator --tenant {tenant}")).ok().trim().to_owned();
        let (own, foreign) = (token("musterstadt"), token("nachbarstadt"));
        Self { scene, platform, own, foreign }
    }

    fn ask(&self, tenant: Option<&str>, token: Option<&str>, request: &str) -> Answer {
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        let mut head = head.to_owned();
        head.extend(tenant.map(|tenant| format!("\nngsild-tenant: {tenant}")));
        head.extend(token.map(|token| format!("\nauthorization: Bearer {token}")));
        self.platform.ask(&format!("{head}\n\n{body}"))
    }
}

fn write(text: &str) -> String {
    format!(
        "POST /ngsi-ld/v1/entities\ncontent-type: application/json\n\n{{\"id\":\"urn:ngsi-ld:Ding:1\",\"type\":\"Ding\",\"text\":{{\"type\":\"Property\",\"value\":\"{text}\"}}}}"
    )
}

#[test]
fn no_byte_of_one_tenant_reaches_the_other() {
    let two = Two::new();
    let (own, foreign) = (Some(two.own.as_str()), Some(two.foreign.as_str()));
    assert_eq!(two.ask(None, own, &write("KANARIE-MUSTERSTADT")).status, 201);
    assert_eq!(two.ask(Some("nachbarstadt"), foreign, &write("KANARIE-NACHBARSTADT")).status, 201, "the same identifier is another thing");
    let reads = [
        "GET /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:1",
        "GET /ngsi-ld/v1/entities?type=Ding",
        "GET /ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Ding:1",
        "GET /ngsi-ld/v1/types",
        "GET /ngsi-ld/v1/attributes",
        "GET /catalog.ttl",
        "GET /",
        "GET /suche?q=KANARIE",
        "GET /verwaltung",
        "GET /verwaltung/quellen",
        "GET /api/v1/quellen",
        "GET /metrics",
    ];
    for read in reads {
        for (tenant, token, canary) in [(None, own, "KANARIE-NACHBARSTADT"), (Some("nachbarstadt"), foreign, "KANARIE-MUSTERSTADT")] {
            let answer = two.ask(tenant, token, read);
            assert!(answer.status < 400 && !format!("{answer:?}").contains(canary), "{read} in {tenant:?}: {answer:?}");
        }
    }
    let seen = two.ask(Some("nachbarstadt"), foreign, reads[0]).json();
    assert_eq!(seen["text"]["value"], "KANARIE-NACHBARSTADT");

    // A foreign tenant answers as one that does not exist, to reads and writes, byte for byte.
    for request in reads.iter().filter(|read| !read.ends_with("/metrics")).map(ToString::to_string).chain([
        write("FREMD"),
        "DELETE /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:1".to_owned(),
        "POST /api/v1/quellen/pegel/daten\ncontent-type: text/csv\n\na;b".to_owned(),
    ]) {
        let (there, nowhere) = (two.ask(Some("nachbarstadt"), own, &request), two.ask(Some("nirgendwo"), own, &request));
        assert_eq!(there.status, 404, "{request}: {there:?}");
        assert_eq!(there.body.replace("nachbarstadt", "nirgendwo"), nowhere.body, "{request}");
        assert!(there.body.contains("NonexistentTenant"), "{request}: {there:?}");
    }
    assert_eq!(two.ask(None, foreign, reads[0]).status, 401, "a token of another tenant is none of the default one");
    assert_eq!(two.ask(Some("nachbarstadt"), None, reads[0]).status, 404, "undeclared is restricted, there too");
    assert_eq!(two.ask(Some("nachbarstadt"), foreign, reads[0]).json()["text"]["value"], "KANARIE-NACHBARSTADT", "nothing was overwritten");
    assert_eq!(two.platform.complaints(), Vec::<String>::new());
}

#[test]
fn a_tenant_has_files_accounts_and_backups_of_its_own() {
    let two = Two::new();
    assert_eq!(two.ask(None, Some(&two.own), &write("KANARIE-MUSTERSTADT")).status, 201);
    assert!(two.scene.run("tenant create nachbarstadt").failed().contains("gibt es schon"));
    assert!(two.scene.run("tenant create Nachbar/stadt").failed().contains("Nachbar/stadt"));
    assert_eq!(two.platform.ask(&entity(&two.own, 2)).status, 201);
    let list = two.scene.run("tenant list").ok();
    assert!(list.contains("musterstadt\t2\t") && list.contains("nachbarstadt\t0\t"), "{list}");
    let backup = two.scene.path("sicherung");
    two.scene.run(&format!("backup {}", backup.display())).ok();
    two.platform.kill();
    for folder in [two.scene.data().join("tenants/nachbarstadt"), backup.join("nachbarstadt")] {
        for file in files(&folder) {
            let bytes = std::fs::read(&file).expect("a file");
            assert!(!bytes.windows(19).any(|part| part == b"KANARIE-MUSTERSTADT"), "{}", file.display());
        }
    }
    let keys: Vec<_> = ["musterstadt", "nachbarstadt"]
        .map(|tenant| std::fs::read(two.scene.data().join(format!("keys/{tenant}.db"))).expect("keys"))
        .into();
    assert_ne!(keys[0], keys[1]);

    // While nothing runs: made at rest, its code is shown by the next start.
    assert!(two.scene.run("tenant create drittstadt").ok().contains("Der nächste Start"));
    let mut again = two.scene.start();
    let codes: Vec<String> = (0..3).map(|_| again.next_line()).collect();
    for tenant in ["drittstadt", "musterstadt", "nachbarstadt"] {
        assert!(codes.iter().any(|line| line.starts_with(&format!("Mandant {tenant}:")) && line.contains("Einmal-Code")), "{codes:?}");
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
