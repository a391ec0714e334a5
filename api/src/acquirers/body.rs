//! A request body that knows whether it left: it looks at the clock when the connection asks for it, which is after
//! connecting, and it can be revoked until then. Its buffer is wiped when the last holder drops it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use zeroize::Zeroizing;

use super::Clock;

const WAITING: u8 = 0;
const DEPARTED: u8 = 1;
const REVOKED: u8 = 2;

/// Whether a request's body was handed to its connection: decided once, by whoever comes first, so that "it was not
/// sent" can never be said of a body that a connection takes a moment later.
#[derive(Clone, Default)]
pub struct Departure(Arc<AtomicU8>);

impl Departure {
    /// True when no byte of the body has left; none ever will then. False when some may have.
    pub fn revoke(&self) -> bool {
        self.decide(REVOKED)
    }

    fn depart(&self) -> bool {
        self.decide(DEPARTED)
    }

    fn decide(&self, state: u8) -> bool {
        match self.0.compare_exchange(WAITING, state, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => true,
            Err(before) => before == state,
        }
    }
}

/// The body was asked for after its time, or after it had been given up.
#[derive(Debug)]
pub struct NotGivenOut;

impl fmt::Display for NotGivenOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the instant before which it had to be sent has passed")
    }
}

impl std::error::Error for NotGivenOut {}

/// One frame, given out in time or not at all.
pub struct GuardedBody {
    data: Option<Bytes>,
    send_before_ms: i64,
    clock: Clock,
    departure: Departure,
}

impl GuardedBody {
    /// Takes the buffer over; it is wiped once sent or dropped.
    pub fn new(
        buffer: Zeroizing<Vec<u8>>,
        send_before_ms: i64,
        clock: Clock,
        departure: Departure,
    ) -> GuardedBody {
        GuardedBody { data: Some(Bytes::from_owner(Wiped(buffer))), send_before_ms, clock, departure }
    }
}

/// Wiped on drop, which for a buffer that the connection shares is when the connection has written it.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Body for GuardedBody {
    type Data = Bytes;
    type Error = NotGivenOut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NotGivenOut>>> {
        let Some(data) = self.data.take() else { return Poll::Ready(None) };
        if (self.clock)() > self.send_before_ms || !self.departure.depart() {
            return Poll::Ready(Some(Err(NotGivenOut)));
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn take(body: &mut GuardedBody) -> Option<Vec<u8>> {
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(body).poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => frame.into_data().ok().map(|data| data.to_vec()),
            _ => None,
        }
    }

    fn body(now_ms: i64, departure: &Departure) -> GuardedBody {
        let clock: Clock = Arc::new(move || now_ms);
        GuardedBody::new(Zeroizing::new(b"order".to_vec()), 100, clock, departure.clone())
    }

    #[test]
    fn a_body_asked_for_in_time_leaves_and_cannot_be_revoked_any_more() {
        let departure = Departure::default();
        assert_eq!(take(&mut body(100, &departure)).unwrap(), b"order");
        assert!(!departure.revoke());
    }

    #[test]
    fn a_body_asked_for_too_late_does_not_leave() {
        let departure = Departure::default();
        assert_eq!(take(&mut body(101, &departure)), None);
        assert!(departure.revoke());
    }

    #[test]
    fn a_revoked_body_never_leaves_even_if_a_connection_asks_for_it_in_time() {
        let departure = Departure::default();
        assert!(departure.revoke());
        assert!(departure.revoke(), "saying it twice is the same");
        assert_eq!(take(&mut body(0, &departure)), None);
    }
}
