//! Commands.

use std::time::Duration;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use ssh::{Command, Connection, Ended, NotRun, Output, Why};
use testkit::{
    eventually,
    proxy::{Line, Proxy},
};
use tokio::time::Instant;

use crate::{World, within};

const BOUND: usize = 64 << 10;

fn command<'a>(arguments: &'a [&'a str]) -> Command<'a> {
    Command { arguments, stdin: b"", stdout_at_most: BOUND, stderr_at_most: BOUND }
}

async fn run(connection: &Connection, arguments: &[&str]) -> Result<Output, NotRun> {
    connection.run(command(arguments), within(30)).await
}

#[tokio::test]
async fn a_command_gets_its_arguments_and_its_input_and_tells_its_end() {
    let world = World::new().await;
    let connection = world.connection().await;
    let tells = "printf '%s|' \"$@\"; cat; echo oh >&2; exit 7";
    let arguments = ["sh", "-c", tells, "sh", "a b", "$(id)", "", "it's"];
    let given = Command { stdin: b"in\n", ..command(&arguments) };
    let output = connection.run(given, within(30)).await.unwrap();
    assert_eq!(output.ended, Ended::Status(7));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "a b|$(id)||it's|in\n");
    assert_eq!(output.stderr, b"oh\n");

    let killed = run(&connection, &["sh", "-c", "kill -KILL $$"]).await.unwrap();
    assert_eq!(killed.ended, Ended::Signal("KILL".to_owned()));
    let missing = run(&connection, &["no-such-program"]).await.unwrap();
    assert_eq!(missing.ended, Ended::Status(127));
    let without_input = run(&connection, &["cat"]).await.unwrap();
    assert_eq!(without_input.stdout, b"", "its input ends at once");
}

#[tokio::test]
async fn no_login_shell_interprets_an_argument() {
    let world = World::new().await;
    let connection = world.connection().await;
    let mut runner = TestRunner::deterministic();
    let any = prop::collection::vec(r#"([\n\t\r'"\\$`!*?~#;&|<>(){}\[\]]|[^\x00]){0,24}"#, 1..6);
    for _ in 0..40 {
        let arguments = any.new_tree(&mut runner).unwrap().current();
        let mut printed = vec!["printf", r"%s\0"];
        printed.extend(arguments.iter().map(String::as_str));
        let expected: Vec<u8> = arguments.iter().flat_map(|it| it.bytes().chain([0])).collect();
        assert_eq!(run(&connection, &printed).await.unwrap().stdout, expected, "{arguments:?}");
    }
}

#[tokio::test]
async fn what_a_command_writes_beyond_the_bound_ends_the_call() {
    let world = World::new().await;
    let connection = world.connection().await;
    let fits = format!("head -c {BOUND} /dev/zero");
    assert_eq!(run(&connection, &["sh", "-c", &fits]).await.unwrap().stdout.len(), BOUND);
    for (endless, stream) in [("yes", "stdout"), ("yes >&2", "stderr")] {
        let ended = run(&connection, &["sh", "-c", endless]).await.unwrap_err();
        assert_eq!(ended, NotRun::MayHaveBegun(Why::TooLong { stream, bound: BOUND }));
    }
    assert_eq!(run(&connection, &["echo", "on"]).await.unwrap().stdout, b"on\n", "it goes on");
}

#[tokio::test]
async fn a_command_that_takes_too_long_has_no_known_outcome() {
    let world = World::new().await;
    let connection = world.connection().await;
    let began = world.path("began");
    let slow = format!("touch {began}; exec sleep 60");
    let deadline = Instant::now() + Duration::from_secs(2);
    let late = connection.run(command(&["sh", "-c", &slow]), deadline).await.unwrap_err();
    assert_eq!(late, NotRun::MayHaveBegun(Why::TimedOut));
    assert!(std::fs::exists(began).unwrap());

    let never = connection.run(command(&["touch", &world.path("never")]), Instant::now()).await;
    assert!(!never.unwrap_err().may_have_begun(), "no time was left");
}

#[tokio::test]
async fn a_command_that_leaves_something_running_has_ended() {
    let world = World::new().await;
    let connection = world.connection().await;
    let began = Instant::now();
    let output = run(&connection, &["sh", "-c", "sleep 60 & echo done"]).await.unwrap();
    assert_eq!((output.ended, output.stdout), (Ended::Status(0), b"done\n".to_vec()));
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_a_begun_command_unknown_and_begins_no_other() {
    let world = World::new().await;
    let proxy = Proxy::start(world.server.address()).await.unwrap();
    let connection = world.open(&world.host(proxy.address())).await.unwrap();
    let began = world.path("began");
    let slow = format!("touch {began}; exec sleep 60");
    let arguments = ["sh", "-c", &slow];
    let cut = async {
        eventually("the command begins", async || std::fs::exists(&began).unwrap().then_some(()))
            .await;
        proxy.set(Line::Cut);
    };
    let (lost, ()) = tokio::join!(run(&connection, &arguments), cut);
    let lost = lost.unwrap_err();
    assert!(lost.may_have_begun() && matches!(lost.why(), Why::Lost(_)), "{lost}");

    let after = run(&connection, &["true"]).await.unwrap_err();
    assert!(!after.may_have_begun() && matches!(after.why(), Why::Lost(_)), "{after}");
}

#[tokio::test]
async fn what_no_command_can_be_is_refused_here() {
    let world = World::new().await;
    let connection = world.connection().await;
    for arguments in [&[][..], &["echo", "a\0b"]] {
        assert_eq!(run(&connection, arguments).await, Err(NotRun::NotBegun(Why::Argument)));
    }
}
