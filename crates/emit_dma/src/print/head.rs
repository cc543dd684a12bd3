//! What stands before the first statement.

use emit::{Namer, Text, Writer};
use lower_dma::ir::{CoreKernel, Expr, Scalar, StmtKind};
use tile_ir::{Access, ParamKind};

use super::{COMMENT, INDENT, Printer};
use crate::area::{Area, Role};
use crate::dialect::{Parameter, ParameterKind, Signature};

/// Parameters with their names.
pub(super) fn parameters(kernel: &CoreKernel, namer: &mut Namer) -> Vec<Parameter> {
    let names: Vec<String> = kernel.params.iter().map(|param| namer.name(&param.name)).collect();
    let params = kernel.params.iter().zip(names);
    params
        .map(|(param, name)| match &param.kind {
            ParamKind::View(view) => {
                let way = match view.access {
                    Access::Read => "read",
                    Access::Weights => "weights",
                    Access::Write => "written",
                };
                Parameter {
                    address: namer.name(&format!("{name}_gm")),
                    name,
                    kind: ParameterKind::View { elem: view.elem, count: view.shape.count(), access: view.access },
                    remark: format!("[{}; {}], {way}", view.elem, view.shape),
                }
            }
            ParamKind::Scalar(scalar) => Parameter {
                address: name.clone(),
                name,
                kind: ParameterKind::Scalar(Scalar::of(scalar.elem)),
                remark: match scalar.bound {
                    Some(bound) => format!("{}, below {bound}", scalar.elem),
                    None => scalar.elem.to_string(),
                },
            },
        })
        .collect()
}

/// Which copies touch each buffer.
pub(super) fn roles(kernel: &CoreKernel) -> Vec<Role> {
    let mut roles = vec![Role::Work; kernel.buffers.len()];
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| match &stmt.kind {
            StmtKind::CopyIn(copy) => roles[copy.buffer.0 as usize] = Role::In,
            StmtKind::CopyOut(copy) if roles[copy.buffer.0 as usize] == Role::Work => {
                roles[copy.buffer.0 as usize] = Role::Out;
            }
            StmtKind::CopyOut(_)
            | StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::Vector { .. }
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        });
    }
    roles
}

impl Printer<'_> {
    /// Everything up to the first statement; leaves the body one level deep.
    pub(super) fn head(&mut self, signature: &Signature<'_>) -> Writer {
        let mut head = Writer::new(INDENT, COMMENT);
        for param in signature.params {
            head.line(&format!("{COMMENT} {}: {}", param.name, param.remark));
        }
        for line in self.dialect.head(signature) {
            head.line(&line);
        }
        self.body.deeper();
        for line in self.dialect.start(signature) {
            self.body.line(&line);
        }
        let mut numbered = false;
        for stmt in &self.kernel.body {
            stmt.for_each(&mut |stmt| {
                for expr in stmt.exprs() {
                    expr.for_each(&mut |expr| numbered |= matches!(expr, Expr::Core));
                }
            });
        }
        let roles = self.roles.clone();
        for ((name, buffer), role) in self.buffers.clone().iter().zip(&self.kernel.buffers).zip(roles) {
            let area = Area {
                name,
                buffer,
                role,
                offset: Text::atom("0"),
                rows: buffer.rows,
                cols: buffer.cols,
                pitch: buffer.pitch,
            };
            for line in self.dialect.buffer(&area) {
                self.body.line(&line);
            }
        }
        if numbered {
            let (name, value) = (&self.core, self.dialect.core());
            self.body.line(&format!("const int64_t {name} = {value};"));
        }
        head
    }
}
