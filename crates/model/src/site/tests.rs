//! What counts as a domain's own answer, and what may be a default site's.

use proptest::prelude::*;

use super::*;
use crate::words::pinned::are_stored;

/// A web server: its answer for any host name.
type Server<'a> = &'a dyn Fn(&str) -> Answer;

/// Asks for `label` before the domain and before two unknown names, as the worker does.
fn verdict_of(domain: &str, label: &str, server: Server<'_>) -> Option<ToldBy> {
    let stranger = |number: u8| {
        let name = format!("{number:032x}.invalid");
        let answer = server(&format!("{label}{name}"));
        Stranger { name, answer }
    };
    let domain: DomainName = domain.parse().unwrap();
    let answer = server(&format!("{label}{domain}"));
    told_by(&domain, &answer, &[stranger(1), stranger(2)])
}

fn verdict(server: Server<'_>) -> Option<ToldBy> {
    verdict_of("exemplu.ro", "", server)
}

fn page(text: impl Into<String>) -> Answer {
    Answer { status: Some(200), page: Some(text.into()), ..Answer::default() }
}

fn redirect(location: impl Into<String>) -> Answer {
    Answer { status: Some(301), location: Some(location.into()), ..page("moved") }
}

#[test]
fn the_words_are_stored() {
    are_stored::<ToldBy>("certificate status redirect page default_site");
}

#[test]
fn a_server_that_gives_all_names_the_same_page_is_not_believed() {
    assert_eq!(verdict(&|_| page("It works!")), None);
    assert_eq!(verdict(&|_| page("the site of casa.ro")), None);
}

#[test]
fn a_server_that_repeats_the_name_is_not_believed() {
    for echo in [
        "Apache/2.4.65 Server at {} Port 80",
        "http://{}:8080/x",
        "www.{}.",
        "mail info@{}, or see https%3A%2F%2F{}%2Fnew",
    ] {
        assert_eq!(verdict(&|name| page(echo.replace("{}", name))), None, "{echo}");
        assert_eq!(verdict(&|name| page(echo.replace("{}", &name.to_uppercase()))), None, "{echo}");
    }
    for target in ["https://{}/", "https://www.{}/", "https://login.casa.ro/?to=http%3a%2f%2f{}%2f"]
    {
        assert_eq!(verdict(&|name| redirect(target.replace("{}", name))), None, "{target}");
    }
}

#[test]
fn a_page_of_its_own_is_told_by_what_it_says() {
    let server = |name: &str| page(if name == "exemplu.ro" { "welcome" } else { "It works!" });
    assert_eq!(verdict(&server), Some(ToldBy::Page));
    // Two sites that were made alike, each of which names its domain.
    let server = |name: &str| page(if name == "exemplu.ro" { "exemplu.ro" } else { "casa.ro" });
    assert_eq!(verdict(&server), Some(ToldBy::Page));
}

#[test]
fn a_site_that_is_the_default_site_is_told_by_its_name() {
    assert_eq!(verdict(&|_| page("<title>Exemplu.ro - welcome")), Some(ToldBy::DefaultSite));
    assert_eq!(verdict(&|_| redirect("https://exemplu.ro/")), Some(ToldBy::DefaultSite));
}

#[test]
fn a_default_site_whose_name_resembles_the_domain_is_not_believed() {
    for name in ["unexemplu.ro", "magazin.exemplu.ro", "exemplu.ro.casa.ro", "exemplu-ro"] {
        assert_eq!(verdict(&|_| page(format!("the site of {name}!"))), None, "{name}");
    }
    let echoing = |name: &str| page(format!("magazin.exemplu.ro has no {name}"));
    assert_eq!(verdict(&echoing), None);
}

#[test]
fn a_default_page_that_changes_with_each_request_proves_nothing() {
    let count = std::cell::Cell::new(0);
    let server = |_: &str| {
        count.set(count.get() + 1);
        page(format!("request {}", count.get()))
    };
    assert_eq!(verdict(&server), None);
}

#[test]
fn a_page_too_large_to_read_proves_nothing() {
    let server = |name: &str| Answer {
        page: (name != "exemplu.ro").then(|| "short".to_owned()),
        ..page("")
    };
    assert_eq!(verdict(&server), None);
}

#[test]
fn status_redirect_and_certificate_count_too() {
    let server = |name: &str| match name {
        "exemplu.ro" => Answer { status: Some(403), ..page("no") },
        _ => page("no"),
    };
    assert_eq!(verdict(&server), Some(ToldBy::Status));
    let server = |name: &str| if name == "exemplu.ro" { page("x") } else { Answer::default() };
    assert_eq!(verdict(&server), Some(ToldBy::Status), "unknown names are hung up on");
    let server = |name: &str| match name {
        "exemplu.ro" => redirect("https://shop.example/"),
        _ => redirect("https://casa.ro/"),
    };
    assert_eq!(verdict(&server), Some(ToldBy::Redirect));
    let server = |name: &str| {
        let certificate = if name == "exemplu.ro" { "aa" } else { "bb" };
        Answer { certificate_sha256: Some(certificate.to_owned()), ..page("same") }
    };
    assert_eq!(verdict(&server), Some(ToldBy::Certificate));
}

#[test]
fn the_redirect_of_an_administration_host_tells_sites_with_the_same_page() {
    // As Virtualmin configures each site; the first page is the same for all here.
    let server = |name: &str| match name {
        "admin.exemplu.ro" => redirect("https://exemplu.ro:10000/"),
        _ => page("coming soon"),
    };
    assert_eq!(verdict_of("exemplu.ro", "", &server), None);
    assert_eq!(verdict_of("exemplu.ro", "admin.", &server), Some(ToldBy::Status));
    // A server that redirects every such host by its name.
    let server =
        |name: &str| redirect(format!("https://{}:10000/", name.trim_start_matches("admin.")));
    assert_eq!(verdict_of("exemplu.ro", "admin.", &server), None);
}

proptest! {
    /// Whatever a default site makes of the name that it is asked for, by repeating it, is not the domain's own.
    #[test]
    fn no_page_made_from_the_name_alone_is_believed(
        parts in prop::collection::vec("[ -~]{0,12}", 1..5),
        domain in "[a-z][a-z0-9]{2,8}\\.(ro|com|example)",
        status in 200_u16..500,
    ) {
        // A part that is the domain by chance would be the default site of the domain.
        prop_assume!(parts.iter().all(|it| !lower(it).contains(&domain)));
        let server = |name: &str| {
            let text = parts.join(&format!("/{name}/"));
            Answer { status: Some(status), location: Some(text.clone()), ..page(text) }
        };
        prop_assert_eq!(verdict_of(&domain, "", &server), None);
    }

    /// A page that the domain alone has is told from any other.
    #[test]
    fn a_page_that_names_its_domain_is_believed_beside_one_that_names_another(
        text in "[ -~]{0,40}", domain in "[a-z][a-z0-9]{2,8}\\.ro", other in "[a-z]{3,8}\\.com",
    ) {
        let server = |name: &str| {
            page(format!("{text} {}", if name == domain { &domain } else { &other }))
        };
        prop_assert_eq!(verdict_of(&domain, "", &server), Some(ToldBy::Page));
    }

    /// Masking ends for any text, and leaves a text without a name as it is.
    #[test]
    fn a_text_without_names_is_only_lowered(text in "\\PC*") {
        prop_assume!(!text.contains('%'));
        prop_assert_eq!(masked(&text, &["nobody.invalid"]), text.to_ascii_lowercase());
    }
}
