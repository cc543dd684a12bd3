//! Rules of instructions: memories, sizes, dtypes, ranges.

use emulator::nki::FaultKind::{
    Dtype, Language, Limit, Order, OutOfBounds, Overlap, Shape, Space, Uninitialised, Unsupported, WriteToConstant,
};

use crate::harness::rules;

#[test]
fn copies() {
    let copy = "nisa.dma_copy(dst=c, src=x)";
    rules(&[
        (Shape, copy, "nisa.dma_copy(dst=c, src=x.reshape((64, 128)))"),
        (Space, "nisa.tensor_copy(dst=c[0:64, :], src=q)", "nisa.dma_copy(dst=c[0:64, :], src=q)"),
        (Space, copy, "nisa.dma_copy(dst=p, src=x)"),
        (WriteToConstant, "nisa.dma_copy(dst=out, src=a)", "nisa.dma_copy(dst=x, src=a)"),
        (Uninitialised, "nisa.dma_copy(dst=out, src=a)", "nisa.dma_copy(dst=out, src=s)"),
        (
            Uninitialised,
            "nisa.memset(dst=s, value=1.0)\nnisa.tensor_copy(dst=c, src=s)",
            "nisa.tensor_copy(dst=c, src=s)",
        ),
        (
            Uninitialised,
            "nisa.memset(dst=s[:, 0:10], value=1.0)\nnisa.tensor_copy(dst=c[:, 0:10], src=s[:, 0:10])",
            "nisa.memset(dst=s[:, 0:10], value=1.0)\nnisa.tensor_copy(dst=c[:, 0:11], src=s[:, 0:11])",
        ),
        (Unsupported, copy, "nisa.dma_copy(dst=c, src=x, oob_mode=nisa.oob_mode.skip)"),
        (Language, copy, "nisa.dma_copy(dst=c, src=x, oob_mode=0)"),
        (
            Dtype,
            "nisa.dma_copy(dst=c, src=x, dge_mode=nisa.dge_mode.hwdge)",
            "nisa.dma_copy(dst=c, src=g, dge_mode=nisa.dge_mode.hwdge)",
        ),
        (Dtype, "nisa.memset(dst=c, value=1.0)", "nisa.memset(dst=c, value=1)"),
        (Dtype, "nisa.memset(dst=i, value=1)", "nisa.memset(dst=i, value=1.0)"),
        (Limit, "nisa.memset(dst=i, value=2147483647)", "nisa.memset(dst=i, value=2147483648)"),
        (
            Limit,
            "nisa.memset(dst=i, value=16777217)\nnisa.tensor_copy(dst=i, src=i, engine=nisa.engine.vector)",
            "nisa.memset(dst=i, value=16777217)\nnisa.tensor_copy(dst=i, src=i)",
        ),
        (
            Space,
            "nisa.tensor_copy(dst=c[0:64, :], src=q, engine=nisa.engine.vector)",
            "nisa.tensor_copy(dst=c[0:64, :], src=q, engine=nisa.engine.gpsimd)",
        ),
        (Overlap, "nisa.tensor_copy(dst=c, src=c)", "nisa.tensor_copy(dst=c[:, 1:64], src=c[:, 0:63])"),
        (Overlap, copy, "nisa.dma_copy(dst=out.ap(pattern=[[0, 128], [1, 64]]), src=a)"),
    ]);
}

