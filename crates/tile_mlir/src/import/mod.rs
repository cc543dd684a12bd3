//! A checked MLIR module to the tile IR, one file per family of operations.

mod constant;
mod control;
mod elementwise;
mod memory;
mod module;
mod params;
mod reduce;
mod shape;

use std::collections::HashMap;
use std::sync::Arc;

use tile_ir::{Block, Kernel, Loc, Op, OpKind, Type, Value, ViewId};

use crate::context::Session;
use crate::errors::{ImportError, Problem};
use crate::location::{self, Place};
use crate::subset::{self, Known};
use crate::{check, parse, passes, raw, types};

/// How to import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Run upstream passes first: canonicalize, cse, loop-invariant code motion.
    pub simplify: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { simplify: true }
    }
}

/// Reads a text of the documented subset, simplified by upstream passes. `text_name` is the file's name for errors and
/// for operations that carry no location of their own; it also names a module without a name.
///
/// # Errors
/// Everything found wrong, in the text's order, each at its place; never empty.
pub fn import(text: &str, text_name: &str) -> Result<tile_ir::Module, Vec<ImportError>> {
    import_with(text, text_name, Options::default())
}

/// [`import`] with options.
///
/// # Errors
/// As [`import`].
pub fn import_with(text: &str, text_name: &str, options: Options) -> Result<tile_ir::Module, Vec<ImportError>> {
    let text_name: Arc<str> = text_name.into();
    parse::on_own_stack(&text_name, || {
        let session = Session::new();
        let mut module = parse::parse(&session, text, &text_name)?;
        // SAFETY: the module outlives the handle, which is not used past the next change of the module.
        let operation =
            |module: &melior::ir::Module<'_>| unsafe { raw::Operation::from_raw(module.as_operation().to_raw()) };
        let refused = check::module(operation(&module), &text_name);
        if !refused.is_empty() {
            return Err(refused);
        }
        if options.simplify
            && let Err(problem) = passes::simplify(&session, &mut module)
        {
            let mut errors = parse::errors(&session, text, &text_name);
            errors.push(problem.at(Loc::Unknown));
            return Err(errors);
        }
        module::module(operation(&module), &text_name)
    })
}

/// What an MLIR value stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    /// A number or tile.
    Value(Value),
    /// A whole view parameter.
    View(ViewId),
    /// A view collapsed to one dimension; only gathers take it.
    Flat(ViewId),
}

/// An operation with its place, for errors.
struct Site<'m> {
    op: raw::Operation<'m>,
    place: Place,
}

impl<'m> Site<'m> {
    fn error(&self, problem: Problem) -> ImportError {
        problem.at(self.place.loc.clone())
    }

    /// A form of this operation that is outside the subset.
    fn form(&self, what: impl Into<String>, instead: Option<&str>) -> ImportError {
        let name = self.op.name().to_owned();
        self.error(Problem::Form { name, what: what.into(), instead: instead.map(str::to_owned) })
    }

    fn operand(&self, index: usize) -> Result<raw::Value<'m>, ImportError> {
        self.op.operand(index).ok_or_else(|| self.form("lacks an operand", None))
    }

    fn attribute(&self, name: &str) -> Result<raw::Attribute<'m>, ImportError> {
        self.op.attribute(name).ok_or_else(|| self.form(format!("lacks attribute `{name}`"), None))
    }

    /// An attribute that is a list of numbers.
    fn ints(&self, name: &str) -> Result<Vec<i64>, ImportError> {
        let ints = self.attribute(name)?.as_ints();
        ints.ok_or_else(|| self.form(format!("has an attribute `{name}` that is no list of numbers"), None))
    }

    /// An attribute that is a list of numbers, none negative.
    fn sizes(&self, name: &str) -> Result<Vec<u64>, ImportError> {
        let sizes = self.ints(name)?.into_iter().map(u64::try_from).collect::<Result<_, _>>();
        sizes.map_err(|_| self.form(format!("has a negative number in `{name}`"), None))
    }
}

/// Builds one kernel.
struct Importer<'m> {
    text_name: Arc<str>,
    kernel: Kernel,
    bound: HashMap<usize, Bound>,
    /// For each parameter: where the body first stores to it.
    stored: Vec<Option<Loc>>,
    module: std::marker::PhantomData<&'m ()>,
}

