//! Requests and their answers.

use std::io;
use std::os::fd::BorrowedFd;
use std::thread;

use neli::consts::socket::{Msg, NlFamily};
use neli::socket::NlSocket;
use neli::utils::Groups;
use nix::sched::{CloneFlags, setns};

use crate::batch::{Batch, Request};
use crate::error::{Error, RequestError};
use crate::flags::DUMP;
use crate::message::{Message, NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, messages};

/// Answers to so many requests fit the default receive buffer of 212,992 octets, if all fail; 256 were measured to
/// be the most.
const REQUESTS_PER_SEND: usize = 128;
/// What an answer takes of the receive buffer: 212,992 octets for 256 of them.
const OCTETS_PER_ANSWER: usize = 832;
/// Half of what the default send buffer takes in one piece.
const OCTETS_PER_SEND: usize = 64 * 1024;
/// The kernel fills no larger pieces of a dump (`netlink_dump` in `af_netlink.c`).
const RECEIVE_BUFFER: usize = 64 * 1024;
const DUMP_ATTEMPTS: u32 = 8;

/// Which part of the kernel to talk to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// `NETLINK_ROUTE`: links, addresses, routes, rules.
    Route,
    /// `NETLINK_GENERIC`: IPVS and others.
    Generic,
    /// `NETLINK_NETFILTER`: nf_tables and others.
    Netfilter,
}

/// A netlink socket that asks and waits for the answers.
///
/// The kernel answers these protocols before the send returns, so no call waits for anything but
/// the kernel's own work.
#[expect(missing_debug_implementations, reason = "neli's socket has none")]
pub struct Connection {
    socket: NlSocket,
    sequence: u32,
    buffer: Vec<u8>,
    requests_per_send: usize,
    /// The kernel had no room for an answer.
    has_overrun: bool,
}

impl Connection {
    /// Opens a connection in the network namespace of the calling thread.
    ///
    /// # Errors
    /// [`Error::Socket`].
    pub fn open(protocol: Protocol) -> Result<Self, Error> {
        let family = match protocol {
            Protocol::Route => NlFamily::Route,
            Protocol::Generic => NlFamily::Generic,
            Protocol::Netfilter => NlFamily::Netfilter,
        };
        let failed = |action| move |source| Error::Socket { action, source };
        let socket =
            NlSocket::connect(family, None, Groups::empty()).map_err(failed("open and bind"))?;
        socket.enable_ext_ack(true).map_err(failed("NETLINK_EXT_ACK"))?;
        let buffer = vec![0; RECEIVE_BUFFER];
        let requests_per_send = REQUESTS_PER_SEND;
        Ok(Self { socket, sequence: 0, buffer, requests_per_send, has_overrun: false })
    }

