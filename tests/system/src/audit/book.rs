//! The whole ledger in memory: every partition read from its genesis, every record judged, every payment folded.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger_domain::Event;
use ledger_domain::days::Day;
use ledger_domain::ids::MerchantId;
use ledger_domain::lines::Payee;
use ledger_domain::recorded;
use ledger_domain::settlement::{self, Settlement, SettlementEvent, Totals};
use ledger_log::PartitionId;
use ledger_log::kafka::{Follower, KafkaSettings, partitions, read_genesis};

use super::Account;
use crate::ensure;
use crate::failure::{Done, During};

/// A record that a caller's command became.
#[derive(Clone, Debug)]
pub struct Keyed {
    /// Where it is.
    pub position: String,
    /// Which payment it is about.
    pub payment: String,
    /// Which cancel, if it is one.
    pub cancel: Option<String>,
}

/// The ledger.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Every payment by its id.
    pub payments: BTreeMap<String, Account>,
    /// The records that carry a caller's idempotency key, by `mer_…/key`.
    pub keys: HashMap<String, Vec<Keyed>>,
    /// Payees' events with their positions; of one partition in its order.
    pub settlements: Vec<(String, SettlementEvent)>,
    /// Every payee as its events leave it.
    pub payees: BTreeMap<Payee, Settlement>,
    /// What was sold and cancelled on days that are not closed.
    pub unclosed: BTreeMap<(MerchantId, Day), Totals>,
    /// Closings that are not what was recorded of their day: there must be none.
    pub wrong_closings: Vec<String>,
    /// Commands that stand in the ledger more than once: there must be none.
    pub doubled: Vec<String>,
    /// `topic/partition` to the last accepted number.
    pub heads: BTreeMap<String, u64>,
    /// Accepted records, fences included.
    pub records: u64,
    /// Messages that no reader accepts.
    pub voids: u64,
}

impl Book {
    /// Reads all of it.
    ///
    /// # Errors
    /// It is damaged, holds what cannot be understood, or cannot be read.
    pub fn read(kafka: &KafkaSettings) -> Done<Book> {
        let names = kafka.topics();
        let mut book = Book::default();
        let mut commands = HashMap::new();
        for topic in [names.directory, names.payments] {
            for partition in 0..partitions(kafka, &topic)? {
                let at = PartitionId { topic: Arc::from(topic.as_str()), partition };
                book.read_partition(kafka, &at, &mut commands)
                    .during(|| format!("read {topic}/{partition}"))?;
            }
        }
        Ok(book)
    }

    fn read_partition(
        &mut self,
        kafka: &KafkaSettings,
        at: &PartitionId,
        commands: &mut HashMap<String, String>,
    ) -> Done {
        let Some((genesis, _)) = read_genesis(kafka, at)? else { return Ok(()) };
        let mut follower = Follower::open(kafka, at.clone(), genesis.depth, None)?;
        let end = follower.high_watermark()?;
        let begun = Instant::now();
        loop {
            let batch = follower.next(4_096, Duration::from_millis(200))?;
            self.voids += batch.voids;
            for accepted in &batch.accepted {
                self.records += 1;
                self.heads.insert(format!("{}/{}", at.topic, at.partition), accepted.record.seq);
                if !accepted.record.is_fence() {
                    self.take(at, accepted, commands)?;
                }
            }
            if batch.next_offset >= end || (batch.at_end && batch.accepted.is_empty()) {
                return Ok(());
            }
            ensure!(begun.elapsed() < Duration::from_secs(120), "reading {at} takes too long");
        }
    }

    fn take(
        &mut self,
        at: &PartitionId,
        accepted: &ledger_log::Accepted,
        commands: &mut HashMap<String, String>,
    ) -> Done {
        let payload = &accepted.record.payload;
        let position = format!("{}/{}:{}", at.topic, at.partition, accepted.record.seq);
        let (event, meta) = recorded::read(&payload.headers, &payload.value).during(|| position.clone())?;
        if let Some(first) = commands.insert(meta.command.to_string(), position.clone()) {
            self.doubled.push(format!("{} at {first} and at {position}", meta.command));
        }
        let event = match event {
            Event::Payment(event) => event,
            Event::Settlement(event) => return self.take_settlement(position, event),
            Event::Directory(_) => return Ok(()),
        };
        let payment = event.payment_id().to_string();
        if let Some(key) = &meta.idempotency_key {
            let key = format!("{}/{key}", event.merchant_id());
            let cancel = event.cancel_id().map(|id| id.to_string());
            self.keys.entry(key).or_default().push(Keyed { position, payment: payment.clone(), cancel });
        }
        self.payments.entry(payment).or_default().take(&event);
        if let Some(money) = event.money() {
            let totals = self.unclosed.entry((event.merchant_id(), money.sold_date)).or_default();
            *totals = std::mem::take(totals).with(money, accepted.record.seq)?;
        }
        Ok(())
    }

    fn take_settlement(&mut self, position: String, event: SettlementEvent) -> Done {
        let before = self.payees.remove(&event.payee()).unwrap_or_default();
        let after = settlement::evolve(before, &event).during(|| position.clone())?;
        self.payees.insert(event.payee(), after);
        if let (SettlementEvent::MerchantClosed(data), Payee::Merchant(merchant)) = (&event, event.payee()) {
            let totals = self.unclosed.remove(&(merchant, data.day)).unwrap_or_default();
            let earned = totals.commissions.iter().filter(|(_, amount)| !amount.is_zero());
            let said = data.commissions.iter().map(|one| (&one.payee, &one.amount));
            let is_right = data.sales_amount == totals.sales_amount
                && data.cancels_amount == totals.cancels_amount
                && (data.fee_supply, data.fee_vat) == (totals.fee_supply, totals.fee_vat)
                && (data.entries, data.entries_hash) == (totals.entries(), totals.entries_hash)
                && earned.eq(said);
            if !is_right {
                self.wrong_closings.push(format!("{position}: {data:?}, recorded {totals:?}"));
            }
        }
        self.settlements.push((position, event));
        Ok(())
    }

    /// The payments with an intent that still waits, and the commissions that are not delivered, in words.
    pub fn open(&self) -> Vec<String> {
        let open = self.payments.iter().filter(|(_, account)| account.is_open());
        let open = open.map(|(id, account)| format!("{id} {}: {:?}", account.order_id, account.events));
        let undelivered = self.payees.iter().filter(|(_, payee)| !payee.undelivered.is_empty());
        let undelivered =
            undelivered.map(|(id, payee)| format!("{id} has not delivered {:?}", payee.undelivered));
        open.chain(undelivered).collect()
    }

    /// The payments of an order, in the order of their ids (which is the order of their making).
    pub fn of_order(&self, order_id: &str) -> Vec<(&String, &Account)> {
        self.payments.iter().filter(|(_, account)| account.order_id == order_id).collect()
    }
}
