//! A small directory with keys of every scope, a ledger double that answers what it is told, and one way to send.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use base64::Engine;
use futures::future::BoxFuture;
use ledger_api::access::{Authenticator, Scope};
use ledger_api::http::app::{App, WritePath};
use ledger_api::http::command::Recent;
use ledger_api::http::server::{Extras, with_layers};
use ledger_api::http::under_way::UnderWay;
use ledger_api::keys::{KeyStore, KeyStoreError, KeyVault, MasterKey};
use ledger_api::ledger::{
    Answer, CommandScope, CommandView, OrderView, PartitionReadiness, PaymentAt, Readiness, Submission,
    Unavailable,
};
use ledger_domain::contract::{AcquirerRoute, ContractTerms, FeeReturn, FeeRule, Method as PayBy};
use ledger_domain::days::Moment;
use ledger_domain::directory::{
    AcquirerRegistered, AgencyRegistered, BranchRegistered, CardKeyIssued, ContractSet, Digest, Directory,
    DirectoryEvent, KeyIssued, MerchantRegistered, PartitionOpened, PartitionRef, replay,
};
use ledger_domain::ids::{
    AgencyId, BranchId, CardKeyId, CommandId, ContractId, KeyId, MerchantId, PaymentId,
};
use ledger_domain::lines::{Node, VatMode};
use ledger_domain::money::{Amount, Rounding};
use ledger_domain::vat::TaxType;
use ledger_log::Mode;
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Now, in these tests: 2026-11-23T10:00:00Z.
pub const NOW_MS: i64 = 1_795_428_000_000;
pub const NOW: &str = "2026-11-23T10:00:00Z";
pub const OPERATOR: &str = "test_op_operatoroperatoroperatoroperator000";
pub const AGENCY: &str = "test_agn_agencyagencyagencyagencyagency0000";
pub const BRANCH: &str = "test_brn_branchbranchbranchbranchbranch0000";
pub const MERCHANT: &str = "test_mer_merchantmerchantmerchantmerchant000";
pub const OTHER_AGENCY: &str = "test_agn_otheragencyotheragencyotheragency0";
pub const OTHER_BRANCH: &str = "test_brn_otherbranchotherbranchotherbranch0";
pub const OTHER_MERCHANT: &str = "test_mer_othermerchantothermerchantother00";
pub const CARD_KEY: [u8; 32] = [0x42; 32];

pub fn uuid(number: u8) -> Uuid {
    Uuid::from_bytes([number; 16])
}

pub fn agency(number: u8) -> AgencyId {
    AgencyId::new(uuid(0xa0 + number))
}

pub fn branch(number: u8) -> BranchId {
    BranchId::new(uuid(0xb0 + number))
}

pub fn merchant(number: u8) -> MerchantId {
    MerchantId::new(uuid(number))
}

pub fn card_key(number: u8) -> CardKeyId {
    CardKeyId::new(uuid(number))
}

type Reads = Result<CommandView, Unavailable>;

/// Answers what it was told, and keeps what it was given.
pub struct Double {
    pub directory: Arc<Directory>,
    pub answer: Mutex<Option<Answer>>,
    pub payment: Mutex<Option<PaymentAt>>,
    pub command: Mutex<Option<Reads>>,
    pub ready: Mutex<bool>,
    pub room: Mutex<bool>,
    pub submitted: Mutex<Vec<Submission>>,
    /// What happens while somebody waits for the directory.
    pub while_reading: Mutex<Option<Box<dyn Fn() + Send>>>,
}

