//! The server itself, over real connections: large and broken bodies, kept connections, an orderly end.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use ledger_api::http::server::{ServerSettings, finish, start};
use ledger_api::ledger::Answer;

use super::support::*;

struct Running {
    world: World,
    address: SocketAddr,
    handle: ServerHandle,
    serving: actix_web::rt::task::JoinHandle<std::io::Result<()>>,
}

fn settings() -> ServerSettings {
    ServerSettings { workers: 1, stop_within: Duration::from_secs(10), ..ServerSettings::default() }
}

fn run(world: World) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = start(listener, world.app.clone(), no_extras(), settings()).unwrap();
    let handle = server.handle();
    Running { world, address, handle, serving: actix_web::rt::spawn(server) }
}

/// One exchange on a thread of its own: sends the bytes, reads until the answer is whole or the connection closes.
async fn exchange(address: SocketAddr, request: Vec<u8>, hang_up: bool) -> (Option<TcpStream>, String) {
    let exchanged = actix_web::rt::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The server may answer and close before it has read everything: that is allowed.
        let _ = stream.write_all(&request);
        if hang_up {
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        }
        let answer = answer(&mut stream);
        (Some(stream), answer)
    });
    exchanged.await.unwrap()
}

fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_some_and(|length| body.len() >= length.parse::<usize>().unwrap()) {
                return text;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

fn post(length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/agencies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {OPERATOR}\r\nIdempotency-Key: k\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[actix_web::test]
async fn ten_megabytes_are_refused_with_an_answer_that_arrives() {
    let running = run(World::new());
    let body = vec![b' '; 10 * 1024 * 1024];
    let (_, answer) = exchange(running.address, post(body.len(), &body), false).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
    running.handle.stop(false).await;
}

#[actix_web::test]
async fn a_body_without_a_stated_length_is_bounded_as_well() {
    let running = run(World::new());
    let head =
        String::from_utf8(post(0, b"")).unwrap().replace("Content-Length: 0", "Transfer-Encoding: chunked");
    let chunk = format!("{:x}\r\n{}\r\n", 40_000, " ".repeat(40_000));
    let request = format!("{head}{chunk}{chunk}0\r\n\r\n");
    let (_, answer) = exchange(running.address, request.into_bytes(), false).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    running.handle.stop(false).await;
}

#[actix_web::test]
async fn a_body_that_breaks_off_never_reaches_the_ledger() {
    let running = run(World::new());
    exchange(running.address, post(100, br#"{"name":"#), true).await;
    assert!(running.world.ledger.submitted.lock().unwrap().is_empty());
    running.handle.stop(false).await;
}

#[actix_web::test]
async fn a_connection_is_kept_and_an_idle_one_does_not_hold_up_the_end() {
    let running = run(World::new().answers(Answer::KeyReused));
    let live = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let (kept, first) = exchange(running.address, live.to_vec(), false).await;
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    let mut kept = kept.unwrap();
    let second = actix_web::rt::task::spawn_blocking(move || {
        kept.write_all(live).unwrap();
        let answer = answer(&mut kept);
        (kept, answer)
    });
    let (kept, second) = second.await.unwrap();
    assert!(second.starts_with("HTTP/1.1 200"), "{second}");

    let ended =
        tokio::time::timeout(Duration::from_secs(8), finish(&running.handle, &running.world.app, settings()));
    assert!(ended.await.is_ok(), "an idle connection held up the end");
    running.serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(running.address).is_err(), "the port is still open");
    drop(kept);
}
