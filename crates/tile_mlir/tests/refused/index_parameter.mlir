func.func @k(%n: index) {
  return
}
