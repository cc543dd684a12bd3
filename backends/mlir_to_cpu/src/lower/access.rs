//! Reading and writing chunks in memory, without any check.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32, F32X4, I8, I8X16, I16X8, I32, I32X4, I64, I64X2};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData};
use tile_ir::{Elem, MAX_RANK, Shape};

use super::Lower;
use super::chunk::Chunk;
use super::index::Pos;
use crate::types::{LANES, Reg};

/// A row-major tile or view in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mem {
    /// Address of element 0.
    pub(crate) base: ir::Value,
    /// Element type.
    pub(crate) elem: Elem,
    /// Elements between neighbours, per dimension.
    pub(crate) strides: [u64; MAX_RANK],
    /// Nothing writes it while the kernel runs.
    pub(crate) constant: bool,
}

/// Byte order that puts the 16-bit lanes of the second operand above those of the first: low and high half.
const INTERLEAVE_LOW: [u8; 16] = [0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23];
const INTERLEAVE_HIGH: [u8; 16] = [8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31];

impl Mem {
    /// A whole row-major tile.
    pub(crate) fn tile(base: ir::Value, elem: Elem, shape: &Shape, constant: bool) -> Mem {
        let mut strides = [1; MAX_RANK];
        for (stride, value) in strides.iter_mut().zip(shape.strides()) {
            *stride = value;
        }
        Mem { base, elem, strides, constant }
    }

    /// Accesses are only emitted where they are valid, so they do not trap; but a check may stand before them, so the
    /// code generator must not move them.
    fn flags(&self) -> MemFlagsData {
        let flags = MemFlagsData::new().with_notrap();
        if self.constant { flags.with_readonly() } else { flags }
    }
}

impl Lower<'_, '_> {
    /// Address of the first element at `pos`, as a machine value and a constant.
    fn address(&mut self, mem: &Mem, pos: &Pos) -> (ir::Value, i32) {
        let mut base = mem.base;
        let mut displacement = 0_u64;
        for (d, ix) in pos.indices().iter().enumerate() {
            let stride = mem.strides[d].wrapping_mul(mem.elem.bytes());
            displacement = displacement.wrapping_add(ix.add.wrapping_mul(stride));
            if let Some(index) = ix.base {
                let stride = self.long(stride as i64);
                let bytes = self.b.ins().imul(index, stride);
                base = self.b.ins().iadd(base, bytes);
            }
        }
        // Room is left for the lanes of the chunk.
        match i32::try_from(displacement) {
            Ok(small) if small < i32::MAX / 2 => (base, small),
            _ => {
                let far = self.long(displacement as i64);
                (self.b.ins().iadd(base, far), 0)
            }
        }
    }

    /// Reads the chunk at `pos`.
    pub(crate) fn read(&mut self, mem: &Mem, pos: &Pos) -> Chunk {
        let (base, at) = self.address(mem, pos);
        if pos.lanes == 1 {
            return Chunk::one(self.read_one(mem, base, at));
        }
        if mem.strides[pos.dim] == 1 {
            return self.read_vector(mem, base, at, pos.lanes);
        }
        let stride = mem.strides[pos.dim].wrapping_mul(mem.elem.bytes());
        let mut elements = Vec::new();
        for lane in 0..u64::from(pos.lanes) {
            let (base, at) = self.step(base, at, lane.wrapping_mul(stride));
            elements.push(self.read_one(mem, base, at));
        }
        self.gather_lanes(Reg::of(mem.elem), elements)
    }

    /// Address of one element.
    pub(crate) fn element_address(&mut self, mem: &Mem, pos: &Pos) -> ir::Value {
        let (base, at) = self.address(mem, pos);
        if at == 0 {
            return base;
        }
        let at = self.long(i64::from(at));
        self.b.ins().iadd(base, at)
    }

    fn step(&mut self, base: ir::Value, at: i32, bytes: u64) -> (ir::Value, i32) {
        match i32::try_from(bytes).ok().and_then(|bytes| at.checked_add(bytes)) {
            Some(at) => (base, at),
            None => {
                let far = self.long(bytes as i64);
                (self.b.ins().iadd(base, far), at)
            }
        }
    }

