//! An authorised question is not made by hand, and the key has no literal.

fn forge(question: model::SeriesQuery) -> model::Authorized<model::SeriesQuery> {
    let _ = model::DoorKey(());
    model::Authorized(question)
}

fn main() {}
