//! Rust text as words and signs, without comments and literals.

/// What matters for finding paths.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(String),
    /// `::`
    Colons,
    /// Any other sign.
    Sign(char),
}

impl Token {
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Colons | Self::Sign(_) => None,
        }
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }
}

/// The words and signs of a file.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        match (chars[i], at(i + 1)) {
            ('/', '/') => i = end_of_line(&chars, i),
            ('/', '*') => i = end_of_block(&chars, i),
            ('"', _) => i = end_of_string(&chars, i + 1),
            ('\'', '\\') => i = end_of_char(&chars, i + 3),
            ('\'', _) if at(i + 2) == '\'' => i += 3,
            // a lifetime
            ('\'', _) => i = end_of_word(&chars, i + 1),
            (':', ':') => {
                tokens.push(Token::Colons);
                i += 2;
            }
            (first, _) if first.is_alphanumeric() || first == '_' => {
                let end = end_of_word(&chars, i);
                let word: String = chars[i..end].iter().collect();
                i = end;
                match (word.as_str(), at(end)) {
                    ("r" | "br" | "cr", '"') => i = end_of_raw_string(&chars, end),
                    ("r" | "br" | "cr", '#') if matches!(at(end + 1), '"' | '#') => {
                        i = end_of_raw_string(&chars, end);
                    }
                    // a raw identifier: its name follows
                    ("r", '#') => i += 1,
                    ("b" | "c", '"' | '\'') => {}
                    _ if first.is_ascii_digit() => {}
                    _ => tokens.push(Token::Word(word)),
                }
            }
            (first, _) => {
                if !first.is_whitespace() {
                    tokens.push(Token::Sign(first));
                }
                i += 1;
            }
        }
    }
    tokens
}

fn end_of_line(chars: &[char], from: usize) -> usize {
    position(chars, from, |it| it == '\n')
}

fn end_of_word(chars: &[char], from: usize) -> usize {
    position(chars, from, |it| !it.is_alphanumeric() && it != '_')
}

/// The end of a character that begins with a backslash, looked for behind the escaped character.
fn end_of_char(chars: &[char], from: usize) -> usize {
    position(chars, from, |it| it == '\'') + 1
}

fn end_of_block(chars: &[char], from: usize) -> usize {
    let (mut i, mut depth) = (from, 0);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (i, depth) = (i + 2, depth + 1),
            ('*', Some('/')) => (i, depth) = (i + 2, depth - 1),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn end_of_string(chars: &[char], from: usize) -> usize {
    let mut i = from;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn end_of_raw_string(chars: &[char], from: usize) -> usize {
    let hashes = position(chars, from, |it| it != '#') - from;
    let mut i = from + hashes + 1;
    while i < chars.len() {
        i = position(chars, i, |it| it == '"') + 1;
        if chars.iter().skip(i).take(hashes).filter(|it| **it == '#').count() == hashes {
            break;
        }
    }
    i + hashes
}

fn position(chars: &[char], from: usize, ends: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|i| ends(chars[*i])).unwrap_or(chars.len())
}
