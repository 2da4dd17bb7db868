//! Reads the output of `info search=host`: indented `key: value` lines under `host:`.

/// A host as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Info {
    /// The host's own name.
    pub(crate) hostname: String,
    /// The version of the virtual-server module.
    pub(crate) virtualmin_version: String,
    /// The version of Webmin.
    pub(crate) webmin_version: String,
}

/// Reads the output of `info`; `None` if the host's name or one of the versions is missing.
pub(crate) fn read(output: &str) -> Option<Info> {
    let mut lines = output.lines().skip_while(|line| line.trim_end() != "host:").skip(1);
    let section: Vec<(&str, &str)> = lines
        .by_ref()
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.trim().split_once(": "))
        .collect();
    let value = |key: &str| {
        let (_, value) = section.iter().find(|(name, _)| *name == key)?;
        Some((*value).to_owned()).filter(|it| !it.is_empty())
    };
    Some(Info {
        hostname: value("hostname")?,
        virtualmin_version: value("virtualmin version")?,
        webmin_version: value("webmin version")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer of Virtualmin 8.1.0 GPL on Debian 12.
    const OUTPUT: &str = "host: \n    hostname: vm\n    module root: /usr/share/webmin/virtual-server\n    \
        os: Debian Linux 12\n    root: /usr/share/webmin\n    theme version: 10.1\n    virtualmin edition: \
        GPL\n    virtualmin version: 8.1.0\n    webmin version: 2.660\n";

    #[test]
    fn reads_the_name_and_both_versions() {
        let info = read(OUTPUT).unwrap();
        assert_eq!(info.hostname, "vm");
        assert_eq!(
            (info.virtualmin_version.as_str(), info.webmin_version.as_str()),
            ("8.1.0", "2.660")
        );
    }

    #[test]
    fn other_sections_are_passed_over() {
        let output =
            format!("disk_free: 1\nvirtualmin version: 9\n{OUTPUT}io:\n    hostname: other\n");
        assert_eq!(read(&output), read(OUTPUT));
    }

    #[test]
    fn an_output_without_a_version_is_none() {
        for output in ["", "host:\n", "host: \n    hostname: vm\n", "hostname: vm\n"] {
            assert_eq!(read(output), None, "{output}");
        }
    }
}
