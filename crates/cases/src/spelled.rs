//! Element types, shapes and accesses as a file has them.

/// `Elem` by its name.
pub(crate) mod elem {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use view_types::Elem;

    pub(crate) fn serialize<S: Serializer>(elem: &Elem, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(elem.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Elem, D::Error> {
        let name = String::deserialize(deserializer)?;
        Elem::from_name(&name).ok_or_else(|| de::Error::custom(format!("`{name}` is no element type")))
    }
}

/// `Access` by its name.
pub(crate) mod access {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use view_types::Access;

    pub(crate) fn serialize<S: Serializer>(access: &Access, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(access.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Access, D::Error> {
        let name = String::deserialize(deserializer)?;
        Access::from_name(&name).ok_or_else(|| de::Error::custom(format!("`{name}` is no access")))
    }
}

/// `Shape` as its extents.
pub(crate) mod shape {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
    use view_types::{MAX_RANK, Shape};

    pub(crate) fn serialize<S: Serializer>(shape: &Shape, serializer: S) -> Result<S::Ok, S::Error> {
        shape.dims().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Shape, D::Error> {
        let dims = Vec::<u64>::deserialize(deserializer)?;
        Shape::new(&dims).ok_or_else(|| de::Error::custom(format!("a shape has at most {MAX_RANK} dimensions")))
    }
}
