//! Times as the v1.1 API writes them.

use chrono::DateTime;

/// `created_at` of one second, kept because posts of one second follow each other.
#[derive(Clone, Debug, Default)]
pub struct CreatedAt {
    second: Option<i64>,
    text: String,
}

impl CreatedAt {
    /// The text for a time in milliseconds since the epoch: `Wed Oct 10 20:19:24 +0000 2018`.
    pub fn of(&mut self, at_ms: i64) -> &str {
        let second = at_ms.div_euclid(1000);
        if self.second != Some(second) {
            self.second = Some(second);
            let time = DateTime::from_timestamp(second, 0).unwrap_or_default();
            self.text = time.format("%a %b %d %H:%M:%S +0000 %Y").to_string();
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_writes_the_format_of_the_v1_1_api() {
        let mut created_at = CreatedAt::default();
        assert_eq!(created_at.of(1_539_202_764_123), "Wed Oct 10 20:19:24 +0000 2018");
        assert_eq!(created_at.of(1_539_202_764_999), "Wed Oct 10 20:19:24 +0000 2018");
        assert_eq!(created_at.of(1_539_202_765_000), "Wed Oct 10 20:19:25 +0000 2018");
        assert_eq!(created_at.of(0), "Thu Jan 01 00:00:00 +0000 1970");
    }
}
