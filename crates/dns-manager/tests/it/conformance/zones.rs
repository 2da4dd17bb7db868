//! Zones are created once, deleted whole and kept apart.

use dns_manager::apex::Apex;

use super::{apply, our_note, read, replace, set, sets, subjects};

#[tokio::test]
async fn an_absent_zone_is_none_and_takes_no_change() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_name());
        let change = replace(&zone, "A", 300, &["192.0.2.7"], None);
        assert_eq!(provider.zone(&zone).await.unwrap(), None, "{zone}");
        assert!(!provider.change(&zone, &[change]).await.unwrap(), "{zone}");
        assert!(!provider.delete(&zone).await.unwrap(), "{zone}");
        assert_eq!(provider.zone(&zone).await.unwrap(), None, "{zone}");
    }
}

#[tokio::test]
async fn a_created_zone_is_ours_and_holds_its_name_servers_alone() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        let seen = read(&*provider, &zone).await;
        assert!(seen.ours && seen.complete, "{seen:?}");
        let kinds: Vec<_> = seen.sets.iter().map(|set| (&*set.name, &*set.kind)).collect();
        assert_eq!(kinds, [(&*zone, "NS"), (&*zone, "SOA")]);
        let ns: Vec<_> = seen.sets[0].records.iter().map(|record| &*record.content).collect();
        assert_eq!(ns, ["ns1.lab.test.", "ns2.lab.test."], "{zone}");
        let apex = Apex::of(&zone, &seen.sets);
        assert_eq!(apex, Some(subject.apex()), "{zone}");
    }
}

#[tokio::test]
async fn a_zone_is_created_once() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        apply(&*provider, &zone, &[replace(&zone, "A", 300, &["192.0.2.7"], None)]).await;
        let before = read(&*provider, &zone).await;
        let mut other = subject.apex();
        other.ns_names = ["ns7.lab.test".to_owned()].into();
        assert!(!provider.create(&zone, &other).await.unwrap(), "{zone}");
        assert_eq!(read(&*provider, &zone).await, before);
    }
}

#[tokio::test]
async fn a_deleted_zone_is_absent_and_leaves_nothing_to_a_new_one() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        let change = replace(&zone, "A", 300, &["192.0.2.7"], Some(vec![our_note()]));
        apply(&*provider, &zone, &[change]).await;
        assert!(provider.delete(&zone).await.unwrap(), "{zone}");
        assert_eq!(provider.zone(&zone).await.unwrap(), None, "{zone}");
        assert!(!provider.delete(&zone).await.unwrap(), "{zone}");
        assert!(provider.create(&zone, &subject.apex()).await.unwrap(), "{zone}");
        assert_eq!(sets(&*provider, &zone).await, []);
        // A note that outlived the old zone would claim a new foreign set as ours.
        apply(&*provider, &zone, &[replace(&zone, "A", 300, &["192.0.2.8"], None)]).await;
        let expected = [set(&zone, "A", 300, &["192.0.2.8"], vec![])];
        assert_eq!(sets(&*provider, &zone).await, expected);
    }
}

#[tokio::test]
async fn a_zone_and_the_zone_above_it_are_apart() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        let below = format!("shop.{zone}");
        assert!(provider.create(&below, &subject.apex()).await.unwrap(), "{below}");
        apply(&*provider, &zone, &[replace(&zone, "A", 300, &["192.0.2.7"], None)]).await;
        apply(&*provider, &below, &[replace(&below, "A", 300, &["192.0.2.8"], None)]).await;
        let before = read(&*provider, &zone).await;
        assert!(provider.delete(&below).await.unwrap(), "{below}");
        assert_eq!(read(&*provider, &zone).await, before);
    }
}
