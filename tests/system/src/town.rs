//! Who is in the ledger of a scenario: an agency, branches, merchants with their keys, registered through the public API
//! with fixed idempotency keys, so that registering twice gives the same ones.

use serde_json::{Value, json};

use crate::client::{Client, Reply};
use crate::envelope::{self, Bound, Card, CardKey, GOOD_CARD, now_ms};
use crate::failure::Done;

/// An operator who registers others.
pub struct Registrar {
    client: Client,
    prefix: String,
}

/// Anyone who has an id and an API key.
#[derive(Clone)]
pub struct Member {
    /// `agn_…`, `brn_…`
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The secret.
    pub api_key: String,
}

/// A merchant who can take payments.
#[derive(Clone)]
pub struct Merchant {
    /// `mer_…`
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The secret.
    pub api_key: String,
    /// For envelopes.
    pub card_key: CardKey,
    /// Who looks after it.
    pub branch_id: String,
    /// How far the clock is put forward in the system that it sells in, ms.
    pub clock_ahead_ms: i64,
}

/// A payment to ask for.
#[derive(Clone, Debug)]
pub struct Order {
    /// The merchant's own id.
    pub id: String,
    /// What is bought.
    pub name: String,
    /// Whole won.
    pub amount: i64,
    /// The part of it without VAT.
    pub tax_free: Option<i64>,
    /// 0 for paid at once.
    pub installment_months: u8,
    /// With what.
    pub card: Card,
}

impl Order {
    /// An ordinary one.
    pub fn new(id: &str, amount: i64) -> Order {
        let (id, name) = (id.to_owned(), "아메리카노 외".to_owned());
        Order { id, name, amount, tax_free: None, installment_months: 0, card: Card::number(GOOD_CARD) }
    }
}

impl Merchant {
    /// A caller with this merchant's key.
    pub fn client(&self, url: &str) -> Client {
        Client::new(url, &self.api_key)
    }

    /// A caller that knows several processes, and begins with the one of that number (counted around).
    pub fn client_among(&self, urls: &[String], first: usize) -> Client {
        let first = first.checked_rem(urls.len()).unwrap_or_default();
        Client::among(urls.iter().cycle().skip(first).take(urls.len()), &self.api_key)
    }

    /// The body of a key-in, sealed now.
    ///
    /// # Errors
    /// No randomness.
    pub fn key_in(&self, order: &Order, idempotency_key: &str) -> Done<Value> {
        let bound = Bound { merchant: &self.id, order_id: &order.id, idempotency_key };
        let card = envelope::seal(&self.card_key, &order.card, bound, now_ms() + self.clock_ahead_ms)?;
        let mut body = json!({
            "orderId": order.id, "orderName": order.name, "amount": order.amount, "currency": "KRW", "card": card,
        });
        if let Some(tax_free) = order.tax_free {
            body["taxFreeAmount"] = json!(tax_free);
        }
        if order.installment_months > 0 {
            body["installmentMonths"] = json!(order.installment_months);
        }
        Ok(body)
    }

    /// Pays; the idempotency key is the order's id.
    ///
    /// # Errors
    /// No answer came.
    pub async fn pay(&self, client: &mut Client, order: &Order) -> Done<Reply> {
        let body = self.key_in(order, &order.id)?;
        Ok(client.post(envelope::PATH, &order.id, &body).await?)
    }
}

/// Cancels a part, or all that is left.
///
/// # Errors
/// No answer came.
pub async fn cancel(client: &mut Client, payment: &str, key: &str, amount: Option<i64>) -> Done<Reply> {
    let mut body = json!({ "cancelReason": "고객 변심" });
    if let Some(amount) = amount {
        body["cancelAmount"] = json!(amount);
    }
    Ok(client.post(&format!("/v1/payments/{payment}/cancel"), key, &body).await?)
}

/// Changes a payment's metadata; an empty value removes its key.
///
/// # Errors
/// No answer came.
pub async fn note(client: &mut Client, payment: &str, key: &str, metadata: &Value) -> Done<Reply> {
    let body = json!({ "metadata": metadata }).to_string();
    let path = format!("/v1/payments/{payment}/metadata");
    let request = client.bytes("PATCH", &path, &[("Idempotency-Key", key)], body.as_bytes());
    Ok(client.exchange(&request).await?)
}

impl Registrar {
    /// With an operator's key; `prefix` begins every idempotency key.
    pub fn new(url: &str, operator_key: &str, prefix: &str) -> Registrar {
        Registrar { client: Client::new(url, operator_key), prefix: prefix.to_owned() }
    }

