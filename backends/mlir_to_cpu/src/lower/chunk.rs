//! Chunks: the machine values of some consecutive elements.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32X4, I32, I32X4};
use cranelift_codegen::ir::{self, Endianness, InstBuilder, MemFlagsData};

use super::Lower;
use crate::types::{LANES, Reg};

/// Elements in registers: one scalar; or vectors of [`LANES`] elements; or, for 64-bit integers, that many scalars.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chunk {
    /// Number of elements.
    pub(crate) lanes: u32,
    /// Machine values.
    pub(crate) parts: Vec<ir::Value>,
}

impl Chunk {
    /// One element.
    pub(crate) fn one(value: ir::Value) -> Chunk {
        Chunk { lanes: 1, parts: vec![value] }
    }
}

/// Flags of a reinterpretation of a vector.
pub(crate) fn little() -> MemFlagsData {
    MemFlagsData::new().with_endianness(Endianness::Little)
}

impl Lower<'_, '_> {
    /// The same bits as another type.
    pub(crate) fn recast(&mut self, ty: ir::Type, value: ir::Value) -> ir::Value {
        if self.b.func.dfg.value_type(value) == ty { value } else { self.b.ins().bitcast(ty, little(), value) }
    }

    /// A vector of 16 constant bytes.
    pub(crate) fn vector_const(&mut self, ty: ir::Type, bytes: [u8; 16]) -> ir::Value {
        let constant = self.b.func.dfg.constants.insert(bytes.as_slice().into());
        self.b.ins().vconst(ty, constant)
    }

    /// An integer constant of type `I32` or `I32X4`.
    pub(crate) fn int_const(&mut self, ty: ir::Type, value: u32) -> ir::Value {
        if ty == I32X4 {
            let mut bytes = [0; 16];
            bytes.chunks_exact_mut(4).for_each(|lane| lane.copy_from_slice(&value.to_le_bytes()));
            self.vector_const(I32X4, bytes)
        } else {
            self.b.ins().iconst(I32, i64::from(value))
        }
    }

    /// A float constant of type `F32` or `F32X4`.
    pub(crate) fn float_const(&mut self, ty: ir::Type, value: f32) -> ir::Value {
        if ty == F32X4 {
            let mut bytes = [0; 16];
            bytes.chunks_exact_mut(4).for_each(|lane| lane.copy_from_slice(&value.to_le_bytes()));
            self.vector_const(F32X4, bytes)
        } else {
            self.b.ins().f32const(value)
        }
    }

    /// `lanes` copies of one element.
    pub(crate) fn splat(&mut self, reg: Reg, value: ir::Value, lanes: u32) -> Chunk {
        if lanes == 1 {
            return Chunk::one(value);
        }
        let Some(ty) = reg.vector() else {
            return Chunk { lanes, parts: vec![value; lanes as usize] };
        };
        let lane = match reg {
            Reg::Bool => self.mask_lane(value),
            Reg::Float | Reg::Int | Reg::Long => value,
        };
        let vector = self.b.ins().splat(ty, lane);
        Chunk { lanes, parts: vec![vector; (lanes / LANES) as usize] }
    }

    /// A scalar bool as a lane of a mask.
    fn mask_lane(&mut self, value: ir::Value) -> ir::Value {
        let wide = self.b.ins().uextend(I32, value);
        self.b.ins().ineg(wide)
    }

    /// One element of a chunk.
    pub(crate) fn lane(&mut self, reg: Reg, chunk: &Chunk, lane: u32) -> ir::Value {
        if chunk.lanes == 1 {
            return chunk.parts[0];
        }
        if reg.vector().is_none() {
            return chunk.parts[lane as usize];
        }
        let element = self.b.ins().extractlane(chunk.parts[(lane / LANES) as usize], (lane % LANES) as u8);
        match reg {
            Reg::Bool => {
                let zero = self.b.ins().iconst(I32, 0);
                self.b.ins().icmp(IntCC::NotEqual, element, zero)
            }
            Reg::Float | Reg::Int | Reg::Long => element,
        }
    }

    /// All elements of a chunk.
    pub(crate) fn all_lanes(&mut self, reg: Reg, chunk: &Chunk) -> Vec<ir::Value> {
        (0..chunk.lanes).map(|lane| self.lane(reg, chunk, lane)).collect()
    }

    /// A chunk of these elements.
    pub(crate) fn gather_lanes(&mut self, reg: Reg, elements: Vec<ir::Value>) -> Chunk {
        let lanes = elements.len() as u32;
        let (Some(ty), true) = (reg.vector(), lanes > 1) else {
            return Chunk { lanes, parts: elements };
        };
        let mut parts = Vec::new();
        for group in elements.chunks(LANES as usize) {
            let mut vector = None;
            for (lane, &element) in group.iter().enumerate() {
                let element = if reg == Reg::Bool { self.mask_lane(element) } else { element };
                vector = Some(match vector {
                    None => self.b.ins().splat(ty, element),
                    Some(vector) => self.b.ins().insertlane(vector, element, lane as u8),
                });
            }
            parts.extend(vector);
        }
        Chunk { lanes, parts }
    }

    /// Applies an instruction to each machine value.
    pub(crate) fn map(&mut self, x: &Chunk, mut f: impl FnMut(&mut Self, ir::Value) -> ir::Value) -> Chunk {
        Chunk { lanes: x.lanes, parts: x.parts.iter().map(|&part| f(self, part)).collect() }
    }

    /// Applies an instruction to each pair of machine values.
    pub(crate) fn zip(
        &mut self,
        x: &Chunk,
        y: &Chunk,
        mut f: impl FnMut(&mut Self, ir::Value, ir::Value) -> ir::Value,
    ) -> Chunk {
        let parts = x.parts.iter().zip(&y.parts).map(|(&left, &right)| f(self, left, right)).collect();
        Chunk { lanes: x.lanes, parts }
    }

    /// Applies a scalar computation to each element; `from` and `to` are the operands' and the result's classes.
    pub(crate) fn per_lane(
        &mut self,
        from: Reg,
        to: Reg,
        chunks: &[&Chunk],
        mut f: impl FnMut(&mut Self, &[ir::Value]) -> ir::Value,
    ) -> Chunk {
        let lanes = chunks.first().map_or(1, |chunk| chunk.lanes);
        let mut results = Vec::new();
        for lane in 0..lanes {
            let elements: Vec<ir::Value> = chunks.iter().map(|chunk| self.lane(from, chunk, lane)).collect();
            results.push(f(self, &elements));
        }
        self.gather_lanes(to, results)
    }
}
