//! What a list shows of attempts and cancels that did not simply succeed.

use crate::support::Fixture;
use crate::support::scenario::{MONDAY_MS, Shop, Story};
use ledger_domain::payment::{NotAttemptedCause, PaymentCommand, UnknownCause};

/// Status, result, requested amount, amount that moved, failure code: of the payment's rows, approval first.
fn rows(story: &Story) -> Vec<(String, String, i64, i64, Option<String>)> {
    let fixture = Fixture::new(1);
    story.append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();
    fixture
        .db
        .rows("SELECT status, result, requested_amount, amount, failure_code FROM transactions ORDER BY kind")
}

fn row(
    status: &str,
    result: &str,
    requested: i64,
    amount: i64,
    code: Option<&str>,
) -> (String, String, i64, i64, Option<String>) {
    (status.to_owned(), result.to_owned(), requested, amount, code.map(str::to_owned))
}

fn unknown(minor: i64) -> Story {
    let cause = UnknownCause::Timeout;
    Shop::new().request("a", minor, MONDAY_MS).then(&PaymentCommand::RecordUnknown(cause))
}

#[test]
fn a_request_without_an_answer_yet_is_in_progress() {
    let story = Shop::new().request("a", 7_000, MONDAY_MS);
    assert_eq!(rows(&story), vec![row("IN_PROGRESS", "PENDING", 7_000, 0, None)]);
}

#[test]
fn a_declined_attempt_shows_why_and_moves_nothing() {
    let story = Shop::new().request("a", 7_000, MONDAY_MS).declined();
    assert_eq!(rows(&story), vec![row("ABORTED", "FAILED", 7_000, 0, Some("51"))]);
}

#[test]
fn an_attempt_that_was_never_sent_is_aborted() {
    let cause = NotAttemptedCause::Unreachable;
    let story = Shop::new().request("a", 7_000, MONDAY_MS).then(&PaymentCommand::RecordNotAttempted(cause));
    assert_eq!(rows(&story), vec![row("ABORTED", "FAILED", 7_000, 0, Some("NOT_ATTEMPTED"))]);
}

#[test]
fn an_unknown_attempt_is_unknown_until_it_is_found_out() {
    assert_eq!(rows(&unknown(7_000)), vec![row("UNKNOWN", "UNKNOWN", 7_000, 0, None)]);
    assert_eq!(rows(&unknown(7_000).approved()), vec![row("DONE", "DONE", 7_000, 7_000, None)]);
}

#[test]
fn a_net_cancel_moves_nothing() {
    let asked = unknown(7_000).then(&PaymentCommand::RequestNetCancel);
    let story = asked.then(&PaymentCommand::RecordNetCancel { had_approval: true });
    assert_eq!(rows(&story), vec![row("CANCELED", "NET_CANCELED", 7_000, 0, None)]);
}

#[test]
fn a_merchants_cancel_of_an_unknown_payment_is_seen_on_its_attempt() {
    let (story, _) = unknown(7_000).ask_cancel(None);
    assert_eq!(rows(&story), vec![row("UNKNOWN", "UNKNOWN", 7_000, 0, None)]);
}

#[test]
fn a_declined_cancel_leaves_the_payment_as_it_was() {
    let (story, cancel_id) = Shop::new().paid("a", 7_000, MONDAY_MS).ask_cancel(Some(2_000));
    let decline =
        PaymentCommand::RecordCancelDecline { cancel_id, code: "C1".to_owned(), message: "no".to_owned() };
    let expected = vec![row("DONE", "DONE", 7_000, 7_000, None), row("DONE", "FAILED", 2_000, 0, Some("C1"))];
    assert_eq!(rows(&story.then(&decline)), expected);
}

#[test]
fn an_unanswered_cancel_is_unknown_and_moves_nothing() {
    let (story, cancel_id) = Shop::new().paid("a", 7_000, MONDAY_MS).ask_cancel(Some(2_000));
    let silence = PaymentCommand::RecordCancelUnknown { cancel_id, cause: UnknownCause::Timeout };
    let expected = vec![row("DONE", "DONE", 7_000, 7_000, None), row("DONE", "UNKNOWN", 2_000, 0, None)];
    assert_eq!(rows(&story.then(&silence)), expected);
}

#[test]
fn a_cancel_continues_rows_that_an_earlier_batch_wrote() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    let paid = Shop::new().paid("a", 7_000, MONDAY_MS);
    paid.append(&fixture.ledger, &at);
    fixture.project();
    let (asked, cancel_id) = paid.clone().ask_cancel(Some(2_000));
    fixture.ledger.append(&at, asked.records().split_off(2));
    fixture.project();
    fixture.ledger.append(&at, asked.cancel_done(cancel_id).records().split_off(3));
    fixture.project();
    let rows: Vec<(String, String, i64, i64, String)> =
        fixture.db.rows("SELECT kind, status, amount, balance, order_id FROM transactions ORDER BY kind");
    let row = |kind: &str, status: &str, amount, balance| {
        (kind.to_owned(), status.to_owned(), amount, balance, "a".to_owned())
    };
    assert_eq!(
        rows,
        vec![row("APPROVAL", "DONE", 7_000, 5_000), row("CANCEL", "PARTIAL_CANCELED", -2_000, 5_000)]
    );
}
