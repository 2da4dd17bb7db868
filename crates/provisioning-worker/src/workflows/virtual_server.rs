//! Code that the workflows of virtual servers share.

use model::fault::{Fault, FaultKind};

/// The result of an undo. A missing or foreign virtual server is a success: nothing of ours is left to undo.
pub(super) fn of_ours(undone: Result<(), Fault>) -> Result<(), Fault> {
    match undone {
        Err(fault) if matches!(fault.kind, FaultKind::NotFound | FaultKind::Conflict) => Ok(()),
        undone => undone,
    }
}