    /// Reads one element at an address.
    pub(crate) fn read_one(&mut self, mem: &Mem, base: ir::Value, at: i32) -> ir::Value {
        let flags = mem.flags();
        match mem.elem {
            Elem::F32 => self.b.ins().load(F32, flags, base, at),
            Elem::Bf16 | Elem::F16 => {
                let bits = self.b.ins().uload16(I32, flags, base, at);
                self.half_to_float(mem.elem, bits)
            }
            Elem::I1 => {
                let byte = self.b.ins().load(I8, flags, base, at);
                let zero = self.b.ins().iconst(I8, 0);
                self.b.ins().icmp(IntCC::NotEqual, byte, zero)
            }
            Elem::I8 => self.b.ins().sload8(I32, flags, base, at),
            Elem::I32 => self.b.ins().load(I32, flags, base, at),
            Elem::I64 | Elem::Index => self.b.ins().load(I64, flags, base, at),
        }
    }

    fn read_vector(&mut self, mem: &Mem, base: ir::Value, at: i32, lanes: u32) -> Chunk {
        let flags = mem.flags();
        let size = mem.elem.bytes() as i32;
        let mut parts = Vec::new();
        let mut lane = 0;
        while lane < lanes {
            let at = at + lane as i32 * size;
            let pair = lanes - lane >= 2 * LANES;
            match mem.elem {
                Elem::F32 => parts.push(self.b.ins().load(F32X4, flags, base, at)),
                Elem::I32 => parts.push(self.b.ins().load(I32X4, flags, base, at)),
                Elem::I64 | Elem::Index => {
                    for i in 0..LANES as i32 {
                        parts.push(self.b.ins().load(I64, flags, base, at + i * size));
                    }
                }
                Elem::Bf16 | Elem::F16 if pair => {
                    let words = self.b.ins().load(I8X16, flags, base, at);
                    parts.extend(self.widen_halves(mem.elem, words));
                    lane += LANES;
                }
                Elem::Bf16 | Elem::F16 => {
                    let bits = self.b.ins().uload16x4(flags, base, at);
                    parts.push(self.half_to_float(mem.elem, bits));
                }
                Elem::I8 | Elem::I1 => {
                    let words = if pair {
                        self.b.ins().sload8x8(flags, base, at)
                    } else {
                        let four = self.b.ins().load(I32, flags, base, at);
                        let vector = self.b.ins().scalar_to_vector(I32X4, four);
                        let bytes = self.recast(I8X16, vector);
                        self.b.ins().swiden_low(bytes)
                    };
                    let mut ints = vec![self.b.ins().swiden_low(words)];
                    if pair {
                        ints.push(self.b.ins().swiden_high(words));
                        lane += LANES;
                    }
                    if mem.elem == Elem::I1 {
                        let zero = self.int_const(I32X4, 0);
                        for int in &mut ints {
                            *int = self.b.ins().icmp(IntCC::NotEqual, *int, zero);
                        }
                    }
                    parts.extend(ints);
                }
            }
            lane += LANES;
        }
        Chunk { lanes, parts }
    }

    /// Eight 16-bit floats as two vectors.
    fn widen_halves(&mut self, elem: Elem, words: ir::Value) -> [ir::Value; 2] {
        if elem == Elem::Bf16 {
            let zero = self.vector_const(I8X16, [0; 16]);
            let order = |this: &mut Self, bytes: [u8; 16]| {
                let mask = this.b.func.dfg.immediates.push(bytes.as_slice().into());
                let pairs = this.b.ins().shuffle(zero, words, mask);
                this.recast(F32X4, pairs)
            };
            return [order(self, INTERLEAVE_LOW), order(self, INTERLEAVE_HIGH)];
        }
        let words = self.recast(I16X8, words);
        let low = self.b.ins().uwiden_low(words);
        let high = self.b.ins().uwiden_high(words);
        [self.half_to_float(elem, low), self.half_to_float(elem, high)]
    }

