//! What stands between a writer and its partition. There are two: Kafka's, and the simulation's.

use ledger_log::kafka::PartitionIo;
use ledger_log::{Completion, Fate, Writer};

/// Performs what a writer asks for.
pub trait Shell {
    /// Gives the writer what was reported, performs what it then asks for and collects what is learnt.
    fn feed(&mut self, writer: &mut Writer, completion: Completion, fates: &mut Vec<Fate>);

    /// Performs what the writer asks for and collects what is learnt: after every call of the writer.
    fn drain(&mut self, writer: &mut Writer, fates: &mut Vec<Fate>);
}

impl Shell for PartitionIo {
    fn feed(&mut self, writer: &mut Writer, completion: Completion, fates: &mut Vec<Fate>) {
        Self::feed(self, writer, completion, fates);
    }

    fn drain(&mut self, writer: &mut Writer, fates: &mut Vec<Fate>) {
        Self::drain(self, writer, fates);
    }
}
