//! `#[tile::kernel]`, `tile::instances!` and `#[ascend_std::aiv_kernel]`. Use them through `tile` and `ascend_std`.

mod aiv;
mod instances;
mod kernel;
mod signature;

use proc_macro::TokenStream;

/// Declares a function as a kernel: every parameter is bound, under its name, to what the launch passes.
///
/// The function may be generic; [`instances!`](macro@instances) says which instances are compiled. It returns nothing, and
/// its parameters are names (not patterns) of types that a launch can pass: views, partitions, scalars. The row of a
/// `RowMut` or a `MatrixMut` is another parameter: `#[row(position)] mut cache: RowMut<..>`. An `unsafe fn` needs
/// `#[tile::kernel(unsafe)]`.
#[proc_macro_attribute]
pub fn kernel(attribute: TokenStream, item: TokenStream) -> TokenStream {
    kernel::expand(attribute.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Names the kernel instances to compile, as one group.
///
/// ```text
/// tile::instances! {
///     group "my-model";
///     add_1000 = add::<1000, 256>;
///     q_proj = matvec::<576, 576, BN> for BN in [32, 16, 8];
///     attention = by_blocks::<576, CH> for CH in [64, 32] or by_slots::<576, SLOTS> for SLOTS in [64, 32];
/// }
/// ```
///
/// Left of `=` is the kernel's name for the host. With `for` there is one candidate for each value (for each
/// combination, after several `for`), and a target takes the one that suits it. `or` stands before another way to compute the
/// same: a kernel with the same parameters, whose candidates are candidates too.
///
/// Kernels that a host launches one after the other may become one launch, which `fuse` declares:
///
/// ```text
///     fuse norm_qkv = norm => q_proj | kv_proj;
///     fuse rope = rope_q | rope_k;
/// ```
///
/// Kernels with `|` between them stand *side by side*: the host launches them in this order, and none touches what
/// another one writes. The kernel before `=>` is computed *inside* of each of the others, instead of being read. Either it
/// has one program, which writes one view as a whole, and each program of the others computes that view for itself; or it
/// has many, each of which writes one piece of every output, and each program of the others reads whole pieces, that no
/// other program reads, and may overwrite them. Then a program computes the pieces that it needs.
///
/// What is read is the only argument that fits in type and shape, or the one that is named: `norm => add(a)`. A kernel of
/// several outputs names the one that is read: `project.keys => rotate(cache)`. In parentheses stands a chain of kernels,
/// each inside of the next:
///
/// ```text
///     fuse norm_qkv_rope = norm => (q_proj => rope_q) | (kv_proj.k_cache => rope_k);
/// ```
///
/// The host launches the kernel before the first `=>`, then the first kernels of all that stands side by side, in order,
/// then the second ones, and so on. A host is told what such a launch stands for, and uses it where its own launches and
/// buffers are so.
#[proc_macro]
pub fn instances(input: TokenStream) -> TokenStream {
    instances::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Declares a function over raw pointers as a kernel and an entry of the package's kernel group.
#[proc_macro_attribute]
pub fn aiv_kernel(attribute: TokenStream, item: TokenStream) -> TokenStream {
    aiv::expand(attribute.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
