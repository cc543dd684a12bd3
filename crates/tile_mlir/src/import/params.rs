//! Kernel headers and parameters: the `tenfold.*` attributes, their defaults, their contradictions.

use tile_ir::{Access, Axis, Elem, Kernel, Loc, Own, Param, ParamKind, Scalar, Type, View};

use crate::errors::{ImportError, Problem, TypeProblem};
use crate::raw::{Attribute, Block, Operation, Value};
use crate::subset::nearest;
use crate::types::{self, AnyType};

const FUNCTION_ATTRIBUTES: [&str; 3] = ["tenfold.family", "tenfold.tuning", "tenfold.grid"];
const PARAM_ATTRIBUTES: [&str; 4] = ["tenfold.name", "tenfold.access", "tenfold.own", "tenfold.bound"];

/// Whether a name can name a kernel or a parameter in every target language.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn wrong(name: &str, what: impl Into<String>, instead: Option<String>) -> Problem {
    Problem::Attribute { name: name.to_owned(), what: what.into(), instead }
}

fn identifier(attribute: &str, value: Attribute<'_>) -> Result<String, Problem> {
    let name = value.as_str().filter(|name| is_identifier(name));
    name.map(str::to_owned).ok_or_else(|| wrong(attribute, format!("is no identifier: {}", value.text()), None))
}

/// Refuses `tenfold.` attributes that nobody reads: a slip there would be silently ignored.
fn refuse_unknown<'m>(
    attributes: impl Iterator<Item = (&'m str, Attribute<'m>)>,
    known: &'static [&'static str],
) -> Result<(), Problem> {
    for (name, _) in attributes {
        if name.starts_with("tenfold.") && !known.contains(&name) {
            let instead = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            return Err(wrong(name, "is unknown here", instead));
        }
    }
    Ok(())
}

/// What a function's attributes say.
pub(super) struct Header {
    pub(super) family: String,
    pub(super) tuning: Vec<(String, u64)>,
    pub(super) grid: [u64; 3],
}

impl Header {
    pub(super) fn read(op: Operation<'_>, name: &str) -> Result<Header, Problem> {
        refuse_unknown(op.attributes(), &FUNCTION_ATTRIBUTES)?;
        let [family, tuning, grid] = FUNCTION_ATTRIBUTES.map(|name| (name, op.attribute(name)));
        Ok(Header {
            family: family.1.map_or_else(|| Ok(name.to_owned()), |value| identifier(family.0, value))?,
            tuning: tuning.1.map_or_else(|| Ok(Vec::new()), |value| read_tuning(tuning.0, value))?,
            grid: grid.1.map_or_else(|| Ok([1, 1, 1]), |value| read_grid(grid.0, value))?,
        })
    }
}

fn read_tuning(name: &str, value: Attribute<'_>) -> Result<Vec<(String, u64)>, Problem> {
    let entries = value.as_dictionary();
    let entries = entries.ok_or_else(|| wrong(name, format!("is no dictionary: {}", value.text()), None))?;
    entries
        .into_iter()
        .map(|(key, size)| {
            let size_value = size.as_int().and_then(|size| u64::try_from(size).ok()).filter(|&size| size > 0);
            let size =
                size_value.ok_or_else(|| wrong(name, format!("gives `{key}` the size {}", size.text()), None))?;
            if is_identifier(key) {
                Ok((key.to_owned(), size))
            } else {
                Err(wrong(name, format!("has a key that is no identifier: {key:?}"), None))
            }
        })
        .collect()
}

fn read_grid(name: &str, value: Attribute<'_>) -> Result<[u64; 3], Problem> {
    let help = || Some("write `array<i64: X, Y, Z>`, each from 1 to 4294967295".to_owned());
    let sizes: Option<Vec<u64>> = value.as_ints().and_then(|sizes| {
        sizes.into_iter().map(|size| u32::try_from(size).ok().filter(|&size| size > 0).map(u64::from)).collect()
    });
    let grid: Option<[u64; 3]> = sizes.and_then(|sizes| sizes.try_into().ok());
    let grid = grid.ok_or_else(|| wrong(name, format!("is no program count: {}", value.text()), help()))?;
    let programs = grid.iter().try_fold(1u64, |n, &size| n.checked_mul(size));
    if programs.is_none() {
        return Err(wrong(name, "has more programs than can be counted", help()));
    }
    Ok(grid)
}

/// What the attributes of the parameters say, before the body is known.
pub(super) struct Declared(Vec<DeclaredParam>);

struct DeclaredParam {
    access: Option<Access>,
    own: Option<Vec<OwnText>>,
}

/// Ownership of one dimension, with a parameter still by name.
#[derive(Clone, Debug, PartialEq)]
enum OwnText {
    Whole,
    Block { axis: Axis, size: u64 },
    At(String),
}

