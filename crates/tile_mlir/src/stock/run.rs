//! Calling a compiled kernel.

use std::ffi::c_void;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use libloading::Library;
use tile_ir::Elem;

use super::lower::{self, SYMBOL, StockParam};
use super::{Limits, StockError, tools};

/// A kernel compiled by stock MLIR.
pub struct StockKernel {
    library: Library,
    /// Helpers keep large tiles in static buffers, so only one launch runs at a time.
    running: Mutex<()>,
    params: Vec<StockParam>,
}

/// An argument, in the order of the kernel's parameters.
#[derive(Debug)]
pub enum StockArg<'a> {
    /// A view's bytes, row-major; `i1` takes one byte per element. Written back after the launch.
    View(&'a mut [u8]),
    /// A number.
    F32(f32),
    /// A number.
    I32(i32),
    /// A number.
    I64(i64),
}

/// Stack of the thread that runs programs: MLIR keeps tiles on it.
const STACK_BYTES: usize = 256 << 20;

/// Arguments behind the kernel's own: the program's index, then the number of programs.
const INDEX_ARGS: usize = 6;

const ENTRY: &str = "tenfold_stock_entry";

impl StockKernel {
    /// Lowers and compiles kernel `name` of a module of the subset.
    ///
    /// # Errors
    /// [`StockError::is_skip`] tells a judge that is absent or cannot judge from a failure.
    pub fn compile(module_text: &str, name: &str) -> Result<StockKernel, StockError> {
        StockKernel::compile_within(module_text, name, Limits::default())
    }

    /// [`StockKernel::compile`] with other limits.
    ///
    /// # Errors
    /// As [`StockKernel::compile`].
    pub fn compile_within(module_text: &str, name: &str, limits: Limits) -> Result<StockKernel, StockError> {
        let prepared = lower::prepare(module_text, name)?;
        let dir = tempfile::tempdir()?;
        let entry = entry(&prepared.params).map_err(std::io::Error::other)?;
        let path = tools::compile(&prepared.text, &entry, dir.path(), limits)?;
        // SAFETY: the library was just built from our own text and runs no code when loaded.
        let library = unsafe { Library::new(&path)? };
        Ok(StockKernel { library, running: Mutex::new(()), params: prepared.params })
    }

    /// Runs every program of the grid, one after the other.
    ///
    /// # Errors
    /// If an argument does not match its parameter.
    ///
    /// # Safety
    /// The code runs natively in this process. With these arguments, every `memref.load`, `memref.store` and
    /// `vector.gather` of the kernel stays inside its view, every position of `vector.extract` and `vector.insert` inside
    /// its tile, every promise of `in_bounds` holds, and no integer is divided by zero, as a run of the interpreter
    /// without a trap shows.
    pub unsafe fn run(&self, args: &mut [StockArg<'_>], grid: [u64; 3]) -> Result<(), StockError> {
        if args.len() != self.params.len() {
            let what = format!("{} arguments for {} parameters", args.len(), self.params.len());
            return Err(StockError::Argument { index: args.len().min(self.params.len()), what });
        }
        let mut slots = self
            .params
            .iter()
            .zip(args.iter())
            .enumerate()
            .map(|(index, (param, arg))| Slot::new(*param, arg).map_err(|what| StockError::Argument { index, what }))
            .collect::<Result<Vec<_>, _>>()?;
        // SAFETY: the entry has this signature (see `entry`).
        let run = unsafe { self.library.get::<unsafe extern "C" fn(*const *mut c_void)>(ENTRY.as_bytes())? };
        let run = *run;
        let _running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || {
                let mut slots = SendSlots(&mut slots);
                // SAFETY: slots match the parameters; the caller promises the rest.
                unsafe { slots.run_all(run, grid) };
            })?;
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok::<(), StockError>(())
        })?;
        for (slot, arg) in slots.iter().zip(args) {
            slot.write_back(arg);
        }
        Ok(())
    }
}

/// One argument in the form the compiled function reads.
struct Slot {
    /// The view's bytes, aligned for every element type.
    data: Vec<u64>,
    /// For a view its descriptor: base, aligned base, offset, sizes, strides; for a number its bits.
    words: Vec<u64>,
}

impl Slot {
    fn new(param: StockParam, arg: &StockArg<'_>) -> Result<Slot, String> {
        match (param, arg) {
            (StockParam::View(elem, shape), StockArg::View(bytes)) => {
                let expected = shape.count() * elem.bytes();
                if bytes.len() as u64 != expected {
                    return Err(format!("a view of {shape} {elem} has {expected} bytes, not {}", bytes.len()));
                }
                let mut data = vec![0u64; bytes.len().div_ceil(8)];
                as_bytes_mut(&mut data)[..bytes.len()].copy_from_slice(bytes);
                let base = data.as_ptr() as u64;
                let mut words = vec![base, base, 0];
                words.extend_from_slice(shape.dims());
                words.extend(shape.strides());
                Ok(Slot { data, words })
            }
            (StockParam::Scalar(Elem::F32), StockArg::F32(value)) => Ok(Slot::number(u64::from(value.to_bits()))),
            (StockParam::Scalar(Elem::I32), StockArg::I32(value)) => Ok(Slot::number(u64::from(value.cast_unsigned()))),
            (StockParam::Scalar(Elem::I64), StockArg::I64(value)) => Ok(Slot::number(value.cast_unsigned())),
            (StockParam::View(elem, shape), StockArg::F32(_) | StockArg::I32(_) | StockArg::I64(_)) => {
                Err(format!("the parameter is a view of {shape} {elem}"))
            }
            (StockParam::Scalar(elem), _) => Err(format!("the parameter is a number of type {elem}")),
        }
    }

