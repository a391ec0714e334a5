//! Clients: merchants that sell, cancel, note and read, each request at some process, and the same request again, under the same
//! key at some other process, until they know what became of it.

use super::http::{Asks, Request};
use super::process::Input;
use super::told::{About, Attempt, Read, Said, Tick, Want};
use super::world::{POISON, PROCESSES, World};
use crate::owner_support::wishes::{Body, Wish};
use ledger_api::ledger::{Answer, CommandResult, Unavailable};
use ledger_api::owner::{Found, Query};
use ledger_domain::directory::Digest;
use ledger_domain::ids::{MerchantId, PaymentId};
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Default)]
pub struct Clients {
    tick: Tick,
    pub wants: Vec<Rc<Want>>,
    pub attempts: Vec<Attempt>,
    pub reads: Vec<Read>,
    pub questions: Vec<About>,
    /// The payments that a client knows of, with their merchants.
    pub payments: Vec<(PaymentId, MerchantId)>,
    /// The versions told of each payment, rising, with when.
    pub versions: BTreeMap<PaymentId, Vec<(Tick, u64)>>,
    /// Wants to ask for again, with when, Unix ms.
    again: Vec<(i64, usize)>,
    /// Requests without an answer whose process lives.
    waiting: usize,
}

impl Clients {
    /// What happens now happens after everything before.
    pub fn tick(&mut self) -> Tick {
        self.tick += 1;
        self.tick
    }

    pub fn found(&mut self, read: usize, found: Result<Found, Unavailable>) {
        self.reads[read].found = Some(found);
    }

    /// Which version of a payment had been told before something was asked.
    pub fn known(&self, payment: &PaymentId, asked: Tick) -> Option<u64> {
        let told = self.versions.get(payment)?;
        told.iter().take_while(|(tick, _)| *tick < asked).last().map(|(_, version)| *version)
    }

    /// Nobody waits, and everybody knows.
    pub fn is_idle(&self) -> bool {
        self.again.is_empty() && self.waiting == 0
    }

    pub fn state(&self) -> String {
        format!("{} requests wait, {:?} to ask again", self.waiting, self.again)
    }
}

impl Want {
    pub fn is_an_operators(&self) -> bool {
        matches!(&self.wish.body, Body::Directory(_))
    }

    /// The log refuses it whenever it comes: it is never done.
    pub fn is_poison(&self) -> bool {
        matches!(&self.wish.body, Body::Cancel { reason, .. } if reason == POISON)
    }
}

impl World {
    /// Something new is wanted.
    pub fn wish(&mut self) {
        let shops = self.shops.with_keys();
        if shops.is_empty() {
            return;
        }
        let kind = if self.clients.payments.is_empty() { 0 } else { self.rng.u32(0..100) };
        let rng = &mut self.rng;
        if kind < 50 {
            let (merchant, key) = shops[rng.usize(0..shops.len())];
            let (order_id, amount) = (format!("order-{}", rng.u32(0..20)), rng.i64(1..6) * 10_000);
            let want = self.want(merchant, key, Body::KeyIn { order_id, amount });
            return self.submit(want, None);
        }
        let payments = &self.clients.payments;
        let (body, merchant) = if kind >= 80 {
            // Mostly on the same few, so that some lives are long.
            let (payment, merchant) = payments[rng.usize(0..payments.len().min(3))];
            (Body::Note { payment, text: format!("note {}", rng.u32(0..1_000)) }, merchant)
        } else {
            let (payment, merchant) = payments[rng.usize(0..payments.len())];
            let amount = (rng.u32(0..3) > 0).then(|| rng.i64(1..4) * 10_000);
            let reason = if rng.u32(0..12) == 0 { POISON } else { "changed my mind" };
            (Body::Cancel { payment, amount, reason: reason.to_owned() }, merchant)
        };
        let Some((key, _)) = self.shops.of(merchant).and_then(|shop| shop.key) else { return };
        let want = self.want(merchant, key, body);
        self.submit(want, None);
    }

    pub fn want(&mut self, merchant: MerchantId, caller: Digest, body: Body) -> usize {
        let key = u64::try_from(self.clients.wants.len()).unwrap() + 1;
        self.clients.wants.push(Rc::new(Want { wish: Wish { key, merchant, body }, caller }));
        self.clients.wants.len() - 1
    }

    /// The same key again, sometimes with another body.
    pub fn retry(&mut self) {
        if self.clients.wants.is_empty() {
            return;
        }
        let which = self.rng.usize(0..self.clients.wants.len());
        let sells = matches!(self.clients.wants[which].wish.body, Body::KeyIn { .. });
        let other = (sells && self.rng.u32(0..10) == 0)
            .then(|| Body::KeyIn { order_id: "another".to_owned(), amount: 77_000 });
        self.submit(which, other);
    }

    /// Asks a process for it.
    pub fn submit(&mut self, which: usize, other: Option<Body>) {
        let number = self.rng.usize(0..PROCESSES);
        self.submit_to(number, which, other);
    }

