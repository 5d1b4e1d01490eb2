//! The kernel's connector for process events: `include/uapi/linux/connector.h` and `cn_proc.h`.
//!
//! It is there in the first network namespace only, and for the first user and PID namespace.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::SystemTime;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, NetlinkAddr, bind, recvfrom, sendto, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};

const NETLINK_CONNECTOR: i32 = 11;
const CN_IDX_PROC: u32 = 1;
const CN_VAL_PROC: u32 = 1;
const PROC_CN_MCAST_LISTEN: u32 = 1;
const PROC_EVENT_NONE: u32 = 0;
const PROC_EVENT_FORK: u32 = 0x1;
const PROC_EVENT_EXEC: u32 = 0x2;
const PROC_EVENT_COMM: u32 = 0x200;
const PROC_EVENT_EXIT: u32 = 0x8000_0000;
const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSG_OVERRUN: u16 = 4;

/// `struct nlmsghdr`.
const NETLINK_HEADER: usize = 16;
/// `struct cn_msg` without its data.
const CONNECTOR_HEADER: usize = 20;
/// `struct proc_event` up to what depends on the kind of event.
const EVENT_HEADER: usize = 16;

/// Room for some thousand events.
const RECEIVE_BUFFER: usize = 1024 * 1024;
/// Larger than any message.
const MESSAGE: usize = 32 * 1024;
/// After so many there is something else to do, too.
const AT_ONCE: usize = 10_000;

/// What the kernel tells. Threads are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It will tell us.
    Agreed,
    /// It will not.
    Refused(Errno),
    /// A process began as a copy of another.
    Forked { parent: u32, child: u32 },
    /// A process has another program or name.
    Changed(u32),
    /// A process ended.
    Ended(u32),
}

/// Whether everything was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "after an overrun the processes have to be read anew"]
pub(super) enum Received {
    All,
    Overrun,
}

/// The kernel cannot be listened to.
#[derive(Debug, thiserror::Error)]
#[error("{action}")]
pub(super) struct ConnectorError {
    action: &'static str,
    source: io::Error,
}

impl ConnectorError {
    fn at<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self { action, source: error.into() }
    }
}

/// A socket on which the kernel tells of processes. It never blocks.
#[derive(Debug)]
pub(super) struct Connector {
    socket: Socket,
    buffer: Vec<u8>,
    /// The mark of our request: others may listen, too, and get the answer to theirs.
    mark: u32,
}

impl Connector {
    /// Asks the kernel to tell. The first thing it says is whether it does.
    pub(super) fn open(receive_buffer: Option<(usize, bool)>) -> Result<Self, ConnectorError> {
        let domain = Domain::from(nix::libc::AF_NETLINK);
        let protocol = Some(Protocol::from(NETLINK_CONNECTOR));
        let socket = Socket::new(domain, Type::DGRAM.nonblocking(), protocol)
            .map_err(ConnectorError::at("open a connector socket"))?;
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let mark = now.subsec_nanos() ^ std::process::id().rotate_left(16);
        let connector = Self { socket, buffer: vec![0; MESSAGE], mark };
        connector.set_buffer(receive_buffer);
        let descriptor = connector.socket.as_raw_fd();
        bind(descriptor, &NetlinkAddr::new(0, CN_IDX_PROC))
            .map_err(ConnectorError::at("join the group of process events"))?;
        sendto(descriptor, &request(mark), &NetlinkAddr::new(0, 0), MsgFlags::empty())
            .map_err(ConnectorError::at("ask for process events"))?;
        Ok(connector)
    }

    /// The size in octets, and whether it may exceed the limit of the system.
    pub(super) fn set_buffer(&self, size: Option<(usize, bool)>) {
        let set = match size {
            Some((size, true)) => setsockopt(&self.socket, sockopt::RcvBufForce, &size),
            Some((size, false)) => setsockopt(&self.socket, sockopt::RcvBuf, &size),
            None => setsockopt(&self.socket, sockopt::RcvBufForce, &RECEIVE_BUFFER)
                .or_else(|_| setsockopt(&self.socket, sockopt::RcvBuf, &RECEIVE_BUFFER)),
        };
        if let Err(errno) = set {
            // What does not fit is noticed, and read anew.
            tracing::warn!(%errno, "the receive buffer for process events has another size");
        }
    }

