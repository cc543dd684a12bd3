//! `gaudi-emu`, with texts by hand: tensors in order, scratch memory, scalars of 32 bits, what members may touch.

use std::collections::BTreeMap;

use bundle::manifest::{Access, Arg as Declared, ArgKind, Dtype, Kernel, Layout, Own};
use bundle::{Bundle, BundleWriter};
use device::{Arg, Binding, Checks, Device, Emulated, EmulatedOptions, Error, Usage};

const MEMBERS: u64 = 5;

/// `y += factor * x`, a vector for each member, by way of the scratch tensor, which holds nothing before.
const TEXT: &str = "void main(tensor x, tensor y_in, tensor y, tensor scratch, float factor, int n) {
    const int5 first = get_index_space_offset();
    const int5 last = first + get_index_space_size();
    int5 at = { 0, 0, 0, 0, 0 };
    for (int member = first[0]; member < last[0]; member += 1) {
        at[0] = member * 64;
        v_i32_st_tnsr_partial(at, scratch, n, 0, 0);
        aso(SW_INC | SW_VPU);
        aso(SW_DEC | SW_SPU);
        cache_invalidate(SW_D);
        const int back = s_i32_ld_g(gen_addr(at, scratch));
        v_f32_st_tnsr(at, y, v_f32_ld_tnsr_b(at, y_in) + v_f32_ld_tnsr_b(at, x) * factor + (float)back);
    }
}
";

fn kernel() -> Kernel {
    let view = |name: &str, access, own: &[Own]| {
        let own = own.to_vec();
        let kind =
            ArgKind::View { dtype: Dtype::F32, shape: vec![MEMBERS * 64], access, layout: Layout::RowMajor, own };
        Declared { name: name.to_owned(), kind }
    };
    let scalar = |name: &str, dtype| {
        let kind = ArgKind::Scalar { dtype, bound: None };
        Declared { name: name.to_owned(), kind }
    };
    Kernel {
        name: "axpy".to_owned(),
        entry: "main".to_owned(),
        file: "axpy.c".to_owned(),
        tuning: BTreeMap::new(),
        grid: [MEMBERS, 1, 1],
        block: [1, 1, 1],
        // Tensors come first whatever the order of arguments.
        args: vec![
            scalar("factor", Dtype::F32),
            view("x", Access::Read, &[]),
            view("y", Access::Write, &[Own::Block { axis: 0, size: 64 }]),
            scalar("n", Dtype::I64),
        ],
        budgets: BTreeMap::from([("vlm".to_owned(), 0)]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 256,
        host_reads: vec![],
        workgroups: Some([MEMBERS, 1, 1]),
        lines: vec![],
    }
}

fn run(text: &str, kernel: Kernel, checks: Checks, seed: u64, n: u64) -> Result<Vec<f32>, Error> {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = BundleWriter::new("test", "group", "gaudi");
    writer.file("axpy.c", text).unwrap();
    writer.kernel(kernel);
    writer.finish(dir.path()).unwrap();
    let bundle = Bundle::open(dir.path()).unwrap();
    let options = EmulatedOptions { checks, threads: Some(3), seed, cache: None };
    let mut device = Emulated::named("gaudi-emu", options).unwrap();
    let program = device.load(&bundle)?;
    let numbers: Vec<u8> = (0..MEMBERS * 64).flat_map(|at| (at as f32).to_le_bytes()).collect();
    let [x, y] = [(); 2].map(|()| device.alloc(numbers.len() as u64, Usage::Data).unwrap());
    device.upload(x, 0, &numbers).unwrap();
    device.upload(y, 0, &numbers).unwrap();
    let args = [Arg::F32(2.0), Arg::Buffer(x), Arg::Buffer(y), Arg::U64(n)];
    let binding = Binding::new(&device, program.kernel("axpy").unwrap(), &args).unwrap();
    device.launch(&binding)?;
    let mut bytes = vec![0; numbers.len()];
    device.download(y, 0, &mut bytes).unwrap();
    Ok(bytes.chunks(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect())
}

#[test]
fn kernels_get_their_tensors_and_numbers() {
    for (checks, seed) in [(Checks::Barriers, 0), (Checks::Memory, 0), (Checks::Memory, 1), (Checks::Memory, 7)] {
        let y = run(TEXT, kernel(), checks, seed, 3).unwrap_or_else(|error| panic!("{checks:?} {seed}: {error}"));
        assert!(y.iter().enumerate().all(|(at, y)| *y == 3.0 * at as f32 + 3.0), "{checks:?} {seed}");
    }
}

#[test]
fn scalars_have_32_bits() {
    let error = run(TEXT, kernel(), Checks::Barriers, 0, 1 << 31).unwrap_err().to_string();
    assert!(error.contains("`n`: scalars have 32 bits"), "{error}");
    run(TEXT, kernel(), Checks::Barriers, 0, -1_i64 as u64).unwrap();
}

#[test]
fn members_keep_to_their_stretches() {
    let faulty = TEXT.replace("v_f32_st_tnsr(at, y,", "at[0] = at[0] + 1;\n        v_f32_st_tnsr(at, y,");
    let error = run(&faulty, kernel(), Checks::Memory, 0, 3).unwrap_err();
    let Error::Fault { line, message, .. } = &error else { panic!("{error}") };
    assert_eq!(*line, Some(13));
    assert!(message.contains("access outside its pattern"), "{message}");
    let own_line = TEXT.replace("member * 64;", "0;");
    let error = run(&own_line, kernel(), Checks::Memory, 0, 3).unwrap_err().to_string();
    assert!(error.contains("access outside its pattern"), "{error}");
}

#[test]
fn texts_and_shapes_that_do_not_fit_are_refused() {
    let error = run("void main(tensor x) { x[0] = 1; }\n", kernel(), Checks::Barriers, 0, 3).unwrap_err();
    assert!(matches!(error, Error::Fault { line: Some(1), .. }), "{error}");
    let error = run("void main(tensor x) { }\n", kernel(), Checks::Barriers, 0, 3).unwrap_err().to_string();
    assert!(error.contains("arguments for 1 parameters"), "{error}");
    let rows = Kernel { workgroups: Some([1, MEMBERS, 1]), ..kernel() };
    let error = run(TEXT, rows, Checks::Barriers, 0, 3).unwrap_err().to_string();
    assert!(error.contains("tasks are along x"), "{error}");
}
