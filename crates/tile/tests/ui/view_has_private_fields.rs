use tile::prelude::*;

fn built(pointer: *mut ()) -> Partition<f32, 1, 8> {
    Partition { ptr: pointer, elem: std::marker::PhantomData }
}

fn larger<const N: usize>(at: usize) -> Position<N> {
    Position(at as u32)
}

fn main() {}