    /// Writes the chunk at `pos`.
    pub(crate) fn write(&mut self, mem: &Mem, pos: &Pos, chunk: &Chunk) {
        let (base, at) = self.address(mem, pos);
        if pos.lanes == 1 {
            return self.write_one(mem, base, at, chunk.parts[0]);
        }
        if mem.strides[pos.dim] == 1 {
            return self.write_vector(mem, base, at, chunk);
        }
        let stride = mem.strides[pos.dim].wrapping_mul(mem.elem.bytes());
        for (lane, element) in self.all_lanes(Reg::of(mem.elem), chunk).into_iter().enumerate() {
            let (base, at) = self.step(base, at, (lane as u64).wrapping_mul(stride));
            self.write_one(mem, base, at, element);
        }
    }

    fn write_one(&mut self, mem: &Mem, base: ir::Value, at: i32, value: ir::Value) {
        let flags = mem.flags();
        match mem.elem {
            Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index | Elem::I1 => {
                self.b.ins().store(flags, value, base, at);
            }
            Elem::Bf16 | Elem::F16 => {
                let bits = self.float_to_half(mem.elem, value);
                self.b.ins().istore16(flags, bits, base, at);
            }
            Elem::I8 => {
                self.b.ins().istore8(flags, value, base, at);
            }
        }
    }

    fn write_vector(&mut self, mem: &Mem, base: ir::Value, at: i32, chunk: &Chunk) {
        let flags = mem.flags();
        let size = mem.elem.bytes() as i32;
        match mem.elem {
            Elem::F32 | Elem::I32 => {
                for (i, &part) in chunk.parts.iter().enumerate() {
                    self.b.ins().store(flags, part, base, at + i as i32 * LANES as i32 * size);
                }
            }
            Elem::I64 | Elem::Index => {
                for (i, &part) in chunk.parts.iter().enumerate() {
                    self.b.ins().store(flags, part, base, at + i as i32 * size);
                }
            }
            Elem::Bf16 | Elem::F16 | Elem::I8 | Elem::I1 => {
                for (i, pair) in chunk.parts.chunks(2).enumerate() {
                    let at = at + i as i32 * 2 * LANES as i32 * size;
                    self.write_narrow(mem, base, at, pair);
                }
            }
        }
    }

    /// Writes one or two vectors of elements narrower than 32 bits.
    fn write_narrow(&mut self, mem: &Mem, base: ir::Value, at: i32, pair: &[ir::Value]) {
        let flags = mem.flags();
        let ints: Vec<ir::Value> = pair
            .iter()
            .map(|&part| match mem.elem {
                Elem::Bf16 | Elem::F16 => {
                    let bits = self.float_to_half(mem.elem, part);
                    // Sign-extended, so that the narrowing below does not saturate.
                    let sixteen = self.b.ins().iconst(I32, 16);
                    let high = self.b.ins().ishl(bits, sixteen);
                    self.b.ins().sshr(high, sixteen)
                }
                Elem::I1 => {
                    let one = self.int_const(I32X4, 1);
                    self.b.ins().band(part, one)
                }
                Elem::I8 | Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index => part,
            })
            .collect();
        let (first, last) = (ints[0], ints[ints.len() - 1]);
        let words = self.b.ins().snarrow(first, last);
        let bytes = match mem.elem {
            Elem::I8 | Elem::I1 => self.b.ins().snarrow(words, words),
            Elem::Bf16 | Elem::F16 | Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index => words,
        };
        match (mem.elem.bytes(), pair.len()) {
            (2, 2) => {
                self.b.ins().store(flags, bytes, base, at);
            }
            (1, 1) => {
                let lanes = self.recast(I32X4, bytes);
                let low = self.b.ins().extractlane(lanes, 0);
                self.b.ins().store(flags, low, base, at);
            }
            _ => {
                let lanes = self.recast(I64X2, bytes);
                let low = self.b.ins().extractlane(lanes, 0);
                self.b.ins().store(flags, low, base, at);
            }
        }
    }
}
