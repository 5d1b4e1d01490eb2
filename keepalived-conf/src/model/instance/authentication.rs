//! `authentication`.

use super::SecretOctets;
use super::reading::Reading;
use crate::tree::Value;

/// `authentication`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// None.
    #[default]
    None,
    /// `auth_type PASS`.
    Password(SecretOctets),
    /// `auth_type AH`.
    Header(SecretOctets),
}

impl Reading<'_> {
    pub(super) fn authentication(&mut self, version: u8, is_strict: bool) -> Authentication {
        let Some((entry, _, block)) = self.section.blocks("authentication").last() else {
            return Authentication::None;
        };
        let secret = match block.value("auth_pass") {
            Some(Value::Secret(secret)) => Some(secret.clone()),
            _ => None,
        };
        let kind = block.text("auth_type");
        if is_strict {
            let help = "remove authentication, or write strict_mode off";
            let message = "strict mode has no authentication";
            self.diagnostics.error(entry.span, message, help);
            return Authentication::None;
        }
        if version == 3 {
            let help = "remove authentication, or write version 2";
            let message = "VRRP version 3 has no authentication";
            self.diagnostics.error(entry.span, message, help);
            return Authentication::None;
        }
        let Some(secret) = secret else {
            if kind.is_some() {
                let message = "authentication has no auth_pass";
                self.diagnostics.error(entry.span, message, "write auth_pass SECRET");
            }
            return Authentication::None;
        };
        if secret.reveal().len() > 8 {
            let at = block.get("auth_pass").map_or(entry.span, |entry| entry.span);
            let message = "auth_pass is longer than 8 octets";
            self.diagnostics.warn(at, message, "only the first 8 are used");
        }
        let used: Vec<u8> = secret.reveal().bytes().take(8).collect();
        let secret = SecretOctets::new(used);
        match kind {
            Some("AH") => Authentication::Header(secret),
            Some(_) => Authentication::Password(secret),
            None => {
                let message = "authentication has no auth_type";
                self.diagnostics.error(entry.span, message, "write auth_type PASS or AH");
                Authentication::None
            }
        }
    }
}
