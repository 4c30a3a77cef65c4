//! Hashes and keyed hashes.

use hmac::digest::Digest;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use rockhopper_sql::{Function, Value};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::error::{Error, Result};

/// Calls one of the hash functions; the result is bytes. None if the arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    let (algorithm, arguments) = match (function, arguments) {
        (Md5, _) | (HmacMd5, _) => ("md5", arguments),
        (Sha1, _) | (HmacSha1, _) => ("sha1", arguments),
        (Sha256, _) | (HmacSha256, _) => ("sha256", arguments),
        (Sha512, _) | (HmacSha512, _) => ("sha512", arguments),
        (_, [rest @ .., Value::String(name)]) => (name.as_str(), rest),
        _ => return Ok(None),
    };
    let hash = match arguments {
        [data] => match bytes(data) {
            Some(data) => digest(algorithm, data)?,
            None => return Ok(None),
        },
        [data, key] => match (bytes(data), bytes(key)) {
            (Some(data), Some(key)) => keyed(algorithm, data, key)?,
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(Value::Bytes(hash)))
}

/// Bytes as they are, strings as UTF-8.
fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        Value::String(string) => Some(string.as_bytes()),
        _ => None,
    }
}

fn digest(algorithm: &str, data: &[u8]) -> Result<Vec<u8>> {
    Ok(match plain(algorithm).as_str() {
        "md5" => Md5::digest(data).to_vec(),
        "sha1" => Sha1::digest(data).to_vec(),
        "sha224" => Sha224::digest(data).to_vec(),
        "sha256" => Sha256::digest(data).to_vec(),
        "sha384" => Sha384::digest(data).to_vec(),
        "sha512" => Sha512::digest(data).to_vec(),
        _ => return Err(unknown(algorithm)),
    })
}

fn keyed(algorithm: &str, data: &[u8], key: &[u8]) -> Result<Vec<u8>> {
    match plain(algorithm).as_str() {
        "md5" => authenticate::<Hmac<Md5>>(data, key),
        "sha1" => authenticate::<Hmac<Sha1>>(data, key),
        "sha224" => authenticate::<Hmac<Sha224>>(data, key),
        "sha256" => authenticate::<Hmac<Sha256>>(data, key),
        "sha384" => authenticate::<Hmac<Sha384>>(data, key),
        "sha512" => authenticate::<Hmac<Sha512>>(data, key),
        _ => Err(unknown(algorithm)),
    }
}

fn authenticate<M: Mac + KeyInit>(data: &[u8], key: &[u8]) -> Result<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key)
        .map_err(|_| Error::invalid_argument("The key of an HMAC has a wrong length"))?;
    mac.update(data);
    Ok(mac.finalize().into_bytes().to_vec())
}

/// `SHA-256` and `sha256` are one name.
fn plain(algorithm: &str) -> String {
    algorithm.to_ascii_lowercase().replace('-', "")
}

fn unknown(algorithm: &str) -> Error {
    Error::invalid_argument(format!(
        "Unknown hash '{algorithm}'; use md5, sha1, sha224, sha256, sha384 or sha512"
    ))
}
