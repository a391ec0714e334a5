//! What goes in and out of the writer. The shell performs actions and reports completions; the owner learns fates.

use crate::fence::Fence;
use crate::reader::Accepted;
use crate::record::{RawRecord, Record};
use crate::stop::Stop;

/// Names an appended payload; ascending for one writer.
pub type Ticket = u64;

/// One thing that comes out of the writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// For the Kafka shell.
    Do(Action),
    /// For the owner.
    Fate(Fate),
}

/// What the shell shall do. Every action but the replacing of a producer is answered by one completion
/// (a read by several).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Hand the record to the producer of this epoch.
    Send {
        /// The producer.
        epoch: u64,
        /// Names this sending.
        send: u64,
        /// What to send.
        record: Record,
    },
    /// Purge and drop the producer and make a new one. Reports of earlier epochs no longer matter.
    ReplaceProducer {
        /// The new producer's epoch.
        epoch: u64,
    },
    /// Fetch every record with `from <= offset < to`.
    Read {
        /// Names this read.
        read: u64,
        /// The first offset.
        from: i64,
        /// One past the last offset.
        to: i64,
    },
    /// Ask the broker for the partition's high watermark.
    AskWatermark {
        /// Names this question.
        request: u64,
    },
    /// Store a mark: a message that is no record, and whose offset nobody but the leader of a quorum can give.
    Mark {
        /// Names this question.
        request: u64,
    },
    /// Report [`Completion::Waited`] after so many milliseconds.
    Wait {
        /// Names this wait.
        wait: u64,
        /// How long.
        ms: u64,
    },
}

/// What became of a sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The broker stored it there.
    At {
        /// Kafka's offset.
        offset: i64,
        /// The broker's LogAppendTime in Unix milliseconds, -1 when unknown.
        timestamp_ms: i64,
    },
    /// Nobody can say: any error, or a success without an offset.
    Unknown {
        /// The error sounds as if this very record could never be stored (too large, for example). A hint only.
        refused: bool,
    },
}

/// What the shell reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// A delivery report.
    Delivered {
        /// The producer that reports.
        epoch: u64,
        /// The sending.
        send: u64,
        /// Its fate.
        delivery: Delivery,
    },
    /// A part of a read, in log order.
    Fetched {
        /// The read.
        read: u64,
        /// The records of this part.
        records: Vec<RawRecord>,
        /// Every offset below this one is covered by what was fetched so far.
        through: i64,
        /// The read is over: its end or the end of the partition was reached.
        done: bool,
    },
    /// A read failed; nothing further comes of it.
    ReadFailed {
        /// The read.
        read: u64,
        /// The offset does not exist in the log (any more).
        out_of_range: bool,
        /// For a person.
        why: String,
    },
    /// The high watermark, asked for after the request was made.
    Watermark {
        /// The request.
        request: u64,
        /// One past the last readable offset.
        high: i64,
    },
    /// The mark was stored, with all the copies that count.
    Marked {
        /// The request.
        request: u64,
        /// Where.
        offset: i64,
    },
    /// No answer to a watermark request, or nothing is known of the mark.
    WatermarkFailed {
        /// The request.
        request: u64,
    },
    /// A wait is over.
    Waited {
        /// The wait.
        wait: u64,
    },
}

/// What the owner learns. Fates of records come in log order and are final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// A record is part of the ledger: own (with its ticket) or not. Every accepted record comes, fences included.
    Accepted {
        /// The ticket, where this writer appended it.
        ticket: Option<Ticket>,
        /// The record.
        accepted: Accepted,
    },
    /// It can never be accepted. Whatever was decided on top of it was thrown away too: decide again or pass on.
    Void {
        /// The ticket.
        ticket: Ticket,
    },
    /// It can never be accepted, and it was refused when it was sent alone: answer with an error.
    Refused {
        /// The ticket.
        ticket: Ticket,
    },
    /// A reign has begun: [`crate::writer::Writer::append`] works.
    Leading {
        /// The reign's term.
        term: u64,
    },
    /// Somebody else's fence was accepted. What was in flight is void and may be passed on to them.
    Lost {
        /// Who leads now.
        to: Fence,
    },
    /// The question is confirmed, and with it every earlier one: whatever was told to anybody before it was put has been judged.
    Confirmed {
        /// The question's number.
        question: u64,
    },
    /// The look is over: every record below a high watermark that was asked for after it has been judged.
    Looked {
        /// The look's number.
        look: u64,
    },
    /// The writer stopped for good; nothing more comes out.
    Stopped(Stop),
}
