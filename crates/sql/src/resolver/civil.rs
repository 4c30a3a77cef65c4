//! Dates and times as parameters write them, with one or two digits for each part.

const DAY_US: i64 = 86_400_000_000;
const SECOND_US: i64 = 1_000_000;

/// Days since 1970-01-01 of `YYYY-[M]M-[D]D`.
pub fn date(text: &str) -> Option<i32> {
    let mut reader = Reader(text);
    let days = reader.date()?;
    reader.end()?;
    i32::try_from(days).ok()
}

/// Microseconds since midnight of `[H]H:[M]M[:[S]S[.DDDDDD]]`.
pub fn time(text: &str) -> Option<i64> {
    let mut reader = Reader(text);
    let time_us = reader.time()?;
    reader.end()?;
    Some(time_us)
}

/// Microseconds since 1970-01-01T00:00:00 of a date, and a time after `T` or a space.
pub fn datetime(text: &str) -> Option<i64> {
    let mut reader = Reader(text);
    let datetime_us = reader.datetime()?;
    reader.end()?;
    Some(datetime_us)
}

/// Microseconds since 1970-01-01T00:00:00Z of a datetime and an offset (`Z`, `UTC`, `+hh`, `+hh:mm`, `+hhmm`); without
/// one it is UTC.
pub fn timestamp(text: &str) -> Option<i64> {
    let mut reader = Reader(text);
    let datetime_us = reader.datetime()?;
    let offset_us = reader.offset()?;
    reader.end()?;
    datetime_us.checked_sub(offset_us)
}

/// What is left to read.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn datetime(&mut self) -> Option<i64> {
        let day_us = self.date()?.checked_mul(DAY_US)?;
        let time_us = if self.take('T') || self.take('t') || self.take(' ') { self.time()? } else { 0 };
        day_us.checked_add(time_us)
    }

    fn date(&mut self) -> Option<i64> {
        let year = self.number(4, 4)?;
        self.expect('-')?;
        let month = self.number(1, 2)?;
        self.expect('-')?;
        let day = self.number(1, 2)?;
        let valid = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        valid.then(|| days_since_epoch(year, month, day))
    }

    fn time(&mut self) -> Option<i64> {
        let hour = self.number(1, 2)?;
        self.expect(':')?;
        let minute = self.number(1, 2)?;
        let (mut second, mut fraction_us) = (0, 0);
        if self.take(':') {
            second = self.number(1, 2)?;
            if self.take('.') {
                fraction_us = self.fraction()?;
            }
        }
        let valid = hour < 24 && minute < 60 && second < 60;
        valid.then_some(((hour * 60 + minute) * 60 + second) * SECOND_US + fraction_us)
    }

    /// Digits after the first six are cut.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let kept = &digits[..length.min(6)];
        Some(kept.parse::<i64>().ok()? * 10_i64.pow(6 - kept.len() as u32))
    }

    fn offset(&mut self) -> Option<i64> {
        self.take(' ');
        if self.0.is_empty() || self.take('Z') || self.take('z') {
            return Some(0);
        }
        if let Some(rest) = self.0.strip_prefix("UTC") {
            self.0 = rest;
            return Some(0);
        }
        let sign = if self.take('-') { -1 } else { self.expect('+').map(|()| 1)? };
        let hours = self.number(1, 2)?;
        let minutes = if self.take(':') || !self.0.is_empty() { self.number(2, 2)? } else { 0 };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60 * SECOND_US)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let length = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        digits.parse().ok()
    }

    fn take(&mut self, wanted: char) -> bool {
        let rest = self.0.strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        self.take(wanted).then_some(())
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// By the proleptic Gregorian calendar. The year is counted from March, so that the leap day is its last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
