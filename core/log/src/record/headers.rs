//! A record's headers in one piece of memory, laid out as the hash takes them in: a record has some fifteen, and a
//! string and a vector for each would cost a reader more than judging the record.

use std::fmt;

/// Header names with values, in order. Names may repeat.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Headers {
    /// Of each: the name's length, the name, the value's length, the value; lengths are eight bytes, big-endian.
    packed: Vec<u8>,
    count: usize,
}

impl Headers {
    /// None.
    pub const fn new() -> Headers {
        Headers { packed: Vec::new(), count: 0 }
    }

    /// None, with room for so many bytes of [`Headers::packed`].
    pub fn with_capacity(bytes: usize) -> Headers {
        Headers { packed: Vec::with_capacity(bytes), count: 0 }
    }

    /// Adds one behind the others.
    pub fn push(&mut self, name: &str, value: &[u8]) {
        put(&mut self.packed, name.as_bytes());
        put(&mut self.packed, value);
        self.count = self.count.saturating_add(1);
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The first value under this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names with values, in order.
    pub const fn iter(&self) -> Iter<'_> {
        Iter { left: self.packed.as_slice() }
    }

    /// All of them as the hash takes them in (`schemas/record.md`, "The hash"), without their count.
    pub fn packed(&self) -> &[u8] {
        &self.packed
    }

    /// Headers from the bytes that [`Headers::packed`] gave; None for other bytes.
    pub fn from_packed(packed: &[u8]) -> Option<Headers> {
        let (mut left, mut count) = (packed, 0_usize);
        while !left.is_empty() {
            std::str::from_utf8(take(&mut left)?).ok()?;
            take(&mut left)?;
            count = count.checked_add(1)?;
        }
        Some(Headers { packed: packed.to_vec(), count })
    }
}

/// See [`Headers::iter`].
#[derive(Clone)]
pub struct Iter<'a> {
    left: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<(&'a str, &'a [u8])> {
        let name = take(&mut self.left)?;
        let value = take(&mut self.left)?;
        // Only texts are ever put in.
        Some((std::str::from_utf8(name).unwrap_or_default(), value))
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = (&'a str, &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Headers {
        let mut headers = Headers::new();
        pairs.into_iter().for_each(|(name, value)| headers.push(name.as_ref(), value.as_ref()));
        headers
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(name, value)| (name, String::from_utf8_lossy(value))))
            .finish()
    }
}

fn put(packed: &mut Vec<u8>, field: &[u8]) {
    packed.extend_from_slice(&super::length(field.len()));
    packed.extend_from_slice(field);
}

fn take<'a>(left: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = left.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let (field, rest) = rest.split_at_checked(length)?;
    *left = rest;
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_given_back_in_order_repeated_and_empty_ones_too() {
        let pairs: [(&str, &[u8]); 4] = [("a", b"1"), ("", b""), ("a", b""), ("\u{ac00}", &[0, 255])];
        let headers: Headers = pairs.into_iter().collect();
        assert_eq!((headers.len(), headers.is_empty()), (4, false));
        assert_eq!(headers.iter().collect::<Vec<_>>(), pairs);
        assert_eq!((headers.get("a"), headers.get("b")), (Some(b"1".as_slice()), None));
        assert_eq!(Headers::from_packed(headers.packed()), Some(headers));
    }

    #[test]
    fn bytes_that_were_not_packed_here_are_no_headers() {
        let whole: Headers = [("name", "value")].into_iter().collect();
        for end in 1..whole.packed().len() {
            assert_eq!(Headers::from_packed(&whole.packed()[..end]), None, "{end}");
        }
        let mut no_text = whole.packed().to_vec();
        no_text[8] = 0xff;
        assert_eq!(Headers::from_packed(&no_text), None);
        assert_eq!(Headers::from_packed(&u64::MAX.to_be_bytes()), None);
    }
}
