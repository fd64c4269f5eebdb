//! History takes authorised questions only.

fn ask(history: &history::History, question: &model::SeriesQuery) {
    let _ = history.read(question, &[], &model::Removals::default());
}

fn main() {}
