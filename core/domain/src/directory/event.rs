//! The immutable facts of the directory. Names are names of businesses, never of persons.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::contract::ContractTerms;
use crate::days::Moment;
use crate::event::event_enum;
use crate::ids::{AgencyId, BranchId, CardKeyId, ContractId, IdError, KeyId, MerchantId};
use crate::lines::{AcquirerId, Node};
use crate::money::Amount;
use crate::settlement::{PayeeTax, SettlementCycle};
use crate::text::text_serde;
use crate::vat::TaxType;

/// A SHA-256 or HMAC-SHA-256 value, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError { prefix: "(a digest: no prefix, twice)" };
        let nibble = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let text: &[u8; 64] = text.as_bytes().try_into().map_err(|_| error)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = nibble(pair[0]).zip(nibble(pair[1])).map(|(high, low)| high << 4 | low).ok_or(error)?;
        }
        Ok(Self(bytes))
    }
}

text_serde!(Digest);

/// Whom a key speaks for, and so what it may see. As text: `operator`, or the id of agency, branch or merchant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Everything.
    Operator,
    /// An agency or a branch, and all below it.
    Node(Node),
    /// One merchant.
    Merchant(MerchantId),
}

impl Scope {
    /// The scope word of an API key, `op | agn | brn | mer`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Operator => "op",
            Self::Node(Node::Agency(_)) => "agn",
            Self::Node(Node::Branch(_)) => "brn",
            Self::Merchant(_) => "mer",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Node(node) => node.fmt(f),
            Self::Merchant(id) => id.fmt(f),
        }
    }
}

impl FromStr for Scope {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match (text, text.starts_with(MerchantId::PREFIX)) {
            ("operator", _) => Ok(Self::Operator),
            (_, true) => text.parse().map(Self::Merchant),
            (_, false) => text.parse().map(Self::Node),
        }
    }
}

text_serde!(Scope);

/// A partition of a topic, as it was opened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitionRef {
    /// The topic's name.
    pub topic: String,
    /// Its number.
    pub partition: i32,
}

macro_rules! directory_event {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// When it was decided; the same as the record's event time.
            pub at: Moment,
            $($(#[$field_doc])* pub $field: $kind,)*
        }
    };
}

directory_event! {
    /// An agency (대리점) exists.
    AgencyRegistered {
        /// The agency.
        agency_id: AgencyId,
        /// Its business name.
        name: String,
        /// Where its stream as a payee lives, for ever.
        partition: PartitionRef,
    }
}

directory_event! {
    /// A branch (영업점) exists.
    BranchRegistered {
        /// The branch.
        branch_id: BranchId,
        /// What it hangs under.
        parent: Node,
        /// Its business name.
        name: String,
        /// Where its stream as a payee lives, for ever.
        partition: PartitionRef,
    }
}

directory_event! {
    /// A merchant (가맹점) exists.
    MerchantRegistered {
        /// The merchant.
        merchant_id: MerchantId,
        /// Who looks after it.
        branch_id: BranchId,
        /// Its business name.
        name: String,
        /// How its sales are taxed.
        tax_type: TaxType,
        /// Where its payments live, for ever.
        partition: PartitionRef,
    }
}

directory_event! {
    /// A version of a merchant's contract.
    ContractSet {
        /// Whose.
        merchant_id: MerchantId,
        /// The contract.
        contract_id: ContractId,
        /// 1, 2, 3 …
        version: u32,
        /// From when on.
        effective_from: Moment,
        /// On which terms.
        terms: ContractTerms,
    }
}

directory_event! {
    /// An API key exists; its secret was shown once and is stored nowhere.
    KeyIssued {
        /// The key.
        key_id: KeyId,
        /// Whom it speaks for.
        scope: Scope,
        /// HMAC-SHA-256 of the whole key under the pepper.
        hash: Digest,
    }
}

directory_event! {
    /// An API key is no longer valid.
    KeyRevoked {
        /// The key.
        key_id: KeyId,
    }
}

