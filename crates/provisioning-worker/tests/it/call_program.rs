//! A program that an operator asks for runs once at most, whatever happens to the job, and the answer says what is known.

use engine::{
    Injected, Injection, Moment,
    walk::{drive, walk},
};
use model::{
    domain::DomainName,
    fault::{Effect, FaultKind},
    ids::JobId,
    job::{JobKind, JobStatus},
    server::{CallProgram, ProgramAnswer},
};
use simulators::virtualmin::EffectKind;

use crate::world::World;

fn disable(world: &World, domain: &DomainName) -> CallProgram {
    call(world, "disable-domain", &[("domain", domain.as_str()), ("why", "asked")])
}

fn call(world: &World, program: &str, arguments: &[(&str, &str)]) -> CallProgram {
    let argument = |(flag, value): &(&str, &str)| ((*flag).to_owned(), Some((*value).to_owned()));
    CallProgram {
        server_id: world.server,
        program: program.to_owned(),
        arguments: arguments.iter().map(argument).collect(),
    }
}

fn by_hand(world: &World) -> DomainName {
    let domain = format!("{}.test", testkit::unique("called"));
    assert!(world.host.create_by_hand(&domain, "called"));
    domain.parse().unwrap()
}

async fn answer(world: &World, job: JobId) -> ProgramAnswer {
    let steps = world.store.steps(job).await.unwrap();
    serde_json::from_value(steps.last().unwrap().output.clone().unwrap()).unwrap()
}

fn times(world: &World, domain: &DomainName) -> usize {
    let effects = world.host.effects_on(domain.as_str());
    effects.iter().filter(|it| it.kind == EffectKind::Disabled).count()
}

#[tokio::test]
async fn a_change_is_made_once_at_most_and_an_answer_of_success_is_true() {
    let world = World::new().await;
    let file = async || {
        let domain = by_hand(&world);
        let job = world.file(&disable(&world, &domain)).await;
        ((domain, job), job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::ServerCall,
        file,
        async |(domain, job), status, case| {
            assert!(times(&world, domain) <= 1, "{case}");
            if status == JobStatus::Completed
                && answer(&world, *job).await.effect == Effect::Applied
            {
                assert_eq!(times(&world, domain), 1, "{case}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_told_and_the_program_is_not_called_again() {
    let world = World::new().await;
    let domain = by_hand(&world);
    let job = world.file(&disable(&world, &domain)).await;
    let crash =
        Injection { step: "call-program", moment: Moment::AfterEffect, injected: Injected::Crash };
    assert_eq!(drive(&world.engine, job, &[crash]).await, JobStatus::Completed);
    assert_eq!(answer(&world, job).await.effect, Effect::Unknown);
    assert_eq!(times(&world, &domain), 1);
}

#[tokio::test]
async fn a_program_that_reads_needs_no_turn_and_is_asked_again() {
    let world = World::new().await;
    let domain = by_hand(&world);
    let order = call(&world, "list-domains", &[("domain", domain.as_str())]);
    let job = world.file_job(&world.job_of(&order)).await;
    let crash =
        Injection { step: "call-program", moment: Moment::AfterEffect, injected: Injected::Crash };
    assert_eq!(drive(&world.engine, job, &[crash]).await, JobStatus::Completed);
    let answer = answer(&world, job).await;
    assert!(answer.data.contains(domain.as_str()), "{answer:?}");
}

#[tokio::test]
async fn what_the_panel_refuses_fails_the_job_with_its_words() {
    let world = World::new().await;
    let domain = "absent.test".parse().unwrap();
    let fault = world.failed(&disable(&world, &domain)).await;
    assert_eq!(fault.kind, FaultKind::NotFound, "{fault}");
    let fault = world.failed(&call(&world, "install-script", &[])).await;
    assert_eq!(fault.kind, FaultKind::Invalid, "{fault}");
}
