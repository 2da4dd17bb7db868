//! Compiles `/proto` to Rust without `protoc`.

use std::{env, error::Error, fs, path::PathBuf};

/// Fields that are moments: RFC 3339 text in JSON.
const MOMENTS: [&str; 14] = [
    "created_at",
    "updated_at",
    "due_at",
    "started_at",
    "finished_at",
    "estimated_start_at",
    "expires_at",
    "revoked_at",
    "resolved_at",
    "first_seen_at",
    "last_seen_at",
    "accepted_at",
    "closed_at",
    "swept_at",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    println!("cargo::rerun-if-changed={root}/praho");
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).include_source_info(true).open_files([
        "praho/gateway/v1/domains.proto",
        "praho/gateway/v1/hosts.proto",
        "praho/messages/v1/messages.proto",
        "praho/provisioning/v1/provisioning.proto",
    ])?;
    #[expect(
        clippy::disallowed_methods,
        reason = "Cargo speaks to build scripts by the environment"
    )]
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(descriptors, compiler.encode_file_descriptor_set())?;

    // The JSON of REST and RabbitMQ is that of the same messages: snake_case, absent fields default,
    // unknown ones refused so that a misspelling is told.
    let mut builder = tonic_prost_build::configure();
    for package in [".praho.messages.v1", ".praho.provisioning.v1"] {
        builder = builder.type_attribute(
            package,
            "#[derive(serde::Serialize, serde::Deserialize)] #[serde(default, deny_unknown_fields)]",
        );
    }
    for field in MOMENTS {
        builder = builder.field_attribute(
            field,
            "#[serde(with = \"crate::moment\", skip_serializing_if = \"Option::is_none\")]",
        );
    }
    builder
        .field_attribute(
            ".praho.provisioning.v1.Job.fault",
            "#[serde(skip_serializing_if = \"Option::is_none\")]",
        )
        // A password must not be printed with the request that brings it, nor a token's secret.
        .skip_debug([
            ".praho.provisioning.v1.RegisterServerRequest",
            ".praho.provisioning.v1.RegisterDnsServerRequest",
            ".praho.provisioning.v1.CreatedToken",
        ])
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
