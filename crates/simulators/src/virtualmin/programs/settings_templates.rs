//! The programs for the panel's templates (recordings 205 to 209; the rest as their source in 8.1.0).

use super::checks::require;
use super::list_flags::ListFlags;
use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::settings_template::Template;
use crate::virtualmin::state::{Change, State};
use crate::virtualmin::world::{Origin, World};

/// The template that a call names.
#[derive(Default)]
struct Wanted {
    id: Option<String>,
    name: Option<String>,
}

impl Wanted {
    /// Takes `--id` or `--name`; `false` for another flag.
    fn take(&mut self, flag: &str, arguments: &mut Arguments) -> bool {
        match flag {
            "--id" => self.id = Some(arguments.value()),
            "--name" => self.name = Some(arguments.value()),
            "--multiline" => {}
            _ => return false,
        }
        true
    }

    /// By its name, if it is given.
    fn find(&self, state: &State) -> Result<Template, Failure> {
        let (what, wanted) = match (&self.name, &self.id) {
            (Some(name), _) => ("name", name),
            (None, Some(id)) => ("ID", id),
            (None, None) => {
                return Err(Failure::Usage("Missing --name or --id parameter".into()));
            }
        };
        let is = |it: &&Template| if what == "ID" { it.id == *wanted } else { it.name == *wanted };
        let missing = || Failure::Usage(format!("No template with {what} {wanted} found"));
        state.templates.iter().find(is).cloned().ok_or_else(missing)
    }
}

/// `list-templates`.
pub(super) fn list(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--deleted" => {}
            other => return Arguments::refuse(other),
        }
    }
    let template = if flags.names {
        include_str!("templates/list-templates.names.txt")
    } else if flags.multiline {
        include_str!("templates/list-templates.multiline.txt")
    } else {
        include_str!("templates/list-templates.table.txt")
    };
    text::render(template, &View::of(world))
}

/// `get-template`.
pub(super) fn get(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut wanted, mut setting) = (Wanted::default(), None);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--setting" => setting = Some(arguments.value()),
            "--inherited" => {}
            other if wanted.take(other, &mut arguments) => {}
            other => return Arguments::refuse(other),
        }
    }
    let Template { id, name, mut settings, .. } = wanted.find(&world.state)?;
    settings.extend([("id".to_owned(), id), ("name".to_owned(), name)]);
    match setting {
        Some(key) => Ok(settings.remove(&key).unwrap_or_default() + "\n"),
        None => Ok(settings.iter().map(|(key, value)| format!("{key}: {value}\n")).collect()),
    }
}

/// `create-template`.
pub(super) fn create(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut name, mut empty, mut cloned) = (String::new(), false, None);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--name" => name = arguments.value(),
            "--empty" => empty = true,
            "--clone" => cloned = Some(arguments.value()),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!name.is_empty(), "Missing --name parameter")?;
    require(empty || cloned.is_some(), "Missing either --empty or --clone parameter")?;
    let clash = world.state.templates.iter().any(|it| it.name == name);
    require(!clash, "A template with the same name already exists")?;
    let settings = match &cloned {
        Some(wanted) => {
            let missing = || Failure::Usage("The template to clone does not exist".into());
            world.state.template(wanted).ok_or_else(missing)?.settings.clone()
        }
        None => std::collections::BTreeMap::new(),
    };
    let (_, id) = world.new_id(origin.now);
    let text = format!("Created template {name} with ID {id}\n");
    world.effect(origin, EffectKind::Created, &name);
    world.change(Change::PutTemplate(Template { id, name, standard: false, settings }));
    Ok(text)
}

/// `modify-template`.
pub(super) fn modify(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut wanted, mut names, mut values) = (Wanted::default(), Vec::new(), Vec::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--setting" => names.push(arguments.value()),
            "--value" => values.push(arguments.value()),
            other if wanted.take(other, &mut arguments) => {}
            other => return Arguments::refuse(other),
        }
    }
    let none = "At least one --name and --value parameter must be given";
    require(!names.is_empty() && !values.is_empty(), none)?;
    let uneven = "The number of --name and --value parameters must be the same";
    require(names.len() == values.len(), uneven)?;
    let mut template = wanted.find(&world.state)?;
    let text = format!("Modified {} settings in template {}\n", names.len(), template.name);
    template.settings.extend(names.into_iter().zip(values));
    world.effect(origin, EffectKind::Modified, &template.name);
    world.change(Change::PutTemplate(template));
    Ok(text)
}

/// `delete-template`.
pub(super) fn delete(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut wanted = Wanted::default();
    while let Some(flag) = arguments.next() {
        if !wanted.take(&flag, &mut arguments) {
            return Arguments::refuse(&flag);
        }
    }
    let Template { id, name, standard, .. } = wanted.find(&world.state)?;
    require(!standard, "Default settings templates cannot be deleted")?;
    let text = format!("Deleted template {name} with ID {id}\n");
    world.effect(origin, EffectKind::Deleted, &name);
    world.change(Change::RemoveTemplate(id));
    Ok(text)
}
