//! Makes a history: the product's own owners decide every payment, cancel and outcome, and its own writers chain them into
//! Kafka, at the time of a clock that runs through days in minutes. No row is inserted and no event written past `decide`; only
//! HTTP is left out, and the acquirer answers at once. The same seed on an empty ledger makes the same payments.

mod people;
mod station;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use ledger_api::acquirers::{Approval, ApproveOutcome, CancelOutcome, Inquiry, NetCancelOutcome};
use ledger_api::ledger::{Answer, ClientCommand, KeyIn, Submission};
use ledger_api::owner::{
    Call, DeliveryId, DirectoryRules, DirectoryView, Out, Own, OwnCommand, Payments, ReplyId, Returned,
    Rules, own_command_id,
};
use ledger_api::sandbox::decide::transaction;
use ledger_api::store::{Disk, DiskSettings};
use ledger_domain::card::CardCompanion;
use ledger_domain::days::Moment;
use ledger_domain::directory::{
    Digest, DirectoryCommand, OpenPartition, PartitionRef, RegisterAcquirer, SetContract,
};
use ledger_domain::ids::{
    CancelId, ContractId, KeyId, MerchantId, OperationId, PayOutId, PaymentId, ProposalId,
};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::money::{Amount, Currency, Net};
use ledger_domain::payment::effects::Timing;
use ledger_domain::payment::{RequestCancel, UnknownCause};
use ledger_domain::recorded::Actor;
use ledger_domain::settlement::{
    BankWord, Deed, Delivery, Operation, SettlementCommand, Wish as LedgerWish, close_at,
};
use ledger_log::kafka::{KafkaSettings, partitions, read_genesis};
use ledger_log::{Completion, Fence, Genesis, PartitionId};

use crate::failure::{Done, During};
use crate::honest::command_id;
use crate::{Failure, ensure};
use people::{People, fresh};
use station::{Common, Station};

/// Payments that are under way together.
const WAVE: u64 = 1_024;
/// Of a day at least so many are.
const WAVES_A_DAY: u64 = 2;
/// How far apart the first and the last of a wave are, ms: less than any timer of a payment.
const WAVE_MS: i64 = 1_000;
/// Approved payments that may still be cancelled, at most.
const CANCELLABLE: usize = 200_000;
/// Of a hundred: cancels and declines. Of ten thousand: answers that are lost.
const CANCELS: u64 = 8;
const DECLINES: u32 = 4;
const LOST: u32 = 5;
/// Of ten thousand pay-outs: those the bank cannot pay, and those it sends back.
const FAILED: u32 = 200;
const RETURNED: u32 = 100;
/// After so long a sale has been paid out by every cycle there is here: a month, its lag, and a holiday, ms.
const PAID_OUT_MS: i64 = 56 * 86_400_000;
/// Kafka has said nothing for so long.
const SILENCE: Duration = Duration::from_secs(30);

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Payments asked for, approved or not.
    pub payments: u64,
    /// Over so many days, the last of which is yesterday.
    pub days: u32,
    /// For what is random.
    pub seed: u64,
    /// Who sell; the busiest sells most (Zipf).
    pub merchants: usize,
}

/// What was made.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Payments that ended paid.
    pub approved: u64,
    /// That did not.
    pub declined: u64,
    /// Cancels that took place.
    pub cancelled: u64,
    /// Commands that were refused: there should be none.
    pub refused: u64,
    /// Answers of the acquirer that were lost.
    pub lost: u64,
    /// Pay-outs that the bank paid, could not pay, and sent back.
    pub paid_out: u64,
    /// See [`Made::paid_out`].
    pub failed: u64,
    /// See [`Made::paid_out`].
    pub returned: u64,
    /// Contracts that were changed on the way.
    pub changed: u64,
    /// Days closed, and how many of them left their payee owing.
    pub closed: u64,
    /// See [`Made::closed`].
    pub negative: u64,
    /// Cancels of payments that had been paid out.
    pub after_pay_out: u64,
    /// What two people decided: adjustments.
    pub adjusted: u64,
    /// Approved and still to be cancelled, drawn evenly from the whole history: at most [`CANCELLABLE`].
    pub cancellable: Vec<Standing>,
    /// How long it took.
    pub took: Duration,
}

