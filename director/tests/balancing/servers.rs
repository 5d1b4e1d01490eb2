//! Small servers for checks. While a file is there, they answer what a check takes for a failure.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::thread;

/// In the second two octets of a header of DNS (RFC 1035 section 4.1.1).
const RESPONSE: u8 = 0x80;
const NAME_ERROR: u8 = 3;

pub(crate) fn serve(words: &[String]) -> Result<(), Box<dyn Error>> {
    let [kind, address, bad] = words else {
        return Err("smtp|dns|udp ADDRESS:PORT FILE".into());
    };
    let is_bad = || Path::new(bad).exists();
    match kind.as_str() {
        "smtp" => smtp(address, is_bad),
        "dns" => answer(address, |question| {
            let mut reply = question.to_vec();
            if let Some(flags) = reply.get_mut(2..4) {
                flags[0] |= RESPONSE;
                flags[1] = if is_bad() { NAME_ERROR } else { 0 };
            }
            reply
        }),
        "udp" => answer(address, |datagram| {
            if is_bad() { datagram.iter().rev().copied().collect() } else { datagram.to_vec() }
        }),
        other => Err(format!("{other} is no server").into()),
    }
}

/// Greets, and answers what it hears.
fn smtp(address: &str, is_bad: impl Fn() -> bool) -> Result<(), Box<dyn Error>> {
    for stream in TcpListener::bind(address)?.incoming() {
        let mut stream = stream?;
        if is_bad() {
            // A client that is gone is no reason to end.
            let _ = stream.write_all(b"554 no service\r\n");
        } else {
            thread::spawn(move || converse(&mut stream));
        }
    }
    Ok(())
}

fn converse(stream: &mut std::net::TcpStream) -> std::io::Result<()> {
    stream.write_all(b"220 mail.example ESMTP\r\n")?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(line) = lines.next().transpose()? {
        let reply: &[u8] =
            if line.starts_with("QUIT") { b"221 good-bye\r\n" } else { b"250 mail.example\r\n" };
        stream.write_all(reply)?;
    }
    Ok(())
}

fn answer(address: &str, reply: impl Fn(&[u8]) -> Vec<u8>) -> Result<(), Box<dyn Error>> {
    let socket = UdpSocket::bind(address)?;
    let mut buffer = [0; 65_535];
    loop {
        // A port that was closed meanwhile is told as an error of the next call.
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&reply(&buffer[..length]), from);
        }
    }
}
