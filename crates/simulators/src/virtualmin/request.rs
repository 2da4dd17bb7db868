//! From the parameters of a request to a program, a format and an argument list.

/// What one request asks the server to run.
#[derive(Debug, PartialEq)]
pub(super) struct Command {
    /// The `program` parameter, not looked up yet.
    pub(super) program: String,
    /// How the answer is to be written.
    pub(super) format: Format,
    /// The argument list, flags with their two dashes.
    pub(super) arguments: Vec<String>,
    /// Whether the answer's parser reads multiline output. Any format but plain text sets this
    /// mark by itself, yet never adds the `--multiline` flag.
    pub(super) multiline: bool,
}

/// How an answer is written, chosen by the presence of `json` or `xml` among the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    /// `json`, indented by three blanks.
    Json,
    /// `json=minified`, on one line.
    JsonMinified,
    /// `xml`.
    Xml,
    /// Neither: the program's output as it is.
    Plain,
}

impl Format {
    /// The `Content-type` of an answer by a program that exists.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::JsonMinified => "application/json",
            Self::Xml => "application/xml",
            Self::Plain => "text/plain",
        }
    }
}

impl Command {
    /// Reads the body's parameters and then the query's; `None` when no program is named.
    pub(super) fn read(query: &str, body: &[u8]) -> Option<Self> {
        let mut parameters = pairs(body);
        parameters.extend(pairs(query.as_bytes()));
        let last = |name: &str| parameters.iter().rfind(|(key, _)| key == name).map(|(_, v)| v);

        let program = last("program").filter(|name| !name.is_empty())?.clone();
        let (format, dropped) = match (last("json"), last("xml")) {
            (Some(value), _) if value == "minified" => (Format::JsonMinified, Some("json")),
            (Some(_), _) => (Format::Json, Some("json")),
            (None, Some(_)) => (Format::Xml, Some("xml")),
            (None, None) => (Format::Plain, None),
        };
        let multiline = last("multiline").is_some() || last("simple-multiline").is_none();
        let arguments = parameters
            .iter()
            .filter(|(key, _)| key != "program" && Some(key.as_str()) != dropped)
            .flat_map(|(key, value)| expand(key, value))
            .collect();
        Some(Self { program, format, arguments, multiline })
    }

    /// The values that follow a `--domain` flag, lower-cased.
    pub(super) fn domains(&self) -> Vec<String> {
        self.arguments
            .windows(2)
            .filter(|pair| pair[0] == "--domain")
            .map(|pair| pair[1].to_lowercase())
            .collect()
    }

    /// The arguments with every secret replaced, fit for a log.
    pub(super) fn scrubbed(&self) -> Vec<String> {
        let mut after_secret = false;
        let scrub = |argument: &String| {
            let hide = std::mem::replace(&mut after_secret, is_secret(argument));
            if hide { "***".to_owned() } else { argument.clone() }
        };
        self.arguments.iter().map(scrub).collect()
    }
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// One parameter as arguments: the value is cut at each LF, and trailing LFs vanish.
fn expand(key: &str, value: &str) -> Vec<String> {
    let mut arguments = vec![format!("--{key}")];
    let value = value.trim_end_matches('\n');
    if !value.is_empty() {
        arguments.extend(value.split('\n').map(str::to_owned));
    }
    arguments
}

fn is_secret(flag: &str) -> bool {
    flag.starts_with("--")
        && (flag.contains("pass") || ["--key", "--dest", "--source"].contains(&flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(body: &str) -> Vec<String> {
        Command::read("", body.as_bytes()).unwrap().arguments
    }

    #[test]
    fn an_empty_and_a_bare_parameter_are_flags() {
        assert_eq!(arguments("program=p&unix=&dir"), ["--unix", "--dir"]);
    }

    #[test]
    fn parameters_keep_their_order_and_repeat() {
        assert_eq!(
            arguments("domain=b&program=p&domain=a&json=1"),
            ["--domain", "b", "--domain", "a"]
        );
    }

    #[test]
    fn a_line_feed_cuts_a_value_into_arguments() {
        assert_eq!(
            arguments("program=p&desc=line1%0A--quota%0A1000"),
            ["--desc", "line1", "--quota", "1000"]
        );
        assert_eq!(
            arguments("program=p&domain=nl.test%0A&desc=trail%0D%0A"),
            ["--domain", "nl.test", "--desc", "trail\r"]
        );
    }

    #[test]
    fn a_plus_is_a_blank_and_an_encoded_plus_is_not() {
        assert_eq!(arguments("program=p&desc=A+B%2BC"), ["--desc", "A B+C"]);
    }

    #[test]
    fn json_wins_over_xml_and_xml_becomes_an_argument() {
        let command = Command::read("program=p&json=1&xml=1", b"").unwrap();
        assert_eq!(command.format, Format::Json);
        assert_eq!(command.arguments, ["--xml", "1"]);
    }

    #[test]
    fn query_and_body_are_merged() {
        let command = Command::read("program=list-domains&json=1", b"name-only=").unwrap();
        assert_eq!(command.program, "list-domains");
        assert_eq!(command.arguments, ["--name-only"]);
    }

    #[test]
    fn without_a_program_there_is_no_command() {
        assert_eq!(Command::read("json=1", b""), None);
        assert_eq!(Command::read("program=", b""), None);
    }

    #[test]
    fn no_password_survives_scrubbing() {
        let command = Command::read("", b"program=p&domain=&pass=X&mysql-pass=Y&desc=Z").unwrap();
        assert_eq!(
            command.scrubbed(),
            ["--domain", "--pass", "***", "--mysql-pass", "***", "--desc", "Z"]
        );
    }
}
