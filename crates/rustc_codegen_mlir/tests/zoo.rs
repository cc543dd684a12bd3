//! Rust functions give the same results compiled natively and compiled as kernels and interpreted.

mod support;

macro_rules! zoo {
    ($(fn $name:ident($a:ident, $b:ident) $body:block)*) => {
        const ZOO: &[&str] = &[$(stringify!($name),)*];
    };
}

include!("cases/zoo.rs");

#[test]
fn native_and_interpreted_agree() {
    let case = support::case("zoo");
    let wrong = support::native::differences(case.parent().expect("a folder"), ZOO);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
