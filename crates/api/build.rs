//! Generates the gRPC services, the REST routes and the calls of commands: each method of the contract calls
//! the handler of its name.
//!
//! `handlers::plans::create_plan` answers `Plans.CreatePlan`. A method without a handler or without an entry
//! in `src/operations.rs` does not compile.

use std::{collections::BTreeMap, env, error::Error, fmt::Write, fs, path::PathBuf};

use heck::ToSnakeCase;
use protox::prost_reflect::{FileDescriptor, Kind, MessageDescriptor};

const PACKAGE: &str = "praho.provisioning.v1";
/// The answers of operations that a command may call: each has the job that was filed.
const COMMANDED: [&str; 2] = ["Job", "ServiceOperation"];

fn main() -> Result<(), Box<dyn Error>> {
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    println!("cargo::rerun-if-changed={proto}/praho/provisioning");
    let folder = "praho/provisioning/v1";
    let mut compiler = protox::Compiler::new([proto])?;
    for file in fs::read_dir(format!("{proto}/{folder}"))? {
        compiler.open_file(format!("{folder}/{}", file?.file_name().to_string_lossy()))?;
    }
    let pool = compiler.descriptor_pool();
    let files: Vec<_> = pool.files().filter(|file| file.package_name() == PACKAGE).collect();
    #[expect(
        clippy::disallowed_methods,
        reason = "Cargo speaks to build scripts by the environment"
    )]
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("grpc.rs"), grpc(&files)?)?;
    fs::write(out.join("rest.rs"), rest(&files)?)?;
    fs::write(out.join("commands.rs"), commands(&files)?)?;
    Ok(())
}

/// The gRPC services, implemented for `Face`.
fn grpc(files: &[FileDescriptor]) -> Result<String, Box<dyn Error>> {
    let (mut services, mut code) = (String::new(), String::new());
    for service in files.iter().flat_map(FileDescriptor::services) {
        let (name, noun) = (service.name(), service.name().to_snake_case());
        writeln!(
            services,
            "    .add_service(v1::{noun}_server::{name}Server::new(face.clone()).max_decoding_message_size(MAX_BODY))"
        )?;
        writeln!(code, "#[tonic::async_trait]\nimpl v1::{noun}_server::{name} for Face {{")?;
        for method in service.methods() {
            let (rpc, handler) = (method.name(), method.name().to_snake_case());
            let (input, output) = (method.input(), method.output());
            let (input, output) = (input.name(), output.name());
            let (answer, call) = if method.is_server_streaming() {
                writeln!(code, "    type {rpc}Stream = Stream<v1::{output}>;")?;
                (format!("Self::{rpc}Stream"), "stream")
            } else {
                (format!("v1::{output}"), "call")
            };
            writeln!(
                code,
                "    async fn {handler}(&self, request: Request<v1::{input}>) -> Answer<{answer}> {{\n        \
                 self.{call}(request, handlers::{noun}::{handler}).await\n    }}"
            )?;
        }
        writeln!(code, "}}")?;
    }
    Ok(format!(
        "fn services(face: &Face) -> Routes {{\n    Routes::default()\n{services}}}\n{code}"
    ))
}

/// The REST routes, and an `Answer` implementation for each message that a method returns.
fn rest(files: &[FileDescriptor]) -> Result<String, Box<dyn Error>> {
    let (mut routes, mut answers) = (String::new(), BTreeMap::new());
    for service in files.iter().flat_map(FileDescriptor::services) {
        let (name, noun) = (service.name(), service.name().to_snake_case());
        for method in service.methods() {
            let (rpc, handler) = (method.name(), method.name().to_snake_case());
            let call = if method.is_server_streaming() { "stream" } else { "answer" };
            writeln!(
                routes,
                "    .{call}(const {{ of(\"{name}/{rpc}\") }}, handlers::{noun}::{handler})"
            )?;
            answers.insert(method.output().name().to_owned(), method.output());
        }
    }
    let mut code =
        format!("fn operations(routes: Routes<'_>) -> Routes<'_> {{\n    routes\n{routes}}}\n");
    for (name, message) in answers {
        let (id, job) = (id(&message), job(&message));
        let is_there = |name| message.get_field_by_name(name).is_some();
        let secret = is_there("secret") || is_there("password");
        writeln!(
            code,
            "impl Answer for v1::{name} {{\n    const NAME: &'static str = \"{}\";\n    \
             const SECRET: bool = {secret};\n    \
             fn id(&self) -> Option<&str> {{ {id} }}\n    \
             fn job(&self) -> Option<&v1::Job> {{ {job} }}\n}}",
            name.to_snake_case()
        )?;
    }
    Ok(code)
}

/// The handlers that a command may call: those that answer a message of [`COMMANDED`].
fn commands(files: &[FileDescriptor]) -> Result<String, Box<dyn Error>> {
    let mut code = "fn handler(rpc: &str) -> Option<Handler> {\n    Some(match rpc {\n".to_owned();
    for service in files.iter().flat_map(FileDescriptor::services) {
        let (name, noun) = (service.name(), service.name().to_snake_case());
        for method in service
            .methods()
            .filter(|it| !it.is_server_streaming() && COMMANDED.contains(&it.output().name()))
        {
            let (rpc, handler) = (method.name(), method.name().to_snake_case());
            writeln!(
                code,
                "        \"{name}/{rpc}\" => |api, caller, request| \
                 Box::pin(call(api, caller, request, handlers::{noun}::{handler})),"
            )?;
        }
    }
    Ok(code + "        _ => return None,\n    })\n}\n")
}

/// The expression for an answer's id: its own, or that of its one inner message with an id.
fn id(message: &MessageDescriptor) -> String {
    if message.get_field_by_name("id").is_some() {
        return "Some(&self.id)".to_owned();
    }
    let inner = message.fields().find(|field| {
        matches!(field.kind(), Kind::Message(inner) if inner.get_field_by_name("id").is_some())
            && !field.is_list()
    });
    match inner {
        Some(field) => format!("self.{}.as_ref().map(|inner| inner.id.as_str())", field.name()),
        None => "None".to_owned(),
    }
}

/// The expression for the job that an answer is or holds.
fn job(message: &MessageDescriptor) -> &'static str {
    if message.name() == "Job" {
        return "Some(self)";
    }
    match message.get_field_by_name("job") {
        Some(_) => "self.job.as_ref()",
        None => "None",
    }
}
