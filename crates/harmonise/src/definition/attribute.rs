//! `[[attribute]]`: where a value comes from, what it means, who may read it.

use model::dataset::{Aggregate, Column, ColumnKind, Texts};
use model::{Class, Crs, Json, Name, UnitCode};

use super::codes::{self, CodeList};
use super::section::Section;
use super::source;
use crate::local::Interval;
use crate::message::{Code, Message};
use crate::number::Style;
use crate::template::Template;

/// How one attribute is made.
#[derive(Debug, Clone)]
pub(crate) struct AttributeRule {
    /// The expanded name.
    pub(crate) name: Name,
    /// What it is called in messages: the term as written.
    pub(crate) term: String,
    pub(crate) from: From,
    pub(crate) shape: Shape,
    /// How its numbers are written, when other than the format says.
    pub(crate) numbers: Option<Style>,
    pub(crate) unit: Option<UnitCode>,
    pub(crate) target_unit: Option<UnitCode>,
    pub(crate) crs: Option<Crs>,
    pub(crate) codes: CodeList,
    /// What parts the items of a text, where the value is several.
    pub(crate) separator: Option<String>,
    /// The definition's own terms, for values that are terms.
    pub(crate) vocabulary: Vec<(String, String)>,
    pub(crate) missing: Vec<String>,
    /// Whether it carries the record's time.
    pub(crate) observed: bool,
    pub(crate) dataset: Option<Template>,
    /// Only for records whose fields have these values.
    pub(crate) when: Vec<(String, String)>,
    /// Whether its columns may be missing from a file.
    pub(crate) optional: bool,
    pub(crate) quality: QualityRule,
    pub(crate) column: Option<Column>,
}

/// Where the value comes from.
#[derive(Debug, Clone)]
pub(crate) enum From {
    Field(String),
    Constant(Json),
    Template(Template),
    /// Language tag and field.
    Languages(Vec<(String, String)>),
    /// Fields of the first (east, longitude) and second (north, latitude) coordinate.
    Point {
        x: String,
        y: String,
    },
}

/// What the value becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Property(Scalar),
    List(Scalar),
    JsonProperty,
    Geometry,
    Relationship,
    ListRelationship,
    Language,
    Vocab,
}

/// What a value of a Property, or an item of a ListProperty, becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Number,
    Text,
    Bool,
    Instant,
    Json,
}

impl Shape {
    /// Whether the value may be several, parted by the separator.
    pub(crate) fn is_several(self) -> bool {
        matches!(self, Self::List(_) | Self::Relationship | Self::ListRelationship | Self::Vocab)
    }
}

/// What makes a value deserve a second look.
#[derive(Debug, Clone, Default)]
pub(crate) struct QualityRule {
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    /// A missing value is noted.
    pub(crate) required: bool,
    /// A second, different value for the same time is flagged.
    pub(crate) duplicate: bool,
    /// Values that arrive later than this are noted.
    pub(crate) late_after_micros: Option<i64>,
    /// A field whose codes are flags of their own.
    pub(crate) field: Option<String>,
    pub(crate) codes: Vec<(String, String)>,
}

impl AttributeRule {
    /// The fields it reads.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let mut fields: Vec<&str> = match &self.from {
            From::Field(field) => vec![field],
            From::Constant(_) => Vec::new(),
            From::Template(template) => template.fields().collect(),
            From::Languages(languages) => languages.iter().map(|(_, field)| field.as_str()).collect(),
            From::Point { x, y } => vec![x, y],
        };
        fields.extend(self.dataset.iter().flat_map(Template::fields));
        fields.extend(self.when.iter().map(|(field, _)| field.as_str()));
        fields.extend(self.quality.field.as_deref());
        fields
    }
}

/// What the rest of the definition says that an attribute needs.
pub(super) struct Surroundings<'a> {
    pub(super) name: &'a dyn Fn(&str) -> Result<Name, Message>,
    pub(super) terms: &'a [(String, String)],
    pub(super) codes: &'a [codes::Shared],
    pub(super) timed: bool,
    pub(super) geojson: bool,
}

