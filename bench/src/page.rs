//! `docs/benchmarks.md`: each command replaces its own section.

use std::path::Path;

use crate::error::{Result, io};

/// Writes a command's section into the page; the page may not exist yet.
///
/// # Errors
/// The file cannot be read or written.
pub fn write(path: &Path, section: &str, text: &str) -> Result<()> {
    let page = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "# Benchmarks\n".to_owned(),
        read => read.map_err(io(format!("read {}", path.display())))?,
    };
    std::fs::write(path, replace(&page, section, text)).map_err(io(format!("write {}", path.display())))
}

/// The page with a section replaced, or added at its end.
fn replace(page: &str, section: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- bench:{section} -->"), format!("<!-- /bench:{section} -->"));
    let written = format!("{begin}\n{}\n{end}", text.trim());
    let found = page.split_once(&begin);
    match found.and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1))) {
        Some((before, after)) => format!("{before}{written}{after}"),
        None => format!("{}\n\n{written}\n", page.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "# Head\n\n<!-- bench:a -->\nold a\n<!-- /bench:a -->\n\n<!-- bench:b -->\nb\n<!-- /bench:b -->\n";

    #[test]
    fn only_the_named_section_changes() {
        let page = replace(PAGE, "a", "new a\n");
        assert_eq!(page, PAGE.replace("old a", "new a"));
        assert_eq!(replace(&page, "a", "new a"), page);
    }

    #[test]
    fn a_section_that_is_not_there_comes_last() {
        let page = replace(PAGE, "c", "c");
        assert_eq!(page, format!("{PAGE}\n<!-- bench:c -->\nc\n<!-- /bench:c -->\n"));
        assert_eq!(replace(&page, "c", "d"), page.replace("\nc\n", "\nd\n"));
    }

    #[test]
    fn a_page_is_made_where_there_is_none() -> Result<()> {
        let folder = tempfile::tempdir().map_err(io("make a folder"))?;
        let path = folder.path().join("page.md");
        write(&path, "a", "one")?;
        write(&path, "a", "two")?;
        let page = std::fs::read_to_string(&path).map_err(io("read the page"))?;
        assert_eq!(page, "# Benchmarks\n\n<!-- bench:a -->\ntwo\n<!-- /bench:a -->\n");
        Ok(())
    }
}
