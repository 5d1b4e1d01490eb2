//! `notification_email` and what belongs to it.

use std::time::Duration;

use crate::tree::{Entry, Section, Value};

/// Where mails go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// `notification_email`.
    pub recipients: Vec<String>,
    /// `notification_email_from`.
    pub from: Option<String>,
    /// `smtp_server`.
    pub server: Option<MailServer>,
    /// `smtp_helo_name`.
    pub helo_name: Option<String>,
    /// `smtp_connect_timeout`.
    pub timeout: Option<Duration>,
}

/// `smtp_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailServer {
    /// A name or an address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

pub(super) fn mail(section: &Section) -> Mail {
    let server = section.get("smtp_server").and_then(Entry::values).and_then(|values| {
        let port = values.at(1).and_then(Value::integer).unwrap_or(25);
        Some(MailServer {
            host: values.at(0)?.text()?.to_owned(),
            port: port.try_into().unwrap_or(25),
        })
    });
    let timeout = section.duration("smtp_connect_timeout").or_else(|| {
        let seconds = section.integer("smtp_connect_timeout")?;
        Some(Duration::from_secs(seconds.try_into().ok()?))
    });
    Mail {
        recipients: section.names("notification_email").map(|name| name.text.clone()).collect(),
        from: section.text("notification_email_from").map(str::to_owned),
        server,
        helo_name: section.text("smtp_helo_name").map(str::to_owned),
        timeout: timeout.map(|timeout| timeout.max(Duration::from_secs(1))),
    }
}
