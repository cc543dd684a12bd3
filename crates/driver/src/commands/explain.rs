//! `tenfold explain`: where a kernel's memory goes, and what it moves.

use std::fmt::Write as _;
use std::io::Write as _;

use diagnostics::{Kind, Report};
use lower_dma::estimate::{Estimate, estimate};
use lower_dma::ir::{BufferData, CoreKernel};
use lower_simt::ir::LaneKernel;
use tile_ir::{Access, Loc, Param, ParamKind};

use crate::cli::Explain;
use crate::frontend::Source;
use crate::targets::{self, Lowered, Target};
use crate::{names, pipeline};

/// Runs the command.
///
/// # Errors
/// A refusal of the compiler, or a target whose kernels have no budgets.
pub fn run(args: &Explain) -> anyhow::Result<()> {
    let source = Source::parse(&args.input.input)?;
    let module = pipeline::module(&source)?;
    let module = pipeline::submodule(&module, &pipeline::select(&module, args.input.kernel.as_deref())?);
    let targets = names::targets(&args.input.target)?;
    let several = targets.len() > 1;
    let mut texts = Vec::new();
    for target in targets.into_iter().filter(|target| !several || *target != Target::Cpu) {
        match targets::lower(target, &module)? {
            Some(Lowered::Lanes(lanes, limits)) => {
                texts.extend(lanes.kernels.iter().map(|kernel| of_lanes(kernel, limits)));
            }
            Some(Lowered::Neuron(programs)) => texts.extend(programs.iter().map(of_neuron)),
            Some(Lowered::Cores(cores, limits)) => {
                texts.extend(cores.kernels.iter().map(|kernel| of_cores(kernel, limits)));
            }
            None => {
                return Err(Report::new(Kind::Unsupported, format!("kernels of target `{target}` have no budgets"))
                    .help("take --target with another one, or `all`")
                    .into());
            }
        }
    }
    Ok(std::io::stdout().lock().write_all(texts.join("\n").as_bytes())?)
}

/// What a text starts with.
fn head(name: &str, target: &str, grid: [u64; 3], loc: &Loc, more: &str) -> String {
    let [x, y, z] = grid;
    let place = if *loc == Loc::Unknown { String::new() } else { format!(" ({loc})") };
    format!("kernel {name} on {target}{place}: {x} x {y} x {z} programs{more}\n")
}

