//! The port against servers that accept and close, answer half, answer rubbish, or take their time.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use ledger_domain::card::CardCompanion;
use ledger_domain::ids::{MerchantId, PaymentId};
use ledger_domain::money::Currency;
use ledger_domain::payment::{NotAttemptedCause, UnknownCause};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::*;

const DIGITS: &str = "4111111111111111";

fn operation() -> OperationId {
    OperationId::new(Uuid::from_u128(7))
}

fn approval(send_before_ms: i64) -> ApproveOrder {
    let card = CardCompanion::parse(DIGITS, "30", "12", Some("900101"), Some("12")).unwrap();
    ApproveOrder {
        operation: operation(),
        payment: PaymentId::new(Uuid::from_u128(1)),
        merchant: MerchantId::new(Uuid::from_u128(2)),
        order_id: "order-1".into(),
        amount_minor: 10_000,
        currency: Currency::Krw,
        installment_months: 0,
        card,
        send_before_ms,
    }
}

fn cancellation(attempt: u32) -> CancelOrder {
    CancelOrder {
        operation: operation(),
        approve_operation: OperationId::new(Uuid::from_u128(8)),
        acquirer_transaction: "tx".into(),
        order_id: "order-1".into(),
        amount_minor: 500,
        currency: Currency::Krw,
        attempt,
        send_before_ms: 100,
    }
}

/// The port to one acquirer "a" at this URL, with short times and a clock that stands at 50.
fn port(url: &str) -> Acquirers {
    port_at(url, Arc::new(|| 50))
}

fn port_at(url: &str, clock: Clock) -> Acquirers {
    let text = format!("a={url},plain-http,connect-ms=1000,timeout-ms=300,inquiry-ms=300");
    Acquirers::new(AcquirerSettings::parse_list(&text).unwrap(), clock).unwrap()
}

/// A server that answers each whole request with these bytes and closes; counts connections and whole requests.
struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

async fn server(answer: &str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (accepted, read, answer) = (connections.clone(), requests.clone(), answer.to_owned());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            accepted.fetch_add(1, Ordering::SeqCst);
            while read_request(&mut stream).await {
                read.fetch_add(1, Ordering::SeqCst);
                if answer == "wait" {
                    std::future::pending::<()>().await;
                }
                let _ = stream.write_all(answer.as_bytes()).await;
                if !answer.contains("keep-alive") {
                    break;
                }
            }
        }
    });
    Server { url, connections, requests }
}

/// Reads one request with its body; false when the connection ended before.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return false,
        }
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
            return true;
        }
    }
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn approved(operation: &str) -> String {
    format!(
        r#"{{"operationId":"{operation}","outcome":"approved","transaction":"tx1","approveNo":"00001234",
        "approvedAtMs":99,"amount":10000,"cancelledAmount":0,"issuerCode":"41"}}"#
    )
}

/// Why there is no answer, where there is none.
fn unanswered(outcome: &ApproveOutcome) -> Option<UnknownCause> {
    match outcome {
        ApproveOutcome::Unknown { cause, .. } => Some(*cause),
        ApproveOutcome::Approved(_)
        | ApproveOutcome::Declined { .. }
        | ApproveOutcome::NotAttempted { .. } => None,
    }
}

/// What kept the order back, where something did.
fn kept_back(outcome: &ApproveOutcome) -> Option<NotAttemptedCause> {
    match outcome {
        ApproveOutcome::NotAttempted { cause, .. } => Some(*cause),
        ApproveOutcome::Approved(_) | ApproveOutcome::Declined { .. } | ApproveOutcome::Unknown { .. } => {
            None
        }
    }
}

#[tokio::test]
async fn a_well_formed_answer_about_this_operation_is_believed() {
    let server = server(&http("200 OK", &approved(&operation().to_string()))).await;
    let expected = Approval {
        acquirer_transaction: "tx1".into(),
        approve_no: "00001234".into(),
        approved_at_ms: 99,
        issuer_code: Some("41".into()),
    };
    assert_eq!(port(&server.url).approve("a", approval(100)).await, ApproveOutcome::Approved(expected));
}

