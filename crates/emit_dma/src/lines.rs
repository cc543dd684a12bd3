//! Where a dialect writes statements.

use emit::{Helpers, Namer, Text, Writer};

/// The body of a kernel at one place.
#[derive(Debug)]
pub struct Lines<'a> {
    /// Lines.
    pub(crate) body: &'a mut Writer,
    /// Names in scope.
    pub(crate) namer: &'a mut Namer,
    /// Functions that the text begins with.
    pub helpers: &'a mut Helpers,
}

impl Lines<'_> {
    /// Writes a line.
    pub fn line(&mut self, line: &str) {
        self.body.line(line);
    }

    /// Writes a line unless the one before it is the same: what orders operations, and is there already.
    pub fn once(&mut self, line: &str) {
        self.body.once(line);
    }

    /// A name that nothing in scope has.
    pub fn name(&mut self, wanted: &str) -> String {
        self.namer.name(wanted)
    }

    /// A block with names of its own.
    pub fn scope(&mut self, body: impl FnOnce(&mut Lines<'_>)) {
        self.body.open("{");
        self.inside(body);
        self.body.close("}");
    }

    /// `body` for 0 to below `count`, in a loop if that is more than one. What it gets is the number.
    pub fn times(&mut self, count: u64, wanted: &str, body: impl FnOnce(&mut Lines<'_>, &Text)) {
        if count == 1 {
            body(self, &Text::atom("0"));
            return;
        }
        self.namer.push();
        let name = self.namer.name(wanted);
        self.body.open(&format!("for (uint32_t {name} = 0; {name} < {count}; ++{name}) {{"));
        let number = Text::atom(name);
        body(&mut Lines { body: self.body, namer: self.namer, helpers: self.helpers }, &number);
        self.body.close("}");
        self.namer.pop();
    }

    /// `body` for 0 to below `count` in steps, in a loop if that is more than one. What it gets is the number.
    pub fn steps(&mut self, count: u64, step: u64, wanted: &str, body: impl FnOnce(&mut Lines<'_>, &Text)) {
        if count <= step {
            body(self, &Text::atom("0"));
            return;
        }
        self.namer.push();
        let name = self.namer.name(wanted);
        self.body.open(&format!("for (uint32_t {name} = 0; {name} < {count}; {name} += {step}) {{"));
        let number = Text::atom(name);
        body(&mut Lines { body: self.body, namer: self.namer, helpers: self.helpers }, &number);
        self.body.close("}");
        self.namer.pop();
    }

    fn inside(&mut self, body: impl FnOnce(&mut Lines<'_>)) {
        self.namer.push();
        body(&mut Lines { body: self.body, namer: self.namer, helpers: self.helpers });
        self.namer.pop();
    }
}
