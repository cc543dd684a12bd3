// Runtime of a core function: bounds, alignment and written bytes of every access, and the call that a fault ends.
#include "emu.h"
#pragma clang attribute push(__attribute__((disable_sanitizer_instrumentation)), apply_to = function)

struct Range {
  uintptr_t base;
  uint64_t bytes;
  uint8_t *written; // one byte for each of the range's
};
struct Fault {
  int64_t kind; // 0 none, 1 read outside, 2 write outside, 3 misaligned, 4 never written
  uint64_t site, address, bytes, align;
};
extern "C" const char __ehdr_start[] __attribute__((visibility("hidden")));
extern "C" char _end[] __attribute__((visibility("hidden")));
extern "C" {
__thread unsigned __emu_rounding = 0;
static __thread const Range *ranges;
static __thread uint64_t count;
static __thread Fault *fault;
static __thread uintptr_t stack_top;
static __thread void *back[5];
// Constants after which the pointer of a stack may lie: a core's stack is at most its data memory.
static const uintptr_t STACK = 65536 * 4;

#ifndef EMU_UNCHECKED
static void stop(int kind, uintptr_t address, uint64_t bytes, uint64_t align, void *site) {
  *fault = Fault{kind, (uint64_t)((uintptr_t)site - (uintptr_t)__ehdr_start), address, bytes, align};
  __builtin_longjmp(back, 1);
}
// Whether there is a byte among these that nobody wrote; eight at a time, which the compiler may not do by itself.
static bool unwritten(const uint8_t *written, uint64_t bytes) {
  uint64_t k = 0;
  for (; k + 8 <= bytes; k += 8) {
    uint64_t word;
    __builtin_memcpy(&word, written + k, 8);
    if (word != 0x0101010101010101ul) return true;
  }
  for (; k < bytes; k++)
    if (!written[k]) return true;
  return false;
}
static void access(uintptr_t p, uint64_t bytes, uint64_t align, int write, void *site) {
  if (!fault || !bytes || p == (uintptr_t)&__emu_rounding) return;
  if (align && p % align) stop(3, p, bytes, align, site);
  for (uint64_t i = 0; i < count; i++) {
    const Range &range = ranges[i];
    const uint64_t at = p - range.base;
    if (at >= range.bytes || range.bytes - at < bytes) continue;
    if (write) __builtin_memset(range.written + at, 1, bytes);
    else if (unwritten(range.written + at, bytes)) stop(4, p, bytes, align, site);
    return;
  }
  if (p <= stack_top && stack_top - p <= STACK) return;
  if (p >= (uintptr_t)__ehdr_start && p + bytes <= (uintptr_t)_end) return;
  stop(write ? 2 : 1, p, bytes, align, site);
}
void __emu_access(const void *p, unsigned bytes, unsigned align, int write) {
  access((uintptr_t)p, bytes, align, write, __builtin_return_address(0));
}
#define HOOK(N) \
  void __tsan_read##N(void *p) { access((uintptr_t)p, N, N, 0, __builtin_return_address(0)); } \
  void __tsan_write##N(void *p) { access((uintptr_t)p, N, N, 1, __builtin_return_address(0)); } \
  void __tsan_unaligned_read##N(void *p) { access((uintptr_t)p, N, 1, 0, __builtin_return_address(0)); } \
  void __tsan_unaligned_write##N(void *p) { access((uintptr_t)p, N, 1, 1, __builtin_return_address(0)); }
HOOK(1) HOOK(2) HOOK(4) HOOK(8) HOOK(16)
void __tsan_init() {}
void *__tsan_memset(void *p, int value, uint64_t n) {
  access((uintptr_t)p, n, 1, 1, __builtin_return_address(0));
  return __builtin_memset(p, value, n);
}
void *__tsan_memcpy(void *p, const void *q, uint64_t n) {
  access((uintptr_t)q, n, 1, 0, __builtin_return_address(0));
  access((uintptr_t)p, n, 1, 1, __builtin_return_address(0));
  return __builtin_memmove(p, q, n);
}
void *__tsan_memmove(void *p, const void *q, uint64_t n) {
  access((uintptr_t)q, n, 1, 0, __builtin_return_address(0));
  access((uintptr_t)p, n, 1, 1, __builtin_return_address(0));
  return __builtin_memmove(p, q, n);
}
#endif

// Calls a core function. Integers and pointers go before numbers whatever their order: the convention of calls keeps them apart
// while there are at most eight numbers.
__attribute__((noinline)) static void jump(void *function, const int64_t *w, const float *f) {
  typedef void (*Function)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                           int64_t, float, float, float, float, float, float, float, float);
  ((Function)function)(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11], f[0], f[1], f[2], f[3], f[4],
                       f[5], f[6], f[7]);
}
__attribute__((visibility("default"), noinline)) void __emu_call(void *function, const int64_t *words, const float *numbers, const Range *table,
                                                       uint64_t rows, Fault *result) {
  ranges = table;
  count = rows;
  stack_top = (uintptr_t)__builtin_frame_address(0);
  fault = result;
  result->kind = 0;
  if (__builtin_setjmp(back) == 0) jump(function, words, numbers);
  fault = nullptr;
}
}
#pragma clang attribute pop
