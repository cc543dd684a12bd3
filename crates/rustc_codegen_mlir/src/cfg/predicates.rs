//! Comparison predicates.

use tile_ir::Predicate;

/// Whether it compares floats.
pub(super) fn is_float(predicate: Predicate) -> bool {
    match predicate {
        Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => true,
        Predicate::IEq
        | Predicate::INe
        | Predicate::SLt
        | Predicate::SLe
        | Predicate::SGt
        | Predicate::SGe
        | Predicate::ULt
        | Predicate::ULe
        | Predicate::UGt
        | Predicate::UGe => false,
    }
}

/// The predicate that holds exactly where an integer predicate does not. Float predicates have none (NaN).
pub(super) fn inverse(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::IEq => Predicate::INe,
        Predicate::INe => Predicate::IEq,
        Predicate::SLt => Predicate::SGe,
        Predicate::SLe => Predicate::SGt,
        Predicate::SGt => Predicate::SLe,
        Predicate::SGe => Predicate::SLt,
        Predicate::ULt => Predicate::UGe,
        Predicate::ULe => Predicate::UGt,
        Predicate::UGt => Predicate::ULe,
        Predicate::UGe => Predicate::ULt,
        Predicate::FEq => Predicate::FNe,
        Predicate::FNe => Predicate::FEq,
        Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => predicate,
    }
}

/// The predicate with its sides exchanged.
pub(super) fn swapped(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::SLt => Predicate::SGt,
        Predicate::SLe => Predicate::SGe,
        Predicate::SGt => Predicate::SLt,
        Predicate::SGe => Predicate::SLe,
        Predicate::ULt => Predicate::UGt,
        Predicate::ULe => Predicate::UGe,
        Predicate::UGt => Predicate::ULt,
        Predicate::UGe => Predicate::ULe,
        Predicate::FLt => Predicate::FGt,
        Predicate::FLe => Predicate::FGe,
        Predicate::FGt => Predicate::FLt,
        Predicate::FGe => Predicate::FLe,
        Predicate::IEq | Predicate::INe | Predicate::FEq | Predicate::FNe => predicate,
    }
}

/// Sign-extends the low `bits`.
pub(super) fn wrap(value: i64, bits: u32) -> i64 {
    value << (64 - bits) >> (64 - bits)
}

/// An integer comparison of constants of this width; `None` for float predicates.
pub(super) fn holds(predicate: Predicate, a: i64, b: i64, bits: u32) -> Option<bool> {
    let unsigned = |value: i64| (value as u64) << (64 - bits);
    Some(match predicate {
        Predicate::IEq => a == b,
        Predicate::INe => a != b,
        Predicate::SLt => a < b,
        Predicate::SLe => a <= b,
        Predicate::SGt => a > b,
        Predicate::SGe => a >= b,
        Predicate::ULt => unsigned(a) < unsigned(b),
        Predicate::ULe => unsigned(a) <= unsigned(b),
        Predicate::UGt => unsigned(a) > unsigned(b),
        Predicate::UGe => unsigned(a) >= unsigned(b),
        Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => {
            return None;
        }
    })
}
