//! Requests by HTTP, over TLS if wanted.

mod body;
mod fetched;
mod pattern;
mod status;
mod url;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::future::poll_fn;
use core::num::NonZeroU16;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::endpoint::Endpoint;
use super::error::ProbeError;
use super::probe::{Found, Probe};
use super::tls::Tls;
use crate::Weight;
use body::Judge;

pub use fetched::Fetched;
pub use pattern::{Pattern, PatternError, PatternOption};
pub use status::StatusSet;
pub use url::Url;

const PROTOCOL: &str = "HTTP";
const USER_AGENT_NAME: &str = "KeepAliveClient";
/// Of the head of an answer.
const MOST_HEADERS: usize = 64 * 1024;

/// The version of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "what keepalived has")]
pub enum HttpVersion {
    /// 1.0.
    #[default]
    V1_0,
    /// 1.0 with `Connection: close`, for servers that keep connections all the same.
    V1_0Close,
    /// 1.1, with `Connection: close`.
    V1_1,
}

/// A server is fit that answers requests for all URLs, one with each step, as is wanted. Redirects are not followed.
#[derive(Clone, Debug)]
pub struct Http {
    endpoint: Endpoint,
    version: HttpVersion,
    host: Option<String>,
    tls: Option<Tls>,
    urls: Box<[Prepared]>,
}

/// A URL with its request.
#[derive(Clone, Debug)]
struct Prepared {
    url: Url,
    path: Uri,
    host: HeaderValue,
}

/// A request that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Not a path.
    #[error("path is {path:?}: {problem}")]
    Path {
        /// What is there.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Not a name of a host.
    #[error("host is {0:?}, allowed are visible octets")]
    Host(String),
    /// Nothing is asked for.
    #[error("there is no URL, allowed are 1 to 65535")]
    NoUrl,
}