impl<'m> Importer<'m> {
    fn site(&self, op: raw::Operation<'m>) -> Site<'m> {
        Site { op, place: location::read(&op.location_text(), &self.text_name) }
    }

    /// The number or tile a value of the text stands for.
    fn value(&self, site: &Site<'m>, value: raw::Value<'m>) -> Result<Value, ImportError> {
        match self.bound.get(&value.id()) {
            Some(Bound::Value(value)) => Ok(*value),
            Some(Bound::View(_) | Bound::Flat(_)) => Err(site.form("takes no views", None)),
            None => Err(site.form("uses a value from outside the function", None)),
        }
    }

    fn operand(&self, site: &Site<'m>, index: usize) -> Result<Value, ImportError> {
        self.value(site, site.operand(index)?)
    }

    fn values(&self, site: &Site<'m>, values: impl Iterator<Item = raw::Value<'m>>) -> Result<Vec<Value>, ImportError> {
        values.map(|value| self.value(site, value)).collect()
    }

    fn ty(&self, value: Value) -> Type {
        self.kernel.ty(value)
    }

    /// A new value for a value of the text.
    fn define(&mut self, site: &Site<'m>, value: raw::Value<'m>) -> Result<Value, ImportError> {
        let ty = types::value(value.ty()).map_err(|problem| site.error(problem))?;
        let new = self.kernel.new_value(ty);
        self.bound.insert(value.id(), Bound::Value(new));
        Ok(new)
    }

    /// Type of the operation's only result.
    fn result_type(&self, site: &Site<'m>) -> Result<Type, ImportError> {
        let result = site.op.results().next().ok_or_else(|| site.form("has no result", None))?;
        types::value(result.ty()).map_err(|problem| site.error(problem))
    }

    /// Adds an operation for `site`, whose results it defines.
    fn push(&mut self, site: &Site<'m>, block: &mut Block, kind: OpKind) -> Result<(), ImportError> {
        let results = site.op.results().map(|result| self.define(site, result)).collect::<Result<Vec<_>, _>>()?;
        if let [result] = results[..] {
            self.kernel.values[result.index()].name.clone_from(&site.place.name);
        }
        block.ops.push(Op { kind, results, loc: site.place.loc.clone() });
        Ok(())
    }

    /// Adds an operation that the text does not have, and gives its result.
    fn helper(&mut self, site: &Site<'m>, block: &mut Block, kind: OpKind, ty: Type) -> Value {
        let result = self.kernel.new_value(ty);
        block.ops.push(Op { kind, results: vec![result], loc: site.place.loc.clone() });
        result
    }

    /// Imports the operations of a block up to its terminator, which it returns.
    fn body(&mut self, from: raw::Block<'m>, block: &mut Block) -> Result<Option<Site<'m>>, ImportError> {
        for op in from.operations() {
            let site = self.site(op);
            if self.operation(&site, block)? == Flow::Ends {
                return Ok(Some(site));
            }
        }
        Ok(None)
    }

    fn operation(&mut self, site: &Site<'m>, block: &mut Block) -> Result<Flow, ImportError> {
        let name = site.op.name();
        let Some(known) = subset::known(name) else {
            let instead = subset::instead(name);
            return Err(site.error(Problem::Operation { name: name.to_owned(), instead }));
        };
        match known {
            Known::Unary(op) => self.unary(site, block, op),
            Known::Binary(op) => self.binary(site, block, op),
            Known::Fma => self.fma(site, block),
            Known::CompareFloat => self.compare_float(site, block),
            Known::CompareInt => self.compare_int(site, block),
            Known::Select => self.select(site, block),
            Known::Cast(op) => self.cast(site, block, op),
            Known::Constant => self.constant(site, block),
            Known::BlockId => self.program_index(site, block, OpKind::ProgramId),
            Known::GridDim => self.program_index(site, block, OpKind::NumPrograms),
            Known::Broadcast => self.broadcast(site, block),
            Known::ShapeCast => self.shape_cast(site, block),
            Known::Transpose => self.transpose(site, block),
            Known::ExtractStridedSlice => self.extract_slice(site, block),
            Known::InsertStridedSlice => self.insert_slice(site, block),
            Known::Extract => self.extract(site, block),
            Known::Insert => self.insert(site, block),
            Known::ExtractElement => self.extract_element(site, block),
            Known::InsertElement => self.insert_element(site, block),
            Known::MultiReduction => self.multi_reduction(site, block),
            Known::Reduction => self.reduction(site, block),
            Known::Contract => self.contract(site, block),
            Known::CreateMask => self.create_mask(site, block),
            Known::ConstantMask => self.constant_mask(site, block),
            Known::TransferRead => self.transfer_read(site, block),
            Known::TransferWrite => self.transfer_write(site, block),
            Known::MemLoad => self.load(site, block),
            Known::MemStore => self.store(site, block),
            Known::CollapseShape => self.collapse_shape(site),
            Known::Gather => self.gather(site, block),
            Known::For => self.scf_for(site, block),
            Known::While => self.scf_while(site, block),
            Known::If => self.scf_if(site, block),
            Known::Yield | Known::Condition | Known::Return => return Ok(Flow::Ends),
        }?;
        Ok(Flow::Continues)
    }
}

/// Whether a block goes on after an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Continues,
    Ends,
}
