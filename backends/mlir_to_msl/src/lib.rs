//! Lane programs to Metal Shading Language.

pub mod validate;
