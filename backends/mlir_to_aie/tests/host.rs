//! What the host knows before a launch, and what only a core knows: elements that it reads, numbers that it passes, elements that are
//! gathered.

use bundle::manifest::HostRead;
use emit::Source;
use emulator::Arg;
use emulator::aie::{Launch, Program, Texts};
use lower_dma::ir::{Convert, Expr, Operand, Scalar, Stmt, StmtKind, VectorOp};
use lower_dma::testing::Build;
use mlir_to_aie::limits::TARGET;
use tile_ir::{Access, BinaryOp, Elem, Loc, Param, ParamKind, Predicate, Value};

fn print(b: Build<'_>) -> Source {
    let core = b.finish();
    lower_dma::verify::verify(&core, &TARGET).unwrap_or_else(|errors| panic!("{errors:?}"));
    mlir_to_aie::print(&core).unwrap_or_else(|error| panic!("{error:?}"))
}

fn run(source: &Source, args: &[Arg]) {
    let texts = Texts { design: &source.text, kernels: &source.parts[0].text };
    let program = Program::compile(texts).unwrap_or_else(|error| panic!("{error} {:?}", error.diagnostics()));
    let launched = program.launch(&Launch { args, seconds: 60 });
    launched.unwrap_or_else(|fault| panic!("{fault}\n{}\n{}", source.text, source.parts[0].text));
}

fn input<T>(data: &[T]) -> Arg {
    Arg::Buffer { address: data.as_ptr().cast_mut().cast(), bytes: size_of_val(data) as u64, writable: false }
}

fn output<T>(data: &mut [T]) -> Arg {
    Arg::Buffer { address: data.as_mut_ptr().cast(), bytes: size_of_val(data) as u64, writable: true }
}

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { kind, loc: Loc::Unknown }
}

