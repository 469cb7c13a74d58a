//! Text for other languages: whatever it says, it stays one string there.

use serde_json::Value;

/// One word of a POSIX shell's command line.
pub fn sh(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:=@%+,-".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A string of Terraform's language, without templates.
pub fn hcl(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.replace("${", "$${").replace("%{", "%%{")
}

/// A list of such strings.
pub fn hcl_list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| hcl(text)).collect::<Vec<_>>().join(", "))
}

/// A string of TypeScript.
pub fn ts(text: &str) -> String {
    let json = Value::from(text).to_string();
    let inner = json.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(&json);
    let inner = inner.replace("\\\"", "\"").replace('\'', "\\'");
    // Two line breaks that JSON lets stand.
    format!("'{}'", inner.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"))
}

/// A list of such strings.
pub fn ts_list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| ts(text)).collect::<Vec<_>>().join(", "))
}

/// One string, or a list where there are several.
pub fn ts_one_or_many(texts: &[String]) -> String {
    match texts {
        [one] => ts(one),
        many => ts_list(many),
    }
}

/// JSON as people write it.
pub fn json(value: &Value) -> String {
    format!("{value:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "a'b\"c\\d${e}%{f}$(g)`h`\n";

    #[test]
    fn a_shell_takes_the_word_for_what_it_is() {
        assert_eq!(sh("https://vercel.com/acme"), "https://vercel.com/acme");
        assert_eq!(sh(""), "''");
        assert_eq!(sh("it's $(x)"), r"'it'\''s $(x)'");
        let output =
            std::process::Command::new("sh").args(["-c", &format!("printf %s {}", sh(NASTY))]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), NASTY);
    }

    #[test]
    fn terraform_and_typescript_take_strings_for_what_they_are() {
        assert_eq!(hcl(NASTY), r#""a'b\"c\\d$${e}%%{f}$(g)`h`\n""#);
        assert_eq!(ts(NASTY), r#"'a\'b"c\\d${e}%{f}$(g)`h`\n'"#);
        assert_eq!(ts("\\\""), r#"'\\"'"#);
        assert_eq!(ts("\u{2028}"), "'\\u2028'");
        assert_eq!(ts_one_or_many(&["a".into()]), "'a'");
        assert_eq!(hcl_list(&["a".into(), "b".into()]), r#"["a", "b"]"#);
    }
}
