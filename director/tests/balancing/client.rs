//! A client that asks a web server all the time, each time by a new connection.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

const PACE: Duration = Duration::from_millis(5);
const LIMIT: Duration = Duration::from_millis(200);

/// Asks until a file is there, then prints what it saw.
pub(crate) fn ask(words: &[String]) -> Result<String, Box<dyn Error>> {
    let [address, end] = words else { return Err("ADDRESS:PORT FILE".into()) };
    let address = address.parse()?;
    let (mut lost, mut longest) = (0, Duration::ZERO);
    let mut answers: BTreeMap<String, u32> = BTreeMap::new();
    let mut last = Instant::now();
    while !Path::new(end).exists() {
        match get(address) {
            Ok(body) => {
                *answers.entry(body).or_default() += 1;
                longest = longest.max(last.elapsed());
                last = Instant::now();
            }
            Err(_) => lost += 1,
        }
        std::thread::sleep(PACE);
    }
    let answers: Vec<String> =
        answers.iter().map(|(who, count)| format!("{who}={count}")).collect();
    let (longest, since) = (longest.as_millis(), last.elapsed().as_millis());
    Ok(format!("lost={lost} longest_ms={longest} since_ms={since} {}", answers.join(" ")))
}

/// The body, a word.
fn get(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(body.trim().to_owned())
}