    /// Opens a connection in another network namespace, which a file such as `/run/netns/NAME` stands for. The calling
    /// thread stays where it is. It needs `CAP_SYS_ADMIN`.
    ///
    /// # Errors
    /// [`Error::Namespace`] and [`Error::Socket`].
    pub fn open_in(namespace: BorrowedFd<'_>, protocol: Protocol) -> Result<Self, Error> {
        // A socket stays where it was made; the thread that went there for it ends.
        thread::scope(|scope| {
            let entered = thread::Builder::new().spawn_scoped(scope, || {
                let entered = setns(namespace, CloneFlags::CLONE_NEWNET);
                entered.map_err(|errno| Error::Namespace(errno.into()))?;
                Self::open(protocol)
            });
            let opened = entered.map_err(Error::Namespace)?.join();
            opened.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Changes how many octets of answers the kernel keeps, up to the system's limit. Where these are few,
    /// fewer requests go out together, so that their answers fit.
    ///
    /// # Errors
    /// [`Error::Socket`].
    pub fn set_receive_buffer(&mut self, octets: usize) -> Result<(), Error> {
        let set = self.socket.set_recv_buffer_size(octets);
        set.map_err(|source| Error::Socket { action: "SO_RCVBUF", source })?;
        // The kernel doubles the number; an answer that repeats its request takes more.
        self.requests_per_send = (octets / OCTETS_PER_ANSWER).clamp(1, REQUESTS_PER_SEND);
        Ok(())
    }

    /// Sends all requests, many with each send, and returns what became of each, in their order. A request
    /// that fails does not keep the later ones from being carried out.
    ///
    /// # Errors
    /// [`Error::Send`] and [`Error::Receive`]; requests before that point may have been carried out.
    pub fn execute(&mut self, batch: &mut Batch) -> Result<Vec<Result<(), RequestError>>, Error> {
        let mut outcomes = vec![Err(RequestError::AnswerLost); batch.len()];
        let mut first = 0;
        while first < batch.len() {
            let end = self.cut(batch, first);
            let sequence = self.next_sequences(end - first);
            for (request, sequence) in (first..end).zip(sequence..) {
                batch.set_sequence(request, sequence);
            }
            // A request that fails is answered in any case, and the acknowledgement of the last tells that
            // there are no more answers.
            (first..end).for_each(|request| batch.set_acknowledged(request, request == end - 1));
            self.has_overrun = false;
            self.send(batch.slice(first..end))?;
            self.collect(sequence, &mut outcomes[first..end])?;
            first = end;
        }
        Ok(outcomes)
    }

    /// Asks for a list with a request of the type `kind` that `write` fills, and returns what `read`
    /// makes of each message. Messages for which it returns `None` are left out.
    ///
    /// # Errors
    /// [`Error::Send`], [`Error::Receive`], [`Error::Dump`] and [`Error::Inconsistent`].
    pub fn dump<T>(
        &mut self,
        kind: u16,
        write: impl FnOnce(&mut Request<'_>),
        mut read: impl FnMut(Message<'_>) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let mut batch = Batch::new();
        write(&mut batch.request(kind, DUMP));
        for _ in 0..DUMP_ATTEMPTS {
            let sequence = self.next_sequences(1);
            batch.set_sequence(0, sequence);
            self.send(batch.slice(0..1))?;
            if let Some(all) = self.read_dump(sequence, &mut read)? {
                return Ok(all);
            }
        }
        Err(Error::Inconsistent(DUMP_ATTEMPTS))
    }

    /// Asks for one thing with a request of the type `kind` that `write` fills, and returns what `read` makes of the
    /// answer: `None` when it makes nothing of it, or when there was none.
    ///
    /// # Errors
    /// [`Error::Dump`] when the kernel refused, [`Error::Send`] and [`Error::Receive`].
    pub fn get<T>(
        &mut self,
        kind: u16,
        write: impl FnOnce(&mut Request<'_>),
        mut read: impl FnMut(Message<'_>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let mut batch = Batch::new();
        write(&mut batch.request(kind, 0));
        let sequence = self.next_sequences(1);
        batch.set_sequence(0, sequence);
        self.send(batch.slice(0..1))?;
        let mut answer = None;
        loop {
            let Some(datagram) = self.receive()? else { return Ok(answer) };
            for message in messages(datagram).filter(|message| message.sequence == sequence) {
                if message.kind == NLMSG_ERROR {
                    message.outcome().map_err(Error::Dump)?;
                    return Ok(answer);
                }
                answer = read(message).or(answer);
            }
        }
    }

    /// One try; `None` when the table changed meanwhile or a piece was lost.
    fn read_dump<T>(
        &mut self,
        sequence: u32,
        read: &mut impl FnMut(Message<'_>) -> Option<T>,
    ) -> Result<Option<Vec<T>>, Error> {
        let mut all = Vec::new();
        let mut is_consistent = true;
        loop {
            let Some(datagram) = self.receive()? else { return Ok(None) };
            for message in messages(datagram).filter(|message| message.sequence == sequence) {
                is_consistent &= message.flags & NLM_F_DUMP_INTR == 0;
                match message.kind {
                    NLMSG_DONE | NLMSG_ERROR => {
                        message.outcome().map_err(Error::Dump)?;
                        return Ok(is_consistent.then_some(all));
                    }
                    _ => all.extend(read(message)),
                }
            }
        }
    }

    /// How many requests from `first` on go out together: the index after the last.
    fn cut(&self, batch: &Batch, first: usize) -> usize {
        let limit = batch.len().min(first + self.requests_per_send);
        let fits = |end: &usize| batch.slice(first..*end).len() <= OCTETS_PER_SEND;
        (first + 1..=limit).take_while(fits).last().unwrap_or(first + 1)
    }

    /// Takes so many numbers in a row, none of them 0, which events have.
    pub(crate) fn next_sequences(&mut self, count: usize) -> u32 {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let first = self.sequence.checked_add(1).filter(|first| first.checked_add(count).is_some());
        let first = first.unwrap_or(1);
        self.sequence = first + count - 1;
        first
    }

    pub(crate) fn send(&self, octets: &[u8]) -> Result<(), Error> {
        loop {
            match self.socket.send(octets, Msg::empty()) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Send(error)),
            }
        }
    }

    /// Reads answers until that of the last request, or until none is left to read.
    fn collect(
        &mut self,
        first: u32,
        outcomes: &mut [Result<(), RequestError>],
    ) -> Result<(), Error> {
        let last = outcomes.len() - 1;
        let mut is_complete = false;
        while !is_complete {
            let Some(datagram) = self.receive()? else { break };
            for message in messages(datagram).filter(|message| message.kind == NLMSG_ERROR) {
                let place = message.sequence.wrapping_sub(first) as usize;
                if let Some(outcome) = outcomes.get_mut(place) {
                    *outcome = message.outcome().map_err(RequestError::Refused);
                    is_complete |= place == last;
                }
            }
        }
        if is_complete && !self.has_overrun {
            // Who was not answered did not fail.
            for outcome in outcomes.iter_mut().filter(|o| **o == Err(RequestError::AnswerLost)) {
                *outcome = Ok(());
            }
        }
        Ok(())
    }

    /// The next datagram; `None` when there is none or it was too long, so that something is lost.
    pub(crate) fn receive(&mut self) -> Result<Option<&[u8]>, Error> {
        loop {
            match self.socket.recv(self.buffer.as_mut_slice(), Msg::DONTWAIT | Msg::TRUNC) {
                Ok((length, _)) => return Ok(self.buffer.get(..length)),
                Err(error) => match error.raw_os_error() {
                    Some(nix::libc::EINTR) => {}
                    // After an overrun what did arrive is read on; the rest stays without answer.
                    Some(nix::libc::ENOBUFS) => self.has_overrun = true,
                    Some(nix::libc::EAGAIN) => return Ok(None),
                    _ => return Err(Error::Receive(error)),
                },
            }
        }
    }
}
