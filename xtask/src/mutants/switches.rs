//! Puts mutants behind switches, so that one compilation holds them all.
//!
//! `a < b` becomes `match active(&[7]) { 7 => a <= b, _ => a < b }`. A mutant in a constant cannot be switched. One that puts
//! `||` into a `let` chain never compiles.

use std::collections::HashMap;
use std::ops::Range;

use anyhow::Result;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprBinary};

use super::Mutant;

/// The module that the switched crate gets. `SWITCH` is the number of the active mutant; the numbers that are reached are
/// appended to the file `SWITCHES_REACHED`.
pub const MODULE: &str = r#"
#[doc(hidden)]
#[allow(missing_docs, clippy::all)]
pub mod mutation {
    use std::io::Write;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{LazyLock, Mutex};

    /// The active mutant; before the first call, and where those that are reached are noted, more than any.
    static ACTIVE: AtomicUsize = AtomicUsize::new(NONE);
    const NONE: usize = usize::MAX;

    static REACHED: LazyLock<Option<Mutex<std::fs::File>>> = LazyLock::new(|| {
        let path = std::env::var_os("SWITCHES_REACHED")?;
        std::fs::OpenOptions::new().create(true).append(true).open(path).ok().map(Mutex::new)
    });
    static SEEN: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

    // Arithmetic calls this for every limb.
    #[inline(always)]
    pub fn active(numbers: &[usize]) -> usize {
        let active = ACTIVE.load(Ordering::Relaxed);
        if active == NONE {
            return note(numbers);
        }
        if numbers.contains(&active) { active } else { 0 }
    }

    #[cold]
    fn note(numbers: &[usize]) -> usize {
        let Some(file) = &*REACHED else {
            let number = std::env::var("SWITCH").ok().and_then(|number| number.parse().ok());
            ACTIVE.store(number.unwrap_or(0), Ordering::Relaxed);
            return active(numbers);
        };
        for number in numbers {
            if !SEEN[*number].load(Ordering::Relaxed) && !SEEN[*number].swap(true, Ordering::Relaxed) {
                let _ = file.lock().map(|mut file| file.write_all(format!("{number}\n").as_bytes()));
            }
        }
        0
    }
}
"#;

/// A file whose mutants are behind switches.
pub struct Switched {
    /// The source.
    pub text: String,
    /// The code of each mutant, by its place in `text`.
    pub arms: Vec<(Range<usize>, usize)>,
    /// The code around switches, by its place in `text`, with the numbers of its mutants.
    pub sites: Vec<(Range<usize>, Vec<usize>)>,
    /// The mutants that do not compile, with a switch or without.
    pub unviable: Vec<usize>,
}

/// Puts the mutants of a file behind switches. Numbers are those of the caller, from 1.
///
/// # Errors
/// Where the source cannot be parsed.
pub fn switch(source: &str, mutants: &[(usize, &Mutant)]) -> Result<Switched> {
    let mut places: HashMap<Place, Vec<(usize, String)>> = HashMap::new();
    for (number, mutant) in mutants {
        let place = (mutant.genre.as_str(), mutant.line, mutant.column);
        places.entry(place).or_default().push((*number, mutant.replacement.clone()));
    }
    let file = syn::parse_file(source)?;
    let mut switches = Switches { source, places, edits: Vec::new(), unviable: Vec::new(), in_const: false };
    switches.visit_file(&file);
    Ok(switches.apply())
}

/// Genre, line and column of a mutant.
type Place<'a> = (&'a str, usize, usize);

/// Text that is inserted.
struct Edit {
    at: usize,
    /// Whether it ends a site. Where sites touch, one ends before the next begins.
    opens: bool,
    /// The sites that begin at one place are entered in this order, and left in the reverse order.
    site: usize,
    /// The text, and the mutant whose code it is.
    pieces: Vec<(String, Option<usize>)>,
}

struct Switches<'a> {
    source: &'a str,
    places: HashMap<Place<'a>, Vec<(usize, String)>>,
    edits: Vec<Edit>,
    unviable: Vec<usize>,
    in_const: bool,
}

