//! A client that asks an address for a sign of life, a thousand times a second.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use socket2::{Domain, Protocol, Socket, Type};

const IPPROTO_ICMPV6: i32 = 58;
const ECHO_HEADER: usize = 8;

/// One echo request and whether it was answered.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Echo {
    /// When it was sent, since the Unix epoch.
    pub sent: Duration,
    /// Whether an answer came before the probe ended.
    pub is_answered: bool,
}

/// Sends ICMP echo requests at a steady pace and remembers which were answered.
#[derive(Debug)]
pub struct Probe {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Vec<Echo>>>,
}

impl Probe {
    /// Begins to probe from the calling thread's namespace.
    ///
    /// # Errors
    /// When a raw socket cannot be had.
    pub fn start(target: IpAddr, pace: Duration) -> io::Result<Self> {
        let (domain, protocol) = match target {
            IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
            IpAddr::V6(_) => (Domain::IPV6, Protocol::from(IPPROTO_ICMPV6)),
        };
        let socket = Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))?;
        socket.connect(&SocketAddr::new(target, 0).into())?;
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::Builder::new()
            .name("probe".into())
            .spawn(move || probe(&socket, target, pace, &over))?;
        Ok(Self { is_over, thread })
    }

    /// Ends it and returns what became of each request, in order.
    ///
    /// # Errors
    /// When requests could not be sent for another reason than a network that was gone.
    pub fn stop(self) -> io::Result<Vec<Echo>> {
        self.is_over.store(true, Ordering::Release);
        self.thread.join().map_err(|_| io::Error::other("the probe panicked"))?
    }
}

fn probe(
    socket: &Socket,
    target: IpAddr,
    pace: Duration,
    is_over: &AtomicBool,
) -> io::Result<Vec<Echo>> {
    const LINGER: Duration = Duration::from_millis(20);
    let mut echoes: Vec<Echo> = Vec::new();
    let mut next = Instant::now();
    let mut end = None;
    loop {
        read_answers(socket, target, &mut echoes);
        let now = Instant::now();
        if end.is_some_and(|end| now >= end) {
            return Ok(echoes);
        }
        if end.is_none() && is_over.load(Ordering::Acquire) {
            end = Some(now + LINGER);
        }
        if now >= next && end.is_none() {
            let number = echoes.len();
            let sent = SystemTime::UNIX_EPOCH.elapsed().map_err(io::Error::other)?;
            echoes.push(Echo { sent, is_answered: false });
            // Refused while nobody has the address: that is a request without an answer.
            let _ = socket.send(&request(target, number));
            next = (next + pace).max(now);
        }
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// An echo request (RFC 792, RFC 4443) with a number that fits 32 bits: identifier and sequence.
fn request(target: IpAddr, number: usize) -> [u8; ECHO_HEADER] {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let kind = if target.is_ipv4() { 8 } else { 128 };
    let mut echo = [kind, 0, 0, 0, number[0], number[1], number[2], number[3]];
    if target.is_ipv4() {
        let words = echo.as_chunks::<2>().0.iter();
        let sum: u32 = words.map(|word| u32::from(u16::from_be_bytes(*word))).sum();
        let folded = (sum >> 16) + (sum & 0xffff);
        let checksum = !u16::try_from((folded >> 16) + (folded & 0xffff)).unwrap_or(0);
        echo[2..4].copy_from_slice(&checksum.to_be_bytes());
    }
    // The kernel computes the checksum of ICMPv6 (RFC 3542 section 3.1).
    echo
}

fn read_answers(socket: &Socket, target: IpAddr, echoes: &mut [Echo]) {
    let mut octets = [0; 256];
    while (&mut &*socket).read(&mut octets).is_ok() {
        let (start, kind) = match target {
            IpAddr::V4(_) => (usize::from(octets[0] & 0x0f) * 4, 0),
            IpAddr::V6(_) => (0, 129),
        };
        let Some([is_kind, _, _, _, a, b, c, d]) = octets.get(start..start + ECHO_HEADER) else {
            continue;
        };
        let number = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        if *is_kind == kind
            && let Some(echo) = echoes.get_mut(number)
        {
            echo.is_answered = true;
        }
    }
}

/// From when on and for how long requests went unanswered at most: from the first one without an answer
/// to the next one with an answer. `None` when all were answered.
///
/// # Errors
/// When the first or the last request had no answer: then nobody knows how long it was.
pub fn longest_outage(echoes: &[Echo]) -> io::Result<Option<(Duration, Duration)>> {
    let is_answered = |echo: Option<&Echo>| echo.is_some_and(|echo| echo.is_answered);
    if !is_answered(echoes.first()) {
        return Err(io::Error::other("the client got no answer to begin with"));
    }
    if !is_answered(echoes.last()) {
        return Err(io::Error::other("the client gets no answer any more"));
    }
    let (mut longest, mut since) = (None, None);
    for echo in echoes {
        if !echo.is_answered {
            since = since.or(Some(echo.sent));
        } else if let Some(from) = since.take() {
            longest = longest.max(Some((echo.sent.saturating_sub(from), from)));
        }
    }
    Ok(longest.map(|(length, from)| (from, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echoes(answered: &str) -> Vec<Echo> {
        let sent = (0..).map(Duration::from_millis);
        let answered = answered.chars().map(|letter| letter == '+');
        sent.zip(answered).map(|(sent, is_answered)| Echo { sent, is_answered }).collect()
    }

    #[test]
    fn the_longest_run_without_an_answer_counts() {
        let found = longest_outage(&echoes("++-+---++")).unwrap();
        assert_eq!(found, Some((Duration::from_millis(4), Duration::from_millis(3))));
        assert_eq!(longest_outage(&echoes("++++")).unwrap(), None);
    }

    #[test]
    fn an_outage_without_an_end_is_an_error() {
        for unknown in ["", "-++", "++-"] {
            assert!(longest_outage(&echoes(unknown)).is_err(), "{unknown:?}");
        }
    }
}
