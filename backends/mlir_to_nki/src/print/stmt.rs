//! Declarations and loops.

use lower_nki::ir::{Bound, Stmt, StmtKind, Tile, TileSpace};

use super::Printer;

impl Printer<'_> {
    pub(super) fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.out.at(&stmt.loc);
            self.stmt(stmt);
        }
    }

    /// A block whose names are free again behind it.
    fn scope(&mut self, body: &[Stmt]) {
        self.namer.push();
        let free = self.free.clone();
        self.block(body);
        // Names that were made inside are forgotten with the scope, others are given back by now.
        self.free = free;
        self.namer.pop();
    }

    /// The body of a function, which has names of its own.
    fn function(&mut self, body: &[Stmt]) {
        let free = std::mem::take(&mut self.free);
        self.scope(body);
        self.free = free;
    }

    fn declare(&mut self, tile: Tile) {
        let data = self.program.tile(tile);
        let given_back = if data.space == TileSpace::Psum { self.free.pop() } else { None };
        let name = match given_back {
            Some(name) => name,
            None => self.namer.name(&data.name),
        };
        let (shape, buffer) = match data.space {
            TileSpace::Sbuf => (format!("({}, {})", data.parts, data.free), "sbuf"),
            TileSpace::Psum => (format!("({}, {})", data.parts, data.free), "psum"),
            TileSpace::Hbm => (format!("({},)", data.free), "private_hbm"),
        };
        self.out.line(&format!("{name} = nl.ndarray({shape}, dtype=nl.{}, buffer=nl.{buffer})", data.dtype.name()));
        self.tiles.insert(tile, name);
    }

    fn bound(&mut self, bound: &Bound) -> String {
        match bound {
            Bound::Known(expr) => self.expr(expr).text,
            Bound::Loaded(span) => {
                let register = self.namer.name("bound");
                self.out.line(&format!("{register} = nisa.register_alloc()"));
                self.out.line(&format!("nisa.register_load({register}, {})", self.span(span)));
                register
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Declare(tile) => self.declare(*tile),
            StmtKind::Release(tile) => {
                let data = self.program.tile(*tile);
                let name = self.tiles.get(tile).cloned().unwrap_or_default();
                match data.space {
                    TileSpace::Psum => self.free.push(name),
                    TileSpace::Sbuf | TileSpace::Hbm => self.out.line(&format!("{name} = None")),
                }
            }
            StmtKind::Instr(instr) => {
                let line = self.instr(instr);
                self.out.line(&line);
            }
            StmtKind::For { var, lower, upper, step, body } => {
                self.namer.push();
                let name = self.namer.name(&self.program.vars[var.0 as usize].name);
                let range = match (lower.as_int(), step) {
                    (Some(0), 1) => self.expr(upper).text,
                    (_, 1) => format!("{}, {}", self.expr(lower).text, self.expr(upper).text),
                    (_, step) => format!("{}, {}, {step}", self.expr(lower).text, self.expr(upper).text),
                };
                self.out.open(&format!("for {name} in range({range}):"));
                self.vars.insert(var.0, name);
                self.scope(body);
                self.namer.pop();
                self.out.shallower();
            }
            StmtKind::Repeat { lower, upper, step, body } => {
                let (lower, upper) = (self.bound(lower), self.bound(upper));
                let name = self.namer.name("turn");
                self.namer.push();
                let number = self.namer.name("number");
                self.out.open(&format!("def {name}({number}):"));
                self.function(body);
                self.namer.pop();
                self.out.shallower();
                let step = if *step == 1 { String::new() } else { format!(", step={step}") };
                self.out.line(&format!("nl.fori_loop({lower}, {upper}, {name}{step})"));
            }
            StmtKind::While { body, again } => {
                let (first, name) = (self.namer.name("first"), self.namer.name("turn"));
                self.out.line(&format!("{first} = nisa.register_alloc(1)"));
                self.namer.push();
                let (before, next) = (self.namer.name("before"), self.namer.name("next"));
                self.out.open(&format!("def {name}({before}):"));
                self.function(body);
                self.out.line(&format!("{next} = nisa.register_alloc()"));
                self.out.line(&format!("nisa.register_load({next}, {})", self.span(again)));
                self.out.line(&format!("return {next}"));
                self.namer.pop();
                self.out.shallower();
                self.out.line(&format!("nl.while_loop({first}, {name})"));
            }
        }
    }
}
