// What the AIE API's headers of the emulator share with its runtime: fixed types, the check of an access, the rounding register.
#pragma once
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
typedef unsigned long size_t;
typedef long ptrdiff_t;
typedef unsigned long uintptr_t;

#define EMU_INLINE inline __attribute__((always_inline, disable_sanitizer_instrumentation))

extern "C" {
// Stops the core function unless the access is in memory that it may use, aligned, and written before it is read.
#ifdef EMU_UNCHECKED
static EMU_INLINE void __emu_access(const void *, unsigned, unsigned, int) {}
#else
void __emu_access(const void *p, unsigned bytes, unsigned align, int write);
#endif
// The rounding register of the core that runs this thread: 0 floor, 1 ceil, 2 to nearest even.
extern __thread unsigned __emu_rounding;
}

namespace emu {
// Not a use of the register: the compiler folds conversions of constants to nearest even.
EMU_INLINE unsigned rounded(unsigned bits, unsigned mode) {
  const unsigned kept = bits >> 16, rest = bits & 0xffffu, negative = bits >> 31;
  if ((bits & 0x7f800000u) == 0x7f800000u) return (bits & 0x7fffffu) ? (kept | 0x40u) : kept;
  if (mode == 2) return (bits + 0x7fffu + (kept & 1u)) >> 16;
  return kept + (rest != 0 && (mode == 0 ? negative : !negative));
}
} // namespace emu

// A number of bf16. Conversions to it obey the rounding register.
struct bfloat16 {
  uint16_t bits;
  bfloat16() = default;
  EMU_INLINE bfloat16(float value) {
    const unsigned word = __builtin_bit_cast(unsigned, value);
    bits = (uint16_t)(__builtin_constant_p(word) ? emu::rounded(word, 2) : emu::rounded(word, __emu_rounding));
  }
  EMU_INLINE operator float() const { return __builtin_bit_cast(float, (unsigned)bits << 16); }
};

// Trace events of a core: nothing to compute.
EMU_INLINE void event0() {}
EMU_INLINE void event1() {}
