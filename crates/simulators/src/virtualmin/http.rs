//! The part of HTTP/1 that Webmin's own server speaks: one request for each connection, and an answer that ends
//! with the connection.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::clock;

/// The longest accepted request line with headers (the real server took 70 kB).
const HEAD_LIMIT: usize = 128 * 1024;
/// The longest accepted body (the real server took 100 kB and has no limit).
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// A request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// The `Host` header.
    pub(super) host: String,
    /// The `Authorization` header.
    pub(super) authorization: Option<String>,
    /// The body if it is a form, otherwise empty: no other kind is supported.
    pub(super) form: Vec<u8>,
}

/// Reads one request; `None` if the client left or sent no valid request.
///
/// # Errors
/// If the connection breaks.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Request>> {
    let mut received = Vec::new();
    let end = loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if received.len() > HEAD_LIMIT || stream.read_buf(&mut received).await? == 0 {
            return Ok(None);
        }
    };
    let mut body = received.split_off(end + 4);
    let head = String::from_utf8_lossy(&received);
    let Some((mut request, length, is_form)) = parse(&head) else { return Ok(None) };
    if length > BODY_LIMIT {
        return Ok(None);
    }
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    body.truncate(length);
    if is_form {
        request.form = body;
    }
    Ok(Some(request))
}

/// The request without its body, the body's length, and whether it is a form.
fn parse(head: &str) -> Option<(Request, usize, bool)> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request =
        Request { method, path: path.into(), query: query.into(), ..Request::default() };
    let (mut length, mut is_form) = (0, true);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "host" => request.host = value.to_owned(),
            "authorization" => request.authorization = Some(value.to_owned()),
            "content-length" => length = value.parse().ok()?,
            "content-type" => is_form = value.starts_with("application/x-www-form-urlencoded"),
            _ => {}
        }
    }
    Some((request, length, is_form))
}

/// The part of an answer before its body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    /// Status code and reason.
    pub(super) status: String,
    /// `Content-type`.
    pub(super) content_type: &'static str,
    /// Whether to send the `WWW-authenticate` header of a 401.
    pub(super) challenge: bool,
}

impl Head {
    /// The head of a success: `200 Document follows`.
    pub(super) fn success(content_type: &'static str) -> Self {
        Self { status: "200 Document follows".into(), content_type, challenge: false }
    }

    fn bytes(&self) -> Vec<u8> {
        let challenge = "WWW-authenticate: Basic realm=\"Webmin Server\"\r\n";
        format!(
            "HTTP/1.0 {}\r\nDate: {}\r\nServer: MiniServ\r\n{}Connection: close\r\nContent-type: {}\r\n\r\n",
            self.status,
            clock::http(clock::now()),
            if self.challenge { challenge } else { "" },
            self.content_type
        )
        .into_bytes()
    }
}

/// Writes the headers. The body may follow much later.
///
/// # Errors
/// If the connection breaks.
pub(super) async fn write_head(
    stream: &mut (impl AsyncWrite + Unpin),
    head: &Head,
) -> io::Result<()> {
    stream.write_all(&head.bytes()).await?;
    stream.flush().await
}

/// Writes the body and ends the connection, which is the only sign that the body is complete.
///
/// # Errors
/// If the connection breaks.
pub(super) async fn write_body(
    stream: &mut (impl AsyncWrite + Unpin),
    body: &[u8],
) -> io::Result<()> {
    stream.write_all(body).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn request(text: &str) -> Option<Request> {
        read(&mut text.as_bytes()).await.unwrap()
    }

    #[tokio::test]
    async fn reads_a_form_to_its_announced_length() {
        let text = "POST /virtual-server/remote.cgi?json=1 HTTP/1.1\r\nAuthorization: Basic eDp5\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n\r\nprogram=infoX";
        let expected = Request {
            method: "POST".into(),
            path: "/virtual-server/remote.cgi".into(),
            query: "json=1".into(),
            host: String::new(),
            authorization: Some("Basic eDp5".into()),
            form: b"program=info".to_vec(),
        };
        assert_eq!(request(text).await, Some(expected));
    }

    #[tokio::test]
    async fn a_json_body_is_not_understood() {
        let text =
            "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(request(text).await.unwrap().form, b"");
    }

    #[tokio::test]
    async fn a_body_cut_short_is_no_request() {
        assert_eq!(request("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc").await, None);
        assert_eq!(request("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n").await, None);
    }

    #[test]
    fn the_headers_stand_in_the_order_of_the_recorded_server() {
        let text = String::from_utf8(Head::success("text/plain").bytes()).unwrap();
        let names: Vec<_> = text.lines().map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!(
            names,
            ["HTTP/1.0 200 Document follows", "Date", "Server", "Connection", "Content-type", ""]
        );
    }
}
