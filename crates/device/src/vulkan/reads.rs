//! How fast the device reads its memory, measured by a kernel that does nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use bundle::manifest::{Access, Arg, ArgKind, Dtype, Kernel, Layout, Need, Own};
use rspirv::binary::Assemble;
use rspirv::dr::{Builder, Operand};
use rspirv::spirv::{
    AddressingModel, BuiltIn, Capability, Decoration, ExecutionMode, ExecutionModel, FunctionControl, LoopControl,
    MemoryAccess, MemoryModel, SelectionControl, StorageClass, Word,
};

use super::context::Context;
use super::errors::own;
use super::memory::{Heap, Memory, Place};
use super::pipeline;
use super::staging::Staging;
use super::stamps::Stamps;
use super::{commands::Commands, queue::Launches};
use crate::buffer::{BufferInfo, Usage};
use crate::error::Error;
use crate::facts::ReadRate;

/// Threads of a group.
const THREADS: u64 = 256;
/// Groups at most: enough threads to fill any device.
const GROUPS: u64 = 4096;
/// Loads of a thread that wait for nothing but memory.
const IN_FLIGHT: u64 = 8;
/// The width of one load.
const VECTOR: u64 = 16;
const WARM_UP: usize = 5;
const PASSES: usize = 30;
/// Bytes of the pattern that fills the buffer.
const PATTERN: usize = 8 << 20;

/// Where it is measured.
pub(super) struct Bench<'a> {
    pub(super) context: &'a Arc<Context>,
    pub(super) heap: &'a Heap,
    pub(super) staging: &'a mut Staging,
    pub(super) layout: ash::vk::PipelineLayout,
}

/// Reads a buffer of about `bytes` bytes, pass by pass. Nothing else runs.
pub(super) fn measure(bench: Bench<'_>, bytes: u64) -> Result<Option<ReadRate>, Error> {
    let Bench { context, heap, staging, layout } = bench;
    let once = THREADS * IN_FLIGHT * VECTOR;
    let groups = (bytes / once).clamp(1, GROUPS);
    let rounds = (bytes / (once * groups)).max(1);
    let bytes = once * groups * rounds;
    let kernel = kernel(groups, bytes / VECTOR);
    let module: Vec<u8> = module().iter().flat_map(|word| word.to_le_bytes()).collect();
    let loaded = pipeline::single(context, layout, &kernel, &module)?;
    let mut data = heap.memory(BufferInfo { bytes, usage: Usage::Data }, Place::Device)?;
    let out = heap.memory(BufferInfo { bytes: VECTOR, usage: Usage::Data }, Place::Device)?;
    fill(&mut data, staging)?;

    let refused = |error| own("reads", error);
    let stamps = Stamps::new(context).map_err(refused)?;
    let mut commands = Commands::new(context, false).map_err(refused)?;
    let rounds = u32::try_from(rounds).map_err(|_| Error::OutOfMemory { bytes })?;
    let arguments = [&data.address().to_le_bytes()[..], &out.address().to_le_bytes(), &rounds.to_le_bytes()].concat();
    let mut passes = Vec::new();
    for pass in 0..WARM_UP + PASSES {
        let time = stamps.time(&mut commands, |buffer| {
            Launches::encode(context, layout, buffer, loaded.pipeline(), loaded.grid, &arguments);
        });
        let time = time.map_err(refused)?;
        if pass >= WARM_UP {
            passes.push(time);
        }
    }
    let method = format!(
        "a kernel of {groups} groups of {THREADS} threads, {IN_FLIGHT} loads of {VECTOR} bytes in flight each, {}",
        stamps.method()
    );
    Ok(ReadRate::of(bytes, passes, method))
}

