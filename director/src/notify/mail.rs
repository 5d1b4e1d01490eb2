//! SMTP alerts.

use std::time::Duration;

use keepalived_conf::model::Global;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Subject, Word};
use crate::cause::chain;

/// Mails that wait for a server that hangs.
const MOST: usize = 256;
/// For a connection and each answer, as keepalived.
const PATIENCE: Duration = Duration::from_secs(30);
/// At the end of the daemon.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// Sends mails, one after the other, and waits for nobody.
#[derive(Debug)]
pub struct Mailer {
    sender: Sender<(Settings, String, String)>,
    worker: JoinHandle<()>,
    settings: Option<Settings>,
    router_id: String,
}

#[derive(Clone, Debug)]
struct Settings {
    host: String,
    port: u16,
    helo: Option<String>,
    from: String,
    recipients: Vec<String>,
    timeout: Duration,
}

impl Mailer {
    /// Sends as a configuration says: nothing, unless it names a server and recipients.
    pub fn new(global: &Global) -> Self {
        let (sender, mut mails) = channel::<(Settings, String, String)>(MOST);
        let worker = tokio::spawn(async move {
            while let Some((settings, subject, body)) = mails.recv().await {
                // The library limits each step; a server that sends a little at a time is cut off here.
                let limit = settings.timeout * 4;
                match timeout(limit, send(&settings, &subject, &body)).await {
                    Ok(Ok(())) => tracing::debug!(subject, "a mail was sent"),
                    Ok(Err(error)) => tracing::warn!(subject, error, "a mail was not sent"),
                    Err(_) => tracing::warn!(subject, "a mail was not sent: the server hangs"),
                }
            }
        });
        let mut mailer = Self { sender, worker, settings: None, router_id: String::new() };
        mailer.set(global);
        mailer
    }

    /// Goes on by another configuration.
    pub fn set(&mut self, global: &Global) {
        let hostname = || nix::unistd::gethostname().unwrap_or_default();
        let hostname = hostname().to_string_lossy().into_owned();
        self.router_id = global.router_id.clone().unwrap_or_else(|| hostname.clone());
        let mail = &global.mail;
        self.settings =
            mail.server.as_ref().filter(|_| !mail.recipients.is_empty()).map(|server| Settings {
                host: server.host.clone(),
                port: server.port,
                helo: mail.helo_name.clone(),
                from: mail.from.clone().unwrap_or_else(|| format!("keepalived@{hostname}")),
                recipients: mail.recipients.clone(),
                timeout: mail.timeout.unwrap_or(PATIENCE),
            });
    }

    /// Sends what happened to a subject, in keepalived's words.
    pub fn send(&mut self, subject: &Subject, word: Word) {
        if let Some((title, body)) = text(subject, word) {
            self.send_text(&title, &body);
        }
    }

    /// Sends this.
    pub(super) fn send_text(&mut self, title: &str, body: &str) {
        let Some(settings) = self.settings.clone() else { return };
        let body = format!("{}\n\n", body.trim_end());
        let title = format!("[{}] {title}", self.router_id);
        if self.sender.try_send((settings, title, body)).is_err() {
            tracing::error!("too many mails wait; this one is not sent");
        }
    }

    /// Waits for what is under way, but not for long.
    pub async fn finish(self) {
        drop(self.sender);
        if timeout(LAST_PATIENCE, self.worker).await.is_err() {
            tracing::warn!("mails are left unsent");
        }
    }
}

/// Subject and body.
fn text(subject: &Subject, word: Word) -> Option<(String, String)> {
    let state = match word {
        Word::Master => "Entering MASTER state",
        Word::Backup => "Entering BACKUP state",
        Word::Fault => "Entering FAULT state",
        Word::Stop => "Stopping",
        Word::Deleted => "Deleted",
        _ => return None,
    };
    Some(match subject {
        Subject::Instance(name) => (
            format!("VRRP Instance {name} - {state}"),
            match word {
                Word::Master => "=> VRRP Instance is now owning VRRP VIPs <=\n\n".into(),
                _ => "=> VRRP Instance is no longer owning VRRP VIPs <=\n\n".into(),
            },
        ),
        // These have words of their own.
        Subject::Balanced(_) => return None,
        Subject::Group(name) => (
            format!("VRRP Group {name} - {state}"),
            format!("=> All VRRP group instances are now in {} state <=\n\n", word.text()),
        ),
    })
}

async fn send(settings: &Settings, subject: &str, body: &str) -> Result<(), String> {
    let mailbox = |address: &str| {
        address.parse().map_err(|error| format!("{address:?} is no mail address: {error}"))
    };
    let mut message = Message::builder().from(mailbox(&settings.from)?).subject(subject);
    for recipient in &settings.recipients {
        match mailbox(recipient) {
            Ok(mailbox) => message = message.to(mailbox),
            // The others get it.
            Err(error) => tracing::warn!(error, "a recipient is left out"),
        }
    }
    let name = HeaderName::new_from_ascii_str("X-Mailer");
    let message = message
        .raw_header(HeaderValue::new(name, "director".into()))
        .header(ContentType::TEXT_PLAIN)
        .body(body.to_owned())
        .map_err(|error| error.to_string())?;
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
        .port(settings.port)
        .timeout(Some(settings.timeout));
    if let Some(name) = &settings.helo {
        transport = transport.hello_name(ClientId::Domain(name.clone()));
    }
    transport.build().send(message).await.map(drop).map_err(|error| chain(&error))
}
