//! What people are shown of a thing: named values, and how dear each is in a narrow table.

use serde::Serialize;
use time::{OffsetDateTime, macros::format_description};

use contracts::provisioning::v1::JobStep;

/// Something of the API that can be shown.
pub(crate) trait Resource: Serialize {
    /// Of several, such as `plans`.
    const PLURAL: &'static str;

    /// Its values, in the order they are shown; the same names for each of its kind.
    fn fields(&self) -> Vec<Field>;

    /// Shown below the fields of a single one.
    fn steps(&self) -> &[JobStep] {
        &[]
    }
}

/// A value with its name.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) place: Place,
}

/// What becomes of a value in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A whole column: an id, so that it can be copied, or something short.
    Whole,
    /// The same, coloured.
    Status,
    /// A column that may be shortened.
    Text,
    /// A column that is left out where there is no room, the last one first.
    Extra,
    /// The same, but it may be shortened first.
    Words,
    /// No column; shown of a single thing only.
    Detail,
}

impl Field {
    pub(crate) fn new(place: Place, name: &'static str, value: impl ToString) -> Self {
        Self { name, value: value.to_string(), place }
    }
}

/// A moment to the second, in UTC; nothing for none.
pub(crate) fn moment(moment: Option<OffsetDateTime>) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    moment.and_then(|it| it.format(format).ok()).unwrap_or_default()
}

/// A limit of a plan; an absent one means unlimited.
pub(crate) fn limit(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |it| it.to_string())
}
