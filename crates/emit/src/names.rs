//! Identifiers: the user's names, made legal and unique.

use std::collections::BTreeSet;

/// Gives out identifiers that differ from each other and from the words of the language.
///
/// Names belong to scopes: a name is free again when its scope ends, so loops that follow one another may share `k`. No
/// name ever hides one of an outer scope.
#[derive(Clone, Debug)]
pub struct Namer {
    reserved: BTreeSet<&'static str>,
    scopes: Vec<BTreeSet<String>>,
}

impl Namer {
    /// A namer with one open scope. `reserved` are the words that are never given out: keywords, functions, types.
    pub fn new(reserved: &[&[&'static str]]) -> Namer {
        Namer {
            reserved: reserved.iter().flat_map(|words| words.iter().copied()).collect(),
            scopes: vec![BTreeSet::new()],
        }
    }

    /// Opens a scope.
    pub fn push(&mut self) {
        self.scopes.push(BTreeSet::new());
    }

    /// Ends the innermost scope; the outermost stays.
    pub fn pop(&mut self) {
        if self.scopes.len() > 1 {
            self.scopes.pop();
        }
    }

    /// A legal identifier that resembles `wanted`, in the innermost scope. A name already taken gets a numeric suffix.
    pub fn name(&mut self, wanted: &str) -> String {
        let base = legal(wanted);
        let mut name = base.clone();
        let mut suffix = 0u32;
        while self.taken(&name) {
            suffix += 1;
            name = format!("{base}_{suffix}");
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.clone());
        }
        name
    }

    fn taken(&self, name: &str) -> bool {
        self.reserved.contains(name) || self.scopes.iter().any(|scope| scope.contains(name))
    }
}

/// ASCII letters, digits and single underscores, starting with a letter: what no language reserves as a class.
fn legal(wanted: &str) -> String {
    let mut name = String::with_capacity(wanted.len());
    for c in wanted.chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if c != '_' || !name.is_empty() && !name.ends_with('_') {
            name.push(c);
        }
    }
    let trimmed = name.trim_end_matches('_');
    match trimmed.chars().next() {
        None => "v".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("v{trimmed}"),
        Some(_) => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_names_get_a_suffix() {
        let mut namer = Namer::new(&[&["float", "half"], &["k_1"]]);
        assert_eq!(namer.name("k"), "k");
        assert_eq!(namer.name("k"), "k_2", "k_1 is reserved");
        assert_eq!(namer.name("float"), "float_1");
        assert_eq!(namer.name("k"), "k_3");
    }

    #[test]
    fn scopes_free_their_names_and_never_hide() {
        let mut namer = Namer::new(&[]);
        assert_eq!(namer.name("row"), "row");
        namer.push();
        assert_eq!(namer.name("row"), "row_1");
        assert_eq!(namer.name("k"), "k");
        namer.pop();
        namer.push();
        assert_eq!(namer.name("k"), "k");
        namer.pop();
        namer.pop();
        assert_eq!(namer.name("row"), "row_1", "the outermost scope stays");
    }

    #[test]
    fn any_text_becomes_an_identifier() {
        let mut namer = Namer::new(&[]);
        for (wanted, name) in [
            ("", "v"),
            ("__x__y_", "x_y"),
            ("_Reserved", "Reserved"),
            ("9lives", "v9lives"),
            ("größe", "gr_e"),
            ("a b;", "a_b"),
            ("___", "v_1"),
        ] {
            assert_eq!(namer.name(wanted), name, "{wanted:?}");
        }
    }
}
