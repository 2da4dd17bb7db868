//! Compiles `/proto` to Rust without `protoc`.

use std::{env, error::Error, fs, io, path::PathBuf};

use protox::prost_reflect::Kind;

/// The protobuf type of moments.
const TIMESTAMP: &str = "google.protobuf.Timestamp";
/// The packages whose messages are also written as JSON.
const JSON_PACKAGES: [&str; 2] = ["praho.messages.v1", "praho.provisioning.v1"];
/// The names of fields that hold a secret.
const SECRETS: [&str; 6] =
    ["password", "api_key", "secret", "login_url", "private_key", "destination"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    println!("cargo::rerun-if-changed={root}/praho");
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).include_source_info(true);
    for package in ["gateway", "messages", "provisioning"] {
        let folder = fs::read_dir(format!("{root}/praho/{package}/v1"))?;
        let mut files = folder.map(|file| Ok(file?.file_name())).collect::<io::Result<Vec<_>>>()?;
        // Documents generated from the contract list services in this order.
        files.sort();
        for file in files {
            compiler.open_file(format!("praho/{package}/v1/{}", file.to_string_lossy()))?;
        }
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "Cargo speaks to build scripts by the environment"
    )]
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(descriptors, compiler.encode_file_descriptor_set())?;

    // REST and RabbitMQ use the same messages as JSON: snake_case, defaults for absent fields, and an error
    // for unknown fields, so that a misspelling is noticed.
    let mut builder = tonic_prost_build::configure();
    for package in JSON_PACKAGES {
        builder = builder.type_attribute(
            format!(".{package}"),
            "#[derive(serde::Serialize, serde::Deserialize)] #[serde(default, deny_unknown_fields)]",
        );
    }
    // Moments are RFC 3339 text in JSON.
    let pool = compiler.descriptor_pool();
    let messages = pool.all_messages();
    let messages = messages.filter(|message| JSON_PACKAGES.contains(&message.package_name()));
    for field in messages.flat_map(|message| message.fields().collect::<Vec<_>>()) {
        if matches!(field.kind(), Kind::Message(kind) if kind.full_name() == TIMESTAMP) {
            builder = builder.field_attribute(
                format!(".{}", field.full_name()),
                "#[serde(with = \"crate::moment\", skip_serializing_if = \"Option::is_none\")]",
            );
        }
    }
    // Messages that are often absent are left out rather than null.
    for field in ["Job.fault", "Account.site"] {
        builder = builder.field_attribute(
            format!(".praho.provisioning.v1.{field}"),
            "#[serde(skip_serializing_if = \"Option::is_none\")]",
        );
    }
    let secretive: Vec<_> = pool
        .all_messages()
        .filter(|message| SECRETS.iter().any(|name| message.get_field_by_name(name).is_some()))
        .map(|message| format!(".{}", message.full_name()))
        .collect();
    builder
        // Neither a request nor an answer prints a secret.
        .skip_debug(secretive)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
