func.func @k() attributes {tenfold.grid = array<i64: 0, 1, 1>} {
  return
}
