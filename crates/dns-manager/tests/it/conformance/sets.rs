//! Record sets are written, changed in place and deleted.

use model::fault::{Effect, FaultKind};

use super::{apply, delete, our_note, read, replace, set, sets, subjects};

#[tokio::test]
async fn a_written_set_is_read_back_as_it_was_written() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        let long = format!("\"{}\" \"{}\"", "a".repeat(255), "b".repeat(90));
        let (dkim, wildcard) = (format!("mail._domainkey.{zone}"), format!("*.{zone}"));
        let mx = format!("10 {zone}.");
        let written: [(&str, &str, u32, &[&str]); 6] = [
            (&wildcard, "A", 60, &["192.0.2.9"]),
            (&dkim, "TXT", 300, &[r#""v=DKIM1; \"p\"" "=x;""#]),
            (&zone, "A", 300, &["192.0.2.7", "192.0.2.8"]),
            (&zone, "AAAA", 3600, &["2001:db8::7"]),
            (&zone, "MX", 300, &[&mx]),
            (&zone, "TXT", 300, &[&long]),
        ];
        let changes = written.map(|(name, kind, ttl, contents)| {
            replace(name, kind, ttl, contents, Some(vec![our_note()]))
        });
        apply(&*provider, &zone, &changes).await;
        let mut expected = written
            .map(|(name, kind, ttl, contents)| set(name, kind, ttl, contents, vec![our_note()]))
            .to_vec();
        expected.sort_by(|one, other| (&one.name, &one.kind).cmp(&(&other.name, &other.kind)));
        assert_eq!(sets(&*provider, &zone).await, expected);
    }
}

#[tokio::test]
async fn a_set_changes_in_place_and_keeps_its_notes() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        let www = format!("www.{zone}");
        let notes = vec![our_note()];
        let create = [
            replace(&zone, "A", 300, &["192.0.2.7"], Some(notes.clone())),
            replace(&www, "A", 300, &["192.0.2.7"], Some(notes.clone())),
        ];
        apply(&*provider, &zone, &create).await;
        let contents = ["192.0.2.8", "192.0.2.9"];
        apply(&*provider, &zone, &[replace(&zone, "A", 600, &contents, None)]).await;
        let expected = [
            set(&zone, "A", 600, &contents, notes.clone()),
            set(&www, "A", 300, &["192.0.2.7"], notes),
        ];
        assert_eq!(sets(&*provider, &zone).await, expected);
    }
}

#[tokio::test]
async fn a_deleted_set_goes_with_its_notes_and_alone() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        let create = [
            replace(&zone, "A", 300, &["192.0.2.7"], Some(vec![our_note()])),
            replace(&zone, "AAAA", 300, &["2001:db8::7"], Some(vec![our_note()])),
        ];
        apply(&*provider, &zone, &create).await;
        apply(&*provider, &zone, &[delete(&zone, "A")]).await;
        let kept = set(&zone, "AAAA", 300, &["2001:db8::7"], vec![our_note()]);
        assert_eq!(sets(&*provider, &zone).await, std::slice::from_ref(&kept));
        apply(&*provider, &zone, &[replace(&zone, "A", 300, &["192.0.2.8"], None)]).await;
        let again = set(&zone, "A", 300, &["192.0.2.8"], vec![]);
        assert_eq!(sets(&*provider, &zone).await, [again, kept]);
    }
}

#[tokio::test]
async fn a_refused_change_leaves_the_whole_zone_as_it_was() {
    for subject in subjects().await {
        let (provider, zone) = (subject.provider(), subject.new_zone().await);
        apply(&*provider, &zone, &[replace(&zone, "A", 300, &["192.0.2.7"], None)]).await;
        let before = read(&*provider, &zone).await;
        let changes = [
            delete(&zone, "A"),
            replace(&zone, "TXT", 300, &["\"fine\""], None),
            replace(&zone, "AAAA", 300, &["no address"], None),
        ];
        let fault = provider.change(&zone, &changes).await.unwrap_err();
        assert_eq!((fault.kind, fault.effect), (FaultKind::Invalid, Effect::NotApplied));
        let names_both = fault.message.contains(&zone) && fault.message.contains("ns-lab");
        assert!(names_both, "{fault}");
        assert_eq!(read(&*provider, &zone).await, before);
    }
}
