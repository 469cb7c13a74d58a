//! Blanks the data that only panics would have read.
//!
//! The linker keeps whatever any function refers to, in one block where nothing tells one text from the next. So it is asked
//! for its relocations: they say which function, and which piece of data, refers to which other (LLVM's format, "Linking.md"
//! of the tool conventions of WebAssembly). What no export reaches, except through a function that panics, becomes zeros,
//! and those `wasm-opt` leaves out. So do the places in source files that panics name, although calls hand them over still.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use wasmparser::{
    BinaryReaderError, CustomSectionReader, DefinedDataSymbol, ExternalKind, KnownCustom, Linking, Name, Parser,
    Payload, RelocationEntry, SymbolInfo, TypeRef,
};

/// The sections that this reads, and that are wrong as soon as the module changes.
pub const SECTIONS: [&str; 3] = ["linking", "reloc.CODE", "reloc.DATA"];

/// Blanks data in the linker's output; `ends` tells by name which functions are never called.
pub fn blank(wasm: &mut [u8], ends: impl Fn(&str) -> bool) -> Result<()> {
    let linked = Linked::read(wasm).context("the linker's output cannot be read")?;
    let locations: HashSet<u32> = linked.data.keys().copied().filter(|data| linked.is_location(*data, wasm)).collect();
    // None would mean that they are not found any more: every program can panic.
    ensure!(!locations.is_empty(), "no place in a source file was found: has the linker kept its relocations?");

    let mut reached = HashSet::new();
    let mut next: Vec<Item> = linked.exports.iter().map(|export| Item::Function(*export)).collect();
    while let Some(item) = next.pop() {
        let ends = match item {
            Item::Function(function) => linked.names.get(&function).is_some_and(|name| ends(name)),
            Item::Data(data) => locations.contains(&data),
        };
        if !ends && reached.insert(item) {
            next.extend(linked.refers.get(&item).into_iter().flatten());
        }
    }
    // Pieces overlap: a text may be the end of another.
    let is_read = |(data, place): (&u32, &Range<usize>)| reached.contains(&Item::Data(*data)).then(|| place.clone());
    let read: HashSet<usize> = linked.data.iter().filter_map(is_read).flatten().collect();
    for place in linked.data.values() {
        place.clone().filter(|at| !read.contains(at)).for_each(|at| wasm[at] = 0);
    }
    Ok(())
}

/// What refers to something, or is referred to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Item {
    /// A function, by its number.
    Function(u32),
    /// A piece of data, by the number of its symbol.
    Data(u32),
}

/// What the linker has written down.
#[derive(Default)]
struct Linked {
    /// The functions that are exported.
    exports: Vec<u32>,
    /// The names of functions.
    names: HashMap<u32, String>,
    /// Where the pieces of data lie in the file.
    data: HashMap<u32, Range<usize>>,
    refers: HashMap<Item, Vec<Item>>,
}

