//! The parameters of remote programs, and the forms that their values take.

/// Most octets of a text for people.
const MAX_TEXT: usize = 255;
/// Most octets of a password.
const MAX_SECRET: usize = 255;
/// Most octets of a certificate, a key or a chain in PEM.
const MAX_PEM: usize = 64 << 10;
/// Most octets of a DNS record as one line.
const MAX_RECORD: usize = 4096;

/// A parameter that a program allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without the dashes.
    pub flag: &'static str,
    /// The form of its value.
    pub kind: Kind,
    /// Whether it may be given several times, which adds up. Of one that may not, the panel would take the last.
    pub repeats: bool,
}

/// A parameter that is given once.
pub const fn one(flag: &'static str, kind: Kind) -> Parameter {
    Parameter { flag, kind, repeats: false }
}

/// A parameter that may be given several times.
pub const fn many(flag: &'static str, kind: Kind) -> Parameter {
    Parameter { flag, kind, repeats: true }
}

/// A flag without a value.
pub const fn switch(flag: &'static str) -> Parameter {
    one(flag, Kind::Switch)
}

/// The form of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value: the flag alone counts.
    Switch,
    /// A domain name in lower-case ASCII.
    Domain,
    /// A Unix user name.
    User,
    /// The part of an e-mail address before the `@`.
    LocalPart,
    /// The same, or `*` for every other name of the domain.
    LocalPartOrAll,
    /// An e-mail address. Virtualmin's aliases also take commands and files, which this form excludes.
    Address,
    /// The name of a database, or of a login of databases.
    Database,
    /// A whole number above zero.
    Count,
    /// A whole number.
    Number,
    /// A whole number above zero, or this word for unlimited.
    CountOr(&'static str),
    /// A whole number, or this word for unlimited.
    NumberOr(&'static str),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Text for people.
    Text,
    /// A virtual server's description, which may not contain a colon.
    Description,
    /// A password.
    Secret,
    /// Letters, digits, dots, dashes and underscores, with one blank between words.
    Setting,
    /// One lower-case word.
    Word,
    /// Lower-case words with one blank between them.
    Words,
    /// An id of the panel.
    Id,
    /// A version such as `8.2`.
    Version,
    /// When to run: a word such as `daily`, or five fields of cron with one blank between them.
    Schedule,
    /// A date such as `2026-11-21`.
    Date,
    /// A path of a website, from `/` on.
    UrlPath,
    /// The address of a web page, or a path of a website.
    Url,
    /// The value of a setting of PHP.
    PhpValue,
    /// A directory below that of a virtual server, without `..`.
    Directory,
    /// Where a backup is: a file or directory of the host, or an address with a login in it.
    Destination,
    /// The name, type and value of a DNS record, with blanks between them.
    Record,
    /// As [`Self::Record`], twice: what it is, and what it is to be. The only value with a line feed in it, because the
    /// program takes two arguments.
    TwoRecords,
    /// A certificate or a chain in PEM.
    Pem,
    /// A private key in PEM.
    SecretPem,
}

/// The problem with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The program's allow-list does not have it.
    #[error("it is not on the allow-list")]
    NotAllowed,
    /// It may be given once only.
    #[error("it is given twice")]
    Twice,
    /// A value for a switch, no value for another flag, or a secret as a plain value.
    #[error("it is given in the wrong form")]
    Form,
    /// An empty value would swallow the next flag.
    #[error("its value is empty")]
    Empty,
    /// A line feed would become another argument; the other control characters are refused with it.
    #[error("its value has a control character")]
    ControlCharacter,
    /// The value has not the form of its kind, or is too long.
    #[error("its value has not the form that it takes")]
    Value,
}

