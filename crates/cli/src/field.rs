//! Named values of things, and how a narrow table treats each value.

use serde::Serialize;
use time::{OffsetDateTime, macros::format_description};

use contracts::provisioning::v1::JobStep;

/// A message of the API that can be shown.
pub(crate) trait Resource: Serialize {
    /// The plural name, such as `plans`.
    const PLURAL: &'static str;

    /// Its values, in the order of display; the names are the same for all things of a kind.
    fn fields(&self) -> Vec<Field>;

    /// The steps to show below the fields of a single thing.
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

/// How a table shows a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A column that is never shortened: an id that people copy, or a short value.
    Whole,
    /// As [`Self::Whole`], in the colour of the status.
    Status,
    /// A column that may be shortened.
    Text,
    /// A column that is left out if there is no room; the last one goes first.
    Extra,
    /// As [`Self::Extra`], but shortened before it is left out.
    Words,
    /// A column of wide tables only: an id beside a name.
    Wide,
    /// No column; shown for a single thing only.
    Detail,
}

impl Field {
    pub(crate) fn new(place: Place, name: &'static str, value: impl ToString) -> Self {
        Self { name, value: value.to_string(), place }
    }
}

/// A time to the second, in UTC; empty for `None`.
pub(crate) fn moment(moment: Option<OffsetDateTime>) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    moment.and_then(|it| it.format(format).ok()).unwrap_or_default()
}

/// A limit of a plan; an absent one means unlimited.
pub(crate) fn limit(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |it| it.to_string())
}
