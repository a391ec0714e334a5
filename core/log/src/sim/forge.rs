//! Forged records: right in two of the three fields that decide, wrong in the third, or copies of old ones.
//! A forger who knows head, seq and term writes a legitimate record; that is what the topic's access rules are for.

use super::{SimPartition, Slot};
use crate::hash::Hash;
use crate::record::{Payload, RawRecord, Record};

impl SimPartition {
    /// Stores one forged record, made from a record that is already there.
    pub(super) fn forge(&mut self) {
        let Some(model) = self.some_record() else { return };
        let payload = Payload { headers: model.payload.headers.clone(), value: b"forged".to_vec() };
        let record = match self.rng.u32(0..4) {
            // The place after an old record, again: the wrong predecessor for the head.
            0 => Record { payload, ..model },
            // Far ahead, linked to nothing.
            1 => Record {
                seq: model.seq.saturating_add(self.rng.u64(1..6)),
                prev: self.some_hash(),
                payload,
                ..model
            },
            // A fence out of the blue.
            2 => {
                let seq = model.seq.saturating_add(self.rng.u64(1..4));
                Record { seq, term: seq, prev: self.some_hash(), payload }
            }
            // A plain copy.
            _ => model,
        };
        self.log.push(Slot::Record { headers: record.wire_headers(), value: record.payload.value.clone() });
    }

    fn some_hash(&mut self) -> Hash {
        let mut bytes = [0; 32];
        self.rng.fill(&mut bytes);
        Hash(bytes)
    }

    /// A recent record of the log.
    fn some_record(&mut self) -> Option<Record> {
        let high = self.high();
        let offset = high.saturating_sub(self.rng.i64(1..12)).max(0);
        self.raw(offset).and_then(RawRecord::parse)
    }
}
