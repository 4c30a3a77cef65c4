//! Small numbers in few bytes, and reading them back without ever passing the end.

use super::Decoded;

/// Appends a number: seven bits in each byte, the least first.
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a number that may be negative.
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

/// Appends bytes, in front of them how many they are.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Where bytes are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// At the start of bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }

    /// Whether all is read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// One byte.
    pub(crate) fn byte(&mut self) -> Decoded<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// So many bytes.
    pub(crate) fn take(&mut self, len: usize) -> Decoded<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or("its bytes are cut off")?;
        self.rest = rest;
        Ok(taken)
    }

    /// Bytes as [`put_bytes`] wrote them.
    pub(crate) fn bytes(&mut self) -> Decoded<&'a [u8]> {
        let len = self.number()?;
        self.take(len)
    }

    /// Four bytes as a number.
    pub(crate) fn fixed(&mut self) -> Decoded<u32> {
        let bytes = self.take(4)?;
        Ok(bytes.first_chunk().copied().map_or(0, u32::from_le_bytes))
    }

    /// A number as [`put`] wrote it.
    pub(crate) fn long(&mut self) -> Decoded<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("a number is too long".to_owned())
    }

    /// [`Cursor::long`], as a count or size.
    pub(crate) fn number(&mut self) -> Decoded<usize> {
        self.long().map(|number| number as usize)
    }

    /// A number as [`put_signed`] wrote it.
    pub(crate) fn signed(&mut self) -> Decoded<i64> {
        self.long().map(|number| (number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, -1, 63, 64, -65, 127, 128, 300, i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, number);
            put(&mut bytes, number as u64);
            let mut cursor = Cursor::new(&bytes);
            assert_eq!((cursor.signed().unwrap(), cursor.long().unwrap()), (number, number as u64));
            assert!(cursor.is_at_end() && cursor.byte().is_err());
        }
        assert!(Cursor::new(&[0xFF; 20]).long().is_err());
    }
}
