//! Creates a redirect of a website of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Fault, FaultKind},
    fence,
};

use crate::{
    panel::{
        domains::Domain,
        faults::Error,
        programs,
        redirects::{Redirect, Scope},
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        redirects::find::find,
        requests,
    },
};

/// Serves `CreateRedirect`. The program makes a second redirect of a path that has one (`create-redirect.pl` of 8.1.0), so
/// that only the look before it keeps a repeat from doubling it.
///
/// # Errors
/// `Invalid` with the field; `Conflict` for a path that leads elsewhere; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreateRedirectRequest>,
) -> Result<Redirect, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::CreateRedirectRequest { server_id, fence, redirect, .. } = message;
    let redirect = redirect.ok_or_else(|| Fault::invalid("redirect", "is missing"))?;
    let scope = Scope::ALL.into_iter().find(|it| it.as_str() == redirect.r#match);
    let scope =
        scope.ok_or_else(|| Fault::invalid("redirect.match", "give path, below or exact"))?;
    let request = request(target.domain.as_str(), &redirect, scope).map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Website, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let named = (redirect.path.as_str(), redirect.host.as_str());
        let leads_there = |it: &Redirect| {
            it.destination == redirect.target
                && it.scope == scope
                && (redirect.code == 0 || it.code.map(u32::from) == Some(redirect.code))
        };
        match find(panel, domain, named, deadline).await? {
            Some(found) if leads_there(&found) => return Ok(found),
            Some(found) => {
                let message = format!(
                    "{} leads to {} already: delete that redirect first",
                    found.path, found.destination
                );
                return Err(Fault::new(FaultKind::Conflict, message));
            }
            None => {}
        }
        let otherwise = "the redirect is not there, or leads elsewhere";
        let change = Change { request, there_already: None, otherwise };
        let look = async || Ok(find(panel, domain, named, deadline).await?.filter(leads_there));
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

fn request(domain: &str, redirect: &v1::Redirect, scope: Scope) -> Result<Request, Refusal> {
    let of = |field: &'static str| move |refusal: Refusal| refusal.of(field);
    let request = Request::on(&programs::php::CREATE_REDIRECT, domain)?
        .value("path", &redirect.path)
        .map_err(of("redirect.path"))?
        .value("redirect", &redirect.target)
        .map_err(of("redirect.target"))?;
    let request = match redirect.code {
        0 => request,
        code => request.value("code", &code.to_string()).map_err(of("redirect.code"))?,
    };
    let request = match scope {
        Scope::Path => request,
        Scope::Below => request.switch("regexp")?,
        Scope::Exact => request.switch("exact")?,
    };
    match redirect.host.as_str() {
        "" => Ok(request),
        host => request.value("host", host).map_err(of("redirect.host")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_sent_as_the_program_takes_it() {
        let redirect = v1::Redirect {
            path: "/old".to_owned(),
            target: "https://b.test/new".to_owned(),
            code: 301,
            host: "www.a.test".to_owned(),
            ..v1::Redirect::default()
        };
        let form = |scope| request("a.test", &redirect, scope).unwrap().form();
        let begin = "program=create-redirect&json=1&domain=a.test&path=%2Fold\
            &redirect=https%3A%2F%2Fb.test%2Fnew&code=301";
        assert_eq!(form(Scope::Path), format!("{begin}&host=www.a.test"));
        assert_eq!(form(Scope::Below), format!("{begin}&regexp=&host=www.a.test"));
        assert_eq!(form(Scope::Exact), format!("{begin}&exact=&host=www.a.test"));
    }

    #[test]
    fn what_the_web_server_would_misread_is_refused() {
        let good = v1::Redirect {
            path: "/old".to_owned(),
            target: "/new".to_owned(),
            ..v1::Redirect::default()
        };
        for (redirect, field) in [
            (v1::Redirect { path: "old".to_owned(), ..good.clone() }, "redirect.path"),
            (v1::Redirect { path: "/a b".to_owned(), ..good.clone() }, "redirect.path"),
            (v1::Redirect { target: "file:/x".to_owned(), ..good.clone() }, "redirect.target"),
            (v1::Redirect { code: 200, ..good.clone() }, "redirect.code"),
            (v1::Redirect { host: "*".to_owned(), ..good }, "redirect.host"),
        ] {
            assert_eq!(request("a.test", &redirect, Scope::Path).unwrap_err().flag, field);
        }
    }
}
