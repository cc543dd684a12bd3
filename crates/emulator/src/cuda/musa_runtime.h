// Texts include it; what it declares is in `musa.h` already.
#pragma once