#[test]
fn products() {
    let product = "nisa.nc_matmul(dst=q, stationary=a, moving=b, accumulate=False)";
    let wide = "w = nl.ndarray((128, 520), dtype=nl.float32, buffer=nl.sbuf)\nnisa.memset(dst=w, value=1.0)\n\
                t = nl.ndarray((64, 1024), dtype=nl.float32, buffer=nl.psum)\n\
                v = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.psum)\n";
    let wide = |call: &str| format!("{wide}{call}");
    let table = [
        (
            Space,
            product.to_owned(),
            "nisa.nc_matmul(dst=c[0:64, :], stationary=a, moving=b, accumulate=False)".to_owned(),
        ),
        (
            Space,
            product.to_owned(),
            "nisa.nc_matmul(dst=p[0:64, :], stationary=q, moving=b[0:64, :], accumulate=False)".to_owned(),
        ),
        (Shape, product.to_owned(), "nisa.nc_matmul(dst=p, stationary=a, moving=b, accumulate=False)".to_owned()),
        (
            Shape,
            product.to_owned(),
            "nisa.nc_matmul(dst=q, stationary=a[0:64, :], moving=b, accumulate=False)".to_owned(),
        ),
        (
            Limit,
            product.to_owned(),
            "nisa.nc_matmul(dst=q, stationary=a[0:64, :], moving=b[64:128, :], accumulate=False)".to_owned(),
        ),
        (Dtype, product.to_owned(), "nisa.nc_matmul(dst=q, stationary=h, moving=b, accumulate=False)".to_owned()),
        (Dtype, product.to_owned(), "nisa.nc_matmul(dst=q, stationary=i, moving=i, accumulate=False)".to_owned()),
        (
            Dtype,
            "nisa.nc_matmul(dst=q, stationary=h, moving=h, accumulate=False)".to_owned(),
            "z = nl.ndarray((64, 64), dtype=nl.bfloat16, buffer=nl.psum)\n\
             nisa.nc_matmul(dst=z, stationary=h, moving=h, accumulate=False)"
                .to_owned(),
        ),
        (
            Limit,
            wide("nisa.nc_matmul(dst=t[:, 0:512], stationary=a, moving=w[:, 0:512], accumulate=False)"),
            wide("nisa.nc_matmul(dst=t[:, 0:513], stationary=a, moving=w[:, 0:513], accumulate=False)"),
        ),
        (
            Limit,
            wide("nisa.nc_matmul(dst=t[:, 512:1024], stationary=a, moving=w[:, 0:512], accumulate=False)"),
            wide("nisa.nc_matmul(dst=t[:, 511:1023], stationary=a, moving=w[:, 0:512], accumulate=False)"),
        ),
        (
            Limit,
            wide("nisa.nc_matmul(dst=v, stationary=w[:, 0:128], moving=w[:, 0:512], accumulate=False)"),
            wide("nisa.nc_matmul(dst=v, stationary=w[:, 0:129], moving=w[:, 0:512], accumulate=False)"),
        ),
        (
            Uninitialised,
            "nisa.nc_matmul(dst=q, stationary=a, moving=b, accumulate=True)".to_owned(),
            "nisa.nc_matmul(dst=p[0:64, :], stationary=a, moving=b, accumulate=True)".to_owned(),
        ),
        (
            Order,
            "nisa.nc_matmul(dst=q, stationary=a, moving=b, accumulate=True)".to_owned(),
            "nisa.memset(dst=q, value=0.0)\nnisa.nc_matmul(dst=q, stationary=a, moving=b, accumulate=True)".to_owned(),
        ),
        (Unsupported, product.to_owned(), "nisa.nc_matmul(dst=q, stationary=a, moving=b)".to_owned()),
        (
            Limit,
            "nisa.memset(dst=a, value=1.0)\n\
             nisa.nc_matmul(dst=q, stationary=a, moving=b, is_stationary_onezero=True, accumulate=False)"
                .to_owned(),
            "nisa.nc_matmul(dst=q, stationary=a, moving=b, is_stationary_onezero=True, accumulate=False)".to_owned(),
        ),
        (
            Limit,
            "nisa.nc_transpose(dst=c[0:32, 0:32], data=a[0:32, 0:32])".to_owned(),
            "nisa.nc_transpose(dst=c[0:64, :], data=a[0:64, :])".to_owned(),
        ),
        (
            Dtype,
            "z = nl.ndarray((64, 128), dtype=nl.bfloat16, buffer=nl.psum)\nnisa.nc_transpose(dst=z, data=h)".to_owned(),
            "z = nl.ndarray((64, 128), dtype=nl.float32, buffer=nl.psum)\nnisa.nc_transpose(dst=z, data=h)".to_owned(),
        ),
        (
            Space,
            "nisa.nc_transpose(dst=c[0:32, 0:32], data=a[0:32, 0:32], engine=nisa.engine.vector)".to_owned(),
            "nisa.nc_transpose(dst=c[0:32, 0:32], data=a[0:32, 0:32], engine=nisa.engine.tensor)".to_owned(),
        ),
    ];
    let table: Vec<_> = table.iter().map(|(kind, right, wrong)| (*kind, right.as_str(), wrong.as_str())).collect();
    rules(&table);
}

