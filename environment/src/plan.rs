//! Plans the changes that make a project's variables as wanted: create, update, leave and remove.
//!
//! Only variables with the ownership marker of this stack are ever changed, and only in the wanted environments: a variable
//! that is in others too stays there as it is. A variable is reduced to a few bytes as soon as it is read:
//! memory grows with what is wanted, not with what others keep in the project.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::names::is_plain;
use crate::ownership_marker;
use crate::row::Row;
use crate::settings::Wanted;

/// How many variables one request may carry.
pub const BATCH: usize = 100;

/// How many bytes of values one request may carry, beside its first variable.
const BATCH_BYTES: usize = 256 * 1024;

/// The planned change of one variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The variable is missing.
    Create,
    /// The variable exists with another value, type, place or marker.
    Update,
    /// A person has set it, and the caller lets it be taken over.
    TakeOver,
    /// The variable is as wanted.
    Unchanged,
    /// A variable of that name with another owner is in one of the environments, and stays. It is not touched.
    Foreign,
}

/// One change, of the size of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Variables that are not there; refused by Vercel where one has come to be.
    Create(Vec<String>),
    /// Variables that are there, in the same environments, and are written over.
    Overwrite(Vec<String>),
    /// A variable that moves to other environments or changes its type.
    Move {
        /// Its name.
        name: String,
        /// Vercel's id.
        id: String,
    },
    /// A variable that leaves the wanted environments and stays in others.
    Narrow(Placed),
    /// Variables that are not wanted any more, or wanted once and there twice.
    Remove(Vec<Placed>),
}

/// A variable of this stack in the wanted environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its name.
    pub name: String,
    /// Vercel's id.
    pub id: String,
    /// The wanted environments that it is removed from; empty for a variable that is replaced.
    pub inside: BTreeSet<String>,
    /// The other environments that it is in.
    pub outside: BTreeSet<String>,
}

/// A variable under a wanted name that this stack owns or takes over, as much of it as a plan needs.
#[derive(Debug, Clone)]
struct Ours {
    id: String,
    /// The environments that are not wanted. Nothing is allocated where there is none, as for nearly every variable.
    outside: BTreeSet<String>,
    same_place: bool,
    same: bool,
    taken_over: bool,
}

#[derive(Debug, Default)]
struct Found {
    foreign: bool,
    ours: Vec<Ours>,
}

/// The part of a project that was read so far.
#[derive(Debug, Default)]
pub struct Reading {
    found: BTreeMap<String, Found>,
    leftover: Vec<Placed>,
}

impl Reading {
    /// Takes note of one variable.
    pub fn note(&mut self, row: &Row, wanted: &Wanted) {
        // A branch has variables of its own, which go before those of all previews. A run is about one branch, or about none.
        if row.branch() != wanted.git_branch.as_deref() {
            return;
        }
        let (inside, outside): (BTreeSet<_>, BTreeSet<_>) =
            row.targets().into_iter().map(str::to_owned).partition(|target| wanted.targets.contains(target));
        if inside.is_empty() {
            return;
        }
        let marked = row.comment.as_deref().and_then(|comment| ownership_marker::read(&wanted.stack, comment));
        let Some(fingerprint) = marked else {
            if wanted.variables.contains_key(&row.key) {
                let found = self.found.entry(row.key.clone()).or_default();
                match may_take_over(row, wanted) {
                    // Its comment and perhaps its type change, so it is edited by its id and never upserted.
                    true => {
                        let id = row.id.clone();
                        found.ours.push(Ours { id, outside, same_place: false, same: false, taken_over: true });
                    }
                    false => found.foreign = true,
                }
            }
            return;
        };
        let is_everywhere = inside == wanted.targets;
        let same_type = row.r#type == wanted.kind.as_str();
        let same_place = is_everywhere && outside.is_empty() && same_type;
        let id = row.id.clone();
        let Some(value) = wanted.variables.get(&row.key) else {
            self.leftover.push(Placed { name: row.key.clone(), id, inside, outside });
            return;
        };
        let value = value.expose();
        let expected = wanted.fingerprint(&row.key, value);
        // What is shown decides over what was noted: a person may have changed the value and left the comment.
        let same_value = row.value().map_or(fingerprint.is_some(), |shown| shown == value);
        let same = is_everywhere && same_type && same_value && fingerprint == expected.as_deref();
        self.found.entry(row.key.clone()).or_default().ours.push(Ours {
            id,
            outside,
            same_place,
            same,
            taken_over: false,
        });
    }