    fn number(bits: u64) -> Slot {
        Slot { data: Vec::new(), words: vec![bits] }
    }

    fn write_back(&self, arg: &mut StockArg<'_>) {
        if let StockArg::View(bytes) = arg {
            let length = bytes.len();
            bytes.copy_from_slice(&as_bytes(&self.data)[..length]);
        }
    }
}

fn as_bytes(words: &[u64]) -> &[u8] {
    // SAFETY: any memory of `u64` is readable as bytes.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), words.len() * 8) }
}

fn as_bytes_mut(words: &mut [u64]) -> &mut [u8] {
    // SAFETY: any bytes are valid `u64`.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len() * 8) }
}

struct SendSlots<'s>(&'s mut [Slot]);

impl SendSlots<'_> {
    /// # Safety
    /// `run` is an entry for these slots, and the caller of [`StockKernel::run`] keeps its promise.
    unsafe fn run_all(&mut self, run: unsafe extern "C" fn(*const *mut c_void), grid: [u64; 3]) {
        let mut indices = [0, 0, 0, grid[0], grid[1], grid[2]];
        let mut pointers: Vec<*mut c_void> = self.0.iter_mut().map(|slot| slot.words.as_mut_ptr().cast()).collect();
        let first = indices.as_mut_ptr();
        pointers.extend((0..INDEX_ARGS).map(|i| first.wrapping_add(i).cast::<c_void>()));
        for z in 0..grid[2] {
            for y in 0..grid[1] {
                for x in 0..grid[0] {
                    // SAFETY: `first` points at the six indices.
                    unsafe {
                        first.write(x);
                        first.add(1).write(y);
                        first.add(2).write(z);
                        run(pointers.as_ptr());
                    }
                }
            }
        }
    }
}

/// LLVM IR of a function that takes pointers to all arguments and calls the kernel, and of a conversion that the C
/// library of GCC 12 lacks.
fn entry(params: &[StockParam]) -> Result<String, std::fmt::Error> {
    let types: Vec<&str> = params
        .iter()
        .map(|param| match param {
            StockParam::View(..) => "ptr",
            StockParam::Scalar(Elem::F32) => "float",
            StockParam::Scalar(Elem::F16) => "half",
            StockParam::Scalar(Elem::Bf16) => "bfloat",
            StockParam::Scalar(Elem::I1) => "i1",
            StockParam::Scalar(Elem::I8) => "i8",
            StockParam::Scalar(Elem::I32) => "i32",
            StockParam::Scalar(Elem::I64 | Elem::Index) => "i64",
        })
        .chain(std::iter::repeat_n("i64", INDEX_ARGS))
        .collect();
    let mut text = format!("\ndefine void @{ENTRY}(ptr %args) {{\n");
    for (i, ty) in types.iter().enumerate() {
        writeln!(text, "  %at{i} = getelementptr ptr, ptr %args, i64 {i}\n  %arg{i} = load ptr, ptr %at{i}")?;
        if *ty != "ptr" {
            writeln!(text, "  %value{i} = load {ty}, ptr %arg{i}")?;
        }
    }
    let passed: Vec<String> = types
        .iter()
        .enumerate()
        .map(|(i, ty)| if *ty == "ptr" { format!("ptr %arg{i}") } else { format!("{ty} %value{i}") })
        .collect();
    writeln!(text, "  call void @_mlir_ciface_{SYMBOL}({})\n  ret void\n}}", passed.join(", "))?;
    text.push_str(TRUNCATE_TO_BF16);
    Ok(text)
}

/// f32 to bf16, nearest even, NaN kept quiet: what compiler-rt's function of this name does.
const TRUNCATE_TO_BF16: &str = "
define weak hidden bfloat @__truncsfbf2(float %x) {
  %bits = bitcast float %x to i32
  %nan = fcmp uno float %x, %x
  %high = lshr i32 %bits, 16
  %odd = and i32 %high, 1
  %bias = add i32 %odd, 32767
  %rounded = add i32 %bits, %bias
  %number = lshr i32 %rounded, 16
  %quiet = or i32 %high, 64
  %chosen = select i1 %nan, i32 %quiet, i32 %number
  %short = trunc i32 %chosen to i16
  %result = bitcast i16 %short to bfloat
  ret bfloat %result
}
";