impl Kind {
    /// Whether the value is a secret, or may have one in it.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretPem | Self::Destination)
    }

    /// The value as the panel takes it.
    ///
    /// # Errors
    /// [`Problem`], if it has not this form.
    pub fn encode(self, value: &str) -> Result<String, Problem> {
        match self {
            Self::Switch => Err(Problem::Form),
            Self::Pem | Self::SecretPem => pem(value),
            Self::TwoRecords => {
                let (from, to) = value.split_once('\n').ok_or(Problem::Value)?;
                plain(from, MAX_RECORD)?;
                plain(to, MAX_RECORD)?;
                if is_record(from) && is_record(to) {
                    Ok(value.to_owned())
                } else {
                    Err(Problem::Value)
                }
            }
            _ => {
                plain(value, self.longest())?;
                if self.fits(value) { Ok(value.to_owned()) } else { Err(Problem::Value) }
            }
        }
    }

    fn longest(self) -> usize {
        match self {
            Self::Secret => MAX_SECRET,
            Self::Record => MAX_RECORD,
            Self::Destination | Self::Directory | Self::Url | Self::UrlPath => 1024,
            _ => MAX_TEXT,
        }
    }

    /// Whether a value without control characters, which is not empty, has this form.
    fn fits(self, value: &str) -> bool {
        match self {
            Self::Domain => is_domain(value),
            Self::User => starts_with_letter(value) && made_of(value, "_-"),
            Self::LocalPart => is_local_part(value),
            Self::LocalPartOrAll => value == "*" || is_local_part(value),
            Self::Address => value
                .rsplit_once('@')
                .is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain)),
            Self::Database => {
                value.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
                    && !value.starts_with('-')
            }
            Self::Count => is_count(value),
            Self::Number => value == "0" || is_count(value),
            Self::CountOr(word) => value == word || is_count(value),
            Self::NumberOr(word) => value == word || value == "0" || is_count(value),
            Self::Choice(words) => words.contains(&value),
            Self::Text => !value.starts_with("--"),
            Self::Description => !value.contains(':') && !value.starts_with("--"),
            Self::Setting => value.split(' ').all(|word| {
                let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                !word.is_empty() && !word.starts_with('-') && word.chars().all(fits)
            }),
            Self::Word => made_of(value, ""),
            Self::Words => value
                .split(' ')
                .all(|word| !word.is_empty() && !word.starts_with('-') && made_of(word, "-")),
            Self::Id => value.chars().all(|c| c.is_ascii_digit()),
            Self::Version => {
                value.split('.').all(|it| !it.is_empty() && it.bytes().all(|c| c.is_ascii_digit()))
            }
            Self::Schedule => is_schedule(value),
            Self::Date => is_date(value),
            // `convert_remote_format` of 8.1.0 would read a colon in a listing as the end of a key.
            Self::UrlPath => value.starts_with('/') && is_word(value) && !value.contains(':'),
            Self::PhpValue => {
                value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
                    && !value.starts_with("--")
            }
            Self::Url => is_word(value) && (value.starts_with('/') || is_web_address(value)),
            Self::Directory => !value.starts_with('/') && is_file_name(value),
            Self::Destination => {
                is_file_name(value) && (value.starts_with('/') || is_remote(value))
            }
            Self::Record => is_record(value),
            Self::Secret => true,
            Self::Switch | Self::TwoRecords | Self::Pem | Self::SecretPem => false,
        }
    }
}

/// The checks of every value on one line.
fn plain(value: &str, longest: usize) -> Result<(), Problem> {
    if value.is_empty() {
        return Err(Problem::Empty);
    }
    if value.chars().any(char::is_control) {
        return Err(Problem::ControlCharacter);
    }
    if value.len() > longest { Err(Problem::Value) } else { Ok(()) }
}

/// PEM on one line, with a tab for each line break: `install-cert` of 8.1.0 turns tabs back into line breaks, whereas
/// `remote.cgi` would make an argument of each line.
fn pem(value: &str) -> Result<String, Problem> {
    if value.is_empty() {
        return Err(Problem::Empty);
    }
    let text = value.trim().replace("\r\n", "\n");
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Problem::ControlCharacter);
    }
    let is_pem = text.starts_with("-----BEGIN ") && text.ends_with("-----") && text.is_ascii();
    // A blank line would be lost: the program reads several tabs as one line break.
    let lines: Vec<_> = text.split('\n').map(str::trim).filter(|it| !it.is_empty()).collect();
    if is_pem && text.len() <= MAX_PEM { Ok(lines.join("\t")) } else { Err(Problem::Value) }
}

fn is_domain(value: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && made_of(label, "-")
    };
    value.len() <= 253 && value.split('.').all(label)
}

/// Letters, digits and what the recorded panel takes besides; Virtualmin adds the suffix of the domain itself.
fn is_local_part(value: &str) -> bool {
    value.len() <= 64
        && value.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
}

fn is_count(value: &str) -> bool {
    !value.starts_with('0') && value.parse::<u64>().is_ok() && !value.starts_with('+')
}

fn is_date(value: &str) -> bool {
    let form = value.bytes().enumerate().all(|(at, c)| match at {
        4 | 7 => c == b'-',
        _ => c.is_ascii_digit(),
    });
    value.len() == 10 && form
}

/// The words are those of `create-scheduled-backup.pl` of 8.1.0.
fn is_schedule(value: &str) -> bool {
    let field = |field: &str| {
        !field.is_empty() && field.chars().all(|c| c.is_ascii_digit() || "*,-/".contains(c))
    };
    ["hourly", "daily", "weekly", "monthly", "yearly"].contains(&value)
        || (value.split(' ').count() == 5 && value.split(' ').all(field))
}

/// A record begins with its name and its type, and no word of it is an option.
fn is_record(value: &str) -> bool {
    let words: Vec<_> = value.split(' ').collect();
    words.len() >= 2 && !value.starts_with('-') && !words[0].is_empty() && !words[1].is_empty()
}