impl WritePath for Double {
    fn submit(&self, submission: Submission) -> BoxFuture<'_, Answer> {
        self.submitted.lock().unwrap().push(submission);
        let answer = self.answer.lock().unwrap().clone();
        Box::pin(async move { answer.expect("the test says what the ledger answers") })
    }

    fn payment(
        &self,
        id: PaymentId,
        merchant: MerchantId,
    ) -> BoxFuture<'_, Result<Option<PaymentAt>, Unavailable>> {
        let found = self.payment.lock().unwrap().clone();
        let own = move |at: &PaymentAt| at.view.payment_id == id && at.view.merchant_id == merchant;
        Box::pin(async move { Ok(found.filter(own)) })
    }

    fn has_room(&self, _: Option<MerchantId>) -> bool {
        *self.room.lock().unwrap()
    }

    fn payment_by_order(
        &self,
        merchant: MerchantId,
        order_id: String,
    ) -> BoxFuture<'_, Result<Option<OrderView>, Unavailable>> {
        let found = self.payment.lock().unwrap().clone();
        let own = move |at: &PaymentAt| at.view.order_id == order_id && at.view.merchant_id == merchant;
        let order = found.filter(own).map(|at| OrderView { live: Some(at.clone()), attempts: vec![at] });
        Box::pin(async move { Ok(order) })
    }

    fn command(&self, _: CommandId, _: CommandScope) -> BoxFuture<'_, Reads> {
        let view = self.command.lock().unwrap().clone();
        Box::pin(async move { view.unwrap_or(Ok(CommandView::NothingRecorded)) })
    }

    fn directory_is_current(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        if let Some(happens) = &*self.while_reading.lock().unwrap() {
            happens();
        }
        Box::pin(async { Ok(()) })
    }

    fn peers(&self) -> Arc<[String]> {
        Arc::default()
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory)
    }

    fn readiness(&self) -> Readiness {
        let ready = *self.ready.lock().unwrap();
        let at = PartitionReadiness {
            partition: "ledger.payments/0".to_owned(),
            ready,
            state: if ready { "leading" } else { "catching up" }.to_owned(),
            seq: 7,
        };
        Readiness { ledger_id: Some("0199".to_owned()), partitions: vec![at], problems: Vec::new() }
    }
}

#[derive(Clone, Default)]
pub struct MemoryKeys(pub Arc<Mutex<HashMap<String, Vec<u8>>>>);

impl KeyStore for MemoryKeys {
    fn put(&self, key_id: &str, record: &[u8]) -> Result<(), KeyStoreError> {
        self.0.lock().unwrap().insert(key_id.to_owned(), record.to_vec());
        Ok(())
    }

    fn load_all(&self) -> Result<HashMap<String, Vec<u8>>, KeyStoreError> {
        Ok(self.0.lock().unwrap().clone())
    }
}

