//! The parameters of a query, in the form that browsers and curl send.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// A value that is no UTF-8 once it is decoded. Replacing what does not fit would make one name of two.
#[derive(Debug, PartialEq, Eq)]
pub struct NotUtf8;

/// The first value of `key` in `query`: percent-decoded, `+` read as a space. `None` without `key`.
///
/// It allocates for a value that must be decoded, and for no other.
pub fn parameter<'a>(query: &'a str, key: &str) -> Result<Option<Cow<'a, str>>, NotUtf8> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let found = pairs.find(|(name, _)| *name == key || decode(name).is_ok_and(|name| name == key));
    found.map(|(_, value)| decode(value)).transpose()
}

fn decode(text: &str) -> Result<Cow<'_, str>, NotUtf8> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    // `+` first: a plus that was percent-encoded is meant.
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map_err(|_| NotUtf8)?;
    Ok(Cow::Owned(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: Option<&str>) {
        assert_eq!(parameter(query, "name").unwrap().as_deref(), expected, "{query}");
    }

    #[test]
    fn finds_the_first_value_of_a_key() {
        check("", None);
        check("nam=x&names=y", None);
        check("name", Some(""));
        check("name=", Some(""));
        check("val=1&name=x&name=y", Some("x"));
        check("&&name=x=y&", Some("x=y"));
        check("n%61me=x", Some("x"));
    }

    #[test]
    fn decodes_what_was_encoded() {
        check("name=a%20b+c%2Bd", Some("a b c+d"));
        check("name=%E2%82%AC", Some("€"));
        check("name=100%", Some("100%"));
        check("name=%zz", Some("%zz"));
    }

    #[test]
    fn refuses_what_is_no_utf8() {
        assert_eq!(parameter("name=%ff", "name"), Err(NotUtf8));
        check("%ff=y&name=x", Some("x"));
    }
}
