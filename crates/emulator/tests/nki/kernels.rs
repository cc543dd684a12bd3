//! Right kernels of decoding, compared with f64.

use emulator::nki::Dtype::{Bf16, F32, I32, U32};

use crate::harness::{IMPORTS, input, narrow, near, out, pass, random, widen};

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

#[test]
fn rms_norm() {
    let body = "def k(x, w):
    out = nl.ndarray((1536,), dtype=nl.bfloat16, buffer=nl.shared_hbm)
    xs = nl.ndarray((128, 12), dtype=nl.bfloat16, buffer=nl.sbuf)
    ws = nl.ndarray((128, 12), dtype=nl.bfloat16, buffer=nl.sbuf)
    nisa.dma_copy(dst=xs, src=x.ap(pattern=[[12, 128], [1, 12]]))
    nisa.dma_copy(dst=ws, src=w.ap(pattern=[[12, 128], [1, 12]]))
    sq = nl.ndarray((128, 12), dtype=nl.float32, buffer=nl.sbuf)
    part = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_tensor(dst=sq, data1=xs, data2=xs, op=nl.multiply)
    nisa.tensor_reduce(dst=part, op=nl.add, data=sq, axis=1)
    ones = nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=ones, value=1.0)
    tot = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.psum)
    nisa.nc_matmul(dst=tot, stationary=ones, moving=part, accumulate=False)
    inv = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.activation(dst=inv, op=nl.rsqrt, data=tot, scale=1.0 / 1536.0, bias=1e-6)
    y = nl.ndarray((128, 12), dtype=nl.float32, buffer=nl.sbuf)
    nisa.scalar_tensor_tensor(dst=y, data=xs, op0=nl.multiply, operand0=inv, op1=nl.multiply, operand1=ws)
    nisa.dma_copy(dst=out.ap(pattern=[[12, 128], [1, 12]]), src=y)
    return out
";
    let (x, w) = (narrow(&random(1536, 1)), narrow(&random(1536, 2)));
    let mut y = vec![0_u16; 1536];
    let args = [input(&x, Bf16, &[1536]), input(&w, Bf16, &[1536])];
    if !pass(&format!("{IMPORTS}{body}"), &args, &[out(&mut y, Bf16, &[1536])]) {
        return;
    }
    let (x, w) = (widen(&x), widen(&w));
    let mean = x.iter().map(|x| x * x).sum::<f64>() / 1536.0;
    let wanted: Vec<f64> = x.iter().zip(&w).map(|(x, w)| x * w / (mean + 1e-6).sqrt()).collect();
    near(&widen(&y), &wanted, 1.0 / 128.0);
}

