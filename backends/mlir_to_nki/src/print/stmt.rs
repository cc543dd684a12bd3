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
        self.free.push(vec![]);
        self.block(body);
        self.free.pop();
        self.namer.pop();
    }

    fn declare(&mut self, tile: Tile) {
        let data = self.program.tile(tile);
        let given_back = self.free.last_mut().and_then(|free| {
            let at = free.iter().position(|(word, _)| *word == data.name)?;
            Some(free.remove(at).1)
        });
        let name = match given_back.filter(|_| data.space == TileSpace::Psum) {
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
                    TileSpace::Psum => {
                        if let Some(free) = self.free.last_mut() {
                            free.push((data.name.clone(), name));
                        }
                    }
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
                self.scope(body);
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
                self.scope(body);
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