impl Switches<'_> {
    /// Returns the mutants of a genre that begin where `span` begins.
    fn mutants(&mut self, genre: &'static str, span: proc_macro2::Span) -> Vec<(usize, String)> {
        let start = span.start();
        if self.in_const {
            return Vec::new();
        }
        self.places.remove(&(genre, start.line, start.column + 1)).unwrap_or_default()
    }

    /// Wraps a place in a `match`, whose other arms are the mutants.
    fn wrap(&mut self, range: Range<usize>, arms: Vec<(usize, String)>, prefix: &str) {
        if arms.is_empty() {
            return;
        }
        let numbers: Vec<usize> = arms.iter().map(|(number, _)| *number).collect();
        let mut pieces = vec![(format!("{prefix}(match crate::mutation::active(&{numbers:?}) {{\n"), None)];
        for (number, code) in arms {
            pieces.push((format!("{number} => ("), None));
            pieces.push((code, Some(number)));
            pieces.push(("),\n".to_owned(), None));
        }
        pieces.push(("_ => (".to_owned(), None));
        let site = self.edits.len();
        self.edits.push(Edit { at: range.start, opens: true, site, pieces });
        self.edits.push(Edit { at: range.end, opens: false, site, pieces: vec![(")})".to_owned(), None)] });
    }

    fn insert(&mut self, at: usize, text: String, number: usize) {
        let site = self.edits.len();
        self.edits.push(Edit { at, opens: true, site, pieces: vec![(text, Some(number))] });
    }

    fn function_body(&mut self, block: &syn::Block) {
        let Some(first) = block.stmts.first() else { return };
        for (number, value) in self.mutants("FnValue", first.span()) {
            let code = format!("if crate::mutation::active(&[{number}]) == {number} {{ return {value}; }}\n");
            self.insert(first.span().byte_range().start, code, number);
        }
    }

    fn in_const(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.in_const, true);
        visit(self);
        self.in_const = before;
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let before = std::mem::replace(&mut self.in_const, signature.constness.is_some());
        // The type behind `impl Trait` is that of every `return`.
        if !returns_impl(&signature.output) {
            self.function_body(block);
        }
        self.visit_block(block);
        self.in_const = before;
    }

    fn apply(mut self) -> Switched {
        self.edits.sort_by_key(|edit| {
            let order = i64::try_from(edit.site).unwrap_or(i64::MAX);
            (edit.at, edit.opens, if edit.opens { order } else { -order })
        });
        let (mut text, mut arms, mut sites) = (String::new(), Vec::new(), Vec::new());
        let mut open: HashMap<usize, (usize, Vec<usize>)> = HashMap::new();
        let mut copied = 0;
        for edit in self.edits {
            text += &self.source[copied..edit.at];
            copied = edit.at;
            let start = text.len();
            let mut numbers = Vec::new();
            for (piece, number) in edit.pieces {
                let from = text.len();
                text += &piece;
                if let Some(number) = number {
                    arms.push((from..text.len(), number));
                    numbers.push(number);
                }
            }
            if edit.opens {
                open.insert(edit.site, (start, numbers));
            } else if let Some((start, numbers)) = open.remove(&edit.site) {
                sites.push((start..text.len(), numbers));
            }
        }
        text += &self.source[copied..];
        Switched { text, arms, sites, unviable: self.unviable }
    }
}

/// Collects the operators and the operands of an expression that is written without parentheses.
fn flatten<'a>(binary: &'a ExprBinary, operators: &mut Vec<&'a BinOp>, operands: &mut Vec<&'a Expr>) {
    for side in [&*binary.left, &*binary.right] {
        match side {
            Expr::Binary(inner) => flatten(inner, operators, operands),
            other => operands.push(other),
        }
    }
    operators.push(&binary.op);
}

