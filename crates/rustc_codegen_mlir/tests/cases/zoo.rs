// Control flow and scalar arithmetic of every kind. Each function is run natively and through the compiler.
//
// `a` and `b` are arbitrary; loops are kept short by taking remainders.

zoo! {
    fn straight(a, b) { a.wrapping_mul(b) ^ (a >> 3) }
    fn branch(a, b) { if a < b { a + 1 } else { b.wrapping_mul(3) } }
    fn branch_without_else(a, b) { let mut x = a; if b > 7 { x = x.wrapping_sub(b) } x }
    fn chain(a, b) { if a % 3 == 0 { 1 } else if b % 3 == 1 { a } else if a > b { b } else { 9 } }
    fn short_circuit(a, b) { if (a > 5 && b > 5) || a == b { a } else { b } }
    fn matches(a, b) { match a % 7 { 0 => b, 1 | 2 => b + 1, 3..=5 => a ^ b, _ => 77 } }
    fn match_pairs(a, b) { match (a % 3, b % 3) { (0, 0) => 1, (0, _) => 2, (_, 1) => a, (1, 2) => b, _ => 5 } }
    fn match_guard(a, b) { match a % 5 { n if n > b % 5 => n, 0 => b, n => n.wrapping_mul(b) } }
    fn early_return(a, b) { if a == b { return 3; } if a > 100 { return b; } a + b % 50 }

    fn for_range(a, b) { let mut s = 0; for i in 0..a % 40 { s = u32::wrapping_add(s, i * b) } s }
    fn for_nonzero_start(a, b) { let mut s = 0u32; for i in b % 10..a % 40 { s = s.wrapping_mul(3) + i } s }
    fn for_constant(a, b) { let mut s = a; for i in 3..12 { s = s.wrapping_mul(b) + i } s }
    fn for_inclusive(a, b) { let mut s = b; for i in 1..=a % 30 { s = s.rotate_left(1) ^ i } s }
    fn for_inclusive_full(a, b) { let mut n = 0u32; for i in (u32::MAX - a % 5)..=u32::MAX { n = n.wrapping_add(i ^ b) } n }
    fn for_rev(a, b) { let mut s = b; for i in (0..a % 40).rev() { s = s.wrapping_mul(5).wrapping_add(i) } s }
    fn for_rev_offset(a, b) { let mut s = 1u32; for i in (b % 9..a % 40).rev() { s = s.wrapping_mul(7).wrapping_add(i) } s }
    fn for_step(a, b) { let mut s = b; for i in (0..a % 90).step_by(7) { s = s.wrapping_mul(5) ^ i } s }
    fn for_tile_range(a, b) { let mut s = b; for i in range((b % 9) as usize, (a % 90) as usize, 8) { s = s.wrapping_mul(5) ^ i as u32 } s }
    fn for_signed(a, b) { let mut s = 0i32; for i in -((a % 9) as i32)..(b % 9) as i32 { s = s.wrapping_mul(3).wrapping_add(i) } s as u32 }
    fn for_usize(a, b) { let mut s = 0usize; for i in 0..(a % 33) as usize { s += i * (b % 1000) as usize } s as u32 }
    fn for_u8(a, b) { let mut s = 0u32; for i in 0..(a % 200) as u8 { s = s.wrapping_add(u32::from(i) ^ b) } s }
    fn for_u16(a, b) { let mut s = 0u32; for i in 0..(a % 99) as u16 { s = s.wrapping_add(u32::from(i.wrapping_mul(b as u16))) } s }
    fn nested(a, b) { let mut s = 0u32; for i in 0..a % 9 { for j in i..b % 9 { s = s.wrapping_mul(31) + i * j } } s }
    fn triangle(a, b) { let mut s = 0u32; for i in 0..a % 12 { for j in 0..i { if (i + j) % 2 == b % 2 { s += j } } } s }
    fn break_out(a, b) { let mut s = 0u32; for i in 0..a % 60 { if s > b % 200 { break } s += i } s }
    fn break_value(a, b) { let mut i = a % 20; loop { if i * i > b % 300 { break i } i += 1; } }
    fn continues(a, b) { let mut s = 0u32; for i in 0..a % 50 { if i % 3 == b % 3 { continue } s = s.wrapping_mul(2) + i } s }
    fn return_in_loop(a, b) { for i in 0..a % 70 { if i * 3 > b % 100 { return i + 1000 } } 5 }
    fn return_in_nested(a, b) { for i in 0..a % 15 { for j in 0..15 { if i * j == b % 60 { return i * 100 + j } } } 1 }
    fn break_and_return(a, b) { let mut s = 1u32; for i in 0..a % 50 { if i == b % 30 { break } if s > 5000 { return s } s += s / 2 + 1 } s + 7 }
    fn labelled(a, b) { let mut n = 0u32; 'outer: for i in 0..a % 20 { for j in 0..20 { if j > i { continue 'outer } if i + j > b % 40 { break 'outer } n += j + 1 } } n }
    fn while_loop(a, b) { let (mut x, mut y) = (a, b); while y != 0 { (x, y) = (y, x % y) } x }
    fn while_two(a, b) { let (mut i, mut j) = (0u32, a % 50); while i < j && i < b % 40 { i += 2; j -= 1 } i * 100 + j }
    fn do_while(a, b) { let mut n = 0u32; let mut x = a; loop { n += 1; x = x / 2 + b % 3 * 0; if x == 0 { break } } n }
    fn collatz(a, _b) { let mut n = a % 1000 + 1; let mut steps = 0u32; while n != 1 { n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 }; steps += 1 } steps }
    fn while_count(a, b) { let mut i = 0; let mut s = b; while i < a % 64 { s ^= i << 3; i += 4 } s + i }
    fn counter_after(a, b) { let mut i = b % 5; while i < a % 30 { i += 3 } i }
    fn two_exits(a, b) { let mut i = 0u32; let mut s = 0u32; loop { if i >= a % 30 { break } s += i; if s > b % 100 { break } i += 1 } i * 1000 + s }
    fn three_ways(a, b) { let mut i = 0u32; loop { if i > a % 30 { return 1 } if i * 5 % 23 == b % 23 { return 2 + i } if i == 25 { break } i += 1 } 3 }

    fn closures(a, b) { let f = |x: u32, y: u32| x.wrapping_mul(y) + a % 5; f(a, f(b, 3)) }
    fn helpers(a, b) { fn twice<F: Fn(u32) -> u32>(f: F, x: u32) -> u32 { f(f(x)) } twice(|x| x.wrapping_add(b), a) }
    fn iterators(a, b) { (0..a % 30).filter(|x| x % 3 != b % 3).map(|x| x * x).sum() }
    fn zipped(a, b) { (0..a % 30).zip(b % 7..).map(|(x, y)| x * y).fold(1u32, |s, x| s.wrapping_mul(3) ^ x) }
    fn takes(a, b) { (1..).take_while(|x| x * x < a % 500).map(|x| x ^ (b % 16)).max().unwrap_or(4) }
    fn finds(a, b) { (0..a % 40).find(|x| x * 7 % 11 == b % 11).unwrap_or(99) }
    fn position(a, b) { (0..30u32).position(|x| x * 3 == a % 90).map_or(b, |x| x as u32) }
    fn arrays(a, b) { let v = [a, b, a ^ b, 7]; let mut s = 0u32; for i in 0..4 { s = s.wrapping_mul(3).wrapping_add(v[i]) } s }
    fn array_iter(a, b) { let v = [a % 9, b % 9, 4]; v.iter().enumerate().map(|(i, x)| i as u32 * x).sum() }
    fn array_rotating(a, b) { let mut v = [a, b, 1, 2]; for _ in 0..5 { for j in 0..3 { v[j] = v[j].wrapping_add(v[j + 1]) } } v[0] ^ v[1] }
    fn array_in_loop(a, b) { let mut v = [0u32; 4]; for i in 0..a % 20 { for j in 0..4 { v[j] = v[j].wrapping_add(i * b + j as u32) } } v[0] ^ v[1] ^ v[2] ^ v[3] }
    fn array_map(a, b) { [a, b, 3].map(|x| x.wrapping_mul(x)).into_iter().fold(0, |s: u32, x| s ^ x) }
    fn options(a, b) { let mut best: Option<u32> = None; for i in 0..a % 20 { let x = i * b % 17; best = Some(match best { None => x, Some(y) => x.max(y) }) } best.unwrap_or(1234) }
    fn checked(a, b) { a.checked_mul(b).or(a.checked_add(b)).unwrap_or(b.checked_sub(a).unwrap_or(8)) }
    fn checked_wide(a, b) { let (x, y) = (u64::from(a) << 20, u64::from(b) << 20); x.checked_mul(y).map_or(1, |z| (z >> 40) as u32) }
    fn checked_signed(a, b) { let (x, y) = (a as i32, b as i32); x.checked_sub(y).or(x.checked_mul(y)).unwrap_or(x.checked_add(y).unwrap_or(5)) as u32 }
    fn saturating(a, b) { a.saturating_sub(b).saturating_add(a) }
    fn saturating_signed(a, b) { let (x, y) = (a as i32, b as i32); (x.saturating_add(y) ^ x.saturating_sub(y)) as u32 ^ (x as i8).saturating_add(y as i8) as u32 }
    fn checked_narrow(a, b) { let (x, y) = (a as i16, b as i16); x.checked_add(y).or(x.checked_mul(y)).map_or(1, |z| z as u32) ^ (a as u16).checked_mul(b as u16).map_or(2, u32::from) ^ (a as u8).checked_sub(b as u8).map_or(3, u32::from) }
    fn overflowing(a, b) { let (x, o) = a.overflowing_add(b); x ^ u32::from(o) }
    fn division(a, b) { a / (b % 9 + 1) + a % (b % 5 + 1) }
    fn signed_division(a, b) { ((a as i32).wrapping_div((b % 9 + 1) as i32) ^ (a as i32) % ((b % 5 + 1) as i32)) as u32 }
    fn shifts(a, b) { (a << (b % 32)) ^ (a >> (b % 32)) ^ ((a as i32) >> (b % 31)) as u32 }
    fn checked_shifts(a, b) { a.checked_shl(b % 64).unwrap_or(3) ^ if b % 64 < 32 { a >> (b % 64) } else { 9 } }
    fn rotations(a, b) { a.rotate_left(b % 40) ^ a.rotate_right(7) ^ b.rotate_right(a % 32) }
    fn bits(a, b) { a.count_ones() * 10000 + b.leading_zeros() * 100 + (a & b).trailing_zeros() }
    fn bits_wide(a, b) { let x = u64::from(a) << 32 | u64::from(b); x.count_ones() * 10000 + x.leading_zeros() * 100 + x.trailing_zeros() }
    fn reversed(a, b) { a.reverse_bits() ^ b.swap_bytes() ^ ((u64::from(a) << 32 | u64::from(b)).reverse_bits() >> 7) as u32 ^ ((u64::from(b) << 32 | u64::from(a)).swap_bytes() >> 9) as u32 }
    fn narrow_bits(a, b) { (a as u16).count_ones() * 1000 + (a as u16).leading_zeros() * 50 + (b as u16).trailing_zeros() ^ ((a as u16).swap_bytes() as u32) << 16 ^ ((b as u16).reverse_bits() as u32) << 8 ^ ((a as u8).reverse_bits() as u32) << 4 ^ (b as u8).leading_zeros() ^ (b as u8).trailing_zeros() << 3 ^ (a as u8).count_ones() }
    fn narrow_minmax(a, b) { (a as i16).min(b as i16) as u32 ^ (a as i16).max(7) as u32 ^ (b as i16).wrapping_abs() as u32 ^ (a as u16).min(b as u16) as u32 }
    fn powers(a, b) { (a % 1000).next_power_of_two() + u32::from(b.is_power_of_two()) + (b | 1).ilog2() + a.pow(3) % 7 * 0 }
    fn minmax(a, b) { a.min(b) ^ (a as i32).max(b as i32) as u32 ^ (a as i8).min(b as i8) as u32 }
    fn clamps(a, b) { a.clamp(10, 1000) + (b as i32).clamp(-5, 5) as u32 }
    fn compares(a, b) { use core::cmp::Ordering::*; match a.cmp(&b) { Less => 1, Equal => 2, Greater => a - b } }
    fn signed_compares(a, b) { use core::cmp::Ordering::*; match (a as i32).cmp(&(b as i32)) { Less => 1, Equal => 2, Greater => 3 } }
    fn absolute(a, b) { (a as i32).wrapping_abs() as u32 ^ a.abs_diff(b) ^ (b as i32).signum() as u32 }
    fn narrow(a, b) { let x = (a as u8).wrapping_mul(b as u8); let y = (a as i16).wrapping_sub(b as i16); u32::from(x) ^ (y as u32) ^ ((y >> 3) as i32 as u32) }
    fn narrow_division(a, b) { let x = (a as i16).wrapping_div((b % 77) as i16 | 1); let y = (a as i16) % ((b % 50) as i16 + 1); (x as i32 ^ y as i32) as u32 }
    fn wide(a, b) { let x = u64::from(a) * u64::from(b); (x >> 17) as u32 ^ x as u32 }
    fn wide_signed(a, b) { let x = i64::from(a as i32) * i64::from(b as i32); (x >> 13) as u32 }
    fn booleans(a, b) { let (p, q, r) = (a > 3, b % 2 == 0, a == b); u32::from(p & !q | r) + u32::from(p != q) * 2 + u32::from(p ^ r) * 4 + u32::from(p > q) * 8 }
    fn bool_state(a, b) { let mut flag = false; let mut n = 0; for i in 0..a % 40 { if i % 5 == b % 5 { flag = !flag } if flag { n += i } } n }

    fn float_arith(a, b) { let (x, y) = (a as f32, b as f32); (x * 0.5 + y / (x + 1.0) - 3.25).to_bits() }
    fn float_to_u32(a, b) { f32::from_bits(a) as u32 ^ (b as f32 * 1.5) as u32 }
    fn float_to_i32(a, _b) { f32::from_bits(a) as i32 as u32 }
    fn float_to_u8(a, b) { f32::from_bits(a) as u8 as u32 ^ f32::from_bits(b) as i8 as u32 }
    fn float_to_u16(a, b) { f32::from_bits(a) as u16 as u32 ^ f32::from_bits(b) as i16 as u32 }
    fn float_to_u64(a, _b) { let x = f32::from_bits(a) as u64; (x >> 20) as u32 ^ x as u32 }
    fn float_to_i64(a, _b) { let x = f32::from_bits(a) as i64; (x >> 20) as u32 ^ x as u32 }
    fn int_to_float(a, b) { (a as i32 as f32).to_bits() ^ (u64::from(b) as f32).to_bits() ^ (b as i16 as f32).to_bits() ^ ((a > b) as u8 as f32).to_bits() }
    fn float_compare(a, b) { let (x, y) = (f32::from_bits(a), f32::from_bits(b)); (x < y) as u32 + (x <= y) as u32 * 2 + (x == y) as u32 * 4 + (x != y) as u32 * 8 + (x > y) as u32 * 16 + (x >= y) as u32 * 32 }
    fn float_not_compare(a, b) { let (x, y) = (f32::from_bits(a), f32::from_bits(b)); (!(x < y)) as u32 + (!(x <= y)) as u32 * 2 + (!(x > y)) as u32 * 4 + (!(x >= y)) as u32 * 8 + (x < y || x > y) as u32 * 16 + (!(x < y || x > y)) as u32 * 32 }
    fn float_nan(a, b) { let (x, y) = (f32::from_bits(a), f32::from_bits(b)); x.is_nan() as u32 + (x.is_nan() || y.is_nan()) as u32 * 2 + (x == x && y == y) as u32 * 4 + x.is_finite() as u32 * 8 + x.is_infinite() as u32 * 16 }
    fn float_minmax(a, b) { let (x, y) = (a as f32, b as f32); x.min(y).to_bits() ^ x.max(2.5).to_bits().rotate_left(3) }
    fn float_signs(a, b) { let (x, y) = (f32::from_bits(a), f32::from_bits(b)); if x.is_nan() { 1 } else { x.abs().to_bits() ^ (-x).to_bits() ^ x.copysign(y).to_bits() ^ x.is_sign_negative() as u32 } }
    fn float_loop(a, b) { let mut x = 1.0f32; let mut n = 0; while x < (a % 10000) as f32 { x = x * 1.5 + (b % 3) as f32; n += 1 } x.to_bits() ^ n }
    fn float_clamp(a, b) { (f32::from_bits(a % 0x7F00_0000)).clamp(0.5, 2.0 + (b % 3) as f32).to_bits() }
    fn float_total(a, b) { f32::from_bits(a).total_cmp(&f32::from_bits(b)) as i32 as u32 }
    fn table(a, b) { let t = match a % 4 { 0 => 1.0f32, 1 => 2.5, 2 => -3.0, _ => 0.125 }; (t * (b % 8) as f32).to_bits() }
}
