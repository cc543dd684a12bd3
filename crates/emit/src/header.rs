//! The first line of every text: what it is, so that a reader and a validator need not guess.

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// What starts a comment, such as `//`.
    pub comment: &'a str,
    /// Language and version, such as `MSL 3.1`.
    pub language: &'a str,
    /// Target.
    pub target: &'a str,
    /// Entry point.
    pub kernel: &'a str,
    /// Programs along x, y, z.
    pub grid: [u64; 3],
    /// Further facts, such as `("threads", "256")`.
    pub facts: &'a [(&'a str, String)],
}

impl Header<'_> {
    /// The line, without its end.
    pub fn line(&self) -> String {
        let [x, y, z] = self.grid;
        let mut line = format!(
            "{} tenfold {}; language {}; target {}; kernel {}; grid {x}x{y}x{z}",
            self.comment,
            env!("CARGO_PKG_VERSION"),
            self.language,
            self.target,
            self.kernel
        );
        for (name, value) in self.facts {
            line.push_str(&format!("; {name} {value}"));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_the_contract() {
        let header = Header {
            comment: "//",
            language: "MSL 3.1",
            target: "msl",
            kernel: "rms_norm_1536",
            grid: [1, 2, 3],
            facts: &[("threads", "256".to_owned()), ("shared", "1024 bytes".to_owned())],
        };
        let expected = format!(
            "// tenfold {}; language MSL 3.1; target msl; kernel rms_norm_1536; grid 1x2x3; threads 256; shared 1024 bytes",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(header.line(), expected);
    }
}
