//! What a kernel author declares.

use std::fmt;

use crate::error::Error;

/// Kernels that may become one launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The fused kernel's name.
    pub name: String,
    /// Family of the kernel whose output the others read, computed in each of their programs.
    pub producer: Option<String>,
    /// The kernels side by side, in the order of their launches; at least one.
    pub consumers: Vec<Consumer>,
}

/// One of the kernels side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Family.
    pub kernel: String,
    /// The argument that is the producer's output; `None` for the only one that fits.
    pub arg: Option<String>,
}

impl Declaration {
    /// Reads `name=producer>consumer.arg+consumer`, as the frontend writes it; `producer>` and `.arg` may be missing.
    ///
    /// # Errors
    /// [`Error::Syntax`].
    pub fn parse(text: &str) -> Result<Declaration, Error> {
        let bad = |expected| Error::Syntax { text: text.to_owned(), expected };
        let word = |word: &str, expected| {
            let valid = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if valid { Ok(word.to_owned()) } else { Err(bad(expected)) }
        };
        let (name, rest) = text.split_once('=').ok_or_else(|| bad("`name=`"))?;
        let name = word(name, "a name")?;
        let (producer, rest) = match rest.split_once('>') {
            Some((producer, rest)) => (Some(word(producer, "a kernel's name")?), rest),
            None => (None, rest),
        };
        let consumer = |part: &str| match part.split_once('.') {
            Some((kernel, arg)) => {
                Ok(Consumer { kernel: word(kernel, "a kernel's name")?, arg: Some(word(arg, "an argument's name")?) })
            }
            None => Ok(Consumer { kernel: word(part, "a kernel's name")?, arg: None }),
        };
        let consumers = rest.split('+').map(consumer).collect::<Result<Vec<_>, _>>()?;
        if producer.is_none() && consumers.len() < 2 {
            return Err(bad("a second kernel"));
        }
        if producer.is_none() && consumers.iter().any(|consumer| consumer.arg.is_some()) {
            return Err(bad("a producer for the argument"));
        }
        Ok(Declaration { name, producer, consumers })
    }
}

impl fmt::Display for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.name)?;
        if let Some(producer) = &self.producer {
            write!(f, "{producer}>")?;
        }
        for (i, consumer) in self.consumers.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { "+" }, consumer.kernel)?;
            if let Some(arg) = &consumer.arg {
                write!(f, ".{arg}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read_as_written() {
        for text in ["norm_qkv=norm>q+kv", "rope=q+k", "a=b>c", "a=b>c.x+d"] {
            assert_eq!(Declaration::parse(text).map(|declaration| declaration.to_string()).as_deref(), Ok(text));
        }
        let read = Declaration::parse("a=b>c.x+d").unwrap();
        assert_eq!(read.producer.as_deref(), Some("b"));
        assert_eq!(read.consumers[0], Consumer { kernel: "c".into(), arg: Some("x".into()) });
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "a", "a=", "=b+c", "a=b", "a=b>", "a=b>c+", "a=b.x+c", "a=b>c.", "a=b>c>d", "a b=c+d"] {
            assert!(matches!(Declaration::parse(text), Err(Error::Syntax { .. })), "{text}");
        }
    }
}
