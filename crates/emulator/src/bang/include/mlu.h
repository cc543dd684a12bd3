// What device-only files include.
#pragma once
#include "bang.h"
