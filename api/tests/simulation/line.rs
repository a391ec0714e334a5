//! The way between a process's writer and a simulated partition. On its way everything that is accepted is compared with what
//! others accepted at the same place: every reader of a partition has to see one chain.

use ledger_api::engine::Shell;
use ledger_log::sim::SimPartition;
use ledger_log::{Completion, Fate, Hash, Output, Writer};
use std::cell::RefCell;
use std::rc::Rc;

/// A partition and the chain that the first reader of each record saw.
pub struct Partition {
    pub sim: SimPartition,
    pub chain: Vec<Hash>,
    /// The first reader that saw another one, if any.
    pub torn: Option<String>,
}

pub type Shared = Rc<RefCell<Partition>>;

/// One process's way to it.
pub struct Line {
    pub partition: Shared,
    pub number: usize,
    /// A sabotage: every question is confirmed before anything is read for it.
    pub confirms_at_once: bool,
}

impl Partition {
    pub fn new(sim: SimPartition) -> Shared {
        Rc::new(RefCell::new(Self { sim, chain: Vec::new(), torn: None }))
    }

    fn hears(&mut self, number: usize, fate: &Fate) {
        let Fate::Accepted { accepted, .. } = fate else { return };
        let place = usize::try_from(accepted.record.seq).unwrap() - 1;
        if place == self.chain.len() {
            self.chain.push(accepted.hash);
        } else if self.chain.get(place) != Some(&accepted.hash) {
            let at = self.sim.at();
            let torn = format!("process {number} accepted another record than others at {at}:{}", place + 1);
            self.torn.get_or_insert(torn);
        }
    }
}

impl Shell for Line {
    fn feed(&mut self, writer: &mut Writer, completion: Completion, fates: &mut Vec<Fate>) {
        writer.on(completion);
        self.drain(writer, fates);
    }

    fn drain(&mut self, writer: &mut Writer, fates: &mut Vec<Fate>) {
        let mut partition = self.partition.borrow_mut();
        while let Some(output) = writer.poll() {
            match output {
                Output::Do(action) => partition.sim.perform(self.number, action),
                Output::Fate(fate) => {
                    partition.hears(self.number, &fate);
                    fates.push(fate);
                }
            }
        }
        if self.confirms_at_once {
            fates.push(Fate::Confirmed { question: u64::MAX });
        }
    }
}