/// Reads one `[[attribute]]`.
pub(super) fn attribute(section: &mut Section<'_>, around: &Surroundings<'_>) -> Option<AttributeRule> {
    let term = section.need("name", Code::NameAttributeTerm);
    let name = term.as_deref().and_then(|term| match (around.name)(term) {
        Ok(name) => Some(name),
        Err(reason) => {
            section.fault("name", Some(term), reason, Code::UseAttributeTerm);
            None
        }
    });
    let kind = section.word(
        "kind",
        &[
            ("Property", Kind::Property),
            ("GeoProperty", Kind::Geo),
            ("Relationship", Kind::Relationship),
            ("LanguageProperty", Kind::Language),
            ("VocabProperty", Kind::Vocab),
            ("ListProperty", Kind::List),
            ("ListRelationship", Kind::ListRelationship),
            ("JsonProperty", Kind::Json),
        ],
    );
    let kind = kind.unwrap_or(Kind::Property);
    let from = from(section, kind, around);
    let shape = shape(section, kind, from.as_ref());
    let has_style = section.has("decimal") || section.has("thousands");
    let style = source::style(section);
    let unit = section.read("unit", Code::WriteUnit, unit_of);
    let target_unit = section.read("target_unit", Code::WriteTargetUnit, unit_of);
    convertible(section, unit.as_ref(), target_unit.as_ref());
    let crs = section.read("crs", Code::WriteCrs, |text| Crs::find(text).map_err(|_| Code::CrsUnknown.with("value", text)));
    let codes = codes::codes(section, around.codes);
    let separator = section.raw_text("separator").filter(|separator| !separator.is_empty());
    if separator.is_some() && !shape.is_several() {
        section.fault("separator", None, Code::SeparatorKind, Code::DropSeparator);
    }
    let missing = section.texts("missing");
    let observed = section.flag("observed").unwrap_or(around.timed);
    if observed && !around.timed {
        section.fault("observed", Some("true"), Code::ObservedUntimed, Code::DeclareTime);
    }
    let dataset = section.read("dataset_id", Code::WriteDatasetId, Template::parse);
    let when = section.pairs("when");
    let optional = section.flag("optional").unwrap_or(false);
    let quality = section.child("quality").map(quality).unwrap_or_default();
    let described = Described { name, shape, unit: target_unit.clone().or_else(|| unit.clone()), observed };
    let column = section.child("column").and_then(|column| self::column(column, &described));
    Some(AttributeRule {
        name: name?,
        term: term?,
        from: from?,
        shape,
        numbers: has_style.then_some(style),
        unit,
        target_unit,
        crs,
        codes,
        separator,
        vocabulary: if shape == Shape::Vocab { around.terms.to_vec() } else { Vec::new() },
        missing,
        observed,
        dataset,
        when,
        optional,
        quality,
        column,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Property,
    Geo,
    Relationship,
    Language,
    Vocab,
    List,
    ListRelationship,
    Json,
}

fn from(section: &mut Section<'_>, kind: Kind, around: &Surroundings<'_>) -> Option<From> {
    const WAYS: [&str; 5] = ["field", "value", "template", "languages", "x"];
    let given: Vec<&str> = WAYS.into_iter().filter(|key| section.has(key)).collect();
    let field = section.text("field");
    let constant = section.any("value");
    let template = section.read("template", Code::WriteTemplate, Template::parse);
    let languages = section.pairs("languages");
    let (x, y) = (section.text("x"), section.text("y"));
    match given.as_slice() {
        [] if kind == Kind::Geo && around.geojson => Some(From::Field("/geometry".to_owned())),
        ["field"] => field.map(From::Field),
        ["value"] => constant.map(From::Constant),
        ["template"] => template.map(From::Template),
        ["languages"] if kind == Kind::Language => Some(From::Languages(languages)),
        ["languages"] => {
            section.fault("languages", None, Code::LanguagesKind, Code::SetLanguageKind);
            None
        }
        ["x"] if kind == Kind::Geo => match (x, y) {
            (Some(x), Some(y)) => Some(From::Point { x, y }),
            _ => {
                section.fault("y", None, Code::PointHalf, Code::NameSecond);
                None
            }
        },
        [] => {
            section.fault("field", None, Code::ValueOrigin, Code::GiveOrigin);
            None
        }
        several => {
            section.fault(several[0], None, Code::KeysContradict.with("keys", several.to_vec()), Code::KeepOne);
            None
        }
    }
}

fn shape(section: &mut Section<'_>, kind: Kind, from: Option<&From>) -> Shape {
    let words =
        [("number", Scalar::Number), ("text", Scalar::Text), ("bool", Scalar::Bool), ("instant", Scalar::Instant), ("json", Scalar::Json)];
    let given = section.word("as", &words);
    if given.is_some() && !matches!(kind, Kind::Property | Kind::List) {
        section.fault("as", None, Code::ShapeKind, Code::DropAs);
    }
    let usual = if matches!(from, Some(From::Constant(_))) { Scalar::Json } else { Scalar::Text };
    match kind {
        Kind::Property => Shape::Property(given.unwrap_or(usual)),
        Kind::List => Shape::List(given.unwrap_or(usual)),
        Kind::Json => Shape::JsonProperty,
        Kind::Geo => Shape::Geometry,
        Kind::Relationship => Shape::Relationship,
        Kind::ListRelationship => Shape::ListRelationship,
        Kind::Language => Shape::Language,
        Kind::Vocab => Shape::Vocab,
    }
}

fn unit_of(text: &str) -> Result<UnitCode, Message> {
    UnitCode::read(text).ok_or_else(|| Code::UnitUnknown.into())
}

fn convertible(section: &Section<'_>, from: Option<&UnitCode>, to: Option<&UnitCode>) {
    match (from, to) {
        (Some(from), Some(to)) if from.convert(1.0, to).is_err() => {
            section.fault("target_unit", Some(to.code()), crate::number::units_differ(from, to), Code::SameKindUnit);
        }
        (None, Some(to)) => section.fault("target_unit", Some(to.code()), Code::UnitLacking, Code::GiveUnit),
        _ => {}
    }
}

fn quality(mut section: Section<'_>) -> QualityRule {
    let rule = QualityRule {
        min: section.number("min"),
        max: section.number("max"),
        required: section.flag("required").unwrap_or(false),
        duplicate: section.flag("duplicate").unwrap_or(false),
        late_after_micros: section.read("late_after", Code::WriteLate, Interval::parse).map(|interval| interval.micros()),
        field: section.text("field"),
        codes: section.pairs("codes"),
    };
    if let (Some(min), Some(max)) = (rule.min, rule.max)
        && min > max
    {
        section.fault("min", Some(&min.to_string()), Code::RangeReversed.with("max", max.to_string()), Code::SwapRange);
    }
    if rule.field.is_some() == rule.codes.is_empty() {
        section.fault("codes", None, Code::QualityHalf, Code::GiveBoth);
    }
    section.finish();
    rule
}

/// What a column inherits from its attribute.
pub(super) struct Described {
    pub(super) name: Option<Name>,
    pub(super) shape: Shape,
    pub(super) unit: Option<UnitCode>,
    pub(super) observed: bool,
}

/// Reads `[attribute.column]` or `[[dataset.column]]`.
pub(super) fn column(mut section: Section<'_>, of: &Described) -> Option<Column> {
    let label: Texts = section.need_languages("label");
    let description = section.languages("description");
    let kinds = [
        ("measure", ColumnKind::Measure),
        ("number", ColumnKind::Number),
        ("text", ColumnKind::Text),
        ("place", ColumnKind::Place),
        ("other", ColumnKind::Other),
    ];
    let kind = section.word("kind", &kinds).unwrap_or(match of.shape {
        Shape::Property(Scalar::Number) if of.observed => ColumnKind::Measure,
        Shape::Property(Scalar::Number) => ColumnKind::Number,
        Shape::Property(Scalar::Text) | Shape::Language | Shape::Vocab => ColumnKind::Text,
        Shape::Geometry => ColumnKind::Place,
        _ => ColumnKind::Other,
    });
    let aggregates = [("mean", Aggregate::Mean), ("sum", Aggregate::Sum), ("max", Aggregate::Max), ("min", Aggregate::Min)];
    let aggregate = section.word("aggregate", &aggregates).unwrap_or_default();
    let classes = Class::ALL.map(|class| (class.word(), class));
    let class = section.word("class", &classes).unwrap_or_default();
    section.finish();
    Some(Column { attribute: of.name?, label, description, kind, unit: of.unit.clone(), aggregate, class })
}
