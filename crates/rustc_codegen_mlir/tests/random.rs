//! Random functions give the same results natively and as kernels: nested loops and branches with `break`, `continue`
//! and `return` anywhere, on labels too. `TENFOLD_FULL=1` tries many more.

mod support;

use std::fmt::Write;

/// A small generator of pseudo-random numbers (PCG's multiplier).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }

    fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len() as u64) as usize]
    }
}

/// Writes the body of one function.
struct Writer<'a> {
    random: &'a mut Random,
    text: String,
    /// Labels of the loops around, innermost last.
    labels: Vec<usize>,
    next: usize,
}

impl Writer<'_> {
    fn variable(&mut self) -> &'static str {
        self.random.pick(&["x", "y", "z", "w"])
    }

    fn expression(&mut self) -> String {
        let (p, q) = (self.variable(), self.variable());
        let n = self.random.below(9);
        match self.random.below(9) {
            0 => format!("{p}.wrapping_add({q})"),
            1 => format!("{p}.wrapping_mul({n})"),
            2 => format!("{p}.wrapping_sub({q} % 9)"),
            3 => format!("({p} ^ {q} >> {n})"),
            4 => format!("{p} / ({n} + 1)"),
            5 => format!("{p} % ({q} % 7 + 1)"),
            6 => format!("{p}.rotate_left({n})"),
            7 => format!("{p}.min({q})"),
            _ => format!("{n}"),
        }
    }

    fn condition(&mut self) -> String {
        let (p, q) = (self.variable(), self.variable());
        let n = self.random.below(6);
        match self.random.below(6) {
            0 => format!("{p} % 3 == {}", n % 3),
            1 => format!("{p} < {q}"),
            2 => format!("{p} % 8 > {n}"),
            3 => format!("({p} as i32) < {q} as i32"),
            4 => format!("{p} & 1 == 0 && {q} % 5 != {n}"),
            _ => format!("{p} % 6 == {n} || {q} > {p}"),
        }
    }

    fn jump(&mut self) -> String {
        let label = match self.labels.len() as u64 {
            0 => None,
            count => Some(self.labels[self.random.below(count) as usize]),
        };
        match (self.random.below(5), label) {
            (0 | 1, Some(label)) => format!("break 'l{label};"),
            (2 | 3, Some(label)) => format!("continue 'l{label};"),
            _ => format!("return {};", self.expression()),
        }
    }

    fn block(&mut self, depth: usize) {
        for _ in 0..1 + self.random.below(4) {
            self.statement(depth);
        }
    }

    fn nested(&mut self, depth: usize) {
        self.text.push_str("{ ");
        self.block(depth - 1);
        self.text.push_str("} ");
    }

    fn statement(&mut self, depth: usize) {
        let kind = if depth == 0 { self.random.below(4) } else { self.random.below(11) };
        match kind {
            0..3 => {
                let (variable, value) = (self.variable(), self.expression());
                let _ = write!(self.text, "{variable} = {value}; ");
            }
            3 => {
                let (condition, jump) = (self.condition(), self.jump());
                let _ = write!(self.text, "if {condition} {{ {jump} }} ");
            }
            4 | 5 => {
                let condition = self.condition();
                let _ = write!(self.text, "if {condition} ");
                self.nested(depth);
                if self.random.below(3) > 0 {
                    self.text.push_str("else ");
                    self.nested(depth);
                }
            }
            6 => {
                let variable = self.variable();
                let _ = write!(self.text, "match {variable} % 6 {{ 0 => ");
                self.nested(depth);
                self.text.push_str("1 | 2 => ");
                self.nested(depth);
                self.text.push_str("_ => ");
                self.nested(depth);
                self.text.push_str("} ");
            }
            _ => self.repeat(depth),
        }
    }

    /// A loop of few rounds: a range, or any loop with a counter that ends it.
    fn repeat(&mut self, depth: usize) {
        let label = self.next;
        self.next += 1;
        let (bound, variable) = (self.expression(), self.variable());
        let range = match self.random.below(5) {
            0 => format!("0..({bound}) % 6"),
            1 => format!("({bound}) % 4..=5"),
            2 => format!("(1..({bound}) % 7).rev()"),
            3 => format!("(0..({bound}) % 9).step_by(2)"),
            _ => "0..3".to_owned(),
        };
        match self.random.below(3) {
            0 => {
                let _ = write!(self.text, "'l{label}: for i{label} in {range} {{ {variable} ^= i{label}; ");
            }
            1 => {
                let condition = self.condition();
                let _ = write!(self.text, "let mut n{label} = 0u32; ");
                let _ = write!(self.text, "'l{label}: while ({condition}) && n{label} < 6 {{ n{label} += 1; ");
            }
            _ => {
                let _ = write!(self.text, "let mut n{label} = 0u32; ");
                let _ = write!(self.text, "'l{label}: loop {{ n{label} += 1; if n{label} > 4 {{ break }} ");
            }
        }
        self.labels.push(label);
        self.block(depth - 1);
        self.labels.pop();
        self.text.push_str("} ");
    }
}

fn function(random: &mut Random) -> String {
    let mut writer = Writer { random, text: String::new(), labels: Vec::new(), next: 0 };
    writer.block(3);
    format!("let (mut x, mut y, mut z, mut w) = (a, b, 1u32, 2u32); {}x ^ y ^ z.rotate_left(5) ^ w", writer.text)
}

/// Compiles and compares `count` functions.
fn compare(seed: u64, count: usize) {
    let mut random = Random(seed);
    let names: Vec<String> = (0..count).map(|i| format!("f{i}")).collect();
    let mut zoo = String::from("zoo! {\n");
    for name in &names {
        let _ = writeln!(zoo, "    fn {name}(a, b) {{ {} }}", function(&mut random));
    }
    zoo.push_str("}\n");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");

    std::fs::write(folder.path().join("zoo.rs"), &zoo).expect("written");
    for file in ["zoo_native.rs", "zoo_kernels.rs"] {
        std::fs::copy(support::case(file), folder.path().join(file)).expect("copied");
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wrong = support::native::differences(folder.path(), &names);
    let source = |wrong: &String| {
        zoo.lines().find(|line| line.contains(wrong.split('(').next().unwrap_or("?"))).map(str::to_owned)
    };
    let sources: Vec<String> = wrong.iter().filter_map(source).collect();
    assert!(wrong.is_empty(), "seed {seed}:\n{}\n{}", wrong.join("\n"), sources.join("\n"));
}

#[test]
fn random_functions() {
    let full = std::env::var_os("TENFOLD_FULL").is_some();
    for seed in 0..if full { 20 } else { 1 } {
        compare(seed, 40);
    }
}
