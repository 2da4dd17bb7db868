//! Features and transfer of virtual servers.

use serde_json::json;
use simulators::virtualmin::{Day, EffectKind::Modified};

use super::client::Panel;

const ALPHA: &str = "domain=alpha.test";

#[tokio::test]
async fn a_feature_comes_and_goes_with_what_it_holds() {
    let panel = Panel::with_alpha().await;
    let text = panel.succeed(&format!("program=enable-feature&{ALPHA}&web=&mail=&mysql=")).await;
    assert!(
        text.starts_with("Updating server alpha.test ..\n    Adding to email domains list"),
        "{text}"
    );
    assert_eq!(panel.values("alpha.test").await["features"], json!(["unix dir mail web mysql"]));
    let contents = panel.simulator.domain("alpha.test").unwrap().contents;
    assert_eq!((contents.databases, contents.aliases.len()), (vec!["alpha".to_owned()], 4));
    assert_eq!(panel.simulator.effects().last().unwrap().kind, Modified);

    let again = panel.succeed(&format!("program=enable-feature&{ALPHA}&web=")).await;
    assert_eq!(again, "Updating server alpha.test ..\n.. done\n\n");
    assert_eq!(panel.simulator.effects().len(), 2);

    assert_eq!(
        panel.succeed(&format!("program=disable-feature&{ALPHA}&web=")).await,
        "Updating server alpha.test ..\n    Deleting virtual website ..\n    .. done\n\n    Deleting Apache log files ..\n    \
         .. done\n\n.. done\n\nApplying webserver configuration ..\n.. done\n\n"
    );
    panel.succeed(&format!("program=disable-feature&{ALPHA}&mysql=&mail=")).await;
    let contents = panel.simulator.domain("alpha.test").unwrap().contents;
    assert!(contents.databases.is_empty() && contents.aliases.is_empty());
}

#[tokio::test]
async fn a_feature_that_needs_another_fails_after_the_banner() {
    let panel = Panel::with_alpha().await;
    let answer = panel.json(&format!("program=enable-feature&{ALPHA}&logrotate=")).await;
    let full = "Updating server alpha.test ..\n.. dependency checks failed : Log file rotation cannot be enabled \
                unless a website is\n\n";
    assert_eq!((&answer["status"], &answer["full_error"]), (&json!("failure"), &json!(full)));
    assert_eq!(answer["error"], "Updating server alpha.test ..");

    panel.succeed(&format!("program=enable-feature&{ALPHA}&web=&ssl=")).await;
    let answer = panel.json(&format!("program=disable-feature&{ALPHA}&web=")).await;
    assert!(answer["full_error"].as_str().unwrap().contains("SSL cannot be enabled"), "{answer}");
    panel.succeed("program=create-domain&domain=also.test&alias=alpha.test&web=").await;
    let answer = panel.json(&format!("program=disable-feature&{ALPHA}&web=&ssl=")).await;
    let words = ".. feature being disabled is in use by alias servers : also.test\n";
    assert!(answer["full_error"].as_str().unwrap().contains(words), "{answer}");
    panel.simulator.add_database("alpha");
    let answer = panel.json(&format!("program=enable-feature&{ALPHA}&mysql=")).await;
    let words = "Warning: A MySQL database named alpha already exists\n";
    assert!(answer["full_error"].as_str().unwrap().contains(words), "{answer}");
    for (form, error) in [
        (
            "enable-feature&domain=alpha.test&postgres=",
            "The --postgres option cannot be used unless the feature is enabled in the module configuration",
        ),
        ("enable-feature&web=", "No domains or users specified"),
        ("disable-feature&domain=no.test&web=", "Virtual server no.test does not exist"),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error, "{form}");
    }
}

#[tokio::test]
async fn transfer_has_the_recorded_forms() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=create-domain&domain=beta.test&pass=x&unix=&dir=").await;
    panel.simulator.edit("beta.test", |it| {
        let day = |date: &str, web, mail| Day { date: date.to_owned(), web, mail };
        it.contents.transfer = vec![day("2026-11-20", 777, 50), day("2026-11-21", 12_345, 0)];
    });
    let all = "program=list-bandwidth&all-domains=";
    assert_eq!(
        panel.text(all).await,
        "alpha.test:\nbeta.test:\n    2026-11-20: mail:50 web:777\n    2026-11-21: mail:0 web:12345\n\nExit status: 0\n"
    );
    // The parser of objects loses days.
    let broken = panel.json("program=list-bandwidth&domain=alpha.test").await;
    assert_eq!(broken["data"], json!([{ "name": "alpha.test", "value": "" }]));
    let days = [
        json!({ "date": "2026-11-20", "mail": "50", "web": "777" }),
        json!({ "date": "2026-11-21", "mail": "0", "web": "12345" }),
    ];
    assert_eq!(
        panel.json(&format!("{all}&simple-multiline=")).await["data"],
        json!([{ "name": "alpha.test", "bw": [] }, { "name": "beta.test", "bw": days }])
    );
    let late = "program=list-bandwidth&domain=beta.test&start=2026-11-21&simple-multiline=";
    assert_eq!(panel.json(late).await["data"], json!([{ "name": "beta.test", "bw": [days[1]] }]));
    assert_eq!(panel.fail("program=list-bandwidth").await, "No domain names specified");
}
