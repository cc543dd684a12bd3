//! Rules of the arguments of instructions, views and registers that the larger tables do not break.

use emulator::nki::FaultKind::{
    Capacity, Dtype, Language, Limit, OutOfBounds, Shape, Space, Uninitialised, Unsupported,
};

use crate::harness::rules;

#[test]
fn copies_and_products() {
    let copy = "nisa.dma_copy(dst=c, src=x)";
    let row = "nisa.dma_copy(dst=c[0:1, :], src=x.ap(pattern=[[64, 1], [1, 64]], scalar_offset=at))";
    let product = "nisa.nc_matmul(dst=q, stationary=a, moving=b, accumulate=False)";
    let predicate = "u = nl.ndarray((64, 64), dtype=nl.uint8, buffer=nl.psum)\nnisa.memset(dst=u, value=1)\n";
    let whole = "u = nl.ndarray((128, 64), dtype=nl.uint8, buffer=nl.sbuf)\nnisa.memset(dst=u, value=1)\n";
    rules(&[
        (Unsupported, copy, "nisa.dma_copy(dst=c, src=x, priority=1)"),
        (
            Limit,
            row,
            "nisa.dma_copy(dst=c[0:1, :], src=x.ap(pattern=[[64, 1], [1, 64]], scalar_offset=at), dge_mode=nisa.dge_mode.none)",
        ),
        (
            Limit,
            "nisa.dma_copy(dst=c, src=x, dge_mode=nisa.dge_mode.hwdge, engine=nisa.engine.sync)",
            "nisa.dma_copy(dst=c, src=x, engine=nisa.engine.sync)",
        ),
        (
            Dtype,
            &format!("{whole}nisa.tensor_copy_predicated(dst=c, src=a, predicate=u)"),
            &format!("{whole}nisa.tensor_copy_predicated(dst=c, src=h, predicate=u)"),
        ),
        (
            Space,
            &format!("{predicate}nisa.tensor_copy_predicated(dst=c[0:64, :], src=a[0:64, :], predicate=u)"),
            &format!("{predicate}nisa.tensor_copy_predicated(dst=c[0:64, :], src=q, predicate=u)"),
        ),
        (Language, copy, "nisa.tensor_copy(dst=c, src=a, engine=1)"),
        (Unsupported, product, "nisa.nc_matmul(dst=q, stationary=a, moving=b, accumulate=False, tile_size=(64, 128))"),
        (
            Shape,
            "nisa.nc_transpose(dst=c[0:32, 0:16], data=a[0:16, 0:32])",
            "nisa.nc_transpose(dst=c[0:16, 0:32], data=a[0:16, 0:32])",
        ),
        (
            Unsupported,
            "z = nl.ndarray((64, 128), dtype=nl.float32, buffer=nl.psum)\nnisa.nc_transpose(dst=z, data=a)",
            "z = nl.ndarray((64, 128), dtype=nl.int32, buffer=nl.psum)\nnisa.nc_transpose(dst=z, data=i)",
        ),
    ]);
}

#[test]
fn elementwise() {
    let and = "nisa.tensor_scalar(dst=i, data=i, op0=nl.bitwise_and, operand0=3)";
    let times = "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=2.0)";
    let copy = "nisa.activation(dst=c, op=nl.copy, data=a)";
    rules(&[
        (Language, and, "nisa.tensor_scalar(dst=i, data=i, op0=nl.bitwise_and, operand0=3.0)"),
        (Limit, and, "nisa.tensor_scalar(dst=i, data=i, op0=nl.bitwise_and, operand0=4294967295)"),
        (
            Unsupported,
            and,
            "nisa.tensor_scalar(dst=i, data=i, op0=nl.bitwise_and, operand0=3, op1=nl.bitwise_or, operand1=1)",
        ),
        (Limit, and, "nisa.tensor_scalar(dst=i, data=i, op0=nl.bitwise_and, operand0=3, op1=nl.add, operand1=1.0)"),
        (Limit, and, "nisa.tensor_scalar(dst=i, data=i, op0=nl.bitwise_and, operand0=3, engine=nisa.engine.gpsimd)"),
        (
            Unsupported,
            "nisa.tensor_tensor(dst=i, data1=i, data2=i, op=nl.multiply)",
            "nisa.tensor_tensor(dst=i, data1=i, data2=i, op=nl.power)",
        ),
        (
            Limit,
            "nisa.tensor_scalar(dst=c, data=a, op0=nl.abs, operand0=None)",
            "nisa.tensor_scalar(dst=c, data=a, op0=nl.abs, operand0=1.0)",
        ),
        (Limit, times, "nisa.tensor_scalar(dst=c, data=a, op0=nl.exp, operand0=2.0)"),
        (Unsupported, times, "nisa.tensor_scalar(dst=c, data=a, op0=nl.power, operand0=2.0)"),
        (Language, times, "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=None)"),
        (Language, times, "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=2.0, reverse0=1)"),
        (Limit, times, "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=2.0, op1=nl.add)"),
        (Limit, times, "nisa.tensor_scalar(dst=c, data=a, op0=nl.multiply, operand0=2.0, engine=nisa.engine.gpsimd)"),
        (
            Limit,
            "nisa.scalar_tensor_tensor(dst=c, data=a, op0=nl.add, operand0=1.0, op1=nl.multiply, operand1=b)",
            "nisa.scalar_tensor_tensor(dst=c, data=a, op0=nl.exp, operand0=1.0, op1=nl.multiply, operand1=b)",
        ),
        (Language, copy, "nisa.activation(dst=c, op=nl.copy, data=a, reduce_op=nl.add, reduce_cmd=3)"),
        (Limit, copy, "nisa.activation(dst=c, op=nl.copy, data=a, reduce_cmd=nisa.reduce_cmd.reset_reduce)"),
        (Uninitialised, copy, "nisa.activation(dst=c, op=nl.copy, data=a, reduce_op=nl.add, reduce_res=b[:, 0:1])"),
        (
            Shape,
            "nisa.activation(dst=c, op=nl.copy, data=a, reduce_op=nl.add, reduce_res=b[:, 0:1], reduce_cmd=nisa.reduce_cmd.reset_reduce)",
            "nisa.activation(dst=c, op=nl.copy, data=a, reduce_op=nl.add, reduce_res=b[:, 0:2], reduce_cmd=nisa.reduce_cmd.reset_reduce)",
        ),
    ]);
}

