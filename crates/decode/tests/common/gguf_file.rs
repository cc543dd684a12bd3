//! Writes GGUF files, right ones and wrong ones.

/// Parts of a file; fields may be spoiled before [`GgufWriter::finish`].
#[derive(Clone)]
pub(crate) struct GgufWriter {
    pub(crate) magic: [u8; 4],
    pub(crate) version: u32,
    /// Key and encoded type and value.
    pub(crate) metadata: Vec<(String, Vec<u8>)>,
    pub(crate) tensors: Vec<TensorPart>,
    /// If set, written instead of the true numbers of tensors and metadata entries.
    pub(crate) counts: Option<(u64, u64)>,
    data: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct TensorPart {
    pub(crate) name: String,
    /// Outermost first.
    pub(crate) shape: Vec<u64>,
    pub(crate) code: u32,
    pub(crate) offset: u64,
}

impl GgufWriter {
    pub(crate) fn new() -> GgufWriter {
        GgufWriter { magic: *b"GGUF", version: 3, metadata: vec![], tensors: vec![], counts: None, data: vec![] }
    }

    /// Adds metadata whose type and value are already encoded.
    pub(crate) fn raw(&mut self, key: &str, code: u32, value: &[u8]) {
        self.metadata.push((key.to_owned(), [&code.to_le_bytes()[..], value].concat()));
    }

    pub(crate) fn u32(&mut self, key: &str, value: u32) {
        self.raw(key, 4, &value.to_le_bytes());
    }

    pub(crate) fn f32(&mut self, key: &str, value: f32) {
        self.raw(key, 6, &value.to_le_bytes());
    }

    pub(crate) fn string(&mut self, key: &str, value: &str) {
        self.raw(key, 8, &text(value));
    }

    pub(crate) fn strings(&mut self, key: &str, values: &[String]) {
        let items: Vec<u8> = values.iter().flat_map(|value| text(value)).collect();
        self.raw(key, 9, &[&8u32.to_le_bytes()[..], &(values.len() as u64).to_le_bytes(), &items].concat());
    }

    pub(crate) fn i32s(&mut self, key: &str, values: &[i32]) {
        let items: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.raw(key, 9, &[&5u32.to_le_bytes()[..], &(values.len() as u64).to_le_bytes(), &items].concat());
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.metadata.retain(|entry| entry.0 != key);
    }

    pub(crate) fn tensor(&mut self, name: &str, shape: &[u64], code: u32, bytes: &[u8]) {
        self.data.resize(self.data.len().next_multiple_of(32), 0);
        let offset = self.data.len() as u64;
        self.data.extend(bytes);
        self.tensors.push(TensorPart { name: name.to_owned(), shape: shape.to_vec(), code, offset });
    }

    pub(crate) fn part(&mut self, name: &str) -> &mut TensorPart {
        self.tensors.iter_mut().find(|part| part.name == name).unwrap()
    }

    /// Overwrites a tensor's first bytes.
    pub(crate) fn poke(&mut self, name: &str, bytes: &[u8]) {
        let at = self.part(name).offset as usize;
        self.data[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn finish(&self) -> Vec<u8> {
        let (tensors, metadata) = self.counts.unwrap_or((self.tensors.len() as u64, self.metadata.len() as u64));
        let mut out = self.magic.to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend(tensors.to_le_bytes());
        out.extend(metadata.to_le_bytes());
        for (key, value) in &self.metadata {
            out.extend(text(key));
            out.extend(value);
        }
        for part in &self.tensors {
            out.extend(text(&part.name));
            out.extend((part.shape.len() as u32).to_le_bytes());
            out.extend(part.shape.iter().rev().flat_map(|extent| extent.to_le_bytes()));
            out.extend(part.code.to_le_bytes());
            out.extend(part.offset.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(32), 0);
        out.extend(&self.data);
        out
    }
}

pub(crate) fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u64).to_le_bytes()[..], value.as_bytes()].concat()
}
