//! Rules for the way to a server's shell.

use egress::Egress;
use model::host_key::{HostKey, MOST};
use url::Host;

use crate::forms::SSH_PORT;

/// Characters of a host's name.
const MAX_HOST: usize = 253;
/// Characters of the name of a Unix user.
const MAX_USER: usize = 32;
/// Bytes of a private key; one of Ed25519 has about 400.
const MAX_PRIVATE_KEY: usize = 16 << 10;
/// The usual port of SSH.
const USUAL_PORT: u16 = 22;

/// The name or the address at which `sshd` listens.
pub(crate) fn ssh_host(egress: &Egress, text: &str) -> Result<String, String> {
    let wrong = || "is not a host; give a name or an address, like vm1.example.net".to_owned();
    if text.is_empty() || text.len() > MAX_HOST {
        return Err(wrong());
    }
    let in_brackets = if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
    let judged = |address| egress.judge(address).map_err(|refused| refused.to_string());
    match Host::parse(&in_brackets).map_err(|_| wrong())? {
        Host::Domain(name) => {
            let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            if name.chars().all(good) { Ok(name) } else { Err(wrong()) }
        }
        Host::Ipv4(address) => judged(address.into()).map(|()| address.to_string()),
        Host::Ipv6(address) => judged(address.into()).map(|()| address.to_string()),
    }
}

/// The port of `sshd`; 0 means the usual one.
pub(crate) fn ssh_port(number: u32) -> Result<u16, String> {
    let port = super::number(number.into(), &SSH_PORT)?;
    let port = u16::try_from(port).map_err(|error| error.to_string())?;
    Ok(if port == 0 { USUAL_PORT } else { port })
}

/// A Unix user; an empty text means root.
pub(crate) fn ssh_user(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let first = |c: char| c.is_ascii_lowercase() || c == '_';
    match text {
        "" => Ok("root".to_owned()),
        _ if text.len() <= MAX_USER && text.starts_with(first) && text.chars().all(good) => {
            Ok(text.to_owned())
        }
        _ => Err("is not the name of a Unix user; give one like root".to_owned()),
    }
}

/// The fingerprints of a host's keys.
pub(crate) fn host_keys(texts: &[String]) -> Result<Vec<HostKey>, String> {
    if !(1..=MOST).contains(&texts.len()) {
        let count = texts.len();
        return Err(format!("has {count}; give the present one, or two while it is exchanged"));
    }
    let keys = texts.iter().map(|text| text.parse::<HostKey>());
    keys.collect::<Result<_, _>>().map_err(|problem| format!("holds one that {problem}"))
}

/// A private key, or none. The error never repeats it.
pub(crate) fn private_key(text: &str) -> Result<(), String> {
    let (begin, end) = ("-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----");
    let text = text.trim();
    let good = text.len() <= MAX_PRIVATE_KEY && text.starts_with(begin) && text.ends_with(end);
    if text.is_empty() || good {
        return Ok(());
    }
    Err("is no private key in OpenSSH's format; give what `ssh-keygen -t ed25519 -N \"\"` makes"
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_that_may_be_connected_to() {
        let egress = Egress::default();
        for (text, host) in [
            ("vm1.example.net", "vm1.example.net"),
            ("VM1.example.net", "vm1.example.net"),
            ("8.8.8.8", "8.8.8.8"),
            ("2a00:1450::1", "2a00:1450::1"),
        ] {
            assert_eq!(ssh_host(&egress, text).as_deref(), Ok(host));
        }
        for text in [
            "",
            "a b",
            "vm1/x",
            "root@vm1",
            "10.0.0.5",
            "127.1",
            "::1",
            "vm1:22",
            "-oProxyCommand=x",
        ] {
            assert!(ssh_host(&egress, text).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_and_users_have_defaults() {
        assert_eq!((ssh_port(0), ssh_port(2222)), (Ok(22), Ok(2222)));
        assert!(ssh_port(65_536).is_err());
        assert_eq!(
            (ssh_user("").as_deref(), ssh_user("admin").as_deref()),
            (Ok("root"), Ok("admin"))
        );
        for user in ["Root", "-x", "a b", "root\n", &"u".repeat(33)] {
            assert!(ssh_user(user).is_err(), "{user}");
        }
    }

    #[test]
    fn one_or_two_host_keys_are_pinned() {
        let key = format!("SHA256:{}", "A".repeat(43));
        for (count, good) in [(0, false), (1, true), (2, true), (3, false)] {
            assert_eq!(host_keys(&vec![key.clone(); count]).is_ok(), good, "{count}");
        }
        assert!(host_keys(&["MD5:00".to_owned()]).is_err());
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_and_not_repeated() {
        let problem = private_key("hunter2").unwrap_err();
        assert!(!problem.contains("hunter2"));
        assert!(private_key("").is_ok());
    }
}
