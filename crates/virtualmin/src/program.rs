//! What is known of one remote program: how it is called, how it answers, and what proves that it did its work.

use super::{parameter::Parameter, reason::Reason};

/// A remote program of Virtualmin. All of them stand in [`programs`](crate::programs).
#[derive(Debug)]
pub struct Program {
    /// The value of the `program` parameter.
    pub name: &'static str,
    /// Whether every host must have the program. A host without an optional one stays in service, without
    /// that capability.
    pub required: bool,
    /// Each program has its own entry: a name like `list-` proves nothing.
    pub class: Class,
    /// The form of its answer.
    pub answer: Answer,
    /// The allowed parameters.
    pub parameters: &'static [Parameter],
    /// What proves that it did its work.
    pub read_back: ReadBack,
    /// What its first lines mean when it fails, beside those that every program has. A star stands for some text.
    pub failures: &'static [(&'static str, Reason)],
    /// Where these facts come from: recordings by their numbers, or the panel's own source.
    pub source: &'static str,
}

/// How a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Changes nothing. Goes out at the pace of the server's reads.
    Read,
    /// May change something, within a minute or two. Goes out in the server's turn.
    Change,
    /// Changes something, or copies much, for as long as it takes. Goes out in the server's turn.
    Long,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Lines for people.
    Text,
    /// Lines that nobody but the caller may see.
    Secret,
    /// `data`, in a form of its own.
    Data,
    /// `data` of objects with lists of values, which Virtualmin only builds well if `multiline` is requested.
    Objects,
}

/// What proves that a change took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// The program changes nothing.
    Nothing,
    /// The answer itself: there is nothing to read afterwards.
    Answer,
    /// A look with the program of this name.
    With(&'static str),
}

impl Program {
    /// Whether the program may change anything.
    pub fn mutates(&self) -> bool {
        self.class != Class::Read
    }

    /// Whether the answer is `data`.
    pub fn lists(&self) -> bool {
        matches!(self.answer, Answer::Data | Answer::Objects)
    }

    /// The parameter of this name; `None` if the program does not allow it.
    pub fn parameter(&self, flag: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|it| it.flag == flag)
    }
}

impl Class {
    /// The word for it in our contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Long => "long",
        }
    }
}

/// Two entries of the table are one program if they have one name.
impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
