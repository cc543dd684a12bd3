//! Reading locations. The C API of MLIR 19 only prints them, so their text is read back.

use std::sync::Arc;

use tile_ir::Loc;

use crate::raw::Operation;

/// A location and the variable's name, if the location carries one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub(crate) loc: Loc,
    pub(crate) name: Option<String>,
}

/// Longest name that is kept.
const NAME_CHARS: usize = 64;

/// Whether a text can be a variable's name, in the alphabet of any language: other texts are not kept as names.
pub(crate) fn is_name(text: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.chars().count() <= NAME_CHARS
        && text.starts_with(|c: char| word(c) && !c.is_numeric())
        && text.chars().all(word)
}

/// Reads what MLIR prints for a location: the first file position of whatever kind of location it is, and the name of a
/// name location (`loc("x"("file.rs":1:2))`, or `loc("x")` for an unknown position). Positions in the text itself are
/// given `text_name` as their file.
pub(crate) fn read(printed: &str, text_name: &Arc<str>) -> Place {
    let mut place = Place::default();
    if printed.starts_with("loc(unknown)") {
        return place;
    }
    let mut rest = printed;
    while let Some(quote) = rest.find('"') {
        let Some((text, after)) = string(&rest[quote + 1..]) else {
            break;
        };
        rest = after;
        if let Some((line, column)) = position(after) {
            let file = if text.is_empty() || text == "-" { Arc::clone(text_name) } else { text.into() };
            place.loc = Loc::File { file, line, column };
            break;
        }
        if printed.starts_with("loc(\"") && after.starts_with(['(', ')']) && place.name.is_none() && is_name(&text) {
            place.name = Some(text);
        }
    }
    place
}

/// Longest function header searched for the locations of arguments.
const HEADER_BYTES: usize = 1 << 20;

/// Locations of a function's arguments; none if they cannot be told. The C API has no way to them but the function's
/// printed header.
pub(crate) fn of_arguments(function: Operation<'_>, text_name: &Arc<str>) -> Vec<Loc> {
    let count = function.blocks(0).first().map_or(0, |body| body.args().count());
    let found = in_header(&function.header_text(HEADER_BYTES), text_name);
    if found.len() == count { found } else { Vec::new() }
}

/// The locations inside the argument list's own parentheses, in order.
fn in_header(header: &str, text_name: &Arc<str>) -> Vec<Loc> {
    let mut found = Vec::new();
    let Some(start) = header.find('(') else {
        return found;
    };
    let mut depth = 0usize;
    let mut at = start;
    while let Some(&byte) = header.as_bytes().get(at) {
        match byte {
            b'"' => match string(&header[at + 1..]) {
                Some((_, after)) => {
                    at = header.len() - after.len();
                    continue;
                }
                None => break,
            },
            b'(' | b'[' | b'{' => {
                if byte == b'(' && depth == 1 && header[..at].ends_with("loc") {
                    found.push(read(&header[at - 3..], text_name).loc);
                }
                depth += 1;
            }
            b')' | b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The string literal that starts here (after its quote) and the text behind it. Escapes are `\\`, `\"` and two hex digits.
fn string(text: &str) -> Option<(String, &str)> {
    let bytes = text.as_bytes();
    let mut value = Vec::new();
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            b'"' => {
                return Some((String::from_utf8_lossy(&value).into_owned(), &text[at + 1..]));
            }
            b'\\' => {
                let next = *bytes.get(at + 1)?;
                let hex = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                match hex {
                    Some(byte) => {
                        value.push(byte);
                        at += 3;
                    }
                    None => {
                        value.push(next);
                        at += 2;
                    }
                }
            }
            byte => {
                value.push(byte);
                at += 1;
            }
        }
    }
}

/// `:line:column` at the start of the text; a position without a line is none.
fn position(text: &str) -> Option<(u32, u32)> {
    let (line, rest) = number(text.strip_prefix(':')?)?;
    let (column, _) = number(rest.strip_prefix(':')?)?;
    (line > 0).then_some((line, column))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// Position of a byte offset in a text.
pub(crate) fn of_offset(text: &str, offset: usize, text_name: &Arc<str>) -> Loc {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    Loc::File {
        file: Arc::clone(text_name),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(before.len() - line_start + 1).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: u32, column: u32) -> Loc {
        Loc::File { file: file.into(), line, column }
    }

    fn place(printed: &str) -> Place {
        read(printed, &"k.mlir".into())
    }

    #[test]
    fn every_kind_of_location_gives_its_first_file_position() {
        assert_eq!(place("loc(unknown)"), Place::default());
        assert_eq!(place("loc(\"a b.rs\":3:7)").loc, at("a b.rs", 3, 7));
        assert_eq!(place("loc(\"gr\\C3\\B6\\C3\\9Fe\"(unknown))").name, Some("größe".into()));
        for text in ["", "1st", "a b", "a\\0Ab", &"a".repeat(65)] {
            assert_eq!(place(&format!("loc(\"{text}\"(\"a.rs\":3:7))")), Place { loc: at("a.rs", 3, 7), name: None });
        }
        assert_eq!(place("loc(fused[unknown, \"a.rs\":3:7, \"b.rs\":1:1])").loc, at("a.rs", 3, 7));
        assert_eq!(place("loc(fused<\"pass\">[\"a.rs\":3:7])").loc, at("a.rs", 3, 7));
        assert_eq!(place("loc(callsite(\"f\"(\"a.rs\":3:7) at \"b.rs\":1:1))").loc, at("a.rs", 3, 7));
        assert_eq!(place("loc(\"\":5:2)").loc, at("k.mlir", 5, 2));
        assert_eq!(place("loc(\"-\":5:2)").loc, at("k.mlir", 5, 2));
        assert_eq!(place("loc(\"q\\22\\5C.rs\":5:2)").loc, at("q\"\\.rs", 5, 2));
    }

    #[test]
    fn a_name_location_names_the_value() {
        let named = place("loc(\"sum\"(\"a.rs\":3:7))");
        assert_eq!(named, Place { loc: at("a.rs", 3, 7), name: Some("sum".into()) });
        assert_eq!(place("loc(\"sum\")"), Place { loc: Loc::Unknown, name: Some("sum".into()) });
        assert_eq!(place("loc(fused[\"sum\"(\"a.rs\":3:7)])").name, None);
    }

    #[test]
    fn arguments_keep_their_own_locations() {
        let header = "func.func @f(%arg0: memref<4xf32> {a = \"(\", b = loc(\"x\":9:9)} loc(\"a.rs\":1:2), %arg1: f32 loc(unknown)) {...} loc(\"c\":3:3)";
        assert_eq!(in_header(header, &"k.mlir".into()), [at("a.rs", 1, 2), Loc::Unknown]);
    }

    #[test]
    fn offsets_count_lines_and_columns_from_one() {
        let name: Arc<str> = "k.mlir".into();
        assert_eq!(of_offset("ab\ncd", 0, &name), at("k.mlir", 1, 1));
        assert_eq!(of_offset("ab\ncd", 4, &name), at("k.mlir", 2, 2));
        assert_eq!(of_offset("ab\ncd", 99, &name), at("k.mlir", 2, 3));
    }
}
