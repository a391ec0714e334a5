//! One payment's events with the state they lead to, as the store has them or as they are in flight.

use super::Payments;
use crate::ledger::PaymentAt;
use crate::owner::Fatal;
use crate::owner::rows::{self, StreamRow};
use crate::store::Rows;
use ledger_domain::ids::{CommandId, PaymentId};
use ledger_domain::payment::{Payment, PaymentEvent, PaymentView, replay};
use ledger_domain::recorded::{self, Meta};
use ledger_domain::{Event, Impossible};
use ledger_log::{PartitionId, Position};

/// A payment's events, oldest first, and the view after the last.
#[derive(Clone, Debug)]
pub struct Stream {
    events: Vec<PaymentEvent>,
    seqs: Vec<u64>,
    /// The command that asked for the payment.
    command: CommandId,
    newest: PaymentView,
}

impl Stream {
    /// A stream of one event.
    pub(super) fn begin(event: &PaymentEvent, seq: u64, meta: &Meta) -> Result<Self, Impossible> {
        let newest = PaymentView::fold([event])?.ok_or(Impossible {
            state: "READY",
            event: event.type_name(),
            why: "a stream begins with its request",
        })?;
        Ok(Self { events: vec![event.clone()], seqs: vec![seq], command: meta.command, newest })
    }

    /// Takes one more event in.
    pub(super) fn push(&mut self, event: &PaymentEvent, seq: u64) -> Result<(), Impossible> {
        self.newest.apply(event)?;
        self.events.push(event.clone());
        self.seqs.push(seq);
        Ok(())
    }

    /// The state after the last event.
    #[must_use]
    pub fn state(&self) -> &Payment {
        self.newest.state()
    }

    /// How many events there are.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.events.len()).unwrap_or(u32::MAX)
    }

    /// The state after the first `length` events.
    pub(super) fn state_at(&self, length: usize) -> Result<Payment, Impossible> {
        if length == self.events.len() {
            return Ok(self.state().clone());
        }
        replay(self.events.get(..length).unwrap_or_default())
    }

    /// The payment after its first `length` events.
    pub(super) fn at(&self, length: usize, at: &PartitionId) -> Result<Option<PaymentAt>, Impossible> {
        let (Some(events), Some(seq)) = (self.events.get(..length), self.seqs.get(length.wrapping_sub(1)))
        else {
            return Ok(None);
        };
        let view =
            if length == self.events.len() { Some(self.newest.clone()) } else { PaymentView::fold(events)? };
        let version = u32::try_from(length).unwrap_or(u32::MAX);
        let position = Position { partition: at.clone(), seq: *seq };
        Ok(view.map(|view| PaymentAt { view, position, version, command: self.command, cancel: None }))
    }

    /// Reads a stream's first `version` events from its rows.
    fn load(payment: &str, version: u32, rows: &dyn Rows) -> Result<Option<Self>, Fatal> {
        let mut stream: Option<Self> = None;
        for row in rows::records(rows, payment, 1, version)? {
            let unreadable = |why: String| {
                Fatal::Store(rows::unreadable(payment.as_bytes(), format!("event of seq {}: {why}", row.seq)))
            };
            let (event, meta) = recorded::read(&row.payload.headers, &row.payload.value)
                .map_err(|why| unreadable(why.to_string()))?;
            let Event::Payment(event) = event else {
                return Err(unreadable("it is an event of the directory".to_owned()));
            };
            let pushed = match &mut stream {
                Some(stream) => stream.push(&event, row.seq),
                none => Self::begin(&event, row.seq, &meta).map(|first| *none = Some(first)),
            };
            pushed.map_err(|why| unreadable(why.to_string()))?;
        }
        Ok(stream)
    }
}

/// A stream at a version: from memory, whole or its first part, or read from its rows.
pub(super) enum Seen<'a> {
    Memory(&'a Stream, usize),
    Read(Box<Stream>),
}

impl Seen<'_> {
    pub(super) fn stream(&self) -> &Stream {
        match self {
            Self::Memory(stream, _) => stream,
            Self::Read(stream) => stream,
        }
    }

    pub(super) fn length(&self) -> usize {
        match self {
            Self::Memory(_, length) => *length,
            Self::Read(stream) => stream.events.len(),
        }
    }

    pub(super) fn events(&self) -> &[PaymentEvent] {
        self.stream().events.get(..self.length()).unwrap_or_default()
    }
}

impl Payments {
    /// The newest stream that `rows` shows, kept in memory. None when there is no such payment.
    pub(in crate::owner) fn newest(
        &mut self,
        payment: PaymentId,
        rows: &dyn Rows,
    ) -> Result<Option<&Stream>, Fatal> {
        let name = payment.to_string();
        let Some(row) = stream_row(&name, rows)? else { return Ok(None) };
        let known = self.streams.get(&payment).is_some_and(|stream| stream.version() == row.version);
        if !known {
            let Some(stream) = Stream::load(&name, row.version, rows)? else { return Ok(None) };
            self.keep(payment, stream);
        }
        Ok(self.streams.get(&payment))
    }

    /// The stream as far as `rows` shows it, without keeping it. Memory may be further: its first part is the same.
    pub(super) fn seen(&self, payment: PaymentId, rows: &dyn Rows) -> Result<Option<Seen<'_>>, Fatal> {
        let name = payment.to_string();
        let Some(row) = stream_row(&name, rows)? else { return Ok(None) };
        let length = usize::try_from(row.version).unwrap_or(usize::MAX);
        match self.streams.get(&payment) {
            Some(stream) if stream.events.len() >= length => Ok(Some(Seen::Memory(stream, length))),
            _ => Ok(Stream::load(&name, row.version, rows)?.map(|stream| Seen::Read(Box::new(stream)))),
        }
    }

    pub(super) fn keep(&mut self, payment: PaymentId, stream: Stream) {
        if self.streams.len() >= self.most_streams {
            self.streams.clear();
        }
        self.streams.insert(payment, stream);
    }

    /// What is in flight was thrown away: memory may hold some of it.
    pub(in crate::owner) fn forget(&mut self) {
        self.streams.clear();
    }

    /// A stream about which nothing is open need not stay in memory.
    pub(in crate::owner) fn let_go(&mut self, payment: PaymentId, version: u32) {
        if self.streams.get(&payment).is_some_and(|stream| stream.version() == version) {
            self.streams.remove(&payment);
        }
    }
}

pub(super) fn stream_row(name: &str, rows: &dyn Rows) -> Result<Option<StreamRow>, Fatal> {
    Ok(rows::read(rows, &rows::stream_key(name), StreamRow::decode)?)
}
