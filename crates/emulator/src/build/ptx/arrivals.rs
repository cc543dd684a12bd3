//! Instructions of asynchronous copies: they become calls of the runtime. PTX ISA 8.x, "cp.async.bulk" and "mbarrier".

use super::{Asm, unsupported};
use crate::Error;
use crate::run::copies::Op;

/// A poll that gives a number instead of a predicate, as one instruction with that number as its result:
/// `{ .reg .pred p; mbarrier.try_wait... p, [$1], 0; selp.u32 $0, 1, 0, p; }`.
pub(super) fn polled(text: &str) -> Option<String> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let parts: Vec<&str> = inner.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
    let [register, poll, select] = parts[..] else { return None };
    let predicate = register.strip_prefix(".reg .pred ")?;
    let (mnemonic, operands) = poll.split_once(' ')?;
    let operands = operands.trim().strip_prefix(predicate)?.strip_prefix(',')?;
    let (result, rest) = select.strip_prefix("selp.u32 ")?.split_once(',')?;
    let plain: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    (plain == format!("1,0,{predicate}")).then(|| format!("{mnemonic} {result}, {}", operands.trim()))
}

/// Which operands of an instruction the runtime gets.
#[derive(Default)]
struct Operands {
    arrival: Option<usize>,
    to: Option<usize>,
    from: Option<usize>,
    bytes: Option<usize>,
}

impl Asm<'_> {
    /// An operation of asynchronous copies, with so many operands and these numbers in the text.
    pub(super) fn copying(&self, op: Op, operands: usize, literals: &[&str]) -> Result<String, Error> {
        let result = if op == Op::Wait { "i32" } else { "void" };
        self.expect(operands, result)?;
        if self.literals != literals {
            return Err(unsupported(&format!("{} with other numbers", self.mnemonic)));
        }
        let none = Operands::default();
        let used = match op {
            Op::Init => Operands { arrival: Some(0), ..none },
            Op::Expect => Operands { arrival: Some(0), bytes: Some(1), ..none },
            Op::Copy => Operands { arrival: Some(3), to: Some(0), from: Some(1), bytes: Some(2) },
            Op::Wait => Operands { arrival: Some(1), ..none },
            Op::Fence => none,
        };
        let (arrival, to, from) = (self.address(used.arrival)?, self.address(used.to)?, self.address(used.from)?);
        let bytes = match used.bytes {
            Some(at) => format!("zext i32 {} to i64", self.typed(at, "i32")?),
            None => "add i64 0, 0".to_owned(),
        };
        let ret = if op == Op::Wait { "i32 %r" } else { "void" };
        Ok(format!(
            "  %arrival = {arrival}\n  %to = {to}\n  %from = {from}\n  %bytes = {bytes}\n  \
             %r = call i32 @__emu_async(i32 {}, i64 %arrival, i64 %to, i64 %from, i64 %bytes) convergent nomerge\n  \
             ret {ret}\n",
            op as u32
        ))
    }

    /// The address that an operand holds, as an integer; 0 where there is none.
    fn address(&self, at: Option<usize>) -> Result<String, Error> {
        let Some(at) = at else { return Ok("add i64 0, 0".to_owned()) };
        match self.source(at)? {
            (value, "ptr") => Ok(format!("ptrtoint ptr {value} to i64")),
            (value, "i64") => Ok(format!("add i64 {value}, 0")),
            _ => Err(unsupported(&self.mnemonic)),
        }
    }
}
