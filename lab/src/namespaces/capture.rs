//! Recording of frames, with the kernel's timestamps.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{
    ControlMessageOwned, LinkAddr, MsgFlags, bind, recvmsg, setsockopt, sockopt,
};
use pcap_file::DataLink;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use socket2::{Domain, Protocol, Socket, Type};
use vrrp_proto::{Datagram, Demands, Packet};

/// All protocols, in network byte order as the socket call wants it.
const ETH_P_ALL: u16 = 0x0003;
const ETHERNET_HEADER: usize = 14;

/// A recorded frame.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Frame {
    /// When the kernel saw it, since the Unix epoch.
    pub at: Duration,
    /// The frame, from the Ethernet header on.
    pub octets: Vec<u8>,
}

impl Frame {
    /// The advertisement in it, as source, VRID and priority, if it is a valid one.
    ///
    /// A VRRPv2 packet inside an Authentication Header is told without checking the proof.
    pub fn advertisement(&self) -> Option<(std::net::IpAddr, u8, u8)> {
        let ip = self.octets.get(ETHERNET_HEADER..)?;
        let kind = u16::from_be_bytes([*self.octets.get(12)?, *self.octets.get(13)?]);
        let datagram = match kind {
            0x0800 => Datagram::from_ipv4(ip).ok()?,
            0x86dd => Datagram::from_ipv6(ip).ok()?,
            _ => return None,
        };
        let packet = Packet::decode(&datagram, &Demands::new()).ok()?;
        Some((datagram.endpoints().source(), packet.vrid(), packet.priority().get()))
    }
}

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
            while !over.load(Ordering::Acquire) {
                if let Some(frame) = receive(&socket) {
                    sink.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
                }
            }
            // What the kernel has seen and not delivered yet belongs to the recording.
            while let Some(frame) = receive(&socket) {
                sink.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
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

fn receive(socket: &Socket) -> Option<Frame> {
    let mut octets = vec![0; 4096];
    let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
    let mut slices = [IoSliceMut::new(&mut octets)];
    let flags = MsgFlags::empty();
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

/// Writes frames as a file that tcpdump, tshark and Wireshark read, with nanoseconds.
///
/// # Errors
/// When the file cannot be written.
pub fn write_pcap(path: &Path, frames: &[Frame]) -> io::Result<()> {
    let header = PcapHeader {
        datalink: DataLink::ETHERNET,
        ts_resolution: pcap_file::TsResolution::NanoSecond,
        ..PcapHeader::default()
    };
    let mut writer =
        PcapWriter::with_header(File::create(path)?, header).map_err(io::Error::other)?;
    for frame in frames {
        let length = u32::try_from(frame.octets.len()).unwrap_or(u32::MAX);
        let packet = PcapPacket::new(frame.at, length, &frame.octets);
        writer.write_packet(&packet).map_err(io::Error::other)?;
    }
    Ok(())
}
