//! Redirects of websites.

use serde_json::json;

use super::client::Panel;

const LIST: &str = "program=list-redirects&domain=shop.test";
const OLD: &str = "program=create-redirect&domain=shop.test&path=/old&redirect=/new&code=301";

#[tokio::test]
async fn a_redirect_is_listed_as_the_source_prints_it() {
    let panel = Panel::start().await;
    panel.succeed("program=create-domain&domain=shop.test&pass=x&unix=&dir=&web=&ssl=").await;
    assert_eq!(panel.succeed(OLD).await, "Redirect for /old created successfully\n");
    let form = "program=create-redirect&domain=shop.test&path=/x&redirect=https://b.test/y&regexp=&host=www.shop.test";
    panel.succeed(form).await;
    let listed = panel.json(&format!("{LIST}&multiline=")).await;
    assert_eq!(
        listed["data"],
        json!([
            { "name": "/old", "values": {
                "destination": ["/new"], "type": ["Redirect"], "match_sub-paths": ["No"],
                "match_exact_path": ["No"], "code": ["301"], "protocols": ["http https"],
                "directives": ["Redirect"],
            }},
            { "name": "/x", "values": {
                "destination": ["https://b.test/y"], "type": ["Redirect"], "match_sub-paths": ["Yes"],
                "match_exact_path": ["No"], "protocols": ["http https"],
                "limit_to_hostname": ["www.shop.test"], "regexp_hostname": ["No"],
                "directives": ["RewriteRule"],
            }},
        ])
    );
    let delete = "program=delete-redirect&domain=shop.test&path=/x&host=www.shop.test";
    let deleted = "Redirect for path /x and host www.shop.test deleted successfully\n";
    assert_eq!(panel.succeed(delete).await, deleted);
    assert_eq!(panel.names(&format!("{LIST}&name-only=")).await, ["/old"]);
}

#[tokio::test]
async fn a_second_redirect_of_a_path_cannot_be_deleted_alone() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=create-domain&domain=shop.test&pass=x&unix=&dir=&web=").await;
    panel.succeed(OLD).await;
    panel.succeed(OLD).await;
    for (form, error) in [
        ("delete-redirect&domain=shop.test&path=/old", "Multiple redirects for path /old found!"),
        ("delete-redirect&domain=shop.test&path=/no", "No redirect for path /no was found"),
        (
            "create-redirect&domain=shop.test&path=/a&redirect=ftp://b.test",
            "The --redirect flag must be followed by a URL or a URL path",
        ),
        (
            "create-redirect&domain=shop.test&path=/a&redirect=/b&regexp=&exact=",
            "Only one of --regexp or --exact can be given",
        ),
        (
            "create-redirect&domain=shop.test&path=/a&redirect=/b&code=200",
            "--code must be followed by a HTTP status code between 300 and 400",
        ),
        (
            "list-redirects&domain=alpha.test",
            "Virtual server alpha.test does not support redirects",
        ),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error, "{form}");
    }
}
