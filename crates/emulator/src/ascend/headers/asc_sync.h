// Flags, barriers, and what a core knows of itself.

template <HardEvent event> EMU_INLINE void SetFlag(int32_t eventID) {
  __emu_ask(__emu_set_flag, __emu_source(event), __emu_target(event), (uint64_t)eventID);
}
template <HardEvent event> EMU_INLINE void WaitFlag(int32_t eventID) {
  __emu_ask(__emu_wait_flag, __emu_source(event), __emu_target(event), (uint64_t)eventID);
}
template <pipe_t pipe> EMU_INLINE void PipeBarrier() {
  static_assert(pipe != PIPE_S, "the scalar unit has no barrier");
  __emu_ask(__emu_barrier, pipe);
}
EMU_INLINE int64_t GetBlockIdx() { return (int64_t)__emu_ask(__emu_block_idx); }
EMU_INLINE int64_t GetBlockNum() { return (int64_t)__emu_ask(__emu_block_num); }
EMU_INLINE void InitSocState() { __emu_ask(__emu_init); }

EMU_INLINE float ToFloat(const bfloat16_t& value) { return __emu_widen(value); }
EMU_INLINE bfloat16_t ToBfloat16(const float& value) { return __emu_narrow(value); }
