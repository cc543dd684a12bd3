//! Runs kernels natively and in the interpreter, and compares.
//!
//! Every buffer lies between guard zones that must not change; outputs and scratch memory start poisoned with 0xff
//! (NaN for floats); programs run in two pieces, the last first.

use std::ffi::c_void;

use mlir_to_cpu::{CpuObject, Features, Options};
use tile_ir::interp::{self, Arg, Buffer};
use tile_ir::testing::{Rng, random_buffer};
use tile_ir::{Access, Elem, Kernel, Module, ParamKind};

type Entry = unsafe extern "C" fn(*const *const c_void, u64, u64, *mut u8);

const GUARD: usize = 256;
const GUARD_BYTE: u8 = 0xa5;

/// An argument of a test launch.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Buffer; for a written view its contents count.
    Buffer(Buffer),
    /// An output that starts poisoned.
    Poison,
    F32(f32),
    I32(i32),
    I64(i64),
}

/// A kernel with arguments.
pub(crate) struct Case {
    pub(crate) kernel: Kernel,
    pub(crate) args: Vec<Value>,
}

impl Case {
    /// Random buffers for what is read, poison for what is written; integer scalars below their bound.
    pub(crate) fn random(kernel: Kernel, seed: u64) -> Case {
        let mut rng = Rng::new(seed);
        let args = kernel
            .params
            .iter()
            .map(|param| match &param.kind {
                ParamKind::View(view) => match view.access {
                    Access::Read | Access::Weights => {
                        Value::Buffer(random_buffer(&mut rng, view.elem, view.shape.dims()))
                    }
                    Access::Write => Value::Poison,
                },
                ParamKind::Scalar(scalar) => {
                    let number = rng.below(scalar.bound.unwrap_or(100));
                    match scalar.elem {
                        Elem::F32 => Value::F32(rng.float()),
                        Elem::I64 => Value::I64(number as i64),
                        _ => Value::I32(number as i32),
                    }
                }
            })
            .collect();
        Case { kernel, args }
    }

    /// Replaces the argument of parameter `name`.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Case {
        let at = self.kernel.params.iter().position(|param| param.name == name).expect("a parameter");
        self.args[at] = value;
        self
    }
}

/// A view's buffer, or a number.
enum Bound {
    Buffer(Buffer, bool),
    Number(Value),
}

fn bind(case: &Case) -> Vec<Bound> {
    case.kernel
        .params
        .iter()
        .zip(&case.args)
        .map(|(param, value)| match (&param.kind, value) {
            (ParamKind::View(_), Value::Buffer(buffer)) => Bound::Buffer(buffer.clone(), true),
            (ParamKind::View(view), Value::Poison) => {
                let mut buffer = Buffer::zeros(view.elem, view.shape.dims()).expect("a buffer");
                buffer.bytes.fill(0xff);
                Bound::Buffer(buffer, false)
            }
            (_, number) => Bound::Number(number.clone()),
        })
        .collect()
}

/// The outputs by the interpreter, by parameter.
pub(crate) fn interpret(case: &Case) -> Vec<Option<Buffer>> {
    let mut bound = bind(case);
    let mut args: Vec<Arg<'_>> = bound
        .iter_mut()
        .zip(&case.kernel.params)
        .map(|(bound, param)| match (bound, &param.kind) {
            (Bound::Buffer(buffer, given), ParamKind::View(view)) => match (view.access, given) {
                (Access::Read | Access::Weights, _) => Arg::In(buffer),
                (Access::Write, true) => Arg::InOut(buffer),
                (Access::Write, false) => Arg::Out(buffer),
            },
            (Bound::Number(Value::F32(x)), _) => Arg::F32(*x),
            (Bound::Number(Value::I32(x)), _) => Arg::I32(*x),
            (Bound::Number(Value::I64(x)), _) => Arg::I64(*x),
            _ => panic!("argument of {} does not fit", param.name),
        })
        .collect();
    if let Err(trap) = interp::run(&case.kernel, &mut args, &interp::Options::default()) {
        panic!("{}: the interpreter stopped: {trap}", case.kernel.name);
    }
    drop(args);
    bound
        .into_iter()
        .map(|bound| match bound {
            Bound::Buffer(buffer, _) => Some(buffer),
            Bound::Number(_) => None,
        })
        .collect()
}

