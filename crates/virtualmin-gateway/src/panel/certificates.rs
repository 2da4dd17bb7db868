//! Reads `get-ssl`, and the certificates that `list-certs` prints.

use std::borrow::Cow;

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;
use time::{PrimitiveDateTime, format_description::BorrowedFormatItem, macros::format_description};

use super::{
    objects::{Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// The form of `notafter` (228).
const NOT_AFTER: &[BorrowedFormatItem<'_>] = format_description!(
    "[month repr:short] [day padding:space] [hour]:[minute]:[second] [year] GMT"
);

/// What the panel tells of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) common_name: String,
    /// In the panel's order.
    pub(crate) names: Vec<String>,
    /// The common name of the issuer.
    pub(crate) issuer: String,
    pub(crate) self_signed: bool,
    pub(crate) not_after_unix_seconds: i64,
    pub(crate) key_type: String,
    pub(crate) key_bits: u32,
}

/// One line of `get-ssl`.
#[derive(Debug, Deserialize)]
pub(crate) struct Line<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

/// One attribute of a certificate. Several have the same name.
#[derive(Debug)]
pub(crate) struct Attribute {
    name: String,
    value: String,
}

impl Record for Attribute {
    type Object<'a> = Line<'a>;

    fn read(line: Self::Object<'_>) -> Result<Self, Unrecognised> {
        Ok(Self { name: line.name.into_owned(), value: line.value.into_owned() })
    }
}

impl Facts {
    /// Reads the attributes; `None` if one is missing that each certificate has, or cannot be read.
    pub(crate) fn read(attributes: &[Attribute]) -> Option<Self> {
        let all = |name: &'static str| {
            attributes.iter().filter(move |it| it.name == name).map(|it| it.value.clone())
        };
        // The first type is that of the key, and the second tells who signed (228).
        let (key_type, signed) = (all("type").next()?, all("type").nth(1)?);
        let not_after = PrimitiveDateTime::parse(&all("notafter").next()?, NOT_AFTER).ok()?;
        Some(Self {
            common_name: all("cn").next().unwrap_or_default(),
            names: all("alt").collect(),
            issuer: all("issuer_cn").next().unwrap_or_default(),
            self_signed: signed == "Self-signed",
            not_after_unix_seconds: not_after.assume_utc().unix_timestamp(),
            key_type,
            key_bits: all("size").next()?.parse().ok()?,
        })
    }
}

/// One line of PEM. As JSON, each is an object of its own, after one for the virtual server, whose file is lost (229).
#[derive(Debug)]
pub(crate) struct PemLine(String);

/// What `list-certs` makes of a line.
#[derive(Debug, Deserialize)]
pub(crate) struct Named<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

impl Record for PemLine {
    type Object<'a> = Named<'a>;

    fn read(object: Self::Object<'_>) -> Result<Self, Unrecognised> {
        Ok(Self(object.name.into_owned()))
    }
}

/// The certificates in the lines as PEM; `None` if there is none, or something else between them.
pub(crate) fn pem(lines: Vec<PemLine>) -> Option<String> {
    let lines: Vec<_> = lines.into_iter().map(|it| it.0).skip(1).collect();
    let text = lines.join("\n") + "\n";
    certificates(&text).map(|_| text)
}

/// The certificates of a PEM text, to compare two; `None` if it has none, or anything else.
pub(crate) fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let begins = pem.lines().filter(|line| line.starts_with("-----BEGIN ")).count();
    let parsed = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    parsed.ok().filter(|found| !found.is_empty() && found.len() == begins)
}

/// The call that tells of the certificate of a virtual server.
pub(crate) fn facts(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::certificates::GET, domain)
}

/// The call that prints the certificate of a virtual server, and not its key.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::certificates::LIST, domain)?.switch("cert")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As recorded (228), shortened.
    const RECORDED: &str = r#"[{"value":"/etc/ssl/virtualmin/1/ssl.cert","name":"cert"},
        {"name":"type","value":"rsa"},{"name":"size","value":"4096"},{"value":"*.beta.test","name":"cn"},
        {"name":"issuer_cn","value":"*.beta.test"},{"name":"notafter","value":"Nov  1 03:05:43 2027 GMT"},
        {"name":"type","value":"Self-signed"},{"name":"alt","value":"*.beta.test"},{"name":"alt","value":"beta.test"}]"#;

    fn read(json: &str) -> Option<Facts> {
        let lines: Vec<Line<'_>> = serde_json::from_str(json).unwrap();
        let attributes: Result<Vec<_>, _> = lines.into_iter().map(Attribute::read).collect();
        Facts::read(&attributes.unwrap())
    }

    #[test]
    fn reads_who_signed_what_and_until_when() {
        let facts = read(RECORDED).unwrap();
        assert_eq!((facts.key_type.as_str(), facts.key_bits), ("rsa", 4096));
        assert_eq!(facts.names, ["*.beta.test", "beta.test"]);
        assert!(facts.self_signed);
        assert_eq!(facts.not_after_unix_seconds, 1_825_038_343);
        let signed = read(&RECORDED.replace("Self-signed", "Signed by CA")).unwrap();
        assert!(!signed.self_signed);
        for (good, bad) in [("\"size\"", "\"bits\""), ("notafter", "until"), ("Nov  1", "Once")] {
            assert_eq!(read(&RECORDED.replace(good, bad)), None, "{bad}");
        }
    }

    #[test]
    fn only_certificates_are_taken_for_certificates() {
        let one = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
        let key = one.replace("CERTIFICATE", "PRIVATE KEY");
        assert_eq!(certificates(one).unwrap().len(), 1);
        assert_eq!(certificates(&format!("{one}{one}")).unwrap().len(), 2);
        for text in ["", "beta.test", &key, &format!("{one}{key}"), &one.replace("QUJD", "*")] {
            assert_eq!(certificates(text), None, "{text}");
        }
        let lines =
            ["beta.test", "-----BEGIN CERTIFICATE-----", "QUJD", "-----END CERTIFICATE-----"];
        let lines = lines.map(|it| PemLine(it.to_owned()));
        assert_eq!(pem(Vec::from(lines)).unwrap(), one);
        assert_eq!(pem(Vec::new()), None);
    }

    proptest! {
        #[test]
        fn any_lines_are_read_or_refused(lines in proptest::collection::vec("\\PC{0,40}", 0..6)) {
            let _ = pem(lines.into_iter().map(PemLine).collect());
        }
    }
}
