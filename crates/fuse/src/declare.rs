//! What a kernel author declares.

use std::fmt;

use crate::error::Error;

/// Kernels that may become one launch.
///
/// The host launches the producer, then the first kernels of all chains in order, then the second ones, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The fused kernel's name.
    pub name: String,
    /// The kernel whose output the chains' first kernels read, computed in each of their programs.
    pub producer: Option<Link>,
    /// What stands side by side; at least one.
    pub chains: Vec<Chain>,
}

/// Kernels of which each is computed inside of the next: one or more. Only the last one is launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain(pub Vec<Link>);

/// A kernel of a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Family.
    pub kernel: String,
    /// The argument that is the output of the kernel before it; `None` for the only one that fits.
    pub arg: Option<String>,
    /// The output that the next one reads; `None` for the only one that fits.
    pub output: Option<String>,
}

/// Reads the text of one declaration.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn bad(&self, expected: &'static str) -> Error {
        Error::Syntax { text: self.text.to_owned(), expected }
    }

    /// Whether the text goes on with `mark`, which is passed.
    fn take(&mut self, mark: char) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self, expected: &'static str) -> Result<String, Error> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.bad(expected));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word.to_owned())
    }

    fn link(&mut self) -> Result<Link, Error> {
        let kernel = self.word("a kernel's name")?;
        let arg = if self.take('.') { Some(self.word("an argument's name")?) } else { None };
        let output = if self.take(':') { Some(self.word("an output's name")?) } else { None };
        Ok(Link { kernel, arg, output })
    }

    /// One kernel, or `(kernel>kernel)`.
    fn chain(&mut self) -> Result<Chain, Error> {
        if !self.take('(') {
            return Ok(Chain(vec![self.link()?]));
        }
        let mut links = vec![self.link()?];
        while self.take('>') {
            links.push(self.link()?);
        }
        if links.len() < 2 || !self.take(')') {
            return Err(self.bad("`>` and a kernel"));
        }
        Ok(Chain(links))
    }
}

impl Declaration {
    /// Reads `name=producer:output>kernel.arg+(kernel.arg:output>kernel.arg)`, as the frontend writes it; `producer>`,
    /// `.arg` and `:output` may be missing.
    ///
    /// # Errors
    /// [`Error::Syntax`].
    pub fn parse(text: &str) -> Result<Declaration, Error> {
        let mut reader = Reader { text, rest: text };
        let name = reader.word("a name")?;
        if !reader.take('=') {
            return Err(reader.bad("`name=`"));
        }
        let mut producer = None;
        let mut chains = vec![reader.chain()?];
        if reader.take('>') {
            match chains.pop() {
                Some(Chain(mut links)) if links.len() == 1 => producer = links.pop(),
                Some(_) | None => return Err(reader.bad("one kernel before `>`")),
            }
            chains.push(reader.chain()?);
        }
        while reader.take('+') {
            chains.push(reader.chain()?);
        }
        let read = Declaration { name, producer, chains };
        match read.problem() {
            Some(expected) => Err(reader.bad(expected)),
            None if reader.rest.is_empty() => Ok(read),
            None => Err(reader.bad("`+` and a kernel")),
        }
    }

    /// What a declaration of this form lacks or has too much.
    fn problem(&self) -> Option<&'static str> {
        let single = self.producer.is_none() && self.chains.len() < 2 && self.chains.iter().all(|one| one.0.len() < 2);
        let first = self.producer.iter().chain(self.chains.iter().filter_map(|chain| chain.0.first()));
        let unfed = match &self.producer {
            Some(producer) => producer.arg.is_some(),
            None => first.clone().any(|link| link.arg.is_some()),
        };
        let last = self.chains.iter().filter_map(|chain| chain.0.last()).any(|link| link.output.is_some());
        if single {
            Some("a second kernel")
        } else if unfed {
            Some("a producer for the argument")
        } else if last {
            Some("a kernel that reads the output")
        } else {
            None
        }
    }

    /// The kernels in the order of their launches.
    pub fn launches(&self) -> Vec<&Link> {
        let depth = self.chains.iter().map(|chain| chain.0.len()).max().unwrap_or(0);
        let levels = (0..depth).flat_map(|level| self.chains.iter().filter_map(move |chain| chain.0.get(level)));
        self.producer.iter().chain(levels).collect()
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kernel)?;
        self.arg.iter().try_for_each(|arg| write!(f, ".{arg}"))?;
        self.output.iter().try_for_each(|output| write!(f, ":{output}"))
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let links: Vec<String> = self.0.iter().map(Link::to_string).collect();
        if links.len() > 1 { write!(f, "({})", links.join(">")) } else { write!(f, "{}", links.join("")) }
    }
}

impl fmt::Display for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.name)?;
        self.producer.iter().try_for_each(|producer| write!(f, "{producer}>"))?;
        let chains: Vec<String> = self.chains.iter().map(Chain::to_string).collect();
        write!(f, "{}", chains.join("+"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read_as_written() {
        let texts = [
            "norm_qkv=norm>q+kv",
            "rope=q+k",
            "a=b>c",
            "a=b>c.x+d",
            "a=n>(q>r)+(kv:k>s.k)",
            "a=(q>r>t)",
            "a=b:y>(c.x:z>d.w)+e",
        ];
        for text in texts {
            assert_eq!(Declaration::parse(text).map(|declaration| declaration.to_string()).as_deref(), Ok(text));
        }
        let read = Declaration::parse("a=b>c.x+d").unwrap();
        let link = |kernel: &str, arg: Option<&str>, output: Option<&str>| Link {
            kernel: kernel.into(),
            arg: arg.map(str::to_owned),
            output: output.map(str::to_owned),
        };
        assert_eq!(read.producer, Some(link("b", None, None)));
        assert_eq!(read.chains[0], Chain(vec![link("c", Some("x"), None)]));
        let read = Declaration::parse("a=n>(q>r)+(kv:k>s)").unwrap();
        assert_eq!(read.chains[1].0[0], link("kv", None, Some("k")));
        let launches: Vec<&str> = read.launches().iter().map(|link| link.kernel.as_str()).collect();
        assert_eq!(launches, ["n", "q", "kv", "r", "s"]);
    }

    #[test]
    fn other_texts_are_refused() {
        let texts = [
            "",
            "a",
            "a=",
            "=b+c",
            "a=b",
            "a=b>",
            "a=b>c+",
            "a=b.x+c",
            "a=b>c.",
            "a=b>c>d",
            "a b=c+d",
            "a=(b)",
            "a=(b>c",
            "a=(b>c)>d",
            "a=b>(c>d:x)",
            "a=b.x>c",
            "a=b>c:y",
            "a=(b.x>c)",
            "a=b+c)",
            "a=b:>c",
        ];
        for text in texts {
            assert!(matches!(Declaration::parse(text), Err(Error::Syntax { .. })), "{text}");
        }
    }
}
