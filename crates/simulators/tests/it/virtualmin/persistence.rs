//! The state that a restart keeps.

use std::io::Write;

use simulators::virtualmin::{EffectKind, Options};
use testkit::Scratch;

use super::client::Panel;

#[tokio::test]
async fn state_effects_and_certificate_survive_a_restart() {
    let scratch = Scratch::new("virtualmin");
    let directory = scratch.path().join("panel");
    let options = Options { state_directory: Some(directory.clone()), ..Options::default() };

    let panel = Panel::with(options.clone()).await;
    panel.succeed("program=create-plan&name=Starter").await;
    panel.succeed("program=create-domain&domain=a.test&pass=hunter2&unix=&dir=&plan=Starter").await;
    panel.succeed("program=create-domain&domain=b.test&pass=hunter2&unix=&dir=").await;
    panel.succeed("program=disable-domain&domain=a.test&why=unpaid").await;
    panel.succeed("program=delete-domain&domain=b.test").await;
    assert!(panel.simulator.create_by_hand("c.test", "c"));
    let (effects, domains) = (panel.simulator.effects(), panel.simulator.domains());
    let (plans, pin) = (panel.simulator.plans(), panel.simulator.certificate_sha256());
    assert_eq!((effects.len(), domains.len(), plans.len()), (5, 2, 2));
    let listen = panel.simulator.address();
    panel.simulator.stop().await;

    // A kill may have cut off the last line.
    let mut journal =
        std::fs::OpenOptions::new().append(true).open(directory.join("journal.jsonl")).unwrap();
    journal.write_all(b"{\"remove\":\"a.te").unwrap();

    let panel = Panel::with(Options { listen, ..options.clone() }).await;
    assert_eq!(panel.simulator.effects(), effects);
    assert_eq!(panel.simulator.domains(), domains);
    assert_eq!(panel.simulator.plans(), plans);
    assert_eq!(panel.simulator.certificate_sha256(), pin);
    panel.succeed("program=enable-domain&domain=a.test").await;
    panel.simulator.stop().await;

    let panel = Panel::with(options).await;
    let last = panel.simulator.effects().pop().unwrap();
    assert_eq!((last.seq, last.kind), (6, EffectKind::Enabled));
    for file in std::fs::read_dir(&directory).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"));
    }
}

#[tokio::test]
async fn a_journal_read_a_second_time_changes_nothing() {
    let scratch = Scratch::new("virtualmin");
    let directory = scratch.path().to_owned();
    let options = Options { state_directory: Some(directory.clone()), ..Options::default() };
    let panel = Panel::with(options.clone()).await;
    panel.succeed("program=create-plan&name=Starter").await;
    panel.succeed("program=create-domain&domain=a.test&pass=x&unix=&dir=").await;
    let (effects, plans) = (panel.simulator.effects(), panel.simulator.plans());
    panel.simulator.stop().await;

    let journal = std::fs::read(directory.join("journal.jsonl")).unwrap();
    assert!(!journal.is_empty());
    Panel::with(options.clone()).await.simulator.stop().await;
    std::fs::write(directory.join("journal.jsonl"), journal).unwrap();
    let panel = Panel::with(options).await;
    assert_eq!(panel.simulator.effects(), effects);
    assert_eq!(panel.simulator.plans(), plans);
}

#[tokio::test]
async fn changes_by_hand_show_in_listings_and_not_in_the_effects() {
    let panel = Panel::start().await;
    assert!(panel.simulator.create_by_hand("orphan.test", "orphan"));
    assert!(!panel.simulator.create_by_hand("orphan.test", "other"));
    assert!(panel.simulator.disable_by_hand("orphan.test"));
    assert_eq!(panel.names("program=list-domains&disabled=&name-only=").await, ["orphan.test"]);
    assert!(panel.simulator.enable_by_hand("orphan.test"));
    assert!(panel.simulator.edit("orphan.test", |server| server.limits.quota_blocks = 7));
    assert_eq!(panel.values("orphan.test").await["server_block_quota"][0], "7");
    assert!(panel.simulator.delete_by_hand("orphan.test"));
    assert!(!panel.simulator.delete_by_hand("orphan.test"));
    assert!(panel.simulator.effects().is_empty());
}
