//! Hands a configuration tree to serde, and brings back which key was wrong, and how.

use std::fmt;

use config::{Value, ValueKind};
use serde::{
    Deserializer,
    de::{
        Error, Expected, IntoDeserializer, Unexpected, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

/// Where a value is: keys, and numbers for places in a list.
pub(super) type Path = Vec<String>;

/// How a value is wrong. Never holds the value.
#[derive(Debug)]
pub(super) enum Kind {
    /// A key of this name is not known there; these are.
    Unknown(String, &'static [&'static str]),
    /// A key of this name is required there.
    Missing(&'static str),
    /// It must be one of these words.
    Word(&'static [&'static str]),
    /// Anything else.
    Value(String),
}

/// Why a tree is not a configuration.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The value, or the table that holds the key; known once the error has left the innermost
    /// value.
    pub(super) path: Option<Path>,
    pub(super) kind: Kind,
}

impl From<Kind> for Wrong {
    fn from(kind: Kind) -> Self {
        Self { path: None, kind }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Kind::Value(message.to_string()).into()
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Kind::Value(format!("is {}, not {expected}", noun(&found))).into()
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Kind::Value(format!("is not {expected}")).into()
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Kind::Word(known).into()
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Kind::Unknown(name.to_owned(), known).into()
    }

    fn missing_field(name: &'static str) -> Self {
        Kind::Missing(name).into()
    }
}

/// What was found, without what it said.
fn noun(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) => "text",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a section",
        _ => "something else",
    }
}

/// One value of the tree, and where it is.
pub(super) struct Node {
    path: Path,
    value: Value,
}

impl Node {
    pub(super) fn root(value: Value) -> Self {
        Self { path: Vec::new(), value }
    }

    fn child(&self, key: String, value: Value) -> Self {
        let path = self.path.iter().cloned().chain([key]).collect();
        Self { path, value }
    }

    /// Whether it came from a variable, where everything is text.
    fn is_variable(&self) -> bool {
        self.value.origin() == Some("the environment")
    }

    /// Visits the value as it is, and marks an error with the place.
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let path = self.path.clone();
        let text = match &self.value.kind {
            ValueKind::String(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        self.visit_kind(visitor).map_err(|mut wrong| {
            wrong.path.get_or_insert(path);
            // The messages of foreign types may quote what they were given.
            if let (Kind::Value(message), Some(text)) = (&wrong.kind, text)
                && message.contains(&text)
            {
                wrong.kind = Kind::Value("is not valid".to_owned());
            }
            wrong
        })
    }

    fn visit_kind<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Wrong> {
        match std::mem::take(&mut self.value.kind) {
            ValueKind::Nil => visitor.visit_unit(),
            ValueKind::Boolean(value) => visitor.visit_bool(value),
            ValueKind::I64(value) => visitor.visit_i64(value),
            ValueKind::I128(value) => visitor.visit_i128(value),
            ValueKind::U64(value) => visitor.visit_u64(value),
            ValueKind::U128(value) => visitor.visit_u128(value),
            ValueKind::Float(value) => visitor.visit_f64(value),
            ValueKind::String(value) => visitor.visit_string(value),
            ValueKind::Table(table) => {
                let children = table.into_iter().map(|(key, value)| {
                    let child = self.child(key.clone(), value);
                    (key, child)
                });
                visitor.visit_map(MapDeserializer::new(children))
            }
            ValueKind::Array(list) => {
                let children = list.into_iter().enumerate();
                let children = children.map(|(at, value)| self.child(at.to_string(), value));
                visitor.visit_seq(SeqDeserializer::new(children))
            }
        }
    }

    /// Visits the text of a variable as the number or boolean that it must be.
    fn visit_parsed<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Wrong> {
        if self.is_variable()
            && let ValueKind::String(text) = &self.value.kind
        {
            let text = text.trim();
            let kind = text.parse().map(ValueKind::Boolean).ok();
            let kind = kind.or_else(|| text.parse().map(ValueKind::I64).ok());
            let kind = kind.or_else(|| text.parse().map(ValueKind::U64).ok());
            let kind = kind.or_else(|| text.parse().map(ValueKind::Float).ok());
            if let Some(kind) = kind {
                self.value.kind = kind;
            }
        }
        self.visit(visitor)
    }
}

impl<'de> IntoDeserializer<'de, Wrong> for Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Node {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value.kind {
            ValueKind::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let at = |kind| Wrong { path: Some(self.path.clone()), kind };
        let ValueKind::String(word) = &self.value.kind else {
            return Err(at(Kind::Word(variants)));
        };
        visitor
            .visit_enum(IntoDeserializer::<Wrong>::into_deserializer(word.as_str()))
            .map_err(|wrong| at(wrong.kind))
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Wrong> {
        if self.is_variable()
            && let ValueKind::String(text) = &self.value.kind
        {
            let origin = self.value.origin().map(str::to_owned);
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            let items = items.map(|item| Value::new(origin.as_ref(), item)).collect();
            self.value.kind = ValueKind::Array(items);
        }
        self.visit(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visit_parsed(visitor)
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
        ignored_any
    }
}
