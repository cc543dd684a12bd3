//! The instances of each model.

tile::instances! {
    group "smollm2-135m";
    rms_norm_576 = crate::norm::rms_norm::<f32, 576>;
    q_proj_matvec = crate::matvec::q_proj::<576, 576, BN> for BN in [32, 16, 8, 4];
    kv_proj_matvec = crate::matvec::kv_proj::<f32, 576, 192, 4096, BN> for BN in [32, 16, 8, 4];
    argmax_greedy = crate::argmax::argmax_greedy::<49152, 1024>;
}
