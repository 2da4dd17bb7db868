//! Turns programs of panels and their answers into messages.

use contracts::provisioning::v1;
use model::server::ProgramAnswer;
use virtualmin::{
    parameter::{Kind, Parameter},
    program::Program,
};

/// A program with the parameters that a caller may give.
pub(crate) fn program(program: &Program) -> v1::Program {
    let parameter = |it: &Parameter| v1::Parameter {
        flag: it.flag.to_owned(),
        has_value: it.kind != Kind::Switch,
        repeats: it.repeats,
    };
    let open = program.parameters.iter().filter(|it| !it.kind.is_secret());
    v1::Program {
        name: program.name.to_owned(),
        required: program.required,
        class: program.class.as_str().to_owned(),
        parameters: open.map(parameter).collect(),
    }
}

/// What came of a call.
pub(crate) fn program_answer(answer: ProgramAnswer) -> v1::ProgramAnswer {
    let ProgramAnswer { effect, data, output, failed_step } = answer;
    v1::ProgramAnswer { effect: effect.as_str().to_owned(), data, output, failed_step }
}
