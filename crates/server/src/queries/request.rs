//! What a request asks for besides its statement.

use std::sync::Arc;
use std::time::Duration;

use rockhopper_api::{QueryParameter, QueryRequest};
use rockhopper_sql::resolved::Parameter;
use rockhopper_values::parameter;

use crate::{Error, Result};

/// How long a query may run where the request does not say.
pub const DEFAULT_TIMEOUT_MS: u64 = 120_000;
/// The longest time-out that a request may ask for.
pub const MAX_TIMEOUT_MS: u64 = 30 * 60 * 1000;
/// The most parameters of one request.
pub const MAX_PARAMETERS: usize = 1000;

/// The limits of one query.
#[derive(Debug, PartialEq, Eq)]
pub struct Limits {
    /// The limit where the outermost query has none.
    pub default_row_limit: Option<usize>,
    /// The query is ended after this time.
    pub timeout: Duration,
    /// Whose turn it takes.
    pub client: Arc<str>,
}

impl Limits {
    /// What a request of a client asks for.
    ///
    /// # Errors
    /// It asks for more than it may, or to run in the background.
    pub fn of(request: &QueryRequest, client: &Arc<str>) -> Result<Limits> {
        if request.run_async == Some(true) {
            return Err(Error::NotSupported(
                "running a query in the background (\"async\": true)".to_string(),
            ));
        }
        let timeout_ms = match request.timeout_ms {
            None | Some(0) => DEFAULT_TIMEOUT_MS,
            Some(timeout_ms) if timeout_ms <= MAX_TIMEOUT_MS => timeout_ms,
            Some(timeout_ms) => {
                return Err(Error::Invalid(format!(
                    "timeout_ms is {timeout_ms}; it may be at most {MAX_TIMEOUT_MS} (30 minutes)"
                )));
            }
        };
        let row_limit = request.sql.default_row_limit.map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
        let timeout = Duration::from_millis(timeout_ms);
        Ok(Limits { default_row_limit: row_limit, timeout, client: client.clone() })
    }
}

/// The values of a request's parameters.
///
/// # Errors
/// [`Error::Invalid`] that names the parameter.
pub fn parameters(parameters: &[QueryParameter]) -> Result<Vec<Parameter>> {
    if parameters.len() > MAX_PARAMETERS {
        return Err(Error::Invalid(format!(
            "the request has {} parameters; there may be at most {MAX_PARAMETERS}",
            parameters.len()
        )));
    }
    parameters.iter().map(value_of).collect()
}

fn value_of(parameter: &QueryParameter) -> Result<Parameter> {
    let declared = match parameter.kind.as_deref() {
        Some(kind) if !kind.is_empty() => kind,
        _ => natural_type(&parameter.value),
    };
    let value = parameter::parse(declared, &parameter.value)
        .map_err(|reason| Error::Invalid(format!("parameter :{}: {reason}", parameter.name)))?;
    Ok(Parameter { name: parameter.name.clone(), value })
}

/// The type of a parameter that declares none.
fn natural_type(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Number(number) if number.is_i64() => "int",
        serde_json::Value::Number(_) => "float",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rockhopper_sql::Value;

    use super::*;

    #[test]
    fn a_timeout_one_step_past_the_limit_is_refused() {
        let limits = |timeout_ms| {
            Limits::of(&QueryRequest { timeout_ms, ..QueryRequest::default() }, &"client".into())
        };
        assert_eq!(limits(None).unwrap().timeout, Duration::from_secs(120));
        assert_eq!(limits(Some(MAX_TIMEOUT_MS)).unwrap().timeout, Duration::from_secs(1800));
        assert!(limits(Some(MAX_TIMEOUT_MS + 1)).is_err());
    }

    #[test]
    fn values_are_of_the_declared_type() {
        let parameter = |kind: Option<&str>, value: serde_json::Value| QueryParameter {
            name: "p".to_string(),
            kind: kind.map(str::to_string),
            value,
        };
        for (kind, value, expected) in [
            (Some("int"), "5".into(), Value::Int(5)),
            (Some("string"), "5".into(), Value::String("5".into())),
            (Some("bool"), "True".into(), Value::Bool(true)),
            (None, 5.into(), Value::Int(5)),
            (None, "5".into(), Value::String("5".into())),
        ] {
            assert_eq!(parameters(&[parameter(kind, value)]).unwrap()[0].value, expected);
        }
        let error = parameters(&[parameter(Some("int"), "x".into())]).unwrap_err().to_string();
        assert!(error.contains(":p"), "{error}");
        let many = vec![parameter(None, 1.into()); MAX_PARAMETERS + 1];
        assert!(parameters(&many).is_err());
    }
}