    /// A command of the operator.
    ///
    /// # Errors
    /// It is refused.
    pub async fn command(&mut self, path: &str, word: &str, body: &Value) -> Done<Reply> {
        let key = format!("{}/{word}", self.prefix);
        self.client.post(path, &key, body).await?.ok()
    }

    /// An agency (대리점).
    ///
    /// # Errors
    /// It is refused.
    pub async fn agency(&mut self, word: &str, name: &str) -> Done<Member> {
        let made = self.command("/v1/agencies", word, &json!({ "name": name })).await?;
        self.member(word, made.text("agencyId")?, name, "AGENCY").await
    }

    /// A branch (영업점) of an agency.
    ///
    /// # Errors
    /// It is refused.
    pub async fn branch(&mut self, word: &str, name: &str, agency: &Member) -> Done<Member> {
        let body = json!({ "agencyId": agency.id, "name": name });
        let made = self.command("/v1/branches", word, &body).await?;
        self.member(word, made.text("branchId")?, name, "BRANCH").await
    }

    async fn member(&mut self, word: &str, id: &str, name: &str, scope: &str) -> Done<Member> {
        let api_key = self.key(word, scope, id).await?;
        Ok(Member { id: id.to_owned(), name: name.to_owned(), api_key })
    }

    /// An API key.
    ///
    /// # Errors
    /// It is refused.
    pub async fn key(&mut self, word: &str, scope: &str, subject: &str) -> Done<String> {
        let body = json!({ "scope": scope, "subjectId": subject });
        let made = self.command("/v1/keys", &format!("{word}/key"), &body).await?;
        Ok(made.text("key")?.to_owned())
    }

    /// A merchant (가맹점) with its contract, its API key and its card key.
    ///
    /// # Errors
    /// It is refused.
    pub async fn merchant(
        &mut self,
        word: &str,
        name: &str,
        branch: &Member,
        tax_type: &str,
        terms: &Value,
    ) -> Done<Merchant> {
        let body = json!({ "branchId": branch.id, "name": name, "taxType": tax_type });
        let made = self.command("/v1/merchants", word, &body).await?;
        let id = made.text("merchantId")?.to_owned();
        self.command(&format!("/v1/merchants/{id}/contracts"), &format!("{word}/contract"), terms).await?;
        let api_key = self.key(word, "MERCHANT", &id).await?;
        let path = format!("/v1/merchants/{id}/card-keys");
        let card = self.command(&path, &format!("{word}/card-key"), &json!({})).await?;
        let card_key = CardKey::new(card.text("cardKeyId")?, card.text("key")?)?;
        Ok(Merchant {
            id,
            name: name.to_owned(),
            api_key,
            card_key,
            branch_id: branch.id.clone(),
            clock_ahead_ms: 0,
        })
    }
}

/// The terms of a contract, as text where money must not be a float.
pub struct Terms<'a> {
    /// Share of a sale, "0.03".
    pub fee: &'a str,
    /// INCLUDED | EXCLUDED | EXEMPT.
    pub fee_vat: &'a str,
    /// Won per transaction.
    pub fixed: i64,
    /// The branch's share.
    pub branch_rate: &'a str,
    /// The agency's share.
    pub agency_rate: &'a str,
    /// n of D+n.
    pub cycle_days: u8,
    /// The acquirer's share.
    pub cost: &'a str,
    /// The smallest payment.
    pub minimum: i64,
    /// YES | NO | SAME_DAY.
    pub fee_return: &'a str,
}

/// The body of a contract for a merchant of this branch.
pub fn contract(terms: &Terms<'_>, branch: &Member, agency: &Member) -> Value {
    let commission = |payee: &Member, rate: &str| json!({ "payee": payee.id, "rate": rate, "vatMode": "EXCLUDED", "rounding": "FLOOR" });
    json!({
        "fees": [{
            "method": "CARD", "rate": terms.fee, "fixed": terms.fixed, "vatMode": terms.fee_vat, "rounding": "FLOOR",
        }],
        "commissions": [commission(branch, terms.branch_rate), commission(agency, terms.agency_rate)],
        "settlementCycleDays": terms.cycle_days,
        "acquirer": { "id": "sandbox", "costRate": terms.cost },
        "minimumAmount": terms.minimum,
        "feeReturn": terms.fee_return,
    })
}
