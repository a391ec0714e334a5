//! What happens on that day, fixed to the won: ordinary sales, declines by the sandbox's magic amounts, cancels, and two
//! answers that never came, one found approved and one undone by a net cancel (망취소).

use serde_json::{Value, json};

use super::Cast;
use crate::town::{Merchant, Order};

/// One payment and what follows.
#[derive(Clone, Debug)]
pub struct Act {
    /// What is asked for.
    pub order: Order,
    /// How the approval must end: a state, or an error's code.
    pub ends: &'static str,
    /// One after the other.
    pub cancels: Vec<Cancel>,
}

/// A cancel.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// All that is left when there is none.
    amount: Option<i64>,
    tax_free: Option<i64>,
    reason: &'static str,
    /// Whether the acquirer declines it.
    pub declined: bool,
}

impl Cancel {
    /// The request's body.
    pub fn body(&self) -> Value {
        let mut body = json!({ "cancelReason": self.reason });
        if let Some(amount) = self.amount {
            body["cancelAmount"] = json!(amount);
        }
        if let Some(tax_free) = self.tax_free {
            body["taxFreeAmount"] = json!(tax_free);
        }
        body
    }
}

/// What one merchant sells.
struct Shelf {
    word: &'static str,
    goods: [(&'static str, i64); 5],
    count: i64,
    /// The part without VAT, in hundredths of the price.
    tax_free_percent: i64,
}

const MOCHA: Shelf = Shelf {
    word: "mocha",
    goods: [
        ("아메리카노", 4_500),
        ("카페라테", 5_000),
        ("케이크", 7_800),
        ("원두 1kg", 32_000),
        ("단체 주문", 148_000),
    ],
    count: 90,
    tax_free_percent: 0,
};
const BOOKS: Shelf = Shelf {
    word: "books",
    goods: [
        ("소설", 15_800),
        ("수험서", 32_000),
        ("문구", 6_400),
        ("만화 전집", 89_000),
        ("사무용품", 212_000),
    ],
    count: 60,
    tax_free_percent: 60,
};
const FISH: Shelf = Shelf {
    word: "fish",
    goods: [
        ("고등어", 12_000),
        ("광어", 38_000),
        ("대게", 96_000),
        ("선물 세트", 150_000),
        ("식당 납품", 640_000),
    ],
    count: 50,
    tax_free_percent: 100,
};

/// Everything, by merchant.
pub fn acts(cast: &Cast) -> [(&Merchant, Vec<Act>); 3] {
    let mut mocha = sales(&MOCHA);
    mocha.push(unknown("sbx-approve_drop-day-mocha-found", "DONE"));
    mocha.push(unknown("sbx-approve_dropbefore-day-mocha-undone", "PAYMENT_NET_CANCELED"));
    [(&cast.mocha, mocha), (&cast.books, sales(&BOOKS)), (&cast.fish, sales(&FISH))]
}

fn sales(shelf: &Shelf) -> Vec<Act> {
    (1..=shelf.count).map(|number| sale(shelf, number)).collect()
}

/// A pattern by number, so that a second run asks for the same.
fn sale(shelf: &Shelf, number: i64) -> Act {
    let at = usize::try_from(number).unwrap_or(0) % shelf.goods.len();
    let (name, price) = shelf.goods.get(at).copied().unwrap_or(("", 1_000));
    let declined = number % 13 == 0;
    // 44nn at the end is a decline: the sandbox's table of magic amounts.
    let amount =
        if declined { price / 10_000 * 10_000 + 14_401 + number % 5 } else { price * (1 + number % 3) };
    let tax_free = amount * shelf.tax_free_percent / 100;
    let mut order = Order::new(&format!("day-{}-{number:03}", shelf.word), amount);
    name.clone_into(&mut order.name);
    order.tax_free = (tax_free > 0).then_some(tax_free);
    order.installment_months = if amount >= 100_000 && number % 4 == 0 { 3 } else { 0 };
    let ends = if declined { "PAYMENT_DECLINED" } else { "DONE" };
    let cancels = if declined { Vec::new() } else { cancels(number, amount, tax_free) };
    Act { order, ends, cancels }
}

fn cancels(number: i64, amount: i64, tax_free: i64) -> Vec<Cancel> {
    let part = |of: i64| of / 2 / 10 * 10;
    let partly = |declined| Cancel {
        amount: Some(part(amount)),
        tax_free: (tax_free > 0).then_some(part(tax_free)),
        reason: "일부 환불",
        declined,
    };
    let rest = Cancel { amount: None, tax_free: None, reason: "고객 변심", declined: false };
    match number % 10 {
        3 => vec![rest],
        6 => vec![partly(false)],
        9 if number % 4 == 1 => vec![partly(false), rest],
        // A cancel of ….4601 won is declined (취소할 수 없는 결제).
        0 if amount > 14_601 => {
            let tax_free = (tax_free > 0).then_some(tax_free.min(14_601));
            vec![Cancel { amount: Some(14_601), tax_free, reason: "기간 지남", declined: true }]
        }
        _ => Vec::new(),
    }
}

fn unknown(order_id: &str, ends: &'static str) -> Act {
    let mut order = Order::new(order_id, 27_000);
    "응답 없는 결제".clone_into(&mut order.name);
    Act { order, ends, cancels: Vec::new() }
}