impl Http {
    /// Asks for these, one after the other. `host` is named in requests for URLs that name none; without it the
    /// address is.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn new(
        endpoint: Endpoint,
        host: Option<&str>,
        urls: impl IntoIterator<Item = Url>,
    ) -> Result<Self, HttpError> {
        let target = endpoint.target();
        let by_address = match target.port() {
            80 | 443 => match target {
                core::net::SocketAddr::V4(target) => target.ip().to_string(),
                core::net::SocketAddr::V6(target) => alloc::format!("[{}]", target.ip()),
            },
            _ => target.to_string(),
        };
        let prepare = |url: Url| {
            let wrong = |problem: hyper::http::uri::InvalidUri| HttpError::Path {
                path: url.path.clone(),
                problem: problem.to_string(),
            };
            let path = url.path.parse().map_err(wrong)?;
            let host = url.host.as_deref().or(host).unwrap_or(&by_address);
            let wrong = |_| HttpError::Host(host.to_string());
            let host = HeaderValue::from_str(host).map_err(wrong)?;
            Ok(Prepared { path, host, url })
        };
        let urls = urls.into_iter();
        let mut prepared = Vec::with_capacity(urls.size_hint().0);
        for url in urls {
            prepared.push(prepare(url)?);
        }
        let urls = prepared.into_boxed_slice();
        if urls.is_empty() || urls.len() > usize::from(u16::MAX) {
            return Err(HttpError::NoUrl);
        }
        let host = host.map(ToString::to_string);
        Ok(Self { endpoint, version: HttpVersion::default(), host, tls: None, urls })
    }

    /// Another version.
    #[must_use]
    pub fn version(mut self, version: HttpVersion) -> Self {
        self.version = version;
        self
    }

    /// Over TLS.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// How many steps a check with this probe has.
    pub fn steps(&self) -> NonZeroU16 {
        let count = u16::try_from(self.urls.len()).ok().and_then(NonZeroU16::new);
        count.expect("there are 1 to 65535")
    }

    /// Asks for the first URL and returns what comes, whatever it is. Each step is limited, not the whole: a server may
    /// take long to say much.
    ///
    /// # Errors
    /// When nothing comes that is HTTP, or no whole body.
    pub async fn fetch(&self) -> Result<Fetched, ProbeError> {
        let mut fetched = Fetched::default();
        self.ask(&self.urls[0], Some(&mut fetched), &mut None).await?;
        Ok(fetched)
    }

    /// Asks for a URL, and judges the answer or keeps it. The verdict is there before all is over.
    async fn ask(
        &self,
        wanted: &Prepared,
        kept: Option<&mut Fetched>,
        verdict: &mut Option<Weight>,
    ) -> Result<Weight, ProbeError> {
        let stream = self.endpoint.connect().await?;
        match &self.tls {
            None => self.exchange(stream, wanted, kept, verdict).await,
            Some(tls) => {
                let host = wanted.url.host.as_deref().or(self.host.as_deref());
                let connecting = tls.connect(host, self.endpoint.target().ip(), stream);
                let stream = self.endpoint.limited("the handshake of TLS", connecting).await??;
                self.exchange(stream, wanted, kept, verdict).await
            }
        }
    }

    async fn exchange<S>(
        &self,
        stream: S,
        wanted: &Prepared,
        kept: Option<&mut Fetched>,
        verdict: &mut Option<Weight>,
    ) -> Result<Weight, ProbeError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let mut builder = http1::Builder::new();
        builder.title_case_headers(true).max_buf_size(MOST_HEADERS);
        let (mut sender, mut connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(protocol)?;
        let conversation = async {
            let sent = sender.send_request(self.request(wanted));
            let response = self.endpoint.limited("waiting for an answer", sent).await?;
            let response = response.map_err(protocol)?;
            match kept {
                Some(kept) => self.keep(response, kept).await,
                None => self.judge(response, wanted).await,
            }
        };
        // The connection is driven beside; how it ends is told to the conversation.
        let driving = async {
            let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
            core::future::pending::<()>().await;
        };
        let found = tokio::select! {
            biased;
            found = conversation => found,
            () = driving => unreachable!("it is pending for ever"),
        };
        if wanted.url.ends_tls
            && self.tls.is_some()
            && let Ok(weight) = found
        {
            *verdict = Some(weight);
            let stream = connection.into_parts().io.into_inner();
            // How it ends changes nothing.
            let _ = self.endpoint.limited("ending TLS", end(stream)).await;
        }
        found
    }

    fn request(&self, wanted: &Prepared) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = wanted.path.clone();
        *request.version_mut() = match self.version {
            HttpVersion::V1_0 | HttpVersion::V1_0Close => Version::HTTP_10,
            HttpVersion::V1_1 => Version::HTTP_11,
        };
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_NAME));
        if self.version != HttpVersion::V1_0 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        headers.insert(HOST, wanted.host.clone());
        request
    }

    async fn judge(
        &self,
        response: Response<Incoming>,
        wanted: &Prepared,
    ) -> Result<Weight, ProbeError> {
        let status = response.status().as_u16();
        if !wanted.url.status.contains(status) {
            let allowed = wanted.url.status.to_string();
            return Err(ProbeError::Status { protocol: PROTOCOL, status, allowed });
        }
        let mut judge = Judge::new(&wanted.url);
        let mut body = response.into_body();
        while judge.wants_more() {
            let next = self.endpoint.limited("reading the body", body.frame()).await?;
            let Some(frame) = next else { break };
            if let Some(octets) = frame.map_err(protocol)?.data_ref() {
                judge.take(octets)?;
            }
        }
        judge.verdict()?;
        Ok(Weight::Configured)
    }

    async fn keep(
        &self,
        response: Response<Incoming>,
        kept: &mut Fetched,
    ) -> Result<Weight, ProbeError> {
        kept.begin(&response);
        let mut body = response.into_body();
        while let Some(frame) = self.endpoint.limited("reading the body", body.frame()).await? {
            if let Some(octets) = frame.map_err(protocol)?.data_ref() {
                kept.take(octets)?;
            }
        }
        Ok(Weight::Configured)
    }
}

/// Says that nothing more comes, and waits until the other side has said so or goes on for too long.
async fn end(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    stream.shutdown().await?;
    let (mut rest, mut length) = ([0; 1024], 0);
    while length < MOST_HEADERS {
        match stream.read(&mut rest).await? {
            0 => break,
            more => length += more,
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of `map_err`")]
fn protocol(error: hyper::Error) -> ProbeError {
    let mut problem = error.to_string();
    let mut source = core::error::Error::source(&error);
    while let Some(cause) = source {
        problem += ": ";
        problem += &cause.to_string();
        source = cause.source();
    }
    ProbeError::Protocol { protocol: PROTOCOL, problem }
}

impl Probe for Http {
    fn probe(&self, step: u16) -> Found<'_> {
        Box::pin(async move {
            let wanted = &self.urls[usize::from(step) % self.urls.len()];
            let mut verdict = None;
            let asked = self.ask(wanted, None, &mut verdict);
            let found = self.endpoint.limited_in_all("asking by HTTP", asked).await;
            verdict.map_or(found, Ok)
        })
    }
}
