//! Metadata values.

use super::error::Error;
use super::header::Cursor;

/// Deepest nesting of arrays.
const MAX_NESTING: usize = 4;

/// A metadata value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Any unsigned integer.
    Unsigned(u64),
    /// Any signed integer.
    Signed(i64),
    /// Any float.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Text.
    String(String),
    /// An array, kept as a place in the file.
    Array(Array),
}

/// An array: its elements stay in the file until they are asked for, so that a hostile file cannot make the reader
/// use several times its size.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    kind: Kind,
    count: u64,
    offset: usize,
}

/// Types of values, by their numbers in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    String,
    Array,
    U64,
    I64,
    F64,
}

impl Kind {
    pub(super) fn from_code(code: u32) -> Option<Kind> {
        Some(match code {
            0 => Kind::U8,
            1 => Kind::I8,
            2 => Kind::U16,
            3 => Kind::I16,
            4 => Kind::U32,
            5 => Kind::I32,
            6 => Kind::F32,
            7 => Kind::Bool,
            8 => Kind::String,
            9 => Kind::Array,
            10 => Kind::U64,
            11 => Kind::I64,
            12 => Kind::F64,
            _ => return None,
        })
    }

    /// Bytes of a value; `None` for those that state their length.
    fn size(self) -> Option<u64> {
        match self {
            Kind::U8 | Kind::I8 | Kind::Bool => Some(1),
            Kind::U16 | Kind::I16 => Some(2),
            Kind::U32 | Kind::I32 | Kind::F32 => Some(4),
            Kind::U64 | Kind::I64 | Kind::F64 => Some(8),
            Kind::String | Kind::Array => None,
        }
    }
}

/// Reads a value of this kind.
pub(super) fn read(cursor: &mut Cursor<'_>, key: &str, kind: Kind) -> Result<Value, Error> {
    let what = || format!("metadata `{key}`");
    Ok(match kind {
        Kind::U8 => Value::Unsigned(u8::from_le_bytes(cursor.array(what)?).into()),
        Kind::I8 => Value::Signed(i8::from_le_bytes(cursor.array(what)?).into()),
        Kind::U16 => Value::Unsigned(u16::from_le_bytes(cursor.array(what)?).into()),
        Kind::I16 => Value::Signed(i16::from_le_bytes(cursor.array(what)?).into()),
        Kind::U32 => Value::Unsigned(u32::from_le_bytes(cursor.array(what)?).into()),
        Kind::I32 => Value::Signed(i32::from_le_bytes(cursor.array(what)?).into()),
        Kind::F32 => Value::Float(f32::from_le_bytes(cursor.array(what)?).into()),
        Kind::Bool => Value::Bool(cursor.array::<1>(what)? != [0]),
        Kind::String => Value::String(cursor.string(what)?.to_owned()),
        Kind::Array => Value::Array(skip_array(cursor, key, 1)?),
        Kind::U64 => Value::Unsigned(u64::from_le_bytes(cursor.array(what)?)),
        Kind::I64 => Value::Signed(i64::from_le_bytes(cursor.array(what)?)),
        Kind::F64 => Value::Float(f64::from_le_bytes(cursor.array(what)?)),
    })
}

/// Reads a type number.
pub(super) fn read_kind(cursor: &mut Cursor<'_>, key: &str) -> Result<Kind, Error> {
    let code = cursor.u32(|| format!("the type of metadata `{key}`"))?;
    Kind::from_code(code).ok_or_else(|| Error::ValueType { key: key.to_owned(), code })
}

/// Checks that an array is all there, and moves behind it.
fn skip_array(cursor: &mut Cursor<'_>, key: &str, depth: usize) -> Result<Array, Error> {
    if depth > MAX_NESTING {
        return Err(Error::Nesting { key: key.to_owned(), limit: MAX_NESTING });
    }
    let what = || format!("array `{key}`");
    let kind = read_kind(cursor, key)?;
    let count = cursor.u64(what)?;
    let offset = cursor.offset();
    match kind.size() {
        Some(size) => {
            cursor.take(count.saturating_mul(size), what)?;
        }
        None => {
            // Each element has at least its length field, so this ends with the file at the latest.
            for _ in 0..count {
                if kind == Kind::Array {
                    skip_array(cursor, key, depth + 1)?;
                } else {
                    cursor.string(what)?;
                }
            }
        }
    }
    Ok(Array { kind, count, offset })
}

impl Array {
    /// Number of elements.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The elements as text, borrowed from the file's `bytes`; `None` for an array of something else.
    pub fn strings<'a>(&self, bytes: &'a [u8]) -> Option<Vec<&'a str>> {
        if self.kind != Kind::String {
            return None;
        }
        let mut cursor = Cursor::new(bytes, self.offset);
        (0..self.count).map(|_| cursor.string(String::new).ok()).collect()
    }

    /// The elements as integers; `None` for an array of something else, or a value out of range.
    pub fn integers(&self, bytes: &[u8]) -> Option<Vec<i64>> {
        let mut cursor = Cursor::new(bytes, self.offset);
        (0..self.count)
            .map(|_| match self.kind {
                Kind::F32 | Kind::F64 | Kind::Bool | Kind::String | Kind::Array => None,
                Kind::U8 | Kind::I8 | Kind::U16 | Kind::I16 | Kind::U32 | Kind::I32 | Kind::U64 | Kind::I64 => {
                    match read(&mut cursor, "", self.kind).ok()? {
                        Value::Unsigned(value) => i64::try_from(value).ok(),
                        Value::Signed(value) => Some(value),
                        Value::Float(_) | Value::Bool(_) | Value::String(_) | Value::Array(_) => None,
                    }
                }
            })
            .collect()
    }
}
