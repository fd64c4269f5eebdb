//! What a dataset's page offers to carry away: files, and code for tools.

use engine::{Statistics, View};
use model::Dataset;

use super::super::download;
use super::file_url;
use crate::ask::Ask;
use crate::file::Form;
use crate::format;
use crate::pages::dataset::Download;
use crate::parts::Snippet;
use crate::reading;

/// The files, best for people first.
pub(super) fn downloads(ask: &Ask, dataset: &Dataset, statistics: &Statistics, views: &[View]) -> Vec<Download> {
    let t = ask.t();
    let forms = [
        (Form::Xlsx, "daten.xlsx", t.dataset_xlsx(), t.dataset_for_xlsx()),
        (Form::Excel, "daten.csv?form=excel", t.dataset_excel(), t.dataset_for_excel_hint()),
        (Form::Csv, "daten.csv", "CSV", t.dataset_for_csv()),
        (Form::GeoJson, "daten.geojson", "GeoJSON", t.dataset_for_geojson()),
        (Form::Json, "daten.json", "JSON", t.dataset_for_json()),
        (Form::Parquet, "daten.parquet", "Parquet", t.dataset_for_parquet()),
    ];
    let (rows, places) = (statistics.rows(), has_places(views));
    let size = |form: Form| {
        let bytes = download::size(ask, dataset, statistics, views, form)?;
        Some(t.dataset_about_size(format::size(bytes, ask.language)))
    };
    forms
        .into_iter()
        .filter(|(form, ..)| form.is_offered(rows, places))
        .map(|(form, file, format, purpose)| Download {
            format: format.to_owned(),
            purpose: purpose.to_owned(),
            size: size(form),
            media_type: form.media_type().split(';').next().unwrap_or_default().to_owned(),
            href: ask.href(&format!("/datensaetze/{}/{file}", dataset.slug)),
            url: file_url(ask, dataset, file),
        })
        .collect()
}

/// Code and steps for tools. A test runs each as it stands on the page.
pub(in crate::handlers) fn snippets(ask: &Ask, dataset: &Dataset, statistics: &Statistics, views: &[View]) -> Vec<Snippet> {
    let t = ask.t();
    let csv = file_url(ask, dataset, "daten.csv");
    let (mut python, mut r) =
        (format!("import pandas as pd\n\ndf = pd.read_csv(\"{csv}\""), format!("df <- read.csv(\"{csv}\", encoding = \"UTF-8\")\n"));
    if download::is_over_time(statistics) {
        python.push_str(", parse_dates=[\"time\"]");
        r.push_str("df$time <- as.POSIXct(df$time, format = \"%Y-%m-%dT%H:%M:%OSZ\", tz = \"UTC\")\n");
    }
    python.push_str(")\nprint(df.describe())");
    r.push_str("summary(df)");
    let mut all = vec![("python", "Python", python), ("r", "R", r)];
    if has_places(views) {
        all.push(("qgis", "QGIS", t.snippet_qgis(file_url(ask, dataset, "daten.geojson"))));
    }
    let sheet = if Form::Xlsx.is_offered(statistics.rows(), false) { "daten.xlsx" } else { "daten.csv?form=excel" };
    all.push(("excel", "Excel", t.snippet_excel(file_url(ask, dataset, sheet))));
    all.push(("curl", "curl", format!("curl --fail --compressed --output {}.csv \"{csv}\"", dataset.slug)));
    all.into_iter().map(|(id, tool, code)| Snippet { texts: t, id: format!("code-{id}"), tool: tool.to_owned(), code }).collect()
}

fn has_places(views: &[View]) -> bool {
    views.iter().any(|view| reading::shape(view.entity()).is_some())
}
