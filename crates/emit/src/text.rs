//! Expressions as text, with the parentheses they need and few more.

/// How strongly the outermost operator of a text binds, weakest first. The order is that of the C family; languages with
/// fewer levels leave some out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Prec {
    /// `c ? a : b`.
    Conditional,
    /// `a || b`.
    Or,
    /// `a && b`.
    And,
    /// `a | b`.
    BitOr,
    /// `a ^ b`.
    BitXor,
    /// `a & b`.
    BitAnd,
    /// `a == b`.
    Equality,
    /// `a < b`.
    Relational,
    /// `a << b`.
    Shift,
    /// `a + b`.
    Sum,
    /// `a * b`.
    Product,
    /// `-a`, `!a`, `(T)a`.
    Unary,
    /// `a[i]`, `f(a)`, names, literals.
    Postfix,
}

/// An expression's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// How strongly it binds.
    pub prec: Prec,
    /// The operator, if the outermost level has one kind of binary operator only.
    chain: Option<&'static str>,
}

impl Text {
    /// A text whose outermost operator is of level `prec`.
    pub fn new(text: impl Into<String>, prec: Prec) -> Text {
        Text { text: text.into(), prec, chain: None }
    }

    /// A name, a literal without sign, a call.
    pub fn atom(text: impl Into<String>) -> Text {
        Text::new(text, Prec::Postfix)
    }

    /// `function(args)`.
    pub fn call(function: &str, args: &[Text]) -> Text {
        let args: Vec<&str> = args.iter().map(|arg| arg.text.as_str()).collect();
        Text::atom(format!("{function}({})", args.join(", ")))
    }

    /// `array[index]`.
    pub fn index(array: &str, index: &Text) -> Text {
        Text::atom(format!("{array}[{}]", index.text))
    }

    /// The text, in parentheses if it binds less strongly than `prec`.
    pub fn at_least(&self, prec: Prec) -> String {
        if self.prec < prec { format!("({})", self.text) } else { self.text.clone() }
    }

    /// A prefix operator. Another prefix operator below it stands in parentheses: `-(-x)`.
    pub fn prefix(op: &str, x: &Text) -> Text {
        Text::new(format!("{op}{}", x.at_least(Prec::Postfix)), Prec::Unary)
    }

    /// A binary operator of level `prec`. `associative`: `a + (b + c)` may be written `a + b + c`.
    ///
    /// Shifts and bit operators show the order of what they combine, as do `||` over `&&` and comparisons: few readers
    /// know those levels by heart, and compilers warn.
    pub fn binary(left: &Text, op: &'static str, right: &Text, prec: Prec, associative: bool) -> Text {
        let (left_level, right_level) = match prec {
            Prec::Product => (Prec::Product, Prec::Unary),
            Prec::Sum => (Prec::Sum, Prec::Product),
            Prec::Shift | Prec::BitAnd | Prec::BitXor | Prec::BitOr => (Prec::Unary, Prec::Unary),
            Prec::Relational | Prec::Equality => (Prec::Sum, Prec::Sum),
            Prec::And | Prec::Or => (Prec::BitOr, Prec::BitOr),
            Prec::Conditional | Prec::Unary | Prec::Postfix => (Prec::Postfix, Prec::Postfix),
        };
        let continues = |x: &Text| associative && x.prec == prec && x.chain == Some(op);
        let side = |x: &Text, level| if continues(x) { x.text.clone() } else { x.at_least(level) };
        let pure = |x: &Text, level| x.prec != prec || x.prec < level || x.chain == Some(op);
        let chain = (pure(left, left_level) && pure(right, right_level)).then_some(op);
        Text { text: format!("{} {op} {}", side(left, left_level), side(right, right_level)), prec, chain }
    }

    /// `condition ? on_true : on_false`.
    pub fn conditional(condition: &Text, on_true: &Text, on_false: &Text) -> Text {
        Text::new(
            format!("{} ? {} : {}", condition.at_least(Prec::Or), on_true.at_least(Prec::Or), on_false.text),
            Prec::Conditional,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a(text: &str) -> Text {
        Text::atom(text)
    }

    fn add(x: &Text, y: &Text) -> Text {
        Text::binary(x, "+", y, Prec::Sum, true)
    }

    fn sub(x: &Text, y: &Text) -> Text {
        Text::binary(x, "-", y, Prec::Sum, false)
    }

    fn mul(x: &Text, y: &Text) -> Text {
        Text::binary(x, "*", y, Prec::Product, true)
    }

    #[test]
    fn only_needed_parentheses() {
        let (x, y, z) = (a("x"), a("y"), a("z"));
        assert_eq!(add(&mul(&x, &y), &z).text, "x * y + z");
        assert_eq!(mul(&add(&x, &y), &z).text, "(x + y) * z");
        assert_eq!(add(&x, &add(&y, &z)).text, "x + y + z");
        assert_eq!(add(&x, &sub(&y, &z)).text, "x + (y - z)");
        assert_eq!(sub(&x, &add(&y, &z)).text, "x - (y + z)");
        assert_eq!(sub(&sub(&x, &y), &z).text, "x - y - z");
        assert_eq!(add(&sub(&x, &y), &z).text, "x - y + z");
        let div = Text::binary(&x, "/", &y, Prec::Product, false);
        assert_eq!(mul(&z, &div).text, "z * (x / y)");
        assert_eq!(mul(&div, &z).text, "x / y * z");
        assert_eq!(mul(&x, &mul(&div, &z)).text, "x * (x / y * z)");
    }

    #[test]
    fn shifts_and_bits_show_their_order() {
        let (x, y, z) = (a("x"), a("y"), a("z"));
        let shift = Text::binary(&add(&x, &y), "<<", &z, Prec::Shift, false);
        assert_eq!(shift.text, "(x + y) << z");
        assert_eq!(add(&shift, &x).text, "((x + y) << z) + x");
        let and = Text::binary(&x, "&", &y, Prec::BitAnd, true);
        assert_eq!(Text::binary(&and, "|", &z, Prec::BitOr, true).text, "(x & y) | z");
        assert_eq!(Text::binary(&and, "&", &z, Prec::BitAnd, true).text, "x & y & z");
        let both = Text::binary(&x, "&&", &y, Prec::And, true);
        assert_eq!(Text::binary(&both, "||", &z, Prec::Or, true).text, "(x && y) || z");
        assert_eq!(Text::binary(&and, "==", &z, Prec::Equality, false).text, "(x & y) == z");
        let less = Text::binary(&x, "<", &add(&y, &z), Prec::Relational, false);
        assert_eq!(less.text, "x < y + z");
        assert_eq!(Text::binary(&less, "==", &z, Prec::Equality, false).text, "(x < y + z) == z");
    }

    #[test]
    fn signs_do_not_run_together() {
        let negative = Text::new("-1.0f", Prec::Unary);
        assert_eq!(Text::prefix("-", &negative).text, "-(-1.0f)");
        assert_eq!(sub(&a("x"), &negative).text, "x - -1.0f");
        assert_eq!(Text::prefix("-", &add(&a("x"), &a("y"))).text, "-(x + y)");
    }

    #[test]
    fn conditionals_chain_to_the_right() {
        let (x, y, z) = (a("x"), a("y"), a("z"));
        let inner = Text::conditional(&x, &y, &z);
        assert_eq!(Text::conditional(&a("c"), &x, &inner).text, "c ? x : x ? y : z");
        assert_eq!(Text::conditional(&a("c"), &inner, &x).text, "c ? (x ? y : z) : x");
        assert_eq!(add(&inner, &x).text, "(x ? y : z) + x");
    }
}
