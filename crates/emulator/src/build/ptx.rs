//! Inline PTX: each instruction that is known becomes a call of a small function with the same effect.

use crate::run::copies::Op;
use crate::{Checks, Error};

mod arrivals;

/// Operations of the matrix unit and their numbers in calls of `__emu_matrix`; the Metal header uses them too.
pub(crate) const MMA_BF16: u32 = 0;
/// As [`MMA_BF16`], with f16 operands.
pub(crate) const MMA_F16: u32 = 1;

/// An `asm` call, taken apart.
struct Asm<'a> {
    /// `%8 = `, or empty.
    result: &'a str,
    /// Type of the result.
    ty: &'a str,
    mnemonic: String,
    /// Operands that are numbers of the text.
    literals: Vec<String>,
    /// Numbers of the operands in the order of the instruction.
    operands: Vec<usize>,
    outputs: usize,
    /// Constraints of the inputs.
    inputs: Vec<String>,
    /// Types and values of the inputs.
    args: Vec<(&'a str, &'a str)>,
    /// `, !dbg !7`, or empty.
    debug: String,
}

/// The line with a call in place of the instruction, and the function it calls.
pub(super) fn rewrite(line: &str, number: usize, checks: Checks) -> Result<(String, String), Error> {
    let asm = parse(line).ok_or_else(|| unsupported(line))?;
    let body = asm.body(checks)?;
    let params: Vec<_> = asm.args.iter().enumerate().map(|(index, (ty, _))| format!("{ty} %a{index}")).collect();
    let args: Vec<_> = asm.args.iter().map(|(ty, value)| format!("{ty} {value}")).collect();
    let attributes = match checks {
        Checks::Memory => "alwaysinline convergent nounwind sanitize_thread",
        Checks::Barriers => "alwaysinline convergent nounwind",
    };
    let helper =
        format!("\ndefine internal {} @__emu_ptx_{number}({}) {attributes} {{\n{body}}}\n", asm.ty, params.join(", "));
    let call = format!("{}call {} @__emu_ptx_{number}({}){}", asm.result, asm.ty, args.join(", "), asm.debug);
    // Once for all helpers.
    let declare = match number {
        0 => {
            "\ndeclare void @__emu_matrix(i32, ptr) convergent nomerge nounwind\n\
             declare i32 @__emu_async(i32, i64, i64, i64, i64) convergent nomerge nounwind\n"
        }
        _ => "",
    };
    Ok((call, format!("{declare}{helper}")))
}

fn unsupported(what: &str) -> Error {
    Error::Unsupported { what: format!("the instruction `{}`", what.trim()) }
}

/// Reports a number that is no multiple of 16; what follows is in block `go`.
fn in_units(number: &str) -> String {
    format!(
        "  %low = and i64 {number}, 15\n  %ok = icmp eq i64 %low, 0\n  br i1 %ok, label %go, label %bad\nbad:\n  \
         %b = inttoptr i64 {number} to ptr\n  call void @__emu_aligned(ptr %b, i64 16)\n  br label %go\ngo:\n"
    )
}

fn unescape(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        plain.push(code.map_or('\\', char::from));
        rest = &rest[(at + if code.is_some() { 3 } else { 1 }).min(rest.len())..];
    }
    plain.push_str(rest);
    plain
}

fn parse(line: &str) -> Option<Asm<'_>> {
    let (before, after) = line.split_once("call ")?;
    let result = before.strip_suffix("tail ").unwrap_or(before);
    let (ty, rest) = after.split_once(" asm ")?;
    let (_, rest) = rest.split_once('"')?;
    let (text, rest) = rest.split_once('"')?;
    let (_, rest) = rest.split_once('"')?;
    let (constraints, rest) = rest.split_once('"')?;
    let rest = rest.strip_prefix('(')?;
    let (args, rest) = rest.split_once(')')?;
    let debug =
        rest.split(", ").find(|part| part.starts_with("!dbg")).map(|part| format!(", {part}")).unwrap_or_default();
    let text = unescape(text);
    let text = text.trim().trim_end_matches(';').trim();
    let single = arrivals::polled(text);
    let text = single.as_deref().unwrap_or(text);
    let (mnemonic, list) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if list.contains(';') {
        return None;
    }
    let (mut operands, mut literals) = (Vec::new(), Vec::new());
    for part in list.split(['{', '}', '[', ']', ',', ' ', '\t', '\n']).filter(|part| !part.is_empty()) {
        match part.strip_prefix('$').and_then(|number| number.parse().ok()) {
            Some(number) => operands.push(number),
            // A number of the text, such as a fraction of `createpolicy`.
            None if part.starts_with(|first: char| first.is_ascii_digit()) => literals.push(part.to_owned()),
            // A result that nobody wants.
            None if part == "_" => {}
            None => return None,
        }
    }
    let (outputs, inputs): (Vec<_>, Vec<_>) = constraints
        .split(',')
        .filter(|part| !part.starts_with('~'))
        .map(str::to_owned)
        .partition(|part| part.starts_with('='));
    let args =
        args.split(", ").filter(|arg| !arg.is_empty()).map(|arg| arg.split_once(' ')).collect::<Option<Vec<_>>>()?;
    let mnemonic = mnemonic.to_owned();
    Some(Asm { result, ty, mnemonic, literals, operands, outputs: outputs.len(), inputs, args, debug })
}

