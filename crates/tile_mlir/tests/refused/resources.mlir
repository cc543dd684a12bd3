module {
}
{-#
  dialect_resources: {}
#-}
