//! The header: metadata and tensor descriptions.

use std::collections::BTreeMap;
use std::ops::Range;

use super::error::Error;
use super::quant::TensorType;
use super::value::{self, Value};

/// Longest metadata key (the format's own limit).
const MAX_KEY: u64 = 65_535;
/// Longest tensor name; the format says 64, files exceed it.
const MAX_TENSOR_NAME: u64 = 1024;
/// Most dimensions of a tensor.
const MAX_RANK: u32 = 4;

/// What a file says about itself; every tensor's data is inside the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Version of the format.
    pub version: u32,
    /// Metadata by key.
    pub metadata: BTreeMap<String, Value>,
    /// Tensors by name.
    pub tensors: BTreeMap<String, TensorInfo>,
}

/// Description of one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Element type.
    pub kind: TensorType,
    /// Extents, outermost first (the file has them the other way round).
    pub shape: Vec<u64>,
    /// Where its bytes are in the file.
    pub range: Range<usize>,
}

impl Header {
    /// Reads the header of a whole file.
    ///
    /// # Errors
    /// Any broken rule of the format: see [`Error`].
    pub fn parse(bytes: &[u8]) -> Result<Header, Error> {
        let cursor = &mut Cursor::new(bytes, 0);
        if cursor.array(|| "the magic number".to_owned())? != *b"GGUF" {
            return Err(Error::Magic);
        }
        let version = cursor.u32(|| "the version".to_owned())?;
        match version {
            2 | 3 => {}
            swapped if matches!(swapped.swap_bytes(), 1..=255) => return Err(Error::BigEndian),
            other => return Err(Error::Version(other)),
        }
        let tensor_count = cursor.u64(|| "the number of tensors".to_owned())?;
        let metadata_count = cursor.u64(|| "the number of metadata entries".to_owned())?;

        let mut metadata = BTreeMap::new();
        for _ in 0..metadata_count {
            let key = cursor.name("a metadata key", MAX_KEY)?.to_owned();
            let kind = value::read_kind(cursor, &key)?;
            let value = value::read(cursor, &key, kind)?;
            if metadata.contains_key(&key) {
                return Err(Error::Duplicate { what: "metadata", name: key });
            }
            metadata.insert(key, value);
        }
        let alignment = alignment(&metadata)?;

        let mut described: Vec<(String, TensorType, Vec<u64>, u64)> = Vec::new();
        for _ in 0..tensor_count {
            described.push(read_tensor(cursor)?);
        }
        let padding = cursor.offset().next_multiple_of(alignment) - cursor.offset();
        let data = cursor.offset().saturating_add(padding).min(bytes.len());
        let mut tensors = BTreeMap::new();
        for (name, kind, shape, offset) in described {
            let range = data_range(&name, kind, &shape, offset, alignment, data, bytes.len())?;
            if tensors.contains_key(&name) {
                return Err(Error::Duplicate { what: "tensor", name });
            }
            tensors.insert(name, TensorInfo { kind, shape, range });
        }
        check_overlaps(&tensors)?;
        Ok(Header { version, metadata, tensors })
    }

