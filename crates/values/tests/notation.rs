//! The notation of the tables: a small part of SQL that is evaluated while it is read. Operators have no precedence and
//! go from left to right.

use rockhopper_values::{CastMode, Function, Result, Type, Value, call, cast};

/// The value of a text, or the error of its evaluation. Panics on text outside of the notation.
pub fn evaluate(text: &str) -> Result<Value> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.expression();
    reader.space();
    assert!(reader.rest().is_empty(), "cannot read {:?} in {text:?}", reader.rest());
    value
}

/// The values between commas at the top level.
pub fn evaluate_list(text: &str) -> Vec<Value> {
    let mut reader = Reader { text, at: 0 };
    let mut values = Vec::new();
    loop {
        values.push(reader.expression().unwrap());
        if !reader.take(",") {
            reader.space();
            assert!(reader.rest().is_empty(), "cannot read {:?} in {text:?}", reader.rest());
            return values;
        }
    }
}

/// Whether two values are the same in every bit that a user can see, the type included.
pub fn same(left: &Value, right: &Value) -> bool {
    let bytes = |value: &Value| {
        let mut bytes = Vec::new();
        rockhopper_values::codec::encode(value, &mut bytes);
        bytes
    };
    bytes(left) == bytes(right)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

const OPERATORS: [(&str, Function); 16] = [
    ("is not distinct from", Function::IsNotDistinctFrom),
    ("is distinct from", Function::IsDistinctFrom),
    ("at time zone", Function::AtTimeZone),
    ("like", Function::Like),
    ("||", Function::Concatenate),
    ("<>", Function::NotEqual),
    ("<=", Function::LessOrEqual),
    (">=", Function::GreaterOrEqual),
    ("<", Function::Less),
    (">", Function::Greater),
    ("=", Function::Equal),
    ("+", Function::Add),
    ("-", Function::Subtract),
    ("*", Function::Multiply),
    ("/", Function::Divide),
    ("%", Function::Modulo),
];

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, wanted: &str) -> bool {
        self.space();
        let found = self.rest().get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted));
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn expect(&mut self, wanted: &str) {
        assert!(self.take(wanted), "no {wanted:?} at {:?} in {:?}", self.rest(), self.text);
    }

    fn expression(&mut self) -> Result<Value> {
        let mut left = self.primary();
        'operands: loop {
            for (sign, function) in OPERATORS {
                if self.take(sign) {
                    let right = self.primary();
                    left = match (left, right) {
                        (Ok(left), Ok(right)) => call(function, &[left, right]),
                        (Err(error), _) | (_, Err(error)) => Err(error),
                    };
                    continue 'operands;
                }
            }
            return left;
        }
    }

    fn primary(&mut self) -> Result<Value> {
        self.space();
        let first =
            self.rest().chars().next().unwrap_or_else(|| panic!("a value is missing in {:?}", self.text));
        match first {
            '(' => {
                self.at += 1;
                let value = self.expression();
                self.expect(")");
                value
            }
            '[' => {
                self.at += 1;
                Ok(Value::Array(self.list("]")?))
            }
            '{' => {
                self.at += 1;
                self.object()
            }
            '\'' => Ok(Value::String(self.string())),
            '-' if !self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                self.at += 1;
                call(Function::Negate, &[self.primary()?])
            }
            '-' | '0'..='9' => self.number(),
            _ => self.word(),
        }
    }

    fn list(&mut self, end: &str) -> Result<Vec<Value>> {
        let mut values = Vec::new();
        if self.take(end) {
            return Ok(Vec::new());
        }
        loop {
            values.push(self.expression());
            if self.take(end) {
                return values.into_iter().collect();
            }
            self.expect(",");
        }
    }

    fn object(&mut self) -> Result<Value> {
        let mut members = Vec::new();
        while !self.take("}") {
            self.space();
            let name = self.string();
            self.expect(":");
            members.push((name, self.expression()?));
            self.take(",");
        }
        Ok(Value::Object(members))
    }

    fn string(&mut self) -> String {
        assert!(self.rest().starts_with('\''), "no string at {:?} in {:?}", self.rest(), self.text);
        self.at += 1;
        let mut string = String::new();
        loop {
            let end =
                self.rest().find('\'').unwrap_or_else(|| panic!("a string does not end in {:?}", self.text));
            string.push_str(&self.rest()[..end]);
            self.at += end + 1;
            if !self.rest().starts_with('\'') {
                return string;
            }
            string.push('\'');
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Value> {
        let is_inside = |(at, char): &(usize, char)| {
            char.is_ascii_digit()
                || matches!(char, '.' | 'e')
                || (*char == '-' && (*at == 0 || self.rest()[..*at].ends_with('e')))
        };
        let length = self.rest().char_indices().take_while(is_inside).count();
        let digits = &self.rest()[..length];
        self.at += length;
        Ok(digits.parse().map(Value::Int).unwrap_or_else(|_| Value::Float(digits.parse().unwrap())))
    }

    fn word(&mut self) -> Result<Value> {
        let length = self.rest().find(|char: char| !char.is_ascii_alphanumeric() && char != '_');
        let word = &self.rest()[..length.unwrap_or(self.rest().len())];
        self.at += word.len();
        if self.rest().starts_with('\'') {
            let text = Value::String(self.string());
            return match word {
                "x" => call(Function::FromHex, &[text]),
                _ => cast(&text, Type::from_name(word).unwrap(), CastMode::Cast),
            };
        }
        match word {
            "null" => return Ok(Value::Null),
            "undefined" => return Ok(Value::Undefined),
            "true" | "false" => return Ok(Value::Bool(word == "true")),
            "NaN" => return Ok(Value::Float(f64::NAN)),
            "Infinity" => return Ok(Value::Float(f64::INFINITY)),
            _ => self.expect("("),
        }
        let mode = match word {
            "cast" => CastMode::Cast,
            "try_cast" => CastMode::Try,
            "static_cast" => CastMode::Static,
            "try_static_cast" => CastMode::TryStatic,
            _ => return call(function(word), &self.list(")")?),
        };
        let value = self.expression();
        self.expect("as");
        self.space();
        let end = self.rest().find(')').unwrap();
        let to = Type::from_name(self.rest()[..end].trim()).unwrap();
        self.at += end + 1;
        cast(&value?, to, mode)
    }
}

fn function(name: &str) -> Function {
    let operator = || Function::all().iter().copied().find(|function| function.name() == name);
    Function::from_name(name).or_else(operator).unwrap_or_else(|| panic!("no function {name}"))
}

/// How a result is shown where it is not what was expected.
pub fn show(result: &Result<Value>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("error {} ({})", error.error_id, error.message),
    }
}
