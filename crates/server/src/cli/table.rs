//! Plain tables for a terminal.

/// The widest cell that is printed, in characters; the rest is cut.
const MAX_CELL_CHARACTERS: usize = 60;

/// A table whose columns are as wide as their widest cell.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(names: &[&str]) -> Table {
        Table { rows: vec![names.iter().map(|name| one_line(name)).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| one_line(cell)).collect());
    }

    /// The text, with a line under the names.
    pub fn render(&self) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}", width = *width))
                .collect();
            text.push_str(cells.join(" | ").trim_end());
            text.push('\n');
            if number == 0 {
                let lines: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                text.push_str(&lines.join("-+-"));
                text.push('\n');
            }
        }
        text
    }
}

/// A cell on one line, cut to a width that a terminal can show. Control characters are shown as blanks, so that
/// data cannot steer the terminal.
fn one_line(cell: &str) -> String {
    let mut text: String =
        cell.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CELL_CHARACTERS + 1).collect();
    if text.chars().count() > MAX_CELL_CHARACTERS {
        text.pop();
        text.pop();
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_data_cannot_steer_the_terminal() {
        let mut table = Table::new(&["a", "name"]);
        table.row(vec!["100".to_string(), "x\u{1b}[2J\ny".to_string()]);
        assert_eq!(table.render(), "a   | name\n----+--------\n100 | x [2J y\n");
        table.row(vec!["1".to_string(), "ä".repeat(MAX_CELL_CHARACTERS + 1)]);
        assert!(table.render().lines().all(|line| line.chars().count() <= 6 + MAX_CELL_CHARACTERS));
    }
}
