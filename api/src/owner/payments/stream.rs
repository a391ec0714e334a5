//! One payment with its events, as the store has them or as they are in flight.

use super::Payments;
use crate::ledger::PaymentAt;
use crate::owner::Fatal;
use crate::owner::rows::{self, StreamRow};
use crate::store::Rows;
use ledger_domain::ids::{CommandId, PaymentId};
use ledger_domain::lines::AcquirerId;
use ledger_domain::payment::{self, Payment, PaymentEvent, PaymentView};
use ledger_domain::recorded::{self, Meta};
use ledger_domain::{Event, Impossible};
use ledger_log::{PartitionId, Position};
use std::collections::VecDeque;
use std::sync::Arc;

/// A payment as it is decided on: the view after its last event, and its events. One that is kept in memory has only the last of
/// them, so that it costs the same however long its life was; what is asked about earlier ones is read from the rows.
#[derive(Clone, Debug)]
pub struct Stream {
    /// How many events there are.
    length: usize,
    /// The last events, or all.
    events: Vec<PaymentEvent>,
    /// The seq of each of `events`, and about how many bytes it takes.
    places: Vec<(u64, u64)>,
    /// The command that asked for the payment.
    command: CommandId,
    route: Option<Route>,
    newest: Arc<PaymentView>,
    /// The views before it that accepted records may still stand at, each with its length: while much of one payment is in
    /// flight, nobody folds its whole life for every answer.
    before: VecDeque<(usize, Arc<PaymentView>)>,
}

/// Whom a payment was routed to, as its first event says.
#[derive(Clone, Debug)]
pub(in crate::owner) struct Route {
    /// The acquirer.
    pub(in crate::owner) acquirer: AcquirerId,
    /// Whether it keeps tombstones.
    pub(in crate::owner) tombstones: bool,
}

/// So many events at least are kept of a payment in memory.
const KEPT: usize = 16;
/// A view in memory, about, bytes.
const VIEW_BYTES: u64 = 2_048;
/// An event in memory takes about so many times the bytes of its value, and as many more besides.
const BYTES_PER_BYTE: u64 = 3;
const BYTES_PER_EVENT: u64 = 512;

fn bytes_in_memory(value: &[u8]) -> u64 {
    let value = u64::try_from(value.len()).unwrap_or(u64::MAX);
    value.saturating_mul(BYTES_PER_BYTE).saturating_add(BYTES_PER_EVENT)
}

/// What a stream counts in the cache: roughly its bytes in memory.
#[derive(Clone, Debug)]
pub(super) struct Weight;

impl quick_cache::Weighter<PaymentId, Stream> for Weight {
    fn weight(&self, _: &PaymentId, stream: &Stream) -> u64 {
        let views = u64::try_from(stream.before.len()).unwrap_or(u64::MAX).saturating_add(1);
        let events = stream.places.iter().map(|(_, bytes)| bytes);
        events.fold(views.saturating_mul(VIEW_BYTES), |sum, bytes| sum.saturating_add(*bytes))
    }
}

impl Stream {
    /// A stream of one event, whose value in the log is `value`.
    pub(super) fn begin(
        event: &PaymentEvent,
        value: &[u8],
        seq: u64,
        meta: &Meta,
    ) -> Result<Self, Impossible> {
        let newest = PaymentView::fold([event])?.ok_or(Impossible {
            state: "READY",
            event: event.type_name(),
            why: "a stream begins with its request",
        })?;
        let terms = if let PaymentEvent::Requested(data) = event { Some(&data.terms) } else { None };
        let route =
            terms.map(|terms| Route { acquirer: terms.acquirer.clone(), tombstones: terms.tombstones });
        Ok(Self {
            length: 1,
            events: vec![event.clone()],
            places: vec![(seq, bytes_in_memory(value))],
            command: meta.command,
            route,
            newest: Arc::new(newest),
            before: VecDeque::new(),
        })
    }

    /// Takes one more event in.
    pub(super) fn push(&mut self, event: &PaymentEvent, value: &[u8], seq: u64) -> Result<(), Impossible> {
        let mut next = PaymentView::clone(&self.newest);
        next.apply(event)?;
        self.before.push_back((self.length, std::mem::replace(&mut self.newest, Arc::new(next))));
        self.events.push(event.clone());
        self.places.push((seq, bytes_in_memory(value)));
        self.length = self.length.saturating_add(1);
        Ok(())
    }

