//! A claim authorises what its job is for, and nothing else.

use contracts::gateway::v1::{
    self, backups_client::BackupsClient, certificates_client::CertificatesClient,
    databases_client::DatabasesClient, dns_client::DnsClient, features_client::FeaturesClient,
    mailboxes_client::MailboxesClient, php_client::PhpClient, plans_client::PlansClient,
    programs_client::ProgramsClient,
};
use model::{
    account::{Account, AccountStatus},
    fault::{Effect, Fault, FaultKind},
    fence::{Change, MAY_MAKE},
    ids::{AccountId, ServerId, TenantId},
    job::JobKind,
    service::ServiceStatus,
};
use tonic::Code;

use crate::{
    rows::Rows,
    setup::{SHOP, STRANGER, World, answer},
};

/// What a request names.
struct Named {
    server: ServerId,
    account: AccountId,
    domain: &'static str,
}

impl World {
    fn shop_named(&self) -> Named {
        Named { server: self.server, account: self.account, domain: SHOP }
    }

    /// Asks for a change as the rows are.
    async fn ask(&self, change: Change) -> Result<(), Fault> {
        self.ask_about(change, self.shop_named()).await
    }

    async fn ask_about(&self, change: Change, named: Named) -> Result<(), Fault> {
        let (server_id, fence) = (named.server.to_string(), Some(self.fence.clone()));
        let (domain, account_id) = (named.domain.to_owned(), named.account.to_string());
        let marker = Account::marker(named.account);
        let mut client = self.client.clone();
        match change {
            Change::Create => {
                let order = v1::CreateDomainRequest {
                    server_id,
                    domain,
                    account_id,
                    marker,
                    ..self.order(SHOP, "shop")
                };
                answer(client.create_domain(order).await).map(drop)
            }
            Change::Modify => {
                let limits = Some(v1::Limits { disk_mib: Some(1024), ..v1::Limits::default() });
                let request = v1::ModifyDomainRequest {
                    server_id,
                    fence,
                    domain,
                    marker,
                    limits,
                    ..v1::ModifyDomainRequest::default()
                };
                answer(client.modify_domain(request).await).map(drop)
            }
            Change::SetPassword => {
                let place = "current".to_owned();
                let request = v1::SetDomainPasswordRequest {
                    server_id,
                    fence,
                    domain,
                    marker,
                    account_id,
                    place,
                };
                answer(client.set_domain_password(request).await).map(drop)
            }
            Change::Disable | Change::DisableUnclaimed => {
                let unclaimed = change == Change::DisableUnclaimed;
                let request = v1::DisableDomainRequest {
                    server_id,
                    fence,
                    domain: if unclaimed && domain == SHOP { STRANGER.to_owned() } else { domain },
                    marker: if unclaimed { String::new() } else { marker },
                    reason: String::new(),
                    unclaimed,
                };
                answer(client.disable_domain(request).await).map(drop)
            }
            Change::Enable | Change::EnableUnclaimed => {
                let unclaimed = change == Change::EnableUnclaimed;
                let request = v1::EnableDomainRequest {
                    server_id,
                    fence,
                    domain: if unclaimed && domain == SHOP { STRANGER.to_owned() } else { domain },
                    marker: if unclaimed { String::new() } else { marker },
                    unclaimed,
                };
                answer(client.enable_domain(request).await).map(drop)
            }
            Change::Delete => {
                let request = v1::DeleteDomainRequest { server_id, fence, domain, marker };
                answer(client.delete_domain(request).await).map(drop)
            }
            Change::CheckConfig => {
                let request = v1::CheckConfigRequest { server_id, fence };
                answer(self.hosts.clone().check_config(request).await).map(drop)
            }
            Change::Mail => {
                let request = v1::CreateMailboxRequest {
                    server_id,
                    fence,
                    domain,
                    marker,
                    user: "bob".to_owned(),
                    password: "b0b's-Passw0rd".to_owned(),
                    ..v1::CreateMailboxRequest::default()
                };
                let mut client = MailboxesClient::new(self.channel.clone());
                answer(client.create_mailbox(request).await).map(drop)
            }
            Change::Parts => {
                let request = v1::CreatePartRequest {
                    server_id,
                    fence,
                    domain,
                    marker,
                    name: "blog.shop.example".to_owned(),
                    r#type: "sub-server".to_owned(),
                    features: Vec::new(),
                };
                answer(client.create_part(request).await).map(drop)
            }
            Change::Rename => {
                let new_username = "shop".to_owned();
                let request =
                    v1::RenameUserRequest { server_id, fence, domain, marker, new_username };
                answer(client.rename_user(request).await).map(drop)
            }
            Change::Features => {
                let features = vec!["dns".to_owned()];
                let request =
                    v1::EnableFeaturesRequest { server_id, fence, domain, marker, features };
                let mut client = FeaturesClient::new(self.channel.clone());
                answer(client.enable_features(request).await).map(drop)
            }
            Change::Website => {
                let request = v1::SetPhpRequest {
                    server_id,
                    fence,
                    domain,
                    marker,
                    mode: "fpm".to_owned(),
                    ..v1::SetPhpRequest::default()
                };
                let mut client = PhpClient::new(self.channel.clone());
                answer(client.set_php(request).await).map(drop)
            }
            Change::LoginLink => {
                let lifetime_seconds = 60;
                let request = v1::CreateLoginLinkRequest {
                    server_id,
                    fence,
                    domain,
                    marker,
                    lifetime_seconds,
                };
                answer(client.create_login_link(request).await).map(drop)
            }
            Change::Databases => {
                let request = v1::CreateDatabaseRequest {
                    server_id,
                    fence,
                    domain,
                    marker,
                    name: "shop_extra".to_owned(),
                    r#type: "mysql".to_owned(),
                };
                let mut client = DatabasesClient::new(self.channel.clone());
                answer(client.create_database(request).await).map(drop)
            }
            Change::Dns => {
                let request = v1::RemoveDnsRecordsRequest {
                    server_id,
                    fence,
                    name: format!("www.{domain}"),
                    domain,
                    marker,
                    r#type: "A".to_owned(),
                    value: None,
                };
                let mut client = DnsClient::new(self.channel.clone());
                answer(client.remove_dns_records(request).await).map(drop)
            }
            Change::Certificates => {
                let request = v1::SignCertificateRequest {
                    server_id,
                    fence,
                    domain,
                    marker,
                    ..v1::SignCertificateRequest::default()
                };
                let mut client = CertificatesClient::new(self.channel.clone());
                answer(client.sign_certificate(request).await).map(drop)
            }
            Change::Backups => {
                let id = "7".to_owned();
                let request =
                    v1::DeleteBackupScheduleRequest { server_id, fence, domain, marker, id };
                let mut client = BackupsClient::new(self.channel.clone());
                answer(client.delete_backup_schedule(request).await).map(drop)
            }
            Change::Restart => {
                let (name, id) = ("web".to_owned(), String::new());
                let request =
                    v1::RestartServiceRequest { server_id, fence, name, id, reload: true };
                answer(self.hosts.clone().restart_service(request).await).map(drop)
            }
            Change::Plans => {
                let request = v1::DeletePlanRequest { server_id, fence, id: "7".to_owned() };
                let mut client = PlansClient::new(self.channel.clone());
                answer(client.delete_plan(request).await).map(drop)
            }
            Change::Call => {
                let program = "check-config".to_owned();
                let arguments = Vec::new();
                let request = v1::CallProgramRequest { server_id, fence, program, arguments };
                let mut client = ProgramsClient::new(self.channel.clone());
                answer(client.call_program(request).await).map(drop)
            }
        }
    }

