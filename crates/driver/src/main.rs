//! `tenfold`: the compiler's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    driver::main()
}
