//! Random values from a seed, with the corners of each type more often than chance would have them.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rockhopper_values::Value;

/// A generator that gives the same values for the same seed.
pub struct Values(StdRng);

impl Values {
    pub fn new(seed: u64) -> Values {
        Values(StdRng::seed_from_u64(seed))
    }

    /// A value with arrays and objects up to `levels` deep.
    pub fn value(&mut self, levels: u32) -> Value {
        let kinds = if levels > 0 { 15 } else { 13 };
        match self.0.random_range(0..kinds) {
            0 => Value::Undefined,
            1 => Value::Null,
            2 => Value::Bool(self.0.random()),
            3 | 4 => Value::Int(self.int()),
            5 | 6 => Value::Float(self.float()),
            7 => Value::String(self.string()),
            8 => Value::Bytes(
                self.string().into_bytes().into_iter().map(|byte| byte ^ self.0.random::<u8>() & 1).collect(),
            ),
            9 => Value::Timestamp(self.instant()),
            10 => Value::Date((self.instant() / 86_400_000_000) as i32),
            11 => Value::DateTime(self.instant()),
            12 => match self.0.random_range(0..3) {
                0 => Value::Time(self.0.random_range(0..86_400_000_000)),
                1 => Value::MicrosecondInterval(self.int()),
                _ => Value::MonthInterval(self.int()),
            },
            13 => Value::Array((0..self.0.random_range(0..4)).map(|_| self.value(levels - 1)).collect()),
            _ => self.object(levels),
        }
    }

    /// A number from 0 up to, not including, `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0.random_range(0..limit)
    }

    fn object(&mut self, levels: u32) -> Value {
        let mut members: Vec<(String, Value)> = Vec::new();
        for _ in 0..self.0.random_range(0..4) {
            let name = self.string();
            let value = self.value(levels - 1);
            if members.iter().all(|(found, _)| *found != name) {
                members.push((name, value));
            }
        }
        Value::Object(members)
    }

    fn int(&mut self) -> i64 {
        let near = [0, 1, -1, i64::MIN, i64::MAX, 1 << 53, -(1 << 53), 1 << 62, 1 << 60];
        match self.0.random_range(0..4) {
            0 => self.0.random(),
            1 => self.0.random_range(-3..4),
            _ => near[self.0.random_range(0..near.len())].saturating_add(self.0.random_range(-600..600)),
        }
    }

    fn float(&mut self) -> f64 {
        let corners = [
            0.0,
            -0.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN_POSITIVE,
            9.3e18,
            -9.3e18,
            0.5,
        ];
        match self.0.random_range(0..4) {
            0 => corners[self.0.random_range(0..corners.len())],
            1 => self.int() as f64,
            2 => self.0.random_range(-3..4) as f64 / 2.0,
            _ => f64::from_bits(self.0.random()),
        }
    }

    fn string(&mut self) -> String {
        let chars = ['\0', '\u{1}', 'a', 'b', '\u{ff}', '\u{10ffff}'];
        (0..self.0.random_range(0..4)).map(|_| chars[self.0.random_range(0..chars.len())]).collect()
    }

    /// Often a midnight, so that dates meet datetimes.
    fn instant(&mut self) -> i64 {
        let day = self.0.random_range(-3..4) * 86_400_000_000;
        if self.0.random() { day } else { day + self.0.random_range(-2..3) }
    }
}