    /// Asserts that a change is refused and that the host was not called.
    async fn refuses(&self, kind: FaultKind, change: Change, why: &str) {
        self.refuses_about(kind, change, self.shop_named(), why).await;
    }

    async fn refuses_about(&self, kind: FaultKind, change: Change, named: Named, why: &str) {
        let calls = self.calls();
        let fault = self.ask_about(change, named).await.expect_err(why);
        assert_eq!((fault.kind, fault.effect), (kind, Effect::NotApplied), "{why}: {change:?}");
        assert_eq!(self.calls(), calls, "{why}: {change:?}");
    }

    /// The calls of every program that a change or its looks run.
    fn calls(&self) -> u64 {
        let programs = [
            "check-config",
            "create-database",
            "create-domain",
            "create-login-link",
            "create-user",
            "delete-domain",
            "disable-domain",
            "enable-domain",
            "enable-feature",
            "list-databases",
            "generate-cert",
            "get-dns",
            "get-ssl",
            "list-certs",
            "list-domains",
            "list-plans",
            "list-scheduled-backups",
            "list-users",
            "modify-dns",
            "modify-domain",
            "modify-web",
            "restart-server",
        ];
        programs.iter().map(|it| self.simulator.calls(it)).sum()
    }

    /// The shop with every feature that a change is about.
    async fn whole_shop(&self) {
        let features = ["web", "ssl", "mail", "dns", "mysql"].map(str::to_owned).to_vec();
        let order = v1::CreateDomainRequest { features, ..self.order(SHOP, "shop") };
        self.create(order).await.unwrap();
    }

