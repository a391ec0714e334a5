//! The blows there are, how often each falls, and whom.

use std::time::Duration;

use serde_json::{Value, json};

/// A server that can be struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// An api, by its number.
    Api(usize),
    /// A projector.
    Projector(usize),
    /// A node of Kafka.
    Broker(usize),
    /// The tables.
    Mariadb,
    /// The other side.
    Acquirer,
}

impl Victim {
    /// Its kind, for the report.
    pub const fn kind(self) -> &'static str {
        match self {
            Victim::Api(_) => "api",
            Victim::Projector(_) => "projector",
            Victim::Broker(_) => "Kafka",
            Victim::Mariadb => "MariaDB",
            Victim::Acquirer => "acquirer",
        }
    }
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// kill -9, and a new process after this time.
    Kill(Victim, Duration),
    /// SIGSTOP, and SIGCONT after this time.
    Pause(Victim, Duration),
    /// SIGTERM, and a new process when it has ended.
    Restart(Victim),
    /// Every api and projector in turn, in order, each ready before the next.
    Roll,
    /// Every node of Kafka in turn, in order, each ready before the next.
    RollBrokers,
    /// All nodes of Kafka but this one are paused for a time: fewer replicas are in sync than a write needs.
    Shrink(usize, Duration),
    /// An api is killed and its store deleted.
    LoseStore(usize),
    /// An api is killed and bytes of its store are turned over.
    HarmStore(usize),
    /// The acquirer misbehaves in other ways from now on.
    Mislead,
}

impl Blow {
    /// For the report.
    pub fn name(self) -> String {
        match self {
            Blow::Kill(victim, _) => format!("kill -9 {}", victim.kind()),
            Blow::Pause(victim, _) => format!("pause {}", victim.kind()),
            Blow::Restart(victim) => format!("restart {}", victim.kind()),
            Blow::Roll => "rolling restart".to_owned(),
            Blow::RollBrokers => "rolling restart of Kafka".to_owned(),
            Blow::Shrink(..) => "pause all Kafka but one".to_owned(),
            Blow::LoseStore(_) => "kill -9 api, store deleted".to_owned(),
            Blow::HarmStore(_) => "kill -9 api, store damaged".to_owned(),
            Blow::Mislead => "acquirer faults changed".to_owned(),
        }
    }

    /// Who must not be down already; none for what strikes nobody or all.
    pub const fn victim(self) -> Option<Victim> {
        match self {
            Blow::Kill(victim, _) | Blow::Pause(victim, _) | Blow::Restart(victim) => Some(victim),
            Blow::LoseStore(api) | Blow::HarmStore(api) => Some(Victim::Api(api)),
            Blow::Shrink(left, _) => Some(Victim::Broker(left)),
            Blow::Roll | Blow::RollBrokers | Blow::Mislead => None,
        }
    }

    /// Draws one.
    pub fn draw(random: &mut fastrand::Rng, apis: usize, projectors: usize, brokers: usize) -> Blow {
        let api = random.usize(0..apis.max(1));
        let projector = Victim::Projector(random.usize(0..projectors.max(1)));
        let broker = Victim::Broker(random.usize(0..brokers.max(1)));
        let soon = Duration::from_millis(random.u64(0..3_000));
        // Most pauses are short enough that nobody notices, some long enough that others take over.
        let pause = if random.u8(0..3) == 0 { random.u64(2_000..9_000) } else { random.u64(50..1_500) };
        let pause = Duration::from_millis(pause);
        match random.u32(0..100) {
            0..30 => Blow::Kill(Victim::Api(api), soon),
            30..46 => Blow::Pause(Victim::Api(api), pause),
            46..54 => Blow::Restart(Victim::Api(api)),
            54..62 => Blow::Kill(projector, soon),
            62..66 => Blow::Pause(projector, pause),
            66..72 => Blow::Kill(Victim::Acquirer, soon),
            72..78 => Blow::Kill(broker, soon / 2),
            78..82 => Blow::Pause(broker, pause / 2),
            82..86 => Blow::Kill(Victim::Mariadb, soon),
            86..88 => Blow::Pause(Victim::Mariadb, pause),
            88..91 => Blow::LoseStore(api),
            91..93 => Blow::HarmStore(api),
            93 => Blow::Roll,
            94 if brokers > 1 => Blow::RollBrokers,
            95..97 if brokers > 1 => {
                Blow::Shrink(random.usize(0..brokers), Duration::from_millis(random.u64(1_000..6_000)))
            }
            _ => Blow::Mislead,
        }
    }
}

/// Ways in which an acquirer may misbehave, each with a chance of up to 2 %.
pub fn faults(random: &mut fastrand::Rng) -> Value {
    let mut some = |names: &[&str]| -> serde_json::Map<String, Value> {
        let chosen = names.iter().filter(|_| random.bool()).collect::<Vec<_>>();
        chosen.into_iter().map(|name| ((*name).to_owned(), json!(random.u32(0..20_000)))).collect()
    };
    let each = ["drop", "drop-before", "late", "half", "garbage", "500", "500-before"];
    let approve = some(&["drop", "drop-before", "late", "late-before", "half", "garbage", "500", "hold"]);
    let (cancel, net_cancel, inquire) = (some(&each), some(&each), some(&each));
    json!({
        "seed": random.u32(..), "lateMs": random.u64(500..4_000),
        "approve": approve, "cancel": cancel, "netCancel": net_cancel, "inquire": inquire,
    })
}
