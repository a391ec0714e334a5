//! A process that stops between its intent and the acquirer's call, for as long as a machine may be paused, while its connection
//! comes about behind its back: when it goes on, the call is too late, and another process has long seen to the payment.

use std::net::SocketAddr;
use std::time::Duration;

use ledger_tests::audit::{against_acquirer, nothing_found};
use ledger_tests::ensure;
use ledger_tests::envelope::PATH;
use ledger_tests::failure::{Done, During};
use ledger_tests::honest::{self, Ending, Told};
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::Order;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// How long callers go on asking after the pause.
const PATIENCE: Duration = Duration::from_secs(25);
/// Long after every deadline of a call, and long after the others have taken it for dead.
const A_MINUTE: Duration = Duration::from_secs(60);
const SHORTER: Duration = Duration::from_secs(20);
/// What goes out when a process wakes up goes out within this time.
const WAKES_UP: Duration = Duration::from_secs(5);

#[test]
fn a_minute_between_intent_and_call_leaves_no_charge() -> Done {
    let mut rig = Rig::start_with("paused", |options| options.apis(2))?;
    for told in paused(&mut rig, "", A_MINUTE)? {
        let code = told.last.as_ref().map(|reply| reply.code().to_owned()).unwrap_or_default();
        let right = told.ending == Ending::Failed && code == "PAYMENT_NET_CANCELED";
        ensure!(right, "{} ended {:?} {code}: {:?}", told.key, told.ending, told.answers);
    }
    let book = rig.settled(Duration::from_secs(60))?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    rig.projected(&book, Duration::from_secs(30))?;
    rig.verify().map(|_| ())
}

#[test]
fn without_tombstones_a_call_that_may_still_come_keeps_the_payment_open() -> Done {
    let mut rig = Rig::start_with("paused_no_tombstones", |options| options.apis(2))?;
    rig.acquirer_without_tombstones()?;
    for told in paused(&mut rig, ",no-tombstone", SHORTER)? {
        ensure!(told.ending == Ending::Open, "{} ended {:?}: {:?}", told.key, told.ending, told.answers);
    }
    for account in rig.book()?.payments.values() {
        let closing = ["approved", "declined", "not-attempted", "net-cancelled"];
        let closed = closing.iter().find(|event| account.count(event) > 0);
        ensure!(closed.is_none(), "\"not found\" closed a payment: {:?}", account.events);
    }
    Ok(())
}

/// Every merchant asks for a payment at a process that cannot reach the acquirer. It is paused, another takes its place, the way to
/// the acquirer opens, and it goes on. What the callers were told.
fn paused(rig: &mut Rig, promise: &str, pause: Duration) -> Done<Vec<Told>> {
    let url = rig.stack.acquirer_url();
    let gate = rig.block(Gate::shut(&url))?;
    let people = rig.people()?;
    rig.api_number(1)?.stop()?;
    rig.api_number(1)?.set_env("LEDGER_ACQUIRERS", &format!("sandbox={url}{promise}"));
    rig.api_number(0)?.stop()?;
    rig.api_number(0)?.set_env("LEDGER_ACQUIRERS", &format!("sandbox=http://{}{promise}", gate.address));
    rig.api_number(0)?.start()?;
    rig.ready_again(Duration::from_secs(30))?;
    let asking = ask(rig, &people, pause + PATIENCE);
    rig.until("all are asked for", Duration::from_secs(10), || {
        let book = rig.book()?;
        let asked = book.payments.values().filter(|account| account.count("requested") > 0).count();
        Ok(asked == people.merchants.len())
    })?;
    rig.api_number(0)?.pause()?;
    let open = rig.spawn(gate.open());
    rig.api_number(1)?.start()?;
    std::thread::sleep(pause);
    ensure!(!open.is_finished(), "the way to the acquirer did not open");
    nobody_is_charged(rig)?;
    rig.api_number(0)?.resume()?;
    std::thread::sleep(WAKES_UP);
    nobody_is_charged(rig).during(|| "after the pause".to_owned())?;
    let told = rig.block(asking)??;
    nobody_is_charged(rig).during(|| "in the end".to_owned())?;
    open.abort();
    Ok(told)
}

fn nobody_is_charged(rig: &Rig) -> Done {
    let memory = rig.memory()?;
    let charged = memory.operations.values().find(|operation| operation.approved_amount > 0);
    ensure!(charged.is_none(), "charged: {charged:?}");
    Ok(())
}

fn ask(rig: &Rig, people: &People, patience: Duration) -> JoinHandle<Done<Vec<Told>>> {
    let urls = [rig.stack.api_url(0), rig.stack.api_url(1)];
    let merchants = people.merchants.clone();
    rig.spawn(async move {
        let mut all = JoinSet::new();
        for merchant in merchants {
            let urls = urls.clone();
            all.spawn(async move {
                let key = format!("paused-{}", merchant.id);
                let body = merchant.key_in(&Order::new(&key, 30_000), &key)?;
                let mut client = merchant.client_among(&urls, 0);
                Done::Ok(honest::command(&mut client, &merchant.id, PATH, &key, &body, patience).await)
            });
        }
        let mut told = Vec::new();
        while let Some(one) = all.join_next().await {
            told.push(one??);
        }
        Ok(told)
    })
}

/// A way to the acquirer that nobody gets onto until it opens: the queue of its listener is full. Whoever has begun to connect by
/// then is connected by the kernel, be the process awake or not.
struct Gate {
    address: SocketAddr,
    target: String,
    listener: TcpListener,
    queue: Vec<JoinHandle<std::io::Result<TcpStream>>>,
}

impl Gate {
    async fn shut(acquirer: &str) -> Done<Gate> {
        let target = acquirer.trim_start_matches("http://").to_owned();
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(1)?;
        let address = listener.local_addr()?;
        let queue = (0..4).map(|_| tokio::spawn(TcpStream::connect(address))).collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let gate = Gate { address, target, listener, queue };
        let late = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await;
        ensure!(late.is_err(), "the gate is open: {late:?}");
        Ok(gate)
    }

    async fn open(self) -> std::io::Result<()> {
        self.queue.iter().for_each(JoinHandle::abort);
        loop {
            let (mut from, _) = self.listener.accept().await?;
            let target = self.target.clone();
            tokio::spawn(async move {
                let mut to = TcpStream::connect(target).await?;
                tokio::io::copy_bidirectional(&mut from, &mut to).await
            });
        }
    }
}
