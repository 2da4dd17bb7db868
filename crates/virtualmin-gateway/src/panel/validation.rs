//! Reads `validate-domains`, which tells what is wrong by failing.

/// Something wrong with a virtual server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The feature in the panel's words for people.
    pub(crate) feature: String,
    pub(crate) text: String,
}

/// The problems in the text of a failure; `None` if it is another failure.
///
/// The text is the name of the virtual server, and an indented line `feature : problem` for each (recording 219).
pub(crate) fn problems(full_error: &str, domain: &str) -> Option<Vec<Problem>> {
    let mut lines = full_error.lines().filter(|line| !line.trim().is_empty());
    if lines.next()? != domain {
        return None;
    }
    let problem = |line: &str| {
        let (feature, text) = line.strip_prefix("    ")?.split_once(':')?;
        let [feature, text] = [feature, text].map(|it| it.trim().to_owned());
        Some(Problem { feature, text })
    };
    let problems: Vec<_> = lines.map(problem).collect::<Option<_>>()?;
    (!problems.is_empty()).then_some(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_below_the_name_is_a_problem() {
        let text =
            "a.test\n    Apache website : No virtual host : found\n    Mail for domain : x\n";
        let problems = problems(text, "a.test").unwrap();
        assert_eq!(
            (problems[0].feature.as_str(), problems[1].text.as_str()),
            ("Apache website", "x")
        );
        assert_eq!(problems[0].text, "No virtual host : found");
    }

    #[test]
    fn another_failure_is_no_problem_of_the_virtual_server() {
        for text in [
            "",
            "a.test\n",
            "b.test\n    Apache website : x\n",
            "No virtual servers to validate specified\n\nusage\n",
            "a.test\nSomething odd\n",
        ] {
            assert_eq!(problems(text, "a.test"), None, "{text}");
        }
    }
}