/// Fills the kernel's parameters from the body's arguments. Access and ownership follow in [`Declared::resolve`].
///
/// `locs` has one location per argument.
pub(super) fn declare(
    op: Operation<'_>,
    body: Block<'_>,
    kernel: &mut Kernel,
    locs: &[Loc],
) -> Result<Declared, ImportError> {
    let attributes = op.attribute("arg_attrs").and_then(Attribute::as_array).unwrap_or_default();
    let mut declared = Vec::new();
    for (index, arg) in body.args().enumerate() {
        let loc = locs.get(index).unwrap_or(&kernel.loc).clone();
        let entries = attributes.get(index).and_then(|entries| entries.as_dictionary()).unwrap_or_default();
        let param = declare_param(index, arg, &entries, kernel, loc.clone()).map_err(|problem| problem.at(loc))?;
        declared.push(param);
    }
    Ok(Declared(declared))
}

fn declare_param(
    index: usize,
    arg: Value<'_>,
    entries: &[(&str, Attribute<'_>)],
    kernel: &mut Kernel,
    loc: Loc,
) -> Result<DeclaredParam, Problem> {
    refuse_unknown(entries.iter().copied(), &PARAM_ATTRIBUTES)?;
    let [name, access, own, bound] =
        PARAM_ATTRIBUTES.map(|name| entries.iter().find(|entry| entry.0 == name).map(|entry| (name, entry.1)));
    let name = name.map_or_else(|| Ok(format!("arg{index}")), |(key, value)| identifier(key, value))?;
    if kernel.params.iter().any(|param| param.name == name) {
        return Err(wrong("tenfold.name", format!("names two parameters `{name}`"), None));
    }
    let kind = match types::any(arg.ty())? {
        AnyType::View(elem, shape) => {
            if let Some((key, _)) = bound {
                return Err(wrong(key, format!("is for numbers, and `{name}` is a view"), None));
            }
            ParamKind::View(View { elem, shape, access: Access::Read, own: Vec::new() })
        }
        AnyType::Value(ty) => {
            if let Some((key, _)) = access.or(own) {
                return Err(wrong(key, format!("is for views, and `{name}` is a number"), None));
            }
            let elem = scalar_elem(arg.ty().text(), ty)?;
            let bound = bound.map(|(key, value)| read_bound(key, value, elem, &name)).transpose()?;
            let value = kernel.new_value(ty);
            kernel.values[value.index()].name = Some(name.clone());
            ParamKind::Scalar(Scalar { value, elem, bound })
        }
    };
    kernel.params.push(Param { name, kind, loc });
    Ok(DeclaredParam {
        access: access.map(|(key, value)| read_access(key, value)).transpose()?,
        own: own.map(|(key, value)| read_own(key, value)).transpose()?,
    })
}

fn scalar_elem(text: String, ty: Type) -> Result<Elem, Problem> {
    if !ty.is_scalar() {
        return Err(Problem::Type { ty: text, why: TypeProblem::TileParam });
    }
    match ty.elem {
        Elem::F32 | Elem::I32 | Elem::I64 => Ok(ty.elem),
        Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::Index => {
            Err(Problem::Type { ty: text, why: TypeProblem::ScalarParam })
        }
    }
}

fn read_bound(key: &str, value: Attribute<'_>, elem: Elem, name: &str) -> Result<u64, Problem> {
    if elem.is_float() {
        return Err(wrong(key, format!("is for integers, and `{name}` is a float"), None));
    }
    let bound = value.as_int().and_then(|bound| u64::try_from(bound).ok()).filter(|&bound| bound > 0);
    bound.ok_or_else(|| wrong(key, format!("is no positive integer: {}", value.text()), None))
}

fn read_access(key: &str, value: Attribute<'_>) -> Result<Access, Problem> {
    let access = value.as_str().and_then(Access::from_name);
    access.ok_or_else(|| {
        let help = "use \"read\", \"weights\" or \"write\"".to_owned();
        wrong(key, format!("has an unknown value: {}", value.text()), Some(help))
    })
}

fn read_own(key: &str, value: Attribute<'_>) -> Result<Vec<OwnText>, Problem> {
    let help = || Some("write one string per dimension: \"whole\", \"block(x, 16)\" or \"at(position)\"".to_owned());
    let items = value.as_array().ok_or_else(|| wrong(key, format!("is no list: {}", value.text()), help()))?;
    items
        .into_iter()
        .map(|item| {
            let own = item.as_str().and_then(parse_own);
            own.ok_or_else(|| wrong(key, format!("has an unknown entry: {}", item.text()), help()))
        })
        .collect()
}

fn parse_own(text: &str) -> Option<OwnText> {
    let text = text.trim();
    if text == "whole" {
        return Some(OwnText::Whole);
    }
    let (kind, rest) = text.split_once('(')?;
    let inside = rest.strip_suffix(')')?;
    match kind.trim() {
        "block" => {
            let (axis, size) = inside.split_once(',')?;
            let axis = Axis::ALL.into_iter().find(|candidate| candidate.name() == axis.trim())?;
            let size = size.trim().parse().ok().filter(|&size| size > 0)?;
            Some(OwnText::Block { axis, size })
        }
        "at" => Some(OwnText::At(inside.trim().to_owned())),
        _ => None,
    }
}

impl Declared {
    /// Sets access and ownership, now that the body's stores are known.
    pub(super) fn resolve(self, kernel: &mut Kernel, stored: &[Option<Loc>]) -> Result<(), ImportError> {
        for (index, declared) in self.0.into_iter().enumerate() {
            let ParamKind::View(view) = &kernel.params[index].kind else {
                continue;
            };
            let (name, rank) = (&kernel.params[index].name, view.shape.rank());
            let access = match (declared.access, &stored[index]) {
                (Some(access @ (Access::Read | Access::Weights)), Some(store)) => {
                    let what = format!("is \"{}\", but the kernel stores to `{name}`", access.name());
                    let help = "make it \"write\", and say with `tenfold.own` what each program owns".to_owned();
                    return Err(wrong("tenfold.access", what, Some(help)).at(store.clone()));
                }
                (Some(access), _) => access,
                (None, Some(_)) => Access::Write,
                (None, None) if declared.own.is_some() => Access::Write,
                (None, None) => Access::Read,
            };
            let own = match (access, declared.own) {
                (Access::Write, Some(own)) if own.len() == rank => {
                    let resolved: Result<_, Problem> = own.into_iter().map(|own| resolve(own, kernel)).collect();
                    resolved.map_err(|problem| problem.at(kernel.params[index].loc.clone()))?
                }
                (Access::Write, Some(own)) => {
                    let what = format!("has {} of the {rank} dimensions of `{name}`", own.len());
                    return Err(wrong("tenfold.own", what, None).at(kernel.params[index].loc.clone()));
                }
                (Access::Write, None) => vec![Own::Whole; rank],
                (Access::Read | Access::Weights, None) => Vec::new(),
                (Access::Read | Access::Weights, Some(_)) => {
                    let what = format!("is given for `{name}`, which is only read");
                    return Err(wrong("tenfold.own", what, None).at(kernel.params[index].loc.clone()));
                }
            };
            if let ParamKind::View(view) = &mut kernel.params[index].kind {
                view.access = access;
                view.own = own;
            }
        }
        Ok(())
    }
}

fn resolve(own: OwnText, kernel: &Kernel) -> Result<Own, Problem> {
    let name = match own {
        OwnText::Whole => return Ok(Own::Whole),
        OwnText::Block { axis, size } => return Ok(Own::Block { axis, size }),
        OwnText::At(name) => name,
    };
    let integers = || kernel.params.iter().enumerate().filter(|(_, param)| is_integer(param));
    match integers().find(|(_, param)| param.name == name) {
        Some((param, _)) => Ok(Own::At { param }),
        None => {
            let near = nearest(&name, integers().map(|(_, param)| param.name.as_str()));
            let instead = near.map(|near| format!("did you mean `{near}`?"));
            Err(wrong("tenfold.own", format!("names `{name}`, which is no integer parameter"), instead))
        }
    }
}

fn is_integer(param: &Param) -> bool {
    match &param.kind {
        ParamKind::Scalar(scalar) => scalar.elem.is_int(),
        ParamKind::View(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ownership_is_read_with_any_spacing() {
        assert_eq!(parse_own("whole"), Some(OwnText::Whole));
        assert_eq!(parse_own("block(x,16)"), Some(OwnText::Block { axis: Axis::X, size: 16 }));
        assert_eq!(parse_own(" block( z , 1 ) "), Some(OwnText::Block { axis: Axis::Z, size: 1 }));
        assert_eq!(parse_own("at(position)"), Some(OwnText::At("position".into())));
        for bad in ["", "all", "block(w, 16)", "block(x)", "block(x, 0)", "block(x, -1)", "at position", "half(x)"] {
            assert_eq!(parse_own(bad), None, "{bad}");
        }
    }

    #[test]
    fn identifiers_start_with_a_letter() {
        assert!(is_identifier("q_proj_bn16") && is_identifier("_x"));
        for bad in ["", "1x", "a-b", "a b", "ä"] {
            assert!(!is_identifier(bad), "{bad}");
        }
    }
}
