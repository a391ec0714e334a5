use crate::support::Prefix;
use crossbeam_channel::unbounded;
use ledger_log::Fence;
use ledger_log::kafka::{Beat, Members, heard_lately};
use std::sync::Arc;
use std::time::Duration;

fn fence(name: &str) -> Fence {
    Fence { incarnation: format!("{name}-1"), address: format!("http://{name}") }
}

#[test]
fn whoever_does_not_speak_yet_hears_what_the_others_have_said() {
    let prefix = Prefix::ready();
    assert_eq!(heard_lately(&prefix.settings), Ok(Vec::new()));
    let (told, heard) = unbounded();
    let members: Vec<Members> = ["one", "two"]
        .map(|name| {
            let told = told.clone();
            let heard = Arc::new(move |beat| drop(told.send(beat)));
            Members::start(&prefix.settings, fence(name), heard).unwrap()
        })
        .into();
    let mut live: Vec<Beat> = Vec::new();
    while !["one", "two"].iter().all(|name| live.iter().any(|beat| beat.member == fence(name))) {
        live.push(heard.recv_timeout(Duration::from_secs(30)).unwrap());
    }
    let once = heard_lately(&prefix.settings).unwrap();
    assert!(live.iter().all(|beat| once.contains(beat)), "{live:?} {once:?}");
    assert!(once.iter().all(|beat| !beat.leaving));
    drop(members);
    assert!(heard_lately(&prefix.nowhere()).is_err());
}
