//! Reads `list-server-statuses`, and what `info` tells of load, memory and disk space.

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A server of a host, such as its web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// The panel's name for it.
    pub(crate) name: String,
    /// What tells several of one name apart, such as a version of PHP; empty for none.
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) up: bool,
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    id: Option<List<'a>>,
    status: Option<List<'a>>,
    description: Option<List<'a>>,
}

impl Record for Service {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        Ok(Self {
            id: reader.one(values.id, "id")?.unwrap_or_default(),
            description: reader.one(values.description, "description")?.unwrap_or_default(),
            up: match reader.some(values.status, "status")?.as_str() {
                "Up" => true,
                "Down" => false,
                _ => return Err(reader.wrong("status")),
            },
            name: name.into_owned(),
        })
    }
}

/// How much of a host is in use; `None` for what the panel does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// The load averages of 1, 5 and 15 minutes.
    pub(crate) load: Option<[f64; 3]>,
    pub(crate) memory: Option<Share>,
    pub(crate) disk: Option<Share>,
}

/// How much there is, and how much of it is free, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) total: u64,
    pub(crate) free: u64,
}

impl Usage {
    /// Reads the output of `info`: a list has its items on lines with stars (`recursive_info_dump` in `info.pl` of 8.1.0).
    /// Memory is in units of 1 KiB, disk space in bytes (`collect-lib.pl`).
    pub(crate) fn read(output: &str) -> Self {
        let load: Option<Vec<f64>> =
            items(output, "load").iter().take(3).map(|it| it.parse().ok()).collect();
        let mut memory = items(output, "mem").into_iter().map(|it| it.parse::<u64>().ok());
        let kib = |it: Option<Option<u64>>| it.flatten()?.checked_mul(1024);
        let (total, free) = (kib(memory.next()), kib(memory.next()));
        let (disk_total, disk_free) = (number(output, "disk_total"), number(output, "disk_free"));
        Self {
            load: load.and_then(|it| it.try_into().ok()),
            memory: total.zip(free).map(|(total, free)| Share { total, free }),
            disk: disk_total.zip(disk_free).map(|(total, free)| Share { total, free }),
        }
    }
}

/// The items of the list under this key.
fn items<'a>(output: &'a str, key: &str) -> Vec<&'a str> {
    let is_head = |line: &&str| line.strip_prefix(key).is_some_and(|it| it.trim_end() == ":");
    output
        .lines()
        .skip_while(|line| !is_head(line))
        .skip(1)
        .map_while(|line| line.strip_prefix("    * "))
        .map(str::trim)
        .collect()
}

/// The number after this key at the beginning of a line.
fn number(output: &str, key: &str) -> Option<u64> {
    let value = |line: &str| line.strip_prefix(key)?.strip_prefix(": ")?.trim().parse().ok();
    output.lines().find_map(value)
}

/// The call that lists the servers of a host.
pub(crate) fn services() -> Request {
    Request::new(&programs::hosts::SERVICES)
}

/// The call that tells how much of a host is in use.
pub(crate) fn usage() -> Result<Request, Refusal> {
    Request::new(&programs::hosts::INFO).values("search", ["load", "mem", "disk"])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OUTPUT: &str = "disk_free: 41\ndisk_fs: \n    * \n        dir: /\n        disk_total: 7\ndisk_total: 82\n\
        load: \n    * 2.63\n    * 2.5\n    * 3\nmem: \n    * 80\n    * 50\n    * \n";

    #[test]
    fn what_is_told_has_its_units() {
        let usage = Usage::read(OUTPUT);
        assert_eq!(usage.load, Some([2.63, 2.5, 3.0]));
        assert_eq!(usage.memory, Some(Share { total: 80 * 1024, free: 50 * 1024 }));
        assert_eq!(usage.disk, Some(Share { total: 82, free: 41 }));
    }

    #[test]
    fn what_is_not_told_is_unknown() {
        assert_eq!(Usage::read("host: \n    load: 1\n"), Usage::default());
        assert_eq!(
            Usage::read("load: \n    * 1\n    * x\n    * 2\nmem: \n    * 80\n"),
            Usage::default()
        );
    }

    #[test]
    fn a_service_is_up_or_down_and_nothing_else() {
        let read = |json: &str| Service::read(serde_json::from_str(json).unwrap());
        let json =
            r#"{"name":"fpm","values":{"id":["8.2"],"status":["Down"],"description":["PHP 8.2"]}}"#;
        let service = read(json).unwrap();
        assert_eq!((service.id.as_str(), service.up), ("8.2", false));
        assert!(read(&json.replace("Down", "Starting")).is_err());
        assert!(read(r#"{"name":"web   Up   Apache","values":{}}"#).is_err());
    }

    proptest! {
        #[test]
        fn any_output_is_read(output in "(load: \n|mem: \n|    \\* [0-9.]{0,9}\n|\\PC{0,9}\n){0,9}") {
            let _ = Usage::read(&output);
        }
    }
}
