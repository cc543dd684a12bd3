//! Text of lane programs in languages of the C family; what differs between them is a dialect.