/// Memory at a 64-byte boundary between guard zones.
struct Guarded {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Guarded {
    fn new(contents: &[u8], misalign: usize) -> Guarded {
        let mut bytes = vec![GUARD_BYTE; contents.len() + 2 * GUARD + 64];
        let base = bytes.as_ptr() as usize;
        let start = (base + GUARD).next_multiple_of(64) - base + misalign;
        bytes[start..start + contents.len()].copy_from_slice(contents);
        Guarded { bytes, start, len: contents.len() }
    }

    fn pointer(&mut self) -> *mut u8 {
        self.bytes[self.start..].as_mut_ptr()
    }

    fn contents(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }

    fn check(&self, what: &str) {
        let before = &self.bytes[..self.start];
        let after = &self.bytes[self.start + self.len..];
        assert!(before.iter().chain(after).all(|&byte| byte == GUARD_BYTE), "{what}: wrote outside its buffer");
    }
}

/// Compiled kernels, loaded.
pub(crate) struct Loaded {
    library: libloading::Library,
    object: CpuObject,
    _dir: tempfile::TempDir,
}

/// Compiles, checks, links and loads.
pub(crate) fn load(module: &Module, options: &Options) -> Loaded {
    let object = mlir_to_cpu::emit(module, options).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(|e| e.report().to_string()).collect::<Vec<_>>().join("\n"))
    });
    mlir_to_cpu::validate::validate(&object).expect("a sound object file");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join(mlir_to_cpu::names::LIBRARY_FILE);
    mlir_to_cpu::link::link(&object, &path).expect("links");
    // SAFETY: the library was just made from a valid module, and runs no code when loaded.
    let library = unsafe { libloading::Library::new(&path).expect("loads") };
    Loaded { library, object, _dir: dir }
}

impl Loaded {
    /// Runs a case; the views' buffers by parameter.
    pub(crate) fn run(&self, case: &Case) -> Vec<Option<Buffer>> {
        let kernel = &case.kernel;
        let described = self.object.kernels.iter().find(|described| described.name == kernel.family).expect("compiled");
        let mut bound = bind(case);
        let mut memory: Vec<Option<Guarded>> = bound
            .iter()
            .enumerate()
            .map(|(i, bound)| match bound {
                // Views need only the alignment of their elements.
                Bound::Buffer(buffer, _) => Some(Guarded::new(&buffer.bytes, i % 3 * buffer.elem.bytes() as usize)),
                Bound::Number(_) => None,
            })
            .collect();
        let pointers: Vec<*const c_void> = bound
            .iter()
            .zip(&mut memory)
            .map(|(bound, memory)| match (bound, memory) {
                (_, Some(memory)) => memory.pointer().cast_const().cast(),
                (Bound::Number(Value::F32(x)), _) => std::ptr::from_ref(x).cast(),
                (Bound::Number(Value::I32(x)), _) => std::ptr::from_ref(x).cast(),
                (Bound::Number(Value::I64(x)), _) => std::ptr::from_ref(x).cast(),
                _ => panic!("a buffer has memory"),
            })
            .collect();
        let mut scratch = Guarded::new(&vec![0xff; described.budgets["scratch"] as usize], 0);
        // SAFETY: the symbol has the type that the crate documents.
        let entry = unsafe { *self.library.get::<Entry>(described.entry.as_bytes()).expect("an entry point") };
        let programs = kernel.programs();
        for (first, last) in [(programs / 2, programs), (0, programs / 2)] {
            // SAFETY: the arguments have the types and sizes of the kernel's parameters; the scratch buffer is as
            // large and aligned as the manifest asks.
            unsafe { entry(pointers.as_ptr(), first, last, scratch.pointer()) };
        }
        scratch.check(&format!("{}: scratch", kernel.name));
        for (bound, memory) in bound.iter_mut().zip(&memory) {
            if let (Bound::Buffer(buffer, _), Some(memory)) = (bound, memory) {
                memory.check(&kernel.name);
                buffer.bytes.copy_from_slice(memory.contents());
            }
        }
        bound
            .into_iter()
            .map(|bound| match bound {
                Bound::Buffer(buffer, _) => Some(buffer),
                Bound::Number(_) => None,
            })
            .collect()
    }
}