/// What a command in the owner's hands is.
enum Asked {
    Directory,
    Payment(PaymentId),
    Cancel,
    /// A commission, with the place it comes from and its number there.
    Delivery(usize, DeliveryId),
    /// Finance does something about a pay-out.
    Deed,
    /// The same, which may come to nothing.
    Attempt,
}

/// A payment that may be cancelled.
#[derive(Clone, Debug)]
pub struct Standing {
    /// It.
    pub payment: PaymentId,
    /// Who sold.
    pub merchant: MerchantId,
    /// The merchant's order.
    pub order_id: String,
    /// What the approval was called at the acquirer.
    pub approval: OperationId,
    /// Won, none of it cancelled.
    pub amount: i64,
    place: usize,
    /// When it was paid, Unix ms.
    paid_ms: i64,
}

struct World {
    wish: Wish,
    random: fastrand::Rng,
    stations: Vec<Station>,
    reports: Receiver<(usize, Completion)>,
    now_ms: i64,
    asked: HashMap<ReplyId, Asked>,
    next: ReplyId,
    lost: HashSet<OperationId>,
    /// Sent to the acquirer, the payment not at its end.
    sent: HashMap<PaymentId, Standing>,
    standing: Vec<Standing>,
    merchants: Vec<(MerchantId, usize)>,
    /// Agency and branch above each merchant.
    paths: Vec<(Node, Node)>,
    made: Made,
}

/// Makes it, in the ledger of `kafka`, with a store in `store`. Nobody else may lead its partitions meanwhile.
///
/// # Errors
/// The ledger is not initialised, somebody else writes to it, or Kafka or the store fail.
pub fn generate(
    kafka: &KafkaSettings,
    store: &Path,
    wish: Wish,
    mut progress: impl FnMut(u64),
) -> Done<Made> {
    let begun = Instant::now();
    let mut world = World::open(kafka, store, wish)?;
    world.register()?;
    let span_ms = i64::from(wish.days).saturating_mul(86_400_000);
    let first_ms = world.now_ms;
    let at_once = WAVE.min(wish.payments.div_ceil(u64::from(wish.days) * WAVES_A_DAY)).max(1);
    let (mut done, pauses) = (0, Pauses::of(&mut world.random, wish.payments.div_ceil(at_once)));
    for share in pauses.0 {
        let count = at_once.min(wish.payments - done);
        world.now_ms = world.now_ms.max(first_ms.saturating_add(part(span_ms, share)));
        world.wave(count)?;
        done += count;
        progress(done);
    }
    world.until("everything is found out", |world| world.stations.iter().all(Station::is_done))?;
    world.end_the_day()?;
    world.close()?;
    let mut made = world.made;
    made.cancellable = world.standing;
    made.took = begun.elapsed();
    Ok(made)
}

/// When each wave is, as a share of the whole in billionths, in order: few at night.
struct Pauses(Vec<u64>);

impl Pauses {
    fn of(random: &mut fastrand::Rng, waves: u64) -> Pauses {
        let mut shares: Vec<u64> = (0..waves).map(|_| random.u64(0..1_000_000_000)).collect();
        shares.sort_unstable();
        Pauses(shares)
    }
}

fn part(span_ms: i64, billionths: u64) -> i64 {
    let product = i128::from(span_ms) * i128::from(billionths) / 1_000_000_000;
    i64::try_from(product).unwrap_or(span_ms)
}

