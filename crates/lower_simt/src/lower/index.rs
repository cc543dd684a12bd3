//! Indices as sums: `constant + coefficient * atom + ..`.
//!
//! Positions in tiles and memories are built from thread numbers, loop variables and scalars of the program. Kept as sums, they
//! show which lane holds an element, whether neighbours in a loop are neighbours in memory, and which bounds need no test.

use std::collections::BTreeMap;

use tile_ir::{BinaryOp, Predicate};

use crate::ir::{Builtin, Convert, Expr, Scalar, Var};

/// An integer that is not a sum: an index into [`Atoms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Atom(u32);

/// A sum.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Ix {
    constant: i64,
    /// By atom, ascending; no zero coefficients.
    terms: Vec<(Atom, i64)>,
}

impl Ix {
    /// A number.
    pub(crate) fn constant(n: i64) -> Ix {
        Ix { constant: n, terms: Vec::new() }
    }

    /// The number, if it is one.
    pub(crate) fn as_constant(&self) -> Option<i64> {
        self.terms.is_empty().then_some(self.constant)
    }

    /// The coefficient of an atom.
    pub(crate) fn coefficient(&self, atom: Atom) -> i64 {
        self.terms.iter().find(|term| term.0 == atom).map_or(0, |term| term.1)
    }

    /// The sum without an atom.
    pub(crate) fn without(&self, atom: Atom) -> Ix {
        Ix { constant: self.constant, terms: self.terms.iter().copied().filter(|term| term.0 != atom).collect() }
    }

    /// The atoms.
    pub(crate) fn terms(&self) -> &[(Atom, i64)] {
        &self.terms
    }

    /// The constant part.
    pub(crate) fn offset(&self) -> i64 {
        self.constant
    }
}

/// What an atom is.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// An expression: thread number, loop variable, scalar.
    Leaf(Expr),
    /// Quotient by a positive number.
    Div(Ix, i64),
    /// Remainder by a positive number.
    Rem(Ix, i64),
}

#[derive(Clone, Debug)]
struct AtomData {
    kind: Kind,
    lo: i64,
    hi: i64,
    /// Every value is a multiple of this.
    multiple: i64,
    /// Index of the scope that defines it.
    depth: usize,
    /// A loop variable of a loop that is unrolled: a constant for the compiler.
    slot: bool,
    /// The variable that holds it, once there is one.
    bound: Option<Var>,
    wide: bool,
    /// The sum it stands for: the same number, with a range that a test around it ensures.
    alias: Option<Ix>,
}

/// All atoms of a kernel.
#[derive(Debug, Default)]
pub(crate) struct Atoms {
    atoms: Vec<AtomData>,
    derived: BTreeMap<(bool, Ix, i64), Atom>,
}

/// A new leaf.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) expr: Expr,
    pub(crate) lo: i64,
    pub(crate) hi: i64,
    pub(crate) multiple: i64,
    pub(crate) depth: usize,
    pub(crate) slot: bool,
    /// Of type `I64`.
    pub(crate) wide: bool,
}