    /// Both virtual servers of the test.
    async fn furnish(&self) {
        self.whole_shop().await;
        assert!(self.simulator.create_by_hand(STRANGER, "other"));
    }

    async fn execute(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool().await).await.unwrap();
    }
}

/// One kind of job for each change that some job makes.
fn makers() -> impl Iterator<Item = (JobKind, Change)> {
    Change::ALL.into_iter().filter_map(|change| {
        let maker = MAY_MAKE.iter().find(|(_, changes)| changes.contains(&change));
        maker.map(|(kind, _)| (*kind, change))
    })
}

#[tokio::test]
async fn each_pair_of_job_and_change_is_as_the_table_says() {
    let world = World::new().await;
    world.furnish().await;
    for kind in JobKind::ALL {
        for change in Change::ALL {
            world.store(&world.rows(kind, change)).await;
            if !change.is_made_by(kind) {
                world.refuses(FaultKind::Denied, change, kind.as_str()).await;
                continue;
            }
            let made = world.ask(change).await;
            assert!(made.is_ok(), "{} {change:?}: {made:?}", kind.as_str());
            if change == Change::Delete {
                world.whole_shop().await;
            }
        }
    }
}

#[tokio::test]
async fn a_denied_change_is_permission_denied_on_the_wire() {
    let world = World::new().await;
    world.shop().await;
    world.store(&world.rows(JobKind::ServerVerify, Change::Delete)).await;
    let request = v1::DeleteDomainRequest {
        server_id: world.server.to_string(),
        fence: Some(world.fence.clone()),
        domain: SHOP.to_owned(),
        marker: world.marker(),
    };
    let status = world.client.clone().delete_domain(request).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "{status}");
    assert!(world.simulator.domain(SHOP).is_some());
}

#[tokio::test]
async fn a_job_of_another_tenant_is_denied_every_change() {
    let world = World::new().await;
    world.furnish().await;
    for (kind, change) in makers() {
        world.store(&world.rows(kind, change)).await;
        world.execute("UPDATE open_jobs SET tenant_id = gen_random_uuid()").await;
        world.refuses(FaultKind::Denied, change, "another tenant's job").await;
    }
    // The same, with everything of that tenant's but the account.
    let tenant = TenantId::generate();
    let foreign = sqlx::query(
        "WITH other AS (INSERT INTO tenants (id, name) VALUES ($1, 'other') RETURNING id)
         UPDATE servers SET tenant_id = other.id FROM other",
    );
    foreign.bind(tenant.uuid()).execute(&world.pool().await).await.unwrap();
    let about_accounts =
        |kind: JobKind| ![JobKind::DomainQuarantine, JobKind::ServerCall].contains(&kind);
    for (kind, change) in makers().filter(|(kind, _)| about_accounts(*kind)) {
        world.store(&world.rows(kind, change)).await;
        world.execute("UPDATE open_jobs SET tenant_id = (SELECT tenant_id FROM servers)").await;
        world.refuses(FaultKind::Denied, change, "another tenant's account").await;
    }
}

#[tokio::test]
async fn a_job_on_another_server_or_without_the_server_is_denied_every_change() {
    let world = World::new().await;
    world.furnish().await;
    let other = world.company.server_of(&world.simulator);
    let other = model::server::Server {
        name: "other".to_owned(),
        url: Some("https://other.example:10000".to_owned()),
        ..other
    };
    let other = world.company.insert_server(&other, "root", "password").await;
    for (kind, change) in makers() {
        world.store(&world.rows(kind, change)).await;
        let named = Named { server: other, ..world.shop_named() };
        world.refuses_about(FaultKind::Denied, change, named, "another server").await;
        // As a verification, which needs no turn of the server.
        world.execute("UPDATE open_jobs SET resource = NULL, slot = NULL").await;
        world.refuses(FaultKind::Denied, change, "no slot").await;
        let slot = sqlx::query("UPDATE open_jobs SET resource = $1, slot = 1");
        slot.bind(world.server.mutation_slot()).execute(&world.pool().await).await.unwrap();
    }
}