    /// Delivers what has arrived, but not more than can be dealt with in a moment.
    pub(super) fn receive(
        &mut self,
        mut deliver: impl FnMut(Event),
    ) -> Result<Received, ConnectorError> {
        let mut received = Received::All;
        for _ in 0..AT_ONCE {
            match recvfrom::<NetlinkAddr>(self.socket.as_raw_fd(), &mut self.buffer) {
                // Only the kernel is believed.
                Ok((length, Some(sender))) if sender.pid() == 0 => {
                    let datagram = self.buffer.get(..length).unwrap_or_default();
                    for message in messages(datagram) {
                        if half(message, 4) == Some(NLMSG_OVERRUN) {
                            received = Received::Overrun;
                        }
                        if let Some(event) = event(message, self.mark) {
                            deliver(event);
                        }
                    }
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Err(Errno::ENOBUFS) => received = Received::Overrun,
                Err(errno) => return Err(ConnectorError::at("receive process events")(errno)),
            }
        }
        Ok(received)
    }
}

impl AsFd for Connector {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The message that subscribes.
fn request(mark: u32) -> Vec<u8> {
    let data = PROC_CN_MCAST_LISTEN.to_ne_bytes();
    let mut message = Vec::new();
    let octets = NETLINK_HEADER + CONNECTOR_HEADER + data.len();
    message.extend(u32::try_from(octets).unwrap_or(u32::MAX).to_ne_bytes());
    message.extend(NLMSG_DONE.to_ne_bytes());
    message.extend([0; 10]);
    for word in [CN_IDX_PROC, CN_VAL_PROC, 0, mark] {
        message.extend(word.to_ne_bytes());
    }
    message.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_ne_bytes());
    message.extend([0; 2]);
    message.extend(data);
    message
}

/// The netlink messages of a datagram, with their headers.
fn messages(mut datagram: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = usize::try_from(word(datagram, 0)?).ok()?;
        let message = datagram.get(..length).filter(|_| length >= NETLINK_HEADER)?;
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    })
}

fn event(message: &[u8], mark: u32) -> Option<Event> {
    if matches!(half(message, 4)?, NLMSG_NOOP | NLMSG_ERROR | NLMSG_OVERRUN) {
        return None;
    }
    let message = message.get(NETLINK_HEADER..)?;
    if (word(message, 0)?, word(message, 4)?) != (CN_IDX_PROC, CN_VAL_PROC) {
        return None;
    }
    let answers = word(message, 12)?;
    let event = message.get(CONNECTOR_HEADER..)?;
    let data = event.get(EVENT_HEADER..)?;
    // The second number is that of the whole process.
    let process = || word(data, 4).filter(|process| word(data, 0) == Some(*process));
    match word(event, 0)? {
        PROC_EVENT_NONE if answers == mark.wrapping_add(1) => Some(match word(data, 0)? {
            0 => Event::Agreed,
            errno => Event::Refused(Errno::from_raw(i32::try_from(errno).unwrap_or(0))),
        }),
        PROC_EVENT_FORK => {
            let (parent, thread, child) = (word(data, 4)?, word(data, 8)?, word(data, 12)?);
            (thread == child).then_some(Event::Forked { parent, child })
        }
        PROC_EVENT_EXEC | PROC_EVENT_COMM => process().map(Event::Changed),
        PROC_EVENT_EXIT => process().map(Event::Ended),
        _ => None,
    }
}

fn word(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|octets| u32::from_ne_bytes(*octets))
}