/// Whether a comparison of indices holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    Always,
    Never,
    /// Depends: compare this sum.
    Unknown(Ix),
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Atoms {
    /// Adds an atom; a leaf of one value becomes a number.
    pub(crate) fn leaf(&mut self, leaf: Leaf) -> Ix {
        if leaf.lo == leaf.hi {
            return Ix::constant(leaf.lo);
        }
        self.push(AtomData {
            kind: Kind::Leaf(leaf.expr),
            lo: leaf.lo,
            hi: leaf.hi,
            multiple: leaf.multiple.max(1),
            depth: leaf.depth,
            slot: leaf.slot,
            bound: None,
            wide: leaf.wide,
            alias: None,
        })
    }

    /// Another name for `ix`, where a test ensures that it is not above `hi`.
    pub(crate) fn clipped(&mut self, ix: &Ix, expr: Expr, hi: i64, multiple: i64) -> Ix {
        let Some((lo, _)) = self.range(ix) else { return ix.clone() };
        self.push(AtomData {
            kind: Kind::Leaf(expr),
            lo: lo.max(0),
            hi,
            multiple,
            depth: self.depth(ix),
            slot: self.is_slot(ix),
            bound: None,
            wide: self.wide(ix),
            alias: Some(ix.clone()),
        })
    }

    /// The sum with every other name replaced by what it stands for.
    pub(crate) fn expanded(&self, ix: &Ix) -> Ix {
        ix.terms.iter().fold(Ix::constant(ix.constant), |sum, &(atom, coefficient)| {
            let term = match &self.atoms[atom.0 as usize].alias {
                Some(of) => self.expanded(of),
                None => Atoms::of(atom),
            };
            self.add(&sum, &self.scale(&term, coefficient))
        })
    }

    fn push(&mut self, data: AtomData) -> Ix {
        let atom = Atom(self.atoms.len() as u32);
        self.atoms.push(data);
        Ix { constant: 0, terms: vec![(atom, 1)] }
    }

    /// An atom as a sum.
    pub(crate) fn of(atom: Atom) -> Ix {
        Ix { constant: 0, terms: vec![(atom, 1)] }
    }

    /// The atom of a sum that is only an atom.
    pub(crate) fn single(ix: &Ix) -> Option<Atom> {
        match ix.terms.as_slice() {
            [(atom, 1)] if ix.constant == 0 => Some(*atom),
            _ => None,
        }
    }

    /// `a + b`.
    pub(crate) fn add(&self, a: &Ix, b: &Ix) -> Ix {
        let mut terms: BTreeMap<Atom, i64> = a.terms.iter().copied().collect();
        for &(atom, coefficient) in &b.terms {
            *terms.entry(atom).or_insert(0) += coefficient;
        }
        terms.retain(|_, coefficient| *coefficient != 0);
        self.join(Ix { constant: a.constant + b.constant, terms: terms.into_iter().collect() })
    }

    /// Turns `c * (x / c) + x % c` into `x`.
    fn join(&self, ix: Ix) -> Ix {
        for &(atom, coefficient) in &ix.terms {
            let Kind::Rem(inner, by) = &self.atoms[atom.0 as usize].kind else { continue };
            let Some(quotient) = self.derived.get(&(true, inner.clone(), *by)) else { continue };
            if ix.coefficient(*quotient) == coefficient * by {
                let rest = ix.without(atom).without(*quotient);
                return self.add(&rest, &self.scale(inner, coefficient));
            }
        }
        ix
    }

    /// `ix + n`.
    pub(crate) fn plus(&self, ix: &Ix, n: i64) -> Ix {
        Ix { constant: ix.constant + n, terms: ix.terms.clone() }
    }

    /// `ix * n`.
    pub(crate) fn scale(&self, ix: &Ix, n: i64) -> Ix {
        if n == 0 {
            return Ix::default();
        }
        Ix { constant: ix.constant * n, terms: ix.terms.iter().map(|&(atom, c)| (atom, c * n)).collect() }
    }

    /// Smallest and largest value; `None` if they do not fit.
    pub(crate) fn range(&self, ix: &Ix) -> Option<(i64, i64)> {
        let (mut lo, mut hi) = (ix.constant, ix.constant);
        for &(atom, coefficient) in &ix.terms {
            let data = &self.atoms[atom.0 as usize];
            let ends = [data.lo.checked_mul(coefficient)?, data.hi.checked_mul(coefficient)?];
            lo = lo.checked_add(ends[0].min(ends[1]))?;
            hi = hi.checked_add(ends[0].max(ends[1]))?;
        }
        Some((lo, hi))
    }

    /// A number that divides every value.
    pub(crate) fn multiple(&self, ix: &Ix) -> i64 {
        ix.terms.iter().fold(ix.constant.abs(), |n, &(atom, coefficient)| {
            gcd(n, coefficient.saturating_mul(self.atoms[atom.0 as usize].multiple))
        })
    }

    /// Whether every value is a multiple of `n`.
    pub(crate) fn divisible(&self, ix: &Ix, n: i64) -> bool {
        self.multiple(ix) % n == 0
    }

    /// Index of the innermost scope it depends on.
    pub(crate) fn depth(&self, ix: &Ix) -> usize {
        ix.terms.iter().map(|term| self.atoms[term.0.0 as usize].depth).max().unwrap_or(0)
    }

    /// Whether only unrolled loop variables occur.
    pub(crate) fn is_slot(&self, ix: &Ix) -> bool {
        ix.terms.iter().all(|term| self.atoms[term.0.0 as usize].slot)
    }

    /// Whether the value may need 64 bits.
    pub(crate) fn wide(&self, ix: &Ix) -> bool {
        let fits = |(lo, hi): (i64, i64)| lo >= i64::from(i32::MIN) && hi <= i64::from(i32::MAX);
        !self.range(ix).is_some_and(fits) || ix.terms.iter().any(|term| self.atoms[term.0.0 as usize].wide)
    }

    /// `ix / by`, rounded down, for values that are not negative.
    pub(crate) fn div(&mut self, ix: &Ix, by: i64) -> Ix {
        let (quotient, rest) = self.split(ix, by);
        let inner = match self.range(&rest) {
            Some((lo, hi)) if lo >= 0 && hi < by => return quotient,
            range => match self.coarse(&rest, by) {
                Some((unit, coarse, _)) => self.div(&coarse, by / unit),
                None => self.derive(true, rest, by, range),
            },
        };
        self.add(&quotient, &inner)
    }

    /// `ix % by`, for values that are not negative.
    pub(crate) fn rem(&mut self, ix: &Ix, by: i64) -> Ix {
        let (_, rest) = self.split(ix, by);
        match self.range(&rest) {
            Some((lo, hi)) if lo >= 0 && hi < by => rest,
            range => match self.coarse(&rest, by) {
                Some((unit, coarse, fine)) => {
                    let inner = self.rem(&coarse, by / unit);
                    self.add(&self.scale(&inner, unit), &fine)
                }
                None => {
                    // The quotient is made too, so that the two can find each other again.
                    self.derive(true, rest.clone(), by, range);
                    self.derive(false, rest, by, range)
                }
            },
        }
    }

    /// `ix = unit * coarse + fine` with `fine` below `unit`, which divides `by`: division by `by` does not see `fine`.
    fn coarse(&self, ix: &Ix, by: i64) -> Option<(i64, Ix, Ix)> {
        let mut units: Vec<i64> = ix.terms.iter().map(|term| term.1.abs()).filter(|&n| n > 1 && by % n == 0).collect();
        units.sort_unstable();
        units.into_iter().rev().find_map(|unit| {
            let (coarse, fine) = self.split(ix, unit);
            let (lo, hi) = self.range(&fine)?;
            (!coarse.terms.is_empty() && lo >= 0 && hi < unit).then_some((unit, coarse, fine))
        })
    }

    /// `ix = by * quotient + rest` with what is divisible for certain in the quotient.
    fn split(&self, ix: &Ix, by: i64) -> (Ix, Ix) {
        let mut quotient = Ix::constant(ix.constant.div_euclid(by));
        let mut rest = Ix::constant(ix.constant.rem_euclid(by));
        for &(atom, coefficient) in &ix.terms {
            if coefficient % by == 0 {
                quotient.terms.push((atom, coefficient / by));
            } else {
                rest.terms.push((atom, coefficient));
            }
        }
        (quotient, rest)
    }

    fn derive(&mut self, div: bool, of: Ix, by: i64, range: Option<(i64, i64)>) -> Ix {
        if let Some(atom) = self.derived.get(&(div, of.clone(), by)) {
            return Ix { constant: 0, terms: vec![(*atom, 1)] };
        }
        let hi = range.map_or(i64::MAX, |range| range.1);
        let multiple = self.multiple(&of);
        let data = AtomData {
            kind: if div { Kind::Div(of.clone(), by) } else { Kind::Rem(of.clone(), by) },
            lo: 0,
            hi: if div { hi / by } else { hi.min(by - 1) },
            multiple: if div { 1 } else { gcd(multiple, by).max(1) },
            depth: self.depth(&of),
            slot: self.is_slot(&of),
            bound: None,
            wide: self.wide(&of),
            alias: None,
        };
        let ix = self.push(data);
        self.derived.insert((div, of, by), ix.terms[0].0);
        ix
    }

    /// Atoms that should become variables before `ix` is written, innermost first: quotients and remainders.
    pub(crate) fn unbound(&self, ix: &Ix) -> Vec<Atom> {
        let mut found = Vec::new();
        for &(atom, _) in &ix.terms {
            let data = &self.atoms[atom.0 as usize];
            if data.bound.is_some() {
                continue;
            }
            match &data.kind {
                Kind::Leaf(_) => {}
                Kind::Div(of, _) | Kind::Rem(of, _) => {
                    found.extend(self.unbound(of));
                    found.push(atom);
                }
            }
        }
        found
    }

    /// Index of the scope where an atom's variable belongs, and whether it is 64 bits wide.
    pub(crate) fn home(&self, atom: Atom) -> (usize, Scalar) {
        let data = &self.atoms[atom.0 as usize];
        (data.depth, if data.wide { Scalar::I64 } else { Scalar::I32 })
    }

    /// Uses a variable for an atom from now on.
    pub(crate) fn bind(&mut self, atom: Atom, var: Var) {
        self.atoms[atom.0 as usize].bound = Some(var);
    }

    /// An atom's definition.
    pub(crate) fn define(&self, atom: Atom) -> Expr {
        let data = &self.atoms[atom.0 as usize];
        if let Some(var) = data.bound {
            return Expr::Var(var);
        }
        let (of, by, op) = match &data.kind {
            Kind::Leaf(expr) => return expr.clone(),
            Kind::Div(of, by) => (of, *by, BinaryOp::DivU),
            Kind::Rem(of, by) => (of, *by, BinaryOp::RemU),
        };
        let scalar = if data.wide { Scalar::I64 } else { Scalar::I32 };
        let inner = self.expr(of, scalar);
        if inner == Expr::Builtin(Builtin::Thread) && by == 32 {
            return Expr::Builtin(if op == BinaryOp::DivU { Builtin::Subgroup } else { Builtin::Lane });
        }
        Expr::Binary(op, Box::new(inner), Box::new(Expr::Int(scalar, by as u64)))
    }

    /// A name for an atom's variable.
    pub(crate) fn name(&self, atom: Atom) -> String {
        let data = &self.atoms[atom.0 as usize];
        let of_thread = |of: &Ix| match Self::single(of) {
            Some(inner) => self.atoms[inner.0 as usize].kind == Kind::Leaf(Expr::Builtin(Builtin::Thread)),
            None => false,
        };
        match &data.kind {
            Kind::Leaf(_) => "index".to_owned(),
            Kind::Div(of, by) => {
                if of_thread(of) {
                    format!("group{by}")
                } else {
                    "outer".to_owned()
                }
            }
            Kind::Rem(of, by) => {
                if of_thread(of) {
                    format!("lane{by}")
                } else {
                    "inner".to_owned()
                }
            }
        }
    }

    /// The sum as an expression of an integer type; low bits if it is narrower.
    pub(crate) fn expr(&self, ix: &Ix, scalar: Scalar) -> Expr {
        let mut sum: Option<Expr> = None;
        // Positive terms first, so that nothing starts with a minus; the largest coefficient first, as people write it.
        let mut terms: Vec<(Atom, i64)> = ix.terms.clone();
        terms.sort_by_key(|&(atom, coefficient)| (coefficient < 0, -coefficient.abs(), atom));
        for (atom, coefficient) in terms {
            let data = &self.atoms[atom.0 as usize];
            let own = if data.wide { Scalar::I64 } else { Scalar::I32 };
            let factor = resize(self.define(atom), own, scalar, data.lo < 0);
            let term = match coefficient.unsigned_abs() {
                1 => factor,
                n => Expr::Binary(BinaryOp::Mul, Box::new(factor), Box::new(integer(scalar, n as i64))),
            };
            sum = Some(match sum {
                None if coefficient > 0 => term,
                None => Expr::Binary(BinaryOp::Sub, Box::new(integer(scalar, 0)), Box::new(term)),
                Some(sum) => {
                    let op = if coefficient > 0 { BinaryOp::Add } else { BinaryOp::Sub };
                    Expr::Binary(op, Box::new(sum), Box::new(term))
                }
            });
        }
        match (sum, ix.constant) {
            (None, n) => integer(scalar, n),
            (Some(sum), 0) => sum,
            (Some(sum), n) => {
                let op = if n > 0 { BinaryOp::Add } else { BinaryOp::Sub };
                Expr::Binary(op, Box::new(sum), Box::new(integer(scalar, n.abs())))
            }
        }
    }

    /// Whether `ix < bound`; with `unsigned`, negative values are not.
    pub(crate) fn below(&self, ix: &Ix, bound: i64, unsigned: bool) -> Known {
        let Some((lo, hi)) = self.range(ix) else { return Known::Unknown(ix.clone()) };
        if hi < bound && (lo >= 0 || !unsigned) {
            return Known::Always;
        }
        if lo >= bound || (unsigned && hi < 0) {
            return Known::Never;
        }
        Known::Unknown(ix.clone())
    }

    /// `x < bound` where `x` is `ix` with the unrolled atom `vector` of `lanes` values left out, if that is the same.
    pub(crate) fn drop_vector(&self, ix: &Ix, vector: Atom, lanes: i64, bound: i64) -> Option<Ix> {
        let rest = ix.without(vector);
        (ix.coefficient(vector) == 1 && bound % lanes == 0 && self.divisible(&rest, lanes)).then_some(rest)
    }
}