    /// Lets the oldest events go, so that the stream can stay in memory.
    pub(super) fn trim(&mut self) {
        if self.events.len() >= 2 * KEPT {
            let gone = self.events.len().saturating_sub(KEPT);
            self.events.drain(..gone);
            self.places.drain(..gone);
        }
    }

    /// The view after the last event.
    pub(super) const fn newest(&self) -> &Arc<PaymentView> {
        &self.newest
    }

    /// The state after the last event.
    #[must_use]
    pub fn state(&self) -> &Payment {
        self.newest.state()
    }

    /// How many events there are.
    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// How many events there are, as rows count them.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.length).unwrap_or(u32::MAX)
    }

    /// Whom the payment was routed to.
    pub(super) const fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    /// The first `length` events are accepted: what was before them is asked for no more.
    pub(super) fn accepted(&mut self, length: usize) {
        while self.before.front().is_some_and(|(before, _)| *before < length) {
            self.before.pop_front();
        }
    }

    /// Where an event is in `events`, by its number from 0; none when it was let go or has not come.
    fn place(&self, index: usize) -> Option<usize> {
        let first = self.length.saturating_sub(self.events.len());
        index.checked_sub(first).filter(|place| *place < self.events.len())
    }

    /// Whether the payment after its first `length` events is at hand.
    fn has(&self, length: usize) -> bool {
        self.place(length.wrapping_sub(1)).is_some() && self.view_at_hand(length).is_some()
    }

    /// The view after the first `length` events where it is at hand.
    fn view_at_hand(&self, length: usize) -> Option<Arc<PaymentView>> {
        if length == self.length {
            return Some(Arc::clone(&self.newest));
        }
        self.before.iter().find(|(before, _)| *before == length).map(|(_, view)| Arc::clone(view))
    }

    /// The view after the first `length` events; none where events of them were let go.
    pub(super) fn view_at(&self, length: usize) -> Result<Option<Arc<PaymentView>>, Impossible> {
        match (self.view_at_hand(length), self.events.get(..length)) {
            (Some(view), _) => Ok(Some(view)),
            (None, Some(events)) if self.events.len() == self.length => {
                Ok(PaymentView::fold(events)?.map(Arc::new))
            }
            (None, _) => Ok(None),
        }
    }

    /// The payment after its first `length` events; none where events of them were let go.
    pub(super) fn at(&self, length: usize, at: &PartitionId) -> Result<Option<PaymentAt>, Impossible> {
        let place = self.place(length.wrapping_sub(1)).and_then(|place| self.places.get(place));
        let (Some((seq, _)), Some(view)) = (place, self.view_at(length)?) else { return Ok(None) };
        let version = u32::try_from(length).unwrap_or(u32::MAX);
        let position = Position { partition: at.clone(), seq: *seq };
        Ok(Some(PaymentAt { view, position, version, command: self.command, cancel: None }))
    }

    /// An event by its number from 0; none when it was let go or has not come.
    pub(super) fn event(&self, index: usize) -> Option<&PaymentEvent> {
        self.events.get(self.place(index)?)
    }

    /// How far the command behind the event `intent` has come in the first `length` events; none where that event was let go.
    pub(super) fn answer(&self, intent: usize, length: usize) -> Option<payment::Answer> {
        let first = self.length.saturating_sub(self.events.len());
        let events = self.events.get(..length.checked_sub(first)?)?;
        Some(match payment::answer(events, intent.checked_sub(first)?)? {
            payment::Answer::Final { length } => {
                payment::Answer::Final { length: length.saturating_add(first) }
            }
            other @ (payment::Answer::Open | payment::Answer::Unknown | payment::Answer::Since) => other,
        })
    }

    /// Reads a stream's first `version` events from its rows.
    pub(super) fn load(payment: &str, version: u32, rows: &dyn Rows) -> Result<Option<Self>, Fatal> {
        let mut stream: Option<Self> = None;
        for row in rows::records(rows, payment, 1, version)? {
            let unreadable = |why: String| {
                Fatal::Store(rows::unreadable(payment.as_bytes(), format!("event of seq {}: {why}", row.seq)))
            };
            let (event, meta) = recorded::read(&row.payload.headers, &row.payload.value)
                .map_err(|why| unreadable(why.to_string()))?;
            let Event::Payment(event) = event else {
                return Err(unreadable(format!("it is a {}", event.type_name())));
            };
            let pushed = match &mut stream {
                Some(stream) => stream.push(&event, &row.payload.value, row.seq),
                none => {
                    Self::begin(&event, &row.payload.value, row.seq, &meta).map(|first| *none = Some(first))
                }
            };
            pushed.map_err(|why| unreadable(why.to_string()))?;
        }
        if let Some(stream) = &mut stream {
            stream.accepted(stream.length());
        }
        Ok(stream)
    }
}

