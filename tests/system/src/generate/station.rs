//! One partition led by this process: the product's own owner over its own writer, shell and store, moved by a clock that the
//! generator keeps.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use ledger_api::engine;
use ledger_api::owner::{Ctx, DirectoryView, Gate, Out, Owner, OwnerSettings, Rules, Standing};
use ledger_api::store::Disk;
use ledger_domain::Event;
use ledger_domain::ids::PayOutId;
use ledger_domain::lines::Payee;
use ledger_domain::recorded;
use ledger_domain::settlement::SettlementEvent;
use ledger_log::kafka::{KafkaSettings, PartitionIo};
use ledger_log::{Accepted, Completion, Fate, Fence, Genesis, PartitionId, Writer};

use crate::Failure;
use crate::failure::{Done, During};

/// So many changed rows are written to the store at once.
const SAVE_ROWS: usize = 4_096;

/// A partition.
pub struct Station {
    pub at: PartitionId,
    pub owner: Owner,
    rows: ledger_api::store::PartitionRows,
    writer: Writer,
    io: PartitionIo,
    fates: Vec<Fate>,
    /// Pay-outs that were proposed since somebody looked.
    pub proposed: Vec<(Payee, PayOutId)>,
    /// Days closed since, and how many of them left their payee owing.
    pub closed: u64,
    pub negative: u64,
}

/// What every station is opened with.
pub struct Common<'a> {
    pub kafka: &'a KafkaSettings,
    pub disk: &'a Disk,
    pub ledger_id: &'a str,
    pub me: &'a Fence,
    pub reports: &'a Sender<(usize, Completion)>,
}

impl Station {
    /// Opens a partition at its place among the others, and asks to lead it. `genesis` is for one that may be empty.
    pub fn open(
        common: &Common<'_>,
        place: usize,
        at: &PartitionId,
        rules: impl FnOnce(&ledger_api::store::PartitionRows) -> Done<Rules>,
        genesis: Option<Genesis>,
    ) -> Done<Station> {
        let rows = common.disk.partition(at)?;
        let rules = rules(&rows)?;
        let reader = engine::reader(common.kafka, at, &rows)?;
        // Time stands still while work is under way, so that nothing is ever late.
        let settings = OwnerSettings { patience_ms: i64::MAX / 4, ..OwnerSettings::default() };
        let mut owner = Owner::open(at.clone(), rules, settings, &rows)?;
        owner.set_ledger_id(common.ledger_id);
        let reports = common.reports.clone();
        let sink = Arc::new(move |completion| drop(reports.send((place, completion))));
        let io = PartitionIo::start(common.kafka, at.clone(), sink)?;
        let mut writer = Writer::new(reader, common.me.clone());
        if let Some(genesis) = genesis {
            writer.set_genesis(genesis);
        }
        owner.follow();
        owner.catch_up();
        writer.lead();
        let (fates, proposed) = (Vec::new(), Vec::new());
        let (closed, negative) = (0, 0);
        let mut station =
            Station { at: at.clone(), owner, rows, writer, io, fates, proposed, closed, negative };
        station.io.drain(&mut station.writer, &mut station.fates);
        Ok(station)
    }

    /// Takes in what Kafka reports.
    pub fn feed(&mut self, completion: Completion, now_ms: i64) -> Done {
        self.io.feed(&mut self.writer, completion, &mut self.fates);
        self.learn(now_ms)
    }

    /// Does all that can be done now.
    pub fn run(&mut self, directory: &DirectoryView, now_ms: i64) -> Done<Vec<Out>> {
        let gate = Gate::default();
        loop {
            let mut ctx = Ctx { now_ms, log: &mut self.writer, store: &self.rows, directory, gate: &gate };
            self.owner.run(&mut ctx).during(|| self.at.to_string())?;
            self.io.drain(&mut self.writer, &mut self.fates);
            if self.fates.is_empty() {
                break;
            }
            self.learn(now_ms)?;
        }
        if self.owner.unsaved() >= SAVE_ROWS {
            self.save()?;
        }
        if let Standing::Stopped(why) = self.owner.standing() {
            return Err(Failure::new(format!("{}: {why}", self.at)));
        }
        Ok(std::iter::from_fn(|| self.owner.poll()).collect())
    }

    /// An acquirer's answer.
    pub fn returned(
        &mut self,
        call: ledger_api::owner::CallId,
        returned: ledger_api::owner::Returned,
        now_ms: i64,
    ) -> Done {
        Ok(self.owner.returned(call, returned, now_ms, &self.rows)?)
    }

    /// Whether it leads.
    pub fn leads(&self) -> bool {
        self.owner.standing() == &Standing::Leading
    }

    /// Whether nothing is open at the acquirer.
    pub fn is_done(&self) -> bool {
        self.owner.load().2 == 0
    }

    /// Writes to the store what was accepted.
    pub fn save(&mut self) -> Done {
        let changes = self.owner.take_changes();
        if changes.is_empty() { Ok(()) } else { Ok(self.rows.commit(changes)?) }
    }

    /// Ends it in order.
    pub fn close(mut self) -> Done {
        self.save()?;
        // What is left behind ends with this process.
        let _ = self.io.stop(Duration::from_secs(5));
        Ok(())
    }

    fn learn(&mut self, now_ms: i64) -> Done {
        for fate in std::mem::take(&mut self.fates) {
            if let Fate::Lost { .. } | Fate::Stopped(_) = &fate {
                return Err(Failure::new(format!("{}: {fate:?}", self.at)));
            }
            if let Fate::Accepted { accepted, .. } = &fate
                && let Some(event) = settlement(accepted)?
            {
                self.take(&event);
            }
            self.owner.fate(fate, now_ms, &self.rows)?;
        }
        Ok(())
    }

    fn take(&mut self, event: &SettlementEvent) {
        let result = match event {
            SettlementEvent::PayOutProposed(data) => {
                return self.proposed.push((data.payee, data.pay_out_id));
            }
            SettlementEvent::MerchantClosed(data) => &data.result,
            SettlementEvent::NodeClosed(data) => &data.result,
            _ => return,
        };
        self.closed += 1;
        self.negative += u64::from(!result.receivable.is_zero());
    }
}

/// The event of a payee's stream in an accepted record, if it holds one.
fn settlement(accepted: &Accepted) -> Done<Option<SettlementEvent>> {
    let payload = &accepted.record.payload;
    let mut headers = payload.headers.into_iter();
    if !headers.any(|(name, value)| name == "ce_type" && value.starts_with(b"ledger.settlement.")) {
        return Ok(None);
    }
    match recorded::read(&payload.headers, &payload.value)?.0 {
        Event::Settlement(event) => Ok(Some(event)),
        Event::Payment(_) | Event::Directory(_) => Ok(None),
    }
}
