func.func private @k(%x: f32)
