//! What the layer refuses, and how the messages read. `TRYBUILD=overwrite` accepts changed messages.

#[test]
fn refused() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
