//! Where the user of an account logs in.

use url::{Host, Url};

/// The port of SFTP, which is that of SSH (RFC 4253, section 4.1). No row of a server says another one.
const SFTP_PORT: u16 = 22;

/// The places where the user of an account logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The URL of the panel.
    pub panel_url: String,
    /// The host of SFTP: a name or an address.
    pub sftp_host: String,
    /// The port of SFTP.
    pub sftp_port: u16,
}

impl Login {
    /// The places on the server whose panel has this URL, such as `https://vm1.example.net:10000`; `None` if it has no
    /// host.
    pub fn on(panel_url: &str) -> Option<Self> {
        let url = Url::parse(panel_url).ok()?;
        // An IPv6 address stands in brackets in a URL alone (RFC 3986, section 3.2.2).
        let sftp_host = match url.host()? {
            Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        Some(Self { panel_url: panel_url.to_owned(), sftp_host, sftp_port: SFTP_PORT })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sftp_is_on_the_host_of_the_panel() {
        for (url, host) in [
            ("https://vm1.example.net:10000", "vm1.example.net"),
            ("https://vm1.example.net", "vm1.example.net"),
            ("https://192.0.2.7:10000/", "192.0.2.7"),
            ("https://[2001:db8::7]:10000", "2001:db8::7"),
        ] {
            let login = Login::on(url).unwrap();
            assert_eq!((login.sftp_host.as_str(), login.sftp_port), (host, 22), "{url}");
            assert_eq!(login.panel_url, url);
        }
        assert_eq!(Login::on("https://:10000"), None);
        assert_eq!(Login::on("vm1"), None);
    }
}