/// A payment as far as rows show it: in memory, where it may be further, or read from its rows.
pub(in crate::owner) enum Seen<'a> {
    Memory(&'a Stream, usize),
    Read(Box<Stream>),
}

impl Seen<'_> {
    /// The view as far as it is seen.
    pub(in crate::owner) fn view(&self) -> Result<Option<Arc<PaymentView>>, Impossible> {
        self.stream().view_at(self.length())
    }

    pub(super) fn stream(&self) -> &Stream {
        match self {
            Self::Memory(stream, _) => stream,
            Self::Read(stream) => stream,
        }
    }

    pub(super) fn length(&self) -> usize {
        match self {
            Self::Memory(_, length) => *length,
            Self::Read(stream) => stream.length(),
        }
    }
}

impl Payments {
    /// The newest stream that `rows` shows, kept in memory as long as there is room. None when there is no such payment.
    pub(in crate::owner) fn newest(
        &mut self,
        payment: PaymentId,
        rows: &dyn Rows,
    ) -> Result<Option<Seen<'_>>, Fatal> {
        let name = payment.to_string();
        let Some(row) = stream_row(&name, rows)? else { return Ok(None) };
        let known = self.streams.get(&payment).is_some_and(|stream| stream.version() == row.version);
        if !known && let Some(stream) = Stream::load(&name, row.version, rows)? {
            self.keep(payment, stream);
        }
        self.seen_at(payment, &name, row.version, rows)
    }

    /// Takes the newest stream that `rows` shows out of memory, or reads it; with its row.
    pub(super) fn take(
        &mut self,
        payment: PaymentId,
        name: &str,
        rows: &dyn Rows,
    ) -> Result<(Option<Stream>, StreamRow), Fatal> {
        let Some(row) = stream_row(name, rows)? else { return Ok((None, StreamRow::default())) };
        let known = self.streams.remove(&payment).map(|(_, stream)| stream);
        let stream = match known.filter(|stream| stream.version() == row.version) {
            Some(stream) => Some(stream),
            None => Stream::load(name, row.version, rows)?,
        };
        Ok((stream, row))
    }

    /// The stream as far as `rows` shows it, without keeping it. Memory may be further: its first part is the same.
    pub(super) fn seen(&self, payment: PaymentId, rows: &dyn Rows) -> Result<Option<Seen<'_>>, Fatal> {
        let name = payment.to_string();
        let Some(row) = stream_row(&name, rows)? else { return Ok(None) };
        self.seen_at(payment, &name, row.version, rows)
    }

    fn seen_at(
        &self,
        payment: PaymentId,
        name: &str,
        version: u32,
        rows: &dyn Rows,
    ) -> Result<Option<Seen<'_>>, Fatal> {
        let length = usize::try_from(version).unwrap_or(usize::MAX);
        match self.streams.get(&payment) {
            Some(stream) if stream.has(length) => Ok(Some(Seen::Memory(stream, length))),
            Some(_) | None => {
                Ok(Stream::load(name, version, rows)?.map(|stream| Seen::Read(Box::new(stream))))
            }
        }
    }

    /// Keeps a stream in memory as long as there is room.
    pub(super) fn keep(&mut self, payment: PaymentId, mut stream: Stream) {
        stream.trim();
        self.streams.insert(payment, stream);
    }

    /// A record of the payment was accepted: the payment as far as `rows`, which show nothing else, have it.
    pub(in crate::owner) fn accepted(
        &mut self,
        payment: PaymentId,
        rows: &dyn Rows,
    ) -> Result<Option<Arc<PaymentView>>, Fatal> {
        let name = payment.to_string();
        let Some(row) = stream_row(&name, rows)? else { return Ok(None) };
        if let Some(mut stream) = self.streams.peek_mut(&payment) {
            stream.accepted(usize::try_from(row.version).unwrap_or(usize::MAX));
        }
        let Some(seen) = self.seen_at(payment, &name, row.version, rows)? else { return Ok(None) };
        seen.view().map_err(|why| super::impossible(payment, why))
    }

    /// What is in flight was thrown away: memory may hold some of it.
    pub(in crate::owner) fn forget(&mut self) {
        self.streams.clear();
    }
}

fn stream_row(name: &str, rows: &dyn Rows) -> Result<Option<StreamRow>, Fatal> {
    Ok(rows::read(rows, &rows::stream_key(name), StreamRow::decode)?)
}
