// MUSA C++ for mp_22: 128 threads run in step, so nothing that names a warp of 32 exists.
#define EMU_WIDTH
#include "common.h"
#undef EMU_WIDTH

// On the hardware these give wrong answers in silence; here they are errors that say why.
#define warpSize mp_22_runs_128_threads_in_step__do_not_use_warpSize
#define __syncwarp mp_22_has_no_warps_of_32__do_not_use___syncwarp
#define __activemask mp_22_has_no_32_bit_masks__do_not_use___activemask
#define __ballot_sync mp_22_has_no_32_bit_masks__do_not_use___ballot_sync
#define __any_sync mp_22_has_no_32_bit_masks__do_not_use___any_sync
#define __all_sync mp_22_has_no_32_bit_masks__do_not_use___all_sync
#define __reduce_add_sync mp_22_has_no_32_bit_masks__do_not_use___reduce_add_sync
#define __match_any_sync mp_22_has_no_32_bit_masks__do_not_use___match_any_sync