/// An integer constant of a type, its low bits.
pub(crate) fn integer(scalar: Scalar, n: i64) -> Expr {
    match scalar {
        Scalar::Bool => Expr::Bool(n & 1 == 1),
        Scalar::I8 => Expr::Int(Scalar::I8, n as u64 & 0xff),
        Scalar::I32 => Expr::Int(Scalar::I32, n as u64 & 0xffff_ffff),
        Scalar::I64 => Expr::Int(Scalar::I64, n as u64),
        Scalar::F32 => Expr::Float(n as f32),
    }
}

/// An integer in another width.
pub(crate) fn resize(expr: Expr, from: Scalar, to: Scalar, signed: bool) -> Expr {
    if from == to {
        return expr;
    }
    if let Expr::Int(_, n) = expr {
        let shift = 64 - from.bits();
        let n = if signed { ((n << shift) as i64) >> shift } else { n as i64 };
        return integer(to, n);
    }
    let convert = if to.bits() < from.bits() {
        Convert::Truncate(to)
    } else if signed {
        Convert::SignExtend(to)
    } else {
        Convert::ZeroExtend(to)
    };
    Expr::Convert(convert, Box::new(expr))
}

/// `a < b` on indices.
pub(crate) fn less(a: Expr, b: Expr, unsigned: bool) -> Expr {
    Expr::Compare(if unsigned { Predicate::ULt } else { Predicate::SLt }, Box::new(a), Box::new(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(atoms: &mut Atoms, threads: i64) -> Ix {
        let expr = Expr::Builtin(Builtin::Thread);
        atoms.leaf(Leaf { expr, lo: 0, hi: threads - 1, multiple: 1, depth: 0, slot: false, wide: false })
    }

    fn slot(atoms: &mut Atoms, var: u32, count: i64) -> Ix {
        let expr = Expr::Var(Var(var));
        atoms.leaf(Leaf { expr, lo: 0, hi: count - 1, multiple: 1, depth: 1, slot: true, wide: false })
    }

    #[test]
    fn quotient_and_remainder_find_each_other() {
        let mut atoms = Atoms::default();
        let t = thread(&mut atoms, 256);
        let (q, r) = (atoms.div(&t, 24), atoms.rem(&t, 24));
        assert_ne!(q, t);
        let back = atoms.add(&atoms.scale(&q, 24), &r);
        assert_eq!(back, t);
        // A multiple of both as well.
        let twice = atoms.add(&atoms.scale(&q, 48), &atoms.scale(&r, 2));
        assert_eq!(twice, atoms.scale(&t, 2));
    }

    #[test]
    fn what_is_divisible_needs_no_division() {
        let mut atoms = Atoms::default();
        let t = thread(&mut atoms, 128);
        let r = slot(&mut atoms, 0, 4);
        let sum = atoms.add(&t, &atoms.scale(&r, 128));
        // 128 r + t: the quotient is r, the remainder t.
        assert_eq!(atoms.div(&sum, 128), r);
        assert_eq!(atoms.rem(&sum, 128), t);
    }

    #[test]
    fn fine_parts_are_not_seen_by_a_division() {
        let mut atoms = Atoms::default();
        let t = thread(&mut atoms, 128);
        let v = slot(&mut atoms, 0, 2);
        let element = atoms.add(&atoms.scale(&t, 2), &v);
        // (2 t + v) / 16 = t / 8 and (2 t + v) % 16 = 2 (t % 8) + v.
        assert_eq!(atoms.div(&element, 16), atoms.div(&t, 8));
        let lane = atoms.rem(&t, 8);
        let expected = atoms.add(&atoms.scale(&lane, 2), &v);
        assert_eq!(atoms.rem(&element, 16), expected);
    }

    #[test]
    fn every_value_of_division_is_right() {
        // The sums above hold for each thread, by evaluation.
        for by in [1, 3, 8, 16, 24, 100] {
            for (a, b, c) in [(1, 0, 0), (2, 1, 0), (3, 7, 5), (16, 1, 3), (24, 8, 2)] {
                let mut atoms = Atoms::default();
                let t = thread(&mut atoms, 64);
                let s = slot(&mut atoms, 0, 3);
                let sum = atoms.add(&atoms.scale(&t, a), &atoms.scale(&s, b));
                let sum = atoms.plus(&sum, c);
                let (q, r) = (atoms.div(&sum, by), atoms.rem(&sum, by));
                for thread in 0..64 {
                    for slot in 0..3 {
                        let n = a * thread + b * slot + c;
                        assert_eq!(value(&atoms, &q, thread, slot), n / by, "{n} / {by}");
                        assert_eq!(value(&atoms, &r, thread, slot), n % by, "{n} % {by}");
                    }
                }
                let (lo, hi) = atoms.range(&r).expect("small numbers");
                assert!(lo >= 0 && hi < by.max(a + 1).max(b + 1) * 64);
            }
        }
    }

    fn value(atoms: &Atoms, ix: &Ix, thread: i64, slot: i64) -> i64 {
        let atom = |atom: Atom| match &atoms.atoms[atom.0 as usize].kind {
            Kind::Leaf(Expr::Builtin(_)) => thread,
            Kind::Leaf(_) => slot,
            Kind::Div(of, by) => value(atoms, of, thread, slot) / by,
            Kind::Rem(of, by) => value(atoms, of, thread, slot) % by,
        };
        ix.terms.iter().map(|&(term, coefficient)| coefficient * atom(term)).sum::<i64>() + ix.constant
    }

    #[test]
    fn bounds_of_whole_vectors() {
        let mut atoms = Atoms::default();
        let t = thread(&mut atoms, 32);
        let v = slot(&mut atoms, 0, 4);
        let atom = Atoms::single(&v).expect("one atom");
        let col = atoms.add(&atoms.scale(&t, 4), &v);
        // 4 t + v < 64 for all v, or for none.
        assert_eq!(atoms.drop_vector(&col, atom, 4, 64), Some(atoms.scale(&t, 4)));
        // 4 t + v < 63 differs within a vector.
        assert_eq!(atoms.drop_vector(&col, atom, 4, 63), None);
        assert_eq!(atoms.below(&col, 128, true), Known::Always);
        assert_eq!(atoms.below(&atoms.plus(&col, 128), 128, true), Known::Never);
        assert_eq!(atoms.multiple(&atoms.scale(&t, 4)), 4);
    }

    #[test]
    fn another_name_expands_to_what_it_stands_for() {
        let mut atoms = Atoms::default();
        let t = thread(&mut atoms, 32);
        let clipped = atoms.clipped(&t, Expr::Var(Var(9)), 9, 1);
        assert_eq!(atoms.range(&clipped), Some((0, 9)));
        assert_eq!(atoms.rem(&clipped, 10), clipped);
        assert_eq!(atoms.expanded(&atoms.scale(&clipped, 3)), atoms.scale(&t, 3));
    }
}
