//! Reads a whole configuration from its source.

use super::{Faults, Keys, Section, Source};

impl Source {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Every fault of the configuration.
    pub fn load<C: Section>(&self) -> Result<C, Faults> {
        let mut faults = Faults::default();
        match self.layers() {
            Ok(table) => {
                let config = Keys::read_whole(self, table, &mut faults);
                if faults.is_empty() { Ok(config) } else { Err(faults.sorted()) }
            }
            Err(fault) => {
                faults.push(fault);
                Err(faults)
            }
        }
    }
}
