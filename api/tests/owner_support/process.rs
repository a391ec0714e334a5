//! One api process: the real owner and the real writer over a store in memory. It dies without a word.

use super::directory;
use ledger_api::owner::rows::{self, CursorRow};
use ledger_api::owner::{
    Backoff, Ctx, DirectoryView, Fatal, Gate, Out, Owner, OwnerSettings, Payments, Rules,
};
use ledger_api::store::Memory;
use ledger_domain::payment::effects::Timing;
use ledger_log::sim::SimPartition;
use ledger_log::{
    Completion, Fate, Fence, Genesis, HashFunction, Mode, Output, PartitionId, Reader, Writer, fence,
};

pub const DEPTH: u32 = 64;

pub struct Process {
    pub number: usize,
    /// Rises with every start.
    pub life: u64,
    pub writer: Writer,
    pub owner: Owner,
    pub store: Memory,
    pub lost: bool,
    pub directory: DirectoryView,
}

pub fn timing() -> Timing {
    Timing {
        send_before_ms: 2_000,
        approval_answer_ms: 3_000,
        inquiry_ms: 2_000,
        net_cancel_ms: 100_000_000,
        cancel_answer_ms: 3_000,
        cancel_retry_ms: 100_000_000,
    }
}

pub fn payments() -> Rules {
    Rules::Payments(Box::new(Payments::new(timing(), 100_000)))
}

pub fn owner(at: &PartitionId, store: &Memory, rules: Rules) -> Owner {
    let settings = OwnerSettings {
        patience_ms: 5_000,
        send_within_ms: 2_000,
        backoff: Backoff { first_ms: 200, longest_ms: 3_000 },
        timers_every_ms: 50,
    };
    let mut owner = Owner::open(at.clone(), rules, settings, store).unwrap();
    owner.set_ledger_id("sim");
    owner
}

impl Process {
    pub fn start(number: usize, life: u64, store: Memory, at: &PartitionId) -> Self {
        let cursor = rows::read(&store, &rows::cursor_key(), CursorRow::decode).unwrap();
        let reader = match cursor {
            Some(row) => Reader::at(at.clone(), DEPTH, row.cursor),
            None => Reader::new(at.clone(), DEPTH),
        };
        let me = Fence { incarnation: format!("{number}-{life}"), address: format!("sim://{number}") };
        let mut writer = Writer::new(reader, me.clone());
        writer.set_genesis(Genesis {
            ledger_id: "sim".to_owned(),
            mode: Mode::Test,
            format: fence::FORMAT,
            hash: HashFunction::Sha256,
            depth: DEPTH,
            of: Some("07".repeat(32)),
            incarnation: me.incarnation,
            address: me.address,
        });
        let owner = owner(at, &store, payments());
        Self { number, life, writer, owner, store, lost: false, directory: directory::view(true) }
    }

    pub fn on(
        &mut self,
        completion: Completion,
        sim: &mut SimPartition,
        now_ms: i64,
    ) -> Result<Vec<Out>, Fatal> {
        self.writer.on(completion);
        self.turn(sim, now_ms, &Gate::default())
    }

    /// What the engine does in one round.
    pub fn turn(&mut self, sim: &mut SimPartition, now_ms: i64, gate: &Gate) -> Result<Vec<Out>, Fatal> {
        loop {
            let mut learned = false;
            while let Some(output) = self.writer.poll() {
                match output {
                    Output::Do(action) => sim.perform(self.number, action),
                    Output::Fate(fate) => {
                        learned = true;
                        self.lost = match &fate {
                            Fate::Lost { .. } => true,
                            Fate::Leading { .. } => false,
                            Fate::Stopped(stop) => return Err(Fatal::Disagree(stop.to_string())),
                            _ => self.lost,
                        };
                        self.owner.fate(fate, now_ms, &self.store)?;
                    }
                }
            }
            let mut ctx =
                Ctx { now_ms, log: &mut self.writer, store: &self.store, directory: &self.directory, gate };
            self.owner.run(&mut ctx)?;
            if !learned {
                break;
            }
        }
        while let Some(output) = self.writer.poll() {
            match output {
                Output::Do(action) => sim.perform(self.number, action),
                Output::Fate(fate) => self.owner.fate(fate, now_ms, &self.store)?,
            }
        }
        let changes = self.owner.take_changes();
        self.store.apply(changes);
        let mut outs = Vec::new();
        while let Some(out) = self.owner.poll() {
            outs.push(out);
        }
        Ok(outs)
    }
}
