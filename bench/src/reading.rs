//! Retrieve by id and a page of 20, against bare hyper with the same bytes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::client::load;
use crate::codec::entity_json;
use crate::report::Row;
use crate::server::Server;

const ENTITIES: usize = 1_000;

pub(crate) fn measure(server: &Server) -> Result<Vec<Row>> {
    let entities: Vec<String> = (0..ENTITIES).map(|n| entity_json("read", n)).collect();
    let (status, body) = server.request("POST", "/ngsi-ld/v1/entityOperations/upsert", &format!("[{}]", entities.join(",")))?;
    ensure!(status == 201, "the entities were not made: {status} {body}");
    Ok(vec![
        compare(server, "/ngsi-ld/v1/entities/urn:ngsi-ld:Bench:read-7", "retrieve one entity by id (1 KB)", 0.8, "≥ 80 % of bare hyper")?,
        compare(server, "/ngsi-ld/v1/entities?type=Bench&limit=20", "query page of 20 entities", 0.6, "≥ 60 % of bare hyper")?,
    ])
}

fn compare(server: &Server, path: &str, row: &'static str, share: f64, goal: &'static str) -> Result<Row> {
    let (status, body) = server.request("GET", path, "")?;
    ensure!(status == 200 && body.len() > 500, "{path} answers {status}: {body}");
    let authorization = format!("Bearer {}", server.token);
    let headers = [("Authorization", authorization.as_str())];
    let reference = Hyper::start(&body)?;
    // Alternately, so that a busy moment of the machine hits both.
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        ours.push(load(&server.url(path), &headers, 64, None)?.requests_per_s);
        theirs.push(load(&reference.url(), &headers, 64, None)?.requests_per_s);
    }
    Ok(Row::share(row, "requests/s", median(ours), median(theirs), share, goal))
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

pub(crate) struct Hyper {
    child: Child,
    address: String,
    _body: tempfile::NamedTempFile,
}

impl Hyper {
    pub(crate) fn start(body: &str) -> Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), body)?;
        let mut child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(std::env::current_exe()?)
            .arg("hyper")
            .arg(file.path())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("the reference has an output")?;
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned(), _body: file })
    }
}

impl Hyper {
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Hyper {
    fn drop(&mut self) {
        // It holds nothing worth closing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
