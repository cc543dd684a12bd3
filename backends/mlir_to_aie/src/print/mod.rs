//! The two texts of a design: what moves and where work is done, in Python, and the functions of the cores, in C++.

mod casts;
mod cores;
mod design;
mod dialect;
mod elementwise;
mod helpers;
mod lanes;
mod layout;
mod masks;
mod moves;
mod objects;
mod python;
mod reduce;
mod sequence;
mod transport;
mod uses;

use std::collections::BTreeMap;

use bundle::manifest::HostRead;
use emit::{Described, Header, Part, Source, Writer, describe};
use lower_dma::Error;
use lower_dma::ir::CoreKernel;

use crate::limits::MEMORY_BYTES;
use crate::plan::{Plan, plan};
use crate::{TARGET, names};
use layout::Layout;

/// Prints a kernel.
pub(super) fn print(kernel: &CoreKernel) -> Result<Source, Error> {
    let plan = plan(kernel)?;
    let layout = Layout::new(&plan);
    if layout.bytes() > MEMORY_BYTES {
        return Err(Error::Limit {
            target: TARGET,
            kernel: kernel.name.clone(),
            what: "data memory of a core in bytes, with FIFOs and stack,".to_owned(),
            needed: layout.bytes(),
            limit: MEMORY_BYTES,
            loc: kernel.loc.clone(),
            help: "use smaller tiles".to_owned(),
        });
    }
    let broken =
        |detail: String| Error::Broken { target: TARGET, kernel: kernel.name.clone(), detail, loc: kernel.loc.clone() };
    let cores = cores::print(&plan, &layout).map_err(broken)?;
    let design = design::print(&plan, &layout, &cores).map_err(broken)?;
    let (text, lines) = head(&plan, &cores.entry, &layout, "#", "IRON 1.4 (AIE2P, NPU2)", design).finish();
    let (functions, _) = head(&plan, &cores.entry, &layout, "//", "C++20, AIE API (AIE2P)", cores.text).finish();
    let file = format!("{}.{}", kernel.name, names::EXTENSION);
    let part = Part { file: format!("{}.{}", kernel.name, names::CORES), text: functions };
    let mut described = describe(Described {
        family: &kernel.family,
        entry: cores.entry,
        file: file.clone(),
        tuning: &kernel.tuning,
        params: &kernel.params,
        grid: kernel.grid,
        block: [1, 1, 1],
        budgets: BTreeMap::from([("data_memory".to_owned(), layout.bytes())]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        workgroups: Some([kernel.cores, 1, 1]),
        lines,
    });
    described.parts = vec![part.file.clone()];
    let reads = plan.reads.iter().filter_map(|read| {
        let arg = kernel.params.get(read.view.index())?.name.clone();
        Some(HostRead { arg, element: read.element })
    });
    described.host_reads = reads.collect();
    Ok(Source { file, text, binary: None, parts: vec![part], kernel: described })
}

/// A text with its first line.
fn head(plan: &Plan, entry: &str, layout: &Layout, comment: &'static str, language: &str, body: Writer) -> Writer {
    let facts = [("cores", plan.kernel.cores.to_string()), ("data_memory", format!("{} bytes", layout.bytes()))];
    let header = Header { comment, language, target: TARGET, kernel: entry, grid: plan.kernel.grid, facts: &facts };
    let mut writer = Writer::new("    ", comment);
    writer.line(&header.line());
    writer.append(body);
    writer
}
