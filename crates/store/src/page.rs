//! Pages of a list, newest first, by id, so that added rows do not shift a page.

use uuid::Uuid;

/// Selects a part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The largest number of items.
    pub size: u32,
    /// The last id of the page before, if this is not the first.
    pub after: Option<Uuid>,
}
