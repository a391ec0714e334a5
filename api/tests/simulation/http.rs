//! What HTTP does around the partitions of one process: it lets in whose key the directory knows, hands commands over, and passes
//! on what another process leads. What it decides there is the product's own [`Search`]; the sealing and the sockets are left out.

use super::commissions::Sender;
use super::process::Process;
use super::sabotage::Sabotage;
use super::told::{Became, Said, Want};
use crate::owner_support::wishes::another_command;
use ledger_api::http::command::{DEADLINE_MS, NOT_AFTER_MS, Recent};
use ledger_api::http::commands::body::ASKED_WITHIN;
use ledger_api::http::commands::doubt::Doubt;
use ledger_api::http::search::{Next, PAUSE, Passed, Search};
use ledger_api::ledger::{Answer, Submission, Unavailable};
use ledger_api::owner::{Call, CallId, Found, Query, ReplyId};
use ledger_domain::ids::MerchantId;
use ledger_domain::settlement::Delivery;
use std::collections::HashMap;
use std::rc::Rc;

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// An attempt to get what is wanted.
    For(usize),
    /// A question what became of it.
    About(usize),
}

/// A request as one process has it.
#[derive(Clone, Debug)]
pub struct Request {
    pub asks: Asks,
    pub want: Rc<Want>,
    /// When the first process received it, Unix ms.
    pub received_ms: i64,
    /// The passing it came with, where another process sent it.
    pub passing: Option<u64>,
    /// A sabotage: sent again so many times, as another command.
    pub again: u64,
}

/// Who waits for one reply of an owner.
pub enum Waiting {
    /// A request whose key is not known yet.
    Admission(Request),
    Command(Request),
    /// A question about a command, and whether that was received here lately when the question was put.
    About(Request, bool),
    Read(usize),
}

/// Why something was sent to another process.
pub enum Sent {
    Command(Search),
    About(Doubt),
}

/// What a process gives to the world.
pub enum Emit {
    Tell(Asks, Said),
    Pass {
        search: u64,
        to: String,
        within_ms: i64,
        request: Request,
    },
    Reply(u64, Passed<Said>),
    Found(usize, Result<Found, Unavailable>),
    Call(usize, CallId, Call),
    /// A commission for a process.
    Bring {
        from: Sender,
        to: String,
        delivery: Delivery,
    },
    /// What became of one.
    Brought(Sender, Option<String>),
}

/// What one process's HTTP remembers.
pub struct Http {
    next: u64,
    pub recent: Recent,
    waiting: HashMap<ReplyId, Waiting>,
    searches: HashMap<u64, (Request, Sent)>,
    /// Searches that go on after a pause, with the time.
    paused: Vec<(i64, u64)>,
    pub out: Vec<Emit>,
}

impl Http {
    pub fn new(now_ms: i64) -> Self {
        let (waiting, searches) = (HashMap::new(), HashMap::new());
        Self { next: 0, recent: Recent::new(now_ms), waiting, searches, paused: Vec::new(), out: Vec::new() }
    }

    fn name(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Something is sent to another process; what comes back is told under this number.
    pub fn sends(&mut self, request: Request, sent: Sent) -> u64 {
        let id = self.name();
        self.searches.insert(id, (request, sent));
        id
    }

    /// The doubt behind a number.
    pub fn doubt_of(&self, id: u64) -> Option<&Doubt> {
        match &self.searches.get(&id)?.1 {
            Sent::About(doubt) => Some(doubt),
            Sent::Command(_) => None,
        }
    }

    /// Nothing more is sent for it.
    pub fn ends(&mut self, id: u64) -> Option<Request> {
        self.searches.remove(&id).map(|(request, _)| request)
    }

    pub fn wait(&mut self, waiting: Waiting) -> ReplyId {
        let reply = self.name();
        self.waiting.insert(reply, waiting);
        reply
    }

    pub fn tell(&mut self, request: &Request, said: Said) {
        self.out.push(match request.passing {
            None => Emit::Tell(request.asks, said),
            Some(passing) => Emit::Reply(passing, Passed::Reply(said)),
        });
    }

    /// Nobody waits for anything.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.searches.is_empty()
    }
}

impl Process {
    /// A request arrives, from a client or from another process.
    pub fn receive(&mut self, request: Request, now_ms: i64) {
        if self.knows(&request) {
            return self.handle(request, now_ms);
        }
        if self.sabotage == Some(Sabotage::KeyRefusedAtOnce) {
            return self.http.tell(&request, Said::KeyUnknown);
        }
        let reply = self.http.wait(Waiting::Admission(request));
        if let Some(why) = self.partitions.ask(0, reply, Query::Nothing, now_ms) {
            self.found(reply, Err(why), now_ms);
        }
    }

    /// Somebody wants to read.
    pub fn read(&mut self, read: usize, query: Query, merchant: MerchantId, now_ms: i64) {
        let reply = self.http.wait(Waiting::Read(read));
        let why = match self.partitions.place_of(merchant) {
            Some(place) => self.partitions.ask(place, reply, query, now_ms),
            None => Some(Unavailable { why: "not open here".to_owned(), retry_after_s: 1 }),
        };
        if let Some(why) = why {
            self.found(reply, Err(why), now_ms);
        }
    }

    fn knows(&self, request: &Request) -> bool {
        // Where nothing is read of the directory, keys would be refused before anything else went wrong.
        self.sabotage == Some(Sabotage::DirectoryUnread)
            || self.published.caller(&request.want.caller).is_some()
    }

