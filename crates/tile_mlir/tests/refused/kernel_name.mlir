func.func @"my kernel"() {
  return
}
