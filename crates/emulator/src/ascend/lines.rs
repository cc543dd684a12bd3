//! The launch operator, which no C++ has.

/// `k<<<blocks, nullptr, stream>>>(x)` as `__emu_launch(blocks, nullptr, stream), k(x)`: types are checked, nothing is launched, and
/// every line keeps its number.
pub(crate) fn without_launches(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, behind)) = rest.split_once("<<<") {
        let Some((config, behind)) = behind.split_once(">>>") else { break };
        // The kernel's name, with template arguments, ends where a statement may start.
        let start = before.rfind([';', '{', '}', '\n', '\t']).map_or(0, |at| at + 1);
        let (before, kernel) = before.split_at(start);
        text.push_str(before);
        text.push_str(&format!("__emu_launch({config}), {}", kernel.trim_start()));
        rest = behind;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::without_launches;

    #[test]
    fn launches_become_calls() {
        let text = "void f() {\n  k<float><<<8, nullptr, s>>>(x, y);\n a <<= 1; b = c << 2; }";
        let expected = "void f() {\n__emu_launch(8, nullptr, s), k<float>(x, y);\n a <<= 1; b = c << 2; }";
        assert_eq!(without_launches(text), expected);
        assert_eq!(without_launches("no launch <<< here"), "no launch <<< here");
    }
}