impl World {
    fn open(kafka: &KafkaSettings, store: &Path, wish: Wish) -> Done<World> {
        let topics = kafka.topics();
        let directory_at = PartitionId::new(&topics.directory, 0);
        let (genesis, genesis_hash) = read_genesis(kafka, &directory_at)?
            .during(|| "the ledger was never initialised (`ledger-api init`)".to_owned())?;
        let disk = Disk::open_sound(store, DiskSettings::default())?;
        disk.belongs_to(&genesis.ledger_id)?;
        let me = Fence {
            incarnation: uuid::Uuid::now_v7().simple().to_string(),
            address: "http://127.0.0.1:0".to_owned(),
        };
        let quoting = Genesis {
            of: Some(genesis_hash.to_string()),
            incarnation: me.incarnation.clone(),
            address: me.address.clone(),
            ..genesis.clone()
        };
        let (send, reports) = unbounded();
        let common = Common { kafka, disk: &disk, ledger_id: &genesis.ledger_id, me: &me, reports: &send };
        let directory = |rows: &ledger_api::store::PartitionRows| {
            Ok(Rules::Directory(Box::new(DirectoryRules::load(rows, &directory_at)?)))
        };
        let mut stations = vec![Station::open(&common, 0, &directory_at, directory, None)?];
        for partition in 0..partitions(kafka, &topics.payments)? {
            let at = PartitionId::new(&topics.payments, partition);
            let payments =
                |_: &_| Ok(Rules::Payments(Box::new(Payments::new(Timing::default(), 64 * 1024 * 1024))));
            let genesis = read_genesis(kafka, &at)?.is_none().then(|| quoting.clone());
            stations.push(Station::open(&common, stations.len(), &at, payments, genesis)?);
        }
        let today_ms = crate::envelope::now_ms();
        let mut world = World {
            wish,
            random: fastrand::Rng::with_seed(wish.seed),
            stations,
            reports,
            now_ms: today_ms - (i64::from(wish.days) + 1) * 86_400_000,
            asked: HashMap::new(),
            next: 0,
            lost: HashSet::new(),
            sent: HashMap::new(),
            standing: Vec::new(),
            merchants: Vec::new(),
            paths: Vec::new(),
            made: Made::default(),
        };
        world.until("every partition is led", |world| world.stations.iter().all(Station::leads))?;
        Ok(world)
    }

    fn directory(&self) -> DirectoryView {
        match self.stations.first().map(|station| station.owner.rules()) {
            Some(Rules::Directory(rules)) => DirectoryView { as_of_ms: i64::MAX, ..rules.view().clone() },
            Some(Rules::Payments(_)) | None => DirectoryView::default(),
        }
    }

    /// Opens the partitions, names the acquirer, and registers everybody.
    fn register(&mut self) -> Done {
        let known = self.directory().directory;
        let acquirer: ledger_domain::lines::AcquirerId = "sandbox".parse()?;
        let mut wanted = Vec::new();
        for station in self.stations.iter().skip(1) {
            let row = station.owner.genesis().during(|| format!("{} has no genesis", station.at))?;
            let partition =
                PartitionRef { topic: station.at.topic.to_string(), partition: station.at.partition };
            let genesis_hash = Digest(row.hash.0);
            if known.partitions().all(|(other, _)| *other != partition) {
                let about = format!("open/{}/{genesis_hash}", station.at);
                wanted.push((
                    about,
                    DirectoryCommand::OpenPartition(OpenPartition { partition, genesis_hash }),
                ));
            }
        }
        if known.acquirer(&acquirer).is_none() {
            let register = RegisterAcquirer { acquirer: acquirer.clone(), tombstones: true };
            wanted.push((format!("acquirer/{acquirer}/true/"), DirectoryCommand::RegisterAcquirer(register)));
        }
        let directory = self.stations.first_mut().during(|| "no directory".to_owned())?;
        for (about, command) in wanted {
            let (command, what) = (own_command_id(&about), OwnCommand::Directory(command));
            directory.owner.want(Own { command, actor: Actor::System, cause: None, what, work: None });
        }
        let partitions = self.stations.len() - 1;
        self.until("the directory has every partition", |world| {
            let directory = world.directory().directory;
            directory.partitions().count() == partitions && directory.acquirer(&acquirer).is_some()
        })?;
        let people = People::draw(&mut self.random, self.wish.merchants, self.now_ms)?;
        for command in people.commands {
            self.submit("operator", 0, ClientCommand::Directory(command), None, Asked::Directory)?;
            self.until("the directory answers", |world| world.asked.is_empty())?;
        }
        // A contract holds from the moment after it was made.
        self.now_ms += 60_000;
        self.paths = people.paths;
        for merchant in people.merchants {
            let place = self.place_of(Payee::Merchant(merchant))?;
            self.merchants.push((merchant, place));
        }
        Ok(())
    }

    /// So many payments, and cancels of earlier ones, all to their end.
    fn wave(&mut self, count: u64) -> Done {
        let begun_ms = self.now_ms;
        for number in 0..count {
            let offset = i64::try_from(number).unwrap_or(0) * WAVE_MS / i64::try_from(WAVE).unwrap_or(1);
            self.now_ms = begun_ms + offset;
            self.pay()?;
            if self.random.u64(0..100) < CANCELS && !self.standing.is_empty() {
                self.cancel()?;
            }
            if number % 128 == 127 {
                self.turn()?;
            }
        }
        self.until("every payment has its end", |world| world.asked.is_empty())?;
        self.finance()?;
        self.operators()
    }

