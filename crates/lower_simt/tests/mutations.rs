//! Every damaged lane program is noticed.

mod common;

use std::collections::BTreeMap;

use common::{TARGET, check, gallery};
use lower_simt::interp::terms::terms;
use lower_simt::testing::mutations;

#[test]
fn damaged_programs_are_noticed() {
    let mut missed = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    for (tile, lane) in gallery() {
        let own = terms(&lane, &TARGET);
        for mutation in mutations(&lane) {
            assert_ne!(mutation.kernel, lane, "{} at {}: {}", mutation.op, mutation.loc, mutation.change);
            *kinds.entry(mutation.op.clone()).or_insert(0) += 1;
            let same = match (&own, terms(&mutation.kernel, &TARGET)) {
                (Some(own), Some(other)) => own.show_same(&other),
                (None, _) | (_, None) => false,
            };
            if check(&tile, &mutation.kernel, &TARGET, &[1, 2, 3]).is_ok() && !same {
                let line = format!("{} at {}: {} {}", lane.name, mutation.loc, mutation.op, mutation.change);
                *missed.entry(line).or_insert(0) += 1;
            }
        }
    }
    assert!(kinds.len() > 15, "{kinds:?}");
    assert!(missed.is_empty(), "{missed:#?}");
}