#[test]
fn elementwise() {
    let add = "nisa.tensor_tensor(dst=c, data1=a, data2=b, op=nl.add)";
    let column = "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=b[:, 0:1])";
    rules(&[
        (Shape, add, "nisa.tensor_tensor(dst=c, data1=a, data2=b[:, 0:32], op=nl.add)"),
        (
            Space,
            "nisa.tensor_tensor(dst=c[0:64, :], data1=q, data2=a[0:64, :], op=nl.add)",
            "nisa.tensor_tensor(dst=c[0:64, :], data1=q, data2=q, op=nl.add)",
        ),
        (
            Space,
            "nisa.tensor_tensor(dst=c, data1=a, data2=b, op=nl.power)",
            "nisa.tensor_tensor(dst=c[0:64, :], data1=q, data2=b[0:64, :], op=nl.power)",
        ),
        (Space, add, "nisa.tensor_tensor(dst=c, data1=x, data2=b, op=nl.add)"),
        (Limit, add, "nisa.tensor_tensor(dst=c, data1=a, data2=b, op=nl.exp)"),
        (Limit, add, "nisa.tensor_tensor(dst=c, data1=a, data2=b, op=nl.add, engine=nisa.engine.scalar)"),
        (Language, add, "nisa.tensor_tensor(dst=c, data1=a, data2=b, op=\"add\")"),
        (Language, add, "nisa.tensor_tensor(dst=c, data1=a, data2=2.0, op=nl.add)"),
        (
            Dtype,
            "nisa.tensor_tensor(dst=i, data1=i, data2=i, op=nl.bitwise_and)",
            "nisa.tensor_tensor(dst=c, data1=a, data2=b, op=nl.bitwise_and)",
        ),
        (
            Limit,
            "nisa.tensor_scalar(dst=i, data=i, op0=nl.left_shift, operand0=31)",
            "nisa.tensor_scalar(dst=i, data=i, op0=nl.left_shift, operand0=32)",
        ),
        (Shape, column, "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=b)"),
        (Dtype, column, "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=h[:, 0:1])"),
        (Overlap, column, "nisa.tensor_scalar(dst=b, data=a, op0=nl.multiply, operand0=b[:, 0:1])"),
        (
            Limit,
            "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=2.0, op1=nl.add, operand1=1.0, engine=nisa.engine.scalar)",
            "nisa.tensor_scalar(dst=c, data=a, op0=nl.subtract, operand0=2.0, engine=nisa.engine.scalar)",
        ),
        (
            Limit,
            "nisa.tensor_scalar(dst=c, data=a, op0=nl.rsqrt, operand0=0.0, engine=nisa.engine.gpsimd)",
            "nisa.tensor_scalar(dst=c, data=a, op0=nl.rsqrt, operand0=0.0)",
        ),
        (
            Limit,
            "nisa.activation(dst=c, op=nl.sin, data=a)",
            "nisa.tensor_scalar(dst=b, data=a, op0=nl.multiply, operand0=9.0)\nnisa.activation(dst=c, op=nl.sin, data=b)",
        ),
        (
            Limit,
            "nisa.activation(dst=c, op=nl.rsqrt, data=a)",
            "nisa.activation(dst=c, op=nl.rsqrt, data=a, scale=0.0)",
        ),
        (
            Shape,
            "nisa.activation(dst=c, op=nl.exp, data=a, bias=b[:, 0:1])",
            "nisa.activation(dst=c, op=nl.exp, data=a, bias=b)",
        ),
        (Limit, "nisa.activation(dst=c, op=nl.abs, data=a)", "nisa.activation(dst=c, op=nl.add, data=a)"),
        (
            Uninitialised,
            "nisa.activation(dst=c, op=nl.exp, data=a, reduce_op=nl.add, reduce_res=b[:, 0:1], reduce_cmd=nisa.reduce_cmd.reset_reduce)",
            "nisa.activation(dst=c, op=nl.exp, data=a, reduce_op=nl.add, reduce_res=b[:, 0:1], reduce_cmd=nisa.reduce_cmd.reduce)",
        ),
        (
            Limit,
            "nisa.activation(dst=c, op=nl.exp, data=a, reduce_op=nl.add, reduce_cmd=nisa.reduce_cmd.reset_reduce)",
            "nisa.activation(dst=c, op=nl.exp, data=a, reduce_op=nl.maximum, reduce_cmd=nisa.reduce_cmd.reset_reduce)",
        ),
        (
            Space,
            "nisa.scalar_tensor_tensor(dst=c[0:64, :], data=q, op0=nl.multiply, operand0=2.0, op1=nl.add, operand1=a[0:64, :])",
            "nisa.scalar_tensor_tensor(dst=c[0:64, :], data=q, op0=nl.multiply, operand0=2.0, op1=nl.add, operand1=q)",
        ),
    ]);
}