#[tokio::test]
async fn a_job_about_another_account_or_domain_is_denied_every_change() {
    let world = World::new().await;
    world.furnish().await;
    let other = world.company.site_of(world.server, "neighbour.example").await;
    world.company.identify(other.account, "neighbour", "an0ther-Passw0rd").await;
    let names_one = |change| {
        ![Change::CheckConfig, Change::Call, Change::Plans, Change::Restart].contains(&change)
    };
    for (kind, change) in makers().filter(|(_, change)| names_one(*change)) {
        world.store(&world.rows(kind, change)).await;
        let neighbour =
            Named { account: other.account, domain: "neighbour.example", ..world.shop_named() };
        world.refuses_about(FaultKind::Denied, change, neighbour, "another account").await;
        let mixed = Named { domain: "neighbour.example", ..world.shop_named() };
        world.refuses_about(FaultKind::Denied, change, mixed, "another domain").await;
        let rows = Rows { target: other.account.target(), ..world.rows(kind, change) };
        world.store(&rows).await;
        world.refuses(FaultKind::Denied, change, "another target").await;
    }
}

#[tokio::test]
async fn a_claim_that_is_over_makes_no_change() {
    let world = World::new().await;
    world.furnish().await;
    world.execute("UPDATE open_jobs SET epoch = epoch + 1").await;
    for (kind, change) in makers() {
        world.store(&world.rows(kind, change)).await;
        world.refuses(FaultKind::Busy, change, "a later claim").await;
    }
}

#[tokio::test]
async fn a_protected_or_wanted_account_is_not_deleted_and_one_to_be_on_is_not_switched_off() {
    let world = World::new().await;
    world.furnish().await;
    let delete = world.rows(JobKind::AccountTerminate, Change::Delete);
    for rows in [
        Rows { protected: true, ..delete.clone() },
        Rows { wanted: ServiceStatus::Active, ..delete.clone() },
        Rows { wanted: ServiceStatus::Suspended, ..delete.clone() },
        Rows { status: AccountStatus::Pending, ..delete.clone() },
        // A provisioning deletes what it made only until the account is in service.
        Rows {
            status: AccountStatus::Active,
            protected: false,
            ..world.rows(JobKind::AccountProvision, Change::Delete)
        },
    ] {
        world.store(&rows).await;
        world.refuses(FaultKind::Refused, Change::Delete, &format!("{rows:?}")).await;
    }
    for kind in [JobKind::AccountSuspend, JobKind::AccountUnsuspend, JobKind::AccountHeal] {
        let rows = world.rows(kind, Change::Disable);
        world.store(&Rows { wanted: ServiceStatus::Active, ..rows }).await;
        world.refuses(FaultKind::Refused, Change::Disable, kind.as_str()).await;
    }
    let shop = world.simulator.domain(SHOP).unwrap();
    assert!(shop.protected && shop.disabled.is_none());
}

#[tokio::test]
async fn a_domain_of_an_account_is_not_switched_as_an_unclaimed_one() {
    let world = World::new().await;
    assert!(world.simulator.create_by_hand(STRANGER, "other"));
    world.company.site_of(world.server, STRANGER).await;
    for change in [Change::DisableUnclaimed, Change::EnableUnclaimed] {
        world.may(change).await;
        world.refuses(FaultKind::Conflict, change, "an account claims it").await;
    }
}

#[tokio::test]
async fn a_refusal_is_audited_once_a_minute_for_each_job_and_change() {
    let world = World::new().await;
    world.shop().await;
    let rows = world.rows(JobKind::ServerVerify, Change::Delete);
    world.store(&rows).await;
    for _ in 0..3 {
        world.refuses(FaultKind::Denied, Change::Delete, "a verification").await;
    }
    let denials = sqlx::query_as::<_, (String, String, String, String)>(
        "SELECT actor, target, detail ->> 'reason', detail ->> 'domain' FROM audit_log
         WHERE action = 'access.denied' AND tenant_id = $1",
    );
    let tenant = world.company.tenant.uuid();
    let denials = denials.bind(tenant).fetch_all(&world.pool().await).await.unwrap();
    let of = |text: &str| text.to_owned();
    let expected = (
        format!("job/{}", world.fence.job_id),
        of("operation/gateway.delete"),
        of("kind"),
        of(SHOP),
    );
    // Two, if the minute ended between the calls.
    assert!(
        (1..=2).contains(&denials.len()) && denials.iter().all(|it| *it == expected),
        "{denials:?}"
    );
}
