//! Types of a module: how long values are.

use std::collections::BTreeMap;

use rspirv::dr::{self, Instruction, Operand};
use rspirv::spirv::{Op, StorageClass, Word};

/// What is known of a module's types and constants, by identifier.
pub(super) struct Types<'a> {
    by_id: BTreeMap<Word, &'a Instruction>,
}

impl<'a> Types<'a> {
    pub(super) fn of(module: &'a dr::Module) -> Types<'a> {
        let named = module.types_global_values.iter().filter_map(|one| Some((one.result_id?, one)));
        Types { by_id: named.collect() }
    }

    fn id(operand: Option<&Operand>) -> Option<Word> {
        match operand {
            Some(Operand::IdRef(id)) => Some(*id),
            _ => None,
        }
    }

    fn literal(operand: Option<&Operand>) -> Option<u64> {
        match operand {
            Some(Operand::LiteralBit32(value)) => Some(u64::from(*value)),
            Some(Operand::LiteralBit64(value)) => Some(*value),
            _ => None,
        }
    }

    /// Bits of a number of this type, or of one element of a vector; `None` if it is neither.
    pub(super) fn bits(&self, id: Word) -> Option<u64> {
        let of = self.by_id.get(&id)?;
        match of.class.opcode {
            Op::TypeInt | Op::TypeFloat => Self::literal(of.operands.first()),
            Op::TypeBool => Some(1),
            Op::TypeVector => self.bits(Self::id(of.operands.first())?),
            _ => None,
        }
    }

    /// Bytes of a value of this type; `None` if it is not known. Types name earlier types only, so this ends; `depth` keeps a
    /// module that breaks the rule from going on.
    fn bytes(&self, id: Word, depth: u32) -> Option<u64> {
        let of = self.by_id.get(&id)?;
        let depth = depth.checked_sub(1)?;
        let element = || self.bytes(Self::id(of.operands.first())?, depth);
        match of.class.opcode {
            Op::TypeBool => Some(4),
            Op::TypeInt | Op::TypeFloat => Some(self.bits(id)?.div_ceil(8)),
            Op::TypeVector => element()?.checked_mul(Self::literal(of.operands.get(1))?),
            Op::TypeArray => {
                let length = self.by_id.get(&Self::id(of.operands.get(1))?)?;
                let known = matches!(length.class.opcode, Op::Constant | Op::SpecConstant);
                element()?.checked_mul(Self::literal(length.operands.first().filter(|_| known))?)
            }
            Op::TypeStruct => of
                .operands
                .iter()
                .try_fold(0u64, |sum, member| sum.checked_add(self.bytes(Self::id(Some(member))?, depth)?)),
            _ => None,
        }
    }

    /// Bytes of group memory that the module declares; `None` if that is not known.
    pub(super) fn group_memory(&self) -> Option<u64> {
        let variables = self.by_id.values().filter(|one| {
            let class = one.operands.first();
            one.class.opcode == Op::Variable && class == Some(&Operand::StorageClass(StorageClass::Workgroup))
        });
        variables.into_iter().try_fold(0u64, |sum, variable| {
            let pointer = self.by_id.get(&variable.result_type?)?;
            sum.checked_add(self.bytes(Self::id(pointer.operands.get(1))?, 16)?)
        })
    }
}
