//! Requests that are carried out all together or not at all: `nfnetlink_rcv_batch` in the kernel's
//! `nfnetlink.c`.

use crate::batch::Batch;
use crate::connection::Connection;
use crate::error::TransactionError;
use crate::message::{NLMSG_ERROR, messages};

/// Of `include/uapi/linux/netfilter/nfnetlink.h`.
const NFNL_MSG_BATCH_BEGIN: u16 = 0x10;
const NFNL_MSG_BATCH_END: u16 = 0x11;

impl Connection {
    /// Carries out all requests, or none. For [`Protocol::Netfilter`](crate::Protocol::Netfilter) and its
    /// subsystems that know transactions, as `NFNL_SUBSYS_NFTABLES`.
    ///
    /// They go out in one piece, which the socket's send buffer limits: 212,960 octets by default.
    ///
    /// # Errors
    /// [`TransactionError`]. Nothing was carried out, unless it is that the answer was lost or could
    /// not be received.
    pub fn transact(&mut self, subsystem: u8, batch: &Batch) -> Result<(), TransactionError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut whole = framed(subsystem, batch);
        let first = self.next_sequences(whole.len());
        for (request, sequence) in (0..whole.len()).zip(first..) {
            whole.set_sequence(request, sequence);
        }
        self.send(whole.slice(0..whole.len()))?;
        self.read_verdict(first, batch.len())
    }

    /// Reads all answers. The one that begins the transaction has the place 0, and the last request
    /// the place `last`.
    fn read_verdict(&mut self, first: u32, last: usize) -> Result<(), TransactionError> {
        let mut is_acknowledged = false;
        let mut refused = None;
        while let Some(datagram) = self.receive()? {
            for message in messages(datagram).filter(|message| message.kind == NLMSG_ERROR) {
                let place = message.sequence.wrapping_sub(first) as usize;
                match message.outcome() {
                    // The answer to something earlier.
                    _ if place > last => {}
                    // It was understood; whether it was carried out depends on the others.
                    Ok(()) => is_acknowledged |= place == last,
                    // Later ones often fail because this one did.
                    Err(source) => refused = refused.or(Some((place, source))),
                }
            }
        }
        match refused {
            // No capability, no such subsystem, or the commit failed.
            Some((0, source)) => Err(TransactionError::Refused(source)),
            Some((place, source)) => {
                Err(TransactionError::RequestRefused { request: place - 1, source })
            }
            None if is_acknowledged => Ok(()),
            None => Err(TransactionError::AnswerLost),
        }
    }
}

/// The batch between the two messages that make it a transaction.
fn framed(subsystem: u8, batch: &Batch) -> Batch {
    // `struct nfgenmsg`: family, version, then the subsystem in network byte order.
    let header = [0, 0, 0, subsystem];
    let mut whole = Batch::new();
    whole.request(NFNL_MSG_BATCH_BEGIN, 0).fixed(&header);
    whole.append(batch);
    whole.request(NFNL_MSG_BATCH_END, 0).fixed(&header);
    // One answer is enough, and many would overrun the receive buffer. It is that of the last request,
    // because older kernels never answer the end of a transaction.
    for place in (0..whole.len()).filter(|place| *place != batch.len()) {
        whole.set_acknowledged(place, false);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::NLM_F_ACK;

    #[test]
    fn only_the_last_request_of_a_transaction_is_acknowledged() {
        let mut batch = Batch::new();
        for kind in [0x0a00, 0x0a03, 0x0a06] {
            batch.request(kind, 0).fixed(&[2, 0, 0, 0]).attribute(1, b"table\0");
        }
        let whole = framed(10, &batch);
        let octets = whole.slice(0..whole.len());
        let kinds: Vec<u16> = messages(octets).map(|message| message.kind).collect();
        assert_eq!(kinds, [0x10, 0x0a00, 0x0a03, 0x0a06, 0x11]);
        let acknowledged = messages(octets).map(|message| message.flags & NLM_F_ACK != 0);
        let acknowledged: Vec<bool> = acknowledged.collect();
        assert_eq!(acknowledged, [false, false, false, true, false]);
        for frame in [whole.slice(0..1), whole.slice(4..5)] {
            assert!(frame.ends_with(&[0, 0, 0, 10]), "{frame:?}");
        }
        // What was given stays as it was.
        assert!(messages(batch.slice(0..3)).all(|message| message.flags & NLM_F_ACK != 0));
    }
}
