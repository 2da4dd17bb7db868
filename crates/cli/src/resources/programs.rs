//! The fields shown of programs of panels and of their answers.

use contracts::provisioning::v1::{Parameter, Program, ProgramAnswer};

use crate::field::{
    Field,
    Place::{Status, Text, Whole, Words},
    Resource,
};

impl Resource for Program {
    const PLURAL: &'static str = "programs";

    fn fields(&self) -> Vec<Field> {
        let parameters: Vec<_> = self.parameters.iter().map(parameter).collect();
        vec![
            Field::new(Text, "program", &self.name),
            Field::new(Whole, "class", &self.class),
            Field::new(Whole, "required", if self.required { "yes" } else { "no" }),
            Field::new(Words, "parameters", parameters.join(" ")),
        ]
    }
}

/// As it is given to `--set`: with a `=` if it takes a value, and with dots if it may be repeated.
fn parameter(Parameter { flag, has_value, repeats }: &Parameter) -> String {
    format!("{flag}{}{}", if *has_value { "=" } else { "" }, if *repeats { ".." } else { "" })
}

impl Resource for ProgramAnswer {
    const PLURAL: &'static str = "answers";

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new(Status, "effect", &self.effect),
            Field::new(Text, "failed step", self.failed_step.clone().unwrap_or_default()),
            Field::new(Text, "output", &self.output),
            Field::new(Text, "data", &self.data),
        ]
    }
}