directory_event! {
    /// A key for card envelopes exists; the key itself lies wrapped in the key topic under this id.
    CardKeyIssued {
        /// The key.
        card_key_id: CardKeyId,
        /// Whose envelopes it opens.
        merchant_id: MerchantId,
    }
}

directory_event! {
    /// A partition may be used: its genesis was accepted.
    PartitionOpened {
        /// Which.
        partition: PartitionRef,
        /// The hash of its genesis record.
        genesis_hash: Digest,
    }
}

directory_event! {
    /// An acquirer can be routed to; registered again when what it promises changes.
    AcquirerRegistered {
        /// The acquirer.
        acquirer: AcquirerId,
        /// Whether it promises that a net cancel leaves a tombstone.
        tombstones: bool,
    }
}

directory_event! {
    /// How a branch or agency is paid out from a date on.
    NodeTermsSet {
        /// Who.
        node: Node,
        /// 1, 2, 3 …
        version: u32,
        /// From when on.
        effective_from: Moment,
        /// On which terms; of a merchant its contract says so.
        terms: NodeTerms,
    }
}

/// How a branch or agency is paid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeTerms {
    /// When.
    pub cycle: SettlementCycle,
    /// Less than this waits for more.
    pub minimum_pay_out: Amount,
    /// What is withheld.
    pub tax: PayeeTax,
}

event_enum! {
    /// An event of the directory.
    DirectoryEvent {
        /// See [`AgencyRegistered`].
        AgencyRegistered = "ledger.directory.agency-registered.v1",
        /// See [`BranchRegistered`].
        BranchRegistered = "ledger.directory.branch-registered.v1",
        /// See [`MerchantRegistered`].
        MerchantRegistered = "ledger.directory.merchant-registered.v1",
        /// See [`ContractSet`].
        ContractSet = "ledger.directory.contract-set.v1",
        /// See [`KeyIssued`].
        KeyIssued = "ledger.directory.key-issued.v1",
        /// See [`KeyRevoked`].
        KeyRevoked = "ledger.directory.key-revoked.v1",
        /// See [`CardKeyIssued`].
        CardKeyIssued = "ledger.directory.card-key-issued.v1",
        /// See [`PartitionOpened`].
        PartitionOpened = "ledger.directory.partition-opened.v1",
        /// See [`AcquirerRegistered`].
        AcquirerRegistered = "ledger.directory.acquirer-registered.v1",
        /// See [`NodeTermsSet`].
        NodeTermsSet = "ledger.directory.node-terms-set.v1",
    }
}

impl DirectoryEvent {
    /// What the event is about, as `ce_subject` carries it.
    pub fn subject(&self) -> String {
        match self {
            Self::AgencyRegistered(data) => data.agency_id.to_string(),
            Self::BranchRegistered(data) => data.branch_id.to_string(),
            Self::MerchantRegistered(data) => data.merchant_id.to_string(),
            Self::ContractSet(data) => data.merchant_id.to_string(),
            Self::KeyIssued(data) => data.key_id.to_string(),
            Self::KeyRevoked(data) => data.key_id.to_string(),
            Self::CardKeyIssued(data) => data.card_key_id.to_string(),
            Self::PartitionOpened(data) => format!("{}/{}", data.partition.topic, data.partition.partition),
            Self::AcquirerRegistered(data) => format!("acquirer/{}", data.acquirer),
            Self::NodeTermsSet(data) => data.node.to_string(),
        }
    }

    /// When it was decided.
    pub const fn at(&self) -> Moment {
        match self {
            Self::AgencyRegistered(data) => data.at,
            Self::BranchRegistered(data) => data.at,
            Self::MerchantRegistered(data) => data.at,
            Self::ContractSet(data) => data.at,
            Self::KeyIssued(data) => data.at,
            Self::KeyRevoked(data) => data.at,
            Self::CardKeyIssued(data) => data.at,
            Self::PartitionOpened(data) => data.at,
            Self::AcquirerRegistered(data) => data.at,
            Self::NodeTermsSet(data) => data.at,
        }
    }
}
