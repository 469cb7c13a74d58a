//! Finds the code that is compiled for WebAssembly only. The native tests do not run it: `cargo xtask test kernel vectors` does.

use std::ops::RangeInclusive;

use anyhow::Result;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Meta};

/// Returns the lines of the modules and functions with `#[cfg(all(target_arch = "wasm32", …))]`.
///
/// # Errors
/// Where the source cannot be parsed.
pub fn lines(source: &str) -> Result<Vec<RangeInclusive<usize>>> {
    let mut finder = Finder(Vec::new());
    finder.visit_file(&syn::parse_file(source)?);
    Ok(finder.0)
}

struct Finder(Vec<RangeInclusive<usize>>);

impl Finder {
    fn look(&mut self, attributes: &[Attribute], item: &impl Spanned) {
        if attributes.iter().any(is_wasm_only) {
            self.0.push(item.span().start().line..=item.span().end().line);
        }
    }
}

fn is_wasm_only(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string().replace(' ', "");
    list.path.is_ident("cfg") && condition.starts_with("all(target_arch=\"wasm32\"")
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.look(&item.attrs, item);
        visit::visit_item_mod(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.look(&item.attrs, item);
        visit::visit_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_functions_for_wasm_are_found() {
        let source = "
            #[cfg(all(target_arch = \"wasm32\", target_feature = \"simd128\"))]
            mod simd {
                const A: u8 = 1 + 2;
            }
            #[cfg(not(all(target_arch = \"wasm32\", target_feature = \"simd128\")))]
            mod plain {}
            #[cfg(all(target_arch = \"wasm32\", target_feature = \"simd128\"))]
            fn f() {}
            #[cfg(test)]
            mod tests {}
        ";
        assert_eq!(lines(source).unwrap(), [2..=5, 8..=9]);
    }
}
