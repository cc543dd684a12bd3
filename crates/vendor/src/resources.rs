//! What a kernel uses of a multiprocessor, as the assembler reports it.

use std::fmt;

/// Resources of one kernel.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Resources {
    /// Entry point.
    pub kernel: String,
    /// 32-bit registers of a thread.
    pub registers: u32,
    /// Bytes a thread stores into local memory because registers ran out.
    pub spill_stores: u64,
    /// Bytes it loads again.
    pub spill_loads: u64,
    /// Bytes of a thread's stack: arrays that could not be held in registers, and spills.
    pub stack: u64,
    /// Bytes of static shared memory of a group.
    pub shared: u64,
}

impl Resources {
    /// Whether anything lies in local memory that should be in registers.
    pub fn in_local_memory(&self) -> bool {
        self.spill_stores > 0 || self.spill_loads > 0 || self.stack > 0
    }
}

impl fmt::Display for Resources {
    /// `rms_norm_1536: 32 registers, 0 spills, 1024 bytes shared`; a stack is named where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Resources { kernel, registers, spill_stores, spill_loads, stack, shared } = self;
        let spills = spill_stores + spill_loads;
        write!(f, "{kernel}: {registers} registers, {spills} spills, {shared} bytes shared")?;
        if *stack > 0 {
            write!(f, ", {stack} bytes stack")?;
        }
        Ok(())
    }
}

/// Reads the report of `ptxas -v`, one entry per kernel in its order. Functions that are not kernels are left out.
pub fn parse_resources(log: &str) -> Vec<Resources> {
    let mut found: Vec<Resources> = Vec::new();
    let mut function = String::new();
    for line in log.lines() {
        if let Some(rest) = after(line, "Compiling entry function '") {
            let kernel = rest.split('\'').next().unwrap_or_default().to_owned();
            found.push(Resources { kernel, ..Resources::default() });
        } else if let Some(rest) = after(line, "Function properties for ") {
            function = rest.trim().trim_matches('\'').to_owned();
        } else if let Some(last) = found.last_mut() {
            if function == last.kernel && line.contains("bytes stack frame") {
                last.stack = number_before(line, " bytes stack frame");
                last.spill_stores = number_before(line, " bytes spill stores");
                last.spill_loads = number_before(line, " bytes spill loads");
            } else if line.contains("Used ") && line.contains(" registers") {
                last.registers = u32::try_from(number_before(line, " registers")).unwrap_or(u32::MAX);
                last.shared = number_before(line, " bytes smem");
            }
        }
    }
    found
}

fn after<'a>(line: &'a str, words: &str) -> Option<&'a str> {
    line.split_once(words).map(|(_, rest)| rest)
}

/// The number in front of `words`; 0 if they do not occur, which is how the report says "none".
fn number_before(line: &str, words: &str) -> u64 {
    let Some((before, _)) = line.split_once(words) else {
        return 0;
    };
    before.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'a' for 'sm_90'
ptxas info    : Function properties for a
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 18 registers, used 1 barriers, 4096 bytes smem
ptxas info    : Compiling entry function 'b' for 'sm_90'
ptxas info    : Function properties for helper
    64 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Function properties for b
    400 bytes stack frame, 12 bytes spill stores, 16 bytes spill loads
ptxas info    : Used 255 registers, used 0 barriers, 400 bytes cumulative stack size
";

    #[test]
    fn report() {
        let lines: Vec<String> = parse_resources(LOG).iter().map(Resources::to_string).collect();
        assert_eq!(
            lines,
            [
                "a: 18 registers, 0 spills, 4096 bytes shared",
                "b: 255 registers, 28 spills, 0 bytes shared, 400 bytes stack"
            ]
        );
        assert_eq!(parse_resources("nothing"), []);
    }
}
