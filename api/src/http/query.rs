//! Query strings, read as strictly as bodies: unknown and doubled names are refused by name.

use actix_web::HttpRequest;
use actix_web::web;

use super::input::Fault;
use super::problem::Problem;
use crate::catalogue::Code;

/// The decoded pairs of a query string.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the request's query.
    ///
    /// # Errors
    /// A pair that is not text, a name that is not in `known`, a name that stands twice.
    pub fn of(request: &HttpRequest, known: &[&str]) -> Result<Self, Problem> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        let pairs = pairs.map_err(|_| Problem::new(Code::InvalidEncoding))?.into_inner();
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(Fault::Unknown.at(&super::input::fields::shortened(name)));
            }
            if pairs.iter().take(at).any(|(earlier, _)| earlier == name) {
                return Err(Fault::Duplicate.at(name));
            }
        }
        Ok(Self(pairs))
    }

    /// A parameter that may be absent.
    ///
    /// # Errors
    /// What `read` finds wrong, with the parameter's name.
    pub fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Problem> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| read(value)).transpose().map_err(|fault| fault.at(name))
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// As [`Query::optional`], and when it is absent.
    pub fn required<T>(&self, name: &str, read: impl FnOnce(&str) -> Result<T, Fault>) -> Result<T, Problem> {
        self.optional(name, read)?.ok_or_else(|| Fault::Missing.at(name))
    }
}
