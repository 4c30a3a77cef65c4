//! Text to dates and times by a strftime format.

use super::civil::{self, checked_days, checked_time_us};
use super::format::{Directive, MONTHS, WEEKDAYS, expansion, unknown};
use super::iso::take_fraction;
use super::zone::{take_digits, take_offset};
use super::{MICROS_PER_DAY, MICROS_PER_SECOND};
use crate::error::{Error, Result};

/// What a text said.
pub struct Parsed {
    /// The civil time in microseconds since 1970. Fields that the format lacks are those of 1970-01-01 00:00:00.
    pub civil_us: i64,
    /// The distance from UTC in microseconds, if the text said it.
    pub offset_us: Option<i64>,
}

/// Reads a text by a format of [`super::texts`]. White space in the format stands for any amount of it; month and day
/// names are read in any case. Fails if the text does not match or goes on, or its fields are no date or time.
pub fn parse(pattern: &str, text: &str) -> Result<Parsed> {
    let mut fields = Fields { year: 1970, month: 1, day: 1, ..Fields::default() };
    match fields.read(pattern, text.trim_start())? {
        Some(rest) if rest.trim_end().is_empty() => fields.finish(),
        _ => Err(Error::new(
            "invalid_format",
            format!("The text '{text}' does not have the format '{pattern}'"),
        )),
    }
}

#[derive(Default)]
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    day_of_year: Option<i64>,
    hour: i64,
    twelve_hours: Option<i64>,
    afternoon: bool,
    minute: i64,
    second: i64,
    microsecond: i64,
    epoch_seconds: Option<i64>,
    offset_us: Option<i64>,
}

impl Fields {
    /// What follows the part of the text that the pattern reads; None if it does not match.
    fn read<'a>(&mut self, pattern: &str, text: &'a str) -> Result<Option<&'a str>> {
        let (mut pattern_rest, mut rest) = (pattern, text);
        while let Some(next) = pattern_rest.chars().next() {
            pattern_rest = &pattern_rest[next.len_utf8()..];
            let after = if next.is_whitespace() {
                Some(rest.trim_start())
            } else if next == '%' {
                let (directive, after) = Directive::take(pattern_rest).ok_or_else(|| unknown(pattern))?;
                pattern_rest = after;
                self.read_directive(directive, pattern, rest)?
            } else {
                rest.strip_prefix(next)
            };
            match after {
                Some(after) => rest = after,
                None => return Ok(None),
            }
        }
        Ok(Some(rest))
    }

    fn read_directive<'a>(
        &mut self,
        directive: Directive,
        pattern: &str,
        text: &'a str,
    ) -> Result<Option<&'a str>> {
        Ok(match directive {
            Directive::Offset | Directive::Letter('z') => take_offset(text).map(|(offset_us, rest)| {
                self.offset_us = Some(offset_us);
                rest
            }),
            Directive::Seconds(_) => self.read_seconds(text),
            Directive::Letter(letter) => match expansion(letter) {
                Some(expanded) => self.read(expanded, text)?,
                None if is_known(letter) => self.read_letter(letter, text),
                None => return Err(unknown(pattern)),
            },
        })
    }

    fn read_letter<'a>(&mut self, letter: char, text: &'a str) -> Option<&'a str> {
        let number = |most: usize| take_digits(text, most);
        let padded = |most: usize| take_digits(text.trim_start_matches(' '), most);
        let rest;
        match letter {
            'Y' => (self.year, rest) = number(4)?,
            'y' => {
                (self.year, rest) = number(2)?;
                // As strptime: 69 to 99 are of the last century.
                self.year += if self.year < 69 { 2000 } else { 1900 };
            }
            'm' => (self.month, rest) = number(2)?,
            'd' | 'e' => (self.day, rest) = padded(2)?,
            'H' | 'k' => (self.hour, rest) = padded(2)?,
            'I' | 'l' => {
                let (hour, after) = padded(2)?;
                self.twelve_hours = Some(hour);
                rest = after;
            }
            'M' => (self.minute, rest) = number(2)?,
            'S' => (self.second, rest) = number(2)?,
            'f' => (self.microsecond, rest) = take_fraction(text)?,
            'j' => {
                let (day, after) = number(3)?;
                self.day_of_year = Some(day);
                rest = after;
            }
            's' => {
                let (negative, digits) =
                    text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
                let (seconds, after) = take_digits(digits, 12)?;
                self.epoch_seconds = Some(if negative { -seconds } else { seconds });
                rest = after;
            }
            'p' => {
                let (index, after) = take_name(text, &["AM", "PM"], 2)?;
                self.afternoon = index == 1;
                rest = after;
            }
            'b' | 'B' | 'h' => {
                let (index, after) = take_name(text, &MONTHS, 3)?;
                self.month = index as i64 + 1;
                rest = after;
            }
            'a' | 'A' => (_, rest) = take_name(text, &WEEKDAYS, 3)?,
            'u' | 'w' => (_, rest) = number(1)?,
            'Z' => rest = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()),
            'n' | 't' => rest = text.trim_start(),
            _ => rest = text.strip_prefix('%')?,
        }
        Some(rest)
    }

    fn read_seconds<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let (second, rest) = take_digits(text, 2)?;
        self.second = second;
        match rest.strip_prefix('.') {
            Some(digits) => {
                let (microsecond, rest) = take_fraction(digits)?;
                self.microsecond = microsecond;
                Some(rest)
            }
            None => Some(rest),
        }
    }

    fn finish(self) -> Result<Parsed> {
        if let Some(seconds) = self.epoch_seconds {
            let civil_us = seconds
                .checked_mul(MICROS_PER_SECOND)
                .ok_or_else(|| Error::out_of_range(format_args!("The second {seconds}")))?;
            return Ok(Parsed { civil_us, offset_us: Some(0) });
        }
        let hour = match self.twelve_hours {
            Some(hour @ 1..=12) => hour % 12 + if self.afternoon { 12 } else { 0 },
            Some(hour) => return Err(Error::invalid_argument(format!("{hour} is not an hour from 1 to 12"))),
            None => self.hour,
        };
        let days = match self.day_of_year {
            Some(day) => {
                let first = checked_days(self.year, 1, 1)?;
                let last = civil::days(self.year, 12, 31) - i64::from(first) + 1;
                if !(1..=last).contains(&day) {
                    return Err(Error::invalid_argument(format!("The year {} has no day {day}", self.year)));
                }
                i64::from(first) + day - 1
            }
            None => i64::from(checked_days(self.year, self.month, self.day)?),
        };
        let time_us = checked_time_us(hour, self.minute, self.second, self.microsecond)?;
        Ok(Parsed { civil_us: days * MICROS_PER_DAY + time_us, offset_us: self.offset_us })
    }
}

fn is_known(letter: char) -> bool {
    "YymdeHkIlMSfjspbBhaAuwZnt%".contains(letter)
}

/// Reads one of the names, whole or its first `short` letters, in any case.
fn take_name<'a>(text: &'a str, names: &[&str], short: usize) -> Option<(usize, &'a str)> {
    let starts_with =
        |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    names.iter().enumerate().find_map(|(index, name)| {
        let found = [name, &name[..short]].into_iter().find(|form| starts_with(form))?;
        Some((index, &text[found.len()..]))
    })
}
