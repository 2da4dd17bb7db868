//! Pages of a list, newest first, by id: a page does not shift when rows are added.

use uuid::Uuid;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many at most.
    pub size: u32,
    /// The last id of the page before, if this is not the first.
    pub after: Option<Uuid>,
}
