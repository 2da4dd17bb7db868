//! The ways to the shells of hosts.

use std::time::Duration;

use model::{
    ids::ServerId,
    shell::{BreakGlass, Shell},
};

use crate::world::World;

const HOUR: Duration = Duration::from_secs(3600);

fn shell(port: u16) -> Shell {
    Shell {
        host: "vm1.example.net".to_owned(),
        port,
        user: "root".to_owned(),
        keys: vec![[7; 32].into(), [8; 32].into()],
        break_glass: None,
    }
}

async fn set(world: &World, server: ServerId, shell: &Shell, key: Option<&[u8]>) {
    let tx = world.store.begin().await.unwrap();
    tx.set_server_shell(server, shell, key).await.unwrap();
    tx.commit().await.unwrap();
}

/// Allows break-glass; returns whether there is a way.
async fn allow(world: &World, server: ServerId, duration: Duration) -> bool {
    let tx = world.store.begin().await.unwrap();
    let until = tx.allow_break_glass(server, duration, "why", "token:1").await.unwrap();
    tx.commit().await.unwrap();
    until.is_some()
}

#[tokio::test]
async fn the_key_is_handed_out_only_while_break_glass_is_allowed() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let access = async || world.store.server_access(server).await.unwrap().unwrap();
    assert!(!allow(&world, server, HOUR).await, "there is no way yet");
    set(&world, server, &shell(22), Some(b"sealed")).await;
    assert_eq!(access().await.server.shell, Some(shell(22)));
    assert_eq!(access().await.break_glass, None);

    assert!(allow(&world, server, HOUR).await);
    let way = access().await;
    let key = way.break_glass.unwrap();
    assert_eq!(key.private_key, b"sealed");
    assert!(key.left <= HOUR && key.left > HOUR / 2, "{:?}", key.left);
    let leave = way.server.shell.unwrap().break_glass.unwrap();
    let BreakGlass { reason, by, .. } = &leave;
    assert_eq!((reason.as_str(), by.as_str()), ("why", "token:1"));

    // A change of the way keeps the key and the leave.
    set(&world, server, &shell(2222), None).await;
    let way = access().await;
    assert_eq!(way.break_glass.unwrap().private_key, b"sealed");
    assert_eq!(way.server.shell, Some(Shell { break_glass: Some(leave), ..shell(2222) }));

    assert!(allow(&world, server, Duration::ZERO).await);
    assert_eq!(access().await.break_glass, None, "its time is over");
    let tx = world.store.begin().await.unwrap();
    assert!(tx.end_break_glass(server).await.unwrap());
    assert!(!tx.end_break_glass(server).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(access().await.server.shell, Some(shell(2222)));
}

#[tokio::test]
async fn a_deleted_server_has_no_key_and_no_leave_any_more() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    set(&world, server, &shell(22), Some(b"sealed")).await;
    assert!(allow(&world, server, HOUR).await);
    let tx = world.store.begin().await.unwrap();
    tx.delete_server(server).await.unwrap();
    tx.commit().await.unwrap();
    let left: (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM server_shell_keys), (SELECT count(break_glass_until) FROM servers)",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert_eq!(left, (0, 0));
}

#[tokio::test]
async fn half_a_way_and_a_leave_without_a_way_are_refused() {
    let world = World::new().await;
    world.server("vm1", 10).await;
    for (statement, constraint) in [
        ("UPDATE servers SET ssh_host = 'h'", "servers_shell"),
        (
            "UPDATE servers SET break_glass_until = now(), break_glass_reason = 'r', break_glass_by = 'b'",
            "servers_break_glass",
        ),
    ] {
        let error = world.meddle(statement).await.unwrap_err().to_string();
        assert!(error.contains(constraint), "{error}");
    }
}
