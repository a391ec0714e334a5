//! Tables for a terminal, where a Korean letter takes two columns.

/// How many columns a text takes.
fn width(text: &str) -> usize {
    text.chars().map(|letter| if letter >= '\u{1100}' { 2 } else { 1 }).sum()
}

/// Lines of a table: the first row is the heading; columns that hold only numbers are flush right.
pub fn lines(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|row| width(&cell(row, column))).max().unwrap_or(0))
        .collect();
    let numeric = |column: usize| rows.iter().skip(1).all(|row| is_number(&cell(row, column)));
    let numeric: Vec<bool> = (0..columns).map(numeric).collect();
    let line = |row: &Vec<String>| {
        let cells = widths.iter().zip(&numeric).enumerate().map(|(column, (wide, right))| {
            let text = cell(row, column);
            let gap = " ".repeat(wide - width(&text));
            if *right { format!("{gap}{text}") } else { format!("{text}{gap}") }
        });
        format!("    {}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn is_number(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_digit() || letter == ',' || letter == '-')
}

/// `1234567` as `1,234,567`.
pub fn won(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if amount < 0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn won_are_grouped_by_thousands() {
        let all = [0, 999, 1_000, -1_234_567].map(won);
        assert_eq!(all, ["0", "999", "1,000", "-1,234,567"]);
    }

    #[test]
    fn korean_letters_take_two_columns_and_numbers_stand_right() {
        let rows = [vec!["이름".into(), "won".into()], vec!["abc".into(), "1".into()]];
        assert_eq!(lines(&rows), ["    이름  won", "    abc     1"]);
    }
}