    fn handle(&mut self, request: Request, now_ms: i64) {
        match request.asks {
            Asks::For(attempt) => self.submit(request, attempt, now_ms),
            Asks::About(_) => self.look_up(request, now_ms),
        }
    }

    fn submit(&mut self, request: Request, attempt: usize, now_ms: i64) {
        let submission = self.submission(&request, attempt, now_ms);
        self.http.recent.received(submission.command_id, request.received_ms);
        let reply = self.http.wait(Waiting::Command(request));
        if let Some(answer) = self.partitions.submit(reply, submission, now_ms) {
            self.answered(reply, answer, now_ms);
        }
    }

    fn submission(&mut self, request: &Request, attempt: usize, now_ms: i64) -> Submission {
        self.fresh += 1;
        let passed_on = request.passing.is_some();
        let afresh = passed_on && self.sabotage == Some(Sabotage::FreshTime);
        let received_ms = if afresh { now_ms } else { request.received_ms };
        let mut submission = request.want.wish.submission(self.fresh, received_ms);
        submission.not_after_ms = received_ms + NOT_AFTER_MS;
        submission.deadline_ms = received_ms + DEADLINE_MS;
        submission.request_id = format!("req-{attempt}");
        if request.again > 0 {
            submission.command_id = another_command(&request.want.wish, request.again);
        }
        submission
    }

    /// An owner has answered a command.
    pub fn answered(&mut self, reply: ReplyId, answer: Answer, now_ms: i64) {
        let Some(Waiting::Command(request)) = self.http.waiting.remove(&reply) else { return };
        let Answer::Elsewhere { to } = answer else {
            return self.http.tell(&request, Said::Answer(answer));
        };
        let passed_on = request.passing.is_some() && self.sabotage != Some(Sabotage::PassedOnFurther);
        let me = &self.partitions.me.address;
        match (Search::begin(me, to.as_deref(), request.received_ms, passed_on), request.passing) {
            (Some(search), _) => {
                let id = self.http.sends(request, Sent::Command(search));
                self.pass(id, now_ms);
            }
            (None, Some(passing)) => self.http.out.push(Emit::Reply(passing, Passed::Elsewhere(to))),
            (None, None) => unreachable!("only what was passed on is not searched for"),
        }
    }

    /// An owner has answered a question.
    pub fn found(&mut self, reply: ReplyId, found: Result<Found, Unavailable>, now_ms: i64) {
        match self.http.waiting.remove(&reply) {
            Some(Waiting::Read(read)) => self.http.out.push(Emit::Found(read, found)),
            Some(Waiting::Admission(request)) => match found {
                Ok(_) if self.knows(&request) => self.handle(request, now_ms),
                Ok(_) => self.http.tell(&request, Said::KeyUnknown),
                Err(_) => self.http.tell(&request, Said::NotRead),
            },
            Some(Waiting::About(request, may_still_arrive)) => {
                self.looked_up(request, may_still_arrive, found, now_ms);
            }
            Some(Waiting::Command(_)) | None => {}
        }
    }

    pub(super) fn pass(&mut self, search: u64, now_ms: i64) {
        let Some((request, sent)) = self.http.searches.get(&search) else { return };
        let (to, within) = match sent {
            Sent::Command(search) => (search.to().to_owned(), search.within(now_ms)),
            Sent::About(doubt) => (doubt.whom_to_ask().unwrap_or_default().to_owned(), ASKED_WITHIN),
        };
        let within_ms = i64::try_from(within.as_millis()).unwrap();
        self.http.out.push(Emit::Pass { search, to, within_ms, request: request.clone() });
    }

    /// Something came of what was passed on.
    pub fn passed(&mut self, id: u64, mut passed: Passed<Said>, now_ms: i64) {
        let Some((request, sent)) = self.http.searches.get_mut(&id) else { return };
        let search = match sent {
            Sent::Command(search) => search,
            Sent::About(doubt) => {
                doubt.learn(&passed.map(|said| said == Said::Became(Became::NothingEver)));
                return self.doubt(id, now_ms);
            }
        };
        if matches!(passed, Passed::Uncertain) && self.sabotage == Some(Sabotage::PassedOnTwice) {
            request.again += 1;
            passed = Passed::NotReached;
        }
        let not_ready = || Answer::NotReady { why: "nobody leads".to_owned(), retry_after_s: 1 };
        let said = match search.learn(passed, now_ms) {
            Next::Tell(said) => said,
            Next::TellUnknown if self.sabotage == Some(Sabotage::UncertainIsFailed) => {
                Said::Answer(not_ready())
            }
            Next::TellUnknown => Said::Answer(Answer::Unknown),
            Next::TellNotReady => Said::Answer(not_ready()),
            Next::Again => {
                let at_ms = now_ms + i64::try_from(PAUSE.as_millis()).unwrap();
                return self.http.paused.push((at_ms, id));
            }
        };
        if let Some(request) = self.http.ends(id) {
            self.http.tell(&request, said);
        }
    }

    /// Goes on with the searches whose pause is over.
    pub fn search_on(&mut self, now_ms: i64) {
        let due: Vec<u64> = {
            let paused = &mut self.http.paused;
            paused.extract_if(.., |(at_ms, _)| *at_ms <= now_ms).map(|(_, id)| id).collect()
        };
        due.into_iter().for_each(|id| self.pass(id, now_ms));
    }
}