/// Relative L2 distance of finite elements; NaN and infinities must be the same.
pub(crate) fn distance(found: &[f32], expected: &[f32]) -> Result<f64, String> {
    let (mut error, mut norm) = (0.0_f64, 0.0_f64);
    for (i, (&x, &y)) in found.iter().zip(expected).enumerate() {
        if !y.is_finite() || !x.is_finite() {
            if x.is_nan() != y.is_nan() || (!x.is_nan() && x != y) {
                return Err(format!("element {i} is {x}, not {y}"));
            }
            continue;
        }
        error += (f64::from(x) - f64::from(y)).powi(2);
        norm += f64::from(y).powi(2);
    }
    Ok(if error == 0.0 { 0.0 } else { (error / norm.max(1e-30)).sqrt() })
}

fn compare(case: &Case, found: &[Option<Buffer>], expected: &[Option<Buffer>]) -> Result<(), String> {
    for ((param, found), expected) in case.kernel.params.iter().zip(found).zip(expected) {
        let (Some(found), Some(expected)) = (found, expected) else {
            continue;
        };
        let what = format!("{}, {}", case.kernel.name, param.name);
        match (found.to_floats(), expected.to_floats()) {
            (Some(x), Some(y)) => {
                let limit = if found.elem == Elem::F32 { 1e-5 } else { 4e-3 };
                let distance = distance(&x, &y).map_err(|message| format!("{what}: {message}"))?;
                if distance > limit {
                    let worst = x.iter().zip(&y).position(|(x, y)| (x - y).abs() > 1e-3 * y.abs().max(1e-3));
                    let at = worst.map(|i| (i, x[i], y[i]));
                    return Err(format!("{what}: relative error {distance:e}; first (index, found, expected): {at:?}"));
                }
            }
            _ => {
                if found.bytes != expected.bytes {
                    let (x, y) = (found.to_ints().unwrap_or_default(), expected.to_ints().unwrap_or_default());
                    let at = x.iter().zip(&y).position(|(x, y)| x != y).map(|i| (i, x[i], y[i]));
                    return Err(format!("{what}: differs; first (index, found, expected): {at:?}"));
                }
            }
        }
    }
    Ok(())
}

/// Compiles the cases for this processor and for one without extensions, runs them and compares with the interpreter.
pub(crate) fn check(cases: &[Case]) {
    let host = Options::host().expect("a known processor");
    let mut baseline = host.clone();
    baseline.features = Features::x86_64(&[]).expect("the baseline");
    check_with(cases, &host);
    if cfg!(target_arch = "x86_64") {
        check_with(cases, &baseline);
    }
}

/// As [`check`], with these options only.
pub(crate) fn check_with(cases: &[Case], options: &Options) {
    let mut module = Module { name: "test".into(), kernels: Vec::new() };
    for case in cases {
        if module.kernel(&case.kernel.name).is_none() {
            module.kernels.push(case.kernel.clone());
        }
    }
    let loaded = load(&module, options);
    let failures: Vec<String> =
        cases.iter().filter_map(|case| compare(case, &loaded.run(case), &interpret(case)).err()).collect();
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
