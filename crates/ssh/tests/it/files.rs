//! Files.

use std::{fs, os::unix::fs::PermissionsExt};

use ssh::FileError;

use crate::{World, within};

#[tokio::test]
async fn a_file_is_made_for_its_owner_alone_read_and_removed() {
    let world = World::new().await;
    let connection = world.connection().await;
    let path = world.path("it's a file");
    let content = "päss\n".repeat(40_000);
    connection.create_file(&path, &content.clone().into(), within(20)).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), content);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let read = connection.read_file(&path, content.len(), within(20)).await.unwrap();
    assert_eq!(read, content.as_bytes());
    let bound = content.len() - 1;
    let too_large = connection.read_file(&path, bound, within(20)).await;
    assert_eq!(too_large, Err(FileError::TooLarge { bound }));

    let again = connection.create_file(&path, &"other".to_owned().into(), within(20)).await;
    assert!(matches!(again, Err(FileError::Refused(_))), "{again:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), content, "it is not touched");

    connection.remove_file(&path, within(20)).await.unwrap();
    assert!(!fs::exists(&path).unwrap());
    assert_eq!(connection.remove_file(&path, within(20)).await, Err(FileError::Missing));
    assert_eq!(connection.read_file(&path, 1, within(20)).await, Err(FileError::Missing));
}

#[tokio::test]
async fn a_file_without_an_end_is_read_up_to_the_bound() {
    let world = World::new().await;
    let connection = world.connection().await;
    let endless = connection.read_file("/dev/zero", 100_000, within(20)).await;
    assert_eq!(endless, Err(FileError::TooLarge { bound: 100_000 }));
}
