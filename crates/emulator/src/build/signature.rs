//! What a kernel's parameters mean.

use super::ir::EntryParam;
use crate::{Error, Language};

/// A number that Metal passes as a parameter. The discriminant is its place among the numbers of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Builtin {
    /// `thread_position_in_grid`.
    PositionInGrid = 0,
    /// `threadgroup_position_in_grid`.
    GroupPosition = 3,
    /// `thread_position_in_threadgroup`.
    PositionInGroup = 6,
    /// `threads_per_threadgroup`.
    GroupSize = 9,
    /// `threads_per_grid`.
    GridSize = 12,
    /// `threadgroups_per_grid`.
    Groups = 15,
    /// `thread_index_in_threadgroup`.
    Thread = 18,
    /// `thread_index_in_simdgroup`.
    Lane = 19,
    /// `simdgroup_index_in_threadgroup`.
    Subgroup = 20,
    /// `simdgroups_per_threadgroup`.
    Subgroups = 21,
    /// `threads_per_simdgroup`.
    Width = 22,
}

/// How many numbers a thread has.
pub(crate) const NUMBERS: usize = 23;

impl Builtin {
    fn of(attribute: &str) -> Option<Builtin> {
        Some(match attribute {
            "thread_position_in_grid" => Builtin::PositionInGrid,
            "threadgroup_position_in_grid" => Builtin::GroupPosition,
            "thread_position_in_threadgroup" => Builtin::PositionInGroup,
            "threads_per_threadgroup" => Builtin::GroupSize,
            "threads_per_grid" => Builtin::GridSize,
            "threadgroups_per_grid" => Builtin::Groups,
            "thread_index_in_threadgroup" => Builtin::Thread,
            "thread_index_in_simdgroup" => Builtin::Lane,
            "simdgroup_index_in_threadgroup" => Builtin::Subgroup,
            "simdgroups_per_threadgroup" => Builtin::Subgroups,
            "threads_per_simdgroup" | "thread_execution_width" => Builtin::Width,
            _ => return None,
        })
    }

    fn has_axes(self) -> bool {
        (self as usize) < Builtin::Thread as usize
    }
}

/// What a parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ParamKind {
    /// A pointer to a buffer.
    Buffer,
    /// A reference to a scalar of this many bytes, or to the start of a buffer.
    Reference(u64),
    /// A scalar of this IR type.
    Value(String),
    /// A number of the thread.
    Number(Builtin),
}

/// A parameter of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Param {
    /// Name in the text.
    pub(crate) name: String,
    /// Index among the arguments of a launch; 0 for numbers.
    pub(crate) slot: usize,
    /// What it takes.
    pub(crate) kind: ParamKind,
}

/// Binds the parameters of kernel `entry`: by `[[buffer(n)]]` in Metal, by position elsewhere.
pub(super) fn params(language: Language, source: &str, entry: &str, types: &[EntryParam]) -> Result<Vec<Param>, Error> {
    let refuse = |reason: String| Error::Signature { entry: entry.to_owned(), reason };
    let source = without_comments(source);
    let texts = list(&source, entry).ok_or_else(|| Error::NoEntry { entry: entry.to_owned() })?;
    if texts.len() != types.len() {
        return Err(refuse(format!("{} in the text, {} compiled", texts.len(), types.len())));
    }
    let mut params = Vec::new();
    for (position, (text, compiled)) in texts.iter().zip(types).enumerate() {
        let (declared, attribute) = split_attribute(text);
        let name = last_word(declared);
        let by_value = |ty: &str| match ty {
            "ptr" => ParamKind::Buffer,
            ty => ParamKind::Value(ty.to_owned()),
        };
        let (slot, kind) = match (language, attribute) {
            (Language::Cuda | Language::Musa | Language::AscendC | Language::Pto, _) => {
                (position, by_value(&compiled.ty))
            }
            (Language::Msl, None) => return Err(refuse(format!("`{name}` has no attribute"))),
            (Language::Msl, Some(attribute)) => {
                metal(attribute, declared, compiled).map_err(|reason| refuse(format!("`{name}` {reason}")))?
            }
        };
        let on_core = crate::ascend::Rules::of(language).is_some();
        if on_core && kind == ParamKind::Buffer && !declared.contains("__gm__") && !declared.contains("GM_ADDR") {
            return Err(refuse(format!("`{name}` is a pointer, and not to `__gm__`")));
        }
        params.push(Param { name: name.to_owned(), slot, kind });
    }
    if language == Language::Msl {
        metal_slots(&params).map_err(refuse)?;
    }
    Ok(params)
}

fn metal(attribute: &str, declared: &str, compiled: &EntryParam) -> Result<(usize, ParamKind), String> {
    if let Some(slot) = attribute.strip_prefix("buffer(").and_then(|rest| rest.strip_suffix(')')) {
        let slot = slot.trim().parse::<usize>().map_err(|_| format!("has the slot `{slot}`, which is no number"))?;
        if slot >= 31 {
            return Err(format!("has slot {slot}; the last one is 30"));
        }
        let kind = match declared.contains('&') {
            true => ParamKind::Reference(compiled.dereferenceable.unwrap_or(1)),
            false => ParamKind::Buffer,
        };
        return Ok((slot, kind));
    }
    let builtin =
        Builtin::of(attribute).ok_or_else(|| format!("has the attribute `{attribute}`, which is not known"))?;
    let one = matches!(compiled.ty.as_str(), "i32" | "i16");
    if !one && !builtin.has_axes() {
        return Err("is one number, not a vector".to_owned());
    }
    Ok((0, ParamKind::Number(builtin)))
}

fn metal_slots(params: &[Param]) -> Result<(), String> {
    let mut slots: Vec<_> =
        params.iter().filter(|param| !matches!(param.kind, ParamKind::Number(_))).map(|param| param.slot).collect();
    slots.sort_unstable();
    for (expected, slot) in slots.iter().enumerate() {
        if *slot < expected {
            return Err(format!("two have slot {slot}"));
        }
        if *slot > expected {
            return Err(format!("none has slot {expected}"));
        }
    }
    Ok(())
}

fn without_comments(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find('/') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
            text.push(' ');
        } else {
            text.push('/');
            rest = &rest[1..];
        }
    }
    text.push_str(rest);
    text
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The texts of the parameters of function `name`.
fn list<'a>(source: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let bytes = source.as_bytes();
    for (at, _) in source.match_indices(name) {
        let before = at.checked_sub(1).is_some_and(|before| is_word(bytes[before]));
        let rest = source[at + name.len()..].trim_start();
        if before || !rest.starts_with('(') {
            continue;
        }
        return Some(split(rest));
    }
    None
}

/// Splits `(a, b) ...` at the commas outside brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 1, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        let ends = match byte {
            b'(' | b'[' | b'<' | b'{' => {
                depth += 1;
                false
            }
            b')' | b']' | b'>' | b'}' => {
                depth -= 1;
                depth == 0
            }
            b',' => depth == 1,
            _ => false,
        };
        if ends {
            parts.push(text[start..at].trim());
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    parts.retain(|part| !part.is_empty() && *part != "void");
    parts
}

fn split_attribute(param: &str) -> (&str, Option<&str>) {
    match param.split_once("[[") {
        Some((declared, rest)) => (declared.trim(), Some(rest.trim_end().trim_end_matches(']').trim())),
        None => (param, None),
    }
}

fn last_word(text: &str) -> &str {
    let end = text.trim_end();
    let start = end.bytes().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1);
    &end[start..]
}
