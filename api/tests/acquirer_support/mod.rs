//! A real sandbox acquirer process on a port and a file of its own, the port to it, and orders to send.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ledger_api::acquirers::*;
use ledger_domain::card::CardCompanion;
use ledger_domain::ids::{MerchantId, OperationId, PaymentId};
use ledger_domain::money::Currency;
use serde_json::Value;
use uuid::Uuid;

/// A card that is nothing special.
pub const CARD: &str = "4111111111111111";

/// Everything one test leaves behind is in here, and goes when it ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("sandbox-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self) -> PathBuf {
        self.0.join("sandbox.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running process; killed when dropped.
pub struct Sandbox {
    child: Child,
    pub url: String,
    http: reqwest::Client,
}

impl Sandbox {
    pub fn start(folder: &Folder, options: &[&str]) -> Sandbox {
        let mut child = Sandbox::command(folder, options).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("the line that says where").to_owned();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Sandbox { child, url, http }
    }

    pub fn command(folder: &Folder, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox-acquirer"));
        command.args(["--listen", "127.0.0.1:0", "--file"]).arg(folder.file()).args(options);
        command.env("LEDGER_LOG", "warn");
        command
    }

    /// `kill -9`, and gone when this returns.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The port to it; an answer takes 400 ms at most.
    pub fn port(&self) -> Acquirers {
        self.port_with("timeout-ms=400,inquiry-ms=400")
    }

    pub fn port_with(&self, options: &str) -> Acquirers {
        let settings = AcquirerSettings::parse_list(&format!("sandbox={},{options}", self.url)).unwrap();
        Acquirers::new(settings, Arc::new(now_ms)).unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn post(
        &self,
        path: &str,
        fault: Option<&str>,
        body: &Value,
    ) -> reqwest::Result<(u16, String)> {
        let mut request = self.http.post(format!("{}{path}", self.url)).json(body);
        if let Some(fault) = fault {
            request = request.header("sandbox-fault", fault);
        }
        let response = request.timeout(Duration::from_millis(400)).send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// What it remembers of one approve operation.
    pub async fn remembers(&self, operation: OperationId) -> Option<Value> {
        let page = self.get("/memory?limit=10000").await;
        let all = page["operations"].as_array().unwrap().clone();
        all.into_iter().find(|line| line["operationId"] == operation.to_string())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

pub fn new_operation() -> OperationId {
    OperationId::new(Uuid::now_v7())
}

/// An approval of a card that is nothing special.
pub fn approval(order_id: &str, amount_minor: i64) -> ApproveOrder {
    approval_of(CARD, order_id, amount_minor)
}

pub fn approval_of(card: &str, order_id: &str, amount_minor: i64) -> ApproveOrder {
    ApproveOrder {
        operation: new_operation(),
        payment: PaymentId::new(Uuid::now_v7()),
        merchant: MerchantId::new(Uuid::now_v7()),
        order_id: order_id.into(),
        amount_minor,
        currency: Currency::Krw,
        installment_months: 0,
        card: CardCompanion::parse(card, "99", "12", None, None).unwrap(),
        send_before_ms: now_ms() + 60_000,
    }
}

/// The same approval again, as a network might deliver it twice.
pub fn again(order: &ApproveOrder) -> ApproveOrder {
    let mut copy = approval(&order.order_id, order.amount_minor);
    (copy.operation, copy.payment, copy.merchant) = (order.operation, order.payment, order.merchant);
    copy
}

pub fn net_cancel_of(order: &ApproveOrder) -> NetCancelOrder {
    NetCancelOrder {
        operation: new_operation(),
        approve_operation: order.operation,
        order_id: order.order_id.clone(),
        amount_minor: order.amount_minor,
        currency: Currency::Krw,
        attempt: 1,
        send_before_ms: now_ms() + 60_000,
    }
}

pub fn cancel_of(
    order_id: &str,
    operation: OperationId,
    approval: &Approval,
    amount_minor: i64,
) -> CancelOrder {
    CancelOrder {
        operation: new_operation(),
        approve_operation: operation,
        acquirer_transaction: approval.acquirer_transaction.clone(),
        order_id: order_id.into(),
        amount_minor,
        currency: Currency::Krw,
        attempt: 1,
        send_before_ms: now_ms() + 60_000,
    }
}

/// Sends an approval that must go through.
pub async fn approved(port: &Acquirers, order: ApproveOrder) -> Approval {
    match port.approve("sandbox", order).await {
        ApproveOutcome::Approved(approval) => approval,
        other => panic!("not approved: {other:?}"),
    }
}

/// Asks until the answer is the one wanted, for ten seconds at most.
pub async fn inquire_until(
    port: &Acquirers,
    operation: OperationId,
    wanted: impl Fn(&Inquiry) -> bool,
) -> Inquiry {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let inquiry = port.inquire("sandbox", &operation).await;
        if wanted(&inquiry) || Instant::now() > deadline {
            return inquiry;
        }
    }
}
