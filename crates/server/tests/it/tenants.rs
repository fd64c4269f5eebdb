//! Two municipalities in one installation: each sees its own.

use crate::platform::{Answer, Platform, Scene, entity, points};

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

type Damage = fn(&Scene);

/// How the data of a neighbour are lost, and what the operator reads of it.
const DAMAGES: [(Damage, &str); 4] = [
    (
        |scene| std::fs::write(scene.data().join("tenants/nachbarstadt/tenant.db"), vec![b'x'; 8192]).expect("written"),
        "nachbarstadt/tenant.db",
    ),
    (|scene| std::fs::remove_file(scene.data().join("tenants/nachbarstadt/tenant.db")).expect("removed"), "nachbarstadt/tenant.db"),
    (|scene| std::fs::remove_dir_all(scene.data().join("tenants/nachbarstadt")).expect("removed"), "nachbarstadt/tenant.db"),
    (|scene| std::fs::remove_file(scene.data().join("keys/nachbarstadt.db")).expect("removed"), "keys/nachbarstadt.db"),
];

#[test]
fn a_tenant_that_does_not_open_leaves_the_others_alone() {
    for (damage, named) in DAMAGES {
        let Two { scene, platform, own, foreign } = Two::new();
        assert!(platform.stop().success());
        damage(&scene);
        let two = Two { platform: scene.start(), scene, own, foreign };
        let (own, foreign) = (Some(two.own.as_str()), Some(two.foreign.as_str()));
        assert_eq!(two.ask(None, own, &write("hier")).status, 201, "{named}");

        // Its users are told that it is not their fault, and nothing of the inside.
        for (token, request) in [
            (None, "GET /ngsi-ld/v1/entities?type=Ding"),
            (foreign, "GET /ngsi-ld/v1/entities?type=Ding"),
            (foreign, "DELETE /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:1"),
            (foreign, "GET /api/v1/quellen"),
            (None, "GET /catalog.ttl"),
            (None, "GET /"),
            (None, "GET /verwaltung/anmelden"),
            (None, "GET /\ncookie: allmende=0123456789abcdef0123456789abcdef"),
        ] {
            let answer = two.ask(Some("nachbarstadt"), token, request);
            assert_eq!(answer.status, 503, "{named}: {request}: {answer:?}");
            let said = if request.starts_with("GET /\n") || request.ends_with(" /") || request.ends_with("anmelden") {
                "vorübergehend nicht verfügbar"
            } else {
                "not available at the moment"
            };
            assert!(answer.body.contains(said) && !answer.body.contains(named), "{named}: {request}: {answer:?}");
        }

        // Its operator is told what and what now.
        let ready = two.ask(None, None, "GET /readyz");
        assert_eq!((ready.status, ready.json()["tenants"][1]["open"].as_bool()), (200, Some(false)), "{ready:?}");
        assert!(ready.body.contains(named) && ready.body.contains("allmende check"), "{ready:?}");
        assert!(!ready.body.contains(two.scene.data().to_str().expect("UTF-8")), "{ready:?}");
        let metrics = two.ask(None, own, "GET /metrics").body;
        assert!(
            metrics.contains("allmende_open{tenant=\"musterstadt\"} 1") && metrics.contains("allmende_open{tenant=\"nachbarstadt\"} 0")
        );
        let told = two.platform.complaints();
        assert!(told.len() == 1 && told[0].contains("nachbarstadt") && told[0].contains(named), "{told:?}");
        let status = two.scene.run("status").ok();
        assert!(
            status.contains("nachbarstadt: nicht verfügbar") && status.contains(named) && status.contains("allmende check"),
            "{status}"
        );
        let check = two.scene.run("check");
        assert_eq!(check.code, Some(1), "{check:?}");
        assert!(
            check.out.contains("musterstadt: unversehrt") && check.out.contains(named) && check.out.contains("beiseitelegen"),
            "{check:?}"
        );
        let refused = two.scene.run("token create --role reader --tenant nachbarstadt").failed();
        assert!(refused.contains(named) && refused.contains("allmende check"), "{refused}");
        assert!(two.scene.run("tenant create nachbarstadt").failed().contains("gibt es schon"));
        let backup = two.scene.run(&format!("backup {}", two.scene.path("sicherung").display()));
        assert!(backup.code == Some(1) && backup.err.contains("nachbarstadt"), "{backup:?}");
        assert_eq!(points(&two.scene.path("sicherung/musterstadt")).len(), 1);
        assert!(two.platform.stop().success());

        // Without any tenant there is nothing to start for.
        std::fs::rename(two.scene.data().join("tenants/musterstadt"), two.scene.path("musterstadt")).expect("moved");
        std::fs::rename(two.scene.data().join("keys/musterstadt.db"), two.scene.path("musterstadt.db")).expect("moved");
        assert!(two.scene.run("serve --listen 127.0.0.1:0").failed().contains(named));
    }
}

#[test]
fn nobody_takes_the_place_of_a_default_tenant_that_does_not_open() {
    let Two { scene, platform, foreign, .. } = Two::new();
    assert!(platform.stop().success());
    std::fs::remove_file(scene.data().join("keys/musterstadt.db")).expect("removed");
    let platform = scene.start();
    assert_eq!(platform.ask("GET /ngsi-ld/v1/types").status, 503);
    let named = format!("GET /ngsi-ld/v1/types\nngsild-tenant: nachbarstadt\nauthorization: Bearer {foreign}");
    assert_eq!(platform.ask(&named).status, 200);
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
