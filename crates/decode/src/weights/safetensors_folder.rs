//! The safetensors files of a Hugging Face folder: one, or several with an index.
//!
//! The `safetensors` crate reads the files; this checks first what it does not: names given twice, and offsets whose
//! sum overflows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::error::{Error, TensorProblem};
use crate::weights::gguf_file::{load_checked, map};
use crate::weights::hf_config::{MAX_JSON, read_bounded};

/// Bytes of the header's length.
const LENGTH_FIELD: usize = 8;
/// Most files of one model.
const MAX_SHARDS: usize = 1024;

/// All tensors of a folder.
pub(super) struct SafetensorsFolder {
    files: Vec<ShardFile>,
    tensors: BTreeMap<String, Entry>,
}

struct ShardFile {
    path: PathBuf,
    bytes: Mmap,
}

/// Where a tensor is.
struct Entry {
    /// Index into the files.
    file: usize,
    dtype: Dtype,
    shape: Vec<u64>,
    range: Range<usize>,
}

impl SafetensorsFolder {
    /// Opens `model.safetensors`, or the files that `model.safetensors.index.json` lists.
    pub(super) fn open(dir: &Path) -> Result<SafetensorsFolder, Error> {
        let index = dir.join("model.safetensors.index.json");
        let mut folder = SafetensorsFolder { files: Vec::new(), tensors: BTreeMap::new() };
        if !index.exists() {
            folder.add(dir.join("model.safetensors"))?;
            return Ok(folder);
        }
        let map = read_index(&index)?;
        let names: BTreeSet<&str> = map.values().map(String::as_str).collect();
        if names.len() > MAX_SHARDS {
            return Err(Error::file(&index, format!("lists {} files, more than {MAX_SHARDS}", names.len())));
        }
        for name in names {
            if name.is_empty() || name.contains(['/', '\\', '\0']) || name == ".." || name == "." {
                return Err(Error::file(&index, format!("`{name}` is not the name of a file in the folder")));
            }
            folder.add(dir.join(name))?;
        }
        for (tensor, file) in &map {
            let found = folder.tensors.get(tensor).map(|entry| &folder.files[entry.file].path);
            if found != Some(&dir.join(file)) {
                return Err(Error::file(&index, format!("says tensor `{tensor}` is in `{file}`, which lacks it")));
            }
        }
        Ok(folder)
    }

    fn add(&mut self, path: PathBuf) -> Result<(), Error> {
        let bytes = map(&path)?;
        let names = check_header(&bytes).map_err(|message| Error::file(&path, message))?;
        let read = SafeTensors::read_metadata(&bytes);
        let (header, metadata) = read.map_err(|error| Error::file(&path, error.to_string()))?;
        let data = LENGTH_FIELD + header;
        for name in names {
            let lost = || Error::file(&path, format!("tensor `{name}` is not described"));
            let info = metadata.info(&name).ok_or_else(lost)?;
            let range = data + info.data_offsets.0..data + info.data_offsets.1;
            bytes.get(range.clone()).ok_or_else(lost)?;
            let shape = info.shape.iter().map(|&extent| extent as u64).collect();
            let entry = Entry { file: self.files.len(), dtype: info.dtype, shape, range };
            if let Some(other) = self.tensors.get(&name) {
                let other = self.files[other.file].path.display();
                return Err(Error::file(&path, format!("tensor `{name}` is also in {other}")));
            }
            self.tensors.insert(name, entry);
        }
        self.files.push(ShardFile { path, bytes });
        Ok(())
    }

    /// Names of the tensors, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The file that holds a tensor, or the first one.
    pub(super) fn path_of(&self, name: &str) -> &Path {
        let at = self.tensors.get(name).map_or(0, |entry| entry.file);
        self.files.get(at).map_or(Path::new(""), |file| &file.path)
    }

    /// Checks that the tensor is there with this shape and a type that is read.
    pub(super) fn check(&self, name: &str, shape: &[u64]) -> Result<(), Error> {
        self.entry(name, shape).map(drop)
    }

