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
pub struct Reply {
    /// When it was sent, since the Unix epoch.
    pub sent: Duration,
    /// Whether an answer came before the probe ended.
    pub is_answered: bool,
}

/// Sends ICMP echo requests at a steady pace and remembers which were answered.
#[derive(Debug)]
pub struct Probe {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Vec<Reply>>>,
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
    pub fn stop(self) -> io::Result<Vec<Reply>> {
        self.is_over.store(true, Ordering::Release);
        self.thread.join().map_err(|_| io::Error::other("the probe panicked"))?
    }
}

fn probe(
    socket: &Socket,
    target: IpAddr,
    pace: Duration,
    is_over: &AtomicBool,
) -> io::Result<Vec<Reply>> {
    const LINGER: Duration = Duration::from_millis(20);
    let mut replies: Vec<Reply> = Vec::new();
    let mut next = Instant::now();
    let mut end = None;
    loop {
        read_answers(socket, target, &mut replies);
        let now = Instant::now();
        if end.is_some_and(|end| now >= end) {
            return Ok(replies);
        }
        if end.is_none() && is_over.load(Ordering::Acquire) {
            end = Some(now + LINGER);
        }
        if now >= next && end.is_none() {
            let number = replies.len();
            let sent = SystemTime::UNIX_EPOCH.elapsed().map_err(io::Error::other)?;
            replies.push(Reply { sent, is_answered: false });
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

fn read_answers(socket: &Socket, target: IpAddr, replies: &mut [Reply]) {
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
            && let Some(reply) = replies.get_mut(number)
        {
            reply.is_answered = true;
        }
    }
}

/// For how long requests went unanswered at most: from the last answered one before a gap to the
/// first one after it, less the pace. Requests before the first answer do not count.
pub fn longest_outage(replies: &[Reply], from: Duration, to: Duration) -> Duration {
    let within = replies.iter().filter(|reply| reply.sent >= from && reply.sent <= to);
    let mut answered = within.filter(|reply| reply.is_answered).map(|reply| reply.sent);
    let Some(mut last) = answered.next() else { return to.saturating_sub(from) };
    let mut longest = Duration::ZERO;
    for sent in answered {
        longest = longest.max(sent.saturating_sub(last));
        last = sent;
    }
    longest.saturating_sub(Duration::from_millis(1))
}
