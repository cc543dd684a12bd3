//! Matrix products. Operands are `f32`: convert 16-bit or 8-bit tiles first, which targets with units for such
//! operands fuse with the product. Sums are f32, in any order.

use crate::raw::intrinsic;
use crate::tile::{Tile, Tile3};

impl<const M: usize, const K: usize> Tile<f32, M, K> {
    /// `self · rhs`: `M x K` times `K x N`.
    #[inline(always)]
    pub fn dot<const N: usize>(self, rhs: Tile<f32, K, N>) -> Tile<f32, M, N> {
        self.dot_acc(rhs, Tile::zeros())
    }

    /// `acc + self · rhs`.
    #[inline(always)]
    pub fn dot_acc<const N: usize>(self, rhs: Tile<f32, K, N>, acc: Tile<f32, M, N>) -> Tile<f32, M, N> {
        Tile::from_raw(intrinsic!(__tile_contract(self.raw(), rhs.raw(), acc.raw(), 0, M, N, K, 0, 0)))
    }

    /// `self · rhsᵀ`: rows of `self` with rows of `rhs`, as weights stored `N x K` need it.
    #[inline(always)]
    pub fn dot_t<const N: usize>(self, rhs: Tile<f32, N, K>) -> Tile<f32, M, N> {
        self.dot_t_acc(rhs, Tile::zeros())
    }

    /// `acc + self · rhsᵀ`.
    #[inline(always)]
    pub fn dot_t_acc<const N: usize>(self, rhs: Tile<f32, N, K>, acc: Tile<f32, M, N>) -> Tile<f32, M, N> {
        Tile::from_raw(intrinsic!(__tile_contract(self.raw(), rhs.raw(), acc.raw(), 0, M, N, K, 0, 1)))
    }
}

impl<const K: usize, const M: usize> Tile<f32, K, M> {
    /// `selfᵀ · rhs`: columns of `self` with columns of `rhs`.
    #[inline(always)]
    pub fn t_dot<const N: usize>(self, rhs: Tile<f32, K, N>) -> Tile<f32, M, N> {
        self.t_dot_acc(rhs, Tile::zeros())
    }

    /// `acc + selfᵀ · rhs`.
    #[inline(always)]
    pub fn t_dot_acc<const N: usize>(self, rhs: Tile<f32, K, N>, acc: Tile<f32, M, N>) -> Tile<f32, M, N> {
        Tile::from_raw(intrinsic!(__tile_contract(self.raw(), rhs.raw(), acc.raw(), 0, M, N, K, 1, 0)))
    }
}

impl<const B: usize, const M: usize, const K: usize> Tile3<f32, B, M, K> {
    /// `self · rhs`, matrix by matrix.
    #[inline(always)]
    pub fn dot<const N: usize>(self, rhs: Tile3<f32, B, K, N>) -> Tile3<f32, B, M, N> {
        self.dot_acc(rhs, Tile3::zeros())
    }

    /// `acc + self · rhs`, matrix by matrix.
    #[inline(always)]
    pub fn dot_acc<const N: usize>(self, rhs: Tile3<f32, B, K, N>, acc: Tile3<f32, B, M, N>) -> Tile3<f32, B, M, N> {
        Tile3::from_raw(intrinsic!(__tile_contract(self.raw(), rhs.raw(), acc.raw(), B, M, N, K, 0, 0)))
    }

    /// `self · rhsᵀ`, matrix by matrix.
    #[inline(always)]
    pub fn dot_t<const N: usize>(self, rhs: Tile3<f32, B, N, K>) -> Tile3<f32, B, M, N> {
        self.dot_t_acc(rhs, Tile3::zeros())
    }

    /// `acc + self · rhsᵀ`, matrix by matrix.
    #[inline(always)]
    pub fn dot_t_acc<const N: usize>(self, rhs: Tile3<f32, B, N, K>, acc: Tile3<f32, B, M, N>) -> Tile3<f32, B, M, N> {
        Tile3::from_raw(intrinsic!(__tile_contract(self.raw(), rhs.raw(), acc.raw(), B, M, N, K, 0, 1)))
    }
}
