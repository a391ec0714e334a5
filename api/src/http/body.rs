//! Reads a command's body: the right type, at most 64 KiB, within its time. It never looks inside.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut};
use futures::StreamExt;

use super::problem::{Detail, Problem};
use crate::catalogue::Code;

/// The largest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(10);
/// How much of an oversized body is read and thrown away, so that the caller can finish sending and read the answer.
const DRAINED: usize = 16 * 1024 * 1024;

/// The whole body.
///
/// # Errors
/// Not JSON by its header, too large, too slow, or broken off.
pub async fn read(request: HttpRequest, payload: Payload) -> Result<Bytes, Problem> {
    check_type(&request)?;
    match tokio::time::timeout(WITHIN, collect(&request, payload)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Problem::new(Code::RequestTimeout)),
    }
}

fn check_type(request: &HttpRequest) -> Result<(), Problem> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let kind = header(CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let plain = header(CONTENT_ENCODING).is_none_or(|coding| coding.trim().eq_ignore_ascii_case("identity"));
    if kind.eq_ignore_ascii_case("application/json") && plain {
        return Ok(());
    }
    let param = if plain { "Content-Type" } else { "Content-Encoding" };
    Err(Problem::new(Code::UnsupportedMediaType).param(param))
}

async fn collect(request: &HttpRequest, mut payload: Payload) -> Result<Bytes, Problem> {
    let stated = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let stated: usize = stated.unwrap_or(0);
    let mut body = BytesMut::with_capacity(stated.min(MAX_BODY));
    let (mut seen, mut too_large) = (0_usize, stated > MAX_BODY);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| broken_off())?;
        seen = seen.saturating_add(chunk.len());
        too_large |= seen > MAX_BODY;
        if !too_large {
            body.extend_from_slice(&chunk);
        } else if seen.max(stated) > DRAINED {
            break;
        }
    }
    if too_large { Err(Problem::new(Code::PayloadTooLarge)) } else { Ok(body.freeze()) }
}

fn broken_off() -> Problem {
    Problem::new(Code::MalformedJson).detail(Detail {
        en: "The body broke off before it was complete.".to_owned(),
        ko: "본문이 끝나기 전에 연결이 끊겼습니다.".to_owned(),
    })
}