#[test]
fn matrix_with_vector() {
    // Rows of the transposed weights on partitions, x as columns; 300 outputs leave a tail of 44.
    let body = "def k(x, w):
    rows, n = w.shape
    out = nl.ndarray((n,), dtype=nl.float32, buffer=nl.shared_hbm)
    chunks = rows // 128
    xs = nl.ndarray((128, chunks), dtype=nl.bfloat16, buffer=nl.sbuf)
    nisa.dma_copy(dst=xs, src=x.ap(pattern=[[chunks, 128], [1, chunks]]))
    for first in range(0, n, 128):
        width = min(128, n - first)
        ws = nl.ndarray((128, chunks, width), dtype=nl.bfloat16, buffer=nl.sbuf)
        nisa.dma_copy(dst=ws, src=w.ap(pattern=[[chunks * n, 128], [n, chunks], [1, width]], offset=first))
        acc = nl.ndarray((width, 1), dtype=nl.float32, buffer=nl.psum)
        for j in range(chunks):
            nisa.nc_matmul(dst=acc, stationary=ws[:, j, :], moving=xs[:, j:j + 1], accumulate=(j > 0))
        y = nl.ndarray((width, 1), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(dst=y, src=acc)
        nisa.dma_copy(dst=out.ap(pattern=[[1, width], [1, 1]], offset=first), src=y)
    return out
";
    let (x, w) = (narrow(&random(384, 3)), narrow(&random(384 * 300, 4)));
    let mut y = vec![0.0_f32; 300];
    let args = [input(&x, Bf16, &[384]), input(&w, Bf16, &[384, 300])];
    if !pass(&format!("{IMPORTS}{body}"), &args, &[out(&mut y, F32, &[300])]) {
        return;
    }
    let (x, w) = (widen(&x), widen(&w));
    let wanted: Vec<f64> = (0..300).map(|n| (0..384).map(|k| x[k] * w[k * 300 + n]).sum()).collect();
    for (found, wanted) in wide(&y).iter().zip(&wanted) {
        assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
    }
}

const ATTENTION: &str = "def k(q, keys, values, position):
    heads, length = 6, keys.shape[0]
    out = nl.ndarray((heads, 128), dtype=nl.float32, buffer=nl.shared_hbm)
    qt = nl.ndarray((128, heads), dtype=nl.bfloat16, buffer=nl.sbuf)
    nisa.dma_copy(dst=qt, src=q.ap(pattern=[[1, 128], [128, heads]]))
    kt = nl.ndarray((128, length), dtype=nl.bfloat16, buffer=nl.sbuf)
    nisa.dma_copy(dst=kt, src=keys.ap(pattern=[[1, 128], [128, length]]))
    sc = nl.ndarray((heads, length), dtype=nl.float32, buffer=nl.psum)
    nisa.nc_matmul(dst=sc, stationary=qt, moving=kt, accumulate=False)
    at = nl.ndarray((heads, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(dst=at, src=position.ap(pattern=[[0, heads], [1, 1]]))
    lo = nl.ndarray((heads, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=lo, value=0.0)
    s0 = nl.ndarray((heads, length), dtype=nl.float32, buffer=nl.sbuf)
    nisa.activation(dst=s0, op=nl.copy, data=sc, scale=0.08838834764831845)
    ss = nl.ndarray((heads, length), dtype=nl.float32, buffer=nl.sbuf)
    m = nl.ndarray((heads, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.range_select(dst=ss, on_true_tile=s0, comp_op0=nl.greater_equal, comp_op1=nl.less_equal,
                      bound0=lo, bound1=at, reduce_op=nl.maximum, reduce_res=m)
    nm = nl.ndarray((heads, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_scalar(dst=nm, data=m, op0=nl.multiply, operand0=-1.0)
    pr = nl.ndarray((heads, length), dtype=nl.float32, buffer=nl.sbuf)
    total = nl.ndarray((heads, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.activation(dst=pr, op=nl.exp, data=ss, bias=nm, reduce_op=nl.add, reduce_res=total,
                    reduce_cmd=nisa.reduce_cmd.reset_reduce)
    acc = nl.ndarray((heads, 128), dtype=nl.float32, buffer=nl.psum)
    for first in range(0, length, 128):
        pt = nl.ndarray((128, heads), dtype=nl.float32, buffer=nl.psum)
        nisa.nc_transpose(dst=pt, data=pr[:, first:first + 128])
        ps = nl.ndarray((128, heads), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(dst=ps, src=pt)
        vs = nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(dst=vs, src=values[first:first + 128, :])
        nisa.nc_matmul(dst=acc, stationary=ps, moving=vs, accumulate=(first > 0))
    inv = nl.ndarray((heads, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.reciprocal(dst=inv, data=total)
    o = nl.ndarray((heads, 128), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_scalar(dst=o, data=acc, op0=nl.multiply, operand0=inv)
    nisa.dma_copy(dst=out, src=o)
    return out
";

#[test]
fn attention() {
    let (q, keys, values) = (narrow(&random(6 * 128, 5)), narrow(&random(256 * 128, 6)), narrow(&random(256 * 128, 7)));
    for position in [0_i32, 130, 255] {
        let mut y = vec![0.0_f32; 6 * 128];
        let at = [position];
        let args = [
            input(&q, Bf16, &[6, 128]),
            input(&keys, Bf16, &[256, 128]),
            input(&values, Bf16, &[256, 128]),
            input(&at, I32, &[1, 1]),
        ];
        if !pass(&format!("{IMPORTS}{ATTENTION}"), &args, &[out(&mut y, F32, &[6, 128])]) {
            return;
        }
        let (q, keys, values) = (widen(&q), widen(&keys), widen(&values));
        let mut wanted = Vec::new();
        for head in 0..6 {
            let score = |row: usize| -> f64 {
                (0..128).map(|d| q[head * 128 + d] * keys[row * 128 + d]).sum::<f64>() / 128_f64.sqrt()
            };
            let weights: Vec<f64> = (0..=position as usize).map(|row| score(row).exp()).collect();
            let sum: f64 = weights.iter().sum();
            wanted.extend(
                (0..128)
                    .map(|d| weights.iter().enumerate().map(|(row, w)| w * values[row * 128 + d]).sum::<f64>() / sum),
            );
        }
        for (found, wanted) in wide(&y).iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-5, "{position}: {found} {wanted}");
        }
    }
}

#[test]
fn embedding_rotation_and_append() {
    // A row of a table at a run-time number, rotated, appended to a cache at a run-time position.
    let body = "def k(table, token, angles, cache, position):
    row = nl.ndarray((1, 128), dtype=nl.bfloat16, buffer=nl.sbuf)
    number = nl.ndarray((1, 1), dtype=nl.int32, buffer=nl.sbuf)
    at = nl.ndarray((1, 1), dtype=nl.int32, buffer=nl.sbuf)
    nisa.dma_copy(dst=number, src=token)
    nisa.dma_copy(dst=at, src=position)
    nisa.dma_copy(dst=row, src=table.ap(pattern=[[128, 1], [1, 128]], scalar_offset=number, indirect_dim=0))
    turn = nl.ndarray((1, 128), dtype=nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(dst=turn, src=angles.ap(pattern=[[128, 1], [1, 128]], scalar_offset=at, indirect_dim=0))
    cos, sin = turn[:, 0:64], turn[:, 64:128]
    t = nl.ndarray((1, 128), dtype=nl.float32, buffer=nl.sbuf)
    u = nl.ndarray((1, 128), dtype=nl.float32, buffer=nl.sbuf)
    y = nl.ndarray((1, 128), dtype=nl.bfloat16, buffer=nl.sbuf)
    nisa.tensor_tensor(dst=t[:, 0:64], data1=row[:, 0:64], data2=cos, op=nl.multiply)
    nisa.tensor_tensor(dst=u[:, 0:64], data1=row[:, 64:128], data2=sin, op=nl.multiply)
    nisa.tensor_tensor(dst=t[:, 64:128], data1=row[:, 64:128], data2=cos, op=nl.multiply)
    nisa.tensor_tensor(dst=u[:, 64:128], data1=row[:, 0:64], data2=sin, op=nl.multiply)
    nisa.tensor_tensor(dst=y[:, 0:64], data1=t[:, 0:64], data2=u[:, 0:64], op=nl.subtract)
    nisa.tensor_tensor(dst=y[:, 64:128], data1=t[:, 64:128], data2=u[:, 64:128], op=nl.add)
    nisa.dma_copy(dst=cache.ap(pattern=[[128, 1], [1, 128]], scalar_offset=at, indirect_dim=0), src=y)
    return cache
";
    let (table, angles) = (narrow(&random(50 * 128, 8)), random(8 * 128, 9));
    let (token, position) = ([17_i32], [5_i32]);
    let before = narrow(&random(8 * 128, 10));
    let (mut cache, mut copy) = (before.clone(), vec![0_u16; 8 * 128]);
    let args = [
        input(&table, Bf16, &[50, 128]),
        input(&token, I32, &[1, 1]),
        input(&angles, F32, &[8, 128]),
        out(&mut cache, Bf16, &[8, 128]),
        input(&position, I32, &[1, 1]),
    ];
    if !pass(&format!("{IMPORTS}{body}"), &args, &[out(&mut copy, Bf16, &[8, 128])]) {
        return;
    }
    assert_eq!(cache, copy);
    let (row, turn) = (&widen(&table)[17 * 128..18 * 128], wide(&angles[5 * 128..6 * 128]));
    let low = (0..64).map(|d| row[d] * turn[d] - row[64 + d] * turn[64 + d]);
    let high = (0..64).map(|d| row[64 + d] * turn[d] + row[d] * turn[64 + d]);
    let wanted: Vec<f64> = low.chain(high).collect();
    for (found, wanted) in widen(&cache[5 * 128..6 * 128]).iter().zip(&wanted) {
        assert!((found - wanted).abs() < 0.01, "{found} {wanted}");
    }
    assert_eq!(cache[..5 * 128], before[..5 * 128]);
    assert_eq!(cache[6 * 128..], before[6 * 128..]);
}

#[test]
fn largest() {
    // The lowest of equal numbers: per partition first, then across.
    let body = "def k(x):
    out = nl.ndarray((1, 1), dtype=nl.uint32, buffer=nl.shared_hbm)
    v = nl.ndarray((128, 20), dtype=nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(dst=v, src=x.ap(pattern=[[20, 128], [1, 20]]))
    top = nl.ndarray((128, 8), dtype=nl.float32, buffer=nl.sbuf)
    nisa.max8(dst=top, src=v)
    found = nl.ndarray((128, 8), dtype=nl.uint32, buffer=nl.sbuf)
    nisa.nc_find_index8(dst=found, data=v, vals=top)
    base = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.iota(dst=base, pattern=[[0, 1]], channel_multiplier=20)
    number = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_tensor(dst=number, data1=base, data2=found[:, 0:1], op=nl.add)
    back = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_scalar(dst=back, data=number, op0=nl.subtract, operand0=2560.0, reverse0=True)
    tops = nl.ndarray((1, 128), dtype=nl.float32, buffer=nl.psum)
    backs = nl.ndarray((1, 128), dtype=nl.float32, buffer=nl.psum)
    nisa.nc_transpose(dst=tops, data=top[:, 0:1])
    nisa.nc_transpose(dst=backs, data=back)
    best = nl.ndarray((1, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_reduce(dst=best, op=nl.maximum, data=tops, axis=1)
    hit = nl.ndarray((1, 128), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_scalar(dst=hit, data=tops, op0=nl.equal, operand0=best)
    kept = nl.ndarray((1, 128), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_tensor(dst=kept, data1=hit, data2=backs, op=nl.multiply)
    first = nl.ndarray((1, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_reduce(dst=first, op=nl.maximum, data=kept, axis=1)
    y = nl.ndarray((1, 1), dtype=nl.uint32, buffer=nl.sbuf)
    nisa.tensor_scalar(dst=y, data=first, op0=nl.subtract, operand0=2560.0, reverse0=True)
    nisa.dma_copy(dst=out, src=y)
    return out
";
    for places in [vec![0], vec![2559, 1300], vec![777, 779, 2000]] {
        let mut x = random(2560, 11);
        for place in &places {
            x[*place] = 3.0;
        }
        let mut y = [*places.iter().min().unwrap_or(&0) as u32 + 1; 1];
        let wanted = y[0] - 1;
        let source = format!("{IMPORTS}{body}");
        let Some(program) = crate::harness::compile(&source) else { return };
        let launch = emulator::nki::Launch { args: &[input(&x, F32, &[2560])], outputs: &[out(&mut y, U32, &[1, 1])] };
        program.launch(&launch).unwrap();
        assert_eq!(y[0], wanted);
    }
}

#[test]
fn loops_at_run_time() {
    // Rows of a matrix by a loop's register; a bound that only the run knows.
    let body = "def k(x, n):
    out = nl.ndarray((1, 64), dtype=nl.float32, buffer=nl.shared_hbm)
    count = nl.ndarray((1, 1), dtype=nl.int32, buffer=nl.sbuf)
    nisa.dma_copy(dst=count, src=n)
    acc = nl.ndarray((1, 64), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=acc, value=0.0)
    rows = nisa.register_alloc()
    nisa.register_load(rows, count)

    def body(i):
        row = nl.ndarray((1, 64), dtype=nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(dst=row, src=x.ap(pattern=[[64, 1], [1, 64]], scalar_offset=i, indirect_dim=0))
        nisa.tensor_tensor(dst=acc, data1=acc, data2=row, op=nl.add)

    nl.fori_loop(0, rows, body)
    nisa.dma_copy(dst=out, src=acc)
    return out
";
    let x = random(10 * 64, 12);
    for rows in [0_i32, 1, 10] {
        let mut y = vec![9.0_f32; 64];
        let count = [rows];
        let source = format!("{IMPORTS}{body}");
        let Some(program) = crate::harness::compile(&source) else { return };
        let args = [input(&x, F32, &[10, 64]), input(&count, I32, &[1, 1])];
        program.launch(&emulator::nki::Launch { args: &args, outputs: &[out(&mut y, F32, &[1, 64])] }).unwrap();
        let wanted: Vec<f64> =
            (0..64).map(|d| (0..rows as usize).map(|row| f64::from(x[row * 64 + d])).sum()).collect();
        for (found, wanted) in wide(&y).iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-5, "{rows}: {found} {wanted}");
        }
    }
}

#[test]
fn loops_with_a_condition() {
    // Halves a number until it is below 1; the first turn is not decided by the body.
    let body = "def k(x):
    out = nl.ndarray((1, 1), dtype=nl.float32, buffer=nl.shared_hbm)
    t = nl.ndarray((1, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(dst=t, src=x)
    more = nl.ndarray((1, 1), dtype=nl.int32, buffer=nl.sbuf)
    first = nisa.register_alloc(1)

    def body(before):
        nisa.tensor_scalar(dst=t, data=t, op0=nl.multiply, operand0=0.5)
        nisa.tensor_scalar(dst=more, data=t, op0=nl.greater_equal, operand0=1.0)
        after = nisa.register_alloc()
        nisa.register_load(after, more)
        return after

    nl.while_loop(first, body)
    nisa.dma_copy(dst=out, src=t)
    return out
";
    for (from, wanted) in [(20.0_f32, 0.625_f32), (0.5, 0.25)] {
        let mut y = vec![9.0_f32; 1];
        if !pass(&format!("{IMPORTS}{body}"), &[input(&[from], F32, &[1, 1])], &[out(&mut y, F32, &[1, 1])]) {
            return;
        }
        assert_eq!(y, [wanted]);
    }
}
