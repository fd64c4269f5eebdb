use std::io::Read;

use flate2::read::GzDecoder;

use super::*;

fn answer(kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(ETAG, HeaderValue::from_static("\"e\""));
    response
}

/// Rows that pack badly, so that there are pieces before the end.
fn rows(chunk: u64) -> Bytes {
    let mut number = chunk;
    let mut row = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{number}\n")
    };
    (0..10_000).map(|_| row()).collect::<String>().into()
}

#[test]
fn text_of_unknown_and_of_great_length_is_worth_it() {
    let endless = || Body::from_stream(stream::iter([Ok::<_, axum::Error>(Bytes::from_static(b"a"))]));
    let great = || Body::from(vec![b'a'; 4 << 20]);
    for (kind, body, expected) in [
        ("text/csv; charset=utf-8; header=present", endless(), true),
        ("application/geo+json", endless(), true),
        ("application/rdf+xml", great(), true),
        ("application/json", Body::from("{}"), false),
        ("text/event-stream", endless(), false),
        // A ZIP inside, for all that its name holds "xml".
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", endless(), false),
        ("application/vnd.apache.parquet", endless(), false),
    ] {
        assert_eq!(is_worth_it(&answer(kind, body)), expected, "{kind}");
    }
}

#[tokio::test]
async fn a_stream_is_packed_as_it_comes() {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<Bytes>();
    let body =
        Body::from_stream(stream::unfold(receiver, async |mut receiver| Some((Ok::<_, axum::Error>(receiver.recv().await?), receiver))));
    let packed = gzip(answer("text/csv", body)).await;
    assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
    assert_eq!(packed.headers()[ETAG], "W/\"e\"");
    let mut pieces = packed.into_body().into_data_stream();
    let mut all = Vec::new();
    // Each chunk gives something before the next one is there.
    for chunk in 0..3 {
        sender.send(rows(chunk)).expect("somebody listens");
        all.extend(pieces.next().await.expect("a piece").expect("packed"));
    }
    drop(sender);
    while let Some(piece) = pieces.next().await {
        all.extend(piece.expect("packed"));
    }
    let mut text = Vec::new();
    GzDecoder::new(all.as_slice()).read_to_end(&mut text).expect("gzip");
    assert!(text == [rows(0), rows(1), rows(2)].concat());
}

#[tokio::test]
async fn what_breaks_off_has_no_end() {
    let chunks = [Ok(rows(0)), Err(axum::Error::new(io::Error::other("the disk is gone")))];
    let mut pieces = gzip(answer("text/csv", Body::from_stream(stream::iter(chunks)))).await.into_body().into_data_stream();
    let (mut all, mut failures) = (Vec::new(), 0);
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => all.extend(piece),
            Err(_) => failures += 1,
        }
    }
    assert_eq!(failures, 1);
    assert!(GzDecoder::new(all.as_slice()).read_to_end(&mut Vec::new()).is_err());
}
