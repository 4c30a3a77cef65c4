//! Dates and times to text by a strftime format.

use std::fmt::Write;

use super::civil::{self, Civil};
use super::iso::format_offset;
use super::{MICROS_PER_DAY, MICROS_PER_SECOND};
use crate::error::{Error, Result};

/// Full English names; the short forms are their first three letters.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From Sunday.
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// What is formatted.
pub struct Moment<'a> {
    /// The civil time in microseconds.
    pub civil_us: i64,
    /// Its distance from UTC in microseconds, for `%z`.
    pub offset_us: i64,
    /// The name of its zone, for `%Z`.
    pub zone_name: &'a str,
}

/// Text by a format of [`super::texts`]. Fails for an unknown letter.
pub fn format(pattern: &str, moment: &Moment) -> Result<String> {
    let civil = Civil::from_us(moment.civil_us);
    let mut text = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let (directive, after) = Directive::take(&rest[at + 1..]).ok_or_else(|| unknown(pattern))?;
        push(&mut text, directive, moment, &civil).ok_or_else(|| unknown(pattern))?;
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// What follows a `%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Directive {
    /// One letter.
    Letter(char),
    /// `%E*S` (None) or `%E3S`: seconds with a fraction.
    Seconds(Option<usize>),
    /// `%Ez`, `%:z`: an offset with a colon.
    Offset,
}

impl Directive {
    pub(crate) fn take(text: &str) -> Option<(Directive, &str)> {
        if let Some(after) = text.strip_prefix("E*S") {
            return Some((Directive::Seconds(None), after));
        }
        if let Some(after) = text.strip_prefix("Ez").or_else(|| text.strip_prefix(":z")) {
            return Some((Directive::Offset, after));
        }
        if let [b'E', digit @ b'0'..=b'6', b'S', ..] = text.as_bytes() {
            return Some((Directive::Seconds(Some(usize::from(digit - b'0'))), &text[3..]));
        }
        let letter = text.chars().next()?;
        Some((Directive::Letter(letter), &text[letter.len_utf8()..]))
    }
}

/// Directives that stand for others.
pub(crate) fn expansion(letter: char) -> Option<&'static str> {
    Some(match letter {
        'T' | 'X' => "%H:%M:%S",
        'R' => "%H:%M",
        'D' | 'x' => "%m/%d/%y",
        'F' => "%Y-%m-%d",
        'r' => "%I:%M:%S %p",
        'c' => "%a %b %e %H:%M:%S %Y",
        _ => return None,
    })
}

pub(crate) fn unknown(pattern: &str) -> Error {
    Error::new(
        "invalid_format",
        format!("The format '{pattern}' has a % directive that is not known; write %% for a per cent sign"),
    )
}

/// None if the letter is not known.
fn push(text: &mut String, directive: Directive, moment: &Moment, civil: &Civil) -> Option<()> {
    match directive {
        Directive::Offset => text.push_str(&format_offset(moment.offset_us, ":")),
        Directive::Seconds(digits) => push_seconds(text, civil, digits)?,
        Directive::Letter('z') => text.push_str(&format_offset(moment.offset_us, "")),
        Directive::Letter('Z') => text.push_str(moment.zone_name),
        Directive::Letter('s') => {
            let seconds = (moment.civil_us - moment.offset_us).div_euclid(MICROS_PER_SECOND);
            write!(text, "{seconds}").ok()?;
        }
        Directive::Letter(letter) => match expansion(letter) {
            Some(pattern) => text.push_str(&format(pattern, moment).ok()?),
            None => push_field(text, letter, moment.civil_us.div_euclid(MICROS_PER_DAY), civil)?,
        },
    }
    Some(())
}

fn push_field(text: &mut String, letter: char, days: i64, civil: &Civil) -> Option<()> {
    let month = MONTHS[(civil.month - 1) as usize];
    let weekday = WEEKDAYS[civil::weekday(days) as usize];
    let twelve_hours = (civil.hour + 11) % 12 + 1;
    match letter {
        'Y' => write!(text, "{:04}", civil.year),
        'C' => write!(text, "{:02}", civil.year.div_euclid(100)),
        'y' => write!(text, "{:02}", civil.year.rem_euclid(100)),
        'm' => write!(text, "{:02}", civil.month),
        'd' => write!(text, "{:02}", civil.day),
        'e' => write!(text, "{:2}", civil.day),
        'H' => write!(text, "{:02}", civil.hour),
        'k' => write!(text, "{:2}", civil.hour),
        'I' => write!(text, "{twelve_hours:02}"),
        'l' => write!(text, "{twelve_hours:2}"),
        'M' => write!(text, "{:02}", civil.minute),
        'S' => write!(text, "{:02}", civil.second),
        'f' => write!(text, "{:06}", civil.microsecond),
        'p' => write!(text, "{}", if civil.hour < 12 { "AM" } else { "PM" }),
        'b' | 'h' => write!(text, "{}", &month[..3]),
        'B' => write!(text, "{month}"),
        'a' => write!(text, "{}", &weekday[..3]),
        'A' => write!(text, "{weekday}"),
        'j' => write!(text, "{:03}", civil::day_of_year(days)),
        'w' => write!(text, "{}", civil::weekday(days)),
        'u' => write!(text, "{}", (civil::weekday(days) + 6) % 7 + 1),
        'U' => write!(text, "{:02}", (civil::day_of_year(days) + 6 - civil::weekday(days)) / 7),
        'W' => write!(text, "{:02}", (civil::day_of_year(days) + 6 - (civil::weekday(days) + 6) % 7) / 7),
        'V' => write!(text, "{:02}", civil::iso_week(days).1),
        'G' => write!(text, "{:04}", civil::iso_week(days).0),
        'n' => writeln!(text),
        't' => write!(text, "\t"),
        '%' => write!(text, "%"),
        _ => return None,
    }
    .ok()
}

fn push_seconds(text: &mut String, civil: &Civil, digits: Option<usize>) -> Option<()> {
    write!(text, "{:02}", civil.second).ok()?;
    let fraction = format!("{:06}", civil.microsecond);
    let shown = digits.map_or(fraction.trim_end_matches('0'), |digits| &fraction[..digits]);
    if !shown.is_empty() {
        write!(text, ".{shown}").ok()?;
    }
    Some(())
}
