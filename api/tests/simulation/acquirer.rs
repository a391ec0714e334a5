//! A simulated acquirer with tombstones behind a network that loses, delays and delivers late. Its memory is the other half of
//! the truth that the ledger has to agree with.

use ledger_api::acquirers::{Approval, ApproveOutcome, CancelOutcome, Inquiry, NetCancelOutcome};
use ledger_api::owner::{Call, CallId, Returned};
use ledger_domain::ids::OperationId;
use ledger_domain::payment::{NotAttemptedCause, UnknownCause};
use std::collections::HashMap;

const UNREACHABLE: NotAttemptedCause = NotAttemptedCause::Unreachable;
const LOST: UnknownCause = UnknownCause::ConnectionLost;

#[derive(Clone, Debug, PartialEq)]
pub enum Approve {
    Approved {
        amount: i64,
        cancelled: i64,
        reversed: bool,
    },
    Declined,
    NotAttempted,
    /// A net cancel came first.
    Tombstone,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cancel {
    Cancelled,
    Declined,
}

/// What the acquirer remembers.
#[derive(Debug, Default)]
pub struct Memory {
    pub approvals: HashMap<OperationId, Approve>,
    cancels: HashMap<OperationId, Cancel>,
    net_cancels: HashMap<OperationId, bool>,
    /// An approve request is only ever sent once; a second one is a violation.
    pub approve_requests: HashMap<OperationId, u32>,
}

/// Who called: the process, its life, its partition's place.
pub type Caller = (usize, u64, usize);

/// One call on the network.
#[derive(Debug)]
pub struct OnTheWay {
    pub caller: Caller,
    pub id: CallId,
    pub arrives_ms: i64,
    pub gives_up_ms: i64,
    call: Option<Call>,
    unanswered: Option<Returned>,
}

/// The network and the acquirer behind it.
#[derive(Debug, Default)]
pub struct Network {
    pub memory: Memory,
    pub under_way: Vec<OnTheWay>,
    /// In per cent of the calls.
    pub trouble: u32,
    /// Tells what happens, for whoever looks for the cause of a failure.
    pub trace: bool,
}

impl Network {
    pub fn send(&mut self, rng: &mut fastrand::Rng, caller: Caller, id: CallId, call: Call, now_ms: i64) {
        if self.trace {
            eprintln!("{now_ms} {caller:?} sends {id}: {call:?}");
        }
        if let Call::Approve(_, order) = &call {
            // Counted even when nothing arrives: it must not be tried twice.
            *self.memory.approve_requests.entry(order.operation).or_default() += 1;
        }
        if rng.u32(0..100) < self.trouble / 3
            && let Some(refused) = not_sent(&call)
        {
            let gives_up_ms = now_ms + 1;
            let (arrives_ms, call, unanswered) = (i64::MAX, None, Some(refused));
            self.under_way.push(OnTheWay { caller, id, arrives_ms, gives_up_ms, call, unanswered });
            return;
        }
        let slow = rng.u32(0..100) < self.trouble;
        let arrives_ms = now_ms + if slow { rng.i64(0..4_000) } else { rng.i64(0..40) };
        let lost = rng.u32(0..100) < self.trouble / 3;
        let gives_up_ms = now_ms + 1_500;
        let unanswered = Some(unanswered(&call));
        let call = (!lost).then_some(call);
        self.under_way.push(OnTheWay { caller, id, arrives_ms, gives_up_ms, call, unanswered });
    }

