//! Text as it comes, never half a character.

use super::Tokenizer;

/// Turns a stream of tokens into a stream of text. A token may end inside a character; its bytes are then kept until
/// the rest arrives. All pieces together are what [`Tokenizer::decode`] gives for all tokens.
pub struct TextStream<'a> {
    tokenizer: &'a Tokenizer,
    /// The last token whose text is out, as context, then those still waiting.
    window: Vec<u32>,
    /// Bytes of the window's text that are out.
    shown: usize,
}

impl<'a> TextStream<'a> {
    pub(super) fn new(tokenizer: &'a Tokenizer) -> TextStream<'a> {
        TextStream { tokenizer, window: Vec::new(), shown: 0 }
    }

    /// Takes a token and returns the text that is complete with it; often empty.
    pub fn push(&mut self, token: u32) -> String {
        self.window.push(token);
        let text = self.tokenizer.decode(&self.window);
        // The start of a character, however many bytes it has, decodes to one U+FFFD at the end.
        let complete = text.strip_suffix('\u{FFFD}').unwrap_or(&text);
        let piece = text.get(self.shown..complete.len()).unwrap_or_default().to_owned();
        if complete.len() == text.len() {
            self.window.drain(..self.window.len() - 1);
            self.shown = self.tokenizer.decode(&self.window).len();
        } else {
            self.shown += piece.len();
        }
        piece
    }

    /// The rest, when no more tokens come: U+FFFD for a character that was never finished.
    pub fn finish(self) -> String {
        self.tokenizer.decode(&self.window).get(self.shown..).unwrap_or_default().to_owned()
    }
}
