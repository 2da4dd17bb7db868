//! Tests of backups of virtual servers.

use contracts::gateway::v1::{self, backups_client::BackupsClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as Wrong, FaultKind as WrongKind};

use crate::setup::{SHOP, World, answer, verdict};

const VAULT: &str = "ssh://praho:s3cret@vault.example:/shop.tar.gz";

impl World {
    fn backups(&self) -> BackupsClient<tonic::transport::Channel> {
        BackupsClient::new(self.channel.clone())
    }

    async fn back_up(&self, destination: &str, since: i64) -> Result<v1::Backup, Fault> {
        let request = v1::BackUpDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            destination: destination.to_owned(),
            features: Vec::new(),
            folder: false,
            since_unix_seconds: since,
        };
        answer(self.backups().back_up_domain(request).await)
    }

    async fn restore(&self, destination: &str) -> Result<(), Fault> {
        let request = v1::RestoreDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            destination: destination.to_owned(),
            features: vec!["dir".to_owned()],
        };
        answer(self.backups().restore_domain(request).await).map(drop)
    }

    async fn schedule(&self, schedule: &str) -> Result<v1::BackupSchedule, Fault> {
        let request = v1::CreateBackupScheduleRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            destination: VAULT.to_owned(),
            features: Vec::new(),
            folder: false,
            schedule: schedule.to_owned(),
        };
        answer(self.backups().create_backup_schedule(request).await)
    }
}

async fn with_shop() -> World {
    let world = World::new().await;
    world.shop().await;
    world.may(Change::Backups).await;
    world
}

#[tokio::test]
async fn the_log_proves_a_backup_although_the_answer_is_lost() {
    let world = with_shop().await;
    world.simulator.inject("backup-domain", Wrong::once(WrongKind::LostAfterEffect));
    let made = world.back_up(VAULT, 0).await.unwrap();
    assert!(made.succeeded && made.ended_unix_seconds > 0);
    assert_eq!(made.place, "ssh://***@vault.example:/shop.tar.gz");
    assert_eq!(world.back_up(VAULT, made.ended_unix_seconds).await.unwrap(), made);
    assert_eq!(world.simulator.calls("backup-domain"), 1);
    let again = world.back_up(VAULT, made.ended_unix_seconds + 3600).await.unwrap();
    assert_ne!(again.id, made.id);
    let request =
        v1::ListBackupsRequest { server_id: world.server.to_string(), domain: SHOP.to_owned() };
    let listed = answer(world.backups().list_backups(request).await).unwrap().backups;
    assert_eq!(listed.len(), 2);
    let told = format!("{listed:?}{:?}", world.simulator.effects());
    assert!(!told.contains("s3cret"), "{told}");
}

#[tokio::test]
async fn a_backup_that_failed_is_over_and_one_that_is_not_in_the_log_is_unknown() {
    let world = with_shop().await;
    let failed = world.back_up("/nowhere/shop.tar.gz", 0).await;
    assert_eq!(verdict(failed), (FaultKind::Unavailable, Effect::NotApplied));
    world.simulator.inject("backup-domain", Wrong::once(WrongKind::SuccessWithoutEffect));
    let lie = world.back_up(VAULT, 0).await;
    assert_eq!(verdict(lie), (FaultKind::Protocol, Effect::Unknown));
}

#[tokio::test]
async fn a_restoration_of_what_the_backup_does_not_have_is_no_success() {
    let world = with_shop().await;
    let absent = world.restore("/backup/none.tar.gz").await;
    assert_eq!(verdict(absent), (FaultKind::NotFound, Effect::NotApplied));
    world.back_up("/backup/shop.tar.gz", 0).await.unwrap();
    world.simulator.edit(SHOP, |server| server.limits.quota_blocks = 7);
    world.restore("/backup/shop.tar.gz").await.unwrap();
    assert_ne!(world.simulator.domain(SHOP).unwrap().limits.quota_blocks, 7);

    world.simulator.inject("restore-domain", Wrong::once(WrongKind::LostAfterEffect));
    let lost = world.restore("/backup/shop.tar.gz").await;
    assert_eq!(verdict(lost), (FaultKind::Unavailable, Effect::Unknown));
}

#[tokio::test]
async fn a_schedule_is_made_once_switched_and_deleted() {
    let world = with_shop().await;
    let made = world.schedule("0 3 * * 1").await.unwrap();
    assert_eq!(world.schedule("0 3 * * 1").await.unwrap(), made);
    assert_eq!(world.simulator.calls("create-scheduled-backup"), 1);
    assert_eq!(made.places, ["ssh://***@vault.example:/shop.tar.gz"]);
    let bad = world.schedule("0 3 * * 1 root").await.unwrap_err();
    assert_eq!(bad.violations[0].field, "schedule");

    for _ in 0..2 {
        let request = v1::SwitchBackupScheduleRequest {
            server_id: world.server.to_string(),
            fence: Some(world.fence.clone()),
            domain: SHOP.to_owned(),
            marker: world.marker(),
            id: made.id.clone(),
            enabled: false,
        };
        assert!(!answer(world.backups().switch_backup_schedule(request).await).unwrap().enabled);
    }
    assert_eq!(world.simulator.calls("modify-scheduled-backup"), 1);
    for existed in [true, false] {
        let request = v1::DeleteBackupScheduleRequest {
            server_id: world.server.to_string(),
            fence: Some(world.fence.clone()),
            domain: SHOP.to_owned(),
            marker: world.marker(),
            id: made.id.clone(),
        };
        let deleted = answer(world.backups().delete_backup_schedule(request).await).unwrap();
        assert_eq!(deleted.existed, existed);
    }
}

#[tokio::test]
async fn a_stranger_is_neither_backed_up_nor_restored() {
    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    world.may(Change::Backups).await;
    let refused = (FaultKind::Conflict, Effect::NotApplied);
    assert_eq!(verdict(world.back_up(VAULT, 0).await), refused);
    assert_eq!(verdict(world.restore(VAULT).await), refused);
    assert!(world.simulator.effects().is_empty());
}