impl Asm<'_> {
    /// Name and type of the value of source operand number `at` of the instruction.
    fn source(&self, at: usize) -> Result<(String, &str), Error> {
        let number = self.operands.get(at).copied().unwrap_or(usize::MAX);
        let index = match number.checked_sub(self.outputs) {
            Some(index) => Some(index),
            // An operand that is read and written.
            None => self.inputs.iter().position(|input| *input == number.to_string()),
        };
        match index.and_then(|index| Some((index, self.args.get(index)?.0))) {
            Some((index, ty)) => Ok((format!("%a{index}"), ty)),
            None => Err(unsupported(&self.mnemonic)),
        }
    }

    /// The value of source operand `at`, which must have this type.
    fn typed(&self, at: usize, ty: &str) -> Result<String, Error> {
        let (value, own) = self.source(at)?;
        match own == ty {
            true => Ok(value),
            false => Err(unsupported(&format!("{} with an operand of another type than {ty}", self.mnemonic))),
        }
    }

    fn expect(&self, operands: usize, ty: &str) -> Result<(), Error> {
        // Results come first and in order: then the result's fields are the instruction's.
        let ordered = self.operands.iter().take(self.outputs).enumerate().all(|(index, number)| index == *number);
        match self.operands.len() == operands && self.ty == ty && ordered {
            true => Ok(()),
            false => Err(unsupported(&format!("{} with other operands", self.mnemonic))),
        }
    }

    fn body(&self, checks: Checks) -> Result<String, Error> {
        match self.mnemonic.as_str() {
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32" => self.mma(MMA_BF16),
            "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32" => self.mma(MMA_F16),
            "cvt.rn.bf16x2.f32" => {
                self.expect(3, "i32")?;
                let (high, low) = (self.typed(1, "float")?, self.typed(2, "float")?);
                Ok(format!(
                    "  %h = fptrunc float {high} to bfloat\n  %l = fptrunc float {low} to bfloat\n  \
                     %v = insertelement <2 x bfloat> undef, bfloat %l, i32 0\n  \
                     %w = insertelement <2 x bfloat> %v, bfloat %h, i32 1\n  \
                     %r = bitcast <2 x bfloat> %w to i32\n  ret i32 %r\n"
                ))
            }
            "cvt.rn.bf16.f32" => self.narrow("bfloat"),
            "cvt.rn.f16.f32" => self.narrow("half"),
            "cvt.f32.bf16" => self.widen("bfloat"),
            "cvt.f32.f16" => self.widen("half"),
            // Order between kernels: here each starts when those before it have ended.
            "griddepcontrol.launch_dependents" | "griddepcontrol.wait" => {
                self.expect(0, "void")?;
                Ok("  ret void\n".to_owned())
            }
            "cp.async.bulk.prefetch.L2.global" => self.prefetch(checks),
            "mbarrier.init.shared::cta.b64" => self.copying(Op::Init, 1, &["1"]),
            "fence.mbarrier_init.release.cluster" => self.copying(Op::Fence, 0, &[]),
            "mbarrier.arrive.expect_tx.shared::cta.b64" => self.copying(Op::Expect, 2, &[]),
            "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes" => self.copying(Op::Copy, 4, &[]),
            "mbarrier.try_wait.parity.shared::cta.b64" => self.copying(Op::Wait, 2, &["0"]),
            name if name.starts_with("createpolicy.") && self.ty == "i64" => Ok("  ret i64 0\n".to_owned()),
            name if name.starts_with("ld.global.nc") && (name.ends_with(".v4.u32") || name.ends_with(".v4.b32")) => {
                self.load(checks)
            }
            _ => Err(unsupported(&self.mnemonic)),
        }
    }

    fn narrow(&self, ty: &str) -> Result<String, Error> {
        self.expect(2, "i16")?;
        let x = self.typed(1, "float")?;
        Ok(format!("  %n = fptrunc float {x} to {ty}\n  %r = bitcast {ty} %n to i16\n  ret i16 %r\n"))
    }

    fn widen(&self, ty: &str) -> Result<String, Error> {
        self.expect(2, "float")?;
        let x = self.typed(1, "i16")?;
        Ok(format!("  %n = bitcast i16 {x} to {ty}\n  %r = fpext {ty} %n to float\n  ret float %r\n"))
    }

    fn load(&self, checks: Checks) -> Result<String, Error> {
        let ty = "{ i32, i32, i32, i32 }";
        // A sixth operand is a cache policy.
        self.expect(self.operands.len().clamp(5, 6), ty)?;
        let mut body = self.pointer(4)?;
        if checks == Checks::Memory {
            body.push_str("  %i = ptrtoint ptr %p to i64\n");
            body.push_str(&in_units("%i"));
        }
        body.push_str("  %v = load <4 x i32>, ptr %p, align 16\n");
        let mut last = "undef".to_owned();
        for index in 0..4 {
            body.push_str(&format!("  %e{index} = extractelement <4 x i32> %v, i32 {index}\n"));
            body.push_str(&format!("  %r{index} = insertvalue {ty} {last}, i32 %e{index}, {index}\n"));
            last = format!("%r{index}");
        }
        body.push_str(&format!("  ret {ty} {last}\n"));
        Ok(body)
    }

    /// Changes nothing; address and size must be multiples of 16 (PTX ISA), and all of the range inside a buffer.
    fn prefetch(&self, checks: Checks) -> Result<String, Error> {
        self.expect(2, "void")?;
        let bytes = self.typed(1, "i32")?;
        let mut body = self.pointer(0)?;
        if checks == Checks::Memory {
            body.push_str(&format!(
                "  %n = zext i32 {bytes} to i64\n  %i = ptrtoint ptr %p to i64\n  %both = or i64 %i, %n\n{}  \
                 %m = sub i64 %n, 1\n  %q = getelementptr i8, ptr %p, i64 %m\n  %a = load volatile i8, ptr %p\n  \
                 %z = load volatile i8, ptr %q\n",
                in_units("%both")
            ));
        }
        body.push_str("  ret void\n");
        Ok(body)
    }

    /// `%p`: the address that operand `at` holds.
    fn pointer(&self, at: usize) -> Result<String, Error> {
        match self.source(at)? {
            (address, "ptr") => Ok(format!("  %p = getelementptr i8, ptr {address}, i64 0\n")),
            (address, "i64") => Ok(format!("  %p = inttoptr i64 {address} to ptr\n")),
            _ => Err(unsupported(&self.mnemonic)),
        }
    }

    /// Operands in memory in the order of the instruction: 4 of the left matrix, 2 of the right one, 4 sums; then 4 results.
    fn mma(&self, op: u32) -> Result<String, Error> {
        let ty = "{ float, float, float, float }";
        self.expect(14, ty)?;
        let mut body = "  %p = alloca [14 x i32], align 8\n".to_owned();
        for slot in 0..10 {
            let kind = if slot < 6 { "i32" } else { "float" };
            let value = self.typed(slot + 4, kind)?;
            body.push_str(&format!(
                "  %i{slot} = getelementptr i32, ptr %p, i64 {slot}\n  store {kind} {value}, ptr %i{slot}\n"
            ));
        }
        body.push_str(&format!("  call void @__emu_matrix(i32 {op}, ptr %p) convergent nomerge\n"));
        let mut last = "undef".to_owned();
        for index in 0..4 {
            let slot = index + 10;
            body.push_str(&format!("  %o{index} = getelementptr i32, ptr %p, i64 {slot}\n"));
            body.push_str(&format!("  %e{index} = load float, ptr %o{index}\n"));
            body.push_str(&format!("  %r{index} = insertvalue {ty} {last}, float %e{index}, {index}\n"));
            last = format!("%r{index}");
        }
        body.push_str(&format!("  ret {ty} {last}\n"));
        Ok(body)
    }
}
