//! Constant tiles without a pattern: data beside the code.

use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, InstBuilder};
use cranelift_module::{DataDescription, Linkage, Module};
use tile_ir::{Elem, Number, Value};

use super::{Lower, Result};
use crate::error::Error;
use crate::limits::{MAX_DENSE_ELEMENTS, SCRATCH_ALIGN};
use crate::names;

impl Lower<'_, '_> {
    /// Address of a constant tile.
    pub(crate) fn dense(&mut self, value: Value, elem: Elem, numbers: &[Number]) -> Result<ir::Value> {
        if let Some(&global) = self.constants.get(&value) {
            return Ok(self.b.ins().symbol_value(I64, global));
        }
        if numbers.len() as u64 > MAX_DENSE_ELEMENTS {
            return Err(Error::Limit {
                kernel: self.kernel.name.clone(),
                what: "a constant tile in elements",
                needed: numbers.len() as u64,
                limit: MAX_DENSE_ELEMENTS,
                loc: self.def(value)?.loc.clone(),
                help: "pass it as a weights view".to_owned(),
            });
        }
        let mut bytes = Vec::new();
        for &number in numbers {
            push_number(&mut bytes, elem, number);
        }
        let symbol = names::constant_symbol(self.entry, self.constants.len());
        let failed = |error: cranelift_module::ModuleError| error.to_string();
        let id = self
            .module
            .declare_data(&symbol, Linkage::Local, false, false)
            .map_err(|error| self.codegen(failed(error)))?;
        let mut data = DataDescription::new();
        data.define(bytes.into_boxed_slice());
        data.set_align(SCRATCH_ALIGN);
        self.module.define_data(id, &data).map_err(|error| self.codegen(failed(error)))?;
        let global = self.module.declare_data_in_func(id, self.b.func);
        self.constants.insert(value, global);
        Ok(self.b.ins().symbol_value(I64, global))
    }
}

/// Appends a number in its memory form.
fn push_number(bytes: &mut Vec<u8>, elem: Elem, number: Number) {
    let (float, int) = match number {
        Number::Float(float) => (float, float as i64),
        Number::Int(int) => (int as f32, int),
    };
    match elem {
        Elem::F32 => bytes.extend(float.to_le_bytes()),
        Elem::F16 => bytes.extend(half::f16::from_f32(float).to_le_bytes()),
        Elem::Bf16 => bytes.extend(half::bf16::from_f32(float).to_le_bytes()),
        Elem::I1 => bytes.push((int & 1) as u8),
        Elem::I8 => bytes.push(int as u8),
        Elem::I32 => bytes.extend((int as i32).to_le_bytes()),
        Elem::I64 | Elem::Index => bytes.extend(int.to_le_bytes()),
    }
}
