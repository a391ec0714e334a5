//! How the writer learns its fate: delivery reports and what is read back go through the reader, strictly in
//! log order. Finality comes only from the head: a record is accepted when it becomes the head, and void for
//! ever once the head has moved past its predecessor without it.

use super::{CONTRADICTIONS, Delivery, Fate, Pause, Phase, Reading, Writer};
use crate::fence::Fence;
use crate::reader::{Accepted, Cursor, Reader, Verdict};
use crate::record::RawRecord;
use crate::sabotage::sabotage;
use crate::stop::Stop;
use crate::writer::flight::Flight;

impl Writer {
    pub(super) fn delivered(&mut self, epoch: u64, send: u64, delivery: Delivery) {
        if epoch != self.epoch || !self.flights.report(send, delivery) {
            return;
        }
        // What was reported before this one is judged first, by what its own reports said.
        self.judge_reports();
        if let Delivery::Unknown { refused } = delivery
            && self.phase != Phase::Stopped
        {
            self.unknown(send, refused);
        }
    }

    /// Every delivery error is unknown, also one that sounds definite.
    fn unknown(&mut self, send: u64, refused: bool) {
        if let Some(flight) = self.flights.chain.iter_mut().find(|flight| flight.send == send) {
            flight.refused = refused && flight.alone;
        }
        if sabotage!(self, UnknownIsFailed) || (refused && sabotage!(self, RefusalIsFinal)) {
            self.flights.fences.clear();
            return self.give_up_flights();
        }
        #[cfg(test)]
        if sabotage!(self, SuccessWithoutOffsetIsAccepted) && !refused {
            let offset = self.reader.next_offset();
            return self.accept_front(offset, -1);
        }
        self.recover();
    }

    /// Judges what the reports allow, in order, each only after its predecessor.
    pub(super) fn judge_reports(&mut self) {
        while self.phase != Phase::Stopped
            && (self.judge_fence_report() || self.judge_front_report() || self.pass_mark())
        {}
    }

    /// True when something was judged and the next report may be judgeable now.
    fn judge_fence_report(&mut self) -> bool {
        let reported = self.flights.fences.iter().find_map(|fence| match fence.report {
            Some(Delivery::At { offset, timestamp_ms }) => Some((fence.clone(), offset, timestamp_ms)),
            _ => None,
        });
        let Some((fence, offset, timestamp_ms)) = reported else { return false };
        #[cfg(test)]
        if sabotage!(self, FenceWithoutItsGap) {
            self.reader.force_head(&fence.record, fence.hash, offset);
            self.flights.fences.clear();
            self.abandon_flights();
            self.reign(fence.record.seq);
            return true;
        }
        match self.place(offset) {
            Place::Next => {
                let verdict = self.reader.judge_record(fence.record, fence.hash, offset, timestamp_ms);
                self.judged(verdict, offset);
                true
            }
            Place::Gap => false,
            Place::Judged => {
                self.log_went_back(offset);
                false
            }
        }
    }

    fn judge_front_report(&mut self) -> bool {
        let Some(front) = self.flights.chain.front() else { return false };
        let Some(Delivery::At { offset, timestamp_ms }) = front.report else { return false };
        let void_there = front.void_at.contains(&offset);
        match self.place(offset) {
            Place::Next => {
                self.accept_front(offset, timestamp_ms);
                true
            }
            Place::Gap => false,
            // It arrived before its predecessor did and is void there; nothing more of it will come by itself.
            Place::Judged if void_there => {
                self.recover();
                false
            }
            Place::Judged => {
                self.log_went_back(offset);
                false
            }
        }
    }

    fn accept_front(&mut self, offset: i64, timestamp_ms: i64) {
        if let Some(front) = self.flights.chain.front().cloned() {
            let verdict = self.reader.judge_record(front.record, front.hash, offset, timestamp_ms);
            self.judged(verdict, offset);
        }
    }

    /// Where a reported offset stands to what has been judged. A gap is marked for reading, the record included.
    fn place(&mut self, offset: i64) -> Place {
        let next = self.reader.next_offset();
        if offset == next || (offset > next && sabotage!(self, AcceptByOffsetAlone)) {
            return Place::Next;
        }
        if offset < next {
            return Place::Judged;
        }
        self.wanted = self.wanted.max(offset.saturating_add(1));
        Place::Gap
    }

    fn log_went_back(&mut self, offset: i64) {
        if !sabotage!(self, IgnoreLogWentBack) {
            let why =
                format!("a record of this process was reported at offset {offset}, which holds another");
            self.stop(self.reader.went_back(why));
        }
    }

    pub(super) fn fetched(&mut self, read: u64, records: Vec<RawRecord>, through: i64, done: bool) {
        let Some(Reading { to, anchor, .. }) = self.reading.clone().filter(|reading| reading.read == read)
        else {
            return;
        };
        if let Some(cursor) = anchor {
            return self.anchored(&cursor, &records);
        }
        for raw in records {
            let offset = raw.offset;
            if offset < self.reader.next_offset() {
                continue; // judged meanwhile by its delivery report
            }
            let verdict = self.reader.judge(raw);
            self.judged(verdict, offset);
            if self.phase == Phase::Stopped {
                return;
            }
        }
        self.reader.passed(through.min(to));
        if done {
            self.reading = None;
            self.read_ended(through, to);
        }
    }

