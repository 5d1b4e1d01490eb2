//! TLS, by rustls.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use std::path::{Path, PathBuf};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::ProbeError;
use super::regular;

/// How TLS is spoken: 1.2 or 1.3.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    names: Names,
}

/// Which name a server is asked for.
#[derive(Clone, Debug)]
enum Names {
    None,
    Host,
    This(String),
}

/// TLS cannot be spoken so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file does not have what it is to have.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The library refuses.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

impl Tls {
    /// Whoever answers is taken for the server: it is only looked at whether it works, as keepalived does.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn unverified() -> Result<Self, TlsError> {
        Self::with(Roots::None, None)
    }

    /// The certificate of the server must be one of these authorities (a file in PEM), and for the name that it is asked
    /// for, or for its address.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn verified(authorities: &Path) -> Result<Self, TlsError> {
        Self::with(Roots::In(authorities), None)
    }

    /// The same with a certificate of our own and its key, both files in PEM. A key in PKCS #8 may be encrypted
    /// (RFC 5958, `ENCRYPTED PRIVATE KEY`; PBES2 with AES, by scrypt or by PBKDF2 with SHA-2), and then needs its password.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn with_certificate(
        authorities: Option<&Path>,
        certificate: &Path,
        key: &Path,
        password: Option<&[u8]>,
    ) -> Result<Self, TlsError> {
        let own = (certificate, self::key(key, password)?);
        Self::with(authorities.map_or(Roots::None, Roots::In), Some(own))
    }

    /// The server is asked for the host of the request (SNI).
    #[must_use]
    pub fn names_host(mut self) -> Self {
        self.names = Names::Host;
        self
    }

    /// The server is asked for this name (SNI).
    #[must_use]
    pub fn names(mut self, name: impl Into<String>) -> Self {
        self.names = Names::This(name.into());
        self
    }

    fn with(
        roots: Roots<'_>,
        own: Option<(&Path, PrivateKeyDer<'static>)>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match roots {
            Roots::None => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            }
            Roots::In(path) => {
                let mut store = RootCertStore::empty();
                for certificate in certificates(path)? {
                    let wrong = |error: rustls::Error| TlsError::File {
                        path: path.to_path_buf(),
                        problem: error.to_string(),
                    };
                    store.add(certificate).map_err(wrong)?;
                }
                builder.with_root_certificates(store)
            }
        };
        let config = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                builder.with_client_auth_cert(certificates(certificate)?, key)?
            }
        };
        // Each look is at the certificate as it is now, and not at what an earlier session, perhaps with another server of
        // the same name, has seen.
        let mut config = config;
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), names: Names::None })
    }

    pub(super) async fn connect(
        &self,
        host: Option<&str>,
        address: IpAddr,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, ProbeError> {
        let name = match &self.names {
            Names::None => None,
            Names::Host => host,
            Names::This(name) => Some(name.as_str()),
        };
        // An address is not sent as a name; a name that is none is as good as none.
        let name = name.and_then(|name| ServerName::try_from(name.to_string()).ok());
        let name = name.unwrap_or_else(|| ServerName::from(address));
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector.connect(name, stream).await.map_err(ProbeError::Tls)
    }
}

#[derive(Clone, Copy)]
enum Roots<'a> {
    None,
    In(&'a Path),
}

/// More than all authorities that there are.
const LONGEST: u64 = 16 << 20;

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let wrong = |problem: String| TlsError::File { path: path.to_path_buf(), problem };
    let text = regular::read(path, LONGEST + 1).map_err(|error| wrong(error.to_string()))?;
    if text.len() as u64 > LONGEST {
        return Err(wrong(alloc::format!("it has more than {LONGEST} octets")));
    }
    Ok(text)
}

fn key(path: &Path, password: Option<&[u8]>) -> Result<PrivateKeyDer<'static>, TlsError> {
    let wrong = |problem: String| TlsError::File { path: path.to_path_buf(), problem };
    let text = read(path)?;
    let encrypted = core::str::from_utf8(&text).ok().and_then(encrypted);
    let Some(encrypted) = encrypted else {
        return PrivateKeyDer::from_pem_slice(&text).map_err(|error| wrong(error.to_string()));
    };
    let password = password.ok_or_else(|| wrong("it is encrypted and has no password".into()))?;
    let encrypted = pkcs8::EncryptedPrivateKeyInfoRef::try_from(encrypted.as_bytes());
    let plain = encrypted.and_then(|encrypted| encrypted.decrypt(password));
    let plain = plain.map_err(|error| wrong(error.to_string()))?;
    Ok(PrivatePkcs8KeyDer::from(plain.as_bytes().to_vec()).into())
}

/// The encrypted key of a file in PEM, in which certificates may be as well.
fn encrypted(text: &str) -> Option<pkcs8::SecretDocument> {
    const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";
    let begin = text.find("-----BEGIN ENCRYPTED PRIVATE KEY-----")?;
    let length = text.get(begin..)?.find(END)? + END.len();
    let (_, document) = pkcs8::SecretDocument::from_pem(text.get(begin..begin + length)?).ok()?;
    Some(document)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |problem: String| TlsError::File { path: path.to_path_buf(), problem };
    let text = read(path)?;
    let all = CertificateDer::pem_slice_iter(&text);
    let all: Vec<_> = all.collect::<Result<_, _>>().map_err(|error| wrong(error.to_string()))?;
    if all.is_empty() {
        return Err(wrong("no certificate is in it".to_string()));
    }
    Ok(all)
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Takes every certificate, and still wants whoever shows it to have its key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
