//! Cases of fused kernels: what the launches do that they stand for, one after the other.

use std::collections::BTreeMap;

use bundle::manifest::{self, Fusion, Slot};
use cases::{ArgValue, Case, CaseArg, Outputs, Recipe, RecipeArg, RecipeError, Value};
use tile_ir::interp::Trap;
use tile_ir::{Access, Kernel, Shape};

use crate::generate::{scalars, value};
use crate::interpret::run_interpreter;

/// A fused kernel's case, and what the launches that it stands for make of it.
#[derive(Clone, Debug)]
pub struct Fused {
    /// How the case is made.
    pub recipe: Recipe,
    /// The case.
    pub case: Case,
    /// Its outputs.
    pub outputs: Outputs,
}

/// Why a fused kernel has no case.
#[derive(Debug, thiserror::Error)]
pub enum FusedError {
    /// The fusion names a launch or an argument that its kernels do not have.
    #[error("fusion `{fusion}` binds argument `{arg}` of launch {launch}, which is not there")]
    NoArgument {
        /// The fused kernel.
        fusion: String,
        /// The launch.
        launch: usize,
        /// The argument.
        arg: String,
    },
    /// The views are too large.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A launch does something wrong.
    #[error(transparent)]
    Trap(#[from] Box<Trap>),
}

/// A launch and a parameter of it.
type At = (usize, usize);

/// What is bound to the launches' parameters: those that a fusion wants bound alike have one representative.
struct Bindings<'a> {
    fusion: &'a Fusion,
    launches: &'a [&'a Kernel],
    /// By parameter: the first of those that are bound alike.
    first: BTreeMap<At, At>,
}

impl<'a> Bindings<'a> {
    fn new(fusion: &'a Fusion, launches: &'a [&'a Kernel]) -> Result<Bindings<'a>, FusedError> {
        let all = launches.iter().enumerate().flat_map(|(i, kernel)| (0..kernel.params.len()).map(move |p| (i, p)));
        let mut bindings = Bindings { fusion, launches, first: all.map(|at| (at, at)).collect() };
        for same in &fusion.same {
            let places = same.iter().map(|slot| bindings.at(slot)).collect::<Result<Vec<At>, _>>()?;
            let classes: Vec<At> = places.iter().map(|at| bindings.first[at]).collect();
            let Some(&first) = classes.iter().min() else { continue };
            bindings.first.values_mut().filter(|class| classes.contains(class)).for_each(|class| *class = first);
        }
        Ok(bindings)
    }

    fn at(&self, slot: &Slot) -> Result<At, FusedError> {
        let kernel = self.launches.get(slot.launch);
        let found = kernel.and_then(|kernel| kernel.params.iter().position(|param| param.name == slot.arg));
        let (launch, arg) = (slot.launch, slot.arg.clone());
        let missing = || FusedError::NoArgument { fusion: self.fusion.kernel.clone(), launch, arg };
        Ok((slot.launch, found.ok_or_else(missing)?))
    }

    /// How each binding is made, by its representative. A number that several launches take is one that all may take.
    fn values(&self, seed: u64) -> BTreeMap<At, Value> {
        let own: Vec<Vec<Option<u64>>> = self.launches.iter().map(|kernel| scalars(kernel, seed)).collect();
        let mut shared: BTreeMap<At, u64> = BTreeMap::new();
        for (&(launch, param), first) in &self.first {
            if let Some(number) = own[launch][param] {
                shared.entry(*first).and_modify(|least| *least = number.min(*least)).or_insert(number);
            }
        }
        let scalars = |launch: usize| -> Vec<Option<u64>> {
            let params = 0..self.launches[launch].params.len();
            params.map(|param| shared.get(&self.first[&(launch, param)]).copied()).collect()
        };
        let representatives = self.first.iter().filter(|(at, first)| at == first);
        let made = representatives.map(|(&(launch, param), _)| {
            let kernel = self.launches[launch];
            // Two launches of one kernel, or kernels whose arguments have one name, must not get the same numbers.
            let stream = format!("{launch}.{}", kernel.params[param].name);
            ((launch, param), value(kernel, param, &stream, &scalars(launch), seed))
        });
        made.collect()
    }
}

/// Makes the case of `fused`, the kernel of `fusion`, from `seed`, and interprets `launches`, the kernels that it stands
/// for, one after the other.
///
/// # Errors
/// A fusion of other kernels, views that are too large, or a launch that traps.
pub fn interpret_fused(
    fusion: &Fusion,
    fused: &manifest::Kernel,
    launches: &[&Kernel],
    seed: u64,
) -> Result<Fused, FusedError> {
    let bindings = Bindings::new(fusion, launches)?;
    let values = bindings.values(seed);
    let slots = fusion.args.iter().map(|slot| bindings.at(slot)).collect::<Result<Vec<At>, _>>()?;
    let named = || fused.args.iter().zip(&slots);

    let args = named().map(|(arg, at)| {
        let mut value = values[&bindings.first[at]].clone();
        // What one launch reads another may write, or see as another shape: the fused kernel's own count.
        if let (Value::View { access, shape, .. }, Some((own, extents))) = (&mut value, declared(arg)) {
            (*access, *shape) = (own, extents.unwrap_or(*shape));
        }
        RecipeArg { name: arg.name.clone(), value }
    });
    let recipe = Recipe { family: fused.name.clone(), seed, args: args.collect() };
    let case = recipe.make()?;

    let whole = values.iter().map(|(&(launch, param), value)| RecipeArg {
        name: format!("{launch}.{}", launches[launch].params[param].name),
        value: value.clone(),
    });
    let whole = Recipe { family: fused.name.clone(), seed, args: whole.collect() }.make()?;
    let mut held: BTreeMap<At, ArgValue> =
        values.keys().copied().zip(whole.args.into_iter().map(|a| a.value)).collect();
    for (launch, kernel) in launches.iter().enumerate() {
        let args = kernel.params.iter().enumerate().map(|(param, declared)| {
            let value = match (&held[&bindings.first[&(launch, param)]], &declared.kind) {
                (ArgValue::View { buffer, .. }, tile_ir::ParamKind::View(view)) => {
                    let mut buffer = buffer.clone();
                    buffer.shape = view.shape;
                    ArgValue::View { buffer, access: view.access }
                }
                (other, _) => other.clone(),
            };
            CaseArg { name: declared.name.clone(), value }
        });
        let run = Case { family: kernel.family.clone(), seed, args: args.collect() };
        for (name, after) in run_interpreter(kernel, &run)?.0 {
            let param = kernel.params.iter().position(|param| param.name == name).unwrap_or_default();
            if let Some(ArgValue::View { buffer, .. }) = held.get_mut(&bindings.first[&(launch, param)]) {
                buffer.bytes = after.bytes;
            }
        }
    }
    let mut outputs = case.outputs();
    for (arg, at) in named() {
        if let (Some(output), ArgValue::View { buffer, .. }) = (outputs.get_mut(&arg.name), &held[&bindings.first[at]])
        {
            output.bytes.clone_from(&buffer.bytes);
        }
    }
    Ok(Fused { recipe, case, outputs })
}

/// What a manifest's kernel does with a view, and the view's shape.
fn declared(arg: &manifest::Arg) -> Option<(Access, Option<Shape>)> {
    match &arg.kind {
        manifest::ArgKind::View { access, shape, .. } => {
            let access = match access {
                manifest::Access::Read => Access::Read,
                manifest::Access::Weights => Access::Weights,
                manifest::Access::Write => Access::Write,
            };
            Some((access, Shape::new(shape)))
        }
        manifest::ArgKind::Scalar { .. } => None,
    }
}
