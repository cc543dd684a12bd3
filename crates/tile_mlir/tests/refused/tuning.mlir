func.func @k() attributes {tenfold.tuning = {BN = "16"}} {
  return
}
