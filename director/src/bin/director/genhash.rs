//! `director genhash`: keepalived's genhash, which exits with 1 when it has no digest.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use healthcheck::probes::{Endpoint, Fetched, Http, HttpVersion, Tls, Url};

use crate::{Outcome, print};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Protocol {
    #[value(name = "1.0")]
    V1_0,
    /// With "Connection: close"
    #[value(name = "1.0c", alias = "1.0C")]
    V1_0Close,
    #[value(name = "1.1")]
    V1_1,
}

/// keepalived's options.
#[derive(Clone, Debug, Args)]
pub(crate) struct Genhash {
    /// Speak TLS
    #[arg(short = 'S', long)]
    use_ssl: bool,
    /// Name the virtual host in the handshake of TLS
    #[arg(short = 'I', long, requires = "use_virtualhost")]
    use_sni: bool,
    /// Address of the server
    #[arg(short, long)]
    server: IpAddr,
    /// Its port
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Path of the page
    #[arg(short, long)]
    url: String,
    /// Name this virtual host
    #[arg(short = 'V', long, value_name = "HOST")]
    use_virtualhost: Option<String>,
    /// Show what came, too
    #[arg(short, long)]
    verbose: bool,
    /// Mark of the packets
    #[arg(short = 'm', long, value_name = "MARK")]
    fwmark: Option<u32>,
    /// Version of HTTP
    #[arg(short = 'P', long, default_value = "1.0")]
    protocol: Protocol,
    /// Seconds to wait for the connection and each part of the answer
    #[arg(short, long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,
}

pub(crate) fn run(options: &Genhash) -> Outcome {
    let begin = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let fetched = runtime.block_on(http(options)?.fetch())?;
    let elapsed = begin.elapsed();
    if options.verbose {
        print(verbose(&options.url, &fetched, elapsed))
    } else {
        print(digest(&fetched) + "\n")
    }
}

fn http(options: &Genhash) -> Result<Http, Box<dyn std::error::Error>> {
    let target = SocketAddr::new(options.server, options.port);
    let timeout = Duration::from_secs(options.timeout.into());
    let mut endpoint = Endpoint::new(target).timeout(timeout);
    if let Some(mark) = options.fwmark {
        endpoint = endpoint.mark(mark);
    }
    let host = options.use_virtualhost.as_deref();
    let http = Http::new(endpoint, host, [Url::new(options.url.as_str())])?;
    let http = http.version(match options.protocol {
        Protocol::V1_0 => HttpVersion::V1_0,
        Protocol::V1_0Close => HttpVersion::V1_0Close,
        Protocol::V1_1 => HttpVersion::V1_1,
    });
    Ok(match options.use_ssl {
        false => http,
        // As a check does without a `ca`.
        true if options.use_sni => http.tls(Tls::unverified()?.names_host()),
        true => http.tls(Tls::unverified()?),
    })
}

fn digest(fetched: &Fetched) -> String {
    fetched.digest().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// keepalived's headings. Lines of the head are as they were understood.
fn verbose(url: &str, fetched: &Fetched, elapsed: Duration) -> Vec<u8> {
    let mut text = Vec::new();
    text.extend(b"-----------------------[    HTTP Header Buffer    ]-----------------------\n");
    text.extend(dump(&fetched.head).as_bytes());
    text.extend(b"-----------------------[ HTTP Header Ascii Buffer ]-----------------------\n");
    text.extend(&fetched.head);
    text.extend(b"\n-----------------------[        HTML Buffer        ]-----------------------\n");
    text.extend(dump(&fetched.body).as_bytes());
    text.extend(b"\n-----------------------[    HTML hash resulting    ]-----------------------\n");
    text.extend(dump(&fetched.digest()).as_bytes());
    text.extend(b"-----------------------[ HTML hash final resulting ]-----------------------\n");
    text.extend((digest(fetched) + "\n\n").as_bytes());
    let elapsed = elapsed.as_micros();
    text.extend(format!("Global response time for [{url}] = {elapsed} usecs\n").as_bytes());
    text
}

/// Sixteen octets a line, as numbers and as letters.
fn dump(octets: &[u8]) -> String {
    let mut text = String::new();
    for (number, line) in octets.chunks(16).enumerate() {
        let half = |from: usize| -> String {
            let octets = line.iter().skip(from).take(8);
            octets.map(|octet| format!("{octet:02x} ")).collect()
        };
        let letters: String =
            line.iter()
                .map(|octet| {
                    if octet.is_ascii_graphic() || *octet == b' ' {
                        char::from(*octet)
                    } else {
                        '.'
                    }
                })
                .collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:04}  {:24}- {:24}  {letters:16}", number * 16, half(0), half(8));
    }
    text
}
