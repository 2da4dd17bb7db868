//! Creates a virtual server, or adopts the one that an earlier try created.

use std::{collections::BTreeSet, sync::Arc};

use contracts::gateway::v1::{self, Limits};
use model::{
    account::Account,
    domain::DomainName,
    fault::{Effect, Fault, FaultKind},
    fence::{Change, Object},
    ids::AccountId,
    password::Place,
    plan::Feature,
    quota::Limit,
    secret::Secret,
    username::Username,
};
use tokio::time::Instant;

use super::{limits, protection};
use crate::{
    panel::{
        client::Panel,
        domains::{Domain, Kind},
        errors::failed_steps,
        faults::Error,
        programs,
        reason::Reason,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Call, Gateway,
        look::{self, Target},
        requests,
    },
};

/// The features that every virtual server has: a Unix user, a home directory, and a login to the panel.
const ALWAYS: [&str; 3] = ["unix", "dir", "webmin"];

/// The virtual server to create.
#[derive(Debug)]
struct Order {
    domain: DomainName,
    /// The user name of its administrator.
    username: Username,
    password: Secret,
    /// The account whose mark is its description.
    account: AccountId,
    /// The features besides those of [`ALWAYS`].
    features: BTreeSet<Feature>,
    limits: Limits,
}

impl Order {
    fn target(&self) -> Target {
        Target { domain: self.domain.clone(), account: Some(self.account) }
    }

    /// Every limit is sent, so that a plan of the panel's own never decides. Warnings are not skipped: Virtualmin only warns
    /// of a database or a MySQL login of that name that belongs to no virtual server, and with `skip-warnings` hands both
    /// over to the new one, which then also deletes them with it (`feature-mysql.pl` of 8.1.0, `check_warnings_mysql`,
    /// `setup_mysql` and `create_mysql_database`).
    fn request(&self) -> Result<Request, Fault> {
        let refused = |refusal: Refusal| Fault::from(Error::from(refusal));
        let quota = limits::quota(&self.limits)?;
        let mut request = Request::on(&programs::domains::CREATE, self.domain.as_str())
            .and_then(|it| it.value("user", self.username.as_str()))
            .and_then(|it| it.secret("pass", &self.password))
            .and_then(|it| it.value("desc", &Account::marker(self.account)))
            .and_then(|it| it.switch("unix"))
            .and_then(|it| it.switch("dir"))
            .and_then(|it| it.switch("webmin"))
            .map_err(refused)?;
        for feature in &self.features {
            request = request.switch(feature.as_str()).map_err(refused)?;
        }
        request = request
            .value("quota", &quota)
            .and_then(|it| it.value("uquota", &quota))
            .map_err(refused)?
            .value("bandwidth", &limits::bandwidth(&self.limits)?)
            .map_err(refused)?;
        let counts = [
            ("max-mailboxes", "limits.mailboxes", self.limits.mailboxes, Feature::Mail),
            ("max-dbs", "limits.databases", self.limits.databases, Feature::Mysql),
        ];
        for (flag, field, count, feature) in counts {
            let has = self.features.contains(&feature);
            if let Some(count) = limits::count(field, count, has)? {
                request = request.value(flag, &count).map_err(refused)?;
            }
        }
        request.switch("no-email").map_err(refused)
    }
}

/// Serves `CreateDomain`.
///
/// # Errors
/// `Invalid` with the field; those of [`create`].
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreateDomainRequest>,
) -> Result<Domain, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let username = requests::parse("username", &message.username)?;
    let account = requests::same_account(&message.account_id, &message.marker)?;
    let features = requests::features(&message.features)?;
    let object = Object::Account(account, domain.clone());
    let fence = gateway.admit(&message.server_id, message.fence, Change::Create, object).await?;
    let order = Order {
        domain,
        username,
        account,
        features,
        limits: message.limits.unwrap_or_default(),
        password: gateway.account_password(account, Place::Current).await?,
    };
    // A request that cannot be sent fails before it waits for its turn.
    order.request()?;
    let work = async move |server: Arc<Server>| create(&server.panel, &order, deadline).await;
    gateway.change(fence, deadline, work).await
}

/// Creates the virtual server, reads it back, and protects it.
///
/// # Errors
/// `Conflict` if the domain or the user name belongs to something that is not ours, and nothing was touched.
async fn create(panel: &Panel, order: &Order, deadline: Instant) -> Result<Domain, Fault> {
    let request = order.request()?;
    match panel.run(request, deadline).await {
        Ok(output) => {
            let step = failed_steps(&output, &[&order.password]);
            let made = look::after(panel, &order.target(), deadline).await?;
            let made = made.ok_or_else(|| {
                look::without_effect("the virtual server does not exist", step.clone())
            })?;
            check_whole(order, &made, step)?;
            protect(panel, made, deadline).await
        }
        Err(error) if error.is(Reason::AlreadyHosted) => adopt(panel, order, deadline).await,
        Err(error) if error.is(Reason::Halted) || error.is(Reason::NoSpace) => {
            Err(clear_away(panel, order, error.into(), deadline).await)
        }
        Err(error) => Err(error.into()),
    }
}

