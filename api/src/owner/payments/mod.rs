//! The rules of a payments partition: which state a command meets, what its record changes in the store, and what is open.
//! Decides nothing itself: the domain does.

mod answering;
mod derive;
mod stream;
mod view;

pub(super) use answering::Progress;
pub(super) use derive::kind_of;
pub(super) use stream::Route;
pub use stream::Stream;

use super::{Client, Decided, DirectoryView, Fatal, Own, OwnCommand, Verdict, payees, rows};
use crate::ledger::{Answer, ClientCommand, KeyIn};
use crate::store::Rows;
use ledger_domain::card::MaskedCard;
use ledger_domain::contract::Method;
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{MerchantId, PaymentId};
use ledger_domain::payment::effects::Timing;
use ledger_domain::payment::{Facts, Payment, PaymentCommand, RequestPayment, decide};
use ledger_domain::recorded::Meta;
use ledger_domain::settlement::SettlementCommand;
use ledger_domain::{Event, Impossible, Rejection, partition};
use quick_cache::unsync::Cache;
use stream::Weight;
use view::RuleView;

/// An estimate that the cache sizes its tables by; it grows beyond.
const BYTES_PER_STREAM: u64 = 8 * 1024;

/// A payments partition's rules and the streams in use.
#[derive(Debug)]
pub struct Payments {
    /// How long to wait for what.
    pub timing: Timing,
    /// Streams at their newest version, guesses included; only a cache, bounded in bytes.
    streams: Cache<PaymentId, Stream, Weight>,
}

impl Payments {
    /// The rules with nothing in memory, and room there for about so many bytes of streams.
    #[must_use]
    pub fn new(timing: Timing, cache_bytes: u64) -> Self {
        let streams = usize::try_from(cache_bytes / BYTES_PER_STREAM).unwrap_or(usize::MAX);
        Self { timing, streams: Cache::with_weighter(streams.max(1), cache_bytes, Weight) }
    }

    /// Decides a client's command on the newest state, guesses included.
    pub(super) fn decide_client(
        &mut self,
        client: &Client,
        rows: &dyn Rows,
        directory: &DirectoryView,
        meta: Meta,
        time_ms: i64,
    ) -> Result<Verdict, Fatal> {
        let submission = &client.submission;
        let not_after = Moment::from_ms(submission.not_after_ms);
        let (payment, command, facts) = match &submission.command {
            ClientCommand::KeyIn(wish) => {
                let Some(Ok(card)) = &submission.card else {
                    return Ok(Verdict::Tell(super::not_ready("the card did not come with the command")));
                };
                let request = request(wish, card.number.masked(), not_after);
                match self.facts_for(&request, rows, directory, time_ms)? {
                    Ok(facts) => (wish.payment_id, PaymentCommand::Request(request), facts),
                    Err(rejection) => return Ok(Verdict::Hold(Answer::Rejected(rejection))),
                }
            }
            ClientCommand::Cancel(payment, wish) => {
                let mut wish = wish.clone();
                wish.not_after = not_after;
                (*payment, PaymentCommand::RequestCancel(wish), Facts::for_outcome())
            }
            ClientCommand::Resolve(payment, word) => {
                let mut word = word.clone();
                word.not_after = not_after;
                (*payment, PaymentCommand::Resolve(word), Facts::for_outcome())
            }
            ClientCommand::Metadata(payment, wish) => {
                let mut wish = wish.clone();
                wish.not_after = not_after;
                (*payment, PaymentCommand::ChangeMetadata(wish), Facts::for_outcome())
            }
            ClientCommand::Settlement(payee, command) => {
                let mut command = (**command).clone();
                if let SettlementCommand::Operate(operation) = &mut command {
                    operation.not_after = not_after;
                }
                return payees::decide((*payee, &command), rows, directory, meta, time_ms);
            }
            ClientCommand::Directory(_) => {
                return Ok(Verdict::Tell(super::not_ready(
                    "a directory command came to a payments partition",
                )));
            }
        };
        self.decide(payment, &command, &facts, rows, meta, time_ms)
    }

    /// Decides the owner's own command.
    pub(super) fn decide_own(
        &mut self,
        own: &Own,
        rows: &dyn Rows,
        directory: &DirectoryView,
        meta: Meta,
        time_ms: i64,
    ) -> Result<Verdict, Fatal> {
        match &own.what {
            OwnCommand::Payment(payment, command) => {
                self.decide(*payment, command, &Facts::for_outcome(), rows, meta, time_ms)
            }
            OwnCommand::Settlement(payee, command) => {
                payees::decide((*payee, command), rows, directory, meta, time_ms)
            }
            OwnCommand::Directory(_) => Ok(Verdict::Drop),
        }
    }

    fn facts_for(
        &self,
        request: &RequestPayment,
        rows: &dyn Rows,
        directory: &DirectoryView,
        time_ms: i64,
    ) -> Result<Result<Facts, Rejection>, Fatal> {
        let view = RuleView::new(rows);
        let facts = partition::admit(&view, request)
            .and_then(|()| directory.directory.sale_facts(request.merchant_id, Moment::from_ms(time_ms)));
        view.finish()?;
        Ok(facts.map(Facts::for_sale))
    }

    fn decide(
        &mut self,
        payment: PaymentId,
        command: &PaymentCommand,
        facts: &Facts,
        rows: &dyn Rows,
        meta: Meta,
        time_ms: i64,
    ) -> Result<Verdict, Fatal> {
        let nothing = Payment::Ready;
        let seen = self.newest(payment, rows)?;
        let view = match &seen {
            None => None,
            Some(seen) => seen.view().map_err(|why| impossible(payment, why))?,
        };
        let state = view.as_ref().map_or(&nothing, |view| view.state());
        let merchant = view.as_ref().filter(|_| command.may_move_money()).map(|view| view.merchant_id);
        let facts = &Facts { earliest_sold_date: open_day(merchant, rows)?, ..facts.clone() };
        match decide(state, command, facts, time_ms) {
            Ok(event) => Ok(Verdict::Record(Box::new(Decided::new(Event::Payment(event), meta)))),
            Err(rejection) => Ok(Verdict::Hold(Answer::Rejected(rejection))),
        }
    }
}

/// The first day that what moves now may belong to: never one that is closed.
fn open_day(merchant: Option<MerchantId>, rows: &dyn Rows) -> Result<Option<Day>, Fatal> {
    let Some(merchant) = merchant else { return Ok(None) };
    let last = rows::read(rows, &rows::last_closed_key(&merchant), rows::decode_day)?;
    Ok(last.map(Day::next))
}

/// What the store shows of a payment is no life a payment can have.
fn impossible(payment: PaymentId, why: Impossible) -> Fatal {
    Fatal::Store(super::rows::unreadable(payment.to_string().as_bytes(), why))
}

fn request(wish: &KeyIn, card: MaskedCard, not_after: Moment) -> RequestPayment {
    RequestPayment {
        payment_id: wish.payment_id,
        merchant_id: wish.merchant_id,
        order_id: wish.order_id.clone(),
        order_name: wish.order_name.clone(),
        method: Method::Card,
        currency: wish.currency,
        amount: wish.amount,
        tax_free: wish.tax_free,
        vat: wish.vat,
        installment_months: wish.installment_months,
        card,
        not_after,
    }
}
