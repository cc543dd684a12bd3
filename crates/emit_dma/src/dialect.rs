//! What differs between the languages.

use emit::Text;
use lower_dma::ir::{Pipe, Scalar, VectorOp};
use lower_dma::target::Target;
use tile_ir::{Access, Elem};

use crate::area::{Area, Arg, CopyArea};
use crate::lines::Lines;

/// Plain facts of a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// What the lowering knows of the target.
    pub target: &'static Target,
    /// Language, hardware and toolkit assumed, such as `AscendC (Ascend 910B, CANN 9.0)`.
    pub language: &'static str,
    /// File extension without the dot.
    pub extension: &'static str,
    /// Words that are no names for variables: keywords, types, functions, helpers.
    pub reserved: &'static [&'static [&'static str]],
    /// Words that are no names for kernels, beyond those.
    pub reserved_entries: &'static [&'static str],
    /// What a function for the core is declared with, such as `static __aicore__ inline`.
    pub function: &'static str,
    /// Name of local memory in budgets, such as `ub`.
    pub space: &'static str,
    /// Bytes of local memory that operations use beside the buffers. They count in the budget of a text with the helper
    /// [`crate::SCRATCH`].
    pub scratch: u64,
}

/// A parameter, with names chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in scalar code and copies.
    pub name: String,
    /// A second name, unused otherwise: that of the address where the first is made of it.
    pub address: String,
    /// What it is.
    pub kind: ParameterKind,
    /// What the tile kernel says of it, such as `[bf16; 16x64]`.
    pub remark: String,
}

/// What a parameter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A view.
    View {
        /// Element type.
        elem: Elem,
        /// Elements.
        count: u64,
        /// What the kernel does to it.
        access: Access,
    },
    /// A number.
    Scalar(Scalar),
}

/// What a kernel's head declares.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    /// Entry point.
    pub entry: &'a str,
    /// Parameters.
    pub params: &'a [Parameter],
    /// Cores to start.
    pub cores: u64,
    /// Bytes of local memory that buffers take.
    pub local_bytes: u64,
}

/// What orders pipes: statements of core programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// [`lower_dma::ir::StmtKind::Signal`].
    Signal {
        /// Who sets the flag.
        from: Pipe,
        /// Who waits for it.
        to: Pipe,
        /// Number of the flag.
        event: u32,
    },
    /// [`lower_dma::ir::StmtKind::Await`].
    Await {
        /// Who sets the flag.
        from: Pipe,
        /// Who waits for it.
        to: Pipe,
        /// Number of the flag.
        event: u32,
    },
    /// [`lower_dma::ir::StmtKind::Barrier`].
    Barrier(Pipe),
    /// [`lower_dma::ir::StmtKind::Drain`].
    Drain(Pipe),
    /// [`lower_dma::ir::StmtKind::Fence`].
    Fence,
}

/// A language of the C family.
pub trait Dialect {
    /// Plain facts.
    fn facts(&self) -> &'static Facts;

    /// Lines before everything else: headers, namespaces.
    fn preamble(&self) -> Vec<String>;

    /// Lines before the kernel that declare memory of its core. Empty if there are none.
    fn storage(&self, signature: &Signature<'_>) -> Vec<String>;

    /// Lines of the kernel's head, the last one opening its body.
    fn head(&self, signature: &Signature<'_>) -> Vec<String>;

    /// First lines of the body: what parameters are made into.
    fn start(&self, signature: &Signature<'_>) -> Vec<String>;

    /// Lines that declare a local buffer.
    fn buffer(&self, buffer: &Area<'_>) -> Vec<String>;

    /// The number of the core, as an expression of an integer type.
    fn core(&self) -> &'static str;

    /// An element of a local buffer as a number of the C type `ty`, which is as wide as the element.
    fn read(&self, buffer: &Area<'_>, ty: &str, index: &Text) -> Text;

    /// Statement that writes an element of a local buffer; `value` is of the C type `ty`, which is as wide as the element.
    fn write(&self, buffer: &Area<'_>, ty: &str, index: &Text, value: &Text) -> String;

    /// An element of a view as a number of the C type `ty`, which is as wide as the element.
    fn read_global(&self, view: &str, elem: Elem, ty: &str, index: &Text) -> Text;

    /// Writes a copy.
    fn copy(&self, copy: &CopyArea<'_>, lines: &mut Lines<'_>);

    /// Writes a vector operation.
    ///
    /// # Errors
    /// What the language lacks: a mistake of the lowering, which knows the target.
    fn vector(&self, op: VectorOp, dst: &Area<'_>, args: &[Arg<'_>], lines: &mut Lines<'_>) -> Result<(), String>;

    /// The statement that orders pipes; `None` if the language has no such thing.
    fn order(&self, order: Order) -> Option<String>;

    /// Last lines of the body.
    fn finish(&self) -> Vec<String>;

    /// Lines after the kernel: what starts it, if that is in the same file.
    fn launch(&self, signature: &Signature<'_>) -> Vec<String>;
}
