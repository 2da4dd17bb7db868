//! `create-domain`.

use serde_json::json;
use simulators::virtualmin::EffectKind;

use super::client::Panel;

#[tokio::test]
async fn a_minimal_server_is_created_step_by_step() {
    let panel = Panel::start().await;
    let output = panel.succeed("program=create-domain&domain=conca.test&pass=x&unix=&dir=").await;
    assert_eq!(
        output,
        "Beginning server creation ..\n\nSaving server details ..\n.. done\n\n\
         Creating administration group conca ..\n.. done\n\nCreating administration user conca ..\n.. done\n\n\
         Adding administration user to groups ..\n.. done\n\nCreating home directory ..\n.. done\n\n\
         Creating mailbox for administration user ..\n.. done\n\nSaving server details ..\n.. done\n\nAll done!\n"
    );
    let server = panel.simulator.domain("conca.test").unwrap();
    assert_eq!(server.username, "conca");
    assert_eq!(server.features, ["unix", "dir"]);
    assert_eq!(server.limits.quota_blocks, 2_097_152);
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_refused_and_nothing_is_made() {
    let panel = Panel::with_alpha().await;
    let good = "domain=gamma.test&pass=x&unix=&dir=";
    let cases = [
        ("pass=x&unix=&dir=", "Missing domain name"),
        ("domain=gamma.test&unix=&dir=", "Missing password"),
        ("domain=gamma.test&pass=x", "No virtual server features enabled"),
        ("domain=alpha.test&pass=x&unix=&dir=", "You are already hosting this domain"),
        (
            "domain=gamma.test&pass=x&dir=",
            "A top-level virtual server with a home directory must have a Unix user",
        ),
        (
            "domain=gamma.test&pass=x&unix=&web=",
            "A domain cannot have an administration user without a home directory",
        ),
        (
            "domain=bad+name.test&pass=x&unix=&dir=",
            "Domain names cannot include anything other than letters, numbers, dots, and dashes",
        ),
        ("domain=bad..test&pass=x&unix=&dir=", "Domain names cannot contain consecutive dots"),
        (
            "domain=www.zed.test&pass=x&unix=&dir=",
            "The domain name does not need to have www at the start",
        ),
        ("domain=192.0.2.5&pass=x&unix=&dir=", "A domain name cannot be an IP address"),
        ("domain=under_score.test&pass=x&unix=&dir=", "Missing or invalid mail username prefix"),
        (&format!("{good}&user=Bad+User%21"), "Missing or invalid administrator username"),
        (&format!("{good}&user=12345"), "Missing or invalid administrator username"),
        (&format!("{good}&user=alpha"), "The specified administration user already exists"),
        (&format!("{good}&user=root"), "The specified administration user already exists"),
        (
            &format!("{good}&user=new&group=alpha"),
            "An administration group named alpha already exists",
        ),
        (&format!("{good}&plan=NoSuchPlan"), "Unknown plan name"),
        (&format!("{good}&template=NoSuchTmpl"), "Unknown template name"),
        (&format!("{good}&email=notanemail"), "--email must be followed by a valid email address"),
        (&format!("{good}&quota=102400"), "No quota specified"),
        (&format!("{good}&quota=1GB&uquota=1"), "Missing or invalid total quota"),
        (&format!("{good}&desc=a%3Ab"), "Description cannot contain the : character"),
        (
            &format!("{good}&spam="),
            "The --spam option cannot be used unless the feature is enabled in the module configuration",
        ),
        (&format!("{good}&nosuchfeature="), "Unknown parameter --nosuchfeature"),
        (
            "domain=s.alpha.test&parent=alpha.test&unix=&dir=",
            "--unix option makes no sense for sub-servers",
        ),
        (
            "domain=a.test&alias=alpha.test&mysql=",
            "--mysql option makes no sense for alias servers",
        ),
        ("domain=s.nosuch.test&parent=nosuch.test&dir=", "Parent domain does not exist"),
    ];
    for (form, error) in cases {
        assert_eq!(panel.fail(&format!("program=create-domain&{form}")).await, error, "{form}");
    }
    assert_eq!(panel.simulator.domains().len(), 1);
    assert_eq!(panel.simulator.effects().len(), 1);
}

#[tokio::test]
async fn the_user_is_the_first_label_and_the_domain_when_that_is_taken() {
    let panel = Panel::with_alpha().await;
    for (domain, name, username) in [
        ("alpha.example", "alpha.example", "alpha.example"),
        ("m%C3%BCnchen.test", "xn--mnchen-3ya.test", "mnchen-3ya"),
        ("UPPER.Test", "upper.test", "upper"),
        ("nodot", "nodot", "nodot"),
    ] {
        let form = format!("program=create-domain&domain={domain}&pass=x&unix=&dir=");
        panel.succeed(&form).await;
        assert_eq!(panel.simulator.domain(name).unwrap().username, username);
    }
}

#[tokio::test]
async fn a_name_that_begins_with_a_dash_leaves_half_a_server_behind() {
    let panel = Panel::start().await;
    let form = "program=create-domain&domain=-bad.test&pass=x&unix=&dir=";
    let answer = panel.json(form).await;
    assert_eq!(answer["status"], "failure");
    assert_eq!(answer["error"], "Beginning server creation ..");
    let full = answer["full_error"].as_str().unwrap();
    assert!(full.contains(".. administration group was created but does not exist!\n"));
    assert!(full.ends_with("was not properly created - Virtual server creation halted.\n"));

    assert_eq!(panel.names("program=list-domains&name-only=").await, ["-bad.test"]);
    assert_eq!(panel.fail(form).await, "You are already hosting this domain");
    assert!(panel.simulator.domain("-bad.test").unwrap().half_made);
    panel.succeed("program=delete-domain&domain=-bad.test").await;
    assert!(panel.simulator.domains().is_empty());
}

#[tokio::test]
async fn quotas_come_from_the_plan_unless_given() {
    let panel = Panel::start().await;
    let plan = "program=create-plan&name=Starter&quota=1048576&admin-quota=524288&max-doms=5\
                &max-mailbox=10&features=unix+dir+web";
    panel.succeed(plan).await;
    let form = "program=create-domain&domain=planned.test&pass=x&plan=Starter&features-from-plan=";
    panel.succeed(form).await;
    let values = panel.values("planned.test").await;
    assert_eq!(values["plan"], json!(["Starter"]));
    assert_eq!(values["features"], json!(["unix dir web"]));
    assert_eq!(values["server_quota"], json!(["1 GiB"]));
    assert_eq!(values["user_block_quota"], json!(["524288"]));
    assert_eq!(values["maximum_sub-servers"], json!(["5"]));
    assert_eq!(values["maximum_mailboxes"], json!(["10"]));

    let own = "program=create-domain&domain=own.test&pass=x&unix=&dir=&quota=1500000&uquota=UNLIMITED\
               &bandwidth=5000000000";
    panel.succeed(own).await;
    let values = panel.values("own.test").await;
    assert_eq!(values["server_quota"], json!(["1.43 GiB"]));
    assert_eq!(values["user_block_quota"], json!(["Unlimited"]));
    assert_eq!(values["bandwidth_limit"], json!(["4.65 GiB"]));
    assert_eq!(values["bandwidth_byte_limit"], json!(["5000000000"]));
}

#[tokio::test]
async fn a_line_feed_in_a_value_injects_arguments() {
    let panel = Panel::start().await;
    let form = "program=create-domain&domain=nl.test&pass=x&unix=&dir=\
                &desc=line1%0A--quota%0A1000%0A--uquota%0A1000";
    panel.succeed(form).await;
    assert_eq!(panel.simulator.domain("nl.test").unwrap().limits.quota_blocks, 1000);
}

#[tokio::test]
async fn sub_servers_and_aliases_belong_to_the_user_of_their_parent() {
    let panel = Panel::with_alpha().await;
    panel
        .succeed("program=create-domain&domain=sub.alpha.test&parent=alpha.test&dir=&web=&dns=")
        .await;
    panel.succeed("program=create-domain&domain=other.test&alias=alpha.test&web=&dns=").await;
    let sub = panel.values("sub.alpha.test").await;
    assert_eq!(sub["type"], json!(["Sub-server"]));
    assert_eq!(sub["parent_domain"], json!(["alpha.test"]));
    assert_eq!(sub["username"], json!(["alpha"]));
    assert_eq!(sub["home_directory"], json!(["/home/alpha/domains/sub.alpha.test"]));
    assert_eq!(sub.get("server_quota"), None);
    let alias = panel.values("other.test").await;
    assert_eq!(alias["type"], json!(["Alias"]));
    assert_eq!(alias["real_domain"], json!(["alpha.test"]));
}

#[tokio::test]
async fn no_password_reaches_the_log_of_effects() {
    let panel = Panel::start().await;
    panel.succeed("program=create-domain&domain=a.test&pass=hunter2&unix=&dir=").await;
    let effects = panel.simulator.effects();
    assert_eq!((effects[0].seq, effects[0].kind), (1, EffectKind::Created));
    assert_eq!(effects[0].arguments, ["--domain", "a.test", "--pass", "***", "--unix", "--dir"]);
    let everything = format!("{effects:?} {:?}", panel.simulator.domains());
    assert!(!everything.contains("hunter2"));
}
