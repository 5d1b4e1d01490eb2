//! Asking a daemon for its status.

use std::io;
use std::path::{Path, PathBuf};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

/// A daemon could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Nobody answers there.
    #[error("nobody answers at {}", path.display())]
    Connect {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No answer, or one that is none.
    #[error("ask for {what}")]
    Http {
        /// What was asked for.
        what: String,
        /// Why.
        #[source]
        source: hyper::Error,
    },
    /// It says no.
    #[error("the answer is {status}: {text}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says.
        text: String,
    },
}

/// Asks the daemon at this socket for `/status` or `/metrics`.
///
/// # Errors
/// [`FetchError`].
pub async fn fetch(path: &Path, what: &str) -> Result<String, FetchError> {
    let connect = |source| FetchError::Connect { path: path.to_owned(), source };
    let http = |source| FetchError::Http { what: what.to_owned(), source };
    let stream = UnixStream::connect(path).await.map_err(connect)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(http)?;
    let connection = tokio::spawn(connection);
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.uri_mut() = what.parse().unwrap_or_default();
    let answer = sender.send_request(request).await.map_err(http)?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(http)?.to_bytes();
    connection.abort();
    let text = String::from_utf8_lossy(&body).into_owned();
    if status != StatusCode::OK {
        return Err(FetchError::Refused { status: status.as_u16(), text });
    }
    Ok(text)
}