#[tokio::test]
async fn a_refused_connection_and_a_name_nobody_knows_are_not_attempted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for url in [closed.as_str(), "http://no-such-acquirer.invalid"] {
        let outcome = port(url).approve("a", approval(100)).await;
        assert_eq!(kept_back(&outcome), Some(NotAttemptedCause::Unreachable), "{url}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_tls_handshake_that_fails_has_shown_nothing_and_is_not_attempted() {
    let server = server(&http("200 OK", &approved(&operation().to_string()))).await;
    let outcome = port(&server.url.replace("http://", "https://")).approve("a", approval(100)).await;
    assert_eq!(kept_back(&outcome), Some(NotAttemptedCause::Unreachable), "{outcome:?}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_acquirer_that_is_not_configured_is_not_attempted() {
    let outcome = port("http://127.0.0.1:1").approve("b", approval(100)).await;
    assert_eq!(kept_back(&outcome), Some(NotAttemptedCause::NotConfigured));
}

#[tokio::test]
async fn whatever_is_no_answer_after_the_request_was_read_is_unknown() {
    let own = approved(&operation().to_string());
    let long = format!("{{\"filler\":\"{}\"}}", "x".repeat(70_000));
    use UnknownCause::{ConnectionLost, Timeout, UnreadableAnswer};
    let cases = [
        ("closed without a byte", ConnectionLost, String::new()),
        ("not HTTP", ConnectionLost, "SSH-2.0-OpenSSH\r\n".into()),
        ("half a head", ConnectionLost, "HTTP/1.1 200 O".into()),
        (
            "half a body",
            ConnectionLost,
            "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"operationId\":\"op_".into(),
        ),
        ("rubbish", UnreadableAnswer, http("200 OK", "<html>")),
        ("an empty body", UnreadableAnswer, http("200 OK", "")),
        (
            "another operation",
            UnreadableAnswer,
            http("200 OK", &approved("op_00000000000000000000000000000008")),
        ),
        (
            "no operation",
            UnreadableAnswer,
            http("200 OK", r#"{"outcome":"declined","code":"X","message":""}"#),
        ),
        ("approved with a status of failure", UnreadableAnswer, http("500 Internal Server Error", &own)),
        ("another amount", UnreadableAnswer, http("200 OK", &own.replace("10000", "10001"))),
        ("an answer that is too long", UnreadableAnswer, http("200 OK", &long)),
        (
            "500 without a body that says something",
            UnreadableAnswer,
            http("500 Internal Server Error", "oops"),
        ),
        ("502 from a gateway", UnreadableAnswer, http("502 Bad Gateway", "<h1>Bad Gateway</h1>")),
        (
            "a redirect",
            UnreadableAnswer,
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".into(),
        ),
        ("no answer in time", Timeout, "wait".into()),
    ];
    for (name, cause, answer) in cases {
        let server = server(&answer).await;
        let outcome = port(&server.url).approve("a", approval(100)).await;
        assert_eq!(unanswered(&outcome), Some(cause), "{name}: {outcome:?}");
        assert_eq!(server.requests.load(Ordering::SeqCst), 1, "{name}: sent once, retried never");
    }
}

#[tokio::test]
async fn an_inquiry_that_gets_no_answer_is_unknown_and_not_found_is_not_a_decline() {
    let silent = server("wait").await;
    assert!(matches!(port(&silent.url).inquire("a", &operation()).await, Inquiry::Unknown { .. }));
    let body = format!(r#"{{"operationId":"{}","outcome":"notFound"}}"#, operation());
    let knows_nothing = server(&http("404 Not Found", &body)).await;
    assert_eq!(port(&knows_nothing.url).inquire("a", &operation()).await, Inquiry::NotFound);
    let no_such_path = server(&http("404 Not Found", "")).await;
    assert!(matches!(port(&no_such_path.url).inquire("a", &operation()).await, Inquiry::Unknown { .. }));
}

#[tokio::test]
async fn past_its_instant_an_order_is_not_sent_and_no_connection_is_made() {
    let server = server(&http("200 OK", &approved(&operation().to_string()))).await;
    let outcome = port(&server.url).approve("a", approval(49)).await;
    assert_eq!(kept_back(&outcome), Some(NotAttemptedCause::SendBeforePassed));
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_instant_that_passes_while_connecting_still_keeps_the_order_back() {
    let server = server(&http("200 OK", &approved(&operation().to_string()))).await;
    let asked = AtomicI64::new(0);
    // 0 at the first look, before connecting; 1000 at the second, when the connection asks for the body.
    let clock: Clock = Arc::new(move || asked.fetch_add(1_000, Ordering::SeqCst));
    let outcome = port_at(&server.url, clock).approve("a", approval(100)).await;
    assert_eq!(kept_back(&outcome), Some(NotAttemptedCause::SendBeforePassed), "{outcome:?}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 0, "no whole request arrived");
}

#[tokio::test]
async fn a_retry_that_could_not_be_sent_is_unknown_because_the_first_attempt_may_have_worked() {
    let port = port("http://127.0.0.1:1");
    assert!(matches!(port.cancel("a", cancellation(1)).await, CancelOutcome::NotAttempted { .. }));
    assert!(matches!(port.cancel("a", cancellation(2)).await, CancelOutcome::Unknown { .. }));
}

#[tokio::test]
async fn connections_are_used_again() {
    let body = format!(r#"{{"operationId":"{}","outcome":"notFound"}}"#, operation());
    let answer =
        http("404 Not Found", &body).replace("content-length", "connection: keep-alive\r\ncontent-length");
    let server = server(&answer).await;
    let port = port(&server.url);
    for _ in 0..5 {
        assert_eq!(port.inquire("a", &operation()).await, Inquiry::NotFound);
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn card_data_is_in_no_debug_text_and_in_no_outcome() {
    let shown = format!("{:?}", approval(100));
    assert!(!shown.contains("4111") && !shown.contains("900101"), "{shown}");
    let echo = format!("{{\"card\":\"{DIGITS}\"}}");
    let spelt = "4111-1111-1111-1111 4111 1111 1111 1111 4111111111111111";
    let decline =
        format!(r#"{{"operationId":"{}","outcome":"declined","code":"X","message":"{spelt}"}}"#, operation());
    for answer in [http("200 OK", &echo), http("402 Payment Required", &decline)] {
        let server = server(&answer).await;
        let outcome = format!("{:?}", port(&server.url).approve("a", approval(100)).await);
        assert!(!outcome.contains("1111"), "{outcome}");
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_the_port_usable() {
    let silent = server("wait").await;
    let port = port(&silent.url);
    let gone = tokio::time::timeout(Duration::from_millis(20), port.approve("a", approval(100))).await;
    assert!(gone.is_err());
    assert!(unanswered(&port.approve("a", approval(100)).await).is_some());
}