/// Returns whether a function returns an `impl Trait`, itself or inside another type.
fn returns_impl(output: &syn::ReturnType) -> bool {
    struct Finder(bool);
    impl Visit<'_> for Finder {
        fn visit_type_impl_trait(&mut self, _: &syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    finder.visit_return_type(output);
    finder.0
}

/// Returns whether a condition is a `let` chain.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Switches<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.in_const(|this| visit::visit_item_const(this, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.in_const(|this| visit::visit_item_static(this, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.in_const(|this| visit::visit_impl_item_const(this, item));
    }

    fn visit_trait_item_const(&mut self, item: &'ast syn::TraitItemConst) {
        self.in_const(|this| visit::visit_trait_item_const(this, item));
    }

    fn visit_expr_const(&mut self, item: &'ast syn::ExprConst) {
        self.in_const(|this| visit::visit_expr_const(this, item));
    }

    fn visit_type(&mut self, item: &'ast syn::Type) {
        self.in_const(|this| visit::visit_type(this, item));
    }

    fn visit_variant(&mut self, item: &'ast syn::Variant) {
        self.in_const(|this| visit::visit_variant(this, item));
    }

    fn visit_angle_bracketed_generic_arguments(&mut self, item: &'ast syn::AngleBracketedGenericArguments) {
        self.in_const(|this| visit::visit_angle_bracketed_generic_arguments(this, item));
    }

    fn visit_expr_repeat(&mut self, item: &'ast syn::ExprRepeat) {
        self.visit_expr(&item.expr);
        self.in_const(|this| this.visit_expr(&item.len));
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if has_let(&binary.left) || has_let(&binary.right) {
            let mutants = self.mutants("BinaryOperator", binary.op.span());
            // A chain is joined by `&&` alone.
            self.unviable.extend(mutants.into_iter().map(|(number, _)| number));
            visit::visit_expr_binary(self, binary);
            return;
        }
        let (mut operators, mut operands) = (Vec::new(), Vec::new());
        flatten(binary, &mut operators, &mut operands);
        let range = binary.span().byte_range();
        let mut arms = Vec::new();
        for operator in operators {
            let at = operator.span().byte_range();
            for (number, replacement) in self.mutants("BinaryOperator", operator.span()) {
                let (before, after) = (&self.source[range.start..at.start], &self.source[at.end..range.end]);
                arms.push((number, [before, &replacement, after].concat()));
            }
        }
        self.wrap(range, arms, "");
        for operand in operands {
            self.visit_expr(operand);
        }
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let operand = self.source[unary.expr.span().byte_range()].to_owned();
        let arms = self.mutants("UnaryOperator", unary.op.span());
        let arms = arms.into_iter().map(|(number, _)| (number, operand.clone())).collect();
        self.wrap(unary.span().byte_range(), arms, "");
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        match &arm.guard {
            None => {
                for (number, _) in self.mutants("MatchArm", arm.span()) {
                    let guard = format!(" if crate::mutation::active(&[{number}]) != {number}");
                    self.insert(arm.pat.span().byte_range().end, guard, number);
                }
            }
            Some((_, guard)) if !has_let(guard) => {
                let arms = self.mutants("MatchArmGuard", guard.span());
                self.wrap(guard.span().byte_range(), arms, "");
            }
            Some(_) => {}
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, expression: &'ast syn::ExprStruct) {
        if let Some(rest) = &expression.rest {
            let rest = self.source[rest.span().byte_range()].to_owned();
            for field in &expression.fields {
                let syn::Member::Named(name) = &field.member else { continue };
                let arms = self.mutants("StructField", field.span());
                let arms = arms.into_iter().map(|(number, _)| (number, format!("({rest}).{name}"))).collect();
                let prefix = if field.colon_token.is_none() { format!("{name}: ") } else { String::new() };
                self.wrap(field.expr.span().byte_range(), arms, &prefix);
            }
        }
        visit::visit_expr_struct(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(genre: &str, line: usize, column: usize, replacement: &str) -> Mutant {
        Mutant {
            name: String::new(),
            file: String::new(),
            genre: genre.to_owned(),
            line,
            column,
            replacement: replacement.to_owned(),
        }
    }

    /// The source with these mutants, on one line.
    fn switched(source: &str, mutants: &[Mutant]) -> String {
        let numbered: Vec<(usize, &Mutant)> = mutants.iter().enumerate().map(|(index, one)| (index + 1, one)).collect();
        let switched = switch(source, &numbered).expect("it parses");
        syn::parse_file(&switched.text).expect("it parses with switches");
        for (range, number) in &switched.arms {
            assert!(switched.text[range.clone()].contains(&mutants[number - 1].replacement), "{number}");
        }
        switched.text.replace('\n', " ").replace("crate::mutation::", "")
    }

    #[test]
    fn an_operator_is_replaced_in_the_whole_expression_around_it() {
        // Without parentheses in the source, the mutant of the inner operator binds less than the outer.
        assert_eq!(
            switched(
                "fn f() { a && b && c }",
                &[mutant("BinaryOperator", 1, 12, "||"), mutant("BinaryOperator", 1, 17, "||")]
            ),
            "fn f() { (match active(&[1, 2]) { 1 => (a || b && c), 2 => (a && b || c), _ => (a && b && c)}) }"
        );
        assert_eq!(
            switched(
                "fn f() { a(b == c) + 1 }",
                &[mutant("BinaryOperator", 1, 14, "!="), mutant("BinaryOperator", 1, 20, "-")]
            ),
            "fn f() { (match active(&[2]) { 2 => (a(b == c) - 1), _ => (a((match active(&[1]) { 1 => (b != c), _ => (b == c)})) + 1)}) }"
        );
    }

    #[test]
    fn values_guards_arms_and_fields_are_switched() {
        assert_eq!(
            switched("fn f() -> u8 { !x }", &[mutant("FnValue", 1, 16, "0"), mutant("UnaryOperator", 1, 16, "")]),
            "fn f() -> u8 { if active(&[1]) == 1 { return 0; } (match active(&[2]) { 2 => (x), _ => (!x)}) }"
        );
        assert_eq!(
            switched(
                "fn f() { match x { A => 1, B if y => 2, _ => 3 } }",
                &[mutant("MatchArm", 1, 20, ""), mutant("MatchArmGuard", 1, 33, "true")]
            ),
            "fn f() { match x { A if active(&[1]) != 1 => 1, B if (match active(&[2]) { 2 => (true), _ => (y)}) => 2, _ => 3 } }"
        );
        assert_eq!(
            switched(
                "fn f() { A { x, y: 1, ..z() } }",
                &[mutant("StructField", 1, 14, ""), mutant("StructField", 1, 17, "")]
            ),
            "fn f() { A { x: (match active(&[1]) { 1 => ((z()).x), _ => (x)}), y: (match active(&[2]) { 2 => ((z()).y), _ => (1)}), ..z() } }"
        );
    }

    #[test]
    fn a_constant_is_left_as_it_is() {
        let sources = [
            "const A: u8 = 1 + 2;",
            "const fn f() -> u8 { 1 + 2 }",
            "fn f() -> [u8; 1 + 2] { g() }",
            "fn f() { [0; 1 + 2] }",
        ];
        for source in sources {
            let column = source.find('+').expect("an operator") + 1;
            assert_eq!(switched(source, &[mutant("BinaryOperator", 1, column, "-")]), source);
        }
    }

    #[test]
    fn a_let_chain_with_another_operator_does_not_compile() {
        let sources = ["fn f() { if let A = b && c {} }", "fn f() { while b && let A = c {} }"];
        for source in sources {
            let column = source.find('&').expect("an operator") + 1;
            let mutant = mutant("BinaryOperator", 1, column, "||");
            let switched = switch(source, &[(1, &mutant)]).expect("it parses");
            assert_eq!((&*switched.text, &*switched.unviable), (source, &[1][..]));
        }
        // What stands beside the pattern is switched.
        let text = switched("fn f() { if let A = b && c == d {} }", &[mutant("BinaryOperator", 1, 28, "!=")]);
        assert!(text.contains("&& (match active(&[1])"), "{text}");
    }
}