    fn entry(&self, name: &str, shape: &[u64]) -> Result<(&Entry, Float), Error> {
        let problem = match self.tensors.get(name) {
            None => TensorProblem::Missing,
            Some(entry) if entry.shape != shape => {
                TensorProblem::Shape { expected: shape.to_vec(), found: entry.shape.clone() }
            }
            Some(entry) => match entry.dtype {
                Dtype::F32 => return Ok((entry, Float::F32)),
                Dtype::F16 => return Ok((entry, Float::F16)),
                Dtype::BF16 => return Ok((entry, Float::Bf16)),
                other => TensorProblem::Type { expected: "BF16, F16 and F32", found: format!("{other:?}") },
            },
        };
        Err(Error::tensor(self.path_of(name), name, problem))
    }

    /// A tensor's numbers.
    pub(super) fn load(&self, name: &str, shape: &[u64]) -> Result<Vec<f32>, Error> {
        let (entry, float) = self.entry(name, shape)?;
        let file = &self.files[entry.file];
        let bytes = &file.bytes[entry.range.clone()];
        load_checked(&file.path, name, shape, |out| match float {
            Float::F32 => out.extend(bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk))),
            Float::F16 => out.extend(bytes.as_chunks().0.iter().map(|chunk| f16::from_le_bytes(*chunk).to_f32())),
            Float::Bf16 => out.extend(bytes.as_chunks().0.iter().map(|chunk| bf16::from_le_bytes(*chunk).to_f32())),
        })
    }
}

/// Types that are read.
#[derive(Clone, Copy)]
enum Float {
    F32,
    F16,
    Bf16,
}

/// Checks what the `safetensors` crate leaves unchecked, and returns the names of the tensors.
fn check_header(bytes: &[u8]) -> Result<Vec<String>, String> {
    let (length, rest) =
        bytes.split_first_chunk::<LENGTH_FIELD>().ok_or("truncated: no room for the header's length")?;
    let length = u64::from_le_bytes(*length);
    let header = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
    let (header, data) =
        header.ok_or_else(|| format!("truncated: the header should have {length} bytes, {} are left", rest.len()))?;
    if length > MAX_JSON {
        return Err(format!("the header has {length} bytes, more than {MAX_JSON}"));
    }
    let UniqueMap(entries) =
        serde_json::from_slice::<UniqueMap<Described>>(header).map_err(|error| format!("bad header: {error}"))?;
    let mut names = Vec::new();
    for (name, entry) in entries {
        let Described::Tensor { data_offsets: [start, end] } = entry else {
            if name == "__metadata__" {
                continue;
            }
            return Err(format!("tensor `{name}` has no offsets"));
        };
        if start > end || end > data.len() as u64 {
            return Err(format!(
                "tensor `{name}` lies at bytes {start} to {end}, the file has {} bytes of data",
                data.len()
            ));
        }
        names.push(name);
    }
    Ok(names)
}

/// What matters of a header's entry.
#[derive(Deserialize)]
#[serde(untagged)]
enum Described {
    Tensor { data_offsets: [u64; 2] },
    Other(#[allow(dead_code, reason = "any JSON")] IgnoredAny),
}

/// Reads `weight_map` of an index.
fn read_index(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: UniqueMap<String>,
    }
    let bytes = read_bounded(path, MAX_JSON)?;
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| Error::file(path, error.to_string()))?;
    Ok(index.weight_map.0)
}

/// A JSON object that refuses a name given twice; plain maps keep the last one.
struct UniqueMap<T>(BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Unique<T> {
            type Value = UniqueMap<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if entries.contains_key(&name) {
                        return Err(serde::de::Error::custom(format_args!("`{name}` is there twice")));
                    }
                    entries.insert(name, value);
                }
                Ok(UniqueMap(entries))
            }
        }
        deserializer.deserialize_map(Unique(std::marker::PhantomData))
    }
}