fn is_web_address(value: &str) -> bool {
    url::Url::parse(value)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// An address of a backup in one of the forms that `backup-domain` of 8.1.0 documents.
fn is_remote(value: &str) -> bool {
    const SCHEMES: [&str; 4] = ["ssh://", "ftp://", "s3://", "gcs://"];
    SCHEMES.iter().any(|scheme| value.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

/// Without blanks, and nothing that a web server's configuration would read as its own.
fn is_word(value: &str) -> bool {
    !value.contains(|c: char| c.is_whitespace() || "\"'\\<>".contains(c))
}

fn is_file_name(value: &str) -> bool {
    !value.starts_with('-') && value.split('/').all(|part| part != "..") && is_word(value)
}

fn starts_with_letter(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether `value` consists of lower-case letters, digits and the characters of `more`.
fn made_of(value: &str, more: &str) -> bool {
    value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(kind: Kind, value: &str) -> bool {
        kind.encode(value).is_ok()
    }

    #[test]
    fn an_alias_leads_to_an_address_and_never_to_a_command_or_a_file() {
        assert!(fits(Kind::Address, "bob+news@beta.example"));
        for value in [
            "|/bin/sh",
            "/etc/passwd",
            ":include:/etc/x@a.example",
            "a@b@c",
            "@a.example",
            "bob",
            "a b@c.example",
        ] {
            assert!(!fits(Kind::Address, value), "{value}");
        }
    }

    #[test]
    fn pem_becomes_one_line_that_the_program_reads_as_many() {
        let text = "-----BEGIN CERTIFICATE-----\r\nQUJD\nREVG\n-----END CERTIFICATE-----\n";
        let line = Kind::Pem.encode(text).unwrap();
        assert_eq!(line, "-----BEGIN CERTIFICATE-----\tQUJD\tREVG\t-----END CERTIFICATE-----");
        assert!(!fits(Kind::Pem, "/etc/shadow"), "a path would be read as root");
        assert!(!fits(Kind::SecretPem, "-----BEGIN X-----\n\u{1b}\n-----END X-----"));
        assert!(!fits(Kind::SecretPem, ""));
    }

    #[test]
    fn a_schedule_is_a_word_or_five_fields() {
        for value in ["daily", "0 3 * * 1", "*/5 1-3,7 * * *"] {
            assert!(fits(Kind::Schedule, value), "{value}");
        }
        for value in ["", "soon", "0 3 * *", "0 3 * * 1 root", "0  3 * * 1", "0 3 * * $(id)"] {
            assert!(!fits(Kind::Schedule, value), "{value}");
        }
    }

    #[test]
    fn two_records_are_the_only_value_with_a_line_feed() {
        let two = "www A\nwww A 192.0.2.1";
        assert_eq!(Kind::TwoRecords.encode(two).unwrap(), two);
        for value in
            ["www A", "www A\n", "www A\nwww A 1\n--ttl", "--ttl 5\nwww A", "www A\n--ttl 5"]
        {
            assert!(!fits(Kind::TwoRecords, value), "{value:?}");
        }
        assert!(!fits(Kind::Record, two));
    }

    #[test]
    fn no_path_leads_out_of_its_directory() {
        assert!(fits(Kind::Destination, "/backup/2026-11-21"));
        assert!(fits(Kind::Destination, "ssh://backup:pw@store.example/shop.tar.gz"));
        assert!(!fits(Kind::Destination, "file:///etc/shadow"));
        assert!(fits(Kind::Directory, "public_html/app"));
        for value in ["/a/../../etc", "..", "-x", "/a b"] {
            assert!(!fits(Kind::Destination, value) && !fits(Kind::Directory, value), "{value}");
        }
    }

    #[test]
    fn a_redirect_leads_to_a_web_page() {
        for value in ["https://b.example/x?y=1", "/new"] {
            assert!(fits(Kind::Url, value), "{value}");
        }
        for value in
            ["javascript:alert(1)", "https://", "https://b.example/\" x", "ftp://b.example"]
        {
            assert!(!fits(Kind::Url, value), "{value}");
        }
    }

    #[test]
    fn small_forms_are_exact() {
        for (kind, good, bad) in [
            (Kind::Date, "2026-11-21", "2026-1-21"),
            (Kind::Version, "8.2", "8."),
            (Kind::Number, "0", "00"),
            (Kind::NumberOr("UNLIMITED"), "0", "unlimited"),
            (Kind::CountOr("NONE"), "NONE", "0"),
            (Kind::PhpValue, "256M", "1; extension=x"),
            (Kind::UrlPath, "/old", "/a:b"),
            (Kind::Id, "17952", "x1"),
            (Kind::Words, "web dns mail", "web  dns"),
            (Kind::LocalPartOrAll, "*", "**"),
            (Kind::Choice(&["mysql"]), "mysql", "oracle"),
            (Kind::Database, "shop_db", "shop db"),
        ] {
            assert!(fits(kind, good) && !fits(kind, bad), "{kind:?}");
        }
    }
}
