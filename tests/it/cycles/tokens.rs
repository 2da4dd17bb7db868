//! Rust text as words and signs, without comments and literals.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A token that can be part of a path, or that ends one.
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
    let mut tokens = Vec::new();
    flatten(text.parse().expect("the file is Rust"), &mut tokens);
    tokens
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::None => (' ', ' '),
                };
                tokens.push(Token::Sign(open));
                flatten(group.stream(), tokens);
                tokens.push(Token::Sign(close));
            }
            TokenTree::Ident(word) => {
                tokens.push(Token::Word(word.to_string().trim_start_matches("r#").to_owned()));
            }
            TokenTree::Punct(sign) => match sign.as_char() {
                // A lifetime: its name is no path.
                '\'' => drop(trees.next()),
                ':' if sign.spacing() == Spacing::Joint
                    && matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':') =>
                {
                    trees.next();
                    tokens.push(Token::Colons);
                }
                other => tokens.push(Token::Sign(other)),
            },
            TokenTree::Literal(_) => {}
        }
    }
}
