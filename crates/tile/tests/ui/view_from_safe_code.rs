use tile::prelude::*;

fn made(pointer: *const ()) -> View<f32, 1, 8> {
    View::from_ptr(pointer)
}

fn made_again(pointer: *mut ()) -> Partition<f32, 1, 8> {
    Partition::from_ptr(pointer)
}

fn main() {}