#[test]
fn reductions_and_masks() {
    let select = "nisa.range_select(dst=c, on_true_tile=a, comp_op0=nl.greater_equal, comp_op1=nl.less, bound0=b[:, 0:1], bound1=b[:, 1:2])";
    rules(&[
        (
            Limit,
            "nisa.tensor_reduce(dst=c[:, 0:1], op=nl.add, data=a, axis=1)",
            "nisa.tensor_reduce(dst=c[0:1, :], op=nl.add, data=a, axis=0)",
        ),
        (
            Limit,
            "nisa.tensor_reduce(dst=c[:, 0:8], op=nl.add, data=a.reshape((128, 8, 8)), axis=2)",
            "nisa.tensor_reduce(dst=c[:, 0:8], op=nl.add, data=a.reshape((128, 8, 8)), axis=1)",
        ),
        (
            Shape,
            "nisa.tensor_reduce(dst=c[:, 0:1], op=nl.maximum, data=a.reshape((128, 8, 8)), axis=(1, 2))",
            "nisa.tensor_reduce(dst=c[:, 0:8], op=nl.maximum, data=a, axis=1)",
        ),
        (
            Space,
            "nisa.tensor_partition_reduce(dst=c[0:1, :], op=nl.add, data=a)",
            "nisa.tensor_partition_reduce(dst=c[0:1, :], op=nl.add, data=q)",
        ),
        (Limit, "nisa.max8(dst=c[:, 0:8], src=a)", "nisa.max8(dst=c[:, 0:8], src=a[:, 0:7])"),
        (Shape, "nisa.max8(dst=c[:, 0:8], src=a)", "nisa.max8(dst=c[:, 0:4], src=a)"),
        (
            Dtype,
            "u = nl.ndarray((128, 8), dtype=nl.uint32, buffer=nl.sbuf)\nnisa.nc_find_index8(dst=u, data=a, vals=b[:, 0:8])",
            "nisa.nc_find_index8(dst=i[:, 0:8], data=a, vals=b[:, 0:8])",
        ),
        (
            Dtype,
            select,
            "nisa.range_select(dst=c, on_true_tile=a, comp_op0=nl.greater_equal, comp_op1=nl.less, bound0=h[:, 0:1], bound1=b[:, 1:2])",
        ),
        (
            Limit,
            select,
            "nisa.range_select(dst=c, on_true_tile=a, comp_op0=nl.greater_equal, comp_op1=nl.less, bound0=b[:, 0:1], \
             bound1=b[:, 1:2], on_false_value=-1.0)",
        ),
        (
            Space,
            "nisa.affine_select(dst=c, pattern=[[1, 64]], channel_multiplier=-1, on_true_tile=a, on_false_value=0.0, cmp_op=nl.less)",
            "nisa.affine_select(dst=c[0:64, :], pattern=[[1, 64]], channel_multiplier=-1, on_true_tile=q, on_false_value=0.0, cmp_op=nl.less)",
        ),
        (Shape, "nisa.iota(dst=i, pattern=[[1, 64]])", "nisa.iota(dst=i, pattern=[[1, 63]])"),
        (
            Dtype,
            "u = nl.ndarray((128, 64), dtype=nl.uint8, buffer=nl.sbuf)\nnisa.memset(dst=u, value=1)\n\
             nisa.tensor_copy_predicated(dst=c, src=a, predicate=u)",
            "nisa.tensor_copy_predicated(dst=c, src=a, predicate=i)",
        ),
        (
            Limit,
            "nisa.nc_stream_shuffle(dst=c, src=a, shuffle_mask=[0] * 32)",
            "nisa.nc_stream_shuffle(dst=c, src=a, shuffle_mask=[32] * 32)",
        ),
    ]);
}

