//! The answers: each outcome's status and its one line.

use super::{
    CounterStore,
    call::{Call, NAME_BYTES_MAX, Refusal},
};
use crate::counter::StoreError;
use http_body_util::Full;
use hyper::{
    Method, Response, StatusCode, Uri,
    body::Bytes,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS},
};

/// An answer on its way to the client.
pub type Answer = Response<Full<Bytes>>;

/// Makes the call that a request asks for, and says how it went.
pub async fn answer<S: CounterStore>(store: &S, method: &Method, uri: &Uri) -> Answer {
    match Call::read(method, uri) {
        Ok(call) => perform(store, call).await,
        Err(refusal) => refused(refusal),
    }
}

async fn perform<S: CounterStore>(store: &S, call: Call<'_>) -> Answer {
    match call {
        Call::Get { name } => match store.get(&name).await {
            Ok(value) => say(StatusCode::OK, value_line(&name, value)),
            Err(error) => failed(&name, error),
        },
        Call::Set { name, value } => changed(&name, store.set(&name, value).await),
        Call::Inc { name } => changed(&name, store.inc(&name).await),
    }
}

fn changed(name: &str, outcome: Result<(), StoreError>) -> Answer {
    match outcome {
        Ok(()) => say(StatusCode::OK, "ok\n"),
        Err(error) => failed(name, error),
    }
}

/// `x: 0`, in one allocation that is exactly long enough.
fn value_line(name: &str, value: i64) -> String {
    let value = value.to_string();
    [name, ": ", &value, "\n"].concat()
}

fn failed(name: &str, error: StoreError) -> Answer {
    let status = match error {
        StoreError::NotFound => return say(StatusCode::NOT_FOUND, format!("{name} not found\n")),
        StoreError::Overflow => StatusCode::CONFLICT,
        StoreError::Full => StatusCode::INSUFFICIENT_STORAGE,
        StoreError::Gone => StatusCode::SERVICE_UNAVAILABLE,
    };
    say(status, format!("{error}\n"))
}

fn refused(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::NoSuchPath => say(StatusCode::NOT_FOUND, "no such path: there are /get, /set and /inc\n"),
        Refusal::Method(allowed) => {
            let mut answer =
                say(StatusCode::METHOD_NOT_ALLOWED, format!("method not allowed: use {allowed}\n"));
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            answer
        }
        Refusal::Missing(key) => say(StatusCode::BAD_REQUEST, format!("{key} is missing\n")),
        Refusal::NotText(key) => say(StatusCode::BAD_REQUEST, format!("{key} is not UTF-8\n")),
        Refusal::NotAnInteger => {
            say(StatusCode::BAD_REQUEST, format!("val is not an integer from {} to {}\n", i64::MIN, i64::MAX))
        }
        Refusal::NameTooLong => {
            say(StatusCode::URI_TOO_LONG, format!("name is longer than {NAME_BYTES_MAX} bytes\n"))
        }
    }
}

fn say(status: StatusCode, line: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(line.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    // A name must never be taken for HTML.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // A GET may change a counter here: no cache may answer in our place.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
