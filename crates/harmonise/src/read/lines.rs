//! Physical lines of bounded length, numbered from 1.

use std::io::{self, Read};

use super::EXCERPT_BYTES;

/// Reads lines; of one that is too long only the beginning is kept.
pub(super) struct Lines<'a> {
    reader: &'a mut dyn Read,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    number: u64,
    bytes_max: usize,
}

/// A line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
    /// It was longer than allowed; `bytes` is its beginning.
    pub(super) too_long: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(reader: &'a mut dyn Read, bytes_max: usize) -> Self {
        Self { reader, buffer: vec![0; 64 * 1024], at: 0, filled: 0, number: 0, bytes_max }
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let mut too_long = false;
        let mut started = false;
        loop {
            if self.at == self.filled && !self.fill()? {
                break;
            }
            started = true;
            let available = &self.buffer[self.at..self.filled];
            let end = memchr::memchr(b'\n', available);
            let piece = &available[..end.unwrap_or(available.len())];
            if !too_long && bytes.len() + piece.len() > self.bytes_max {
                too_long = true;
                bytes.extend_from_slice(&piece[..piece.len().min(EXCERPT_BYTES)]);
                bytes.truncate(EXCERPT_BYTES);
                bytes.shrink_to_fit();
            } else if !too_long {
                bytes.extend_from_slice(piece);
            }
            self.at += piece.len() + usize::from(end.is_some());
            if end.is_some() {
                break;
            }
        }
        if !started {
            return Ok(None);
        }
        self.number += 1;
        if !too_long && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(Some(Line { number: self.number, bytes, too_long }))
    }

    fn fill(&mut self) -> io::Result<bool> {
        self.at = 0;
        self.filled = read_some(self.reader, &mut self.buffer)?;
        Ok(self.filled > 0)
    }
}

/// Reads what is there, again when interrupted.
pub(super) fn read_some(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], bytes_max: usize) -> Vec<(u64, Vec<u8>, bool)> {
        let mut reader = text;
        let mut lines = Lines::new(&mut reader, bytes_max);
        std::iter::from_fn(|| lines.next().expect("memory reads")).map(|line| (line.number, line.bytes, line.too_long)).collect()
    }

    #[test]
    fn ends_of_lines_are_taken_off() {
        let expected = vec![(1, b"a".to_vec(), false), (2, Vec::new(), false), (3, b"b".to_vec(), false)];
        assert_eq!(lines(b"a\r\n\nb", 100), expected);
        assert_eq!(lines(b"a\n\nb\n", 100), expected);
        assert!(lines(b"", 100).is_empty());
    }

    #[test]
    fn a_line_far_beyond_the_limit_keeps_its_beginning_only() {
        let mut reader = io::repeat(b'x').take(1 << 26).chain(&b"\nnext"[..]);
        let mut lines = Lines::new(&mut reader, 1 << 20);
        let long = lines.next().expect("memory reads").expect("a line");
        assert!(long.too_long && long.bytes.len() <= EXCERPT_BYTES && long.bytes.capacity() <= 2 * EXCERPT_BYTES);
        assert_eq!(lines.next().expect("memory reads").expect("a line").bytes, b"next");
    }
}
