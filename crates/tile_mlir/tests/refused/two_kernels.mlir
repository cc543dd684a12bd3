module {
  func.func @k() {
    return
  }
  func.func @k() {
    return
  }
}
