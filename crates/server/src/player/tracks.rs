//! What is played: which recordings, to which sources, which way.

use anyhow::Context;
use jiff::civil::date;

use super::tape::{Form, Tape};

/// Gives the recordings whose names begin so, in order.
pub(crate) type Recordings = fn(&str) -> Vec<String>;

/// How values get to their source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Sent to the platform.
    Push,
    /// Served as a file of this name.
    File(&'static str),
}

/// A source of demonstration data.
pub(super) struct Track {
    pub(super) source: &'static str,
    pub(super) way: Way,
    pub(super) form: Form,
    /// How the names of the files of each of its tapes begin.
    pub(super) tapes: &'static [&'static str],
}

/// Everything that is played.
pub(super) static TRACKS: [Track; 4] = [
    Track {
        source: "vorfuehrung-luft",
        way: Way::Push,
        form: Form { delimiter: ';', time: "Date", keeps: |name| !name.is_empty(), monday: date(2023, 2, 6), weeks: 4 },
        tapes: &[
            "daten/luftqualitaet/luftqualitaet_muenster_2022-01-01_2024-01-01_station1140",
            "daten/luftqualitaet/luftqualitaet_muenster_2022-01-01_2024-01-01_station1303",
        ],
    },
    Track {
        source: "vorfuehrung-rad",
        way: Way::Push,
        form: Form {
            delimiter: ',',
            time: "Datetime",
            // The whole counter; lanes and states are not played.
            keeps: |name| name.starts_with("10003") && !name.ends_with("-status"),
            monday: date(2023, 5, 1),
            weeks: 4,
        },
        tapes: &["daten/rad/100031297/2023-05", "daten/rad/100034981/2023-05"],
    },
    Track {
        source: "vorfuehrung-parken",
        way: Way::File("parken.csv"),
        form: Form { delimiter: ',', time: "Datum und Uhrzeit", keeps: |name| !name.is_empty(), monday: date(2024, 3, 4), weeks: 3 },
        tapes: &["daten/parken/2024-03-"],
    },
    Track {
        source: "vorfuehrung-wetter",
        way: Way::File("wetter.csv"),
        form: Form { delimiter: ';', time: "datum", keeps: |name| !name.is_empty(), monday: date(2026, 6, 1), weeks: 4 },
        tapes: &["daten/wetter/dwd_frankfurt"],
    },
];

impl Track {
    /// Its recordings.
    ///
    /// # Errors
    /// When one is missing or has another form.
    pub(super) fn tapes(&self, recordings: Recordings) -> anyhow::Result<Vec<Tape>> {
        let read = |start: &&str| Tape::read(&self.form, &recordings(start)).with_context(|| format!("{}: {start}", self.source));
        self.tapes.iter().map(read).collect()
    }
}
