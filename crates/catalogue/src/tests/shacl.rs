//! The catalogue against the shapes of DCAT-AP.de, by pySHACL. `make test`
//! names an interpreter that has it in `ALLMENDE_PYTHON`.

use std::path::Path;
use std::process::Command;

use model::TimeWindow;

use super::*;

/// What is changed in a right catalogue, and the property that a shape then complains of.
const MUTANTS: [(&str, &str, &str, &str); 8] = [
    ("publisher", "\tdct:publisher <https://daten.musterstadt.example/#agent-umweltbundesamt> ;\n", "", "publisher"),
    ("licence", "\tdct:license <http://dcat-ap.de/def/licenses/dl-by-de/2.0> ;\n", "", "license"),
    ("unknown-licence", "licenses/dl-by-de/2.0", "licenses/frei", "license"),
    ("format", "file-type/CSV", "file-type/NOPE", "inScheme"),
    ("e-mail", "<mailto:daten@musterstadt.example>", "\"daten@musterstadt.example\"", "hasEmail"),
    ("title", "\tdct:title \"Luftqualität\"@de , \"Air quality\"@en ;\n", "", "title"),
    ("address", "\tdcat:accessURL <https://daten.musterstadt.example/datensaetze/luft> ;\n", "", "accessURL"),
    ("contributor", "contributors/hessen", "contributors/niemand", "contributorID"),
];

#[tokio::test]
async fn the_catalogue_has_no_violation_and_mutants_have() {
    let python = std::env::var_os("ALLMENDE_PYTHON")
        .expect("`ALLMENDE_PYTHON` names an interpreter with pyshacl: run `make tests`, or set it to what `scripts/venv DIR` prints");
    let day = |from: i64| TimeWindow { start: Instant::from_seconds(from), end: Instant::from_seconds(from + 86_400) };
    let twice = Dataset { temporal: vec![day(0), day(1_700_000_000)], ..bare("wenig") };
    let city = City::with([luft(), twice]).await;
    let right = city.page(Format::Turtle, None).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for format in Format::ALL {
        files.push(folder.path().join(format!("right.{}", format.ending())));
        std::fs::write(files.last().expect("just pushed"), city.page(format, None).await).expect("written");
    }
    for (name, from, to, _) in MUTANTS {
        let mutant = right.replace(from, to);
        assert_ne!(mutant, right, "the mutant `{name}` changes nothing");
        files.push(folder.path().join(format!("{name}.ttl")));
        std::fs::write(files.last().expect("just pushed"), mutant).expect("written");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shacl.py");
    let output = Command::new(python).arg(script).args(&files).output().expect("the interpreter starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.starts_with("right.ttl: 0\nright.rdf: 0\nright.jsonld: 0\nright.n3: 0\n"), "{told}");
    for (name, _, _, property) in MUTANTS {
        let report = told.split(&format!("{name}.ttl: ")).nth(1).unwrap_or_default();
        let complaints = report.lines().skip(1).take_while(|line| line.starts_with("  "));
        assert!(complaints.clone().any(|line| line.starts_with(&format!("  {property}:"))), "the mutant `{name}` passes: {told}");
    }
}
