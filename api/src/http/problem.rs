//! An error on its way to the caller (RFC 9457). A handler returns a `Problem`; the outermost layer renders it in the
//! caller's language with the request's id. It must never carry a value the caller sent, only names and expectations.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::{Map, Value, json};

use crate::catalogue::{Code, Language};

/// One explanation in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// English.
    pub en: String,
    /// Korean.
    pub ko: String,
}

/// A catalogued error with what is particular to this case.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    rest: Box<Rest>,
}

#[derive(Clone, Debug, Default)]
struct Rest {
    detail: Option<Detail>,
    param: Option<String>,
    acquirer_code: Option<String>,
    acquirer_message: Option<String>,
    retry_after_s: Option<u32>,
    headers: Vec<(&'static str, String)>,
    /// Another process leads the partition; where, as far as is known.
    elsewhere: Option<Option<String>>,
    members: Map<String, Value>,
}

impl Problem {
    /// The bare error.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, rest: Box::default() }
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Explains this case.
    #[must_use]
    pub fn detail(mut self, detail: Detail) -> Self {
        self.rest.detail = Some(detail);
        self
    }

    /// Names the field, header or parameter at fault.
    #[must_use]
    pub fn param(mut self, param: &str) -> Self {
        self.rest.param = Some(param.to_owned());
        self
    }

    /// What the acquirer said, word for word.
    #[must_use]
    pub fn acquirer(mut self, code: Option<String>, message: Option<String>) -> Self {
        self.rest.acquirer_code = code;
        self.rest.acquirer_message = message;
        self
    }

    /// Sets `Retry-After`.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u32) -> Self {
        self.rest.retry_after_s = Some(seconds);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.rest.headers.push((name, value));
        self
    }

    /// Adds a member of our own to the document, such as `commandUrl`.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.rest.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says that another process leads the partition: this one has recorded nothing, and may pass the request on.
    #[must_use]
    pub fn elsewhere(mut self, to: Option<String>) -> Self {
        self.rest.elsewhere = Some(to);
        self
    }

    /// Where the process is that leads the partition, if that is what this is about.
    #[must_use]
    pub fn leads_elsewhere(&self) -> Option<Option<String>> {
        self.rest.elsewhere.clone()
    }

    /// The finished response.
    #[must_use]
    pub fn render(&self, language: Language, request_id: &str) -> HttpResponse {
        let mut response = self.head();
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        response.insert_header(("Content-Language", language.tag()));
        response.body(self.document(language, request_id).to_string())
    }

    fn head(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status_code());
        let wait_s = self.rest.retry_after_s.or_else(|| self.code.entry().retryable.then_some(1));
        if let Some(seconds) = wait_s {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        for (name, value) in &self.rest.headers {
            response.insert_header((*name, value.as_str()));
        }
        response
    }

    fn document(&self, language: Language, request_id: &str) -> Value {
        let (entry, rest) = (self.code.entry(), &self.rest);
        let detail = match (&rest.detail, language) {
            (Some(detail), Language::English) => detail.en.clone(),
            (Some(detail), Language::Korean) => detail.ko.clone(),
            (None, language) => format!("{}.", entry.title(language)),
        };
        let mut document = json!({
            "type": format!("/v1/errors#{}", entry.code),
            "title": entry.title(language),
            "status": entry.status,
            "detail": detail,
            "code": entry.code,
            "param": rest.param,
            "retryable": entry.retryable,
            "recommendedAction": entry.action.word(),
            "acquirerCode": rest.acquirer_code,
            "acquirerMessage": rest.acquirer_message,
            "requestId": request_id,
        });
        if let Value::Object(members) = &mut document {
            members.retain(|_, value| !value.is_null());
            members.extend(rest.members.clone());
        }
        document
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code.entry().code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Carries the problem to the outermost layer, which knows the language and the request's id.
    fn error_response(&self) -> HttpResponse {
        let mut response = self.head().finish();
        response.extensions_mut().insert(self.clone());
        response
    }
}
