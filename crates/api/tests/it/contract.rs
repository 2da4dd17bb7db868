//! The contract in `/proto` as data, and its messages as JSON Schema.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
    field_descriptor_proto::{Label, Type},
};
use serde_json::{Map, Value, json};

/// Fields that are omitted when empty; other empty fields are null.
pub(crate) const LEFT_OUT: [(&str, &str); 2] = [("Job", "fault"), ("Account", "site")];

/// The contract, indexed for look-ups.
pub(crate) struct Contract {
    pub(crate) messages: BTreeMap<String, DescriptorProto>,
    pub(crate) methods: BTreeMap<String, MethodDescriptorProto>,
    /// Comments by the name of the commented element, such as `Plan.id` or `Plans/GetPlan`.
    comments: BTreeMap<String, String>,
    pub(crate) services: Vec<String>,
}

impl Contract {
    /// Reads the files of a package.
    pub(crate) fn read(package: &str) -> Self {
        let set = FileDescriptorSet::decode(contracts::DESCRIPTORS).unwrap();
        let mut contract = Self {
            messages: BTreeMap::new(),
            methods: BTreeMap::new(),
            comments: BTreeMap::new(),
            services: Vec::new(),
        };
        for file in set.file.iter().filter(|it| it.package() == package) {
            let mut names = BTreeMap::new();
            for (index, message) in file.message_type.iter().enumerate() {
                names.insert(vec![4, index], message.name().to_owned());
                for (number, field) in message.field.iter().enumerate() {
                    let name = format!("{}.{}", message.name(), field.name());
                    names.insert(vec![4, index, 2, number], name);
                }
                contract.messages.insert(message.name().to_owned(), message.clone());
            }
            for (index, service) in file.service.iter().enumerate() {
                names.insert(vec![6, index], service.name().to_owned());
                contract.services.push(service.name().to_owned());
                for (number, method) in service.method.iter().enumerate() {
                    let name = format!("{}/{}", service.name(), method.name());
                    names.insert(vec![6, index, 2, number], name.clone());
                    contract.methods.insert(name, method.clone());
                }
            }
            for location in file.source_code_info.iter().flat_map(|it| &it.location) {
                let path: Vec<_> =
                    location.path.iter().map(|it| usize::try_from(*it).unwrap()).collect();
                if let (Some(name), Some(words)) = (names.get(&path), &location.leading_comments) {
                    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
                    contract.comments.insert(name.clone(), words);
                }
            }
        }
        contract
    }

    pub(crate) fn comment(&self, name: &str) -> Option<&str> {
        self.comments.get(name).map(String::as_str)
    }
}

pub(crate) fn object(contract: &Contract, name: &str, fields: &[FieldDescriptorProto]) -> Value {
    let properties: Map<_, _> = fields
        .iter()
        .map(|field| {
            let schema = property(name, field);
            let comment = format!("{name}.{}", field.name());
            (field.name().to_owned(), with_comment(contract, &comment, schema))
        })
        .collect();
    with_comment(contract, name, json!({ "type": "object", "properties": properties }))
}

fn property(message: &str, field: &FieldDescriptorProto) -> Value {
    let one = scalar(field);
    if field.label() == Label::Repeated {
        return json!({ "type": "array", "items": one });
    }
    let left_out = is_moment(field) || LEFT_OUT.contains(&(message, field.name()));
    match field.r#type() {
        Type::Message if !left_out => json!({ "anyOf": [one, { "type": "null" }] }),
        _ if field.proto3_optional() && !left_out => {
            let mut one = one;
            one["type"] = json!([one["type"], "null"]);
            one
        }
        _ => one,
    }
}

pub(crate) fn scalar(field: &FieldDescriptorProto) -> Value {
    match field.r#type() {
        Type::String => json!({ "type": "string" }),
        Type::Bool => json!({ "type": "boolean" }),
        Type::Uint32 if field.name() == "page_size" => {
            json!({ "type": "integer", "minimum": 0, "maximum": 1000 })
        }
        Type::Uint32 => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        Type::Uint64 => json!({ "type": "integer", "minimum": 0 }),
        Type::Message if is_moment(field) => json!({ "type": "string", "format": "date-time" }),
        Type::Message => reference(short(field.type_name())),
        other => panic!("{}: say how {other:?} looks in JSON", field.name()),
    }
}

pub(crate) fn is_moment(field: &FieldDescriptorProto) -> bool {
    field.type_name() == ".google.protobuf.Timestamp"
}

pub(crate) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

pub(crate) fn with_comment(contract: &Contract, name: &str, mut value: Value) -> Value {
    if let Some(words) = contract.comment(name) {
        value["description"] = json!(words);
    }
    value
}

pub(crate) fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap()
}
