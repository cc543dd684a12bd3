//! The matrix unit.

use lower_simt::ir::{Expr, Fragment, FragmentRole, MatrixOp, Place};
use lower_simt::target::MatrixUnit;
use tile_ir::Elem;

use super::Printer;
use crate::dialect::{MatrixAccess, MatrixFill};

impl Printer<'_> {
    pub(super) fn matrix(&mut self, op: &MatrixOp) {
        match op {
            MatrixOp::Declare { fragment } => self.declare_fragment(*fragment),
            MatrixOp::Fill { fragment, at, value } => self.fill(*fragment, at, *value),
            MatrixOp::Load { fragment, at, place, stride, transposed } => {
                if let Some((access_elem, role)) = self.transfer(*fragment, place) {
                    let line = self.with_access(*fragment, at, place, (*stride, *transposed), role, access_elem, false);
                    self.body.line(&line);
                }
            }
            MatrixOp::Store { fragment, at, place, stride } => {
                if let Some((access_elem, role)) = self.transfer(*fragment, place) {
                    if role != FragmentRole::Acc {
                        self.fail("an operand of a product is stored");
                    }
                    let line = self.with_access(*fragment, at, place, (*stride, false), role, access_elem, true);
                    self.body.line(&line);
                }
            }
            MatrixOp::Multiply { acc, a, b } => self.multiply(acc, a, b),
        }
    }

    fn declare_fragment(&mut self, fragment: Fragment) {
        let kernel = self.kernel;
        let (Some(data), Some(unit)) = (kernel.fragments.get(fragment.0 as usize), self.unit(fragment)) else { return };
        let name = self.namer.name(&data.name);
        let line = self.dialect.fragment(&name, unit, data.elem, data.role, data.len);
        self.body.line(&format!("{line};"));
        self.fragments[fragment.0 as usize] = Some(name);
    }

    fn fill(&mut self, fragment: Fragment, at: &Expr, value: f32) {
        let kernel = self.kernel;
        let (Some(data), Some(unit)) = (kernel.fragments.get(fragment.0 as usize), self.unit(fragment)) else { return };
        let name = self.part(fragment, at);
        let fill = MatrixFill { fragment: &name, role: data.role, elem: data.elem, unit, value };
        let line = self.dialect.matrix_fill(&fill, &mut self.helpers);
        self.body.line(&line);
    }

    fn multiply(&mut self, acc: &(Fragment, Expr), a: &(Fragment, Expr), b: &(Fragment, Expr)) {
        let role = |printer: &Printer<'_>, fragment: Fragment| {
            printer.kernel.fragments.get(fragment.0 as usize).map(|data| (data.role, data.elem))
        };
        let roles = [role(self, acc.0), role(self, a.0), role(self, b.0)];
        match roles {
            [Some((FragmentRole::Acc, Elem::F32)), Some((FragmentRole::A, left)), Some((FragmentRole::B, right))]
                if left == right => {}
            _ => self.fail("a product of fragments that do not fit"),
        }
        let Some(unit) = self.unit(a.0) else { return };
        let (acc, a, b) = (self.part(acc.0, &acc.1), self.part(a.0, &a.1), self.part(b.0, &b.1));
        let line = self.dialect.matrix_multiply(&acc, &a, &b, unit, &mut self.helpers);
        self.body.line(&line);
    }

    /// Element type of a transfer's memory and the fragment's role; `None` if they do not fit.
    fn transfer(&mut self, fragment: Fragment, place: &Place) -> Option<(Elem, FragmentRole)> {
        let data = self.kernel.fragments.get(fragment.0 as usize);
        let (_, elem, _) = self.pointer(place);
        match data {
            Some(data) if data.elem == elem => Some((elem, data.role)),
            Some(_) | None => {
                self.fail(format!("fragment {} and a memory of type `{elem}` do not fit", fragment.0));
                None
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one statement, gathered here for the dialect")]
    fn with_access(
        &mut self,
        fragment: Fragment,
        at: &Expr,
        place: &Place,
        (stride, transposed): (u64, bool),
        role: FragmentRole,
        elem: Elem,
        store: bool,
    ) -> String {
        let Some(unit) = self.unit(fragment) else { return String::new() };
        let name = self.part(fragment, at);
        let (pointer, _, space) = self.pointer(place);
        let access = MatrixAccess { fragment: &name, role, elem, unit, place: &pointer, space, stride, transposed };
        if store {
            self.dialect.matrix_store(&access, &mut self.helpers)
        } else {
            self.dialect.matrix_load(&access, &mut self.helpers)
        }
    }

    /// A fragment of an array.
    fn part(&mut self, fragment: Fragment, at: &Expr) -> String {
        let name = self.fragment(fragment);
        let at = self.expr(at);
        format!("{name}[{}]", at.text)
    }

    /// The shape of a fragment: that of the operands' type, which for an accumulator is the type of the kernel's operands.
    fn unit(&mut self, fragment: Fragment) -> Option<&'static MatrixUnit> {
        let fragments = &self.kernel.fragments;
        let data = fragments.get(fragment.0 as usize);
        let elem = data.map(|data| match data.role {
            FragmentRole::A | FragmentRole::B => data.elem,
            FragmentRole::Acc => {
                fragments.iter().find(|other| other.role == FragmentRole::A).map_or(data.elem, |other| other.elem)
            }
        });
        let unit = self.dialect.facts().matrix.iter().find(|unit| Some(unit.elem) == elem);
        if unit.is_none() {
            self.fail(format!("no matrix unit for fragment {}", fragment.0));
        }
        unit
    }
}
