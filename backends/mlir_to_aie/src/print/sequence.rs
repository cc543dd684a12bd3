//! What the sequence moves, as generators of transfers.

use emit::{Text, Writer};
use emit_dma::times;
use lower_dma::ir::Expr;
use tile_ir::Access;

use super::python::Python;
use crate::limits::WORD;
use crate::plan::{Move, Plan};

/// Which words rows lie in, and how a shim tile is told.
pub(super) const ROWS: &str = "def rows(start, size, count=1, pitch=0):
    \"\"\"Sizes, strides and offset, in words, of transfers of the words that hold `count` rows of `size` bytes. The first one begins at byte
    `start`, the others `pitch` bytes after each other, at the same place of a word.\"\"\"
    first, words, apart = start // 4, (start % 4 + size + 3) // 4, pitch // 4
    if count == 1:
        yield [1, 1, 1, words], [0, 0, 0, 1], first
    elif 0 < count <= 1023 and words <= 1023 and apart <= 1 << 20:  # what a shim tile's descriptor holds
        yield [1, 1, count, words], [0, 0, apart, 1], first
    else:
        for row in range(count):
            yield [1, 1, 1, words], [0, 0, 0, 1], first + row * apart";

/// Fills a FIFO.
pub(super) const FILL: &str = "def fill(way, length, view, beside, *place):
    \"\"\"Fills a FIFO whose objects have `length` words with rows of a view, and up to a whole object with other words of it: there are
    `beside` words that may be read for that, or only its first word may, again and again.\"\"\"
    words, first = 0, place[0] // 4
    for sizes, strides, offset in rows(*place):
        yield way.fill, view, sizes, strides, offset
        words += sizes[2] * sizes[3]
    rest = -words % length
    if 0 < rest <= beside:
        yield way.fill, view, [1, 1, 1, rest], [0, 0, 0, 1], min(first, beside - rest)
    elif rest:
        for done in range(0, rest, 64):
            yield way.fill, view, [min(64, rest - done), 1, 1, 1], [0, 0, 0, 1], first";

/// Drains a FIFO.
pub(super) const DRAIN: &str = "def drain(way, view, *place):
    \"\"\"Drains a FIFO to rows of a view.\"\"\"
    for sizes, strides, offset in rows(*place):
        yield way.drain, view, sizes, strides, offset";

/// Starts transfers, few enough at a time.
pub(super) const START: &str = "def start(streams):
    \"\"\"Starts what the cores move, at most 8 transfers of each before it waits for those two rounds ago: a shim tile has 16 descriptors.
    Where a core's moves yield None, all that was started is waited for first.\"\"\"
    running = []
    while streams:
        group, going, wait = TaskGroup(), [], False
        for stream in streams:
            for number, move in enumerate(stream):
                if move is None:
                    wait = True
                    break
                run, view, sizes, strides, offset = move
                run(view, sizes=sizes, strides=strides, offset=offset, group=group, wait=True)
                if number == 7:
                    break
            else:
                continue
            going.append(stream)
        streams = going
        running.append(group)
        while len(running) > (0 if wait or not streams else 1):
            running.pop(0).finish()";

/// Writes what is moved for a core.
pub(super) struct Moves<'a> {
    pub(super) plan: &'a Plan,
    /// Names of parameters of the kernel.
    pub(super) params: &'a [String],
    /// Names of elements that the host reads.
    pub(super) reads: &'a [String],
    pub(super) python: Python<'a>,
    pub(super) out: Writer,
}

impl Moves<'_> {
    pub(super) fn block(&mut self, list: &[Move]) -> Result<(), String> {
        for step in list {
            self.step(step)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Move) -> Result<(), String> {
        match step {
            Move::Set(var, value) => {
                let text = self.python.expr(value)?;
                self.python.note(*var, value);
                let name = self.python.define(*var);
                self.out.line(&format!("{name} = {}", text.text));
            }
            Move::Read(var, read) => {
                let at = self.plan.reads.iter().position(|other| other == read);
                let name = self.python.define(*var);
                let number = at.and_then(|at| self.reads.get(at)).ok_or("the host reads no such element")?;
                self.out.line(&format!("{name} = {number}"));
            }
            Move::For(_, _, inner) if inner.is_empty() => {}
            Move::For(var, bounds, inner) => {
                let [lower, upper, step] = bounds.as_ref();
                let texts = [self.python.expr(lower)?, self.python.expr(upper)?, self.python.expr(step)?];
                self.python.turns(*var, [lower, upper, step]);
                let name = self.python.define(*var);
                let range = match [lower.as_int(), step.as_int()] {
                    [Some(0), Some(1)] => format!("range({})", texts[1].text),
                    [_, Some(1)] => format!("range({}, {})", texts[0].text, texts[1].text),
                    [_, _] => format!("range({}, {}, {})", texts[0].text, texts[1].text, texts[2].text),
                };
                self.out.open(&format!("for {name} in {range}:"));
                self.block(inner)?;
                self.out.shallower();
            }
            Move::If(condition, then, otherwise) => {
                let text = self.python.expr(condition)?;
                if then.is_empty() {
                    self.out.open(&format!("if not {}:", text.at_least(emit::Prec::Postfix)));
                    self.block(otherwise)?;
                } else {
                    self.out.open(&format!("if {}:", text.text));
                    self.block(then)?;
                    if !otherwise.is_empty() {
                        self.out.reopen("else:");
                        self.block(otherwise)?;
                    }
                }
                self.out.shallower();
            }
            Move::Wait => self.out.line("yield None"),
            Move::Fill(number) | Move::Drain(number) => {
                let transfer = &self.plan.transfers[*number];
                self.out.at(&transfer.loc);
                let flow = transfer.flow;
                let place = self.place(*number)?;
                let view = &self.params[transfer.view.index()];
                let line = match flow.comes_in() {
                    false => format!("yield from drain({}, {view}, {place})", flow.name()),
                    true => {
                        let length = self.plan.flows.words(flow);
                        let declared = self.plan.kernel.view(transfer.view);
                        let beside = declared
                            .filter(|view| view.access != Access::Write)
                            .map_or(0, |view| (view.shape.count() * view.elem.bytes()).div_ceil(WORD));
                        format!("yield from fill({}, {length}, {view}, {beside}, {place})", flow.name())
                    }
                };
                self.out.line(&line);
            }
        }
        Ok(())
    }

    /// Where a transfer begins, its bytes, and for several rows how many and how far apart.
    fn place(&mut self, number: usize) -> Result<String, String> {
        let transfer = self.plan.transfers[number].clone();
        let bytes = transfer.bytes();
        let scaled = |text: &Text| times(text, bytes);
        let start = scaled(&self.python.expr(&transfer.start)?);
        let (rows, cols) = (self.python.expr(&transfer.rows)?, self.python.expr(&transfer.cols)?);
        if !transfer.apart {
            let run = match (transfer.max_rows, &transfer.rows) {
                (1, Expr::Int(_, 1)) => cols,
                (_, _) => match cols.text.parse::<u64>() {
                    Ok(cols) => times(&rows, cols),
                    Err(_) => Text::binary(&rows, "*", &cols, emit::Prec::Product, true),
                },
            };
            return Ok(format!("{}, {}", start.text, scaled(&run).text));
        }
        Ok(format!("{}, {}, {}, {}", start.text, scaled(&cols).text, rows.text, transfer.pitch * bytes))
    }
}
