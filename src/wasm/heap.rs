//! The allocator of the module: a free list for each power of two.
//!
//! A verification allocates next to nothing, and what it does allocate has the same few sizes each time. So blocks are
//! never split or joined: memory grows to the most that was in use at one time, and no further. That takes a tenth of
//! the code of the allocator in the standard library.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;

/// Every block's alignment, and the smallest block.
const UNIT: usize = 16;

/// Memory in one piece that can grow at its end.
pub trait Source {
    /// The address where it begins.
    fn start(&self) -> usize;
    /// The address where it ends at present.
    fn end(&self) -> usize;
    /// Adds at least so many bytes; false where there are no more.
    fn grow(&self, bytes: usize) -> bool;
}

/// The state of the allocator.
struct Lists {
    /// By the power of two: the first free block, each of which begins with the address of the next; 0 for none.
    free: [usize; usize::BITS as usize],
    /// What was not made into blocks yet begins here; 0 before the first block.
    rest: usize,
}

/// An allocator for one thread.
pub struct Heap<S> {
    source: S,
    lists: UnsafeCell<Lists>,
}

impl<S: Source> Heap<S> {
    /// One that has no blocks yet.
    pub const fn new(source: S) -> Self {
        Self { source, lists: UnsafeCell::new(Lists { free: [0; usize::BITS as usize], rest: 0 }) }
    }

    /// A block that was never used.
    fn carve(&self, rest: &mut usize, size: usize) -> Option<*mut u8> {
        let block = if *rest == 0 { self.source.start().next_multiple_of(UNIT) } else { *rest };
        let end = block.checked_add(size)?;
        let missing = end.saturating_sub(self.source.end());
        if missing > 0 && !self.source.grow(missing) {
            return None;
        }
        *rest = end;
        Some(block as *mut u8)
    }
}

/// The size of the block for a layout; `None` where no block would do.
fn block_size(layout: Layout) -> Option<usize> {
    if layout.align() > UNIT { None } else { layout.size().max(UNIT).checked_next_power_of_two() }
}

// SAFETY: a block is as large and as aligned as its layout asks for, and it is on a list or in use, never both.
unsafe impl<S: Source> GlobalAlloc for Heap<S> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(size) = block_size(layout) else { return ptr::null_mut() };
        // SAFETY: there is one thread, and nothing here calls back.
        let lists = unsafe { &mut *self.lists.get() };
        let first = &mut lists.free[size.trailing_zeros() as usize];
        if *first != 0 {
            let block = *first as *mut usize;
            // SAFETY: blocks on a list are ours, and begin with an address.
            *first = unsafe { block.read() };
            return block.cast();
        }
        self.carve(&mut lists.rest, size).unwrap_or(ptr::null_mut())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(size) = block_size(layout) else { return };
        // SAFETY: as above; and the block is no longer in use.
        unsafe {
            let first = &mut (*self.lists.get()).free[size.trailing_zeros() as usize];
            block.cast::<usize>().write(*first);
            *first = block as usize;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size does not overflow when it is rounded up to the alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if block_size(wanted) == block_size(layout) {
            return block;
        }
        // SAFETY: as the caller promises.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, size.min(layout.size()));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(all(target_arch = "wasm32", feature = "module"))]
mod linear_memory {
    use core::arch::wasm32::{memory_grow, memory_size};

    use super::{Heap, Source};

    const PAGE: usize = 65_536;

    /// The memory of the instance, from where the linker's data end.
    struct LinearMemory;

    impl Source for LinearMemory {
        fn start(&self) -> usize {
            unsafe extern "C" {
                static __heap_base: u8;
            }
            &raw const __heap_base as usize
        }

        fn end(&self) -> usize {
            memory_size::<0>() * PAGE
        }

        fn grow(&self, bytes: usize) -> bool {
            memory_grow::<0>(bytes.div_ceil(PAGE)) != usize::MAX
        }
    }

    #[global_allocator]
    static HEAP: Heap<LinearMemory> = Heap::new(LinearMemory);

    // SAFETY: the module is compiled without threads.
    unsafe impl Sync for Heap<LinearMemory> {}
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Memory of which a little is there at first.
    struct Arena {
        memory: Box<[UnsafeCell<u128>]>,
        used: Cell<usize>,
    }

    impl Source for Arena {
        fn start(&self) -> usize {
            self.memory.as_ptr() as usize + 5
        }

        fn end(&self) -> usize {
            self.memory.as_ptr() as usize + self.used.get()
        }

        fn grow(&self, bytes: usize) -> bool {
            let used = (self.used.get() + bytes).next_multiple_of(64);
            let there = used <= size_of_val(&*self.memory);
            if there {
                self.used.set(used);
            }
            there
        }
    }

    fn heap(bytes: usize) -> Heap<Arena> {
        let memory = (0..bytes / 16).map(|_| UnsafeCell::new(0)).collect();
        Heap::new(Arena { memory, used: Cell::new(64) })
    }

    #[test]
    fn blocks_never_overlap_and_are_used_again() {
        let heap = heap(1 << 16);
        let mut live: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let mut random = 1u32;
        for round in 0..20_000u32 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let size = (random >> 24) as usize + 1;
            if random >> 20 & 1 == 0 && live.len() < 64 {
                let layout = Layout::from_size_align(size, 1 << (random >> 16 & 3)).unwrap();
                let block = unsafe { heap.alloc(layout) };
                assert!(!block.is_null() && block.addr() % 16 == 0, "round {round}");
                unsafe { block.write_bytes(round as u8, size) };
                live.push((block, layout, round as u8));
            } else if let Some(at) = (random as usize >> 8).checked_rem(live.len()) {
                let (block, layout, mark) = live.swap_remove(at);
                let content = |block: *mut u8, len| {
                    unsafe { std::slice::from_raw_parts(block, len) }.iter().all(|byte| *byte == mark)
                };
                assert!(content(block, layout.size()), "round {round}");
                if random >> 19 & 1 == 0 {
                    unsafe { heap.dealloc(block, layout) };
                } else {
                    let moved = unsafe { heap.realloc(block, layout, size) };
                    assert!(content(moved, size.min(layout.size())), "round {round}");
                    unsafe { moved.write_bytes(mark, size) };
                    live.push((moved, Layout::from_size_align(size, layout.align()).unwrap(), mark));
                }
            }
        }
        // At most 64 blocks of at most 256 bytes were in use at one time, and as many of each smaller size.
        assert!(heap.source.used.get() <= 64 * 512 + 128, "{}", heap.source.used.get());
    }

    #[test]
    fn what_cannot_be_had_is_null() {
        let heap = heap(4096);
        let alloc = |size, align| unsafe { heap.alloc(Layout::from_size_align(size, align).unwrap()) };
        assert!(alloc(1 << 20, 1).is_null());
        assert!(alloc(isize::MAX as usize, 1).is_null());
        assert!(alloc(64, 32).is_null(), "no type here wants that");
        assert!(!alloc(1024, 16).is_null());
        let layout = Layout::from_size_align(16, 1).unwrap();
        let block = alloc(16, 1);
        unsafe { block.write_bytes(7, 16) };
        assert!(unsafe { heap.realloc(block, layout, 1 << 20) }.is_null());
        assert_eq!(unsafe { block.read() }, 7, "the old block stays");
    }
}
