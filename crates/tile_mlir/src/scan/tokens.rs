//! MLIR's tokens, as far as the checks tell them apart.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'t> {
    Open(u8),
    Close(u8),
    /// `#name` or `!name`, without the sign.
    Alias(&'t [u8]),
    /// `%name`, without the sign; a result number behind it is an alias token.
    Value(&'t [u8]),
    /// `^name`.
    Label,
    /// A keyword or an operation's name.
    Word(&'t [u8]),
    /// A string literal.
    Text,
    /// A digit or any other byte; `==`, `>=` and `->` come as `~`.
    Other(u8),
}

/// Iterates over tokens with their offsets; comments and spaces are skipped.
#[derive(Clone)]
pub(super) struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Tokens<'t> {
        Tokens { text: text.as_bytes(), at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn word(&mut self, extra: &[u8]) -> &'t [u8] {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || b"_.$".contains(&b) || extra.contains(&b)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// Skips the rest of a string literal; like MLIR's, it ends at a quote or at the line's end.
    fn string(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' | b'\n' => return,
                b'\\' if self.peek().is_some_and(|next| next != b'\n') => self.at += 1,
                _ => {}
            }
        }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (Token<'t>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at;
            let byte = self.peek()?;
            self.at += 1;
            let token = match byte {
                byte if byte.is_ascii_whitespace() => continue,
                b'/' if self.peek() == Some(b'/') => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                    continue;
                }
                b'"' => {
                    self.string();
                    Token::Text
                }
                b'(' | b'[' | b'{' | b'<' => Token::Open(byte),
                b'-' if self.peek() == Some(b'>') => {
                    self.at += 1;
                    Token::Other(b'~')
                }
                b'=' | b'>' if self.peek() == Some(b'=') => {
                    self.at += 1;
                    Token::Other(b'~')
                }
                b')' | b']' | b'}' | b'>' => Token::Close(byte),
                b'#' | b'!' => Token::Alias(self.word(b"")),
                b'%' => Token::Value(self.word(b"-")),
                b'^' => {
                    self.word(b"-");
                    Token::Label
                }
                byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                    self.at = start;
                    Token::Word(self.word(b""))
                }
                _ => Token::Other(byte),
            };
            return Some((token, start));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_a_line() {
        let found: Vec<_> = Tokens::new("%a:2 = scf.if -> // \"(\n\"x\\\"(\" #m^bb0").map(|token| token.0).collect();
        let expected = [
            Token::Value(b"a"),
            Token::Other(b':'),
            Token::Other(b'2'),
            Token::Other(b'='),
            Token::Word(b"scf.if"),
            Token::Other(b'~'),
            Token::Text,
            Token::Alias(b"m"),
            Token::Label,
        ];
        assert_eq!(found, expected);
    }
}