#[test]
fn run_time_offsets() {
    let scratch = "z = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.hbm)\n";
    let write = "nisa.dma_copy(dst=z.ap(pattern=[[64, 1], [1, 64]], scalar_offset=at, indirect_dim=0), src=a[0:1, :])";
    let row = "nisa.dma_copy(dst=c[0:1, :], src=x.ap(pattern=[[64, 1], [1, 64]], scalar_offset=at, indirect_dim=0))";
    rules(&[
        (
            OutOfBounds,
            row,
            "nisa.dma_copy(dst=c[0:32, :], src=x.ap(pattern=[[64, 32], [1, 64]], offset=6144, scalar_offset=at, indirect_dim=0))",
        ),
        (
            Unsupported,
            row,
            "nisa.dma_copy(dst=c, src=x.ap(pattern=[[0, 128], [1, 64]], scalar_offset=at, indirect_dim=0))",
        ),
        (
            Unsupported,
            row,
            "nisa.tensor_copy(dst=c[0:1, :], src=a.ap(pattern=[[64, 1], [1, 64]], scalar_offset=at, indirect_dim=0))",
        ),
        (
            Dtype,
            row,
            "nisa.dma_copy(dst=c[0:1, :], src=x.ap(pattern=[[64, 1], [1, 64]], scalar_offset=a[0:1, 0:1], indirect_dim=0))",
        ),
        (
            Uninitialised,
            row,
            "r = nisa.register_alloc()\nnisa.dma_copy(dst=c[0:1, :], src=x.ap(pattern=[[64, 1], [1, 64]], scalar_offset=r))",
        ),
        (
            Order,
            &format!("{scratch}nisa.dma_copy(dst=z, src=a)\nnisa.dma_copy(dst=c, src=z)"),
            &format!("{scratch}{write}\nnisa.dma_copy(dst=c[0:1, :], src=z[3:4, :])"),
        ),
        (
            Order,
            &format!("{scratch}nisa.dma_copy(dst=z, src=a)\nnisa.dma_copy(dst=z, src=b)"),
            &format!("{scratch}{write}\nnisa.dma_copy(dst=z, src=a)"),
        ),
        (
            Order,
            &format!("{scratch}nisa.dma_copy(dst=z[0:3, :], src=a[0:3, :])\n{write}"),
            &format!("{scratch}nisa.dma_copy(dst=z[0:4, :], src=a[0:4, :])\n{write}"),
        ),
        (Language, "r = nisa.register_alloc(2)\nnisa.register_move(r, 3)", "r = nisa.register_alloc(2)\nt = a[r, :]"),
        (Language, "r = nisa.register_alloc(2)\nnisa.register_load(r, at)", "r = nisa.register_alloc(2)\nt = r + 1"),
        (Language, "t = 1 if which > 0 else 0", "t = 1 if a > 0 else 0"),
    ]);
}
