use tile::prelude::*;

#[tile::kernel]
async fn asynchronous(mut output: Partition<f32, 1, 8>) {
    output.store(Tile::zeros());
}

#[tile::kernel]
unsafe fn not_safe(mut output: Partition<f32, 1, 8>) {
    output.store(Tile::zeros());
}

#[tile::kernel]
fn pattern((a, b): (f32, f32), mut output: Partition<f32, 1, 8>) {
    output.store(Tile::splat(a + b));
}

struct Model;

impl Model {
    #[tile::kernel]
    fn method(&self, mut output: Partition<f32, 1, 8>) {
        output.store(Tile::zeros());
    }
}

#[tile::kernel]
struct NotAFunction;

#[tile::kernel(fast)]
fn option(mut output: Partition<f32, 1, 8>) {
    output.store(Tile::zeros());
}

fn main() {}
