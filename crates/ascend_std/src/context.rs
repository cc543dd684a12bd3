//! Views of global memory.

use core::marker::PhantomData;

use tile::elem::Stored;
use tile::private::bind;
use tile::{Partition, Tile, View, bf16, f16};

/// A kernel parameter with its name, which the views made of it carry to the host.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Named<P> {
    pointer: P,
    name: &'static str,
}

/// Names a kernel parameter.
#[doc(hidden)]
#[inline(always)]
pub const fn named<P>(pointer: P, name: &'static str) -> Named<P> {
    Named { pointer, name }
}

/// A pointer parameter that may be read.
#[diagnostic::on_unimplemented(
    message = "a view of `{T}` cannot be made of this",
    label = "expected a pointer parameter of an `#[aiv_kernel]` to this element type"
)]
pub trait GmPointer<T> {
    /// The address and the parameter's name.
    #[doc(hidden)]
    fn parts(self) -> (*const (), &'static str);
}

/// A pointer parameter that may be written.
#[diagnostic::on_unimplemented(
    message = "a writable view of `{T}` cannot be made of this",
    label = "expected a `*mut` parameter of an `#[aiv_kernel]` to this element type"
)]
pub trait GmPointerMut<T> {
    /// The address and the parameter's name.
    #[doc(hidden)]
    fn parts_mut(self) -> (*mut (), &'static str);
}

/// Element types, with the Rust type that pointers to them have: `u16` for the 16-bit floats.
macro_rules! pointers {
    ($($T:ident $Memory:ident),*) => { $(
        impl GmPointer<$T> for Named<*const $Memory> {
            #[inline(always)]
            fn parts(self) -> (*const (), &'static str) {
                (self.pointer.cast(), self.name)
            }
        }

        impl GmPointerMut<$T> for Named<*mut $Memory> {
            #[inline(always)]
            fn parts_mut(self) -> (*mut (), &'static str) {
                (self.pointer.cast(), self.name)
            }
        }
    )* };
}

pointers!(f32 f32, bf16 u16, f16 u16, i8 i8, i32 i32, u32 u32);

/// Global memory as the running kernel sees it; makes views of its parameters.
#[derive(Debug)]
pub struct GmDeviceCtx(());

impl GmDeviceCtx {
    /// The running kernel's context.
    ///
    /// # Safety
    /// The caller is a kernel.
    #[inline(always)]
    pub const unsafe fn new() -> Self {
        Self(())
    }

    /// A read-only view of a parameter.
    ///
    /// # Safety
    /// The buffer has at least `R * C` elements of `T`, and nothing writes it during the launch.
    #[inline(always)]
    pub unsafe fn view<const R: usize, const C: usize, T: Stored>(
        &self,
        pointer: impl GmPointer<T>,
    ) -> GmView<R, C, T> {
        let (pointer, name) = pointer.parts();
        // SAFETY: The caller promises size and access; `named` parameters are the kernel's own.
        let view = unsafe { View::from_ptr(pointer) };
        bind(&view, name);
        GmView(view)
    }

    /// A writable view of a parameter.
    ///
    /// # Safety
    /// The buffer has at least `R * C` elements of `T`, and nothing else uses it during the launch.
    #[inline(always)]
    pub unsafe fn view_mut<const R: usize, const C: usize, T: Stored>(
        &self,
        pointer: impl GmPointerMut<T>,
    ) -> GmViewMut<R, C, T> {
        let (pointer, name) = pointer.parts_mut();
        let view = GmViewMut { pointer, elem: PhantomData };
        bind(&view.partition(), name);
        view
    }
}

/// A buffer of `R x C` elements that the kernel reads.
#[derive(Clone, Copy)]
pub struct GmView<const R: usize, const C: usize, T: Stored>(View<T, R, C>);

impl<const R: usize, const C: usize, T: Stored> GmView<R, C, T> {
    #[inline(always)]
    pub(crate) fn load(&self) -> Tile<T, R, C> {
        self.0.load()
    }
}

/// A buffer of `R x C` elements that the kernel writes.
pub struct GmViewMut<const R: usize, const C: usize, T: Stored> {
    pointer: *mut (),
    elem: PhantomData<T>,
}

impl<const R: usize, const C: usize, T: Stored> GmViewMut<R, C, T> {
    #[inline(always)]
    pub(crate) fn store(&self, tile: Tile<T, R, C>) {
        self.partition().store(tile);
    }

    #[inline(always)]
    fn partition(&self) -> Partition<T, R, C> {
        // SAFETY: Whoever made this view promised that the buffer is large enough and used by nothing else, and the
        // kernel is one program.
        unsafe { Partition::from_ptr(self.pointer) }
    }
}
