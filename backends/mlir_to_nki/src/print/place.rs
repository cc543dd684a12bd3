//! Operands: names, slices, patterns.

use lower_nki::ir::{Base, Expr, Hbm, Mem, Span};
use tile_ir::ParamKind;

use super::Printer;

fn pairs(dims: &[(u64, u64)]) -> String {
    let pairs: Vec<String> = dims.iter().map(|(step, count)| format!("[{step}, {count}]")).collect();
    pairs.join(", ")
}

impl Printer<'_> {
    fn tile(&self, tile: lower_nki::ir::Tile) -> String {
        self.tiles.get(&tile).cloned().unwrap_or_default()
    }

    /// A range of a slice.
    fn range(&self, first: &Expr, step: u64, count: u64, size: u64) -> String {
        if step == 1 && first.as_int() == Some(0) && count == size {
            return ":".to_owned();
        }
        let end = first.clone().plus(Expr::from((count - 1) * step + 1));
        let (first, end) = (self.expr(first).text, self.expr(&end).text);
        if step == 1 || count == 1 { format!("{first}:{end}") } else { format!("{first}:{end}:{step}") }
    }

    pub(super) fn span(&self, span: &Span) -> String {
        let (tile, name) = (self.program.tile(span.tile), self.tile(span.tile));
        match span.dims[..] {
            [(step, count)] if step > 0 || count == 1 => {
                let step = step.max(1);
                let free = self.range(&span.offset, step, count, tile.free);
                let parts = self.range(&Expr::from(span.part), 1, span.parts, tile.parts);
                if (parts.as_str(), free.as_str()) == (":", ":") { name } else { format!("{name}[{parts}, {free}]") }
            }
            _ => {
                let offset = Expr::from(span.part * tile.free).plus(span.offset.clone());
                let offset = match offset.as_int() {
                    Some(0) => String::new(),
                    Some(_) | None => format!(", offset={}", self.expr(&offset).text),
                };
                let dims: Vec<(u64, u64)> =
                    std::iter::once((tile.free, span.parts)).chain(span.dims.iter().copied()).collect();
                format!("{name}.ap(pattern=[{}]{offset})", pairs(&dims))
            }
        }
    }

    fn hbm(&self, hbm: &Hbm) -> String {
        let (name, shape) = match hbm.base {
            Base::Scratch(tile) => (self.tile(tile), vec![self.program.tile(tile).free]),
            Base::Param(index) => {
                let shape = match &self.program.params[index].kind {
                    ParamKind::View(view) => view.shape.dims().to_vec(),
                    ParamKind::Scalar(_) => vec![1, 1],
                };
                (self.params[index].clone(), shape)
            }
        };
        let whole: Vec<(u64, u64)> =
            shape.iter().enumerate().map(|(axis, &size)| (shape[axis + 1..].iter().product(), size)).collect();
        if hbm.dynamic.is_none() && hbm.offset.as_int() == Some(0) && whole == hbm.dims {
            return name;
        }
        let mut args = vec![format!("pattern=[{}]", pairs(&hbm.dims))];
        if hbm.offset.as_int() != Some(0) {
            args.push(format!("offset={}", self.expr(&hbm.offset).text));
        }
        if let Some(dynamic) = &hbm.dynamic {
            args.push(format!("scalar_offset={}", self.span(&dynamic.index)));
            if dynamic.dim > 0 {
                args.push(format!("indirect_dim={}", dynamic.dim));
            }
        }
        format!("{name}.ap({})", args.join(", "))
    }

    pub(super) fn mem(&self, mem: &Mem) -> String {
        match mem {
            Mem::Chip(span) => self.span(span),
            Mem::Hbm(hbm) => self.hbm(hbm),
        }
    }
}
