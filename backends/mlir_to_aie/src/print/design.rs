//! The design: FIFOs, workers and the sequence.

use emit::{Namer, Writer, words};
use tile_ir::ParamKind;

use super::cores::{Called, Cores, Parameter};
use super::layout::Layout;
use super::python::{Helper, Python};
use super::sequence::{DRAIN, FILL, Moves, ROWS, START};
use crate::limits::{DEPTH, STACK_BYTES, WORD};
use crate::names;
use crate::plan::{Count, Flow, HostRead, Item, Plan, Turns, Work};

/// Prints the design.
pub(super) fn print(plan: &Plan, layout: &Layout, cores: &Cores) -> Result<Writer, String> {
    let design = Design { plan, layout, cores, out: Writer::new("    ", "#") };
    design.print()
}

struct Design<'a> {
    plan: &'a Plan,
    layout: &'a Layout,
    cores: &'a Cores,
    out: Writer,
}

impl Design<'_> {
    fn print(mut self) -> Result<Writer, String> {
        let (moves, helpers) = self.moves()?;
        self.head();
        self.memory();
        self.functions();
        self.body();
        self.workers();
        self.helpers(&helpers);
        self.out.append(moves);
        self.sequence();
        Ok(self.out)
    }

    /// Whether the cores need numbers of the sequence.
    fn has_numbers(&self) -> bool {
        self.uses(Parameter::Numbers)
    }

    /// Whether numbers change from launch to launch.
    fn has_parameters(&self) -> bool {
        self.has_numbers() && !self.layout.numbers.is_empty()
    }

    fn uses(&self, param: Parameter) -> bool {
        self.cores.functions.iter().flatten().any(|function| function.params.contains(&param))
    }

    fn head(&mut self) {
        let mut names =
            vec!["Buffer", "Kernel", "ObjectFifo", "Program", "Runtime", "TaskGroup", "Worker", "WorkerRuntimeBarrier"];
        if !self.uses(Parameter::Local) && !self.uses(Parameter::Turns) && !self.has_numbers() {
            names.remove(0);
        }
        let plan = self.plan;
        let loops = if self.turns(&plan.body) { "from aie.iron.controlflow import range_\n" } else { "" };
        for line in [
            "import numpy as np",
            &format!("from aie.iron import {}", names.join(", ")),
            &format!("{loops}from aie.iron.device import NPU2"),
            "",
            &format!("CORES = {}", self.plan.kernel.cores),
            "",
            "",
            "def words(count):",
            "    \"\"\"The type of so many words of four bytes.\"\"\"",
            "    return np.ndarray[(count,), np.dtype[np.int32]]",
            "",
            "",
        ] {
            self.out.line(line);
        }
    }

    /// Whether a body has loops.
    fn turns(&self, list: &[Work]) -> bool {
        list.iter().any(|work| match work {
            Work::Call(_) => false,
            Work::Objects(_, number, _) => self.objects_of(*number) != Count::Fixed(1),
            Work::Repeat(_, inner) => !inner.is_empty(),
        })
    }

    /// Objects of a transfer.
    fn objects_of(&self, number: usize) -> Count {
        let transfer = &self.plan.transfers[number];
        transfer.objects(self.plan.flows.words(transfer.flow))
    }

    /// FIFOs and the memory of the cores, by core.
    fn memory(&mut self) {
        for (flow, length) in self.plan.flows.iter() {
            let name = flow.name();
            self.out.line(&format!(
                "{name} = [ObjectFifo(words({length}), depth={DEPTH}, name=f\"{name}{{core}}\") for core in range(CORES)]"
            ));
        }
        if self.uses(Parameter::Local) {
            // NaN, so that nothing depends on what was there.
            let length = self.layout.words;
            self.out.line("# Nothing may depend on what is there at first: NaN.");
            self.out.line(&format!(
                "local = [Buffer(words({length}), np.full({length}, -1, np.int32), name=f\"local{{core}}\") for core in range(CORES)]"
            ));
        }
        if self.uses(Parameter::Turns) {
            let length = self.layout.turns;
            self.out
                .line(&format!("turns = [Buffer(words({length}), name=f\"turns{{core}}\") for core in range(CORES)]"));
        }
        if self.has_numbers() {
            let length = self.layout.number_words();
            let zeros = vec!["core".to_owned(); 1].into_iter().chain(vec!["0".to_owned(); length as usize - 1]);
            let zeros: Vec<String> = zeros.collect();
            let writable = if self.has_parameters() { ", use_write_rtp=True" } else { "" };
            self.out.line(&format!(
                "numbers = [Buffer(words({length}), np.array([{}], np.int32), name=f\"numbers{{core}}\"{writable}) for core in range(CORES)]",
                zeros.join(", ")
            ));
        }
        // Or a core that gives before it takes would do so for the next launch too, with the numbers of this one.
        self.out.line("ready = [WorkerRuntimeBarrier() for core in range(CORES)]");
        self.out.blank();
    }

    fn length(&self, param: Parameter, called: usize) -> String {
        match param {
            Parameter::Taken | Parameter::Given => {
                let flow = self.flow_of(called);
                format!("words({})", self.plan.flows.words(flow))
            }
            Parameter::Number => "np.int32".to_owned(),
            Parameter::Local => format!("words({})", self.layout.words),
            Parameter::Turns => format!("words({})", self.layout.turns),
            Parameter::Numbers => format!("words({})", self.layout.number_words()),
        }
    }

    /// The FIFO whose objects a function gets.
    fn flow_of(&self, function: usize) -> Flow {
        let items = &self.plan.functions[function].items;
        let number = items.iter().find_map(|item| match item {
            Item::Object(number, _) => Some(*number),
            Item::Stmts(_) | Item::Turns(..) | Item::Set(..) | Item::Bounds(..) => None,
        });
        number.map_or(Flow::Few, |number| self.plan.transfers[number].flow)
    }

    fn functions(&mut self) {
        let object = format!("{}.o", self.plan.kernel.name);
        self.out.line("functions = [");
        for (at, called) in self.cores.functions.iter().enumerate() {
            let Some(Called { name, params }) = called else { continue };
            let types: Vec<String> = params.iter().map(|param| self.length(*param, at)).collect();
            self.out.line(&format!("    Kernel(\"{name}\", \"{object}\", [{}]),", types.join(", ")));
        }
        self.out.line("]");
        self.out.line("");
        self.out.line("");
    }

    /// What a worker is given, in order, before the functions.
    fn given(&self) -> Vec<&'static str> {
        let mut list: Vec<&'static str> = self.plan.flows.iter().map(|(flow, _)| flow.name()).collect();
        for (name, there) in [
            ("local", self.uses(Parameter::Local)),
            ("turns", self.uses(Parameter::Turns)),
            ("numbers", self.has_numbers()),
            ("ready", true),
        ] {
            list.extend(there.then_some(name));
        }
        list
    }

    fn body(&mut self) {
        let functions = self.cores.functions.iter().flatten().map(|called| called.name.as_str());
        let params: Vec<&str> = self.given().into_iter().chain(functions).collect();
        self.out.open(&format!("def body({}):", params.join(", ")));
        self.out.line("\"\"\"What each core does, once for each launch.\"\"\"");
        self.out.line("ready.wait_for_value(1)");
        let plan = self.plan;
        self.work(&plan.body);
        self.out.shallower();
        self.out.line("");
        self.out.line("");
    }

    fn work(&mut self, list: &[Work]) {
        for work in list {
            match work {
                Work::Call(function) => self.call(*function, "0"),
                Work::Objects(function, number, slot) => self.objects(*function, *number, *slot),
                Work::Repeat(_, inner) if inner.is_empty() => {}
                Work::Repeat(turns, inner) => {
                    let count = match turns {
                        Turns::Fixed(count) => count.to_string(),
                        Turns::Computed(slot) => format!("turns[{slot}]"),
                    };
                    self.out.open(&format!("for _ in range_({count}):"));
                    self.work(inner);
                    self.out.shallower();
                }
            }
        }
    }

    fn objects(&mut self, function: usize, number: usize, slot: usize) {
        let transfer = &self.plan.transfers[number];
        let name = transfer.flow.name();
        let looped = match self.objects_of(number) {
            Count::Fixed(1) => None,
            Count::Fixed(count) => Some(count.to_string()),
            Count::Dynamic => Some(format!("turns[{slot}]")),
        };
        if let Some(count) = &looped {
            self.out.open(&format!("for number in range_({count}):"));
        }
        self.out.line(&format!("object = {name}.acquire(1)"));
        self.call(function, "number");
        self.out.line(&format!("{name}.release(1)"));
        if looped.is_some() {
            self.out.shallower();
        }
    }

    fn call(&mut self, function: usize, number: &str) {
        let Some(Some(Called { name, params })) = self.cores.functions.get(function) else { return };
        let args: Vec<&str> = params
            .iter()
            .map(|param| match param {
                Parameter::Taken | Parameter::Given => "object",
                Parameter::Number => number,
                Parameter::Local => "local",
                Parameter::Turns => "turns",
                Parameter::Numbers => "numbers",
            })
            .collect();
        self.out.line(&format!("{name}({})", args.join(", ")));
    }

    fn workers(&mut self) {
        let args: Vec<String> = self
            .given()
            .into_iter()
            .map(|name| match Flow::ALL.into_iter().find(|flow| flow.name() == name) {
                Some(flow) => format!("{name}[core].{}()", if flow.comes_in() { "cons" } else { "prod" }),
                None => format!("{name}[core]"),
            })
            .collect();
        self.out.open("workers = [");
        self.out.line(&format!("Worker(body, [{}, *functions], stack_size={STACK_BYTES})", args.join(", ")));
        self.out.line("for core in range(CORES)");
        self.out.close("]");
        self.out.line("");
        self.out.line("");
    }

    fn helpers(&mut self, helpers: &[Helper]) {
        let mut texts: Vec<&str> = helpers.iter().map(|helper| helper.text()).collect();
        let comes_in = self.plan.transfers.iter().any(|transfer| transfer.flow.comes_in());
        let goes_out = self.plan.transfers.iter().any(|transfer| !transfer.flow.comes_in());
        texts.push(ROWS);
        texts.extend(comes_in.then_some(FILL));
        texts.extend(goes_out.then_some(DRAIN));
        texts.push(START);
        for text in texts {
            self.out.line(text);
            self.out.line("");
            self.out.line("");
        }
    }

    fn names(&self) -> Vec<String> {
        let mut namer = Namer::new(&[words::CPP, names::PYTHON]);
        self.cores.params.iter().for_each(|name| {
            namer.name(name);
        });
        let reads = self.plan.reads.iter().map(|HostRead { view, element }| {
            let view = self.cores.params.get(view.index()).cloned().unwrap_or_default();
            namer.name(&format!("{view}_{element}"))
        });
        reads.collect()
    }

    /// The generator of what a core moves.
    fn moves(&self) -> Result<(Writer, Vec<Helper>), String> {
        let mut out = Writer::new("    ", "#");
        let mut namer = Namer::new(&[words::CPP, names::PYTHON]);
        for name in &self.cores.params {
            namer.name(name);
        }
        let reads = self.names();
        for name in &reads {
            namer.name(name);
        }
        let flows = self.plan.flows.iter().map(|(flow, _)| flow.name().to_owned());
        let params: Vec<String> = ["core".to_owned()]
            .into_iter()
            .chain(flows)
            .chain(self.cores.params.iter().cloned())
            .chain(reads.iter().cloned())
            .collect();
        out.open(&format!("def moves({}):", params.join(", ")));
        out.line("\"\"\"What is moved for a core, in the order in which its worker takes and gives it.\"\"\"");
        let python = Python::new(&self.plan.kernel, &self.cores.params, namer);
        let mut printer = Moves { plan: self.plan, params: &self.cores.params, reads: &reads, python, out };
        printer.block(&self.plan.moves)?;
        if self.plan.moves.is_empty() {
            printer.out.line("yield from ()");
        }
        printer.out.shallower();
        printer.out.line("");
        printer.out.line("");
        let helpers = printer.python.helpers.iter().copied().collect();
        Ok((printer.out, helpers))
    }

    fn sequence(&mut self) {
        let reads = self.names();
        let params: Vec<String> = self.cores.params.iter().cloned().chain(reads).collect();
        self.out.open(&format!("def sequence({}, *ends):", params.join(", ")));
        self.out.line("\"\"\"What is moved.\"\"\"");
        self.out.open("for core in range(CORES):");
        if self.has_parameters() {
            for (param, word) in &self.layout.numbers {
                let name = &self.cores.params[*param];
                let float = match &self.plan.kernel.params[*param].kind {
                    ParamKind::Scalar(scalar) => scalar.elem.is_float(),
                    ParamKind::View(_) => false,
                };
                let value = if float { format!("np.float32({name}).view(np.int32)") } else { name.clone() };
                self.out.line(&format!("numbers[core][{word}] = {value}"));
            }
        }
        self.out.line("ready[core].set(1)");
        self.out.shallower();
        self.out
            .line(&format!("start([moves(core, *ends[core::CORES], {}) for core in range(CORES)])", params.join(", ")));
        self.out.shallower();
        self.out.line("");
        self.out.line("");
        self.out.open("rt = Runtime(sequence, [");
        for param in &self.plan.kernel.params {
            let ty = match &param.kind {
                ParamKind::View(view) => {
                    let length = (view.shape.count() * view.elem.bytes()).div_ceil(WORD).max(1);
                    format!("words({length})")
                }
                ParamKind::Scalar(scalar) if scalar.elem.is_float() => "np.float32".to_owned(),
                ParamKind::Scalar(_) => "np.int32".to_owned(),
            };
            self.out.line(&format!("{ty},  # {}", param.name));
        }
        for _ in &self.plan.reads {
            self.out.line("np.int32,");
        }
        for (flow, _) in self.plan.flows.iter() {
            let end = if flow.comes_in() { "prod" } else { "cons" };
            self.out.line(&format!("*[fifo.{end}() for fifo in {}],", flow.name()));
        }
        self.out.close("])");
        self.out.line("print(Program(NPU2(), rt, workers=workers).resolve_program())");
    }
}
