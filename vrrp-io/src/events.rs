//! A queue of events from the VRRP thread to an application, for threads and for async code.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use vrrp_fsm::Event;
use vrrp_fsm::proto::Priority;

use crate::id::RouterId;

/// More than a router can tell in hours; a queue that is not read for longer loses the oldest.
const CAPACITY: usize = 1024;
/// As much for thousands of routers.
const CAPACITY_OF_ALL: usize = 65_536;

/// Something that happened to a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// When.
    pub at: Instant,
    /// To which one.
    pub router: RouterId,
    /// The priority that it had then.
    pub priority: Priority,
    /// What.
    pub event: Event,
    /// How many notices just before this one were lost, because nobody read them in time.
    pub missed: u64,
}

/// The events of a router, or of all, from the subscription on.
///
/// Read it from a thread with [`wait`](Self::wait), from async code of any runtime with
/// [`next`](Self::next). Ends with `None` when the router was stopped and everything was read.
#[derive(Debug)]
pub struct Events(Arc<Queue>);

#[derive(Debug)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Inner {
    notices: VecDeque<Notice>,
    /// Since the last one that was read.
    missed: u64,
    is_closed: bool,
    waker: Option<Waker>,
}

impl Events {
    /// Waits for the next event.
    pub fn wait(&mut self) -> Option<Notice> {
        let mut inner = self.0.lock();
        loop {
            if let Some(notice) = inner.pop() {
                return Some(notice);
            }
            if inner.is_closed {
                return None;
            }
            inner = self.0.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the next event, but not longer than this.
    ///
    /// # Errors
    /// [`NoEvent`] tells whether there may be one later.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Result<Notice, NoEvent> {
        let begin = Instant::now();
        let mut inner = self.0.lock();
        loop {
            if let Some(notice) = inner.pop() {
                return Ok(notice);
            }
            if inner.is_closed {
                return Err(NoEvent::Ended);
            }
            let left = timeout.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(NoEvent::Timeout);
            }
            (inner, _) =
                self.0.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next event, if it has happened.
    pub fn try_next(&mut self) -> Option<Notice> {
        self.0.lock().pop()
    }

    /// The next event. Cancel-safe: an event is taken out only when it is returned.
    pub async fn next(&mut self) -> Option<Notice> {
        std::future::poll_fn(|context| {
            let waker = context.waker();
            let mut inner = self.0.lock();
            if let Some(notice) = inner.pop() {
                return Poll::Ready(Some(notice));
            }
            if inner.is_closed {
                return Poll::Ready(None);
            }
            let before = inner.waker.replace(waker.clone());
            // The last owner of a task may own more; it must not go while the queue is locked.
            drop(inner);
            drop(before);
            Poll::Pending
        })
        .await
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        // The task that waits here may be the last owner of something; it must not end up with the
        // VRRP thread.
        let waker = self.0.lock().waker.take();
        drop(waker);
    }
}

/// Why there is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::exhaustive_enums, reason = "there will be one, or there will be none")]
pub enum NoEvent {
    /// None has happened in time.
    #[error("no event in time")]
    Timeout,
    /// The router was stopped; there will be none.
    #[error("the virtual router was stopped")]
    Ended,
}

impl Inner {
    fn pop(&mut self) -> Option<Notice> {
        let notice = self.notices.pop_front()?;
        Some(Notice { missed: std::mem::take(&mut self.missed), ..notice })
    }
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // No code panics while it holds the lock; the data is whole in any case.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, notice: Notice) {
        let mut inner = self.lock();
        if inner.notices.len() == self.capacity {
            inner.notices.pop_front();
            inner.missed += 1;
        }
        inner.notices.push_back(notice);
        let waker = inner.waker.take();
        drop(inner);
        self.changed.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn close(&self) {
        let mut inner = self.lock();
        inner.is_closed = true;
        let waker = inner.waker.take();
        drop(inner);
        self.changed.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The subscribers of a router, or of all; lives in the VRRP thread.
#[derive(Debug, Default)]
pub(crate) struct Subscribers(Vec<Arc<Queue>>);

impl Subscribers {
    pub(crate) fn subscribe(&mut self) -> Events {
        self.add(CAPACITY)
    }

    /// A queue for the events of all routers.
    pub(crate) fn subscribe_to_all(&mut self) -> Events {
        self.add(CAPACITY_OF_ALL)
    }

    fn add(&mut self, capacity: usize) -> Events {
        self.forget_unread();
        let (inner, changed) = (Mutex::default(), Condvar::new());
        let queue = Arc::new(Queue { inner, changed, capacity });
        self.0.push(Arc::clone(&queue));
        Events(queue)
    }

    /// Whoever dropped the other end is not interested any more.
    fn forget_unread(&mut self) {
        self.0.retain(|queue| Arc::strong_count(queue) > 1);
    }

    pub(crate) fn publish(&mut self, notice: Notice) {
        self.forget_unread();
        for queue in &self.0 {
            queue.push(notice);
        }
    }
}

impl Drop for Subscribers {
    fn drop(&mut self) {
        for queue in &self.0 {
            queue.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};
    use vrrp_fsm::Event::{OtherActive, OtherOwner};

    #[derive(Default)]
    struct Count(AtomicUsize);

    fn notice(event: Event) -> Notice {
        let (router, priority) = (RouterId(1), Priority::DEFAULT);
        Notice { at: Instant::now(), router, priority, event, missed: 0 }
    }

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_future_is_woken_by_an_event_and_by_the_end() {
        let mut subscribers = Subscribers::default();
        let mut events = subscribers.subscribe();
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut context = Context::from_waker(&waker);
        let mut poll = |events: &mut Events| {
            let mut next = Box::pin(events.next());
            next.as_mut().poll(&mut context).map(|notice| notice.map(|notice| notice.event))
        };
        assert_eq!(poll(&mut events), Poll::Pending);
        subscribers.publish(notice(OtherActive));
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert_eq!(poll(&mut events), Poll::Ready(Some(OtherActive)));
        assert_eq!(poll(&mut events), Poll::Pending);
        drop(subscribers);
        assert_eq!(count.0.load(Ordering::SeqCst), 2);
        assert_eq!(poll(&mut events), Poll::Ready(None));
    }

    #[test]
    fn the_oldest_are_lost_and_counted() {
        let mut subscribers = Subscribers::default();
        let mut events = subscribers.subscribe();
        subscribers.publish(notice(OtherOwner));
        for _ in 0..CAPACITY {
            subscribers.publish(notice(OtherActive));
        }
        let first = events.wait().map(|notice| (notice.event, notice.missed));
        assert_eq!(first, Some((OtherActive, 1)));
        let last = std::iter::from_fn(|| events.try_next()).last();
        assert_eq!(last.map(|notice| notice.missed), Some(0));
        let none = events.wait_timeout(Duration::from_millis(1));
        assert_eq!(none, Err(NoEvent::Timeout));
        drop(subscribers);
        assert_eq!(events.wait_timeout(Duration::MAX), Err(NoEvent::Ended));
    }

    #[test]
    fn a_thread_that_waits_sees_the_end() {
        let mut subscribers = Subscribers::default();
        let mut events = subscribers.subscribe();
        let waiting = std::thread::spawn(move || std::iter::from_fn(|| events.wait()).count());
        subscribers.publish(notice(OtherActive));
        drop(subscribers);
        assert_eq!(waiting.join().unwrap(), 1);
    }
}