fn half(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|octets| u16::from_ne_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the kernel writes it: 40 octets of an event behind the headers.
    fn message(answers: u32, what: u32, data: [u32; 4]) -> Vec<u8> {
        let mut octets = Vec::new();
        octets.extend(76u32.to_ne_bytes());
        octets.extend(NLMSG_DONE.to_ne_bytes());
        octets.extend([0xa5; 10]);
        for word in [CN_IDX_PROC, CN_VAL_PROC, 0xa5a5, answers] {
            octets.extend(word.to_ne_bytes());
        }
        octets.extend(40u16.to_ne_bytes());
        octets.extend([0; 2]);
        octets.extend(what.to_ne_bytes());
        octets.extend([0xa5; 12]);
        for word in data {
            octets.extend(word.to_ne_bytes());
        }
        octets.extend([0; 8]);
        assert_eq!(octets.len(), 76);
        octets
    }

    fn all(datagram: &[u8]) -> Vec<Event> {
        messages(datagram).filter_map(|message| event(message, 5)).collect()
    }

    #[test]
    fn events_of_processes_are_told_and_those_of_threads_are_not() {
        for (what, data, expected) in [
            (PROC_EVENT_FORK, [1, 2, 7, 7], Some(Event::Forked { parent: 2, child: 7 })),
            (PROC_EVENT_FORK, [1, 2, 8, 7], None),
            (PROC_EVENT_EXEC, [7, 7, 0, 0], Some(Event::Changed(7))),
            (PROC_EVENT_EXEC, [8, 7, 0, 0], None),
            (PROC_EVENT_COMM, [7, 7, 1, 2], Some(Event::Changed(7))),
            (PROC_EVENT_COMM, [8, 7, 1, 2], None),
            (PROC_EVENT_EXIT, [7, 7, 0, 9], Some(Event::Ended(7))),
            (PROC_EVENT_EXIT, [8, 7, 0, 9], None),
            (0x4, [7, 7, 0, 0], None),
        ] {
            let expected: Vec<Event> = expected.into_iter().collect();
            assert_eq!(all(&message(0, what, data)), expected, "{what:#x} {data:?}");
        }
    }

    #[test]
    fn only_the_answer_to_our_request_is_one() {
        assert_eq!(all(&message(6, PROC_EVENT_NONE, [0; 4])), [Event::Agreed]);
        let refused = all(&message(6, PROC_EVENT_NONE, [1, 0, 0, 0]));
        assert_eq!(refused, [Event::Refused(Errno::EPERM)]);
        assert!(all(&message(7, PROC_EVENT_NONE, [0; 4])).is_empty());
        assert!(all(&message(0, PROC_EVENT_NONE, [0; 4])).is_empty());
    }

    #[test]
    fn what_is_cut_off_or_of_others_is_left_out() {
        let whole = message(0, PROC_EVENT_FORK, [1, 2, 7, 7]);
        let forked = Event::Forked { parent: 2, child: 7 };
        for length in 0..whole.len() {
            assert!(all(&whole[..length]).is_empty(), "{length}");
        }
        // The length that the header says, cut shorter.
        for length in 0..68u32 {
            let mut short = whole.clone();
            short[..4].copy_from_slice(&length.to_ne_bytes());
            assert!(all(&short).is_empty(), "{length}");
        }
        assert_eq!(all(&[&whole[..], &whole[..]].concat()), [forked, forked]);
        let mut other = whole.clone();
        other[16] ^= 2;
        assert!(all(&other).is_empty());
        other = whole.clone();
        other[..4].copy_from_slice(&u32::MAX.to_ne_bytes());
        assert!(all(&other).is_empty());
        other = whole;
        other[4..6].copy_from_slice(&NLMSG_ERROR.to_ne_bytes());
        assert!(all(&other).is_empty());
    }

    #[test]
    fn the_request_is_that_of_the_header_files() {
        let octets = request(5);
        assert_eq!(octets.len(), 40);
        assert_eq!((word(&octets, 0), half(&octets, 4)), (Some(40), Some(NLMSG_DONE)));
        let words: Vec<_> = [16, 20, 24, 28].map(|at| word(&octets, at).unwrap()).into();
        assert_eq!(words, [1, 1, 0, 5]);
        assert_eq!((half(&octets, 32), word(&octets, 36)), (Some(4), Some(1)));
    }
}
