//! Recording of frames, with the kernel's timestamps.

use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{
    ControlMessageOwned, LinkAddr, MsgFlags, bind, recvmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, Socket, Type};

use crate::frame::Frame;

/// More than the buffer of the socket holds.
const MAX_DRAIN: usize = 100_000;
/// All protocols, in network byte order as the socket call wants it.
const ETH_P_ALL: u16 = 0x0003;

/// A recording that goes on until it is stopped or dropped.
#[derive(Debug)]
pub struct Capture {
    frames: Arc<Mutex<Vec<Frame>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Capture {
    /// Records an interface of the calling thread's namespace.
    pub(super) fn start(interface: &str) -> io::Result<Self> {
        let protocol = Protocol::from(i32::from(ETH_P_ALL.to_be()));
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(protocol))?;
        bind(socket.as_raw_fd(), &link_address(interface)?)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        setsockopt(&socket, sockopt::RcvBufForce, &(8 << 20))
            .or_else(|_| setsockopt(&socket, sockopt::RcvBuf, &(8 << 20)))?;
        // So that the thread sees when it is over.
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let frames = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (sink, over) = (Arc::clone(&frames), Arc::clone(&is_over));
        let thread = std::thread::Builder::new().name("capture".into()).spawn(move || {
            let record = |flags| {
                let frame = receive(&socket, flags);
                let is_some = frame.is_some();
                sink.lock().unwrap_or_else(PoisonError::into_inner).extend(frame);
                is_some
            };
            while !over.load(Ordering::Acquire) {
                record(MsgFlags::empty());
            }
            // What the kernel has seen and not delivered yet belongs to the recording; what comes
            // now does not, so it is bounded.
            for _ in 0..MAX_DRAIN {
                if !record(MsgFlags::MSG_DONTWAIT) {
                    break;
                }
            }
        })?;
        Ok(Self { frames, is_over, thread: Some(thread) })
    }

    /// What was recorded so far, without the first frames that the caller knows already.
    pub fn frames_after(&self, known: usize) -> Vec<Frame> {
        let frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        frames.get(known..).unwrap_or_default().to_vec()
    }

    /// Ends the recording.
    pub fn stop(mut self) -> Vec<Frame> {
        self.end();
        std::mem::take(&mut *self.frames.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn end(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic there was printed; what was recorded before is there.
            let _ = thread.join();
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.end();
    }
}

fn receive(socket: &Socket, flags: MsgFlags) -> Option<Frame> {
    let mut octets = vec![0; 4096];
    let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
    let mut slices = [IoSliceMut::new(&mut octets)];
    let (length, at) = {
        let received =
            recvmsg::<LinkAddr>(socket.as_raw_fd(), &mut slices, Some(&mut control), flags).ok()?;
        let at = received.cmsgs().ok()?.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
            _ => None,
        });
        (received.bytes, at?)
    };
    octets.truncate(length);
    Some(Frame { at, octets })
}

fn link_address(interface: &str) -> io::Result<LinkAddr> {
    let addresses = getifaddrs()?;
    let mut own = addresses.filter(|entry| entry.interface_name == interface);
    own.find_map(|entry| entry.address?.as_link_addr().copied())
        .ok_or_else(|| io::Error::from(Errno::ENODEV))
}