    /// The head must still be in the log.
    fn anchored(&mut self, cursor: &Cursor, records: &[RawRecord]) {
        self.reading = None;
        self.anchor_due = false;
        let found = records.iter().find(|raw| raw.offset == cursor.offset);
        if let Err(stop) = Reader::verify_cursor(self.reader.partition(), cursor, found)
            && !sabotage!(self, IgnoreLogWentBack)
        {
            self.stop(stop);
        }
    }

    /// The log must hold what a delivery report or a watermark spoke of.
    fn read_ended(&mut self, through: i64, to: i64) {
        if through >= to || self.reader.next_offset() >= to {
            self.contradictions = 0;
            return;
        }
        self.contradicted(Pause::Read, format!("it ends at offset {through} where {to} was known"));
    }

    pub(super) fn contradicted(&mut self, pause: Pause, why: String) {
        self.contradictions = self.contradictions.saturating_add(1);
        if self.contradictions > CONTRADICTIONS && !sabotage!(self, IgnoreLogWentBack) {
            return self.stop(self.reader.went_back(why));
        }
        self.pause(pause);
    }

    pub(super) fn read_failed(&mut self, read: u64, out_of_range: bool, why: String) {
        if self.reading.as_ref().is_none_or(|reading| reading.read != read) {
            return;
        }
        self.reading = None;
        if out_of_range && !sabotage!(self, IgnoreLogWentBack) {
            return self.stop(self.reader.went_back(why));
        }
        self.pause(Pause::Read);
    }

    /// What the reader's verdict means for what is in flight.
    fn judged(&mut self, verdict: Result<Verdict, Stop>, offset: i64) {
        match verdict {
            Ok(Verdict::Accepted(accepted)) => self.accepted(accepted),
            Ok(Verdict::Stale { hash } | Verdict::Orphan { hash, .. }) => {
                self.flights.seen_void(hash, offset)
            }
            Ok(Verdict::Foreign) => {}
            Err(stop) => self.stop(stop),
        }
    }

    fn accepted(&mut self, accepted: Accepted) {
        if self.flights.chain.front().is_some_and(|front| front.hash == accepted.hash) {
            return self.accepted_own(accepted);
        }
        let own_fence = self.flights.fences.iter().any(|fence| fence.hash == accepted.hash);
        let seq = accepted.record.seq;
        let fence = accepted.record.is_fence().then(|| Fence::read(&accepted.record.payload));
        self.tell(Fate::Accepted { ticket: None, accepted });
        self.flights.drop_fences_up_to(seq);
        match fence {
            Some(Ok(_)) if own_fence => {
                self.single_file = 0;
                self.give_up_flights();
                self.reign(seq);
            }
            Some(Ok(fence)) => self.lost(fence),
            Some(Err(why)) => {
                let partition = self.reader.partition().clone();
                self.stop(Stop::Fence { partition, seq, why: why.to_string() });
            }
            None => self.foreign_record(),
        }
    }

    fn accepted_own(&mut self, accepted: Accepted) {
        let front = self.flights.chain.pop_front();
        let (ticket, confirms) = front.map(|front| (front.ticket, front.confirms)).unzip();
        self.flights.drop_fences_up_to(accepted.record.seq);
        self.single_file = self.single_file.saturating_sub(1);
        self.tell(Fate::Accepted { ticket, accepted });
        for question in confirms.unwrap_or_default() {
            self.tell(Fate::Confirmed { question });
        }
    }

    /// A foreign fence: whoever sees one while leading, or on the way there, has lost the partition.
    fn lost(&mut self, to: Fence) {
        self.single_file = 0;
        self.abandon_flights();
        if sabotage!(self, DecideAgainAfterForeignFence) {
            return;
        }
        if matches!(self.phase, Phase::Leading { .. } | Phase::Fencing) {
            self.phase = Phase::Following;
            self.wish = false;
            self.tell(Fate::Lost { to });
        }
    }

    /// A record of another hand that extends the chain without a fence. In this writer's own reign only a
    /// forger makes that; what is in flight is void then, and a new fence keeps the forger out.
    fn foreign_record(&mut self) {
        self.abandon_flights();
        if matches!(self.phase, Phase::Leading { .. }) {
            self.recover();
        }
    }

    /// The head has moved past their predecessor: none of these can be accepted any more.
    pub(super) fn abandon_flights(&mut self) {
        for Flight { ticket, confirms, .. } in std::mem::take(&mut self.flights.chain) {
            self.questions.give_back(confirms);
            self.tell(Fate::Void { ticket });
        }
    }

    /// As [`Writer::abandon_flights`], after a fence of one's own. Only then is a refusal final too: behind a
    /// foreign fence the same command may have been accepted from its new owner.
    fn give_up_flights(&mut self) {
        for Flight { ticket, refused, confirms, .. } in std::mem::take(&mut self.flights.chain) {
            self.questions.give_back(confirms);
            if refused {
                self.tell(Fate::Refused { ticket });
            } else {
                self.single_file = self.single_file.saturating_add(1);
                self.tell(Fate::Void { ticket });
            }
        }
    }
}

enum Place {
    Next,
    Gap,
    Judged,
}
