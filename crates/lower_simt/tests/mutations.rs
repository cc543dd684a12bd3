//! Every damaged lane program is noticed.

mod common;

use std::collections::BTreeMap;

use common::{TARGET, check, gallery};
use lower_simt::testing::mutations;

#[test]
fn damaged_programs_are_noticed() {
    let mut missed = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    for (tile, lane) in gallery() {
        let (all, _) = mutations(&lane);
        for mutation in all {
            assert_ne!(mutation.kernel, lane, "{} at {}: {}", mutation.op, mutation.loc, mutation.change);
            *kinds.entry(mutation.op.clone()).or_insert(0) += 1;
            if check(&tile, &mutation.kernel, &TARGET, &[1, 2, 3]).is_ok() {
                let line = format!("{} at {}: {} {}", lane.name, mutation.loc, mutation.op, mutation.change);
                *missed.entry(line).or_insert(0) += 1;
            }
        }
    }
    assert!(kinds.len() > 15, "{kinds:?}");
    assert!(missed.is_empty(), "{missed:#?}");
}
