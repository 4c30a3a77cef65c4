//! The API key: where it comes from and how a request's key is compared with it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;
use rand::distr::Alphanumeric;
use rockhopper_api::Secret;
use subtle::ConstantTimeEq;

use crate::{Error, Result, files};

/// The environment variable that holds the key.
pub const KEY_VARIABLE: &str = "ROCKHOPPER_API_KEY";
/// How many characters a key that the server makes has.
const KEY_CHARACTERS: usize = 64;

/// Where a data directory keeps its key.
pub fn key_path(data_dir: &Path) -> PathBuf {
    data_dir.join("api-key")
}

/// Reads a key from a file.
///
/// # Errors
/// The file cannot be read or holds no key.
pub fn read(path: &Path) -> Result<Secret> {
    let Some(content) = files::read(path)? else {
        return Err(Error::Setup(format!("there is no API key file {}; name another one", path.display())));
    };
    let text = String::from_utf8_lossy(&content);
    let key = text.trim();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::Setup(format!(
            "{} holds no API key; write one line of visible ASCII characters without blanks into it",
            path.display()
        )));
    }
    Ok(Secret::new(key))
}

/// The key of a data directory; makes one if there is none yet. The second value says whether it is new.
///
/// # Errors
/// The file cannot be read or written.
pub fn read_or_create(data_dir: &Path) -> Result<(Secret, bool)> {
    let path = key_path(data_dir);
    if path.exists() {
        return Ok((read(&path)?, false));
    }
    let key: String = rand::rng().sample_iter(Alphanumeric).take(KEY_CHARACTERS).map(char::from).collect();
    files::replace(&path, format!("{key}\n").as_bytes())?;
    Ok((Secret::new(key), true))
}

/// Whether an `Authorization` header carries the key as `ApiKey KEY` or `Bearer KEY`, in any case, or, where
/// `basic` allows it, as the user name of `Basic`. Takes the same time for every wrong key of the right length.
pub fn matches(header: &str, key: &Secret, basic: bool) -> bool {
    let Some((scheme, credentials)) = header.trim().split_once(' ') else {
        return false;
    };
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("apikey") || scheme.eq_ignore_ascii_case("bearer") {
        return equal(credentials.as_bytes(), key);
    }
    if basic && scheme.eq_ignore_ascii_case("basic") {
        let Ok(pair) = STANDARD.decode(credentials) else {
            return false;
        };
        let user = pair.split(|byte| *byte == b':').next().unwrap_or_default();
        return equal(user, key);
    }
    false
}

fn equal(given: &[u8], key: &Secret) -> bool {
    given.ct_eq(key.expose().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_spelling_of_the_clients_is_taken() {
        let key = Secret::new("abc");
        for header in ["ApiKey abc", "apikey abc", "APIKEY  abc", "Bearer abc", "bearer abc"] {
            assert!(matches(header, &key, false), "{header}");
        }
        for header in
            ["abc", "ApiKey", "ApiKey ", "ApiKey ab", "ApiKey abcd", "Token abc", "Basic YWJjOg==", ""]
        {
            assert!(!matches(header, &key, false), "{header}");
        }
        assert!(matches("Basic YWJjOg==", &key, true));
        assert!(!matches("Basic Og==", &key, true));
    }

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let (first, made) = read_or_create(folder.path()).unwrap();
        let (second, made_again) = read_or_create(folder.path()).unwrap();
        assert_eq!(first, second);
        assert_eq!((made, made_again, first.expose().len()), (true, false, KEY_CHARACTERS));
    }
}
