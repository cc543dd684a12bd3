use tile::prelude::*;

#[tile::kernel]
fn fill<const N: usize, const BN: usize>(mut output: Partition<f32, 1, N, 1, BN>) {
    output.store(Tile::zeros());
}

tile::instances! {
    group "unused";
    fill = fill::<64, 16> for BN in [8, 16];
}

tile::instances! {
    group "twice";
    fill = fill::<64, 16>;
    fill = fill::<64, 32>;
}

tile::instances! {
    group "zero";
    fill = fill::<64, BN> for BN in [16, 0];
}

tile::instances! {
    group "not a name";
    fill = fill::<64, 16>;
}

tile::instances! {
    fill = fill::<64, 16>;
}

tile::instances! {
    group "unknown";
    fill = fill::<64, 16>;
    fuse both = fill | drain;
}

tile::instances! {
    group "alone";
    fill = fill::<64, 16>;
    fuse fill_only = fill;
}

tile::instances! {
    group "taken";
    fill = fill::<64, 16>;
    fuse fill = fill | fill;
}

tile::instances! {
    group "forms";
    fill = fill::<64, BN> for BN in [16, 32] or fill::<64, BN> for BN in [64];
}

tile::instances! {
    group "chain_of_one";
    fill = fill::<64, 16>;
    fuse one = fill => (fill);
}

tile::instances! {
    group "chain_before_arrow";
    fill = fill::<64, 16>;
    fuse inside = (fill => fill) => fill;
}

tile::instances! {
    group "arrows";
    fill = fill::<64, 16>;
    fuse inside = fill => fill => fill;
}

tile::instances! {
    group "side_by_side_in_a_chain";
    fill = fill::<64, 16>;
    fuse inside = fill => (fill => fill | fill);
}

tile::instances! {
    group "unread_output";
    fill = fill::<64, 16>;
    fuse inside = fill => fill.output;
}

tile::instances! {
    group "unfed_argument";
    fill = fill::<64, 16>;
    fuse inside = (fill(input) => fill) | fill;
}

tile::instances! {
    group "unknown_in_a_chain";
    fill = fill::<64, 16>;
    fuse inside = fill.output => (fill(output).output => drain(output)) | fill;
}

fn main() {}
