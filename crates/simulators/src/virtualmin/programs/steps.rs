//! The step blocks of a program's output: `Doing something ..`, `.. done`, a blank line.

/// A text of step blocks.
#[derive(Debug, Default)]
pub(super) struct Steps {
    text: String,
    indent: usize,
}

impl Steps {
    /// Begins with a line and a blank line, as in `Beginning server creation ..`.
    pub(super) fn begin(line: &str) -> Self {
        Self { text: format!("{line}\n\n"), indent: 0 }
    }

    /// Adds a line, indented.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(&" ".repeat(self.indent));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a blank line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds a step that succeeded.
    pub(super) fn done(&mut self, step: &str) {
        self.line(&format!("{step} .."));
        self.line(".. done");
        self.blank();
    }

    /// Indents the following lines by four more blanks, or with `false` by four fewer.
    pub(super) fn nest(&mut self, deeper: bool) {
        self.indent = if deeper { self.indent + 4 } else { self.indent.saturating_sub(4) };
    }

    /// What was printed so far.
    pub(super) fn so_far(&self) -> &str {
        &self.text
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}
