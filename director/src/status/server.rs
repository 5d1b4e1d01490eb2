//! HTTP on a Unix socket and, when asked for, on a loopback port.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::metrics;
use super::report::Report;
use crate::director::{Director, View};

/// At one time; who asks beyond that waits.
const CONNECTIONS: usize = 16;
/// For a request to be whole: who asks is on this machine. Those that say nothing take places from others for no longer.
const REQUEST_PATIENCE: Duration = Duration::from_secs(1);
/// For everything, the answer being read included.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the status is served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Listener {
    /// On a Unix socket, for its owner and group.
    Unix(PathBuf),
    /// On a port of this machine.
    Loopback(u16),
}

/// The status cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Somebody else serves there.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// There is something else.
    #[error("{} is there, and is not a socket", .0.display())]
    NotASocket(PathBuf),
    /// No socket.
    #[error("listen for status requests")]
    Listen(#[from] io::Error),
}

/// A server. It ends with this value, and its socket goes.
#[derive(Debug)]
pub struct Server {
    task: JoinHandle<()>,
    path: Option<PathBuf>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(path) = &self.path {
            // Somebody may have taken it away.
            let _ = fs::remove_file(path);
        }
    }
}

/// Serves `/status` (JSON) and `/metrics` (Prometheus).
///
/// # Errors
/// [`ServeError`].
pub fn serve(director: &Director, listener: &Listener) -> Result<Server, ServeError> {
    let view = director.view();
    match listener {
        Listener::Unix(path) => {
            let socket = bind(path)?;
            Ok(Server { task: tokio::spawn(attend(socket, view)), path: Some(path.clone()) })
        }
        Listener::Loopback(port) => {
            let address = SocketAddr::from(([127, 0, 0, 1], *port));
            let socket = std::net::TcpListener::bind(address)?;
            socket.set_nonblocking(true)?;
            let socket = TcpListener::from_std(socket)?;
            Ok(Server { task: tokio::spawn(attend(socket, view)), path: None })
        }
    }
}

/// A socket that connections come in on.
trait Accept {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn take(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn take(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn take(&self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Takes connections for ever, and attends to so many of them at one time.
async fn attend(socket: impl Accept, view: Arc<Mutex<View>>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match socket.take().await {
            Ok(stream) => {
                let view = Arc::clone(&view);
                tokio::spawn(async move {
                    converse(stream, view).await;
                    drop(permit);
                });
            }
            Err(error) => rest(&error).await,
        }
    }
}

/// A socket that nobody serves any more is replaced.
fn bind(path: &Path) -> Result<UnixListener, ServeError> {
    if let Ok(metadata) = fs::symlink_metadata(path) {
        if !metadata.file_type().is_socket() {
            return Err(ServeError::NotASocket(path.to_owned()));
        }
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(ServeError::InUse(path.to_owned()));
        }
        fs::remove_file(path)?;
    }
    let socket = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(socket)
}

/// No file descriptors, mostly: trying at once would only burn time.
async fn rest(error: &io::Error) {
    tracing::warn!(%error, "a status request could not be taken");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, view: Arc<Mutex<View>>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let view = Arc::clone(&view);
        async move { Ok::<_, Infallible>(answer(&request, &view)) }
    });
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_PATIENCE)
        .keep_alive(false)
        // Who has nothing more to say, as `nc -N`, still wants the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(PATIENCE, conversation).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a status request failed"),
        Err(_) => tracing::debug!("a status request took too long"),
    }
}

fn answer(request: &Request<Incoming>, view: &Mutex<View>) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        return response(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "allowed is GET\n".into());
    }
    let report = || Report::of(view);
    let stopped = || {
        let text = "the VRRP thread is gone\n".into();
        response(StatusCode::SERVICE_UNAVAILABLE, "text/plain", text)
    };
    match request.uri().path() {
        "/status" => match report().map(|report| serde_json::to_string_pretty(&report)) {
            Ok(Ok(text)) => response(StatusCode::OK, "application/json", text + "\n"),
            _ => stopped(),
        },
        "/metrics" => match report() {
            Ok(report) => {
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                response(StatusCode::OK, kind, metrics::text(&report))
            }
            Err(_) => stopped(),
        },
        _ => {
            let text = "there are /status and /metrics\n".into();
            response(StatusCode::NOT_FOUND, "text/plain", text)
        }
    }
}

fn response(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