#[test]
fn reductions() {
    let sum = "nisa.tensor_reduce(dst=c[:, 0:1], op=nl.add, data=a, axis=1, keepdims=True)";
    let across = "nisa.tensor_partition_reduce(dst=c[0:1, :], op=nl.maximum, data=a)";
    let find = "u = nl.ndarray((128, 8), dtype=nl.uint32, buffer=nl.sbuf)\n";
    rules(&[
        (Unsupported, sum, "nisa.tensor_reduce(dst=c[:, 0:1], op=nl.subtract, data=a, axis=1)"),
        (Language, sum, "nisa.tensor_reduce(dst=c[:, 0:1], op=nl.add, data=a, axis=None)"),
        (
            Shape,
            "z = nl.ndarray((128, 8, 1), dtype=nl.float32, buffer=nl.sbuf)\n\
             nisa.tensor_reduce(dst=z, op=nl.add, data=a.reshape((128, 8, 8)), axis=2, keepdims=True)",
            "nisa.tensor_reduce(dst=c[:, 0:8], op=nl.add, data=a.reshape((128, 8, 8)), axis=2, keepdims=True)",
        ),
        (Limit, across, "nisa.tensor_partition_reduce(dst=c[0:1, :], op=nl.multiply, data=a)"),
        (Shape, across, "nisa.tensor_partition_reduce(dst=c[0:1, 0:32], op=nl.add, data=a)"),
        (Shape, "nisa.max8(dst=c[:, 0:8], src=a)", "nisa.max8(dst=c[0:64, 0:8], src=a)"),
        (
            Limit,
            "nisa.max8(dst=c[:, 0:8], src=a)",
            "nisa.memset(dst=b, value=3e38)\nnisa.tensor_tensor(dst=b, data1=b, data2=b, op=nl.add)\n\
             nisa.tensor_tensor(dst=b, data1=b, data2=b, op=nl.subtract)\nnisa.max8(dst=c[:, 0:8], src=b)",
        ),
        (
            Shape,
            &format!("{find}nisa.nc_find_index8(dst=u, data=a, vals=b[:, 0:8])"),
            &format!("{find}nisa.nc_find_index8(dst=u, data=a, vals=b[0:64, 0:8])"),
        ),
    ]);
}