/// The application under test.
pub struct World {
    pub app: Data<App>,
    pub ledger: Arc<Double>,
    pub keys: MemoryKeys,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

impl Reply {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn param(&self) -> &str {
        self.body["param"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl World {
    pub fn new() -> Self {
        Self::of_mode(Mode::Test)
    }

    pub fn of_mode(mode: Mode) -> Self {
        let keys = MemoryKeys::default();
        let vault = KeyVault::open(master_key(), Box::new(keys.clone())).unwrap();
        let pepper = vault.ensure_pepper().unwrap();
        vault.put(&card_key(1).to_string(), Zeroizing::new(CARD_KEY.to_vec())).unwrap();
        let directory = directory(|key| pepper.hash_of_api_key(key));
        let ledger = Arc::new(Double {
            directory: Arc::new(directory),
            answer: Mutex::default(),
            payment: Mutex::default(),
            command: Mutex::default(),
            ready: Mutex::new(true),
            room: Mutex::new(true),
            submitted: Mutex::default(),
            while_reading: Mutex::default(),
        });
        let app = App {
            ledger: ledger.clone(),
            authenticator: Authenticator::new(mode, pepper),
            vault: Arc::new(vault),
            under_way: UnderWay::default(),
            peers: None,
            snapshots: None,
            // Born long ago: it knows everything that was received lately.
            recent: Recent::new(NOW_MS - 3_600_000),
            clock: Arc::new(|| NOW_MS),
            metrics: Arc::new(|| "up 1\n".to_owned()),
        };
        Self { app: Data::new(app), ledger, keys }
    }

    pub fn answers(self, answer: Answer) -> Self {
        *self.ledger.answer.lock().unwrap() = Some(answer);
        self
    }

    pub async fn send(&self, request: TestRequest) -> Reply {
        let service = init_service(with_layers(self.app.clone(), no_extras())).await;
        let response = call_service(&service, request.to_request()).await;
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let body = read_body(response).await;
        Reply { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    pub async fn get(&self, path: &str, key: &str) -> Reply {
        self.send(with_key(TestRequest::get().uri(path), key)).await
    }

    pub async fn patch(&self, path: &str, key: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.send(command(path, key).method(Method::PATCH).set_payload(body.into())).await
    }

    pub async fn post(&self, path: &str, key: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.send(command(path, key).set_payload(body.into())).await
    }
}

pub fn no_extras() -> Extras {
    Arc::new(|_| {})
}

pub fn with_key(request: TestRequest, key: &str) -> TestRequest {
    request.insert_header(("Authorization", format!("Bearer {key}")))
}

/// A command with everything but its body.
pub fn command(path: &str, key: &str) -> TestRequest {
    with_key(TestRequest::default().method(Method::POST).uri(path), key)
        .insert_header(("Idempotency-Key", "key-1"))
        .insert_header(("Content-Type", "application/json"))
}

fn master_key() -> MasterKey {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::temp_dir().join(format!("ledger-http-master-{}", Uuid::new_v4()));
    std::fs::write(&path, base64::engine::general_purpose::STANDARD.encode([7; 32])).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let key = MasterKey::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    key
}

pub fn terms() -> ContractTerms {
    ContractTerms {
        fees: vec![FeeRule {
            method: PayBy::Card,
            rate: "0.03".parse().unwrap(),
            fixed: Amount::ZERO,
            min: None,
            max: None,
            vat_mode: VatMode::Excluded,
            rounding: Rounding::Nearest,
        }],
        commissions: Vec::new(),
        settlement_cycle_days: 2,
        acquirer: AcquirerRoute { id: "sandbox".parse().unwrap(), cost_rate: "0.02".parse().unwrap() },
        minimum_amount: Amount::new(100).unwrap(),
        fee_return: FeeReturn::Yes,
        settlement_cycle: None,
        reserve: None,
        minimum_pay_out: None,
    }
}

/// Two trees, agency 1 … merchant 1 and agency 2 … merchant 2, a card key for each merchant, and a key for everybody.
fn directory(hash: impl Fn(&str) -> Digest) -> Directory {
    let at = Moment::from_ms(NOW_MS - 86_400_000);
    let partition = PartitionRef { topic: "ledger.payments".to_owned(), partition: 0 };
    let mut events = vec![
        DirectoryEvent::PartitionOpened(PartitionOpened {
            at,
            partition: partition.clone(),
            genesis_hash: Digest([1; 32]),
        }),
        DirectoryEvent::AcquirerRegistered(AcquirerRegistered {
            at,
            acquirer: "sandbox".parse().unwrap(),
            tombstones: true,
        }),
    ];
    for number in [1, 2] {
        let (name, partition) = (format!("number {number}"), partition.clone());
        let (agency_id, branch_id, merchant_id) = (agency(number), branch(number), merchant(number));
        events.extend([
            DirectoryEvent::AgencyRegistered(AgencyRegistered {
                at,
                agency_id,
                name: name.clone(),
                partition: partition.clone(),
            }),
            DirectoryEvent::BranchRegistered(BranchRegistered {
                at,
                branch_id,
                parent: Node::Agency(agency_id),
                name: name.clone(),
                partition: partition.clone(),
            }),
            DirectoryEvent::MerchantRegistered(MerchantRegistered {
                at,
                merchant_id,
                branch_id,
                name,
                tax_type: TaxType::Mixed,
                partition,
            }),
            DirectoryEvent::ContractSet(ContractSet {
                at,
                merchant_id,
                contract_id: ContractId::new(uuid(number)),
                version: 1,
                effective_from: at,
                terms: terms(),
            }),
            DirectoryEvent::CardKeyIssued(CardKeyIssued { at, card_key_id: card_key(number), merchant_id }),
        ]);
    }
    let keys = [
        (OPERATOR, Scope::Operator),
        (AGENCY, Scope::Node(Node::Agency(agency(1)))),
        (BRANCH, Scope::Node(Node::Branch(branch(1)))),
        (MERCHANT, Scope::Merchant(merchant(1))),
        (OTHER_AGENCY, Scope::Node(Node::Agency(agency(2)))),
        (OTHER_BRANCH, Scope::Node(Node::Branch(branch(2)))),
        (OTHER_MERCHANT, Scope::Merchant(merchant(2))),
    ];
    for (number, (key, scope)) in (1..).zip(keys) {
        let key_id = KeyId::new(uuid(number));
        events.push(DirectoryEvent::KeyIssued(KeyIssued { at, key_id, scope, hash: hash(key) }));
    }
    replay(&events).unwrap()
}