    /// Metadata as an unsigned integer, whatever its width in the file.
    pub fn unsigned(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key)? {
            Value::Unsigned(value) => Some(*value),
            Value::Signed(value) => u64::try_from(*value).ok(),
            Value::Float(_) | Value::Bool(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// Metadata as a float.
    pub fn float(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key)? {
            Value::Float(value) => Some(*value),
            Value::Unsigned(_) | Value::Signed(_) | Value::Bool(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// Metadata as a truth value.
    pub fn bool(&self, key: &str) -> Option<bool> {
        match self.metadata.get(key)? {
            Value::Bool(value) => Some(*value),
            Value::Unsigned(_) | Value::Signed(_) | Value::Float(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// Metadata as text.
    pub fn string(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key)? {
            Value::String(value) => Some(value),
            Value::Unsigned(_) | Value::Signed(_) | Value::Float(_) | Value::Bool(_) | Value::Array(_) => None,
        }
    }

    /// Metadata as an array.
    pub fn array(&self, key: &str) -> Option<&super::Array> {
        match self.metadata.get(key)? {
            Value::Array(value) => Some(value),
            Value::Unsigned(_) | Value::Signed(_) | Value::Float(_) | Value::Bool(_) | Value::String(_) => None,
        }
    }
}

fn alignment(metadata: &BTreeMap<String, Value>) -> Result<usize, Error> {
    match metadata.get("general.alignment") {
        None => Ok(32),
        Some(Value::Unsigned(value)) if value.is_power_of_two() && *value <= 65_536 => Ok(*value as usize),
        Some(Value::Unsigned(value)) => Err(Error::Alignment(*value)),
        Some(_) => Err(Error::Alignment(0)),
    }
}

fn read_tensor(cursor: &mut Cursor<'_>) -> Result<(String, TensorType, Vec<u64>, u64), Error> {
    let name = cursor.name("a tensor's name", MAX_TENSOR_NAME)?.to_owned();
    let what = || format!("the description of tensor `{name}`");
    let rank = cursor.u32(what)?;
    if rank == 0 || rank > MAX_RANK {
        return Err(Error::Tensor {
            tensor: name,
            message: format!("has {rank} dimensions; 1 to {MAX_RANK} are allowed"),
        });
    }
    let mut shape = (0..rank).map(|_| cursor.u64(what)).collect::<Result<Vec<_>, _>>()?;
    shape.reverse();
    let code = cursor.u32(what)?;
    let offset = cursor.u64(what)?;
    let Some(kind) = TensorType::from_code(code) else {
        let message = format!("has type {}; {} are read", TensorType::describe(code), TensorType::NAMES);
        return Err(Error::Tensor { tensor: name, message });
    };
    Ok((name, kind, shape, offset))
}

/// Where a tensor's bytes are; `data` is where all tensors' data begins, `end` the file's size.
fn data_range(
    name: &str,
    kind: TensorType,
    shape: &[u64],
    offset: u64,
    alignment: usize,
    data: usize,
    end: usize,
) -> Result<Range<usize>, Error> {
    let bad = |message: String| Error::Tensor { tensor: name.to_owned(), message };
    let (block, block_bytes) = kind.block();
    let elements = shape.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent));
    let elements = elements.filter(|&n| n > 0).ok_or_else(|| bad(format!("has an empty or absurd shape {shape:?}")))?;
    let row = shape.last().copied().unwrap_or(0);
    if !row.is_multiple_of(block) {
        return Err(bad(format!("has rows of {row} elements, no multiple of its block of {block}")));
    }
    if !offset.is_multiple_of(alignment as u64) {
        return Err(bad(format!("has offset {offset}, no multiple of the alignment {alignment}")));
    }
    let outside = || bad(format!("leaves the file: shape {shape:?} at offset {offset}"));
    let bytes = (elements / block).checked_mul(block_bytes).ok_or_else(outside)?;
    let start = (data as u64).checked_add(offset).ok_or_else(outside)?;
    let stop = start.checked_add(bytes).filter(|&stop| stop <= end as u64).ok_or_else(outside)?;
    Ok(start as usize..stop as usize)
}

fn check_overlaps(tensors: &BTreeMap<String, TensorInfo>) -> Result<(), Error> {
    let mut ranges: Vec<(&Range<usize>, &String)> = tensors.iter().map(|(name, info)| (&info.range, name)).collect();
    ranges.sort_by_key(|(range, _)| range.start);
    for pair in ranges.windows(2) {
        let [(first, one), (second, other)] = pair else {
            continue;
        };
        if second.start < first.end {
            return Err(Error::Tensor { tensor: (*other).clone(), message: format!("overlaps tensor `{one}`") });
        }
    }
    Ok(())
}

/// A place in the file. All reads are checked.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], offset: usize) -> Cursor<'a> {
        Cursor { bytes, offset: offset.min(bytes.len()) }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: u64, what: impl FnOnce() -> String) -> Result<&'a [u8], Error> {
        let left = &self.bytes[self.offset..];
        match usize::try_from(count).ok().and_then(|count| left.get(..count)) {
            Some(taken) => {
                self.offset += taken.len();
                Ok(taken)
            }
            None => Err(Error::Truncated { what: what(), offset: self.offset, needed: count, available: left.len() }),
        }
    }

    pub(super) fn array<const N: usize>(&mut self, what: impl FnOnce() -> String) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64, what)?);
        Ok(array)
    }

    pub(super) fn u32(&mut self, what: impl FnOnce() -> String) -> Result<u32, Error> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: impl FnOnce() -> String) -> Result<u64, Error> {
        self.array(what).map(u64::from_le_bytes)
    }

    pub(super) fn string(&mut self, what: impl Fn() -> String) -> Result<&'a str, Error> {
        let length = self.u64(&what)?;
        let bytes = self.take(length, &what)?;
        std::str::from_utf8(bytes).map_err(|_| Error::Utf8 { what: what() })
    }

    fn name(&mut self, what: &'static str, limit: u64) -> Result<&'a str, Error> {
        let length = self.u64(|| what.to_owned())?;
        if length > limit {
            return Err(Error::NameLength { what, length, limit });
        }
        let bytes = self.take(length, || what.to_owned())?;
        std::str::from_utf8(bytes).map_err(|_| Error::Utf8 { what: what.to_owned() })
    }
}
