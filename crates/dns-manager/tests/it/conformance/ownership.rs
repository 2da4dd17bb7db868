//! Marks, foreign zones and foreign record sets are kept; a wrong key changes nothing.

use dns_manager::provider::registry::Providers;
use model::{
    fault::{Effect, FaultKind},
    secret::Secret,
};

use super::{apply, delete, foreign_note, our_note, read, replace, set, sets, subjects};

#[tokio::test]
async fn given_notes_replace_the_present_ones() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        for notes in [vec![foreign_note()], vec![our_note()], vec![]] {
            let change = replace(&zone, "A", 300, &["192.0.2.7"], Some(notes.clone()));
            apply(&*provider, &zone, &[change]).await;
            let expected = [set(&zone, "A", 300, &["192.0.2.7"], notes)];
            assert_eq!(sets(&*provider, &zone).await, expected);
        }
    }
}

#[tokio::test]
async fn a_foreign_zone_stays_foreign_whatever_we_do_in_it() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_name());
        subject.operator.create_zone(&zone).await;
        let before = read(&*provider, &zone).await;
        assert!(!before.ours && before.complete, "{before:?}");
        assert!(!provider.create(&zone, &subject.apex()).await.unwrap(), "{zone}");
        assert_eq!(read(&*provider, &zone).await, before);

        let change = replace(&zone, "A", 300, &["192.0.2.7"], Some(vec![our_note()]));
        apply(&*provider, &zone, &[change]).await;
        assert!(!read(&*provider, &zone).await.ours, "{zone}");
        let expected = [set(&zone, "A", 300, &["192.0.2.7"], vec![our_note()])];
        assert_eq!(sets(&*provider, &zone).await, expected);
    }
}

#[tokio::test]
async fn a_change_touches_no_set_but_its_own() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        let shop = format!("shop.{zone}");
        let foreign = [
            replace(&shop, "A", 60, &["203.0.113.9"], Some(vec![foreign_note()])),
            replace(&zone, "TXT", 60, &["\"of the customer\""], None),
        ];
        apply(&*provider, &zone, &foreign).await;
        let before = sets(&*provider, &zone).await;
        // The same name with another type, and the same type with another name.
        let ours = [
            replace(&shop, "AAAA", 300, &["2001:db8::7"], Some(vec![our_note()])),
            replace(&zone, "A", 300, &["192.0.2.7"], Some(vec![our_note()])),
        ];
        apply(&*provider, &zone, &ours).await;
        let during = sets(&*provider, &zone).await;
        assert_eq!(during.len(), 4, "{during:?}");
        assert!(before.iter().all(|set| during.contains(set)), "{during:?}");
        apply(&*provider, &zone, &[delete(&shop, "AAAA"), delete(&zone, "A")]).await;
        assert_eq!(sets(&*provider, &zone).await, before);
    }
}

#[tokio::test]
async fn a_wrong_key_is_reported_without_the_key_and_has_no_effect() {
    for subject in subjects().await {
        let zone = subject.new_zone().await;
        let before = read(&*subject.provider(), &zone).await;
        let wrong = "not-the-key-of-this-server";
        let key = Secret::from(wrong.to_owned());
        let provider = Providers::new(&fixtures::egress()).unwrap().open(&subject.server, key);
        let change = replace(&zone, "A", 300, &["192.0.2.7"], None);
        for fault in [
            provider.zone(&zone).await.unwrap_err(),
            provider.change(&zone, &[change]).await.unwrap_err(),
            provider.delete(&zone).await.unwrap_err(),
        ] {
            let told = (fault.kind, fault.effect);
            assert_eq!(told, (FaultKind::OutOfService, Effect::NotApplied), "{fault}");
            assert!(!format!("{fault:?}").contains(wrong), "{zone}");
        }
        assert_eq!(read(&*subject.provider(), &zone).await, before);
    }
}