    pub fn submit_to(&mut self, number: usize, which: usize, other: Option<Body>) {
        let mut want = Rc::clone(&self.clients.wants[which]);
        let as_wanted = other.is_none();
        if let Some(body) = other {
            want = Rc::new(Want { wish: Wish { body, ..want.wish.clone() }, caller: want.caller });
        }
        let received_ms = self.clock_of(number);
        let Some(process) = &mut self.seats[number].process else { return self.soon(which) };
        let attempt = self.clients.attempts.len();
        let asked = self.clients.tick();
        let at = (number, process.life);
        self.clients.attempts.push(Attempt {
            want: which,
            as_wanted,
            asked,
            received_ms,
            at,
            told: None,
            broken: false,
        });
        self.clients.waiting += 1;
        process.put(Input::Request(Request {
            asks: Asks::For(attempt),
            want,
            received_ms,
            passing: None,
            again: 0,
        }));
        self.trace(|| format!("attempt {attempt} for want {which} at {at:?}"));
    }

    /// It will be asked for again.
    fn soon(&mut self, which: usize) {
        let at_ms = self.now_ms + self.rng.i64(100..3_000);
        self.clients.again.push((at_ms, which));
    }

    pub fn ask_again(&mut self) {
        let now_ms = self.now_ms;
        let due: Vec<_> = self.clients.again.extract_if(.., |(at_ms, _)| *at_ms <= now_ms).collect();
        due.into_iter().for_each(|(_, which)| self.submit(which, None));
    }

    /// A process died with what it had not answered.
    pub fn lose_attempts_at(&mut self, number: usize) {
        let waits =
            |attempt: &&mut Attempt| attempt.told.is_none() && !attempt.broken && attempt.at.0 == number;
        let mut lost = Vec::new();
        for attempt in self.clients.attempts.iter_mut().filter(waits) {
            attempt.broken = true;
            self.clients.waiting -= 1;
            lost.extend(attempt.as_wanted.then_some(attempt.want));
        }
        lost.into_iter().for_each(|which| self.soon(which));
    }

    /// Somebody asks some process what became of something that is under way, or was wanted lately.
    pub fn ask_about(&mut self) {
        let number = self.rng.usize(0..PROCESSES);
        let waits = |attempt: &&Attempt| attempt.told.is_none() && attempt.as_wanted;
        let waiting = self.clients.attempts.iter().rev().take(40).filter(waits).map(|attempt| attempt.want);
        let waiting: Vec<usize> = waiting.collect();
        let lately = match waiting.as_slice() {
            [] => self.clients.wants.len().saturating_sub(self.rng.usize(1..12)),
            waiting => waiting[self.rng.usize(0..waiting.len())],
        };
        let Some(want) = self.clients.wants.get(lately).filter(|want| !want.is_an_operators()) else {
            return;
        };
        let (want, received_ms) = (Rc::clone(want), self.clock_of(number));
        let (asked, about) = (self.clients.tick(), self.clients.questions.len());
        let Some(process) = &mut self.seats[number].process else { return };
        self.clients.questions.push(About { want: lately, asked, told: None });
        let asks = Asks::About(about);
        process.put(Input::Request(Request { asks, want, received_ms, passing: None, again: 0 }));
    }

    /// A client is told something.
    pub fn told(&mut self, asks: Asks, said: Said) -> Result<(), String> {
        self.trace(|| format!("{asks:?} is told {said:?}"));
        match asks {
            Asks::For(attempt) => return self.attempt_told(attempt, said),
            Asks::About(question) => self.clients.questions[question].told = Some(said),
        }
        Ok(())
    }

    fn attempt_told(&mut self, which: usize, said: Said) -> Result<(), String> {
        let tick = self.clients.tick();
        let attempt = &mut self.clients.attempts[which];
        if attempt.told.is_some() || attempt.broken {
            return Err(format!("one request was answered twice: {attempt:?}, {said:?}"));
        }
        if said == Said::KeyUnknown {
            return Err(format!("a key that was told of is not known: {attempt:?}"));
        }
        self.clients.waiting -= 1;
        let again = attempt.as_wanted && !said.is_final() && !self.clients.wants[attempt.want].is_poison();
        let want = attempt.want;
        let result = match &said {
            Said::Answer(Answer::Recorded { result, .. }) if attempt.as_wanted => Some(result.clone()),
            Said::Answer(_) | Said::KeyUnknown | Said::NotRead | Said::Became(_) => None,
        };
        attempt.told = Some(said);
        if again {
            self.soon(want);
        }
        match result {
            Some(CommandResult::Payment(payment)) => {
                let (id, version) = (payment.view.payment_id, payment.view.version);
                let versions = self.clients.versions.entry(id).or_default();
                if versions.last().is_none_or(|(_, last)| *last < version) {
                    versions.push((tick, version));
                }
                if versions.len() == 1 && !self.clients.payments.iter().any(|(known, _)| *known == id) {
                    self.clients.payments.push((id, payment.view.merchant_id));
                }
            }
            Some(CommandResult::Directory(event)) => self.registered(&event),
            Some(CommandResult::Settlement(_)) | None => {}
        }
        Ok(())
    }

    /// Somebody reads, at some process.
    pub fn read(&mut self) {
        if self.clients.payments.is_empty() {
            return;
        }
        let (payment, merchant) = self.clients.payments[self.rng.usize(0..self.clients.payments.len())];
        let query = match self.rng.u32(0..3) {
            0 => Query::Order(merchant, format!("order-{}", self.rng.u32(0..20))),
            _ => Query::Payment(payment, merchant),
        };
        let number = self.rng.usize(0..PROCESSES);
        let asked = self.clients.tick();
        let Some(process) = &mut self.seats[number].process else { return };
        self.clients.reads.push(Read { query: query.clone(), asked, found: None });
        process.put(Input::Read(self.clients.reads.len() - 1, query, merchant));
    }
}
