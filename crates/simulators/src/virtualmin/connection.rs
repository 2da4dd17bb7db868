//! One connection: one request, one answer, and the faults in between.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::auth::Verdict;
use super::envelope;
use super::fault::FaultKind;
use super::host::Call;
use super::http::{self, Head, Request};
use super::outcome::Outcome;
use super::pages::{HELP, NOT_ALLOWED, Page};
use super::programs;
use super::request::Command;
use super::shared::Shared;

/// How a connection is to end.
#[derive(Debug, PartialEq)]
pub(super) enum End {
    /// In order.
    Closed,
    /// With a reset.
    Cut,
}

/// What to do about a request.
enum Route {
    Page(Page),
    Run(Command),
}

/// Serves the connection to its end.
///
/// # Errors
/// When it breaks.
pub(super) async fn serve(
    shared: &Arc<Shared>,
    stream: &mut TlsStream<TcpStream>,
    address: IpAddr,
) -> io::Result<End> {
    let Ok(request) = tokio::time::timeout(shared.read_timeout, http::read(stream)).await else {
        return Ok(End::Closed);
    };
    let Some(request) = request? else { return Ok(End::Closed) };
    match route(shared, &request, address).await {
        Route::Page(page) => answer(stream, &page).await,
        Route::Run(command) => run(shared, stream, &command).await,
    }
}

async fn route(shared: &Shared, request: &Request, address: IpAddr) -> Route {
    if !matches!(request.method.as_str(), "GET" | "HEAD" | "POST") {
        return Route::Page(Page::bad_method(&request.method));
    }
    let (name, now) = (address.to_string(), Instant::now());
    if shared.auth().is_blocked(address, now) {
        return Route::Page(Page::blocked(&name, false));
    }
    if request.path.trim_end_matches('/') != "/virtual-server/remote.cgi" {
        return Route::Page(Page::login());
    }
    let verdict = shared.auth().judge(address, request.authorization.as_deref(), now);
    match verdict {
        Verdict::Anonymous => Route::Page(Page::unauthorized()),
        Verdict::Restricted => Route::Page(Page::text(NOT_ALLOWED)),
        Verdict::Wrong { delay, blocks } => {
            shared.wait(delay).await;
            let blocked = || Page::blocked(&name, true);
            Route::Page(if blocks { blocked() } else { Page::unauthorized() })
        }
        Verdict::Master => match Command::read(&request.query, &request.form) {
            Some(command) => Route::Run(command),
            None => Route::Page(Page::text(HELP)),
        },
    }
}

async fn run(
    shared: &Arc<Shared>,
    stream: &mut TlsStream<TcpStream>,
    command: &Command,
) -> io::Result<End> {
    let found = programs::find(&command.program, &shared.host().world.machine.lacks);
    let program = match found {
        Ok(program) => program,
        Err(missing) => {
            let body = envelope::of_refusal(command.format, &missing.error());
            return answer(stream, &Page::text(body)).await;
        }
    };
    let call = shared.host().begin(program, command);
    let head = Head::success(command.format.content_type());
    let fault = call.fault.clone();
    match fault {
        Some(FaultKind::Hang) => return hang(stream).await,
        Some(FaultKind::Status { status }) => return answer(stream, &Page::status(status)).await,
        Some(FaultKind::HtmlPage) => return answer(stream, &Page::login()).await,
        Some(FaultKind::LostBeforeEffect) => return Ok(End::Cut),
        Some(FaultKind::Stall) => {
            http::write_head(stream, &head).await?;
            return hang(stream).await;
        }
        Some(FaultKind::Flood { mib }) => {
            http::write_head(stream, &head).await?;
            let piece = [b' '; 64 << 10];
            for _ in 0..mib * 16 {
                stream.write_all(&piece).await?;
            }
            return hang(stream).await;
        }
        // Nothing of an answer that is to be lost may leave.
        Some(FaultKind::LostAfterEffect) => {}
        // The headers leave before the program runs, so its duration shows only in the body. A client that
        // is gone by now changes nothing: the program runs all the same.
        _ => drop(http::write_head(stream, &head).await),
    }
    let Some(outcome) = perform(shared, call).await else { return Ok(End::Cut) };
    let body = envelope::of_outcome(command, &outcome);
    match fault {
        Some(FaultKind::LostAfterEffect) => return Ok(End::Cut),
        Some(FaultKind::TruncatedBody) => {
            http::write_body(stream, &body.as_bytes()[..body.len() / 2]).await?;
        }
        _ => http::write_body(stream, body.as_bytes()).await?,
    }
    Ok(End::Closed)
}

/// Runs the program in a task of its own, because a client that leaves does not stop it; `None` when the server
/// is going down.
pub(super) async fn perform(shared: &Arc<Shared>, call: Call) -> Option<Outcome> {
    let task = {
        let shared = Arc::clone(shared);
        async move { shared.wait(call.latency).await.then(|| shared.host().finish(call)) }
    };
    shared.tasks.spawn(task).await.ok().flatten()
}

/// Reads what else comes until the client leaves.
async fn hang(stream: &mut TlsStream<TcpStream>) -> io::Result<End> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(End::Closed)
}

async fn answer(stream: &mut TlsStream<TcpStream>, page: &Page) -> io::Result<End> {
    http::write_head(stream, &page.head).await?;
    http::write_body(stream, page.body.as_bytes()).await?;
    Ok(End::Closed)
}
