//! Headers, methods, sizes and bytes that are no request at all.

use ledger_tests::client::Client;
use ledger_tests::ensure;
use ledger_tests::envelope::PATH;
use ledger_tests::failure::Done;
use ledger_tests::wire::Connection;

use super::Asker;

pub async fn all(asker: &mut Asker) -> Done {
    keys(asker).await?;
    sizes(asker).await?;
    credentials(asker).await?;
    no_http(asker).await
}

/// What is wrong, the headers, the code.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

async fn keys(asker: &mut Asker) -> Done {
    let long = "k".repeat(256);
    let long_key = [("Idempotency-Key", long.as_str())];
    let cases: [Case<'_>; 4] = [
        ("no idempotency key", &[], "IDEMPOTENCY_KEY_REQUIRED"),
        ("256 characters", &long_key, "IDEMPOTENCY_KEY_INVALID"),
        ("a space in it", &[("Idempotency-Key", "a b")], "IDEMPOTENCY_KEY_INVALID"),
        ("two of them", &[("Idempotency-Key", "a"), ("Idempotency-Key", "b")], "IDEMPOTENCY_KEY_INVALID"),
    ];
    for (what, headers, code) in cases {
        let request = asker.client.bytes("POST", PATH, headers, b"{}");
        let reply = asker.client.exchange(&request).await?;
        asker.expect(what, &reply, 400, code);
    }
    Ok(())
}

async fn sizes(asker: &mut Asker) -> Done {
    let huge = [b"{\"orderName\":\"".as_slice(), &vec![b'x'; 10 * 1024 * 1024], b"\"}"].concat();
    asker.bytes("10 MB", 413, "PAYLOAD_TOO_LARGE", &huge).await?;
    let key = asker.fresh();
    let request = asker.client.bytes("POST", PATH, &[("Idempotency-Key", &key)], b"{}");
    let text = String::from_utf8_lossy(&request).replace("application/json", "text/plain");
    let reply = asker.client.exchange(text.as_bytes()).await?;
    asker.expect("text/plain", &reply, 415, "UNSUPPORTED_MEDIA_TYPE");
    let request = asker.client.bytes("DELETE", PATH, &[], b"{}");
    let reply = asker.client.exchange(&request).await?;
    asker.expect("DELETE", &reply, 405, "METHOD_NOT_ALLOWED");
    Ok(())
}

async fn credentials(asker: &mut Asker) -> Done {
    let path = "/v1/transactions";
    let reply = Client::anonymous(&asker.url).get(path).await?;
    asker.expect("no key", &reply, 401, "API_KEY_REQUIRED");
    for (key, code) in [
        ("test_mer_unknown", "API_KEY_INVALID"),
        ("x", "API_KEY_INVALID"),
        ("live_mer_unknown", "API_KEY_OTHER_MODE"),
    ] {
        let reply = Client::new(&asker.url, key).get(path).await?;
        asker.expect(key, &reply, 401, code);
    }
    Ok(())
}

/// Not HTTP at all: refused as malformed, and the server goes on.
async fn no_http(asker: &mut Asker) -> Done {
    for bytes in
        [b"GARBAGE\r\n\r\n".as_slice(), b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"]
    {
        let answer = Connection::to(&asker.url).exchange(bytes).await;
        ensure!(answer.as_ref().map_or(true, |answer| answer.status == 400), "{bytes:?}: {answer:?}");
    }
    asker.client.get("/health/live").await?.ok().map(|_| ())
}
