// Table-driven functions, which are approximate. Each one used takes a table out of NRAM.
#pragma once
EMU_MAP(__bang_active_exp, EMU_FN_ACTIVE_EXP, float, EMU_TYPE_F32)
EMU_MAP(__bang_active_exphp, EMU_FN_ACTIVE_EXPHP, float, EMU_TYPE_F32)
EMU_MAP(__bang_active_sigmoid, EMU_FN_ACTIVE_SIGMOID, float, EMU_TYPE_F32)
EMU_MAP(__bang_active_tanh, EMU_FN_ACTIVE_TANH, float, EMU_TYPE_F32)
EMU_MAP(__bang_active_recip, EMU_FN_ACTIVE_RECIP, float, EMU_TYPE_F32)
EMU_MAP(__bang_active_reciphp, EMU_FN_ACTIVE_RECIPHP, float, EMU_TYPE_F32)
EMU_MAP(__bang_active_rsqrt, EMU_FN_ACTIVE_RSQRT, float, EMU_TYPE_F32)
EMU_MAP(__bang_active_rsqrthp, EMU_FN_ACTIVE_RSQRTHP, float, EMU_TYPE_F32)
EMU_MAP(__bang_active_relu, EMU_FN_RELU, float, EMU_TYPE_F32)
#undef EMU_MAP
#undef EMU_ZIP
#undef EMU_SCALAR
#undef EMU_CYCLE