    /// Now and then a contract changes in an hour's time, an amount is adjusted by two people, withheld, or released.
    fn operators(&mut self) -> Done {
        let merchant = self.somebody();
        let (merchant_id, place) = *self.merchants.get(merchant).during(|| "no merchant".to_owned())?;
        let payee = Payee::Merchant(merchant_id);
        match self.random.u8(0..20) {
            0 | 1 => {
                let above = *self.paths.get(merchant).during(|| "no path".to_owned())?;
                let terms = people::terms(&mut self.random, above)?;
                let contract_id = ContractId::new(fresh(&mut self.random, self.now_ms));
                let (ahead_ms, command) =
                    (self.random.i64(1..40) * 3_600_000 + 60_000, DirectoryCommand::SetContract);
                let effective_from = Some(Moment::from_ms(self.now_ms + ahead_ms));
                let command = command(SetContract { merchant_id, contract_id, effective_from, terms });
                self.submit("operator", 0, ClientCommand::Directory(command), None, Asked::Attempt)?;
                self.made.changed += 1;
            }
            2 => {
                let amount = Net::new(self.random.i64(-5_000..5_000) * 2 + 1)?;
                let proposal_id = ProposalId::new(fresh(&mut self.random, self.now_ms));
                let (reason, document) = ("정산 조정".to_owned(), format!("doc-{}", self.next));
                let wish = LedgerWish::Adjustment { amount };
                self.deed(place, payee, 5, Deed::Propose { proposal_id, wish, reason, document })?;
                self.until("it is proposed", |world| world.asked.is_empty())?;
                self.deed(place, payee, 6, Deed::Confirm(proposal_id))?;
                self.made.adjusted += 1;
            }
            3 => self.attempt(place, payee, Deed::Withhold(None, "이상 거래".to_owned()))?,
            4 | 5 => self.attempt(place, payee, Deed::Release(None, "확인 완료".to_owned()))?,
            6 => {
                let pay_out_id = PayOutId::new(fresh(&mut self.random, self.now_ms));
                self.attempt(place, payee, Deed::ProposePayOut { pay_out_id })?;
            }
            _ => {}
        }
        self.until("operators are answered", |world| world.asked.is_empty())?;
        self.finance()
    }

    fn attempt(&mut self, place: usize, payee: Payee, deed: Deed) -> Done {
        self.operate(place, payee, 5, deed, Asked::Attempt)
    }

    /// The day of the last payment is over: it is closed, and so is what its closing leads to, as far as time goes.
    fn end_the_day(&mut self) -> Done {
        let midnight = close_at(Moment::from_ms(self.now_ms).seoul_day()).ms();
        self.now_ms = self.now_ms.max(midnight);
        loop {
            // Timers are looked at a few times a second.
            self.now_ms += 500;
            let at_rest = |world: &World| {
                world.asked.is_empty()
                    && world.stations.iter().all(|station| station.owner.load() == (0, 0, 0))
            };
            self.until("what is due is done", at_rest)?;
            let mut due = false;
            for station in &self.stations {
                due |= station.owner.due_ms()?.is_some_and(|due_ms| due_ms <= self.now_ms);
            }
            let proposed = self.stations.iter().any(|station| !station.proposed.is_empty());
            if !due && !proposed {
                return Ok(());
            }
            self.finance()?;
        }
    }

