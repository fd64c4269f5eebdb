//! What is kept beside a refused record, and its bytes read again with it.

use model::{Crs, Json, Number, Text};

use crate::definition::{Definition, Encoding, Kind};
use crate::fields::Header;
use crate::message::Code;
use crate::read::{self, Body, Fatal, Shape, unusable};

/// What must be known beside the raw bytes of a record to read it again.
pub(super) struct Context {
    pub(super) file: String,
    pub(super) repeated: bool,
    pub(super) key: Option<Text>,
    pub(super) shape: Shape,
}

impl Context {
    pub(super) fn to_json(&self) -> Json {
        let mut members: Vec<(Text, Json)> = vec![("file".into(), Json::from(self.file.as_str()))];
        let mut add = |name: &str, value: Json| members.push((name.into(), value));
        if self.repeated {
            add("repeated", Json::from(true));
        }
        if let Some(key) = &self.key {
            add("key", Json::String(key.clone()));
        }
        if let Some(header) = &self.shape.header {
            add("header", Json::Array(header.names.iter().cloned().map(Json::String).collect()));
            if !header.second.is_empty() {
                add("second", Json::Array(header.second.iter().map(|cell| cell.clone().map_or(Json::Null, Json::String)).collect()));
            }
        }
        if let Some(encoding) = self.shape.encoding {
            add("encoding", Json::from(encoding.word()));
        }
        if let Some(delimiter) = self.shape.delimiter {
            add("delimiter", Json::Number(Number::from(i64::from(delimiter))));
        }
        if let Some(crs) = self.shape.crs {
            add("crs", Json::from(crs.code()));
        }
        Json::Object(members)
    }

    pub(super) fn parse(text: &str) -> Result<Self, Fatal> {
        let json = model::json::parse(text.as_bytes()).map_err(|error| unusable(Code::ContextDamaged.with("detail", error.to_string())))?;
        let word = |name: &str| json.get(name).and_then(Json::as_str);
        let texts = |name: &str| {
            json.get(name).and_then(Json::as_array).map(|cells| cells.iter().map(|cell| cell.as_str().map(Text::from)).collect::<Vec<_>>())
        };
        let header = texts("header").map(|names| {
            let mut header = Header::new(names.into_iter().map(Option::unwrap_or_default));
            header.second = texts("second").unwrap_or_default();
            header
        });
        let encoding =
            word("encoding").and_then(|word| Encoding::WORDS.iter().find(|(known, _)| *known == word)).map(|(_, encoding)| *encoding);
        let delimiter = json.get("delimiter").and_then(Json::as_f64).filter(|code| (0.0..128.0).contains(code)).map(|code| code as u8);
        let crs = word("crs").and_then(|code| Crs::find(code).ok());
        Ok(Self {
            file: word("file").unwrap_or_default().to_owned(),
            repeated: json.get("repeated") == Some(&Json::Bool(true)),
            key: word("key").map(Text::from),
            shape: Shape { header, encoding, delimiter, sheet: None, crs },
        })
    }
}

/// Reads a refused record's bytes again, by the definition as it is now.
pub(super) fn body_again(definition: &Definition, raw: &[u8], context: &Context) -> Body {
    let empty = Header::default();
    let header = context.shape.header.as_ref().unwrap_or(&empty);
    match &definition.format.kind {
        Kind::Csv { encoding, delimiter, quote, table, .. } => {
            let declared = Some(*encoding).filter(|encoding| *encoding != Encoding::Auto);
            let encoding = declared.or(context.shape.encoding).unwrap_or(Encoding::Auto);
            let delimiter = delimiter.or(context.shape.delimiter).unwrap_or(b';');
            read::csv::again(raw, encoding, delimiter, *quote, header, table)
        }
        Kind::Xlsx { table, .. } => read::xlsx::again(raw, header, table),
        Kind::Json { .. } => read::json::tree(raw, context.key.clone()),
    }
}
