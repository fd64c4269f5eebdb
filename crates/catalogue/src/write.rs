//! A graph as it is built, and its bytes in each format.

use model::dataset::Texts;
use model::{Instant, Text};
use oxrdf::vocab::{rdf, xsd};
use oxrdf::{Literal, NamedNode, NamedNodeRef, Term, Triple};
use oxrdfio::{JsonLdProfileSet, RdfFormat, RdfSerializer};

use crate::terms::PREFIXES;

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RDF 1.1 Turtle.
    Turtle,
    /// RDF 1.1 XML.
    RdfXml,
    /// JSON-LD 1.1.
    JsonLd,
    /// Notation3, of which Turtle is a part.
    N3,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Turtle, Self::RdfXml, Self::JsonLd, Self::N3];

    /// The ending of addresses, without the dot.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Turtle => "ttl",
            Self::RdfXml => "rdf",
            Self::JsonLd => "jsonld",
            Self::N3 => "n3",
        }
    }

    /// The format of an ending; harvesters ask for `.xml` too.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        if ending == "xml" {
            return Some(Self::RdfXml);
        }
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    /// `Content-Type`. Harvesters choose their parser by it.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Turtle => "text/turtle; charset=utf-8",
            Self::RdfXml => "application/rdf+xml",
            Self::JsonLd => "application/ld+json",
            Self::N3 => "text/n3; charset=utf-8",
        }
    }

    fn rdf(self) -> RdfFormat {
        match self {
            Self::Turtle => RdfFormat::Turtle,
            Self::RdfXml => RdfFormat::RdfXml,
            Self::JsonLd => RdfFormat::JsonLd { profile: JsonLdProfileSet::empty() },
            Self::N3 => RdfFormat::N3,
        }
    }
}

/// A graph that is being written. Statements of one subject stand together.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    triples: Vec<Triple>,
}

impl Graph {
    /// Begins the statements about a subject.
    pub(crate) fn about(&mut self, subject: &NamedNode, class: NamedNodeRef<'_>) -> About<'_> {
        let mut about = About { graph: self, subject: subject.clone() };
        about.iri(rdf::TYPE, class.into_owned());
        about
    }

    /// Whether something was said of a subject.
    pub(crate) fn knows(&self, subject: &NamedNode) -> bool {
        self.triples.iter().any(|triple| triple.subject == subject.as_ref().into())
    }

    /// The statements.
    #[cfg(test)]
    pub(crate) fn triples(&self) -> &[Triple] {
        &self.triples
    }

    /// The document.
    ///
    /// # Errors
    /// When a statement cannot be written in the format (RDF/XML cannot write
    /// every predicate; ours it can).
    pub(crate) fn to_bytes(&self, format: Format) -> std::io::Result<Vec<u8>> {
        let mut serializer = RdfSerializer::from_format(format.rdf());
        for (prefix, namespace) in PREFIXES {
            serializer = serializer.with_prefix(prefix, namespace).map_err(std::io::Error::other)?;
        }
        let mut writer = serializer.for_writer(Vec::new());
        for triple in &self.triples {
            writer.serialize_triple(triple)?;
        }
        let document = writer.finish()?;
        Ok(if matches!(format, Format::Turtle | Format::N3) { with_sorted_prefixes(document) } else { document })
    }
}

/// The serialiser writes prefixes in an order that changes from one start of
/// the program to the next; the same graph shall be the same bytes.
fn with_sorted_prefixes(document: Vec<u8>) -> Vec<u8> {
    let (mut prefixes, rest): (Vec<_>, Vec<_>) = document.split_inclusive(|b| *b == b'\n').partition(|line| line.starts_with(b"@prefix "));
    prefixes.sort_unstable();
    [prefixes.concat(), rest.concat()].concat()
}

/// The statements about one subject.
pub(crate) struct About<'g> {
    graph: &'g mut Graph,
    subject: NamedNode,
}

impl About<'_> {
    fn say(&mut self, predicate: NamedNodeRef<'_>, object: Term) -> &mut Self {
        let triple = Triple::new(self.subject.clone(), predicate.into_owned(), object);
        // Keywords and themes may be declared twice; statements of one subject stand together at the end.
        let mut own = self.graph.triples.iter().rev().take_while(|known| known.subject == triple.subject);
        if !own.any(|known| *known == triple) {
            self.graph.triples.push(triple);
        }
        self
    }

    /// Points to something.
    pub(crate) fn iri(&mut self, predicate: NamedNodeRef<'_>, object: NamedNode) -> &mut Self {
        self.say(predicate, object.into())
    }

    /// Points to something that data name; nothing is said when it is no IRI.
    pub(crate) fn iri_of(&mut self, predicate: NamedNodeRef<'_>, text: Option<&Text>) -> &mut Self {
        match text.and_then(|text| NamedNode::new(text.as_str()).ok()) {
            Some(node) => self.iri(predicate, node),
            None => self,
        }
    }

    /// Says a text in one language; nothing when it is empty.
    pub(crate) fn text(&mut self, predicate: NamedNodeRef<'_>, text: &str, language: &str) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        self.say(predicate, Literal::new_language_tagged_literal_unchecked(text, language).into())
    }

    /// Says a text in the languages it is there.
    pub(crate) fn texts(&mut self, predicate: NamedNodeRef<'_>, texts: &Texts) -> &mut Self {
        self.text(predicate, &texts.de, "de");
        self.text(predicate, texts.en.as_deref().unwrap_or_default(), "en")
    }

    /// Says a text without a language; nothing when it is empty.
    pub(crate) fn plain(&mut self, predicate: NamedNodeRef<'_>, text: &str) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        self.say(predicate, Literal::new_simple_literal(text).into())
    }

    /// Says a typed value.
    pub(crate) fn typed(&mut self, predicate: NamedNodeRef<'_>, text: String, datatype: NamedNodeRef<'_>) -> &mut Self {
        self.say(predicate, Literal::new_typed_literal(text, datatype).into())
    }

    /// Says an instant, if there is one.
    pub(crate) fn instant(&mut self, predicate: NamedNodeRef<'_>, instant: Option<Instant>) -> &mut Self {
        match instant {
            Some(instant) => self.typed(predicate, instant.to_string(), xsd::DATE_TIME),
            None => self,
        }
    }
}
