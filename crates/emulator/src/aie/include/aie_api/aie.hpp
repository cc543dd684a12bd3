// The part of the AIE API that printed core functions use (source: aie_api, aie.hpp; AMD UG1603), as loops over lanes.
#pragma once
#include "emu.h"
#include "aie_api/vector.hpp"
#include "aie_api/arithmetic.hpp"
#include "aie_api/compare.hpp"
#include "aie_api/reduce.hpp"
#include "aie_api/shuffle.hpp"
#include "aie_api/special.hpp"