    /// What has been proposed is approved, released by somebody else, and paid by the bank; now and then it is not, or comes back.
    fn finance(&mut self) -> Done {
        for station in &mut self.stations {
            self.made.closed += std::mem::take(&mut station.closed);
            self.made.negative += std::mem::take(&mut station.negative);
        }
        let mut proposed = Vec::new();
        for (place, station) in self.stations.iter_mut().enumerate() {
            proposed.extend(station.proposed.drain(..).map(|(payee, id)| (place, payee, id)));
        }
        for (place, payee, id) in &proposed {
            self.deed(*place, *payee, 2, Deed::ApprovePayOut(*id))?;
        }
        self.until("pay-outs are approved", |world| world.asked.is_empty())?;
        for (place, payee, id) in &proposed {
            self.deed(*place, *payee, 3, Deed::SendPayOut(*id, format!("batch-{}", self.next)))?;
        }
        self.until("pay-outs are sent", |world| world.asked.is_empty())?;
        let mut back = Vec::new();
        for (place, payee, id) in proposed {
            let word = || BankWord { code: "B14".to_owned(), message: "계좌 없음".to_owned() };
            let fate = self.random.u32(0..10_000);
            let deed = if fate < FAILED {
                self.made.failed += 1;
                Deed::FailPayOut(id, word())
            } else {
                self.made.paid_out += 1;
                if fate < FAILED + RETURNED {
                    self.made.returned += 1;
                    back.push((place, payee, Deed::ReturnPayOut(id, word())));
                }
                Deed::ConfirmPayOut {
                    pay_out_id: id,
                    bank_account: "main".to_owned(),
                    bank_reference: format!("bank-{}", self.next),
                    paid_on: Moment::from_ms(self.now_ms).seoul_day(),
                }
            };
            self.deed(place, payee, 4, deed)?;
        }
        self.until("the bank has answered", |world| world.asked.is_empty())?;
        for (place, payee, deed) in back {
            self.deed(place, payee, 4, deed)?;
        }
        self.until("the bank has sent back", |world| world.asked.is_empty())
    }

    fn deed(&mut self, place: usize, payee: Payee, by: u128, deed: Deed) -> Done {
        self.operate(place, payee, by, deed, Asked::Deed)
    }

    fn operate(&mut self, place: usize, payee: Payee, by: u128, deed: Deed, asked: Asked) -> Done {
        let by = KeyId::new(uuid::Uuid::from_u128(by));
        let operation = Operation { by, not_after: Moment::from_ms(0), deed };
        let command = Box::new(SettlementCommand::Operate(operation));
        self.submit("operator", place, ClientCommand::Settlement(payee, command), None, asked)
    }

    fn pay(&mut self) -> Done {
        let merchant = self.somebody();
        let (merchant_id, place) = *self.merchants.get(merchant).during(|| "no merchant".to_owned())?;
        let payment = PaymentId::new(fresh(&mut self.random, self.now_ms));
        // Small amounts are the most frequent.
        let amount = 10 * self.random.i64(100..1_000) * self.random.i64(1..=4) * self.random.i64(1..=4);
        let wish = KeyIn {
            payment_id: payment,
            merchant_id,
            order_id: format!("g{}-{}", self.wish.seed, self.next),
            order_name: "아메리카노 외 2건".to_owned(),
            amount: Amount::new(amount)?,
            currency: Currency::Krw,
            tax_free: None,
            vat: None,
            installment_months: 0,
        };
        let card = CardCompanion::parse("4242424242424242", "40", "12", None, None)?;
        let asked = Asked::Payment(payment);
        self.submit(&merchant_id.to_string(), place, ClientCommand::KeyIn(wish), Some(card), asked)
    }

    fn cancel(&mut self) -> Done {
        let at = self.random.usize(0..self.standing.len());
        let Standing { payment, merchant, amount, place, paid_ms, .. } = self.standing.swap_remove(at);
        self.made.after_pay_out += u64::from(self.now_ms - paid_ms > PAID_OUT_MS);
        let all = self.random.u8(0..10) < 7;
        let wish = RequestCancel {
            cancel_id: CancelId::new(fresh(&mut self.random, self.now_ms)),
            merchant_id: merchant,
            amount: if all { None } else { Some(Amount::new((amount / 20 * 10).max(10))?) },
            tax_free: None,
            reason: "고객 변심".to_owned(),
            current_cancellable: None,
            not_after: Moment::from_ms(0),
        };
        self.submit(&merchant.to_string(), place, ClientCommand::Cancel(payment, wish), None, Asked::Cancel)
    }

    /// By Zipf's law with exponent 1: the n-th sells an n-th of what the first one sells.
    fn somebody(&mut self) -> usize {
        let count = self.merchants.len().max(1);
        // The inverse of the logarithm that the sum of 1/n is close to, in powers of two.
        let most = count.ilog2() + 1;
        let power = self.random.u32(0..most);
        let (from, to) = (1_usize << power, (2_usize << power).min(count + 1));
        self.random.usize(from..to.max(from + 1)).min(count) - 1
    }