impl Linked {
    fn read(wasm: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut linked = Self::default();
        // Where sections start: relocations count sections, and their places from there.
        let mut sections = Vec::new();
        let (mut imports, mut bodies, mut segments, mut customs) = (0, Vec::new(), Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            sections.extend(payload.as_section().map(|(_, place)| place.start));
            match payload {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imports += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        linked.exports.extend((export.kind == ExternalKind::Func).then_some(export.index));
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.range()),
                Payload::DataSection(section) => {
                    for segment in section {
                        let segment = segment?;
                        segments.push(segment.range.end - segment.data.len()..segment.range.end);
                    }
                }
                Payload::CustomSection(section) => customs.push(section),
                _ => {}
            }
        }
        let symbols = linked.read_names(&customs)?;
        for (number, symbol) in (0..).zip(&symbols) {
            let SymbolInfo::Data { symbol: Some(DefinedDataSymbol { index, offset, size }), .. } = symbol else {
                continue;
            };
            // What begins as zeros is in no segment.
            let Some(segment) = segments.get(*index as usize) else { continue };
            let start = segment.start + *offset as usize;
            linked.data.insert(number, start..start + *size as usize);
        }
        for section in &customs {
            let KnownCustom::Reloc(relocations) = section.as_known() else { continue };
            let start = sections[relocations.section_index() as usize];
            for entry in relocations.entries() {
                let RelocationEntry { offset, index, .. } = entry?;
                let referred = match symbols.get(index as usize) {
                    Some(SymbolInfo::Func { index, .. }) => Item::Function(*index),
                    Some(SymbolInfo::Data { .. }) => Item::Data(index),
                    _ => continue,
                };
                let at = start + offset as usize;
                let body = bodies.partition_point(|body| body.end <= at);
                if bodies.get(body).is_some_and(|body| body.contains(&at)) {
                    linked.refers.entry(Item::Function(imports + body as u32)).or_default().push(referred);
                    continue;
                }
                for (data, _) in linked.data.iter().filter(|(_, place)| place.contains(&at)) {
                    linked.refers.entry(Item::Data(*data)).or_default().push(referred);
                }
            }
        }
        Ok(linked)
    }

    /// Reads the names of functions; returns the linker's symbols.
    fn read_names<'a>(
        &mut self,
        customs: &[CustomSectionReader<'a>],
    ) -> Result<Vec<SymbolInfo<'a>>, BinaryReaderError> {
        let mut symbols = Vec::new();
        for section in customs {
            match section.as_known() {
                KnownCustom::Name(parts) => {
                    for part in parts {
                        let Name::Function(names) = part? else { continue };
                        for naming in names {
                            let naming = naming?;
                            self.names.insert(naming.index, naming.name.to_owned());
                        }
                    }
                }
                KnownCustom::Linking(parts) => {
                    for part in parts {
                        let Linking::SymbolTable(table) = part? else { continue };
                        symbols = table.into_iter().collect::<Result<_, _>>()?;
                    }
                }
                _ => {}
            }
        }
        Ok(symbols)
    }

    /// Whether this is a `core::panic::Location`: the name of a source file and its length, a line, a column.
    fn is_location(&self, data: u32, wasm: &[u8]) -> bool {
        let refers = self.refers.get(&Item::Data(data)).map_or(&[][..], Vec::as_slice);
        let [Item::Data(file)] = refers else { return false };
        let file = self.data.get(file).map_or(&[][..], |place| &wasm[place.clone()]);
        self.data[&data].len() == 16 && file.strip_suffix(b"\0").unwrap_or(file).ends_with(b".rs")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;
    use crate::{paths, tools, wasm};

    /// Panics where there is no such text, and where the text has no such octet.
    const SOURCE: &str = r#"
        static TEXTS: [&str; 2] = ["the first text", "and the second"];

        #[unsafe(no_mangle)]
        pub fn octet(text: usize, at: usize) -> u8 {
            TEXTS[text].as_bytes()[at]
        }
    "#;

    fn compiled(relocations: &str) -> Vec<u8> {
        wasm::ensure_target().expect("the target");
        let folder = paths::work().join(format!("unread{relocations}"));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("texts.rs"), SOURCE).expect("a source file");
        let options = ["--edition=2024", "--crate-type=cdylib", "--target", wasm::TARGET, "-Copt-level=s"];
        let relocations = format!("-Clink-arg={relocations}");
        tools::run(Command::new("rustc").args(options).arg(relocations).arg("texts.rs").current_dir(&folder))
            .expect("a module");
        fs::read(folder.join("texts.wasm")).expect("a module")
    }

    fn holds(wasm: &[u8], text: &str) -> bool {
        wasm.windows(text.len()).any(|part| part == text.as_bytes())
    }

    #[test]
    fn data_that_only_panics_read_is_blanked() {
        let before = compiled("--emit-relocs");
        let mut after = before.clone();
        blank(&mut after, |name| name.contains("panicking")).expect("relocations");
        let end = Linked::read(&after).expect("relocations").data.values().map(|place| place.end).max().expect("data");
        for (text, is_kept) in
            [("the first text", true), ("and the second", true), ("index out of bounds", false), ("texts.rs", false)]
        {
            assert!(holds(&before[..end], text), "{text}");
            assert_eq!(holds(&after[..end], text), is_kept, "{text}");
        }
        // All that changes is data.
        let changed = before.iter().zip(&after).rposition(|(before, after)| before != after);
        assert!(changed.is_some_and(|last| last < end) && before.len() == after.len());
    }

    #[test]
    fn a_module_without_relocations_is_refused() {
        let refused = blank(&mut compiled("--strip-debug"), |_| false).expect_err("no relocations").to_string();
        assert!(refused.starts_with("no place in a source file was found"), "{refused}");
    }
}
