//! A test case: one value per kernel argument.

use view_types::{Access, Elem, Shape};

use crate::buffer::Buffer;

/// Inputs of one launch, and the buffers it writes as they are before. Clone it to run it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The kernel's family: what it computes, whatever the tile sizes.
    pub family: String,
    /// What the numbers were made from.
    pub seed: u64,
    /// In the kernel's parameter order.
    pub args: Vec<CaseArg>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseArg {
    /// The parameter's name.
    pub name: String,
    /// Its value.
    pub value: ArgValue,
}

/// Value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgValue {
    /// A buffer.
    View {
        /// Contents before the launch.
        buffer: Buffer,
        /// What the kernel may do with it.
        access: Access,
    },
    /// A float.
    Float(f32),
    /// An integer of type `elem` (`i32` or `i64`).
    Int {
        /// Its type.
        elem: Elem,
        /// Its value; 32-bit ones are unsigned.
        value: u64,
    },
}

/// The written buffers of a launch, by argument name, in parameter order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs(pub Vec<(String, Buffer)>);

impl Outputs {
    /// The buffer of this argument.
    pub fn get(&self, name: &str) -> Option<&Buffer> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, buffer)| buffer)
    }

    /// The buffer of this argument, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Buffer> {
        self.0.iter_mut().find(|(key, _)| key == name).map(|(_, buffer)| buffer)
    }
}

impl Case {
    /// A case without arguments; add them in parameter order.
    pub fn new(family: impl Into<String>) -> Case {
        Case { family: family.into(), seed: 0, args: Vec::new() }
    }

    /// Adds a buffer that is only read.
    ///
    /// # Panics
    /// If `dims` has more than [`view_types::MAX_RANK`] dimensions or another number of elements than `values`.
    #[must_use]
    pub fn read(self, name: &str, elem: Elem, dims: &[u64], values: &[f64]) -> Case {
        let buffer = Buffer::from_values(elem, Shape::new(dims).expect("at most four dimensions"), values);
        self.arg(name, ArgValue::View { buffer, access: Access::Read })
    }

    /// Adds a written buffer with these contents before the launch; `None` for unwritten elements.
    ///
    /// # Panics
    /// As [`Case::read`].
    #[must_use]
    pub fn write(self, name: &str, elem: Elem, dims: &[u64], values: Option<&[f64]>) -> Case {
        let shape = Shape::new(dims).expect("at most four dimensions");
        let buffer = match values {
            Some(values) => Buffer::from_values(elem, shape, values),
            None => Buffer::poisoned(elem, shape),
        };
        self.arg(name, ArgValue::View { buffer, access: Access::Write })
    }

    /// Adds an unsigned 32-bit scalar.
    #[must_use]
    pub fn int(self, name: &str, value: u32) -> Case {
        self.arg(name, ArgValue::Int { elem: Elem::I32, value: u64::from(value) })
    }

    /// Adds a float scalar.
    #[must_use]
    pub fn float(self, name: &str, value: f32) -> Case {
        self.arg(name, ArgValue::Float(value))
    }

    fn arg(mut self, name: &str, value: ArgValue) -> Case {
        self.args.push(CaseArg { name: name.to_string(), value });
        self
    }

    /// The argument with this name.
    pub fn get(&self, name: &str) -> Option<&ArgValue> {
        self.args.iter().find(|arg| arg.name == name).map(|arg| &arg.value)
    }

    /// The buffer with this name.
    pub fn buffer(&self, name: &str) -> Option<&Buffer> {
        match self.get(name)? {
            ArgValue::View { buffer, .. } => Some(buffer),
            ArgValue::Float(_) | ArgValue::Int { .. } => None,
        }
    }

    /// The buffer with this name, to change it.
    pub fn buffer_mut(&mut self, name: &str) -> Option<&mut Buffer> {
        match &mut self.args.iter_mut().find(|arg| arg.name == name)?.value {
            ArgValue::View { buffer, .. } => Some(buffer),
            ArgValue::Float(_) | ArgValue::Int { .. } => None,
        }
    }

    /// The written buffers as they are before the launch.
    pub fn outputs(&self) -> Outputs {
        Outputs(
            self.args
                .iter()
                .filter_map(|arg| match &arg.value {
                    ArgValue::View { buffer, access: Access::Write } => Some((arg.name.clone(), buffer.clone())),
                    ArgValue::View { access: Access::Read | Access::Weights, .. }
                    | ArgValue::Float(_)
                    | ArgValue::Int { .. } => None,
                })
                .collect(),
        )
    }
}