#[test]
fn masks() {
    let select = |on: &str, low: &str, rest: &str| {
        format!(
            "nisa.range_select(dst=c, on_true_tile={on}, comp_op0=nl.greater_equal, comp_op1=nl.less, bound0={low}, bound1=b[:, 1:2]{rest})"
        )
    };
    let affine = |value: &str, compare: &str| {
        format!(
            "nisa.affine_select(dst=c, pattern=[[1, 64]], channel_multiplier=0, on_true_tile=a, on_false_value={value}, cmp_op=nl.{compare})"
        )
    };
    let shuffle =
        |to: &str, from: &str, mask: &str| format!("nisa.nc_stream_shuffle(dst={to}, src={from}, shuffle_mask={mask})");
    let (good, plain) = (&select("a", "b[:, 0:1]", ""), &affine("0.0", "less"));
    let (iota, moved) = ("nisa.iota(dst=i, pattern=[[1, 64]], offset=2147483584)", &shuffle("c", "a", "[0] * 32"));
    let wrong_compare = good.replace("nl.less", "nl.add");
    rules(&[
        (Limit, iota, "nisa.iota(dst=i, pattern=[[1, 64]], offset=2147483585)"),
        (Limit, iota, "nisa.iota(dst=i, pattern=[[1, 4], [1, 2], [1, 2], [1, 2], [1, 2]])"),
        (Language, iota, "nisa.iota(dst=i, pattern=[[1, 64]], offset=1.0)"),
        (Limit, plain, &affine("0.0", "add")),
        (Dtype, plain, &affine("0", "less")),
        (Limit, good, &wrong_compare),
        (Limit, good, &select("a", "b[:, 0:1]", ", reduce_op=nl.add")),
        (Unsupported, good, &select("a", "b[:, 0:1]", ", reduce_cmd=nisa.reduce_cmd.reduce")),
        (Dtype, good, &select("i", "b[:, 0:1]", "")),
        (Dtype, good, &select("a", "0.0", "")),
        (Language, good, &select("a", "b[:, 0:1]", ", range_start=1.0")),
        (
            Limit,
            &select("a", "b[:, 0:1]", ", range_start=16777152"),
            &select("a", "b[:, 0:1]", ", range_start=16777153"),
        ),
        (Shape, good, &select("a", "b[:, 0:1]", ", reduce_res=b[:, 2:4]")),
        (Limit, moved, &shuffle("c", "a", "[0] * 31")),
        (Dtype, moved, &shuffle("c", "h", "[0] * 32")),
        (Unsupported, moved, &shuffle("c[0:16, :]", "a[0:16, :]", "[0] * 32")),
    ]);
}

#[test]
fn views_and_registers() {
    let row = "nisa.dma_copy(dst=c[0:1, :], src=x.ap(pattern=[[64, 1], [1, 64]], scalar_offset=at))";
    let offset = |rest: &str| format!("nisa.dma_copy(dst=c[0:1, :], src=x.ap(pattern=[[64, 1], [1, 64]], {rest}))");
    let negative = format!("nisa.memset(dst=at, value=-1)\n{}", offset("scalar_offset=at, offset=640"));
    let register = "r = nisa.register_alloc(3)";
    let looped = |step: &str, line: &str| format!("def body(j):\n    {line}\nnl.fori_loop(0, 2, body, {step})");
    let nothing = "nisa.memset(dst=c, value=1.0)";
    let again = |first: &str, next: &str| {
        format!("def body(j):\n    r = nisa.register_alloc({next})\n    return r\nnl.while_loop({first}, body)")
    };
    let lost = "def body(j):\n    r = 0\n    return r\nnl.while_loop(nisa.register_alloc(1), body)";
    rules(&[
        (Language, &again("nisa.register_alloc(1)", "0"), &again("1", "0")),
        (Language, &again("nisa.register_alloc(1)", "0"), lost),
        (Uninitialised, &again("nisa.register_alloc(0)", "0"), &again("nisa.register_alloc()", "0")),
        (OutOfBounds, row, &negative),
        (Language, row, &offset("scalar_offset=1.5")),
        (Space, row, &offset("scalar_offset=i[0:1, 0:2]")),
        (Unsupported, row, &offset("vector_offset=at")),
        (Language, row, &offset("offset=1.0")),
        (Limit, row, &offset("offset=-64")),
        (Limit, row, &offset("scalar_offset=at, indirect_dim=2")),
        (Language, row, "t = x.ap(pattern=[[64, 1], [1, 64]], scalar_offset=at)[0, :]"),
        (Unsupported, register, "r = nisa.register_alloc(at)"),
        (Language, register, "nisa.register_move(at, 3)"),
        (Limit, &looped("1", nothing), &looped("0", nothing)),
        (Language, register, "nl.fori_loop(0, at, range)"),
        (Language, register, "nl.fori_loop(0, 1, nl.ds)"),
        (Language, "t = a[0:64, :]", "t = a[0:64.0, :]"),
        (Language, "t = a[:, nl.ds(0, 4)]", "t = a[:, nl.ds(0.0, 4)]"),
        (Shape, "t = a.reshape((128, 64))", "t = a.reshape((-1, 64))"),
        (Unsupported, nothing, "t = nl.ndarray((128, 8), dtype=nl.float32, buffer=nl.sbuf, address=0)"),
        (Language, nothing, "t = nl.ndarray(128, dtype=nl.float32, buffer=nl.hbm)"),
        (Limit, nothing, "t = nl.ndarray((65536, 32768), dtype=nl.float32, buffer=nl.hbm)"),
        (Capacity, nothing, "t = nl.ndarray((128, 4097), dtype=nl.float32, buffer=nl.psum)"),
    ]);
    // The register of a loop may not be set; the fault is in the body.
    let set = |line: &str| {
        format!(
            "def body(j):\n    r = nisa.register_alloc(1)\n    nisa.register_move(r, j)\n    nisa.register_move({line}, 2)"
        )
    };
    let run = |line: &str| format!("{}\nnl.fori_loop(0, 2, body)", set(line).replace("2)", "2) # here"));
    rules(&[(Language, &run("r"), &run("j").replacen("fori_loop(0, 2, body)", "fori_loop(0, 1, body)", 1))]);
}
