//! Lines of text: indentation, and where each line comes from.

use std::sync::Arc;

use bundle::manifest::LineOrigin;
use tile_ir::Loc;

/// Collects lines. [`Writer::at`] names the user's line that the next lines come from.
#[derive(Clone, Debug)]
pub struct Writer {
    text: String,
    lines: u32,
    depth: usize,
    indent: &'static str,
    comment: &'static str,
    last: Option<(Arc<str>, u32)>,
    origins: Vec<LineOrigin>,
}

impl Writer {
    /// An empty text. `indent` is one level's blanks, `comment` what starts a comment, such as `//`.
    pub fn new(indent: &'static str, comment: &'static str) -> Writer {
        Writer { text: String::new(), lines: 0, depth: 0, indent, comment, last: None, origins: Vec::new() }
    }

    /// Writes a line. Line ends inside `line` start further lines of the same indentation; an empty one has no blanks.
    pub fn line(&mut self, line: &str) {
        for part in line.split('\n') {
            if !part.is_empty() {
                for _ in 0..self.depth {
                    self.text.push_str(self.indent);
                }
                self.text.push_str(part);
            }
            self.text.push('\n');
            self.lines += 1;
        }
    }

    /// Writes a line unless the one before it is the same, of the same level.
    pub fn once(&mut self, line: &str) {
        let before = self.text.strip_suffix('\n').map(|text| text.rsplit('\n').next().unwrap_or(text));
        let same = before
            .and_then(|before| before.strip_suffix(line))
            .is_some_and(|blanks| blanks.len() == self.depth * self.indent.len() && blanks.trim_start().is_empty());
        if !same {
            self.line(line);
        }
    }

    /// An empty line, unless the text is empty or ends with one.
    pub fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.line("");
        }
    }

    /// Writes a line; what follows stands one level deeper.
    pub fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    /// What follows stands one level deeper.
    pub fn deeper(&mut self) {
        self.depth += 1;
    }

    /// Ends a level.
    pub fn shallower(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Ends a level and writes a line.
    pub fn close(&mut self, line: &str) {
        self.shallower();
        self.line(line);
    }

    /// Ends a level, writes a line, starts another level: `} else {`.
    pub fn reopen(&mut self, line: &str) {
        self.close(line);
        self.depth += 1;
    }

    /// The next line comes from `loc`. Where file or line differ from the last ones, a comment says so and the map gets an
    /// entry for the line after it. An unknown position belongs to the last known one.
    pub fn at(&mut self, loc: &Loc) {
        let Loc::File { file, line, .. } = loc else { return };
        if self.last.as_ref().is_some_and(|(last_file, last_line)| last_file == file && last_line == line) {
            return;
        }
        // A file name is the user's: it must not end the comment.
        let shown: String = file.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        self.line(&format!("{} {shown}:{line}", self.comment));
        self.origins.push(LineOrigin { emitted: self.lines + 1, file: file.to_string(), line: *line });
        self.last = Some((file.clone(), *line));
    }

    /// Appends a text made apart, indented as it is.
    pub fn append(&mut self, other: Writer) {
        self.origins.extend(
            other.origins.into_iter().map(|origin| LineOrigin { emitted: origin.emitted + self.lines, ..origin }),
        );
        self.text.push_str(&other.text);
        self.lines += other.lines;
        self.last = other.last.or_else(|| self.last.take());
    }

    /// The text, ended by a line end, and for each line at which the user's position changes, where it comes from.
    pub fn finish(self) -> (String, Vec<LineOrigin>) {
        (self.text, self.origins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_there_is_not_repeated() {
        let mut writer = Writer::new("  ", "//");
        writer.once("wait();");
        writer.once("wait();");
        writer.open("{");
        writer.once("wait();");
        writer.once("wait();");
        writer.close("}");
        writer.once("}");
        writer.line("await();");
        writer.once("wait();");
        assert_eq!(writer.finish().0, "wait();\n{\n  wait();\n}\nawait();\nwait();\n");
    }

    fn loc(file: &str, line: u32, column: u32) -> Loc {
        Loc::File { file: file.into(), line, column }
    }

    #[test]
    fn comments_and_the_map_follow_the_users_lines() {
        let mut body = Writer::new("  ", "//");
        body.open("void f() {");
        body.at(&loc("a.rs", 3, 1));
        body.line("x = 1;");
        body.at(&loc("a.rs", 3, 9));
        body.line("y = 2;");
        body.at(&Loc::Unknown);
        body.open("if (x) {");
        body.at(&loc("a.rs", 4, 9));
        body.line("z = 3;");
        body.reopen("} else {");
        body.line("z = 4;\n\nz = 5;");
        body.close("}");
        body.close("}");
        let mut writer = Writer::new("  ", "//");
        writer.line("// head");
        writer.blank();
        writer.blank();
        writer.append(body);
        let (text, origins) = writer.finish();
        let expected = "// head\n\nvoid f() {\n  // a.rs:3\n  x = 1;\n  y = 2;\n  if (x) {\n    // a.rs:4\n    z = 3;\n  } else {\n    \
                        z = 4;\n\n    z = 5;\n  }\n}\n";
        assert_eq!(text, expected);
        let origins: Vec<(u32, &str, u32)> =
            origins.iter().map(|origin| (origin.emitted, origin.file.as_str(), origin.line)).collect();
        assert_eq!(origins, [(5, "a.rs", 3), (9, "a.rs", 4)]);
        for (emitted, ..) in origins {
            let comment = text.lines().nth(emitted as usize - 2).unwrap_or_default();
            assert!(comment.trim_start().starts_with("// a.rs:"), "{comment}");
        }
    }

    #[test]
    fn a_file_name_cannot_leave_its_comment() {
        let mut writer = Writer::new("  ", "//");
        writer.at(&loc("a.rs\nint evil;", 1, 1));
        writer.line("x;");
        assert_eq!(writer.finish().0, "// a.rs?int evil;:1\nx;\n");
    }
}
