//! Colours for output to a terminal.

/// A colour or style of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

/// Whether colours are shown on a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    on: bool,
}

impl Palette {
    /// With colours if the stream is a `terminal` and colours are `wanted`.
    pub(crate) fn new(terminal: bool, wanted: bool) -> Self {
        Self { on: terminal && wanted }
    }

    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { on: false }
    }

    /// The text in a colour, with the SGR codes of ECMA-48.
    pub(crate) fn paint(self, colour: Colour, text: &str) -> String {
        if !self.on {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Bold => 1,
            Colour::Dim => 2,
            Colour::Red => 31,
            Colour::Green => 32,
            Colour::Yellow => 33,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A text in the colour of a status word: green is good, red bad, dim ended.
    pub(crate) fn status(self, word: &str, text: &str) -> String {
        let colour = match word {
            "active" | "completed" | "done" => Colour::Green,
            "failed" | "stuck" | "unavailable" | "degraded" => Colour::Red,
            "terminated" | "cancelled" | "created" | "undone" | "redriven" | "discarded"
            | "accepted" | "closed" => Colour::Dim,
            "" => return text.to_owned(),
            _ => Colour::Yellow,
        };
        self.paint(colour, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_need_a_terminal_and_must_be_wanted() {
        for (terminal, wanted) in [(false, true), (true, false), (false, false)] {
            assert_eq!(Palette::new(terminal, wanted).status("failed", "failed"), "failed");
        }
    }

    #[test]
    fn a_failure_is_red_on_a_terminal() {
        let text = Palette::new(true, true).status("failed", "failed ");
        assert_eq!(text, "\u{1b}[31mfailed \u{1b}[0m");
    }
}