    /// Lets time pass; gives back what comes back to whom.
    pub fn pass(&mut self, rng: &mut fastrand::Rng, now_ms: i64) -> Vec<(Caller, CallId, Returned)> {
        let mut back = Vec::new();
        let mut kept = Vec::new();
        for mut way in std::mem::take(&mut self.under_way) {
            if way.arrives_ms <= now_ms
                && let Some(call) = way.call.take()
            {
                let answer = self.memory.take(rng, &call, way.arrives_ms);
                if self.trace {
                    eprintln!("{now_ms} {:?} {} arrived: {answer:?}", way.caller, way.id);
                }
                // The answer may be lost on its way back, or come when nobody waits any more.
                if rng.u32(0..100) >= self.trouble / 3 && way.unanswered.take().is_some() {
                    back.push((way.caller, way.id, answer));
                }
            }
            if way.gives_up_ms <= now_ms
                && let Some(unanswered) = way.unanswered.take()
            {
                back.push((way.caller, way.id, unanswered));
            }
            if way.call.is_some() || way.unanswered.is_some() {
                kept.push(way);
            }
        }
        self.under_way = kept;
        back
    }
}

/// What the port says when no connection came about: on a first attempt it is certain that nothing was sent.
fn not_sent(call: &Call) -> Option<Returned> {
    let why = "refused".to_owned();
    match call {
        Call::Approve(..) => {
            Some(Returned::Approve(ApproveOutcome::NotAttempted { cause: UNREACHABLE, why }))
        }
        Call::Cancel(_, order) if order.attempt == 1 => {
            Some(Returned::Cancel(CancelOutcome::NotAttempted { cause: UNREACHABLE, why }))
        }
        Call::NetCancel(_, order) if order.attempt == 1 => {
            Some(Returned::NetCancel(NetCancelOutcome::NotAttempted { why }))
        }
        Call::Cancel(..) | Call::NetCancel(..) | Call::Inquire(..) => None,
    }
}

/// What the port says when no answer came.
fn unanswered(call: &Call) -> Returned {
    let why = "no answer".to_owned();
    match call {
        Call::Approve(..) => Returned::Approve(ApproveOutcome::Unknown { cause: LOST, why }),
        Call::Inquire(..) => Returned::Inquire(Inquiry::Unknown { why }),
        Call::NetCancel(..) => Returned::NetCancel(NetCancelOutcome::Unknown { why }),
        Call::Cancel(..) => Returned::Cancel(CancelOutcome::Unknown { cause: LOST, why }),
    }
}

impl Memory {
    fn take(&mut self, rng: &mut fastrand::Rng, call: &Call, now_ms: i64) -> Returned {
        match call {
            Call::Approve(_, order) => {
                let fresh = match rng.u32(0..100) {
                    0..=14 => Approve::Declined,
                    15..=19 => Approve::NotAttempted,
                    _ => Approve::Approved { amount: order.amount_minor, cancelled: 0, reversed: false },
                };
                let outcome = self.approvals.entry(order.operation).or_insert(fresh);
                Returned::Approve(match outcome {
                    Approve::Approved { .. } => ApproveOutcome::Approved(approval(order.operation, now_ms)),
                    Approve::Declined | Approve::Tombstone => {
                        ApproveOutcome::Declined { code: "51".to_owned(), message: "no".to_owned() }
                    }
                    Approve::NotAttempted => ApproveOutcome::NotAttempted {
                        cause: NotAttemptedCause::AcquirerRefused,
                        why: "closed".to_owned(),
                    },
                })
            }
            Call::Inquire(_, operation) => Returned::Inquire(match self.approvals.get(operation) {
                None => Inquiry::NotFound,
                Some(Approve::Approved { reversed: false, .. }) => {
                    Inquiry::Approved(approval(*operation, now_ms))
                }
                Some(Approve::Approved { reversed: true, .. }) => {
                    Inquiry::NetCancelled { had_approved: true }
                }
                Some(Approve::Tombstone) => Inquiry::NetCancelled { had_approved: false },
                Some(Approve::Declined) => {
                    Inquiry::Declined { code: "51".to_owned(), message: "no".to_owned() }
                }
                Some(Approve::NotAttempted) => Inquiry::NotAttempted { why: "closed".to_owned() },
            }),
            Call::NetCancel(_, order) => {
                let had_approved = *self.net_cancels.entry(order.operation).or_insert_with(|| {
                    match self.approvals.entry(order.approve_operation).or_insert(Approve::Tombstone) {
                        Approve::Approved { reversed, .. } => {
                            *reversed = true;
                            true
                        }
                        Approve::Declined | Approve::NotAttempted | Approve::Tombstone => false,
                    }
                });
                Returned::NetCancel(NetCancelOutcome::NetCancelled { had_approved, at_ms: now_ms })
            }
            Call::Cancel(_, order) => {
                let refuse = rng.u32(0..100) < 15;
                let approvals = &mut self.approvals;
                let outcome = self.cancels.entry(order.operation).or_insert_with(|| {
                    match approvals.get_mut(&order.approve_operation) {
                        Some(Approve::Approved { cancelled, reversed: false, .. }) if !refuse => {
                            *cancelled += order.amount_minor;
                            Cancel::Cancelled
                        }
                        _ => Cancel::Declined,
                    }
                });
                Returned::Cancel(match outcome {
                    Cancel::Cancelled => CancelOutcome::Cancelled {
                        cancel_transaction: format!("c-{}", order.operation),
                        cancelled_at_ms: now_ms,
                    },
                    Cancel::Declined => {
                        CancelOutcome::Declined { code: "77".to_owned(), message: "no".to_owned() }
                    }
                })
            }
        }
    }

    /// What the card's owner has paid under this approval, minor units.
    pub fn charged(&self, operation: &OperationId) -> i64 {
        match self.approvals.get(operation) {
            Some(Approve::Approved { amount, cancelled, reversed: false }) => amount - cancelled,
            _ => 0,
        }
    }
}

fn approval(operation: OperationId, now_ms: i64) -> Approval {
    Approval {
        acquirer_transaction: format!("t-{operation}"),
        approve_no: "00123456".to_owned(),
        approved_at_ms: now_ms,
        issuer_code: None,
    }
}
