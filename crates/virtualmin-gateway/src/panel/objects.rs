//! The objects of a listing: a name, and keys whose values are lists of strings.
//!
//! What is read of an object is a struct with the keys that we need. All others are passed over, passwords and hashes with
//! them.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

/// One object of `data`, with the values `V`.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>, 'de: 'a"))]
pub(crate) struct Object<'a, V> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    pub(crate) values: V,
}

/// What is read of each object of a listing.
pub(crate) trait Record: Sized {
    /// The object as JSON has it.
    type Object<'a>: Deserialize<'a>;

    /// Reads one object.
    ///
    /// # Errors
    /// [`Unrecognised`], and then no other object of the listing counts.
    fn read(object: Self::Object<'_>) -> Result<Self, Unrecognised>;
}

/// Why a listing cannot be trusted. The message names an object and a key, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unrecognised {
    /// An object whose name is none, such as a row of the table printed for people.
    #[error("an object of the listing has no name")]
    Name,
    /// A key that every such object has is missing.
    #[error("{name} has no `{key}`")]
    Missing {
        /// The name of the object.
        name: String,
        key: &'static str,
    },
    /// A value does not have its form.
    #[error("`{key}` of {name} cannot be read")]
    Value {
        /// The name of the object.
        name: String,
        key: &'static str,
    },
    /// Two objects have the same name.
    #[error("{name} is listed twice")]
    Twice {
        /// The name of both.
        name: String,
    },
}

/// Reads the values of the object with this name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a str);

impl Reader<'_> {
    /// The fault of a key that is not there.
    pub(crate) fn missing(self, key: &'static str) -> Unrecognised {
        Unrecognised::Missing { name: self.0.to_owned(), key }
    }

    /// The fault of a value that has not its form.
    pub(crate) fn wrong(self, key: &'static str) -> Unrecognised {
        Unrecognised::Value { name: self.0.to_owned(), key }
    }

    /// The only value, if the key is there.
    pub(crate) fn one(
        self,
        list: Option<List<'_>>,
        key: &'static str,
    ) -> Result<Option<String>, Unrecognised> {
        list.map(|list| list.single().ok_or_else(|| self.wrong(key))).transpose()
    }

    /// The only value of a key that must be there.
    pub(crate) fn some(
        self,
        list: Option<List<'_>>,
        key: &'static str,
    ) -> Result<String, Unrecognised> {
        self.one(list, key)?.ok_or_else(|| self.missing(key))
    }

    /// Whether the only value, of a key that must be there, is `Yes`, and not `No`.
    pub(crate) fn yes(
        self,
        list: Option<List<'_>>,
        key: &'static str,
    ) -> Result<bool, Unrecognised> {
        match self.some(list, key)?.as_str() {
            "Yes" => Ok(true),
            "No" => Ok(false),
            _ => Err(self.wrong(key)),
        }
    }

    /// The only value as a number or the like, if the key is there.
    pub(crate) fn parsed<T: FromStr>(
        self,
        list: Option<List<'_>>,
        key: &'static str,
    ) -> Result<Option<T>, Unrecognised> {
        let parse = |text: String| text.parse().map_err(|_| self.wrong(key));
        self.one(list, key)?.map(parse).transpose()
    }
}

/// Checks the name of an object, which is one word.
pub(crate) fn check_name(name: &str) -> Result<(), Unrecognised> {
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Unrecognised::Name);
    }
    Ok(())
}

/// The name of an object, of a listing of names only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) String);

impl Record for Name {
    type Object<'a> = Object<'a, serde::de::IgnoredAny>;

    fn read(Object { name, .. }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        check_name(&name)?;
        Ok(Self(name.into_owned()))
    }
}

/// A list of strings that borrows from the body if it can.
#[derive(Debug)]
pub(crate) struct List<'a>(Vec<Cow<'a, str>>);

impl<'a> List<'a> {
    /// The only value; `None` if there are none or several.
    pub(crate) fn single(mut self) -> Option<String> {
        let last = self.0.pop()?;
        self.0.is_empty().then(|| last.into_owned())
    }

    /// The first value.
    pub(crate) fn first(self) -> Option<Cow<'a, str>> {
        self.0.into_iter().next()
    }

    /// All values.
    pub(crate) fn all(self) -> Vec<String> {
        self.0.into_iter().map(Cow::into_owned).collect()
    }

    /// The words of all values.
    pub(crate) fn words(&self) -> Vec<String> {
        self.0.iter().flat_map(|it| it.split_whitespace()).map(str::to_owned).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor).map(Self)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Vec<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
        let mut list = Vec::with_capacity(1);
        while let Some(Text(text)) = seq.next_element()? {
            list.push(text);
        }
        Ok(list)
    }
}