fn binary(op: BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

fn wide(x: Expr) -> Expr {
    Expr::Convert(Convert::Unsigned(Scalar::I64, 32), Box::new(x))
}

/// A row of a table of odd rows, which an element says; zeros where there is no such row.
#[test]
fn an_element_decides_what_is_loaded() {
    let (rows, cols) = (10_i64, 7);
    let mut b = Build::new("row_of", &TARGET);
    let table = b.view("table", Elem::Bf16, &[10, 7], Access::Weights);
    let token = b.view("token", Elem::I32, &[3], Access::Read);
    let y = b.view("y", Elem::Bf16, &[7], Access::Write);
    let (chosen, row) = (b.buffer("chosen", Elem::I32, 1, 1), b.buffer("row", Elem::Bf16, 1, 7));
    b.load(chosen, token, Expr::int(1));
    let which = b.var("which", Scalar::I32);
    b.put(StmtKind::Read { var: which, buffer: chosen, offset: Expr::int(0) });
    let at = wide(Expr::Var(which));
    let load = StmtKind::CopyIn(b.copy(row, table, binary(BinaryOp::Mul, at.clone(), Expr::int(cols))));
    let zeros = Operand::Scalar(Expr::Float(0.0));
    let fill = StmtKind::Vector { op: VectorOp::Copy, dst: b.all(row), args: vec![zeros] };
    let condition = Expr::Compare(Predicate::SLt, Box::new(at), Box::new(Expr::int(rows)));
    b.put(StmtKind::If { condition, then: vec![stmt(load)], otherwise: vec![stmt(fill)] });
    b.store(row, y, Expr::int(0));
    let source = print(b);
    assert_eq!(source.kernel.host_reads, [HostRead { arg: "token".to_owned(), element: 1 }]);
    let data: Vec<u16> = (0..70).map(|at| 0x3f80 + at).collect();
    for token in [0_i32, 3, 9, 10, -1] {
        let mut found = [1_u16; 7];
        let read = Arg::U32(token.cast_unsigned());
        run(&source, &[input(&data), input(&[99, token, 99]), output(&mut found), read]);
        let expected: Vec<u16> = (0..7)
            .map(|at| usize::try_from(token).ok().and_then(|row| data.get(row * 7 + at)).copied().unwrap_or(0))
            .collect();
        assert_eq!(found.as_slice(), expected, "row {token}");
    }
}

/// A sum of as many rows as a parameter says: those alone are moved.
#[test]
fn a_parameter_decides_how_much_is_loaded() {
    let mut b = Build::new("rows_of", &TARGET);
    let x = b.view("x", Elem::F32, &[40, 24], Access::Read);
    let y = b.view("y", Elem::F32, &[24], Access::Write);
    let kind = ParamKind::Scalar(tile_ir::Scalar { value: Value(0), elem: Elem::I32, bound: None });
    b.kernel.params.push(Param { name: "count".to_owned(), kind, loc: Loc::Unknown });
    let (row, sum) = (b.buffer("row", Elem::F32, 1, 24), b.buffer("sum", Elem::F32, 1, 24));
    b.vector(VectorOp::Copy, sum, &[Operand::Scalar(Expr::Float(0.0))]);
    let var = b.var("i", Scalar::I64);
    let load = b.copy(row, x, binary(BinaryOp::Mul, Expr::Var(var), Expr::int(24)));
    let (all, operands) = (b.all(sum), vec![b.span(sum), b.span(row)]);
    let add = StmtKind::Vector { op: VectorOp::Binary(BinaryOp::Add), dst: all, args: operands };
    let body = vec![stmt(StmtKind::CopyIn(load)), stmt(add)];
    let (lower, upper, step) = (Expr::int(0), wide(Expr::Param(2)), Expr::int(1));
    b.put(StmtKind::For { var, lower, upper, step, body });
    b.store(sum, y, Expr::int(0));
    let source = print(b);
    let data: Vec<f32> = (0..960).map(|at| at as f32).collect();
    for count in [0_u32, 1, 5, 40] {
        let mut found = [-1.0_f32; 24];
        run(&source, &[input(&data), output(&mut found), Arg::U32(count)]);
        let expected: Vec<f32> = (0..24).map(|col| (0..count).map(|row| (row * 24 + col) as f32).sum()).collect();
        assert_eq!(found.as_slice(), expected, "{count} rows");
    }
}

/// Elements whose places are computed on the core, some of them none.
#[test]
fn elements_are_picked_where_a_core_says() {
    let mut b = Build::new("picked", &TARGET);
    let table = b.view("table", Elem::F16, &[301], Access::Read);
    let index = b.view("index", Elem::I32, &[9], Access::Read);
    let y = b.view("y", Elem::F32, &[9], Access::Write);
    let (places, result) = (b.buffer("places", Elem::I32, 1, 9), b.buffer("result", Elem::F32, 1, 9));
    b.load(places, index, Expr::int(0));
    let operand = b.span(places);
    b.vector(VectorOp::Binary(BinaryOp::Add), places, &[operand.clone(), operand]);
    let [place, element] = [("place", Scalar::I32), ("element", Scalar::F32)].map(|(name, ty)| b.var(name, ty));
    b.count("at", 9, |b, at| {
        b.put(StmtKind::Read { var: place, buffer: places, offset: at.clone() });
        let write = |value| stmt(StmtKind::Write { buffer: result, offset: at.clone(), value });
        let offset = Expr::Convert(Convert::Signed(Scalar::I64, 32), Box::new(Expr::Var(place)));
        let then = vec![stmt(StmtKind::ReadGlobal { var: element, view: table, offset }), write(Expr::Var(element))];
        let inside = Expr::Compare(Predicate::ULt, Box::new(Expr::Var(place)), Box::new(Expr::Int(Scalar::I32, 301)));
        b.put(StmtKind::If { condition: inside, then, otherwise: vec![write(Expr::Float(-1.0))] });
    });
    b.store(result, y, Expr::int(0));
    let source = print(b);
    assert!(source.kernel.host_reads.is_empty());
    let data: Vec<u16> = (0..301).map(|at| half::f16::from_f32(at as f32).to_bits()).collect();
    let index = [0_i32, 150, 7, -1, 31, 32, 200, 16, 149];
    let mut found = [0.0_f32; 9];
    run(&source, &[input(&data), input(&index), output(&mut found)]);
    let expected = index.map(|at| if (0..=150).contains(&at) { (2 * at) as f32 } else { -1.0 });
    assert_eq!(found, expected);
}
