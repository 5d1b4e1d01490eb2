//! A greeting by SMTP (RFC 5321).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use smtp_proto::response::parser::ResponseReceiver;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::endpoint::Endpoint;
use super::error::ProbeError;
use super::probe::{Found, Probe};
use crate::Weight;

const PROTOCOL: &str = "SMTP";
/// Of a conversation; a greeting is a few hundred octets long.
const MOST_OCTETS: usize = 64 * 1024;

/// A server is fit that greets with 220 and answers HELO with 250; each in as many lines as it likes.
#[derive(Clone, Debug)]
pub struct Smtp {
    endpoint: Endpoint,
    hello: String,
}

/// A name that cannot be said to a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HELO name is {0:?}, allowed are 1 to 255 visible octets")]
#[non_exhaustive]
pub struct SmtpError(pub String);

impl Smtp {
    /// Greets as `name`.
    ///
    /// # Errors
    /// [`SmtpError`].
    pub fn new(endpoint: Endpoint, name: &str) -> Result<Self, SmtpError> {
        let is_visible = name.bytes().all(|octet| octet.is_ascii_graphic());
        if !(1..=255).contains(&name.len()) || !is_visible {
            return Err(SmtpError(name.to_string()));
        }
        Ok(Self { endpoint, hello: format!("HELO {name}\r\n") })
    }

    async fn converse(&self) -> Result<Weight, ProbeError> {
        let stream = self.endpoint.connect().await?;
        let mut conversation = Conversation { endpoint: &self.endpoint, stream, octets: 0 };
        conversation.hear(220).await?;
        conversation.say(&self.hello).await?;
        conversation.hear(250).await?;
        // Whatever it answers to this, it is fit.
        let _ = conversation.say("QUIT\r\n").await;
        Ok(Weight::Configured)
    }
}

struct Conversation<'a> {
    endpoint: &'a Endpoint,
    stream: TcpStream,
    octets: usize,
}

impl Conversation<'_> {
    async fn say(&mut self, line: &str) -> Result<(), ProbeError> {
        let action = "speaking SMTP";
        let written = self.endpoint.limited(action, self.stream.write_all(line.as_bytes())).await?;
        written.map_err(|source| ProbeError::Broken { action, source })
    }

    /// Waits for a reply with this code.
    async fn hear(&mut self, wanted: u16) -> Result<(), ProbeError> {
        let action = "hearing SMTP";
        let mut receiver = ResponseReceiver::default();
        let mut buffer = [0; 1024];
        loop {
            let read = self.endpoint.limited(action, self.stream.read(&mut buffer)).await?;
            let length = read.map_err(|source| ProbeError::Broken { action, source })?;
            let problem = |problem: String| ProbeError::Protocol { protocol: PROTOCOL, problem };
            if length == 0 {
                return Err(problem("the connection was closed".to_string()));
            }
            self.octets += length;
            if self.octets > MOST_OCTETS {
                return Err(ProbeError::TooLong { limit: MOST_OCTETS });
            }
            match receiver.parse(&mut buffer[..length].iter()) {
                Ok(response) if response.code == wanted => return Ok(()),
                Ok(response) => {
                    return Err(ProbeError::Status {
                        protocol: PROTOCOL,
                        status: response.code,
                        allowed: wanted.to_string(),
                    });
                }
                Err(smtp_proto::Error::NeedsMoreData { .. }) => {}
                Err(error) => return Err(problem(format!("{error:?}"))),
            }
        }
    }
}

impl Probe for Smtp {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(self.endpoint.limited_in_all("speaking SMTP", self.converse()))
    }
}