/// Numbers without a pattern that repeats soon: memory that holds zeros can read faster than memory in use.
fn fill(data: &mut Memory, staging: &mut Staging) -> Result<(), Error> {
    let number =
        |i: u64| (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let pattern: Vec<u8> = (0..PATTERN as u64 / 8).flat_map(|i| number(i).to_le_bytes()).collect();
    let bytes = data.info().bytes as usize;
    for start in (0..bytes).step_by(PATTERN) {
        let part = &pattern[..PATTERN.min(bytes - start)];
        if data.is_mapped() {
            // SAFETY: nothing else knows it yet.
            unsafe { data.write(start..start + part.len(), part) };
        } else {
            staging.upload(data, start, part)?;
        }
    }
    Ok(())
}

/// The kernel's entry, as a manifest would have it.
fn kernel(groups: u64, vectors: u64) -> Kernel {
    let view = |name: &str, elements: u64, access, own: &[Own]| {
        let (shape, own) = (vec![elements], own.to_vec());
        let kind = ArgKind::View { dtype: Dtype::I32, shape, access, layout: Layout::RowMajor, own };
        Arg { name: name.to_owned(), kind }
    };
    let rounds = ArgKind::Scalar { dtype: Dtype::I32, bound: None };
    Kernel {
        name: "tenfold_read".to_owned(),
        entry: "tenfold_read".to_owned(),
        file: "tenfold_read.spv".to_owned(),
        tuning: BTreeMap::new(),
        grid: [groups, 1, 1],
        block: [THREADS, 1, 1],
        args: vec![
            view("data", vectors * VECTOR / 4, Access::Read, &[]),
            view("out", 1, Access::Write, &[Own::Whole]),
            Arg { name: "rounds".to_owned(), kind: rounds },
        ],
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![Need::BufferDeviceAddress],
        push_constant_bytes: 20,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: vec![],
    }
}

/// A type of memory behind an address: a structure with one endless array of `element`, `stride` bytes each.
fn view_type(b: &mut Builder, element: Word, stride: u64) -> Word {
    let array = b.type_runtime_array(element);
    b.decorate(array, Decoration::ArrayStride, [Operand::LiteralBit32(stride as u32)]);
    let view = b.type_struct([array]);
    b.decorate(view, Decoration::Block, []);
    b.member_decorate(view, 0, Decoration::Offset, [Operand::LiteralBit32(0)]);
    b.type_pointer(None, StorageClass::PhysicalStorageBuffer, view)
}

/// The words of
///
/// ```text
/// step = threads of the grid
/// sum = 0
/// for round in 0..rounds:
///     for j in 0..IN_FLIGHT:  sum ^= data[(round * IN_FLIGHT + j) * step + thread]      (unrolled, four numbers each)
/// if all four of sum are equal to one value of 2^32:  out[0] = it
/// ```
///
/// so that the loads must happen and nothing else costs anything.
fn module() -> Vec<u32> {
    built().unwrap_or_default()
}

fn built() -> Result<Vec<u32>, rspirv::dr::Error> {
    let mut b = Builder::new();
    b.set_version(1, 5);
    b.capability(Capability::Shader);
    b.capability(Capability::PhysicalStorageBufferAddresses);
    b.memory_model(AddressingModel::PhysicalStorageBuffer64, MemoryModel::GLSL450);
    let (void, u32_t, bool_t) = (b.type_void(), b.type_int(32, 0), b.type_bool());
    let (v3, v4, b4) = (b.type_vector(u32_t, 3), b.type_vector(u32_t, 4), b.type_vector(bool_t, 4));
    let (data_t, out_t) = (view_type(&mut b, v4, VECTOR), view_type(&mut b, u32_t, 4));
    let args_t = b.type_struct([data_t, out_t, u32_t]);
    b.decorate(args_t, Decoration::Block, []);
    for (member, offset) in [(0, 0), (1, 8), (2, 16)] {
        b.member_decorate(args_t, member, Decoration::Offset, [Operand::LiteralBit32(offset)]);
    }
    let mut pointer = |class, to| b.type_pointer(None, class, to);
    let args_p = pointer(StorageClass::PushConstant, args_t);
    let arg_p = [data_t, out_t, u32_t].map(|to| pointer(StorageClass::PushConstant, to));
    let (v3_p, v4_p) = (pointer(StorageClass::Input, v3), pointer(StorageClass::PhysicalStorageBuffer, v4));
    let u32_p = pointer(StorageClass::PhysicalStorageBuffer, u32_t);
    let mut number = |value| b.constant_bit32(u32_t, value);
    let index = [number(0), number(1), number(2)];
    let [zero, one, _] = index;
    let (threads, in_flight, secret) = (number(THREADS as u32), number(IN_FLIGHT as u32), number(0x9E37_79B9));
    let zeros = b.constant_composite(v4, [zero; 4]);
    let secrets = b.constant_composite(v4, [secret; 4]);
    let args = b.variable(args_p, None, StorageClass::PushConstant, None);
    let thread_v = b.variable(v3_p, None, StorageClass::Input, None);
    let groups_v = b.variable(v3_p, None, StorageClass::Input, None);
    b.decorate(thread_v, Decoration::BuiltIn, [Operand::BuiltIn(BuiltIn::GlobalInvocationId)]);
    b.decorate(groups_v, Decoration::BuiltIn, [Operand::BuiltIn(BuiltIn::NumWorkgroups)]);

    let main_t = b.type_function(void, []);
    let main = b.begin_function(void, None, FunctionControl::NONE, main_t)?;
    let [start, head, body, next, tail, keep, end] = [(); 7].map(|()| b.id());
    b.begin_block(Some(start))?;
    let mut loaded = [0; 3];
    for ((slot, kind), (pointer, at)) in loaded.iter_mut().zip([data_t, out_t, u32_t]).zip(arg_p.into_iter().zip(index))
    {
        let place = b.access_chain(pointer, None, args, [at])?;
        *slot = b.load(kind, None, place, None, [])?;
    }
    let [data, out, rounds] = loaded;
    let all = b.load(v3, None, thread_v, None, [])?;
    let thread = b.composite_extract(u32_t, None, all, [0])?;
    let all = b.load(v3, None, groups_v, None, [])?;
    let groups = b.composite_extract(u32_t, None, all, [0])?;
    let step = b.i_mul(u32_t, None, groups, threads)?;
    b.branch(head)?;

    b.begin_block(Some(head))?;
    let [round_next, sum_next] = [(); 2].map(|()| b.id());
    let round = b.phi(u32_t, None, [(zero, start), (round_next, next)])?;
    let sum = b.phi(v4, None, [(zeros, start), (sum_next, next)])?;
    let more = b.u_less_than(bool_t, None, round, rounds)?;
    b.loop_merge(tail, next, LoopControl::NONE, [])?;
    b.branch_conditional(more, body, tail, [])?;

    b.begin_block(Some(body))?;
    let before = b.i_mul(u32_t, None, round, in_flight)?;
    let before = b.i_mul(u32_t, None, before, step)?;
    let mut at = b.i_add(u32_t, None, before, thread)?;
    let mut parts = Vec::new();
    for _ in 0..IN_FLIGHT {
        let place = b.access_chain(v4_p, None, data, [zero, at])?;
        let aligned = Operand::LiteralBit32(VECTOR as u32);
        parts.push(b.load(v4, None, place, Some(MemoryAccess::ALIGNED), [aligned])?);
        at = b.i_add(u32_t, None, at, step)?;
    }
    let mut all = sum;
    for (i, part) in parts.iter().enumerate() {
        let result = (i + 1 == parts.len()).then_some(sum_next);
        all = b.bitwise_xor(v4, result, all, *part)?;
    }
    b.branch(next)?;
    b.begin_block(Some(next))?;
    b.i_add(u32_t, Some(round_next), round, one)?;
    b.branch(head)?;

    b.begin_block(Some(tail))?;
    let equal = b.i_equal(b4, None, sum, secrets)?;
    let same = b.all(bool_t, None, equal)?;
    b.selection_merge(end, SelectionControl::NONE)?;
    b.branch_conditional(same, keep, end, [])?;
    b.begin_block(Some(keep))?;
    let value = b.composite_extract(u32_t, None, sum, [0])?;
    let place = b.access_chain(u32_p, None, out, [zero, zero])?;
    b.store(place, value, Some(MemoryAccess::ALIGNED), [Operand::LiteralBit32(4)])?;
    b.branch(end)?;
    b.begin_block(Some(end))?;
    b.ret()?;
    b.end_function()?;
    b.entry_point(ExecutionModel::GLCompute, main, "tenfold_read", [args, thread_v, groups_v]);
    b.execution_mode(main, ExecutionMode::LocalSize, [THREADS as u32, 1, 1]);
    Ok(b.module().assemble())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn module_is_valid() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("read.spv");
        let bytes: Vec<u8> = built().unwrap().iter().flat_map(|word| word.to_le_bytes()).collect();
        crate::vulkan::module::Module::read(&kernel(1, 1), &bytes).unwrap();
        std::fs::write(&path, bytes).unwrap();
        match Command::new("spirv-val").args(["--target-env", "vulkan1.2"]).arg(&path).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => eprintln!("SKIPPED: the module is not validated (spirv-tools): {error}"),
        }
    }
}
