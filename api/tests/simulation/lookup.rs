//! The question what became of a command, as one process answers it: from its own owner, and where nothing is recorded, only once
//! nobody can still bring it. Whether somebody can is the product's own [`Doubt`].

use super::http::{Request, Sent, Waiting};
use super::process::Process;
use super::sabotage::Sabotage;
use super::told::{Became, Said};
use ledger_api::http::commands::doubt::Doubt;
use ledger_api::ledger::{CommandScope, CommandView, Unavailable};
use ledger_api::owner::{Found, Query};
use std::time::{Duration, Instant};

impl Process {
    pub(super) fn look_up(&mut self, request: Request, now_ms: i64) {
        let (command, merchant) = (request.want.wish.command_id(), request.want.wish.merchant);
        let may_still_arrive = self.http.recent.may_still_arrive(command, now_ms);
        let reply = self.http.wait(Waiting::About(request, may_still_arrive));
        let query = Query::Command(command, CommandScope::Merchant(merchant));
        let why = match self.partitions.place_of(merchant) {
            Some(place) => self.partitions.ask(place, reply, query, now_ms),
            None => Some(Unavailable { why: "not open here".to_owned(), retry_after_s: 1 }),
        };
        if let Some(why) = why {
            self.found(reply, Err(why), now_ms);
        }
    }

    pub(super) fn looked_up(
        &mut self,
        request: Request,
        may_still_arrive: bool,
        found: Result<Found, Unavailable>,
        now_ms: i64,
    ) {
        let became = match found {
            Ok(Found::Command(CommandView::Done { position, .. })) => Became::Done(position),
            Ok(Found::Command(CommandView::Running { position, .. })) => Became::Running(position),
            Ok(Found::Command(CommandView::NothingRecorded)) => {
                let others = self.partitions.membership.lately(self.instant(now_ms));
                let asked_by_another = request.passing.is_some();
                let doubt = match self.sabotage {
                    Some(Sabotage::NeverInDoubt) => Doubt::begin(false, true, &[]),
                    Some(Sabotage::OthersNotAsked) => Doubt::begin(may_still_arrive, true, &others),
                    Some(
                        Sabotage::PassedOnTwice
                        | Sabotage::UncertainIsFailed
                        | Sabotage::PassedOnFurther
                        | Sabotage::FreshTime
                        | Sabotage::KeyRefusedAtOnce
                        | Sabotage::DirectoryUnread
                        | Sabotage::ConfirmedAtOnce,
                    )
                    | None => Doubt::begin(may_still_arrive, asked_by_another, &others),
                };
                let id = self.http.sends(request, Sent::About(doubt));
                return self.doubt(id, now_ms);
            }
            Ok(Found::Payment(_) | Found::Order(_) | Found::Nothing) | Err(_) => {
                return self.http.tell(&request, Said::NotRead);
            }
        };
        self.http.tell(&request, Said::Became(became));
    }

    /// Asks the next process, or says what is left to say.
    pub(super) fn doubt(&mut self, id: u64, now_ms: i64) {
        let Some(doubt) = self.http.doubt_of(id) else { return };
        if doubt.whom_to_ask().is_some() {
            return self.pass(id, now_ms);
        }
        let became = if doubt.remains() { Became::NotYetKnown } else { Became::NothingEver };
        if let Some(request) = self.http.ends(id) {
            self.http.tell(&request, Said::Became(became));
        }
    }

    /// The instant that belongs to what its clock says.
    pub fn instant(&self, now_ms: i64) -> Instant {
        let (begun, begun_ms) = self.common.begun;
        // Its clock may be a little behind the one by which the run began.
        begun + Duration::from_millis((now_ms - begun_ms + 10_000).unsigned_abs())
    }
}
