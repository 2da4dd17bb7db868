//! Backups of virtual servers.

use serde_json::json;
use simulators::virtualmin::EffectKind;

use super::client::Panel;

const BACK_UP: &str = "program=backup-domain&domain=alpha.test&all-features=";

#[tokio::test]
async fn a_backup_is_logged_and_can_be_restored() {
    let panel = Panel::with_alpha().await;
    let text = panel.succeed(&format!("{BACK_UP}&dest=%2Fbackup%2Falpha.tar.gz")).await;
    assert!(text.starts_with("Starting backup..\nTesting backup destination local file /backup/"));
    assert!(
        text.ends_with("Backup completed successfully. Final size was 59.16 KiB\n\n"),
        "{text}"
    );
    let run = panel.first("program=list-backup-logs&domain=alpha.test").await;
    assert_eq!(run["domains"], json!(["alpha.test"]));
    assert_eq!(run["destination"], json!(["/backup/alpha.tar.gz"]));
    assert_eq!(run["final_status"], json!(["OK"]));
    let other = panel.json("program=list-backup-logs&domain=no.test&multiline=").await;
    assert_eq!(other["data"], json!([]));

    panel.succeed("program=modify-domain&domain=alpha.test&desc=changed").await;
    let restore = "program=restore-domain&all-features=&source=%2Fbackup%2Falpha.tar.gz";
    let text = panel.succeed(&format!("{restore}&domain=alpha.test")).await;
    assert!(text.contains("Restoring backup for virtual server alpha.test ..\n"), "{text}");
    assert_eq!(panel.simulator.domain("alpha.test").unwrap().description, "alpha.test");
    let text = panel.succeed(&format!("{restore}&domain=other.test")).await;
    assert!(text.ends_with("Restore completed successfully.\n\n"), "{text}");
    let kinds: Vec<_> = panel.simulator.effects().iter().map(|it| it.kind).collect();
    let (made, backed) = (EffectKind::Created, EffectKind::BackedUp);
    assert_eq!(kinds, [made, backed, EffectKind::Modified, EffectKind::Restored]);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_to_fails_at_the_end_and_is_logged() {
    let panel = Panel::with_alpha().await;
    let answer = panel.json(&format!("{BACK_UP}&dest=%2Fnowhere%2Falpha.tar.gz")).await;
    assert_eq!(
        (&answer["status"], &answer["error"]),
        (&json!("failure"), &json!("Starting backup.."))
    );
    let run = panel.first("program=list-backup-logs&failed=").await;
    assert_eq!(run["final_status"], json!(["Failed"]));
}

#[tokio::test]
async fn a_schedule_is_made_switched_and_deleted() {
    let panel = Panel::with_alpha().await;
    let form = "program=create-scheduled-backup&domain=alpha.test&all-features=&dest=%2Fbackup%2Fa";
    let text = panel.succeed(&format!("{form}&schedule=0+3+*+*+1")).await;
    let id = panel.simulator.backup_schedules()[0].id.clone();
    assert_eq!(text, format!("Scheduled backup created with ID {id}\n"));
    let listed = panel.first("program=list-scheduled-backups").await;
    assert_eq!(listed["cron_schedule"], json!(["0 3 * * 1"]));
    assert_eq!((&listed["enabled"], &listed["features"]), (&json!(["Yes"]), &json!(["All"])));
    panel.succeed(&format!("program=modify-scheduled-backup&id={id}&disable=")).await;
    let listed = panel.first("program=list-scheduled-backups").await;
    assert_eq!(listed["enabled"], json!(["No"]));
    let wrong = panel.fail(&format!("program=modify-scheduled-backup&id={id}&multiline=")).await;
    assert_eq!(wrong, "Unknown parameter --multiline");
    panel.succeed(&format!("program=delete-scheduled-backup&id={id}")).await;
    assert!(panel.simulator.backup_schedules().is_empty());
}

#[tokio::test]
async fn refusals_are_in_the_recorded_words() {
    let panel = Panel::with_alpha().await;
    for (form, error) in [
        ("backup-domain&domain=alpha.test&all-features=", "No destinations specified"),
        ("backup-domain&domain=alpha.test&dest=%2Fbackup%2Fa", "No features specified"),
        (
            "backup-domain&domain=nosuch.test&dest=%2Fbackup%2Fa&all-features=",
            "Virtual server nosuch.test does not exist",
        ),
        (
            "restore-domain&domain=alpha.test&source=%2Fbackup%2Fnone.tar.gz&all-features=",
            "Restore file /backup/none.tar.gz does not exist",
        ),
        ("modify-scheduled-backup&id=7&enable=", "No scheduled backup with ID 7 found"),
        ("delete-scheduled-backup&id=7", "No backup with ID 7 exists"),
        (
            "create-scheduled-backup&domain=alpha.test&all-features=&dest=%2Fa&schedule=soon",
            "--schedule must be followed by a valid cron spec",
        ),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error);
    }
}
