use ledger_domain::ids::OperationId;
use ledger_domain::money::Currency;
use uuid::Uuid;

use super::*;

fn op(number: u128) -> OperationId {
    OperationId::new(Uuid::from_u128(number))
}

fn cancel_order(attempt: u32) -> CancelOrder {
    CancelOrder {
        operation: op(1),
        approve_operation: op(2),
        acquirer_transaction: "tx".into(),
        order_id: "order".into(),
        amount_minor: 700,
        currency: Currency::Krw,
        attempt,
        send_before_ms: 0,
    }
}

fn net_cancel_order(attempt: u32) -> NetCancelOrder {
    NetCancelOrder {
        operation: op(1),
        approve_operation: op(2),
        order_id: "order".into(),
        amount_minor: 700,
        currency: Currency::Krw,
        attempt,
        send_before_ms: 0,
    }
}

fn net_cancelled(had_approved: bool, tombstone: bool) -> Sent {
    Sent::Said(Said::NetCancelled { had_approved, tombstone, at_ms: 5 })
}

fn error(code: &str) -> Sent {
    Sent::Said(Said::Error { code: code.into(), message: "m".into() })
}

#[test]
fn a_net_cancel_that_found_nothing_is_final_only_where_configuration_and_answer_promise_a_tombstone() {
    let outcome = |tombstones, sent| net_cancel(&net_cancel_order(1), tombstones, sent);
    let done = |had_approved| NetCancelOutcome::NetCancelled { had_approved, at_ms: 5 };
    assert_eq!(outcome(true, net_cancelled(false, true)), done(false));
    assert_eq!(outcome(false, net_cancelled(false, true)), NetCancelOutcome::NothingFound);
    assert_eq!(outcome(true, net_cancelled(false, false)), NetCancelOutcome::NothingFound);
    assert_eq!(outcome(false, net_cancelled(true, false)), done(true));
    assert_eq!(outcome(true, Sent::Said(Said::NothingFound)), NetCancelOutcome::NothingFound);
}

#[test]
fn an_inquiry_trusts_a_net_cancel_as_little_as_the_net_cancel_itself() {
    assert_eq!(inquire(true, net_cancelled(false, true)), Inquiry::NetCancelled { had_approved: false });
    assert_eq!(inquire(false, net_cancelled(false, true)), Inquiry::NotFound);
    assert_eq!(inquire(false, net_cancelled(true, false)), Inquiry::NetCancelled { had_approved: true });
}

#[test]
fn a_reused_operation_id_is_unknown_because_another_request_stands_under_it() {
    assert!(matches!(approve(700, error("OPERATION_REUSED")), ApproveOutcome::Unknown { .. }));
    assert!(matches!(cancel(&cancel_order(1), error("OPERATION_REUSED")), CancelOutcome::Unknown { .. }));
}

#[test]
fn a_request_the_acquirer_could_not_read_was_not_attempted_but_only_the_first_time() {
    assert!(matches!(approve(700, error("INVALID_REQUEST")), ApproveOutcome::NotAttempted { .. }));
    assert!(matches!(cancel(&cancel_order(1), error("INVALID_REQUEST")), CancelOutcome::NotAttempted { .. }));
    assert!(matches!(cancel(&cancel_order(2), error("INVALID_REQUEST")), CancelOutcome::Unknown { .. }));
}

#[test]
fn what_the_acquirer_recorded_as_not_attempted_is_final_for_a_retry_too() {
    let sent = Sent::Said(Said::NotAttempted { code: "MAINTENANCE".into(), message: "later".into() });
    let outcome = cancel(&cancel_order(3), sent);
    assert_eq!(outcome, CancelOutcome::NotAttempted { cause: REFUSED, why: "MAINTENANCE: later".into() });
}

#[test]
fn lost_is_unknown_everywhere_and_a_retry_not_sent_is_no_better() {
    let lost = || Sent::Lost(Lost { cause: UnknownCause::ConnectionLost, why: "reset".into() });
    let not_sent =
        || Sent::Withheld(Withheld { cause: NotAttemptedCause::SendBeforePassed, why: "too late".into() });
    let (cause, why) = (UnknownCause::ConnectionLost, "reset".to_owned());
    assert_eq!(approve(1, lost()), ApproveOutcome::Unknown { cause, why: why.clone() });
    assert_eq!(cancel(&cancel_order(1), lost()), CancelOutcome::Unknown { cause, why });
    let (cause, why) = (NotAttemptedCause::SendBeforePassed, "too late".to_owned());
    assert_eq!(approve(1, not_sent()), ApproveOutcome::NotAttempted { cause, why });
    assert!(matches!(net_cancel(&net_cancel_order(1), true, lost()), NetCancelOutcome::Unknown { .. }));
    assert!(matches!(inquire(true, lost()), Inquiry::Unknown { .. }));
    assert!(matches!(
        net_cancel(&net_cancel_order(1), true, not_sent()),
        NetCancelOutcome::NotAttempted { .. }
    ));
    assert!(matches!(net_cancel(&net_cancel_order(2), true, not_sent()), NetCancelOutcome::Unknown { .. }));
}

#[test]
fn an_answer_of_the_wrong_kind_is_unknown() {
    assert!(matches!(approve(1, net_cancelled(true, true)), ApproveOutcome::Unknown { .. }));
    assert!(matches!(approve(1, Sent::Said(Said::NotFound)), ApproveOutcome::Unknown { .. }));
    assert!(matches!(cancel(&cancel_order(1), Sent::Said(Said::InProgress)), CancelOutcome::Unknown { .. }));
    let other = Said::Cancelled { transaction: "c".into(), cancelled_at_ms: 1, amount: 701 };
    assert!(matches!(cancel(&cancel_order(1), Sent::Said(other)), CancelOutcome::Unknown { .. }));
}

#[test]
fn names_that_do_not_look_like_names_are_not_recorded() {
    let decline =
        |code: &str| approve(1, Sent::Said(Said::Declined { code: code.into(), message: String::new() }));
    assert!(matches!(decline("LIMIT"), ApproveOutcome::Declined { .. }));
    for code in ["", "two words", "줄", &"x".repeat(65)] {
        assert!(matches!(decline(code), ApproveOutcome::Unknown { .. }), "{code}");
    }
}

#[test]
fn a_strange_issuer_code_is_left_out_and_costs_no_approval() {
    let said = Said::Approved {
        transaction: "t".into(),
        approve_no: "1".into(),
        approved_at_ms: 1,
        amount: 1,
        issuer_code: Some("not a code".into()),
    };
    let ApproveOutcome::Approved(approval) = approve(1, Sent::Said(said)) else { panic!("not approved") };
    assert_eq!(approval.issuer_code, None);
}

#[test]
fn a_message_is_one_short_line_without_long_numbers() {
    assert_eq!(tidy("한도\n초과"), "한도초과");
    assert_eq!(tidy("card 4111.1111 1111-1111 refused"), "card ****.**** ****-**** refused");
    assert_eq!(tidy("call 02-1234-5678"), "call 02-1234-5678");
    assert_eq!(tidy(&"가".repeat(300)).chars().count(), 200);
}
