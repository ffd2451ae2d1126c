//! What a request asks for: a method and a URI become a call, or a refusal.

use super::query;
use hyper::{Method, Uri};
use std::borrow::Cow;

/// The longest name of a counter. Names come from the network and stay for ever.
pub const NAME_BYTES_MAX: usize = 256;

/// A call on the store, as a request has asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    Get { name: Cow<'a, str> },
    Set { name: Cow<'a, str>, value: i64 },
    Inc { name: Cow<'a, str> },
}

/// Why a request is no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoSuchPath,
    /// The methods that the path has.
    Method(&'static str),
    /// The parameter is not there, or it is empty.
    Missing(&'static str),
    /// The parameter is no UTF-8 once it is decoded.
    NotText(&'static str),
    NotAnInteger,
    NameTooLong,
}

impl<'a> Call<'a> {
    /// The call that `method` and `uri` ask for.
    ///
    /// GET may change counters, since that is how the article's clients, curl and ab say it; HEAD
    /// may not, since whoever sends it wants to change nothing.
    pub fn read(method: &Method, uri: &'a Uri) -> Result<Self, Refusal> {
        let query = uri.query().unwrap_or_default();
        match uri.path() {
            "/get" => {
                allow(method, &[Method::GET, Method::HEAD], "GET, HEAD")?;
                Ok(Self::Get { name: name(query)? })
            }
            "/set" => {
                allow(method, &[Method::GET, Method::POST], "GET, POST")?;
                Ok(Self::Set { name: name(query)?, value: value(query)? })
            }
            "/inc" => {
                allow(method, &[Method::GET, Method::POST], "GET, POST")?;
                Ok(Self::Inc { name: name(query)? })
            }
            _ => Err(Refusal::NoSuchPath),
        }
    }
}

fn allow(method: &Method, allowed: &[Method], header: &'static str) -> Result<(), Refusal> {
    if allowed.contains(method) { Ok(()) } else { Err(Refusal::Method(header)) }
}

fn name(query: &str) -> Result<Cow<'_, str>, Refusal> {
    let name = parameter(query, "name")?;
    if name.len() > NAME_BYTES_MAX { Err(Refusal::NameTooLong) } else { Ok(name) }
}

fn value(query: &str) -> Result<i64, Refusal> {
    parameter(query, "val")?.parse().map_err(|_| Refusal::NotAnInteger)
}

fn parameter<'a>(query: &'a str, key: &'static str) -> Result<Cow<'a, str>, Refusal> {
    let value = query::parameter(query, key).map_err(|query::NotUtf8| Refusal::NotText(key))?;
    value.filter(|value| !value.is_empty()).ok_or(Refusal::Missing(key))
}
