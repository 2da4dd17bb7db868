//! What the workflows that change a virtual server share.

use model::fault::{Fault, FaultKind};

/// The result of an undo, where a virtual server that is missing or foreign is success: nothing of ours is left
/// to take back.
pub(super) fn of_ours(undone: Result<(), Fault>) -> Result<(), Fault> {
    match undone {
        Err(fault) if matches!(fault.kind, FaultKind::NotFound | FaultKind::Conflict) => Ok(()),
        undone => undone,
    }
}
