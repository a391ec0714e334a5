//! Comma-separated values (RFC 4180) that a spreadsheet opens as what they are: UTF-8 with a byte-order mark, and no cell that it would
//! take for a formula.

/// Says to a spreadsheet that it is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Adds one line.
pub fn line<'a>(into: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            into.push(',');
        }
        self::cell(into, cell);
    }
    into.push_str("\r\n");
}

/// What begins like a formula gets an apostrophe before it, unless it is a plain number; what holds a separator is quoted.
fn cell(into: &mut String, text: &str) {
    let apostrophe = if is_formula(text) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        into.push('"');
        into.push_str(apostrophe);
        into.push_str(&text.replace('"', "\"\""));
        into.push('"');
    } else {
        into.push_str(apostrophe);
        into.push_str(text);
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number(text)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::line;

    fn written(cells: &[&str]) -> String {
        let mut text = String::new();
        line(&mut text, cells.iter().copied());
        text
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_text() {
        for (cell, safe) in [
            ("=1+1", "'=1+1"),
            ("+82", "'+82"),
            ("-x", "'-x"),
            ("@sum", "'@sum"),
            ("\tx", "'\tx"),
            ("-", "'-"),
            ("-12-3", "'-12-3"),
            ("=HYPERLINK(\"a\",\"b\")", "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\""),
            ("\rx", "\"'\rx\""),
        ] {
            assert_eq!(written(&[cell]), format!("{safe}\r\n"));
        }
    }

    #[test]
    fn numbers_and_words_stay_what_they_are() {
        assert_eq!(written(&["-12000", "0", "커피, 두 잔", "a-b", ""]), "-12000,0,\"커피, 두 잔\",a-b,\r\n");
    }
}