    fn submit(
        &mut self,
        scope: &str,
        place: usize,
        command: ClientCommand,
        card: Option<CardCompanion>,
        asked: Asked,
    ) -> Done {
        let reply = self.next;
        self.next += 1;
        let idempotency_key = format!("generated-{}-{reply}", self.wish.seed);
        let mut fingerprint = [0; 32];
        self.random.fill(&mut fingerprint);
        let submission = Submission {
            command_id: command_id(scope, &idempotency_key).parse()?,
            caller: Actor::Key(KeyId::new(uuid::Uuid::from_u128(1))),
            idempotency_key,
            fingerprint,
            request_id: format!("generated-{reply}"),
            not_after_ms: i64::MAX / 2,
            deadline_ms: i64::MAX / 2,
            command,
            card: card.map(Ok),
        };
        let station = self.stations.get_mut(place).during(|| format!("no partition {place}"))?;
        station.owner.submit(reply, submission, self.now_ms);
        self.asked.insert(reply, asked);
        Ok(())
    }

    /// Goes on until it holds.
    fn until(&mut self, what: &str, holds: impl Fn(&World) -> bool) -> Done {
        let mut heard = Instant::now();
        loop {
            self.turn()?;
            if holds(self) {
                return Ok(());
            }
            match self.reports.recv_timeout(Duration::from_millis(5)) {
                Ok((place, completion)) => {
                    heard = Instant::now();
                    self.feed(place, completion)?;
                }
                Err(_) => self.let_time_pass(),
            }
            ensure!(heard.elapsed() < SILENCE, "{what}: Kafka says nothing more");
        }
    }

    /// Nothing is on its way to Kafka: whoever waits, waits for a time (to ask the acquirer again).
    fn let_time_pass(&mut self) {
        let in_flight = self.stations.iter().any(|station| station.owner.load().0 > 0);
        let next = self.stations.iter().filter_map(|station| station.owner.next_ms()).min();
        if let Some(next_ms) = next.filter(|next_ms| !in_flight && *next_ms < i64::MAX / 4) {
            self.now_ms = self.now_ms.max(next_ms);
        }
    }

    fn feed(&mut self, place: usize, completion: Completion) -> Done {
        let now_ms = self.now_ms;
        self.stations.get_mut(place).during(|| format!("no partition {place}"))?.feed(completion, now_ms)
    }

    fn turn(&mut self) -> Done {
        while let Ok((place, completion)) = self.reports.try_recv() {
            self.feed(place, completion)?;
        }
        let directory = self.directory();
        for place in 0..self.stations.len() {
            loop {
                let now_ms = self.now_ms;
                let station = self.stations.get_mut(place).during(|| format!("no partition {place}"))?;
                let outs = station.run(&directory, now_ms)?;
                let mut called = false;
                for out in outs {
                    match out {
                        Out::Call(id, call) => {
                            called = true;
                            let returned = self.acquirer(place, &call);
                            let station =
                                self.stations.get_mut(place).during(|| "no partition".to_owned())?;
                            station.returned(id, returned, now_ms)?;
                        }
                        Out::Answer(reply, answer) => self.answered(reply, &answer)?,
                        Out::Deliver(id, delivery) => self.bring(place, id, delivery)?,
                        Out::Found(..) => {}
                    }
                }
                if !called {
                    break;
                }
            }
        }
        Ok(())
    }

    /// A commission on its way to its payee's owner: nothing is lost between partitions here.
    fn bring(&mut self, from: usize, id: DeliveryId, delivery: Delivery) -> Done {
        let place = self.place_of(Payee::Node(delivery.to))?;
        let reply = self.next;
        self.next += 1;
        let submission = Submission::of_delivery(delivery, i64::MAX / 4);
        self.asked.insert(reply, Asked::Delivery(from, id));
        let now_ms = self.now_ms;
        let station = self.stations.get_mut(place).during(|| format!("no partition {place}"))?;
        station.owner.submit(reply, submission, now_ms);
        Ok(())
    }

    fn place_of(&self, payee: Payee) -> Done<usize> {
        let directory = self.directory().directory;
        let at = directory.partition_of_payee(payee).during(|| format!("{payee} is not registered"))?;
        let here = |station: &Station| *station.at.topic == *at.topic && station.at.partition == at.partition;
        self.stations.iter().position(here).during(|| format!("{payee} has no partition"))
    }

