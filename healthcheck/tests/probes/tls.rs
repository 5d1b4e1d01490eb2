use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use healthcheck::probes::{Http, ProbeError, Tls, Url};
use pkcs8::der::pem::LineEnding;
use pkcs8::{PrivateKeyInfoRef, SecretDocument};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use super::{Answer, is_fit, probe, says, server};
use healthcheck::probes::Endpoint;

const NAME: &str = "www.example";
const PAGE: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n";

/// An authority, a server that it says is [`NAME`], and what that server is asked for.
struct Served {
    folder: PathBuf,
    endpoint: Endpoint,
    asked_for: Arc<Mutex<Vec<Option<String>>>>,
    /// Of each connection, whether the client said that it ends.
    ended: Arc<Mutex<Vec<bool>>>,
}

impl Served {
    async fn new(folder: &str, wants_certificate: bool) -> Self {
        Self::slow(folder, wants_certificate, Duration::ZERO).await
    }

    /// It waits before the handshake, before its answer, before the body, and for ever before the end.
    async fn slow(folder: &str, wants_certificate: bool, pause: Duration) -> Self {
        let folder =
            std::env::temp_dir().join(format!("healthcheck-{folder}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new([NAME.to_owned()]).unwrap();
        let own = own.signed_by(&key, &authority).unwrap();
        std::fs::write(folder.join("own.pem"), own.pem()).unwrap();
        std::fs::write(folder.join("own.key"), key.serialize_pem()).unwrap();

        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = if wants_certificate {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = builder.with_single_cert(vec![own.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let asked_for = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&asked_for);
        let ended = Arc::new(Mutex::new(Vec::new()));
        let end = Arc::clone(&ended);
        let endpoint = server(move |stream| {
            let (acceptor, ear) = (acceptor.clone(), Arc::clone(&ear));
            let end = Arc::clone(&end);
            async move {
                sleep(pause).await;
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let name = stream.get_ref().1.server_name().map(str::to_owned);
                ear.lock().unwrap().push(name);
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                for part in [PAGE, b"!"] {
                    sleep(pause).await;
                    let _ = stream.write_all(part).await;
                }
                if !pause.is_zero() {
                    std::future::pending::<()>().await;
                }
                let _ = stream.shutdown().await;
                let ended = stream.read(&mut request).await;
                end.lock().unwrap().push(ended.is_ok_and(|length| length == 0));
            }
        })
        .await;
        Self { folder, endpoint, asked_for, ended }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    async fn ask(&self, tls: Tls, host: Option<&str>) -> Answer {
        let http = Http::new(self.endpoint.clone(), host, [Url::new("/")]).unwrap();
        probe(&http.tls(tls)).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn whoever_answers_is_good_unless_it_is_to_be_verified() {
    let served = Served::new("verified", false).await;
    is_fit(&served.ask(Tls::unverified().unwrap(), None).await);
    let verified = || Tls::verified(&served.file("ca.pem")).unwrap();
    is_fit(&served.ask(verified().names(NAME), None).await);
    is_fit(&served.ask(verified().names_host(), Some(NAME)).await);
    // By its address, or by another name, it is not the one; and of another authority neither.
    for odd in [verified(), verified().names("other.example")] {
        let error = served.ask(odd, Some(NAME)).await.unwrap_err();
        assert!(matches!(error, ProbeError::Tls(_)), "{error}");
    }
    let other = Served::new("other", false).await;
    let strange = Tls::verified(&other.file("ca.pem")).unwrap().names(NAME);
    let error = served.ask(strange, None).await.unwrap_err();
    assert!(matches!(error, ProbeError::Tls(_)), "{error}");
}

#[tokio::test]
async fn it_is_asked_for_by_name_when_that_is_wanted() {
    let served = Served::new("named", false).await;
    let tls = || Tls::unverified().unwrap();
    is_fit(&served.ask(tls(), Some(NAME)).await);
    is_fit(&served.ask(tls().names_host(), Some(NAME)).await);
    is_fit(&served.ask(tls().names("other.example"), Some(NAME)).await);
    let asked_for = served.asked_for.lock().unwrap().clone();
    assert_eq!(asked_for, [None, Some(NAME.to_owned()), Some("other.example".to_owned())]);
}

#[tokio::test]
async fn it_can_have_a_certificate_of_its_own() {
    let served = Served::new("own", true).await;
    assert!(served.ask(Tls::unverified().unwrap(), None).await.is_err());
    let (certificate, key) = (served.file("own.pem"), served.file("own.key"));
    let own = |key: &PathBuf, password: Option<&str>| {
        Tls::with_certificate(None, &certificate, key, password.map(str::as_bytes))
    };
    is_fit(&served.ask(own(&key, None).unwrap(), None).await);
    is_fit(&served.ask(own(&key, Some("not needed")).unwrap(), None).await);
    // The key may be encrypted.
    let plain = SecretDocument::read_pem_file(&key).unwrap().1;
    let plain = PrivateKeyInfoRef::try_from(plain.as_bytes()).unwrap();
    let encrypted = plain.encrypt("secret").unwrap();
    let locked = served.file("locked.key");
    encrypted.write_pem_file(&locked, "ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap();
    is_fit(&served.ask(own(&locked, Some("secret")).unwrap(), None).await);
    // In one file with the certificate, too.
    let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
    let both = served.file("both.pem");
    std::fs::write(&both, read(&locked) + &read(&certificate)).unwrap();
    let tls = Tls::with_certificate(None, &both, &both, Some(b"secret")).unwrap();
    is_fit(&served.ask(tls, None).await);
    for password in [None, Some("another")] {
        let error = own(&locked, password).unwrap_err().to_string();
        assert!(error.contains("locked.key") && !error.contains("another"), "{error}");
    }
}

#[tokio::test]
async fn files_of_tls_that_are_none_or_never_end_are_refused() {
    let served = Served::new("endless", false).await;
    let (endless, waits) = (served.file("endless.pem"), served.file("waits.pem"));
    std::fs::File::create(&endless).unwrap().set_len(1 << 40).unwrap();
    nix::unistd::mkfifo(&waits, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for (path, words) in [
        (&endless, "more than"),
        (&waits, "no regular file"),
        (&PathBuf::from("/dev/zero"), "no regular file"),
    ] {
        for refused in [Tls::verified(path), Tls::with_certificate(None, path, path, None)] {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}

#[tokio::test]
async fn tls_is_ended_on_both_sides_when_that_is_wanted() {
    let served = Served::new("ended", false).await;
    for ends_tls in [false, true] {
        let url = Url::new("/").ends_tls(ends_tls);
        let http = Http::new(served.endpoint.clone(), None, [url]).unwrap();
        is_fit(&probe(&http.tls(Tls::unverified().unwrap())).await);
    }
    // The server sees it a moment later.
    for _ in 0..200 {
        let ended = served.ended.lock().unwrap().clone();
        if ended.len() == 2 {
            assert_eq!(ended, [false, true]);
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the server does not see both connections end");
}

#[tokio::test]
async fn what_is_no_tls_is_not_fit() {
    let plain = says(PAGE).await;
    let http = Http::new(plain, None, [Url::new("/")]).unwrap();
    let error = probe(&http.tls(Tls::unverified().unwrap())).await.unwrap_err();
    assert!(matches!(error, ProbeError::Tls(_)), "{error}");
    let missing = Tls::verified("/nonexistent/ca.pem".as_ref()).unwrap_err();
    assert!(missing.to_string().starts_with("/nonexistent/ca.pem: "), "{missing}");
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let other = Tls::verified(other.as_ref()).unwrap_err();
    assert!(other.to_string().ends_with("Cargo.toml: no certificate is in it"), "{other}");
}

#[tokio::test]
async fn a_server_that_never_ends_tls_is_fit_all_the_same() {
    let limit = Duration::from_millis(400);
    let served = Served::slow("endless", false, limit.mul_f64(0.75)).await;
    let url = Url::new("/").ends_tls(true);
    let http = Http::new(served.endpoint.clone().timeout(limit), None, [url]).unwrap();
    // Its steps take more than two of the three limits that all of them have together.
    is_fit(&probe(&http.tls(Tls::unverified().unwrap())).await);
}
