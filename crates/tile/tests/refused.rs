//! What the language refuses, and how the messages read.
//!
//! Every file in `ui` and `ui_build` is a kernel with a mistake; beside it is what rustc says. To accept changed
//! messages, run with `TRYBUILD=overwrite` and read the difference.

/// Mistakes that types show.
#[test]
fn refused_by_types() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// Mistakes that appear once the constants of an instance are known, which takes a build.
#[test]
fn refused_by_constants() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui_build/a_program_that_builds.rs");
    for case in
        ["concat_size", "element_out_of_range", "matrix_bound", "reshape_count", "row_bound", "slice_out_of_range"]
    {
        cases.compile_fail(format!("tests/ui_build/{case}.rs"));
    }
}