async fn protect(panel: &Panel, made: Domain, deadline: Instant) -> Result<Domain, Fault> {
    let set = protection::set(panel, &made.name, deadline).await;
    set.map(|()| made).map_err(|fault| fault.with_effect(Effect::Unknown))
}

/// The domain is on the server already. That is success only if an earlier try of ours created it completely.
async fn adopt(panel: &Panel, order: &Order, deadline: Instant) -> Result<Domain, Fault> {
    // The panel serialises creation by name, so an earlier try has ended by now.
    let found = look::present(panel, &order.target(), deadline).await?;
    if found.kind != Kind::TopLevel || found.username != order.username.as_str() {
        return Err(Fault::new(
            FaultKind::Conflict,
            format!("{} is on this server with another administrator", found.name),
        ));
    }
    check_whole(order, &found, None)?;
    protect(panel, found, deadline).await
}

/// Checks that everything ordered is there. A missing part comes neither by itself nor by a retry, because
/// the panel would answer that it hosts the domain already. So the job has to undo the creation.
fn check_whole(order: &Order, made: &Domain, step: Option<String>) -> Result<(), Fault> {
    let wanted = ALWAYS.into_iter().chain(order.features.iter().map(|it| it.as_str()));
    let missing: Vec<&str> =
        wanted.filter(|feature| !made.features.iter().any(|it| it == feature)).collect();
    let quota = order.limits.disk_mib.map_or(Limit::Unlimited, Limit::AtMost).mib_to_blocks();
    let problem = if !missing.is_empty() {
        format!("it lacks {}", missing.join(", "))
    } else if made.server_quota.is_some_and(|it| Ok(it) != quota) {
        "its quota is another than the one asked for".to_owned()
    } else {
        return Ok(());
    };
    let fault = Fault::new(FaultKind::Refused, format!("{} was made, but {problem}", made.name));
    let fault = fault.with_effect(Effect::Applied);
    Err(match step {
        Some(step) => fault.caused_by(step),
        None => fault,
    })
}

/// Deletes the remains of a creation that stopped half way. They cannot be older than this call, because the
/// panel would have answered that it hosts the domain already; the mark is checked all the same.
async fn clear_away(panel: &Panel, order: &Order, fault: Fault, deadline: Instant) -> Fault {
    let domain = order.domain.as_str();
    let cleared = async {
        if look::before(panel, &order.target(), deadline).await?.is_none() {
            return Ok(true);
        }
        let request = Request::on(&programs::domains::DELETE, domain).map_err(Error::from)?;
        panel.run(request, deadline).await?;
        Ok::<bool, Fault>(look::before(panel, &order.target(), deadline).await?.is_none())
    };
    match cleared.await {
        Ok(true) => fault.with_effect(Effect::NotApplied),
        Ok(false) => fault,
        Err(second) => {
            tracing::warn!(%domain, error = %second, "a half-made virtual server is left");
            fault
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(limits: Limits) -> Order {
        Order {
            domain: "shop.example".parse().unwrap(),
            username: "shop".parse().unwrap(),
            password: Secret::from("p&w d=1".to_owned()),
            account: "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f".parse().unwrap(),
            features: BTreeSet::from([Feature::Web, Feature::Mail]),
            limits,
        }
    }

    #[test]
    fn every_limit_is_sent_in_the_panels_unit() {
        let limits = Limits {
            disk_mib: Some(1024),
            bandwidth_mib: Some(2),
            mailboxes: Some(5),
            databases: Some(0),
        };
        assert_eq!(
            order(limits).request().unwrap().form(),
            "program=create-domain&json=1&domain=shop.example&user=shop&pass=p%26w+d%3D1\
             &desc=praho+account+0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f&unix=&dir=&webmin=&web=&mail=&quota=1048576&uquota=1048576\
             &bandwidth=2097152&max-mailboxes=5&no-email="
        );
    }

    #[test]
    fn unlimited_is_sent_too_so_that_no_plan_of_the_panel_decides() {
        let form = order(Limits::default()).request().unwrap().form();
        assert!(form.contains("&quota=UNLIMITED&uquota=UNLIMITED&bandwidth=NONE&"), "{form}");
        assert!(!form.contains("max-"), "{form}");
    }

    #[test]
    fn a_limit_of_zero_is_refused_because_the_panel_would_take_it_for_unlimited() {
        for (limits, field) in [
            (Limits { disk_mib: Some(0), ..Limits::default() }, "limits.disk_mib"),
            (Limits { bandwidth_mib: Some(0), ..Limits::default() }, "limits.bandwidth_mib"),
            (Limits { mailboxes: Some(0), ..Limits::default() }, "limits.mailboxes"),
            (Limits { disk_mib: Some(u64::MAX), ..Limits::default() }, "limits.disk_mib"),
        ] {
            let fault = order(limits).request().unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid);
            assert_eq!(fault.violations[0].field, field);
        }
    }
}
