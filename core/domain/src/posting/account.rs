//! The chart of accounts of money.md 5.

use serde::Serialize;

/// Which side of an account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// Left.
    Debit,
    /// Right.
    Credit,
}

impl Side {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }
}

macro_rules! accounts {
    ($($name:ident $side:ident $title:literal;)+) => {
        /// An account of the chart.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
        pub enum Account {
            $(#[doc = $title] $name,)+
        }

        impl Account {
            /// The whole chart.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its code, `A10`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// What it is.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// The side on which it grows.
            pub const fn normal_side(self) -> Side {
                match self { $(Self::$name => Side::$side,)+ }
            }
        }
    };
}

accounts! {
    A10 Debit "acquirer receivable, net expected {acquirer}";
    A20 Debit "bank {account}";
    A21 Debit "external holding";
    A30 Debit "payee receivable {payee}";
    A40 Debit "input VAT";
    A90 Debit "reconciliation suspense {acquirer}";
    L10 Credit "payable, unclosed {merchant}";
    L11 Credit "payable, closed {payee}";
    L12 Credit "withheld {payee}";
    L13 Credit "reserve {payee}";
    L20 Credit "pay-out in transit {payee}";
    L30 Credit "commission accrued {payee, merchant}";
    L31 Credit "commission payable {payee}";
    L32 Credit "commission delivery clearing";
    L40 Credit "output VAT";
    L41 Credit "withholding tax";
    L50 Credit "refunds due to buyers";
    R10 Credit "fee income {fee type}";
    E10 Debit "acquirer fees";
    E20 Debit "commission expense";
    E30 Debit "losses";
}
