//! The parts of a secret value that a panel may print alone, so that they are taken out of its answers too.

use crate::parameter::Kind;

/// Those of a value as the panel takes it.
pub(crate) fn parts(kind: Kind, encoded: &str) -> Vec<&str> {
    match kind {
        Kind::SecretPem => encoded.split('\t').filter(|line| !line.starts_with("-----")).collect(),
        Kind::Destination => password(encoded).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The password in an address such as `ssh://login:password@host:/folder`.
fn password(destination: &str) -> Option<&str> {
    let (_, rest) = destination.split_once("://")?;
    let (login, _) = rest.rsplit_once('@')?;
    login.split_once(':').map(|(_, password)| password).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_key_and_the_password_of_an_address_stand_alone() {
        let key = "-----BEGIN PRIVATE KEY-----\tQUJD\tREVG\t-----END PRIVATE KEY-----";
        assert_eq!(parts(Kind::SecretPem, key), ["QUJD", "REVG"]);
        for (destination, password) in [
            ("ssh://u:s3:cr@et@h:/a", vec!["s3:cr@et"]),
            ("s3://key:secret@bucket", vec!["secret"]),
            ("s3://key@bucket", vec![]),
            ("/backup/a", vec![]),
        ] {
            assert_eq!(parts(Kind::Destination, destination), password, "{destination}");
        }
    }
}
