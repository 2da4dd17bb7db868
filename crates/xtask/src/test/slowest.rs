//! The slowest tests of a run, from the report that cargo-nextest writes.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use roxmltree::Document;

/// The number of tests that are shown.
const SHOWN: usize = 10;

/// The report of a run with nextest's profile `default`, as `.config/nextest.toml` names it.
pub(super) fn report() -> PathBuf {
    testkit::servers::directory().with_file_name("nextest").join("default/junit.xml")
}

/// Removes the report of an earlier run, so that its times are not taken for those of this run.
pub(super) fn forget() -> Result<()> {
    let report = report();
    if report.exists() {
        fs::remove_file(&report).with_context(|| format!("cannot remove {}", report.display()))?;
    }
    Ok(())
}

/// Lines for the slowest tests of the run, the slowest first. There are none if the run wrote no report, as
/// with `cargo test`.
///
/// # Errors
/// If the report cannot be read.
pub(super) fn lines() -> Result<Vec<String>> {
    let report = report();
    if !report.exists() {
        return Ok(Vec::new());
    }
    let what = || format!("cannot read {}", report.display());
    let tests = slowest(&fs::read_to_string(&report).with_context(what)?).with_context(what)?;
    let line = |(seconds, name): &(f64, String)| format!("{seconds:>8.1} s  {name}");
    Ok(tests.iter().map(line).collect())
}

/// The seconds and the names of the slowest tests.
fn slowest(xml: &str) -> Result<Vec<(f64, String)>> {
    let document = Document::parse(xml)?;
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let mut tests = cases
        .map(|case| {
            let value =
                |name| case.attribute(name).with_context(|| format!("a test has no {name}"));
            let seconds: f64 = value("time")?.parse().context("a time is no number")?;
            Ok((seconds, format!("{} {}", value("classname")?, value("name")?)))
        })
        .collect::<Result<Vec<_>>>()?;
    tests.sort_by(|one, other| other.0.total_cmp(&one.0));
    tests.truncate(SHOWN);
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report_of(times: &[f64]) -> String {
        let case = |(number, time): (usize, &f64)| {
            format!(r#"<testcase name="number::{number}" classname="store::it" time="{time:.3}"/>"#)
        };
        let cases: String = times.iter().enumerate().map(case).collect();
        format!(r#"<testsuites><testsuite name="store::it">{cases}</testsuite></testsuites>"#)
    }

    #[test]
    fn the_ten_slowest_come_in_their_order() {
        let times: Vec<_> = (0..30).map(|number| f64::from(number * 7 % 30)).collect();
        let tests = slowest(&report_of(&times)).unwrap();
        let seconds: Vec<_> = tests.iter().map(|test| test.0).collect();
        assert_eq!(seconds, (20..30).rev().map(f64::from).collect::<Vec<_>>());
        assert_eq!(
            tests[0].1,
            format!("store::it number::{}", times.iter().position(|it| *it == 29.0).unwrap())
        );
    }

    #[test]
    fn a_short_run_shows_all_and_an_empty_one_none() {
        assert_eq!(slowest(&report_of(&[0.5, 2.0])).unwrap().len(), 2);
        assert!(slowest(&report_of(&[])).unwrap().is_empty());
    }

    #[test]
    fn a_broken_report_is_an_error() {
        assert!(slowest("<testsuites>").is_err());
        assert!(slowest(r#"<testcase name="a" classname="b" time="fast"/>"#).is_err());
    }
}