/// A table with columns as wide as they must be; all but the first are numbers but for the last.
fn table(text: &mut String, rows: &[[String; 4]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for [name, what, number, note] in rows {
        let line = format!("  {name:<0$}  {what:<1$}  {number:>2$}  {note}", widths[0], widths[1], widths[2]);
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn views(params: &[Param]) -> impl Iterator<Item = (usize, &str, String, u64, Access)> {
    params.iter().enumerate().filter_map(|(index, param)| match &param.kind {
        ParamKind::View(view) => {
            let bytes = view.shape.count() * view.elem.bytes();
            let way = match view.access {
                Access::Read => "read",
                Access::Weights => "weights",
                Access::Write => "written",
            };
            Some((index, param.name.as_str(), format!("[{}; {}] {way}", view.elem, view.shape), bytes, view.access))
        }
        ParamKind::Scalar(_) => None,
    })
}

/// Shared memory of a group of threads.
fn of_lanes(kernel: &LaneKernel, limits: &lower_simt::target::Target) -> String {
    let mut text =
        head(&kernel.name, limits.name, kernel.grid, &kernel.loc, &format!(" of {} threads", kernel.threads));
    let used = kernel.shared_bytes();
    let _ = writeln!(text, "shared memory: {used} of {} bytes", limits.shared_bytes);
    let arrays = kernel.shared.iter().map(|array| {
        let bytes = array.len * array.elem.bytes();
        [array.name.clone(), format!("[{}; {}]", array.elem, array.len), format!("{bytes} bytes"), String::new()]
    });
    table(&mut text, &arrays.collect::<Vec<_>>());
    let _ = writeln!(text, "views:");
    let rows = views(&kernel.params)
        .map(|(_, name, what, bytes, _)| [name.to_owned(), what, format!("{bytes} bytes"), String::new()]);
    table(&mut text, &rows.collect::<Vec<_>>());
    text
}

/// Tiles of a NeuronCore, and what it moves.
fn of_neuron(program: &lower_nki::ir::Program) -> String {
    use lower_nki::ir::TileSpace;
    use lower_nki::limits::{BANKS, SBUF_BYTES};
    use lower_nki::verify;
    let mut text = head(&program.name, lower_nki::TARGET, program.grid, &program.loc, " on one core");
    let (sbuf, banks) = (verify::sbuf_bytes(program), verify::psum_banks(program));
    let _ = writeln!(text, "of a partition: {sbuf} of {SBUF_BYTES} bytes of SBUF, {banks} of {BANKS} banks of PSUM");
    let rows = program.tiles.iter().map(|tile| {
        let space = match tile.space {
            TileSpace::Sbuf => "sbuf",
            TileSpace::Psum => "psum",
            TileSpace::Hbm => "hbm, private",
        };
        let note = if tile.loc == Loc::Unknown { space.to_owned() } else { format!("{space}, {}", tile.loc) };
        let bytes = tile.free * tile.dtype.bytes();
        let what = format!("[{}; {}x{}]", tile.dtype.name(), tile.parts, tile.free);
        [tile.name.clone(), what, format!("{bytes} bytes"), note]
    });
    table(&mut text, &rows.collect::<Vec<_>>());
    let moved = lower_nki::estimate::estimate(program);
    let at_least = if moved.exact { "" } else { ", where loops that depend on data take one turn" };
    let _ = writeln!(text, "HBM{at_least}:");
    let bytes = |index: usize| {
        let name = &program.params[index].name;
        moved.params.get(name).map_or((0, 0), |moved| (moved.read, moved.written))
    };
    table(&mut text, &rows_of_views(&program.params, bytes));
    let private = moved.private;
    if private.read + private.written > 0 {
        let _ = writeln!(text, "private tensors: {} bytes in, {} bytes out", private.read, private.written);
    }
    let _ = writeln!(
        text,
        "operations: {} instructions with loops of the compiler unrolled",
        verify::instructions(program)
    );
    text
}

/// Local memory of a core, and what all cores move.
fn of_cores(kernel: &CoreKernel, limits: &lower_dma::target::Target) -> String {
    let mut text = head(&kernel.name, limits.name, kernel.grid, &kernel.loc, &format!(" on {} cores", kernel.cores));
    let bytes = |data: &BufferData| limits.bytes(data.elem, data.elements());
    let used = limits.used(kernel);
    let _ = writeln!(text, "local memory of a core: {used} of {} bytes", limits.local_bytes);
    let rows = kernel.buffers.iter().map(|data| {
        let at = format!("at {}", data.address);
        let note = if data.loc == Loc::Unknown { at } else { format!("{at}, {}", data.loc) };
        let what = format!("[{}; {}x{}]", data.elem, data.rows, data.cols);
        [data.name.clone(), what, format!("{} bytes", bytes(data)), note]
    });
    table(&mut text, &rows.collect::<Vec<_>>());
    let moved = estimate(kernel, limits);
    let at_least = if moved.exact { "" } else { ", where what depends on data moves the most once" };
    let _ = writeln!(text, "global memory, all cores{at_least}:");
    table(&mut text, &rows_of_views(&kernel.params, |index| (moved.bytes_in[index], moved.bytes_out[index])));
    let Estimate { vector_bytes, copies, vectors, scalars, syncs, .. } = moved;
    let _ = writeln!(text, "local memory, all cores: {vector_bytes} bytes by vector operations");
    let _ = writeln!(
        text,
        "operations: {copies} copies, {vectors} vector operations, {scalars} elements by scalar code, {syncs} flags and barriers"
    );
    text
}

/// Views of a kernel with the bytes of each that are read and written, by index of the parameter.
fn rows_of_views(params: &[Param], moved: impl Fn(usize) -> (u64, u64)) -> Vec<[String; 4]> {
    let rows = views(params).map(|(index, name, what, bytes, access)| {
        let (read, written) = moved(index);
        let mut number = Vec::new();
        if read > 0 || access != Access::Write {
            number.push(format!("{read} bytes in"));
        }
        if written > 0 || access == Access::Write {
            number.push(format!("{written} bytes out"));
        }
        // Of other views a launch need not read all.
        let note = match access {
            Access::Weights => format!("{:.3} of the weights", read as f64 / bytes as f64),
            Access::Read | Access::Write => format!("of {bytes}"),
        };
        [name.to_owned(), what, number.join(", "), note]
    });
    rows.collect()
}
