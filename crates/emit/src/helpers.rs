//! Helper functions that a kernel's text begins with.

use std::fmt;

/// The helpers one kernel uses: each once, those that others call first.
#[derive(Clone, Debug, Default)]
pub struct Helpers {
    functions: Vec<(String, String)>,
}

impl Helpers {
    /// Adds a function unless it is there already. `key` tells functions apart: the name, and for overloads their
    /// types. `text` is asked for first, so that it can add what the function calls.
    pub fn need(&mut self, key: &str, text: impl FnOnce(&mut Helpers) -> String) {
        if !self.has(key) {
            let text = text(self);
            self.functions.push((key.to_owned(), text));
        }
    }

    /// Whether the function of this key was added.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.functions.iter().any(|(known, _)| known == key)
    }

    /// The functions' texts in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|(_, text)| text.as_str())
    }
}

impl fmt::Display for Helpers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for text in self.texts() {
            writeln!(f, "{text}\n")?;
        }
        Ok(())
    }
}