    /// The planned changes.
    pub fn plan(self, wanted: &Wanted) -> Plan {
        let mut plan = Plan::default();
        let mut found = self.found;
        for name in wanted.variables.keys() {
            let Found { foreign, ours } = found.remove(name).unwrap_or_default();
            let action = if foreign { Action::Foreign } else { plan.one(name, ours) };
            plan.actions.insert(name.clone(), action);
        }
        plan.leftover = self.leftover;
        plan
    }
}

/// Returns whether a variable that this stack does not own is one that the caller lets be taken over, and a person's.
fn may_take_over(row: &Row, wanted: &Wanted) -> bool {
    // An id becomes a part of an address.
    wanted.take_over.contains(&row.key)
        && !row.is_managed()
        && is_plain(&row.id)
        && !row.comment.as_deref().is_some_and(ownership_marker::is_marker)
}

/// The planned changes.
#[derive(Debug, Default)]
pub struct Plan {
    /// For each wanted variable.
    pub actions: BTreeMap<String, Action>,
    /// This stack's variables that are not wanted, in the order of the listing.
    pub leftover: Vec<Placed>,
    duplicates: Vec<Placed>,
    moves: Vec<(String, String)>,
    /// Wanted variables that are to be written anew: what is there stays in other environments.
    anew: BTreeSet<String>,
}

impl Plan {
    /// Decides about a variable without another owner. Of several of ours the most fitting one stays.
    fn one(&mut self, name: &str, mut ours: Vec<Ours>) -> Action {
        let fit = |ours: &Ours| (ours.same, ours.outside.is_empty(), ours.same_place);
        let best = (0..ours.len()).max_by_key(|&at| (fit(&ours[at]), std::cmp::Reverse(at)));
        let Some(kept) = best.map(|at| ours.swap_remove(at)) else {
            return Action::Create;
        };
        let action = match kept.taken_over || ours.iter().any(|ours| ours.taken_over) {
            true => Action::TakeOver,
            false => Action::Update,
        };
        let replaced =
            |Ours { id, outside, .. }: Ours| Placed { name: name.to_owned(), id, inside: BTreeSet::new(), outside };
        self.duplicates.extend(ours.into_iter().map(replaced));
        if kept.same && action == Action::Update {
            return Action::Unchanged;
        }
        if !kept.outside.is_empty() {
            self.duplicates.push(replaced(kept));
            self.anew.insert(name.to_owned());
        } else if !kept.same_place {
            self.moves.push((name.to_owned(), kept.id));
        }
        action
    }

    /// The changes, in an order in which they can stop anywhere: duplicates go first, since they are in the way of the
    /// one that stays; what is not wanted any more goes last, when its successors are there.
    pub fn changes(&self, wanted: &Wanted) -> VecDeque<Change> {
        let named =
            |action: Action| self.actions.iter().filter(move |(_, found)| **found == action).map(|(name, _)| name);
        let moved: BTreeSet<_> = self.moves.iter().map(|(name, _)| name).collect();
        let is_overwritten = |name: &&String| !moved.contains(name) && !self.anew.contains(*name);
        let overwritten = named(Action::Update).chain(named(Action::TakeOver)).filter(is_overwritten);
        let created = self
            .actions
            .keys()
            .filter(|name| self.actions.get(*name) == Some(&Action::Create) || self.anew.contains(*name));
        let mut changes: VecDeque<Change> = removals(&self.duplicates).collect();
        changes.extend(self.moves.iter().map(|(name, id)| Change::Move { name: name.clone(), id: id.clone() }));
        changes.extend(batches(overwritten, wanted).into_iter().map(Change::Overwrite));
        changes.extend(batches(created, wanted).into_iter().map(Change::Create));
        changes.extend(removals(&self.leftover));
        changes
    }
}

fn removals(placed: &[Placed]) -> impl Iterator<Item = Change> {
    let (gone, narrowed): (Vec<_>, Vec<_>) = placed.iter().cloned().partition(|placed| placed.outside.is_empty());
    let gone: Vec<_> = gone.chunks(BATCH).map(|placed| Change::Remove(placed.to_vec())).collect();
    narrowed.into_iter().map(Change::Narrow).chain(gone)
}

/// Names in portions of the size of a request.
fn batches<'a>(names: impl Iterator<Item = &'a String>, wanted: &Wanted) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut bytes = 0;
    for name in names {
        let size = wanted.variables[name].expose().len();
        match batches.last_mut().filter(|batch| batch.len() < BATCH && bytes + size <= BATCH_BYTES) {
            Some(batch) => {
                batch.push(name.clone());
                bytes += size;
            }
            None => {
                batches.push(vec![name.clone()]);
                bytes = size;
            }
        }
    }
    batches
}
