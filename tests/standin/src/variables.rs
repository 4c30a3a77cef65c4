//! Dashboard variables: their values, and how they enter a panel's parameters.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values by name.
pub type Variables = BTreeMap<String, String>;

/// Replaces `$name` and `${name}` in the values of a query's parameters, and nowhere else, as the editor does.
pub fn interpolate(query: &mut Value, variables: &Variables) {
    let Some(parameters) = query.get_mut("parameters").and_then(Value::as_array_mut) else { return };
    for parameter in parameters {
        if let Some(Value::String(value)) = parameter.get_mut("value") {
            *value = replace(value, variables);
        }
    }
}

/// The text with every known variable replaced; unknown ones stay.
pub fn replace(text: &str, variables: &Variables) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, length) = match after.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (&inner[..end], end + 2),
                None => ("", 0),
            },
            None => {
                let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        match variables.get(name.split(':').next().unwrap_or_default()) {
            Some(value) => {
                result.push_str(value);
                rest = &after[length..];
            }
            None => {
                result.push('$');
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_enter_parameters_only() {
        let variables = Variables::from([("tag".to_owned(), "rock & roll".to_owned())]);
        let mut query = serde_json::json!({
            "rawSql": "SELECT '$tag' WHERE :t",
            "parameters": [{"name": "t", "type": "string", "value": "a ${tag} $tag ${tag:raw} $other ${open"}],
        });
        interpolate(&mut query, &variables);
        assert_eq!(query["rawSql"], "SELECT '$tag' WHERE :t");
        assert_eq!(query["parameters"][0]["value"], "a rock & roll rock & roll rock & roll $other ${open");
    }
}