    fn answered(&mut self, reply: ReplyId, answer: &Answer) -> Done {
        let asked = self.asked.remove(&reply);
        if let Some(Asked::Delivery(place, id)) = asked {
            let position = match answer {
                Answer::Recorded { position, .. } => Some(position.to_string()),
                other => return Err(Failure::new(format!("a commission was answered {other:?}"))),
            };
            let now_ms = self.now_ms;
            let station = self.stations.get_mut(place).during(|| format!("no partition {place}"))?;
            station.owner.delivered(id, position, now_ms);
            return Ok(());
        }
        let paid = match answer {
            Answer::Recorded { result: ledger_api::ledger::CommandResult::Payment(at), .. } => {
                Some((at.view.balance_amount.minor() > 0, at.view.clone()))
            }
            Answer::Recorded { .. } => None,
            Answer::Rejected(_) => {
                self.made.refused += 1;
                return match asked {
                    Some(Asked::Directory | Asked::Deed) => {
                        Err(Failure::new(format!("a refusal: {answer:?}")))
                    }
                    Some(Asked::Attempt) => {
                        self.made.refused -= 1;
                        Ok(())
                    }
                    Some(Asked::Payment(_) | Asked::Cancel | Asked::Delivery(..)) | None => Ok(()),
                };
            }
            // Its answer was lost; it is found out beside what comes next.
            Answer::Unknown => return Ok(()),
            other => return Err(Failure::new(format!("a command was answered {other:?}"))),
        };
        match (asked, paid) {
            (Some(Asked::Payment(payment)), Some((true, _))) => {
                self.made.approved += 1;
                let standing = self.sent.remove(&payment).during(|| format!("{payment} was never sent"))?;
                if self.standing.len() < CANCELLABLE {
                    self.standing.push(standing);
                } else {
                    let at = self.random.usize(0..CANCELLABLE);
                    if let Some(place) = self.standing.get_mut(at) {
                        *place = standing;
                    }
                }
            }
            (Some(Asked::Payment(payment)), _) => {
                self.sent.remove(&payment);
                self.made.declined += 1;
            }
            (Some(Asked::Cancel), _) => self.made.cancelled += 1,
            (Some(Asked::Directory | Asked::Delivery(..) | Asked::Deed | Asked::Attempt) | None, _) => {}
        }
        Ok(())
    }

    /// Answers at once, now and then not at all, and remembers what it did then.
    fn acquirer(&mut self, place: usize, call: &Call) -> Returned {
        let why = || "no answer".to_owned();
        if let Call::Approve(_, order) = call {
            let standing = Standing {
                payment: order.payment,
                merchant: order.merchant,
                order_id: order.order_id.clone(),
                approval: order.operation,
                amount: order.amount_minor,
                place,
                paid_ms: self.now_ms,
            };
            self.sent.insert(order.payment, standing);
        }
        match call {
            Call::Approve(_, order) => Returned::Approve(if self.random.u32(0..10_000) < LOST {
                self.made.lost += 1;
                self.lost.insert(order.operation);
                ApproveOutcome::Unknown { cause: UnknownCause::ConnectionLost, why: why() }
            } else if self.random.u32(0..100) < DECLINES {
                ApproveOutcome::Declined { code: "51".to_owned(), message: "한도초과".to_owned() }
            } else {
                ApproveOutcome::Approved(approval(order.operation, self.now_ms))
            }),
            Call::Inquire(_, operation) if self.lost.remove(operation) => {
                Returned::Inquire(Inquiry::Approved(approval(*operation, self.now_ms)))
            }
            Call::Inquire(..) => Returned::Inquire(Inquiry::NotFound),
            Call::NetCancel(_, order) => {
                let had_approved = self.lost.remove(&order.approve_operation);
                Returned::NetCancel(NetCancelOutcome::NetCancelled { had_approved, at_ms: self.now_ms })
            }
            Call::Cancel(_, order) => Returned::Cancel(CancelOutcome::Cancelled {
                cancel_transaction: format!("c-{}", order.operation),
                cancelled_at_ms: self.now_ms,
            }),
        }
    }

    fn close(&mut self) -> Done {
        for station in std::mem::take(&mut self.stations) {
            station.close()?;
        }
        Ok(())
    }
}

fn approval(operation: OperationId, now_ms: i64) -> Approval {
    Approval {
        acquirer_transaction: transaction(&operation.to_string()),
        approve_no: "00123456".to_owned(),
        approved_at_ms: now_ms,
        issuer_code: Some("11".to_owned()),
    }
}
